"""Before the POST: the gate, the connection, the jobs that are there, and then the intent.

Part of :mod:`~workflow.runs.trigger.machine`. Every way out of here has sent nothing.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from workflow.runs.journal.intents import NO_LIST, GateBusy, Intent, IntentKey
from workflow.runs.trigger import (
    Attached,
    Conflict,
    JobSeen,
    NotStarted,
    OnConflict,
    Refused,
    Skipped,
)
from workflow.runs.trigger.moves import (
    AwaitGate,
    AwaitJob,
    CheckFailed,
    CheckMissing,
    CheckRefused,
    Command,
    ConnectionRead,
    Finish,
    LeaveGate,
    Listed,
    Note,
    OpenIntent,
    Pause,
    Struggling,
    Waiting,
    Warn,
    WatchIt,
)
from workflow.runs.trigger.rules import (
    FRESH,
    LOOKING,
    GoAhead,
    InTheWay,
    base_of,
    counted,
    look_before,
)
from workflow.runs.trigger.state import (
    Move,
    Phase,
    State,
    enter,
    is_late,
    sent_so_far,
    series,
    stop,
    too_late,
)
from workflow.text import SafeText, safe

PATIENCE: Final = timedelta(minutes=5)
"""How long a server that cannot be asked is asked again before the run is given up unsent."""
_SHORTEST_PAUSE: Final = 2.0
_LONGEST_PAUSE: Final = 60.0
_GATE_PAUSES: Final = (2.0, 5.0, 10.0, 20.0, 30.0)
_AWAIT: Final = timedelta(minutes=5)

# ------------------------------------------------------------------ the gate


def gate_busy(state: State, busy: GateBusy, now: datetime) -> Move:
    """Another run's trigger is open: do what was asked for in a conflict."""
    order = state.order
    why = safe(f"Another trigger for this connection is still open (run {busy.run}).")
    if busy.run == order.run:  # its settlement could not be written
        return stop(state, Finish(NotStarted(why, "journal")))
    match order.on_conflict:
        case OnConflict.SKIP:
            return stop(state, Finish(Skipped(why, "gate")))
        case OnConflict.FAIL:
            return stop(state, Finish(Conflict(why, None, choose=False)))
        case OnConflict.WAIT:
            return wait_for_gate(state, now)
        case OnConflict.ATTACH:
            return enter(state, Phase.BUSY, now)


def attach_behind_gate(state: State, listed: Listed, now: datetime) -> Move:
    """Attach to a job of the right kind, which sends nothing; else wait for the gate."""
    match look_before(listed.jobs, state.order):
        case InTheWay(job, "attach"):
            return _attach(state, job)
        case _:
            return wait_for_gate(state, now)


def wait_for_gate(state: State, now: datetime) -> Move:
    """Try the gate again a little later."""
    seconds = _GATE_PAUSES[min(state.tries, len(_GATE_PAUSES) - 1)]
    until = now + timedelta(seconds=seconds)
    if state.order.deadline is not None:
        until = min(until, state.order.deadline)
    state = replace(state, tries=state.tries + 1)
    return series(state, AwaitGate(until), then=Phase.GATE, notes=(Waiting("gate"),))


# ------------------------------------------------------------------ the preflight


def connection_read(state: State, read: ConnectionRead, now: datetime) -> Move:
    """Go on to the jobs when the connection takes triggers."""
    if read.status == "active":
        return enter(replace(state, struggling=None, checked=read.left), Phase.JOBS, now)
    why = safe(f"The connection is {read.status}, so the server takes no triggers for it.")
    return stop(state, Finish(Skipped(why, "inactive")), notes=(Warn("inactive", why),))


def jobs_read(state: State, listed: Listed, now: datetime, *notes: Note) -> Move:
    """Judge what is there; with nothing in the way, write the intent."""
    state = replace(state, listed=listed)
    match look_before(listed.jobs, state.order):
        case GoAhead():
            return _open(state, listed, now, *notes)
        case InTheWay() as found:
            return in_the_way(state, found, now)


def in_the_way(state: State, found: InTheWay, now: datetime) -> Move:
    """Do what was asked for about a job that is on its way."""
    job = found.job
    there = f"Job {job.job_id} ({job.job_type}) is {job.status}"
    match found.do:
        case "attach":
            return _attach(state, job)
        case "skip":
            return stop(state, Finish(Skipped(safe(f"{there}."), "running", job.job_id)))
        case "wait":
            until = now + _AWAIT
            if state.order.deadline is not None:
                until = min(until, state.order.deadline)
            leave: tuple[Command, ...] = (LeaveGate(),) if state.gated else ()
            return series(
                state,
                *leave,
                AwaitJob(job.job_id, until),
                then=Phase.GATE,
                notes=(Waiting("conflict", job.job_id),),
            )
        case "choose":
            why = f"{there}, which is not what was asked for: choose to wait, skip or go over it."
            return stop(state, Finish(Conflict(safe(why), job.job_id, choose=True)))
        case "fail":
            return stop(state, Finish(Conflict(safe(f"{there}."), job.job_id, choose=False)))


def _attach(state: State, job: JobSeen) -> Move:
    why = safe(f"Job {job.job_id} was {job.status} already: attached, nothing sent.")
    outcome = Attached(job, why)
    return stop(state, WatchIt(outcome), Finish(outcome))


def trouble_asking(
    state: State, trouble: CheckMissing | CheckRefused | CheckFailed, now: datetime
) -> Move:
    """A check could not be made: leave it out, take it for a refusal, or ask again."""
    match trouble:
        case CheckMissing(status):
            what = "connection" if state.phase is Phase.CONNECTION else "list of jobs"
            left_out = Warn(
                "server",
                safe(f"The server has no {what} to check ({status}): sent without that check."),
            )
            if state.phase is Phase.CONNECTION:
                return enter(replace(state, checked=None), Phase.JOBS, now, left_out)
            return _open(state, Listed((), now, now, None, missing=True), now, left_out)
        case CheckRefused(status, why, body):
            return stop(state, Finish(Refused(why, status, body)))
        case CheckFailed():
            return struggle(state, trouble, state.phase, now)


def struggle(state: State, trouble: CheckFailed, again: Phase, now: datetime) -> Move:
    """Ask again after a pause, until patience has run out."""
    since = state.struggling or now
    if now - since >= PATIENCE:
        return stop(state, Finish(NotStarted(_given_up(state, trouble.why), "unreachable")))
    seconds = max((now - since).total_seconds(), trouble.retry_after or 0.0)
    return pause(replace(state, struggling=since), now, again, seconds, why=trouble.why)


def _given_up(state: State, why: SafeText) -> SafeText:
    return safe(f"{why} Given up after {PATIENCE.seconds // 60} min; {sent_so_far(state)}.")


def pause(
    state: State,
    now: datetime,
    again: Phase,
    seconds: float,
    *,
    why: SafeText,
) -> Move:
    """Let some time pass, within limits and not beyond the deadline, then ask again."""
    until = now + timedelta(seconds=min(max(seconds, _SHORTEST_PAUSE), _LONGEST_PAUSE))
    if state.order.deadline is not None:
        until = min(until, state.order.deadline)
    note = Struggling(why, (until - now).total_seconds())
    return series(state, Pause(until), then=again, notes=(note,))


def _open(state: State, listed: Listed, now: datetime, *notes: Note) -> Move:
    if is_late(state.order, now):
        return too_late(state, *notes)
    asked = min(state.checked or listed.left, listed.left)
    if now - listed.arrived > FRESH or now - asked > LOOKING:
        return _look_again(state, now, *notes)
    order = state.order
    intent = Intent(
        IntentKey(order.run, order.step, order.visit),
        order.profile,
        order.connection_id,
        order.job_type,
        base=NO_LIST if listed.missing else base_of(counted(listed.jobs)),
        at=listed.arrived,
        server_date=listed.date,
        look=order.look,
    )
    state = replace(state, phase=Phase.INTENT, intent=intent, listed=listed)
    return Move(state, OpenIntent(intent), notes)


def _look_again(state: State, now: datetime, *notes: Note) -> Move:
    """Ask anew: the program stood still, or the server takes too long to be believed."""
    if state.outdated is None:
        return enter(replace(state, outdated=now), Phase.CONNECTION, now, *notes)
    why = SafeText("The server takes too long to say what runs there: that is old by then.")
    if now - state.outdated >= PATIENCE:
        return stop(state, Finish(NotStarted(_given_up(state, why), "unreachable")), notes=notes)
    waited = (now - state.outdated).total_seconds()
    move = pause(state, now, Phase.CONNECTION, waited, why=why)
    return replace(move, notes=(*notes, *move.notes))
