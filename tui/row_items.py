"""What ordering, filtering and counting need of the rows that the runs pane may have.

A row is a run of this deck or a job somebody else started; its item is made again only when its
state has changed. Pure: states in, items out. Their order is :mod:`tui.rows`' business.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Final, NamedTuple

from tui import filtering
from tui.glyphs import Sign, of_status, of_verdict, plain_look
from workflow.airbyte.models import JobId
from workflow.airbyte.readings import Reading
from workflow.runs.events import RunId, Verdict
from workflow.runs.run import Phase, RunState
from workflow.text import SafeText


class Rank(IntEnum):
    """How much a row wants to be looked at, most first."""

    FAILED = 0
    UNRESOLVED = 1
    EMPTY = 2
    """Succeeded, with a question: 0 rows."""
    EXPIRED = 3
    RETRYING = 4
    WARNED = 5
    RUNNING = 6
    PENDING = 7
    DETACHED = 8
    WAITING = 9
    SUCCEEDED = 10
    CANCELLED = 11
    SKIPPED = 12
    RERUN = 13
    """A problem whose connection has been run again since."""


PROBLEMS: Final = frozenset(rank for rank in Rank if rank <= Rank.WARNED)


class RunKey(NamedTuple):
    """The row of a run."""

    run: RunId


class JobKey(NamedTuple):
    """The row of a job no run of ours watches."""

    job: JobId


@dataclass(frozen=True, slots=True)
class Item:
    """What ordering, filtering and counting need of a row; changes only with its state."""

    key: RunKey | JobKey
    rank: Rank
    sign: Sign
    name: SafeText
    searched: str
    """What words of a filter are looked for in, lower case."""
    fields: str
    """What it has by :mod:`tui.filtering`, without the tags of its connection."""
    since: float
    """When it ended, else began; seconds since the epoch, 0 when nobody knows."""
    connection_id: str | None
    job_id: int
    """0 while there is none."""
    place: tuple[int, float, int]
    """Where it stands when problems come first: less is higher."""
    why: SafeText | None = None
    """Of a run that was skipped or waits."""


def item_of_run(state: RunState) -> Item:
    """Return what a run's row needs."""
    rank, sign = _run_rank(state)
    job = state.job_id or 0
    since = (state.ended or state.begun or state.created).timestamp()
    words = (state.name, state.job_type, state.status, state.verdict, f"job {job}", state.run)
    look = plain_look(state)
    return Item(
        key=RunKey(state.run),
        rank=rank,
        sign=sign,
        name=state.name,
        searched=" ".join(word for word in words if word).lower(),
        fields=filtering.fields(
            state.name,
            status=(state.status, state.verdict, look.word),
            job_type=state.job_type,
        ),
        since=since,
        connection_id=state.connection_id,
        job_id=job,
        place=_place(rank, since, job),
        why=state.why if state.verdict is not None else SafeText(state.waiting_for or "slot"),
    )


def item_of_job(reading: Reading, name: SafeText) -> Item:
    """Return what the row of somebody else's job needs."""
    job = reading.job
    stamp = job.stamp or job.start_time
    since = 0.0 if stamp is None else stamp.timestamp()
    look = of_status(job.status)
    rank = _STATUS_RANKS.get(look.sign, Rank.PENDING)
    return Item(
        key=JobKey(job.job_id),
        rank=rank,
        sign=look.sign,
        name=name,
        searched=f"{name} {job.job_type} {job.status} {look.word} job {job.job_id}".lower(),
        fields=filtering.fields(name, status=(job.status, look.word), job_type=job.job_type),
        since=since,
        connection_id=job.connection_id,
        job_id=job.job_id,
        place=_place(rank, since, job.job_id),
    )


def _place(rank: Rank, since: float, job: int) -> tuple[int, float, int]:
    # What is under way keeps its place from beginning to end; what ended stands newest first.
    ended = rank < Rank.RETRYING or rank > Rank.WAITING
    return (rank, -since if ended else since, job)


def _run_again(item: Item) -> Item:
    place = _place(Rank.RERUN, item.since, item.job_id)
    return replace(item, rank=Rank.RERUN, place=place)


_STATUS_RANKS: Final[Mapping[Sign, Rank]] = {
    Sign.FAILED: Rank.FAILED,
    Sign.RETRYING: Rank.RETRYING,
    Sign.RUNNING: Rank.RUNNING,
    Sign.PENDING: Rank.PENDING,
    Sign.SUCCEEDED: Rank.SUCCEEDED,
    Sign.CANCELLED: Rank.CANCELLED,
}
_VERDICT_RANKS: Final[Mapping[Verdict, Rank]] = {
    Verdict.SUCCEEDED: Rank.SUCCEEDED,
    Verdict.FAILED: Rank.FAILED,
    Verdict.REJECTED: Rank.FAILED,
    Verdict.UNRESOLVED: Rank.UNRESOLVED,
    Verdict.EXPIRED: Rank.EXPIRED,
    Verdict.CANCELLED: Rank.CANCELLED,
    Verdict.SKIPPED: Rank.SKIPPED,
}


def _run_rank(state: RunState) -> tuple[Rank, Sign]:
    if state.verdict is not None:
        rank = _VERDICT_RANKS[state.verdict]
        if rank is Rank.SUCCEEDED and _warned(state, {"zero-rows"}):
            rank = Rank.EMPTY
        return rank, of_verdict(state.verdict).sign
    if state.phase is Phase.DETACHED:
        return Rank.DETACHED, Sign.OFF
    if state.phase is Phase.WAITING:
        return Rank.WAITING, Sign.WAITING
    if state.status is None:
        return Rank.PENDING, Sign.PENDING
    sign = of_status(state.status).sign
    rank = _STATUS_RANKS.get(sign, Rank.PENDING)
    if rank is Rank.RUNNING and _warned(state, {"no-rows", "slow"}):
        rank = Rank.WARNED
    # The job has ended, the run has still to say so.
    return (Rank.RUNNING if rank in {Rank.FAILED, Rank.SUCCEEDED, Rank.CANCELLED} else rank), sign


def _warned(state: RunState, kinds: set[str]) -> bool:
    for warning in state.warnings:
        if warning.kind in kinds:
            moved = state.rows_moved
            if warning.kind != "no-rows" or moved is None or moved < warning.at:
                return True
    return False


_MAY_BE_OLD: Final = frozenset({Rank.FAILED, Rank.EMPTY, Rank.EXPIRED})


def superseded(items: Iterable[Item]) -> list[Item]:
    """Take problems aside whose connection has a younger row; one is red once, not forty times."""
    listed = list(items)
    # Problems are few among thousands of rows: look only at what may take one's place.
    youngest: dict[str | None, int] = {
        item.connection_id: 0 for item in listed if item.rank in _MAY_BE_OLD
    }
    youngest.pop(None, None)
    if not youngest:
        return listed
    for item in listed:
        known = youngest.get(item.connection_id)
        if known is not None and item.job_id > known:
            youngest[item.connection_id] = item.job_id
    return [
        _run_again(item)
        if item.rank in _MAY_BE_OLD and 0 < item.job_id < youngest.get(item.connection_id, 0)
        else item
        for item in listed
    ]
