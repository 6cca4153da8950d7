"""A run's state: a fold over its events, bounded, the same however often it is made."""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Callable, Mapping
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.run_events import RUN, START, created, ends, job_runs, story, waits
from workflow.runs import folding
from workflow.runs.events import (
    CancelSettled,
    CancelWished,
    Event,
    Fact,
    Origin,
    PollFailed,
    ReadingTaken,
    RunDetached,
    RunTaken,
    StatusChanged,
    StepFinished,
    StepStarted,
    TriggerIntent,
    TriggerSettled,
    UnknownFact,
    Verdict,
    Warned,
)
from workflow.runs.folding import MOST_SAMPLES, MOST_TRANSITIONS, NotARunError, replay
from workflow.runs.run import Phase, RunState

INTENT = TriggerIntent("triggerJob", 1, "sync", 0)


def after(*facts: Fact, every: float = 1.0) -> RunState:
    return replay(story(created(), *facts, every=every))


def test_a_new_run_waits_and_knows_its_steps() -> None:
    state = after()
    assert (state.run, state.phase) == (RUN, Phase.WAITING)
    assert [step.step for step in state.steps] == ["triggerJob", "pollJob"]
    assert (state.rows, state.status, state.verdict) == (None, None, None)


def test_the_first_event_must_be_the_creation() -> None:
    with pytest.raises(NotARunError):
        replay(story(waits()))


def test_texts_from_outside_are_made_safe() -> None:
    state = after(*job_runs(status="run\x1b]0;owned\x07ning"))
    assert state.status == "run]0;ownedning"


@pytest.mark.parametrize(
    ("facts", "phase"),
    [
        ([waits("hold")], Phase.WAITING),
        ([INTENT], Phase.TRIGGERING),
        ([INTENT, TriggerSettled("started", 7)], Phase.WATCHING),
        ([*job_runs(), RunDetached()], Phase.DETACHED),
        ([*job_runs(), RunDetached(), RunTaken()], Phase.WATCHING),
        ([*job_runs(), ends()], Phase.ENDED),
        ([RunDetached(), RunTaken()], Phase.WAITING),
        ([StepStarted("triggerJob", 1, 1, 2)], Phase.WATCHING),
        ([StepStarted("triggerJob", 1, 1, 2), waits("conflict")], Phase.WAITING),
    ],
)
def test_the_phase_follows_what_happened(facts: list[Fact], phase: Phase) -> None:
    assert after(*facts).phase is phase


def test_a_wait_says_what_for() -> None:
    assert after(waits("conflict")).waiting_for == "conflict"
    assert after(waits("slot"), INTENT).waiting_for is None


@pytest.mark.parametrize("how", ["started", "joined", "adopted", "attached"])
def test_a_settled_trigger_says_whose_the_job_is(how: str) -> None:
    state = after(INTENT, TriggerSettled(how, 7))
    assert (state.origin, state.job_id) == (Origin(how), 7)


def test_a_job_seen_while_looking_is_not_ours_when_that_came_to_nothing() -> None:
    looked = after(INTENT, ReadingTaken(7, "pending"))
    assert looked.job_id == 7
    unknown = after(INTENT, ReadingTaken(7, "pending"), TriggerSettled("unknown", None, (7, 8)))
    assert (unknown.job_id, unknown.suspects, unknown.origin) == (None, (7, 8), None)


def test_the_beginning_of_one_job_is_not_that_of_the_next() -> None:
    first = (TriggerSettled("started", 1), ReadingTaken(1, "running", start_time=START.isoformat()))
    state = after(*first)
    assert state.job_started == START
    assert after(*first, INTENT, TriggerSettled("started", 2)).job_started is None


def test_steps_count_their_visits_and_keep_the_latest_answer() -> None:
    state = after(
        StepStarted("pollJob", 1, 2, 2),
        StepFinished("pollJob", 1, True, 200, 12),
        StepStarted("pollJob", 2, 2, 2),
        StepFinished("pollJob", 2, False, 503, 40),
    )
    poll = state.steps[1]
    assert (poll.visits, poll.succeeded, poll.http_status, poll.ms) == (2, False, 503, 40)
    assert state.current == 1


def test_a_step_of_a_sub_workflow_leaves_the_track_as_it_is() -> None:
    before = after(StepStarted("pollJob", 1, 2, 2))
    inner = after(StepStarted("pollJob", 1, 2, 2), StepStarted("inner/readJob", 1, 1, 1))
    assert inner.steps == before.steps


def test_unknown_rows_are_none_and_a_zero_that_was_read_is_zero() -> None:
    assert after(ReadingTaken(7, "pending")).rows is None
    assert after(ReadingTaken(7, "pending", 0)).rows == 0


def test_rows_that_an_answer_leaves_out_stay_as_they_were() -> None:
    assert after(ReadingTaken(7, "running", 5), ReadingTaken(7, "cancelled")).rows == 5


def test_rows_may_fall_when_a_new_attempt_begins() -> None:
    assert after(ReadingTaken(7, "running", 500), ReadingTaken(7, "running", 20)).rows == 20


def test_a_reading_is_as_old_as_its_answer() -> None:
    state = after(ReadingTaken(7, "running", 5, age=0.5))
    assert state.read_at == START + timedelta(seconds=0.5)


def test_rows_moved_when_they_were_last_seen_to_change() -> None:
    facts = [ReadingTaken(7, "running", rows) for rows in (5, 9, 9, 9)]
    assert after(*facts).rows_moved == START + timedelta(seconds=2)


def test_moving_rows_take_the_warning_away_that_they_stand_still() -> None:
    still: list[Fact] = [ReadingTaken(7, "running", 5), Warned("no-rows", "no new rows", 600.0)]
    assert [warning.kind for warning in after(*still).warnings] == ["no-rows"]
    assert after(*still, ReadingTaken(7, "running", 6)).warnings == ()


def test_a_warning_of_the_same_kind_takes_the_earlier_ones_place() -> None:
    state = after(Warned("slow", "3 times", 3.0), Warned("slow", "5 times", 5.0))
    assert [warning.measure for warning in state.warnings] == [5.0]


def test_transitions_are_each_status_with_when_it_was_seen() -> None:
    state = after(
        *job_runs(status="pending"),
        StatusChanged("pending", "running", 7),
        StatusChanged("running", "succeeded", 7),
    )
    assert [one.status for one in state.transitions] == ["pending", "running", "succeeded"]


def test_a_failing_look_makes_a_run_stale_until_the_next_reading() -> None:
    stale = after(*job_runs(), PollFailed("503"))
    assert (stale.failing, stale.status, stale.verdict) == ("503", "running", None)
    assert after(*job_runs(), PollFailed("503"), ReadingTaken(7, "running")).failing is None


def test_a_wish_to_cancel_stands_until_it_is_settled() -> None:
    wished = after(*job_runs(), CancelWished(7)).cancel
    assert wished is not None
    assert (wished.by, wished.how) == ("operator", None)
    settled = after(*job_runs(), CancelWished(7, "deadline"), CancelSettled("cancelled", "ok", 7))
    assert settled.cancel is not None
    assert (settled.cancel.by, settled.cancel.how) == ("deadline", "cancelled")


def test_a_verdict_is_taken_once() -> None:
    state = after(*job_runs(), ends("failed"), ends("succeeded"))
    assert state.verdict is Verdict.FAILED


def test_a_verdict_of_a_later_version_is_one_that_we_cannot_know() -> None:
    assert after(ends("paused")).verdict is Verdict.UNRESOLVED


def test_a_run_lives_until_it_has_a_verdict_or_is_detached() -> None:
    assert after(*job_runs()).live
    assert not after(*job_runs(), RunDetached()).live
    assert not after(*job_runs(), ends()).live


def test_a_fact_of_a_later_version_changes_nothing_but_the_number() -> None:
    known = after(*job_runs())
    state = after(*job_runs(), UnknownFact("run.paused", {}))
    assert state.seq == known.seq + 1
    assert (state.status, state.phase) == (known.status, known.phase)


def test_a_job_that_retries_for_days_keeps_its_first_and_its_latest_statuses() -> None:
    moves: list[Fact] = []
    for _ in range(200):
        moves += [StatusChanged(None, "running", 7), StatusChanged(None, "incomplete", 7)]
    state = after(StatusChanged(None, "pending", 7), *moves)
    assert len(state.transitions) <= MOST_TRANSITIONS
    assert state.transitions[0].status == "pending"
    assert state.transitions[-1].status == "incomplete"


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(0, 10**12), min_size=1, max_size=300), st.floats(0.1, 90))
def test_the_trend_is_bounded_in_order_and_ends_with_the_latest_rows(
    rows: list[int], every: float
) -> None:
    state = after(*(ReadingTaken(7, "running", one) for one in rows), every=every)
    times = [sample.at for sample in state.samples]
    assert 1 <= len(times) <= MOST_SAMPLES
    assert times == sorted(times)
    assert state.rows == rows[-1]


FACTS = st.sampled_from(
    [
        waits(),
        INTENT,
        TriggerSettled("started", 7),
        TriggerSettled("unknown", None, (7,)),
        ReadingTaken(7, "running", 5),
        ReadingTaken(7, "succeeded", 9),
        StatusChanged("pending", "running", 7),
        StepStarted("pollJob", 1, 2, 2),
        StepFinished("pollJob", 1, True, 200, 3),
        PollFailed("cut"),
        Warned("slow", "slow", 3.0),
        CancelWished(7),
        CancelSettled("cancelled", "done", 7),
        RunDetached(),
        RunTaken(),
        ends(),
    ]
)


_PLAIN: Mapping[object, object] = {str: "x", int: 1, float: 1.0, bool: True, tuple: (), Mapping: {}}


def some(kind: type[Fact]) -> Fact:
    """Make a fact of a kind out of the plainest values that fit its fields."""
    values = {}
    hints = typing.get_type_hints(kind)
    for name in (field.name for field in dataclasses.fields(kind)):
        hint = hints[name]
        if isinstance(hint, types.UnionType):
            hint = typing.get_args(hint)[0]
        values[name] = _PLAIN[typing.get_origin(hint) or hint]
    make: Callable[..., Fact] = kind
    return make(**values)


@pytest.mark.parametrize("kind", typing.get_args(Fact), ids=lambda kind: kind.__name__)
def test_every_kind_of_event_is_counted(kind: type[Fact]) -> None:
    events = story(created(), some(kind))
    assert replay(events).seq == events[-1].seq


@settings(max_examples=50, deadline=None)
@given(st.lists(FACTS, max_size=20), st.data())
def test_folding_in_two_sittings_is_folding_at_once(facts: list[Fact], data: st.DataObject) -> None:
    events = story(created(), *facts)
    cut = data.draw(st.integers(1, len(events)))
    state = replay(events[:cut])
    for event in events[cut:]:
        state = folding.fold(state, event)
    assert state == replay(events)


@settings(max_examples=50, deadline=None)
@given(st.lists(FACTS, max_size=20))
def test_an_ended_run_stays_ended(facts: list[Fact]) -> None:
    events: list[Event] = story(created(), ends("failed"), *facts)
    assert replay(events).verdict is Verdict.FAILED
