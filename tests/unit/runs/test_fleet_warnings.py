"""What is pointed out of a run, when, and when not."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.support.run_events import START, created, job_runs, story
from workflow.runs.events import Fact, ReadingTaken, StatusChanged, Verdict, Warned
from workflow.runs.folding import replay
from workflow.runs.run import RunState
from workflow.runs.warnings import at_end, no_rows_for, while_live

MINUTE = timedelta(minutes=1)


def read(minutes: float, rows: int | None = 5, status: str = "running") -> list[Fact]:
    """Let a job run and be read once more that many minutes later, with the same rows."""
    return [*job_runs(rows=rows), ReadingTaken(7, status, rows)]


def state_after(facts: list[Fact], minutes: float) -> RunState:
    """Fold facts, the last of them that many minutes after the start."""
    *first, last = story(created(), *facts, every=0)
    *_, late = story(created(), *facts, every=0, start=START + minutes * MINUTE)
    assert last.fact == late.fact
    return replay([*first, late])


def kinds(
    state: RunState, minutes: float, usual: timedelta | None = None
) -> list[tuple[str, float | None]]:
    found = while_live(state, START + minutes * MINUTE, usual)
    return [(warning.warning, warning.measure) for warning in found]


def test_rows_that_stand_still_are_pointed_out_with_how_long() -> None:
    assert kinds(state_after(read(11), 11), 11) == [("no-rows", 660.0)]


def test_rows_that_stand_still_for_a_while_are_not() -> None:
    assert kinds(state_after(read(9), 9), 9) == []


def test_what_was_not_read_is_not_said_to_stand_still() -> None:
    assert kinds(state_after(read(2), 2), 60) == []


@pytest.mark.parametrize("status", ["pending", "queued", "incomplete"])
def test_a_job_that_does_not_run_moves_no_rows(status: str) -> None:
    facts: list[Fact] = [*job_runs(status=status), ReadingTaken(7, status, 0)]
    assert no_rows_for(state_after(facts, 30)) is None


def test_a_warning_that_stands_is_not_said_again() -> None:
    said = [*read(11), Warned("no-rows", "no new rows", 660.0), ReadingTaken(7, "running", 5)]
    assert kinds(state_after(said, 30), 30) == []


def test_three_times_the_usual_time_is_pointed_out() -> None:
    begun = ReadingTaken(7, "running", 5, start_time=START.isoformat())
    state = state_after([*job_runs(), begun, ReadingTaken(7, "running", 6)], 9)
    assert kinds(state, 9, usual=3 * MINUTE) == [("slow", 3.0)]
    assert kinds(state, 8, usual=3 * MINUTE) == []
    assert kinds(state, 9) == []


def test_three_times_next_to_nothing_is_not_pointed_out() -> None:
    begun = ReadingTaken(7, "running", 5, start_time=START.isoformat())
    state = state_after([*job_runs(), begun], 1)
    assert kinds(state, 1, usual=timedelta(seconds=4)) == []


@pytest.mark.parametrize(
    ("rows", "verdict", "said"),
    [
        (0, Verdict.SUCCEEDED, ["zero-rows"]),
        (None, Verdict.SUCCEEDED, []),
        (1, Verdict.SUCCEEDED, []),
        (0, Verdict.FAILED, []),
    ],
)
def test_a_success_is_pointed_out_only_for_a_zero_that_was_read(
    rows: int | None, verdict: Verdict, said: list[str]
) -> None:
    facts: list[Fact] = [ReadingTaken(7, "succeeded", rows), StatusChanged(None, "succeeded", 7)]
    state = replay(story(created(), *facts))
    assert [warning.warning for warning in at_end(state, verdict)] == said
