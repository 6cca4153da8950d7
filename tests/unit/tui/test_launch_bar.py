"""The launch's line says what its waiting runs wait for."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.support.run_events import START
from tui.widgets.launch_bar import Progress, launch_line
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
