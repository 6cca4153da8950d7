"""One trigger as a pure state machine: the gate, the preflight, the intent, the POST, its answer.

``start`` or ``recover`` gives the first :class:`Move`; every answer goes into :func:`advance` and
gives the next, until a `Finish`. No clock, no I/O: the instant is an argument. What follows an
answer that proves nothing is in :mod:`~workflow.runs.trigger.look`.

The order of things is the point: nobody else may send (gate) → look at what is there (preflight)
→ write down what is about to happen (intent) → send once → judge. Every way to a second POST goes
through a definite refusal, or the certainty that nothing left, and through the gate again; none
is gone by a run that is to be cancelled (`State.unwanted`).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Final, Literal

from workflow.runs.events import Origin
from workflow.runs.journal.intents import Became, GateBusy, GateTaken, IntentRecord
from workflow.runs.trigger import (
    Answered,
    JobSeen,
    NotStarted,
    Refused,
    TriggerOrder,
)
from workflow.runs.trigger import look as trigger_look
from workflow.runs.trigger.moves import (
    Answer,
    CheckFailed,
    CheckMissing,
    CheckRefused,
    Claimed,
    ClaimJob,
    ConnectionRead,
    Done,
    Finish,
    Listed,
    Locked,
    Lost,
    NotWritten,
    Post,
    Replied,
    Settle,
    Trouble,
)
from workflow.runs.trigger.preflight import (
    attach_behind_gate,
    connection_read,
    gate_busy,
    in_the_way,
    jobs_read,
    pause,
    struggle,
    trouble_asking,
    wait_for_gate,
)
from workflow.runs.trigger.rules import (
    FRESH,
    GoAhead,
    HasJob,
    InTheWay,
    MayHaveActed,
    NoEffect,
    NothingLeft,
    look_before,
    what_it_proves,
)
from workflow.runs.trigger.state import (
    SENDING_NOTHING,
    Move,
    Phase,
    State,
    called_off,
    enter,
    go_on,
    is_late,
    series,
    stop,
    too_late,
)
from workflow.text import SafeText, safe

MOST_STALE: Final = 5
"""How often an intent may take longer to be written than a preflight is fresh."""
MOST_OVERLOADS: Final = 8
"""How often a POST that was answered with 429 is tried again."""


def start(order: TriggerOrder, now: datetime, *, by_type: bool = False) -> Move:
    """Begin a trigger. `by_type`: the server is known to list jobs only by their type."""
    return enter(State(order, by_type=by_type), Phase.GATE, now)


def recover(
    order: TriggerOrder, record: IntentRecord, now: datetime, *, by_type: bool = False
) -> Move:
    """Take up a trigger whose intent is open and not settled. Never leads to a POST."""
    state = State(order, by_type=by_type, intent=record.intent, claimed=record.job_id)
    why = SafeText("The program ended before the answer to the trigger was here.")
    return trigger_look.begin(state, why, now)


def advance(state: State, answer: Answer, now: datetime) -> Move:
    """Give the machine the answer to its command; get the next one."""
    if state.unwanted and state.phase in SENDING_NOTHING:
        return called_off(replace(state, gated=state.gated or isinstance(answer, GateTaken)))
    match state.phase, answer:
        case Phase.SERIES, Done():
            return go_on(state, now)
        case Phase.GATE | Phase.INTENT, NotWritten(why):
            return stop(state, Finish(NotStarted(why, "journal")))
        case Phase.INTENT, Locked(why):
            return stop(state, Finish(NotStarted(why, "locked")))
        case Phase.GATE, GateTaken():
            return enter(replace(state, gated=True, tries=0), Phase.CONNECTION, now)
        case Phase.GATE, GateBusy() as busy:
            return gate_busy(state, busy, now)
        case Phase.BUSY, Listed() as listed:
            return attach_behind_gate(state, listed, now)
        case Phase.BUSY, CheckMissing() | CheckRefused() | CheckFailed():
            return wait_for_gate(state, now)
        case Phase.CONNECTION, ConnectionRead() as connection:
            return connection_read(state, connection, now)
        case Phase.JOBS, Listed() as listed:
            return jobs_read(replace(state, struggling=None), listed, now)
        case (
            (Phase.CONNECTION | Phase.JOBS),
            (CheckMissing() | CheckRefused() | CheckFailed()) as trouble,
        ):
            return trouble_asking(state, trouble, now)
        case Phase.INTENT, Done():
            return _opened(state, now)
        case Phase.POST, (Replied() | Lost()) as reply:
            return _posted(state, reply, now)
        case Phase.CLAIM, (Claimed() | NotWritten()) as claim:
            return _answered(state, claim)
        case Phase.CONFLICT, Listed() as listed:
            return _after_conflict(state, listed, now)
        case Phase.CONFLICT, (CheckMissing() | CheckRefused() | CheckFailed()) as trouble:
            return _conflict_unseen(state, trouble, now)
        case ((Phase.LOOK | Phase.ADOPT), _):
            return trigger_look.advance(state, answer, now)
    raise ValueError(f"{type(answer).__name__} is no answer to {state.phase.name}")


# ------------------------------------------------------------------ intent and POST


def _opened(state: State, now: datetime) -> Move:
    state = replace(state, gated=False)
    unsent = Settle(Became.NOT_SENT)
    if state.unwanted or is_late(state.order, now):
        move = called_off(state) if state.unwanted else too_late(state)
        return series(state, unsent, move.command, notes=move.notes)
    if now - state.sent.at <= FRESH:
        return Move(replace(state, phase=Phase.POST), Post(state.sent))
    # The disk took its time: what was looked at is old.
    if state.stale >= MOST_STALE:
        why = SafeText("The journal's disk is too slow to write a trigger down: not started.")
        return series(state, unsent, Finish(NotStarted(why, "journal")))
    return series(replace(state, stale=state.stale + 1), unsent, then=Phase.GATE)


def _posted(state: State, reply: Replied | Lost, now: datetime) -> Move:
    match what_it_proves(reply, state.order.job_type):
        case HasJob(job, said):
            return _has_job(replace(state, reply=said), job)
        case NothingLeft(why):
            return _nothing_left(state, why, now)
        case NoEffect(again, said):
            return _refused(replace(state, reply=said), again, now)
        case MayHaveActed(why):
            return trigger_look.begin(state, why, now)


def _nothing_left(state: State, why: SafeText, now: datetime) -> Move:
    # The checks before it do get through, so their patience does not count here.
    state = replace(state, unsent=state.unsent or now)
    state = replace(state, struggling=state.unsent)
    then = struggle(state, CheckFailed(why), Phase.GATE, now)
    unsent = Settle(Became.NOT_SENT, text=why)
    rest, resume = then.state.rest, then.state.resume
    return series(then.state, unsent, then.command, *rest, then=resume, notes=then.notes)


def _has_job(state: State, job: JobSeen) -> Move:
    if job.job_id <= state.sent.base:
        # It was there before us. Whoever started it, it is what our trigger came to.
        why = safe(f"The server answered with job {job.job_id}, which was there before.")
        return _settled(state, job, Origin.JOINED, why)
    return Move(replace(state, phase=Phase.CLAIM, seen=(job,)), ClaimJob(job.job_id))


def _answered(state: State, claim: Claimed | NotWritten) -> Move:
    (job,) = state.seen
    match claim:
        case Claimed(other) if other is not None:
            why = safe(f"Run {other} has this job already; this one watches it.")
            return _settled(state, job, Origin.JOINED, why)
        case _:
            return _settled(state, job, Origin.STARTED, SafeText(""))


def _settled(
    state: State, job: JobSeen, how: Literal[Origin.STARTED, Origin.JOINED], why: SafeText
) -> Move:
    said = state.said
    outcome = Answered(job, how, said.body, said.status, said.headers, why)
    settle = Settle(Became(how.value), job_id=job.job_id, text=why, answer=outcome)
    return series(state, settle, Finish(outcome))


# ------------------------------------------------------------------ refusals


def _refused(state: State, again: Literal["never", "once", "later", "look"], now: datetime) -> Move:
    said = state.said
    refused = Settle(Became.REFUSED, text=said.why)
    if again == "once" and not state.new_credentials:
        return series(replace(state, new_credentials=True), refused, then=Phase.GATE)
    if again == "later" and state.overloads < MOST_OVERLOADS:
        state = replace(state, overloads=state.overloads + 1)
        seconds = max(said.retry_after or 0.0, 2.0**state.overloads)
        paused = pause(state, now, Phase.GATE, seconds, why=said.why)
        return series(paused.state, refused, paused.command, then=Phase.GATE, notes=paused.notes)
    if again == "look":
        return series(state, refused, then=Phase.CONFLICT)
    final = replace(refused, refusal={"status": said.status, "body": said.body})
    return series(state, final, Finish(_refusal(state)))


def _refusal(state: State, more: str = "") -> Refused:
    said = state.said
    return Refused(safe(f"{said.why}{more}"), said.status, said.body, said.headers)


def _after_conflict(state: State, listed: Listed, now: datetime) -> Move:
    match look_before(listed.jobs, replace(state.order, over_running=False)):
        case InTheWay() as found:
            return in_the_way(state, found, now)
        case GoAhead() if not state.by_type:
            return enter(replace(state, by_type=True), Phase.CONFLICT, now)
        case GoAhead():
            more = (
                " Yet nothing is to be found running: a known state of the server, which its"
                " administrators have to clear."
            )
            return stop(state, Finish(_refusal(state, more)))


def _conflict_unseen(state: State, trouble: Trouble, now: datetime) -> Move:
    refused = stop(state, Finish(_refusal(state)))
    if not isinstance(trouble, CheckFailed) or is_late(state.order, now):
        return refused
    move = struggle(state, trouble, Phase.CONFLICT, now)
    return refused if isinstance(move.command, Finish) else move
