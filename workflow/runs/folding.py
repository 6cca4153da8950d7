"""How a run's events become its state.

:func:`fold` is the only way a state comes about: live, after a restart and in a replay it is the
same function over the same facts, so they cannot disagree. What would grow does not: transitions
are bounded, readings are thinned to a short trend.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from workflow.runs.events import (
    CancelSent,
    CancelSettled,
    CancelWaits,
    CancelWished,
    Event,
    Origin,
    PollFailed,
    ReadingTaken,
    RunCreated,
    RunDetached,
    RunFinished,
    RunTaken,
    RunWaiting,
    Settled,
    StatusChanged,
    StepFinished,
    StepStarted,
    TriggerIntent,
    TriggerSettled,
    Verdict,
    Warned,
)
from workflow.runs.job_times import instant, job_ended
from workflow.runs.run import (
    CancelState,
    Phase,
    RunState,
    Sample,
    StandingWarning,
    StepState,
    Transition,
)
from workflow.text import SafeText, safe, short_id

MOST_TRANSITIONS: Final = 60
"""Of a job that retries for days the first and the latest are kept."""
MOST_SAMPLES: Final = 40
_SAMPLE_EVERY: Final = timedelta(seconds=2)


class NotARunError(ValueError):
    """The first event of a run must be its creation."""


def begin(event: Event) -> RunState:
    """Return the state after the run's first event, a :class:`~.events.RunCreated`."""
    fact = event.fact
    if not isinstance(fact, RunCreated) or event.run is None:
        raise NotARunError(f"a run begins with run.created, not with {fact.kind}")
    return RunState(
        run=event.run,
        launch=event.launch,
        profile=safe(fact.profile),
        workflow_id=safe(fact.workflow_id),
        connection_id=event.connection_id,
        name=_name(fact, event.connection_id),
        job_type=safe(fact.job_type) if fact.job_type else None,
        created=event.time,
        steps=tuple(StepState(safe(step)) for step in fact.steps),
        watch_only=fact.watch_only,
        seq=event.seq,
    )


def _name(fact: RunCreated, connection_id: str | None) -> SafeText:
    if fact.connection_name:
        return safe(fact.connection_name)
    return short_id(connection_id) if connection_id else safe(fact.workflow_id)


def fold(state: RunState, event: Event) -> RunState:
    """Return `state` with one more event taken in; events of other kinds leave it as it is."""
    # One `replace` an event: a state has many fields, and thousands of runs are folded a second.
    at, seq = event.time, max(state.seq, event.seq)
    match event.fact:
        case RunWaiting(reason=reason):
            # Whatever was about to leave has not: it waits again.
            sent = None if state.origin is None else state.sent
            return replace(state, seq=seq, phase=Phase.WAITING, waiting_for=reason, sent=sent)
        case StepStarted() | StepFinished() as fact:
            return _at_step(state, seq, fact, at)
        case TriggerIntent():
            return replace(state, seq=seq, phase=Phase.TRIGGERING, waiting_for=None, sent=at)
        case TriggerSettled() as fact:
            return _triggered(state, seq, fact)
        case ReadingTaken() as fact:
            return _read(state, seq, fact, at)
        case StatusChanged(to_status=status):
            return _moved(state, seq, safe(status), at)
        case PollFailed(reason=reason):
            return replace(state, seq=seq, failing=safe(reason))
        case Warned(warning=kind, text=text, measure=measure):
            warning = StandingWarning(kind, safe(text), measure, at)
            return replace(state, seq=seq, warnings=(*_without(kind, state.warnings), warning))
        case CancelWished(by=by):
            if state.cancel is not None and state.cancel.how is None:
                return replace(state, seq=seq)  # the same wish, its job being known now
            return replace(state, seq=seq, cancel=CancelState(wished=at, by=by))
        case CancelSent(number=number):
            wish = state.cancel or CancelState(wished=at, by="operator")
            wish = replace(wish, deletes=number, deleted=at, waits=None, until=None)
            return replace(state, seq=seq, cancel=wish)
        case CancelWaits(reason=reason, next=seconds):
            wish = state.cancel or CancelState(wished=at, by="operator")
            until = at + timedelta(seconds=seconds)
            return replace(state, seq=seq, cancel=replace(wish, waits=safe(reason), until=until))
        case CancelSettled(how=how, text=text):
            wish = state.cancel or CancelState(wished=at, by="operator")
            return replace(
                state, seq=seq, cancel=replace(wish, how=how, text=safe(text), settled=at)
            )
        case RunDetached():
            return replace(state, seq=seq, phase=Phase.DETACHED, failing=None)
        case RunTaken():
            phase = Phase.WATCHING if state.job_id is not None else Phase.WAITING
            return replace(state, seq=seq, phase=phase)
        case RunFinished() as fact if state.verdict is None:  # a verdict is written once
            return _finished(state, seq, fact, at)
    return replace(state, seq=seq)


def replay(events: list[Event]) -> RunState:
    """Return the state after all of a run's events, the first being its creation."""
    state = begin(events[0])
    for event in events[1:]:
        state = fold(state, event)
    return state


def _at_step(state: RunState, seq: int, fact: StepStarted | StepFinished, at: datetime) -> RunState:
    index = next((i for i, step in enumerate(state.steps) if step.step == fact.step), None)
    if index is None:  # a sub-workflow's own step: the track shows the outer document's
        return replace(state, seq=seq)
    step = state.steps[index]
    if isinstance(fact, StepFinished):
        step = StepState(
            step=step.step,
            visits=fact.visit,
            succeeded=fact.succeeded,
            http_status=fact.http_status,
            ms=fact.ms,
            started=step.started,
            finished=at,
        )
        return replace(state, seq=seq, steps=_with(state.steps, index, step))
    step = replace(step, visits=fact.visit, succeeded=None, started=step.started or at)
    return replace(
        state,
        seq=seq,
        steps=_with(state.steps, index, step),
        current=index,
        begun=state.begun or at,
        waiting_for=None,
        phase=Phase.WATCHING if state.phase is Phase.WAITING else state.phase,
    )


def _with(steps: tuple[StepState, ...], index: int, step: StepState) -> tuple[StepState, ...]:
    return (*steps[:index], step, *steps[index + 1 :])


_OWNING: Final = {Settled.STARTED, Settled.JOINED, Settled.ADOPTED, Settled.ATTACHED}


def _triggered(state: RunState, seq: int, fact: TriggerSettled) -> RunState:
    origin = Origin(fact.how) if fact.how in _OWNING else state.origin
    # A job that was watched while its trigger was looked for is not ours when that came to nothing.
    seen = None if fact.how == Settled.UNKNOWN and state.origin is None else state.job_id
    job_id = fact.job_id if fact.job_id is not None else seen
    return replace(
        state,
        seq=seq,
        phase=Phase.WATCHING,
        waiting_for=None,
        origin=origin,
        job_id=job_id,
        # Of another job, as a document of several has them, the beginning is not known yet.
        job_started=state.job_started if job_id == state.job_id else None,
        job_ended=state.job_ended if job_id == state.job_id else None,
        suspects=fact.suspects,
    )


def _read(state: RunState, seq: int, fact: ReadingTaken, at: datetime) -> RunState:
    observed = at - timedelta(seconds=fact.age)
    moved = fact.rows is not None and fact.rows != state.rows
    return replace(
        state,
        seq=seq,
        job_id=fact.job_id,
        status=safe(fact.status),
        rows=fact.rows if fact.rows is not None else state.rows,
        bytes=fact.bytes if fact.bytes is not None else state.bytes,
        readings=state.readings + 1,
        read_at=observed,
        rows_moved=observed if moved else state.rows_moved,
        job_started=instant(fact.start_time) or state.job_started,
        job_ended=job_ended(fact) or (state.job_ended if fact.job_id == state.job_id else None),
        transitions=state.transitions or (Transition(safe(fact.status), observed),),
        samples=_sampled(state.samples, observed, fact.rows),
        warnings=_without("no-rows", state.warnings) if moved else state.warnings,
        failing=None,
    )


def _without(kind: str, warnings: tuple[StandingWarning, ...]) -> tuple[StandingWarning, ...]:
    return tuple(warning for warning in warnings if warning.kind != kind)


def _sampled(samples: tuple[Sample, ...], at: datetime, rows: int | None) -> tuple[Sample, ...]:
    """Add a sample, at most one in two seconds; halve the older ones when there are too many."""
    if rows is None:
        return samples
    if samples and at - samples[-1].at < _SAMPLE_EVERY:
        return (*samples[:-1], Sample(samples[-1].at, rows)) if len(samples) > 1 else samples
    if len(samples) >= MOST_SAMPLES:
        half = MOST_SAMPLES // 2
        samples = (*samples[:half:2], *samples[half:])
    return (*samples, Sample(at, rows))


def _moved(state: RunState, seq: int, status: SafeText, at: datetime) -> RunState:
    if state.transitions and state.transitions[-1].status == status:
        return replace(state, seq=seq, status=status)
    transitions = (*state.transitions, Transition(status, at))
    if len(transitions) > MOST_TRANSITIONS:
        half = MOST_TRANSITIONS // 2
        transitions = (*transitions[:half], *transitions[-half:])
    return replace(state, seq=seq, status=status, transitions=transitions)


def _finished(state: RunState, seq: int, fact: RunFinished, at: datetime) -> RunState:
    try:
        verdict = Verdict(fact.verdict)
    except ValueError:  # a later version's word
        verdict = Verdict.UNRESOLVED
    return replace(
        state,
        seq=seq,
        phase=Phase.ENDED,
        waiting_for=None,
        verdict=verdict,
        why=safe(fact.why),
        outputs=dict(fact.outputs),
        job_id=fact.job_id if fact.job_id is not None else state.job_id,
        ended=at,
        failing=None,
    )
