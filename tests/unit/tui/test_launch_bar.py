"""The launch's line says what its waiting runs wait for."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.support.run_events import START
from tui.widgets.launch_bar import Progress, launch_line, progress
from workflow.runs.events import LaunchId
from workflow.runs.launch import LaunchState
from workflow.text import SafeText


@pytest.mark.parametrize("width", [80, 120])
def test_a_launch_whose_first_run_goes_alone_does_not_promise_five_at_once(width: int) -> None:
    state = LaunchState(
        LaunchId("l-1"),
        SafeText("sync 24"),
        SafeText("sync"),
        START,
        targets=24,
        max_parallel=5,
        one_first=True,
        waiting=23,
        live=1,
    )
    line = launch_line(Progress(state), width).plain
    assert "one first" in line
    assert "at once" not in line


@pytest.mark.parametrize(("left", "says"), [(0, ""), (90, " · about 2m left")])
def test_a_launch_beyond_its_usual_time_claims_no_end(left: int, says: str) -> None:
    state = LaunchState(
        LaunchId("l-1"),
        SafeText("sync 1"),
        SafeText("sync"),
        START,
        targets=1,
        max_parallel=5,
        live=1,
    )
    shown = Progress(state, left=timedelta(seconds=left))
    line = launch_line(shown, 120).plain.rstrip()
    assert line.endswith(f"rows{says}")


def a_launch(number: int, *, ended: bool) -> LaunchState:
    return LaunchState(
        LaunchId(f"l-{number}"),
        SafeText("sync 1"),
        SafeText("sync"),
        START,
        targets=1,
        max_parallel=1,
        number=number,
        finished=START + timedelta(minutes=number) if ended else None,
    )


def numbered(*launches: LaunchState, before: LaunchState | None = None) -> int | None:
    shown = progress({launch.launch: launch for launch in launches}, before)
    return None if shown is None else shown.state.number


def test_the_youngest_launch_under_way_is_shown_else_the_youngest() -> None:
    assert numbered(a_launch(1, ended=True), a_launch(2, ended=True)) == 2
    assert numbered(a_launch(1, ended=False), a_launch(2, ended=True)) == 1
    assert numbered() is None


def test_a_launch_that_is_forgotten_stays_until_there_is_a_younger_one() -> None:
    forgotten = a_launch(2, ended=True)
    assert numbered(a_launch(1, ended=True), before=forgotten) == 2
    assert numbered(before=forgotten) == 2
    assert numbered(a_launch(1, ended=False), before=forgotten) == 1
    assert numbered(a_launch(1, ended=True), a_launch(3, ended=True), before=forgotten) == 3


def test_what_has_come_since_a_launch_was_shown_is_shown() -> None:
    assert numbered(a_launch(2, ended=True), before=a_launch(2, ended=False)) == 2
    shown = progress({LaunchId("l-2"): a_launch(2, ended=True)}, a_launch(2, ended=False))
    assert shown is not None
    assert shown.state.finished is not None
