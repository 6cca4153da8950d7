"""Cancelling a job by the rules, as a pure state machine.

The server's DELETE is a blunt tool: it signals the *connection*, so an old job id cancels whatever
runs there now; it may answer 200 and cancel nothing; it may hang until the work has stopped. So
each DELETE is preceded by a look at our job (ended: done) and at the connection (a newer job runs:
hands off), there are at most three, and only a reading says what came of them. Driven by
:mod:`~workflow.runs.cancelling`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import Final, Literal, TypeAlias

from workflow.runs.trigger import JobSeen
from workflow.text import SafeText, safe

MOST_DELETES: Final = 3
SETTLES_IN: Final = timedelta(seconds=30)
"""How long after a DELETE the job is watched before it counts as not cancelled by it."""
PATIENCE: Final = timedelta(minutes=10)
"""How long a server that cannot be asked is asked again."""
_PAUSES: Final = (1.0, 2.0, 5.0)
_BLIND_PAUSES: Final = (2.0, 5.0, 10.0, 30.0)

How = Literal["cancelled", "already-ended", "not-cancelled", "newer-job", "not-sent"]

# ------------------------------------------------------------------ words


@dataclass(frozen=True, slots=True)
class GetJob:
    """Read our job. Answer: `JobRead`, `Gone` or `Unasked`."""


@dataclass(frozen=True, slots=True)
class ListNewer:
    """List the connection's newest jobs. Answer: `JobsRead`, `Gone` (no such list) or `Unasked`."""


@dataclass(frozen=True, slots=True)
class Delete:
    """Send one DELETE. Answer: `Deleted`, whatever came back, `NoDelete`, or `Stale`."""

    number: int


@dataclass(frozen=True, slots=True)
class Pause:
    """Let time pass. Answer: `Passed`."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Finish:
    """It is over."""

    how: How
    text: SafeText


Command: TypeAlias = GetJob | ListNewer | Delete | Pause | Finish


@dataclass(frozen=True, slots=True)
class JobRead:
    """Our job as it is now."""

    job: JobSeen


@dataclass(frozen=True, slots=True)
class JobsRead:
    """The connection's newest jobs."""

    jobs: tuple[JobSeen, ...]


@dataclass(frozen=True, slots=True)
class Gone:
    """The server says that there is no such thing, or not for us."""

    why: SafeText


@dataclass(frozen=True, slots=True)
class Unasked:
    """The server could not be asked now."""

    why: SafeText


@dataclass(frozen=True, slots=True)
class Deleted:
    """A DELETE was sent. What it was answered with proves nothing."""


@dataclass(frozen=True, slots=True)
class NoDelete:
    """The server has no way to cancel, or does not let us."""

    why: SafeText


@dataclass(frozen=True, slots=True)
class Stale:
    """Nothing was sent: what the look told is old, and something else may run by now."""


@dataclass(frozen=True, slots=True)
class Passed:
    """The time has passed."""


Answer: TypeAlias = JobRead | JobsRead | Gone | Unasked | Deleted | NoDelete | Stale | Passed


class _At(Enum):
    JOB = auto()
    NEWER = auto()
    DELETE = auto()
    PAUSE = auto()
    AFTERMATH = auto()
    """Ours was not cancelled: was another one, by our DELETE?"""
    OVER = auto()


@dataclass(frozen=True, slots=True)
class State:
    """Where a cancel stands."""

    job_id: int
    at: _At = _At.JOB
    deletes: int = 0
    deleted: datetime | None = None
    """When the latest DELETE came back."""
    reads: int = 0
    """Looks at our job since then."""
    blind: datetime | None = None
    """Since when the server could not be asked."""
    blinks: int = 0
    outdated: datetime | None = None
    """Since when looks were too old by the time a DELETE could leave."""
    resume: _At = _At.JOB
    newer_ended: frozenset[int] = frozenset()
    """Newer jobs that had ended before our first DELETE."""
    finish: Finish | None = None
    """What is said when no other job was hit."""


@dataclass(frozen=True, slots=True)
class Move:
    """What the machine wants now."""

    state: State
    command: Command


# ------------------------------------------------------------------ moves


def start(job_id: int, deletes: int = 0, deleted: datetime | None = None) -> Move:
    """Begin to cancel a job, or go on after a restart: the first thing is to read again.

    `deletes` have left already, the latest of them at `deleted`.
    """
    return _ask(State(job_id, deletes=deletes, deleted=deleted), _At.JOB)


def advance(state: State, answer: Answer, now: datetime) -> Move:
    """Give the machine the answer to its command; get the next one."""
    match state.at, answer:
        case _At.JOB, JobRead(job):
            return _read(replace(state, blind=None, blinks=0), job, now)
        case _At.JOB, Gone(why):
            how: How = "not-cancelled" if state.deletes else "not-sent"
            return _over(state, how, f"Job {state.job_id} cannot be read: {why}")
        case _At.NEWER, JobsRead(jobs):
            return _newer(replace(state, blind=None, blinks=0), jobs)
        case _At.NEWER, Gone():
            return _delete(state)  # a server without lists: our own job was read just now
        case _At.DELETE, Deleted():
            return _pause(replace(state, deleted=now, reads=0, outdated=None), _At.JOB, _PAUSES[0])
        case _At.DELETE, NoDelete(why):
            sent = state.deletes > 1
            return _over(state, "not-cancelled" if sent else "not-sent", why)
        case _At.DELETE, Stale():
            return _look_again(replace(state, deletes=state.deletes - 1), now)
        case _At.AFTERMATH, JobsRead(jobs):
            return _aftermath(state, jobs)
        case _At.AFTERMATH, Gone():
            return _aftermath(state, ())
        case ((_At.JOB | _At.NEWER | _At.AFTERMATH), Unasked(why)):
            return _blind(state, why, now)
        case _At.PAUSE, Passed():
            return _ask(state, state.resume)
    raise ValueError(f"{type(answer).__name__} is no answer to {state.at.name}")


def _read(state: State, job: JobSeen, now: datetime) -> Move:
    if not job.live:
        return _ended(state, job)
    if state.deleted is not None and now < state.deleted + SETTLES_IN:
        seconds = _PAUSES[min(state.reads + 1, len(_PAUSES) - 1)]
        return _pause(replace(state, reads=state.reads + 1), _At.JOB, seconds)
    if state.deletes >= MOST_DELETES:
        text = safe(
            f"Job {state.job_id} is still {job.status} after {MOST_DELETES} requests to cancel it."
            " Cancel it in Airbyte."
        )
        return _check_others(state, Finish("not-cancelled", text))
    return _ask(state, _At.NEWER)


def _ended(state: State, job: JobSeen) -> Move:
    if not state.deletes:
        text = safe(f"Job {job.job_id} had ended already: {job.status}. Nothing was sent.")
        return _over(state, "already-ended", text)
    if job.status == "cancelled":
        return _over(state, "cancelled", f"Job {job.job_id} is cancelled.")
    text = safe(f"Job {job.job_id} ended before it was cancelled: {job.status}.")
    return _check_others(state, Finish("already-ended", text))


def _newer(state: State, jobs: tuple[JobSeen, ...]) -> Move:
    newer = [job for job in jobs if job.job_id > state.job_id]
    live = [job for job in newer if job.live]
    if live:
        text = (
            f"Job {live[0].job_id}, newer than {state.job_id}, runs on the connection, and a"
            " request to cancel would hit it: not sent."
        )
        return _over(state, "newer-job", text)
    if not state.deletes:
        state = replace(state, newer_ended=frozenset(job.job_id for job in newer))
    return _delete(state)


def _delete(state: State) -> Move:
    number = state.deletes + 1
    return Move(replace(state, at=_At.DELETE, deletes=number), Delete(number))


def _look_again(state: State, now: datetime) -> Move:
    """Look anew: the program stood still, or the server takes too long to be believed."""
    if state.outdated is None:
        return _ask(replace(state, outdated=now), _At.JOB)
    if now - state.outdated < PATIENCE:
        return _pause(state, _At.JOB, _BLIND_PAUSES[0])
    text = "The server takes too long to say what runs. Cancel it again when it is quicker."
    return _over(state, "not-cancelled" if state.deletes else "not-sent", text)


def _check_others(state: State, finish: Finish) -> Move:
    return _ask(replace(state, finish=finish), _At.AFTERMATH)


def _aftermath(state: State, jobs: tuple[JobSeen, ...]) -> Move:
    finish = state.finish
    if finish is None:
        raise ValueError("a cancel's aftermath was asked for before its end")
    hit = [
        job.job_id
        for job in jobs
        if job.job_id > state.job_id
        and job.job_id not in state.newer_ended
        and job.status == "cancelled"
    ]
    if hit:
        text = f"{finish.text} A newer job was cancelled instead: {hit[-1]}."
        return _over(state, "newer-job", text)
    return _over(state, finish.how, finish.text)


def _blind(state: State, why: SafeText, now: datetime) -> Move:
    since = state.blind or now
    if now - since < PATIENCE:
        seconds = _BLIND_PAUSES[min(state.blinks, len(_BLIND_PAUSES) - 1)]
        return _pause(replace(state, blind=since, blinks=state.blinks + 1), state.at, seconds)
    if state.finish is not None:
        return _over(state, state.finish.how, state.finish.text)
    text = safe(f"The server could not be asked: {why} Cancel it again when it answers.")
    return _over(state, "not-cancelled" if state.deletes else "not-sent", text)


def _ask(state: State, at: _At) -> Move:
    # Each DELETE has its own GET right before it, so a wait anywhere leads back to the job.
    return Move(replace(state, at=at), GetJob() if at is _At.JOB else ListNewer())


def _pause(state: State, resume: _At, seconds: float) -> Move:
    resume = _At.JOB if resume is _At.NEWER else resume
    return Move(replace(state, at=_At.PAUSE, resume=resume), Pause(seconds))


def _over(state: State, how: How, text: str) -> Move:
    return Move(replace(state, at=_At.OVER), Finish(how, safe(text)))
