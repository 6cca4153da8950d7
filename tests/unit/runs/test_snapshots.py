"""A snapshot says what a run's events add up to, and only to a program that folds the same way."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.run_events import RUN, START, created, ends, job_runs, story, waits
from workflow.runs import snapshots
from workflow.runs.events import (
    CancelSettled,
    CancelWished,
    Event,
    Json,
    ReadingTaken,
    RunDetached,
    RunId,
    RunTaken,
    StatusChanged,
    StepFinished,
    StepStarted,
    TriggerIntent,
    Warned,
)
from workflow.runs.folding import fold, replay
from workflow.runs.run import RunState, StepState
from workflow.runs.snapshots import EVERY, FIRST, FORM, BadSnapshotError, Snapshots, dump, load
from workflow.text import safe

LIVELY = [
    created(),
    waits(),
    StepStarted("triggerJob", 1, 1, 2),
    TriggerIntent("triggerJob", 1, "c-1", "sync", 3),
    *job_runs(),
    StepFinished("triggerJob", 1, True, 200, 31),
    StepStarted("pollJob", 1, 2, 2),
    Warned("no-rows", "no rows for 10 minutes", 600.0),
    *[ReadingTaken(7, "running", n * 100, n * 1_000) for n in range(9)],
    StatusChanged("running", "incomplete", 7),
    CancelWished("operator"),
    CancelSettled("gone", "it had ended"),
    RunDetached(),
    RunTaken("start"),
    ends(),
]


def through_json(state: RunState) -> RunState:
    return load(json.loads(json.dumps(dump(state))))


@given(st.integers(1, len(LIVELY)))
def test_a_state_comes_back_the_same_at_any_moment_of_a_run(moment: int) -> None:
    state = replay(story(*LIVELY[:moment]))
    assert through_json(state) == state


@given(st.integers(1, len(LIVELY)))
def test_a_snapshot_and_the_events_after_it_are_the_whole_run(moment: int) -> None:
    events = story(*LIVELY)
    state = through_json(replay(events[:moment]))
    for event in events[moment:]:
        state = fold(state, event)
    assert state == replay(events)


def test_a_text_that_was_changed_in_the_file_is_made_safe_again() -> None:
    saved = json.loads(
        json.dumps(dump(replay(story(created("NAME"))))).replace("NAME", "\\u001b[2J")
    )
    assert load(saved).name == safe("\x1b[2J")


@pytest.mark.parametrize("saved", [None, 7, "x", [], {}, [1, 2, 3], [None] * 40])
def test_what_is_no_snapshot_is_refused(saved: Json) -> None:
    with pytest.raises(BadSnapshotError):
        load(saved)


def test_the_form_is_another_when_a_state_has_another_field() -> None:
    @dataclass(frozen=True, slots=True)
    class Longer(StepState):
        more: str = ""

    shapes = {snapshots._codec(cls).shape for cls in (StepState, Longer)}
    assert len(shapes) == 2


@dataclass
class Kept:
    """What a journal was given."""

    taken: list[tuple[int, str]] = field(default_factory=list)

    def keep_snapshot(self, run: RunId, seq: int, form: str, body: Json) -> None:
        assert load(body).seq == seq
        self.taken.append((seq, form))


def heard(events: list[Event]) -> list[tuple[int, str]]:
    kept, runs = Kept(), {}
    listener = Snapshots(runs, kept)
    for event in events:
        before = runs.get(RUN)
        runs[RUN] = replay([event]) if before is None else fold(before, event)
        listener.hear(event)
    return kept.taken


def test_a_snapshot_is_taken_now_and_then_and_at_the_end() -> None:
    readings = [ReadingTaken(7, "running", n) for n in range(98)]
    events = story(created(), *readings, ends(), every=EVERY.total_seconds() / 20)
    assert heard(events) == [(FIRST, FORM), (FIRST + 20, FORM), (100, FORM)]


def test_a_short_run_has_one_snapshot_and_it_is_its_end() -> None:
    assert heard(story(created(), *job_runs(), ends())) == [(5, FORM)]


def test_a_run_that_is_let_go_has_a_snapshot_and_one_that_is_taken_up_needs_none_yet() -> None:
    readings = [ReadingTaken(7, "running", n) for n in range(20)]
    later = [*readings, RunDetached(), RunTaken("start"), *readings]
    events = story(created(), *job_runs(), *later, every=EVERY.total_seconds() / 21)
    assert heard(events) == [(25, FORM)]


def test_no_snapshot_is_taken_of_what_is_no_run_here() -> None:
    kept = Kept()
    other = replace(story(created())[0], time=START + timedelta(days=1))
    Snapshots({}, kept).hear(other)
    assert kept.taken == []
