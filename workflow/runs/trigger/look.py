"""The look: a POST may have acted, so the server's jobs are read until its window closes.

Nothing here sends. A job may be ours when it is younger than everything the preflight saw and was
created within the window. One of the right type is adopted at the close, as probably ours; all
else is unresolved, and said so. Part of :mod:`~workflow.runs.trigger.machine`.
"""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from workflow.runs.events import Origin
from workflow.runs.journal.intents import NO_LIST, Became
from workflow.runs.trigger import Answered, JobSeen, Unresolved
from workflow.runs.trigger.moves import (
    Answer,
    CheckFailed,
    CheckMissing,
    CheckRefused,
    Claimed,
    ClaimJob,
    Finish,
    Listed,
    Note,
    NotWritten,
    Pause,
    Settle,
    Struggling,
    Suspected,
    Warn,
)
from workflow.runs.trigger.rules import (
    candidates,
    history_changed,
    is_in_time,
    look_after,
    merged,
    none_found,
    nothing_to_compare,
    only_later_found,
    probably,
    several_found,
    sole,
    window_over,
    younger,
)
from workflow.runs.trigger.state import Move, Phase, State, enter, is_late, series
from workflow.text import SafeText, safe

LATEST: Final = timedelta(seconds=300)
"""How long after the window a server that cannot be asked is asked again."""
_LONGEST_PAUSE: Final = timedelta(seconds=20)


def begin(state: State, why: SafeText, now: datetime) -> Move:
    """Begin to look, for what is left of the window; at once and once when nothing is."""
    # A clock that has been set back meanwhile must not make the look last until it is right again.
    intent = replace(state.sent, at=min(state.sent.at, now))
    state = replace(state, why=why, looking=now, intent=intent)
    if now >= intent.at + intent.look:
        return enter(state, Phase.LOOK, now)
    # Minutes may pass: who waits should know for what, and that it is not sent again.
    left = math.ceil((intent.at + intent.look - now).total_seconds())
    told = f"{why} Its job is looked for during {left} s more; it is not sent again."
    return _until_next(state, now, Warn("unsettled", safe(told)))


def advance(state: State, answer: Answer, now: datetime) -> Move:
    """Take in a list, or what became of one, or of a claim."""
    match state.phase, answer:
        case Phase.LOOK, Listed() as listed:
            return _looked(state, listed, now)
        case Phase.LOOK, CheckMissing():
            why = safe(f"{state.why} The server has no list of jobs to look at.")
            return _unresolved(state, why)
        case Phase.LOOK, (CheckRefused() | CheckFailed()) as trouble:
            return _blind(state, trouble, now)
        case Phase.ADOPT, Claimed(other):
            return _adopt(state, None if other is None else f"Run {other} has it already.")
        case Phase.ADOPT, NotWritten(why):
            return _adopt(state, why)
    raise ValueError(f"{type(answer).__name__} is no answer to {state.phase.name}")


def _looked(state: State, listed: Listed, now: datetime) -> Move:
    intent = state.sent
    before = tuple((job.job_id, job.status) for job in state.seen)
    in_time = is_in_time(intent, now, listed.date)
    seen = candidates(listed.jobs, intent, state.seen, in_time=in_time)
    all_new = merged(state.younger, younger(listed.jobs, intent))
    state = replace(state, seen=seen, younger=all_new)
    notes: tuple[Note, ...] = ()
    if tuple((job.job_id, job.status) for job in seen) != before:
        one = None if intent.base == NO_LIST else sole(seen, intent.job_type)
        notes = (Suspected(seen, None if one is None else one.job_id),)
    # What was asked for before the close shows nothing of the close, however late it is read.
    if window_over(intent, listed.left, listed.date) or _clocks_disagree(state, listed.left):
        return _close(state, listed, notes)
    if is_late(state.order, now):
        return _unresolved(state, _deadline(state), notes)
    return _until_next(state, now, *notes)


def _clocks_disagree(state: State, asked: datetime) -> bool:
    """Our clock says that the window closed long ago, the server's does not move."""
    return asked >= state.sent.at + state.sent.look + LATEST


def _close(state: State, listed: Listed, notes: tuple[Note, ...]) -> Move:
    intent = state.sent
    if history_changed(listed.jobs, intent):
        why = f"{state.why} The server's history changed: jobs seen before the trigger are gone."
        return _unresolved(state, safe(why), notes)
    if intent.base == NO_LIST and state.claimed is None:
        return _unresolved(state, nothing_to_compare(state.why, state.seen), notes)
    if not state.seen and state.younger:
        # None of them was created in time by the server's word: a person may know better.
        state = replace(state, seen=state.younger)
        return _unresolved(state, only_later_found(state.why, state.younger), notes)
    if not state.seen:
        return _unresolved(state, none_found(state.why), notes)
    found = _ours(state, intent.job_type)
    if found is None:
        return _unresolved(state, several_found(state.why, state.seen), notes)
    state = replace(state, phase=Phase.ADOPT, claimed=found.job_id)
    return Move(state, ClaimJob(found.job_id), notes)


def _ours(state: State, job_type: str) -> JobSeen | None:
    """The sole candidate of the right type, or the one that was claimed before a restart."""
    claimed = [job for job in state.seen if job.job_id == state.claimed]
    return claimed[0] if claimed else sole(state.seen, job_type)


def _adopt(state: State, hindrance: str | None) -> Move:
    if hindrance is not None:
        return _unresolved(state, safe(f"{several_found(state.why, state.seen)} {hindrance}"))
    (job,) = (job for job in state.seen if job.job_id == state.claimed)
    why = probably(state.why, job)
    outcome = Answered(job, Origin.ADOPTED, job.raw, why=why)
    suspects = tuple(seen.job_id for seen in state.seen)
    settle = Settle(Became.ADOPTED, job.job_id, suspects, why, answer=outcome)
    return series(state, settle, Finish(outcome))


def _blind(state: State, trouble: CheckRefused | CheckFailed, now: datetime) -> Move:
    intent = state.sent
    since = max(intent.at + intent.look, state.looked_since)
    if now >= since + LATEST:
        return _unresolved(state, safe(f"{state.why} The server could not be asked: {trouble.why}"))
    if is_late(state.order, now):
        return _unresolved(state, _deadline(state))
    until = _next_look(state, now)
    note = Struggling(trouble.why, (until - now).total_seconds())
    return series(state, Pause(until), then=Phase.LOOK, notes=(note,))


def _until_next(state: State, now: datetime, *notes: Note) -> Move:
    return series(state, Pause(_next_look(state, now)), then=Phase.LOOK, notes=notes)


def _next_look(state: State, now: datetime) -> datetime:
    intent = state.sent
    passed = (now - state.looked_since).total_seconds()
    until = state.looked_since + timedelta(seconds=look_after(passed))
    until = min(until, now + _LONGEST_PAUSE)  # our clock may have been set back
    close = intent.at + intent.look
    if now < close:
        until = min(until, close)
    if state.order.deadline is not None and now < state.order.deadline:
        until = min(until, state.order.deadline)
    return until


def _deadline(state: State) -> SafeText:
    return safe(f"{state.why} The deadline passed before it was known what came of it.")


def _unresolved(state: State, why: SafeText, notes: tuple[Note, ...] = ()) -> Move:
    suspects = tuple(job.job_id for job in state.seen)
    settle = Settle(Became.UNKNOWN, suspects=suspects, text=why)
    return series(state, settle, Finish(Unresolved(why, state.seen)), notes=notes)
