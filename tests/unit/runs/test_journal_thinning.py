"""What of a run's poll is written at once, and what waits."""

from __future__ import annotations

from datetime import timedelta

from tests.support.virtual_time import START
from workflow.runs.events import (
    Event,
    Fact,
    PollFailed,
    ReadingTaken,
    RunFinished,
    RunId,
    StepFinished,
    StepStarted,
)
from workflow.runs.journal.thinning import Thinning

RUN = RunId("r-1")


class Story:
    """Passes one run's facts on, three seconds apart, numbered from 1."""

    def __init__(self) -> None:
        self.thinning = Thinning()
        self.seq = 0

    def tell(self, *facts: Fact) -> list[int]:
        """Return the numbers of the events that are written now."""
        written = []
        for fact in facts:
            self.seq += 1
            at = START + timedelta(seconds=3 * self.seq)
            written += self.thinning.pass_on([Event(at, self.seq, fact, RUN)])
        return [event.seq for event in written]

    def poll(self, visit: int, status: int = 200, step: str = "poll") -> list[int]:
        """Let a visit of a step begin and end."""
        return self.tell(StepStarted(step, visit, 2, 3), StepFinished(step, visit, True, status))


def test_a_step_that_is_visited_for_the_first_time_is_written() -> None:
    assert Story().poll(1) == [1, 2]


def test_visits_that_end_alike_are_written_once_a_minute() -> None:
    story = Story()
    written = [seq for visit in range(1, 31) for seq in story.poll(visit)]
    assert written == [1, 2, 3, 22, 23, 42, 43]


def test_a_visit_that_ends_in_another_way_is_written_with_what_led_to_it() -> None:
    story = Story()
    for visit in range(1, 4):
        story.poll(visit)
    assert story.poll(4, status=500) == [6, 7, 8]


def test_the_last_visit_is_written_before_the_next_step_begins() -> None:
    story = Story()
    for visit in range(1, 4):
        story.poll(visit)
    assert story.poll(1, step="report") == [5, 6, 7, 8]


def test_steps_that_take_turns_are_all_written() -> None:
    story = Story()
    written = [
        seq
        for visit in (1, 2, 3)
        for step in ("ask", "look")
        for seq in story.poll(visit, step=step)
    ]
    assert written == list(range(1, 13))


def test_what_waits_is_written_before_anything_else_that_happens() -> None:
    story = Story()
    story.tell(ReadingTaken(8, "running", 1), ReadingTaken(8, "running", 2))
    assert story.tell(PollFailed("no answer", 5.0)) == [2, 3]


def test_what_waits_is_written_when_the_journal_closes() -> None:
    story = Story()
    for visit in range(1, 4):
        story.poll(visit)
    assert [event.seq for event in story.thinning.rest()] == [5, 6]


def test_nothing_is_remembered_of_a_run_that_has_ended() -> None:
    story = Story()
    story.poll(1)
    story.tell(RunFinished("succeeded", "it is done", {}, 8))
    assert story.poll(1) == [4, 5]
