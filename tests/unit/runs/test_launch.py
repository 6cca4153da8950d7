"""A launch's state: counts that follow its runs, held and finished as it is told."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

import pytest

from tests.support.run_events import (
    LAUNCH,
    START,
    created,
    ends,
    job_runs,
    launched,
    of_launch,
    story,
    waits,
)
from workflow.runs import folding, launch
from workflow.runs.events import (
    Event,
    LaunchFinished,
    LaunchHeld,
    LaunchStarted,
    ReadingTaken,
    RunDetached,
    RunId,
    Verdict,
)
from workflow.runs.launch import LaunchState, about_left
from workflow.runs.run import RunState


def folded(own: Iterable[Event], *stories: list[Event]) -> LaunchState:
    first, *rest = own
    state = launch.begin(first)
    for events in stories:
        runs: RunState | None = None
        for event in events:
            after = folding.begin(event) if runs is None else folding.fold(runs, event)
            state = launch.fold(state, event, runs, after)
            runs = after
    for event in rest:
        state = launch.fold(state, event, None, None)
    return state


def a_run(name: str, *facts: object) -> list[Event]:
    return story(created(), *facts, run=RunId(name), launch=LAUNCH)  # type: ignore[arg-type]


def test_runs_are_counted_where_they_stand() -> None:
    state = folded(
        of_launch(launched()),
        a_run("r-1", waits()),
        a_run("r-2", *job_runs()),
        a_run("r-3", *job_runs(), ends()),
        a_run("r-4", *job_runs(), RunDetached()),
    )
    assert (state.waiting, state.live, state.ended, state.detached) == (1, 1, 1, 1)
    assert state.verdicts == {Verdict.SUCCEEDED: 1}


def test_rows_of_all_runs_are_added_up_as_they_are_read() -> None:
    state = folded(
        of_launch(launched()),
        a_run("r-1", *job_runs(rows=10), ReadingTaken(7, "running", 25)),
        a_run("r-2", *job_runs(rows=100), ends()),
    )
    assert state.rows == 125
    assert state.rows_unknown == 0


def test_rows_that_fall_with_a_new_attempt_fall_in_the_sum() -> None:
    state = folded(
        of_launch(launched()),
        a_run("r-1", *job_runs(rows=100), ReadingTaken(7, "running", 4)),
    )
    assert state.rows == 4


def test_unknown_rows_are_counted_apart_and_never_as_none_at_all() -> None:
    state = folded(
        of_launch(launched()),
        a_run("r-1", *job_runs(rows=None), ends("failed")),
        a_run("r-2", ends("unresolved", None)),
        a_run("r-3", ends("skipped", None)),
        a_run("r-4", ends("rejected", None)),
    )
    assert state.rows == 0
    assert state.rows_unknown == 2


def test_failures_in_a_row_begin_anew_with_a_success() -> None:
    state = folded(
        of_launch(launched()),
        a_run("r-1", ends("failed")),
        a_run("r-2", ends("failed")),
        a_run("r-3", ends("succeeded")),
        a_run("r-4", ends("rejected", None)),
    )
    assert state.failures_in_a_row == 1


@pytest.mark.parametrize("verdict", ["skipped", "cancelled", "expired"])
def test_what_is_no_failure_does_not_count_as_one(verdict: str) -> None:
    state = folded(of_launch(launched()), a_run("r-1", ends("failed")), a_run("r-2", ends(verdict)))
    assert state.failures_in_a_row == 1


def test_the_rest_waits_for_the_first_until_it_succeeds_or_somebody_says_go() -> None:
    one_first = LaunchStarted("x", 2, 5, one_first=True)
    first, second = a_run("r-1", *job_runs()), a_run("r-2", waits())
    assert folded(of_launch(one_first), first, second).awaits_first
    assert not folded(of_launch(launched()), first, second).awaits_first
    assert not folded(of_launch(one_first), a_run("r-1", *job_runs(), ends()), second).awaits_first
    told = of_launch(one_first, LaunchHeld(True, "it failed"), LaunchHeld(False, "operator"))
    assert not folded(told, first, second).awaits_first


def test_a_launch_is_held_and_goes_on() -> None:
    held = folded(of_launch(launched(), LaunchHeld(True, "3 failures in a row")))
    assert held.held
    assert held.held_why == "3 failures in a row"
    assert not folded(of_launch(launched(), LaunchHeld(True, "x"), LaunchHeld(False, ""))).held


def test_a_launch_ends_when_it_is_told() -> None:
    state = folded(of_launch(launched(), LaunchFinished({"succeeded": 3}, 5, 0, 1.0)))
    assert state.finished == START


def test_a_launch_begins_with_its_start_only() -> None:
    with pytest.raises(ValueError, match="begins with"):
        launch.begin(of_launch(LaunchHeld(True, "x"))[0])


def live_run(name: str, since: float) -> RunState:
    begun = (START - timedelta(seconds=since)).isoformat()
    reading = ReadingTaken(7, "running", 5, start_time=begun)
    events = story(created(), reading, run=RunId(name), connection_id=name, every=0)
    return folding.replay([*events, *story(*job_runs(), run=RunId(name), first_seq=3, every=0)])


def waiting_run(name: str) -> RunState:
    return folding.replay(story(created(), waits(), run=RunId(name), connection_id=name))


def usual(**seconds: float) -> dict[str, timedelta]:
    return {name: timedelta(seconds=value) for name, value in seconds.items()}


def test_what_is_left_is_the_longest_of_what_runs() -> None:
    lasts = usual(a=100, b=60)
    left = about_left([live_run("a", 40), live_run("b", 50)], lasts.get, 2, START)
    assert left == timedelta(seconds=60)


def test_waiting_runs_follow_one_another_in_their_slots() -> None:
    lasts = usual(a=100, b=60, c=60)
    runs = [live_run("a", 40), waiting_run("b"), waiting_run("c")]
    assert about_left(runs, lasts.get, 1, START) == timedelta(seconds=180)
    assert about_left(runs, lasts.get, 3, START) == timedelta(seconds=60)


def test_a_connection_without_history_is_taken_for_a_middling_one() -> None:
    runs = [waiting_run("a"), waiting_run("new")]
    assert about_left(runs, usual(a=60).get, 1, START) == timedelta(seconds=120)


def test_nothing_is_estimated_of_nothing() -> None:
    assert about_left([waiting_run("new")], usual().get, 1, START) is None
