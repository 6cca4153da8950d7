"""What ordering, filtering and counting need of the rows that the runs pane may have.

A row is a run of this deck or a job somebody else started; its item is made again only when its
state has changed. Pure: states in, items out. Their order is :mod:`tui.rows`' business.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from tui import filtering
from tui.glyphs import Sign, of_status, plain_look
from tui.ranks import STATUS_RANKS, Rank, run_rank
from workflow.airbyte.models import JobId
from workflow.airbyte.readings import Reading
from workflow.runs.events import RunId
from workflow.runs.lasting import ended
from workflow.runs.run import RunState
from workflow.text import SafeText


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
    created: float = 0.0
    """When a run was made, seconds since the epoch; 0 for somebody else's job."""
    answered: bool = False
    """It lost its trigger's answer, and what that did is no open question any more."""


def item_of_run(state: RunState, *, suspected: bool = False) -> Item:
    """Return what a run's row needs; `suspected` while what its trigger did is an open question."""
    rank, sign = run_rank(state)
    job = state.job_id or 0
    since = (ended(state) or state.begun or state.created).timestamp()
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
        created=state.created.timestamp(),
        answered=state.sent is not None and state.origin is None and not suspected,
    )


def item_of_job(reading: Reading, name: SafeText) -> Item:
    """Return what the row of somebody else's job needs."""
    job = reading.job
    stamp = job.stamp or job.start_time
    since = 0.0 if stamp is None else stamp.timestamp()
    look = of_status(job.status)
    rank = STATUS_RANKS.get(look.sign, Rank.PENDING)
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
    over = rank < Rank.RETRYING or rank > Rank.WAITING
    return (rank, -since if over else since, job)


def _run_again(item: Item) -> Item:
    place = _place(Rank.RERUN, item.since, item.job_id)
    return replace(item, rank=Rank.RERUN, place=place)


_MAY_BE_OLD: Final = frozenset({Rank.FAILED, Rank.EMPTY, Rank.EXPIRED})


def superseded(items: Iterable[Item]) -> list[Item]:
    """Take problems aside whose connection has a younger row; one is red once, not forty times."""
    listed = list(items)
    # Problems are few among thousands of rows: look only at what may take one's place.
    youngest: dict[str | None, int] = {
        item.connection_id: 0 for item in listed if item.rank in _MAY_BE_OLD
    }
    # One that lost its trigger has no job: what takes its place is a run that was made later.
    latest: dict[str | None, float] = {
        item.connection_id: 0.0 for item in listed if item.rank is Rank.UNRESOLVED and item.answered
    }
    youngest.pop(None, None)
    latest.pop(None, None)
    if not youngest and not latest:
        return listed
    for item in listed:
        known = youngest.get(item.connection_id)
        if known is not None and item.job_id > known:
            youngest[item.connection_id] = item.job_id
        made = latest.get(item.connection_id)
        if made is not None and item.job_id and item.created > made:
            latest[item.connection_id] = item.created
    return [_run_again(item) if _is_old(item, youngest, latest) else item for item in listed]


def _is_old(
    item: Item, youngest: Mapping[str | None, int], latest: Mapping[str | None, float]
) -> bool:
    """Whether a younger row takes a problem's place."""
    if item.rank in _MAY_BE_OLD:
        return 0 < item.job_id < youngest.get(item.connection_id, 0)
    unresolved = item.rank is Rank.UNRESOLVED and item.answered
    return unresolved and item.created < latest.get(item.connection_id, 0.0)
