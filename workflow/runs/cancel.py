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
from typing import Final

from workflow.runs.cancel_moves import (
    Answer,
    Command,
    Delete,
    Deleted,
    Finish,
    GetJob,
    Gone,
    How,
    JobRead,
    JobsRead,
    ListNewer,
    NoDelete,
    Passed,
    Pause,
    Refused,
    Stale,
    Unasked,
)
from workflow.runs.trigger import JobSeen
from workflow.text import SafeText, safe

MOST_DELETES: Final = 3
SETTLES_IN: Final = timedelta(seconds=30)
"""How long after a DELETE the job is watched before it counts as not cancelled by it."""
PATIENCE: Final = timedelta(minutes=10)
"""How long a server that cannot be asked is asked again."""
_PAUSES: Final = (1.0, 2.0, 5.0)
_BLIND_PAUSES: Final = (1.0, 2.0, 5.0, 10.0, 15.0)
_LONGEST_PAUSE: Final = 60.0
"""Seconds: longer than this no server is left alone, whatever it asks for."""
_OLD: Final = SafeText("What the server had told was old before the request could leave.")


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
    unseen: _At | None = None
    """What it would not tell then."""
    unsent: datetime | None = None
    """Since when DELETEs could not leave, or looks were too old by the time they could."""
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
            return _read(_told(state), job, now)
        case _At.JOB, Gone(why):
            how: How = "not-cancelled" if state.deletes else "not-sent"
            return _over(state, how, f"Job {state.job_id} cannot be read: {why}")
        case _At.NEWER, JobsRead(jobs):
            return _newer(_told(state), jobs)
        case _At.NEWER, Gone():
            return _delete(state)  # a server without lists: our own job was read just now
        case _At.DELETE, Deleted():
            return _pause(replace(state, deleted=now, reads=0, unsent=None), _At.JOB, _PAUSES[0])
        case _At.DELETE, Refused(why, seconds):
            pause = min(max(seconds, _PAUSES[0]), _LONGEST_PAUSE)
            return _pause(replace(state, unsent=None), _At.JOB, pause, why)
        case _At.DELETE, NoDelete(why):
            sent = state.deletes > 1
            return _over(state, "not-cancelled" if sent else "not-sent", why)
        case _At.AFTERMATH, JobsRead(jobs):
            return _aftermath(state, jobs)
        case _At.AFTERMATH, Gone():
            return _aftermath(state, ())
        case _At.DELETE, (Stale() | Unasked()) as trouble:
            return _not_left(replace(state, deletes=state.deletes - 1), trouble, now)
        case ((_At.JOB | _At.NEWER | _At.AFTERMATH), Unasked() as trouble):
            return _blind(state, trouble, now)
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
    ours = next((job for job in jobs if job.job_id == state.job_id), None)
    if ours is not None and not ours.live:
        return _ended(state, ours)  # since it was read a moment ago
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


def _not_left(state: State, trouble: Stale | Unasked, now: datetime) -> Move:
    """Look anew: the program stood still, the server is slow, or it could not be reached."""
    if state.unsent is None:
        state = replace(state, unsent=now)
        if isinstance(trouble, Stale):
            return _ask(state, _At.JOB)
    if now - (state.unsent or now) < PATIENCE:
        if isinstance(trouble, Stale):
            return _pause(state, _At.JOB, _BLIND_PAUSES[0], _OLD)
        seconds = min(max(_BLIND_PAUSES[0], trouble.seconds), _LONGEST_PAUSE)
        return _pause(state, _At.JOB, seconds, trouble.why)
    text = "The server takes too long to say what runs. Cancel it again when it is quicker."
    if isinstance(trouble, Unasked):
        text = f"The request could not be sent: {trouble.why} Cancel it again when it can."
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


def _blind(state: State, trouble: Unasked, now: datetime) -> Move:
    since = state.blind or now
    if now - since < PATIENCE:
        seconds = _BLIND_PAUSES[min(state.blinks, len(_BLIND_PAUSES) - 1)]
        seconds = min(max(seconds, trouble.seconds), _LONGEST_PAUSE)
        state = replace(state, blind=since, blinks=state.blinks + 1, unseen=state.at)
        return _pause(state, state.at, seconds, trouble.why)
    if state.finish is not None:
        return _over(state, state.finish.how, state.finish.text)
    text = safe(f"The server could not be asked: {trouble.why} Cancel it again when it answers.")
    return _over(state, "not-cancelled" if state.deletes else "not-sent", text)


def _told(state: State) -> State:
    """Note that the server has told what it would not; the job alone is not the list, too."""
    if state.at is _At.JOB and state.unseen is _At.NEWER:
        return state
    return replace(state, blind=None, blinks=0, unseen=None)


def _ask(state: State, at: _At) -> Move:
    # Each DELETE has its own GET right before it, so a wait anywhere leads back to the job.
    return Move(replace(state, at=at), GetJob() if at is _At.JOB else ListNewer())


def _pause(state: State, resume: _At, seconds: float, why: SafeText | None = None) -> Move:
    resume = _At.AFTERMATH if resume is _At.AFTERMATH else _At.JOB
    return Move(replace(state, at=_At.PAUSE, resume=resume), Pause(seconds, why))


def _over(state: State, how: How, text: str) -> Move:
    return Move(replace(state, at=_At.OVER), Finish(how, safe(text)))
