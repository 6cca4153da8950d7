"""The judgements of the trigger protocol, each a pure function: no state, no time of its own.

What an answer to the POST proves, what to do about a job that is already there, which jobs may be
the effect of a POST whose answer was lost, and what they allow to be said when the look is over.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal, TypeAlias

from workflow.airbyte.models import JobType, same_kind
from workflow.runs.journal.intents import NO_LIST, Intent
from workflow.runs.trigger import JobSeen, OnConflict, TriggerOrder
from workflow.runs.trigger.moves import Lost, Replied
from workflow.text import SafeText, safe

FRESH: Final = timedelta(seconds=5)
"""How old a preflight may be when the POST leaves."""

LOOKING: Final = timedelta(seconds=30)
"""How long a look may take, from its first request on. Slow servers are believed; an answer that is
read later than this may have lain there for hours while the program stood still."""

_LOOKS: Final = (2.0, 5.0, 10.0, 20.0)
_MOST_NAMED: Final = 5
_WIPING: Final = frozenset({"reset", "clear"})


def of_kind(job: JobSeen, job_type: str) -> bool:
    """Say whether the job is of the type that was asked for; a clear comes back as a reset."""
    return same_kind(JobType(safe(job.job_type)), JobType(safe(job_type)))


# ------------------------------------------------------------------ the POST's answer


@dataclass(frozen=True, slots=True)
class HasJob:
    """It was answered with a job."""

    job: JobSeen
    reply: Replied


@dataclass(frozen=True, slots=True)
class NoEffect:
    """The server definitely refused: nothing of ours runs or will."""

    again: Literal["never", "once", "later", "look"]
    """``once``: with new credentials. ``later``: it is overloaded. ``look``: something runs."""
    reply: Replied


@dataclass(frozen=True, slots=True)
class NothingLeft:
    """It certainly never left this machine."""

    why: SafeText


@dataclass(frozen=True, slots=True)
class MayHaveActed:
    """Nobody can tell from the answer: look."""

    why: SafeText


Proof: TypeAlias = HasJob | NoEffect | NothingLeft | MayHaveActed


def what_it_proves(reply: Replied | Lost, job_type: str) -> Proof:
    """Judge the answer to a POST. What is not known to be harmless may have acted."""
    if isinstance(reply, Lost):
        return MayHaveActed(reply.why) if reply.sent else NothingLeft(reply.why)
    match reply.status:
        case 200 if reply.job is not None:
            return HasJob(reply.job, reply)
        case 401:
            return NoEffect("once", reply)
        case 429:
            return NoEffect("later", reply)
        case 400 | 403 | 404:
            return NoEffect("never", reply)
        case 409 if reply.conflict == "try-again-later":
            return NoEffect("look", reply)
        case 422 if job_type == "refresh":
            return NoEffect("never", reply)
        case _:
            return MayHaveActed(reply.why)


# ------------------------------------------------------------------ a job that is already there


@dataclass(frozen=True, slots=True)
class GoAhead:
    """Nothing is in the way."""


@dataclass(frozen=True, slots=True)
class InTheWay:
    """A job is already on its way, and this is what was asked to be done about it."""

    job: JobSeen
    do: Literal["attach", "skip", "wait", "fail", "choose"]


def look_before(jobs: Iterable[JobSeen], order: TriggerOrder) -> GoAhead | InTheWay:
    """Say what the connection's jobs mean for an order. An unknown status is a live one."""
    live = sorted((job for job in jobs if job.live), key=lambda job: -job.job_id)
    if not live:
        return GoAhead()
    same = [job for job in live if of_kind(job, order.job_type)]
    if order.over_running and order.job_type in _WIPING and not same:
        return GoAhead()
    match order.on_conflict:
        case OnConflict.ATTACH:
            return InTheWay(same[0], "attach") if same else InTheWay(live[0], "choose")
        case OnConflict.SKIP:
            return InTheWay(live[0], "skip")
        case OnConflict.WAIT:
            return InTheWay(live[0], "wait")
        case OnConflict.FAIL:
            return InTheWay(live[0], "fail")


def base_of(jobs: Iterable[JobSeen]) -> int:
    """Return the highest job id, 0 for none: a job of ours will be younger."""
    return max((job.job_id for job in jobs), default=0)


# ------------------------------------------------------------------ the look


def look_after(seconds: float) -> float:
    """Return how long after the POST the next look is, `seconds` having passed."""
    for at in _LOOKS:
        if seconds < at:
            return at
    return _LOOKS[-1] * (seconds // _LOOKS[-1] + 1)


def counted(jobs: Iterable[JobSeen]) -> tuple[JobSeen, ...]:
    """Return the jobs that every list shows, before the POST and after it.

    A server is asked by type once it is found to need that, perhaps only after the POST: a job
    that shows up so need not be new. What a trigger makes is listed everywhere, a clear as a reset.
    """
    return tuple(job for job in jobs if not job.by_type)


def younger(jobs: Iterable[JobSeen], intent: Intent) -> tuple[JobSeen, ...]:
    """Return the jobs that were not there at the preflight, the oldest first.

    Where it had no list, those that were not created before it as far as the server tells.
    """
    new = (job for job in counted(jobs) if job.job_id > intent.base)
    if intent.base == NO_LIST:
        new = (job for job in new if job.created is None or job.created >= intent.born)
    return tuple(sorted(new, key=lambda job: job.job_id))


def candidates(
    jobs: Iterable[JobSeen],
    intent: Intent,
    seen: tuple[JobSeen, ...] = (),
    *,
    in_time: bool = False,
) -> tuple[JobSeen, ...]:
    """Return the jobs that may be the intent's effect: younger than its base, born in its window.

    Those `seen` before are among them. What is seen before the window closes (`in_time`) was born
    by then, whatever the server's clocks say of it; when they say otherwise they tell nothing, and
    no younger job is ruled out. Nor is one that does not tell when it was created.
    """
    by, new = intent.born + intent.look, younger(jobs, intent)

    def is_dated_late(job: JobSeen) -> bool:
        return job.created is not None and job.created > by

    known = {job.job_id for job in seen}
    kept = [job for job in new if in_time or job.job_id in known or not is_dated_late(job)]
    clocks_differ = any(is_dated_late(job) for job in (*seen, *kept))
    return merged(seen, new if clocks_differ else kept)


def is_in_time(intent: Intent, now: datetime, date: datetime | None) -> bool:
    """Say whether a list that is here now was made before the window closed.

    Our clock says so, and the server's does not say otherwise: neither is believed alone.
    """
    if now > intent.at + intent.look:
        return False
    return date is None or intent.server_date is None or date <= intent.born + intent.look


def merged(seen: Iterable[JobSeen], now: Iterable[JobSeen]) -> tuple[JobSeen, ...]:
    """Return both, the later look's word for a job counting. Absence from a list proves nothing."""
    by_id = {job.job_id: job for job in (*seen, *now)}
    return tuple(by_id[number] for number in sorted(by_id))


def sole(jobs: tuple[JobSeen, ...], job_type: str) -> JobSeen | None:
    """Return the only candidate, when there is only one and it is of the right type."""
    return jobs[0] if len(jobs) == 1 and of_kind(jobs[0], job_type) else None


def history_changed(listed: tuple[JobSeen, ...], intent: Intent) -> bool:
    """Say whether the server has lost jobs that were there at the preflight."""
    return base_of(counted(listed)) < intent.base


def window_over(intent: Intent, asked: datetime, date: datetime | None) -> bool:
    """Say whether every job that could be ours is in a list that was asked for then.

    By the server's clock, too, when it tells, since the creation times are its own.
    """
    if asked < intent.at + intent.look:
        return False
    return date is None or intent.server_date is None or date >= intent.born + intent.look


# ------------------------------------------------------------------ sentences


def none_found(why: str) -> SafeText:
    """Say that a POST without a clean answer had no effect that could be found."""
    return safe(f"{why} No job of it was found. It may still start: look at the suspects.")


def only_later_found(why: str, jobs: tuple[JobSeen, ...]) -> SafeText:
    """Say that the only jobs since the trigger began too late, if the server's clock is right."""
    return safe(
        f"{why} No job of it was found in time. By the server's clock these began later, which is"
        f" wrong if its clocks differ: {_listed(jobs)}. Pick one, or dismiss it."
    )


def nothing_to_compare(why: str, jobs: tuple[JobSeen, ...]) -> SafeText:
    """Say that no job can be taken for the POST's effect, since any may have been there before."""
    found = f" Any of these may be: {_listed(jobs)}. Pick one, or dismiss it." if jobs else ""
    return safe(
        f"{why} The server had no list of jobs before it, so nobody can tell which is ours.{found}"
    )


def several_found(why: str, jobs: tuple[JobSeen, ...]) -> SafeText:
    """Say that more than one job, or one of another type, may be the POST's effect."""
    return safe(f"{why} Any of these may be ours: {_listed(jobs)}. Pick one, or dismiss it.")


def _listed(jobs: tuple[JobSeen, ...]) -> str:
    shown = [f"{job.job_id} ({job.job_type}, {job.status})" for job in jobs[:_MOST_NAMED]]
    more = [f"{len(jobs) - _MOST_NAMED} more"] if len(jobs) > _MOST_NAMED else []
    return ", ".join(shown + more)


def probably(why: str, job: JobSeen) -> SafeText:
    """Say that a job was taken for the POST's effect."""
    return safe(f"{why} Job {job.job_id} is the only one that began then, so it is probably ours.")
