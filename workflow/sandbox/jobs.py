"""The table of jobs: one record each, and the orders in which the API can list them.

A record holds two layers, because the real server has two: what the job *is* (its workflow) and
what the database has been told (`shown_*`), which may lag when commits are late. Only
:mod:`workflow.sandbox.life` changes a record; everyone else reads.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final, Literal

from workflow.sandbox.behaviour import Script, final_rows, progress
from workflow.sandbox.model import (
    TERMINAL,
    Cause,
    ConnectionId,
    JobId,
    JobStatus,
    JobType,
    WorkspaceId,
)

_Key = tuple[float, JobId]
_FIRST: Final = JobId(-(2**63))
_LAST: Final = JobId(2**63)


@dataclass(slots=True, eq=False)
class Job:
    """One job's record. Instants are epoch seconds; `created_at` and `updated_at` are stamps."""

    id: JobId
    connection_id: ConnectionId
    workspace_id: WorkspaceId
    type: JobType
    cause: Cause
    script: Script
    created_at: float
    status: JobStatus = JobStatus.PENDING
    attempt: int = -1
    """The number of the attempt under way or last ended; -1 before the first."""
    attempt_began: float = 0.0
    settled_rows: int = 0
    """Rows that count while no attempt is under way."""
    cancelling: bool = False
    epoch: int = 0
    """Raised when what was planned for the job no longer holds."""
    history: list[tuple[JobStatus, float]] = field(default_factory=list)
    """Every status with the instant it began, in order."""
    published: bool = False
    shown_status: JobStatus = JobStatus.PENDING
    shown_updated_at: float = 0.0
    committed_until: float = 0.0
    """When the last write planned for this record becomes visible."""

    @property
    def ended(self) -> bool:
        """Whether the job itself is over, shown or not."""
        return self.status in TERMINAL

    def rows(self, now: float, speed: float) -> int:
        """Return the rows committed by `now`."""
        if self.status is JobStatus.RUNNING:
            return progress(self.script, self.attempt, (now - self.attempt_began) * speed)[0]
        return self.settled_rows

    def settle(self, now: float, speed: float) -> None:
        """Keep what the attempt under way has committed, because it ends now."""
        attempt = self.script.attempts[self.attempt]
        elapsed = (now - self.attempt_began) * speed
        # The end is an event at a float instant: a rounding error must not lose the last flush.
        if elapsed >= attempt.seconds * (1 - 1e-9) - 1e-3:
            self.settled_rows = final_rows(self.script, self.attempt)
        else:
            self.settled_rows = progress(self.script, self.attempt, elapsed)[0]


@dataclass(frozen=True, slots=True)
class JobFilter:
    """What a list of jobs is asked for; None means any. Instants are inclusive."""

    connection_id: ConnectionId | None = None
    workspace_ids: frozenset[WorkspaceId] | None = None
    types: frozenset[JobType] | None = None
    status: JobStatus | None = None
    created_start: float | None = None
    created_end: float | None = None
    updated_start: float | None = None
    updated_end: float | None = None
    order: Literal["created", "updated"] = "created"
    descending: bool = False
    limit: int = 20
    offset: int = 0

    def admits(self, job: Job) -> bool:
        """Say whether the job belongs in the list."""
        return (
            (self.connection_id is None or job.connection_id == self.connection_id)
            and (self.workspace_ids is None or job.workspace_id in self.workspace_ids)
            and (self.types is None or job.type in self.types)
            and (self.status is None or job.shown_status is self.status)
            and (self.created_start is None or job.created_at >= self.created_start)
            and (self.created_end is None or job.created_at <= self.created_end)
            and (self.updated_start is None or job.shown_updated_at >= self.updated_start)
            and (self.updated_end is None or job.shown_updated_at <= self.updated_end)
        )


class JobTable:
    """All jobs the server remembers; the oldest ended ones are forgotten to bound memory."""

    def __init__(self, *, keep_per_connection: int = 50, keep_total: int = 50_000) -> None:
        self._keep_per_connection = keep_per_connection
        self._keep_total = keep_total
        self._by_id: dict[JobId, Job] = {}
        self._by_connection: dict[ConnectionId, list[Job]] = {}
        self._created: list[_Key] = []
        self._updated: list[_Key] = []
        self._live: dict[JobId, Job] = {}

    def __len__(self) -> int:
        return len(self._by_id)

    def __iter__(self) -> Iterator[Job]:
        return iter(self._by_id.values())

    def get(self, job_id: int) -> Job | None:
        """Return the visible job of that id."""
        return self._by_id.get(JobId(job_id))

    def of(self, connection_id: ConnectionId) -> tuple[Job, ...]:
        """Return the connection's visible jobs, oldest first."""
        return tuple(self._by_connection.get(connection_id, ()))

    @property
    def live(self) -> tuple[Job, ...]:
        """All visible jobs that are not terminal."""
        return tuple(self._live.values())

    def publish(self, job: Job, status: JobStatus, stamp: float) -> None:
        """Make a job visible in that state, or move a visible one to it."""
        if job.published:
            _remove(self._updated, (job.shown_updated_at, job.id))
        else:
            job.published = True
            self._by_id[job.id] = job
            self._by_connection.setdefault(job.connection_id, []).append(job)
            insort(self._created, (job.created_at, job.id))
        job.shown_status = status
        job.shown_updated_at = stamp
        insort(self._updated, (stamp, job.id))
        if status in TERMINAL:
            self._live.pop(job.id, None)
            self._forget_old(job.connection_id)
        else:
            self._live[job.id] = job

    def clear(self) -> None:
        """Forget every job, as a restart without its database would."""
        for store in (self._by_id, self._by_connection, self._created, self._updated, self._live):
            store.clear()

    def page(
        self, wanted: JobFilter, *, unless: Callable[[Job], bool] = lambda _: False
    ) -> list[Job]:
        """Return one page of the jobs that `wanted` admits and `unless` does not hide."""
        skip, page = wanted.offset, list[Job]()
        for job in self._candidates(wanted):
            if not wanted.admits(job) or unless(job):
                continue
            if skip:
                skip -= 1
                continue
            page.append(job)
            if len(page) == wanted.limit:
                break
        return page

    def _candidates(self, wanted: JobFilter) -> Iterable[Job]:
        if wanted.connection_id is not None:
            return _sorted(self._by_connection.get(wanted.connection_id, ()), wanted)
        if wanted.status is not None and wanted.status not in TERMINAL:
            return _sorted(self._live.values(), wanted)
        if wanted.order == "created":
            keys, start, end = self._created, wanted.created_start, wanted.created_end
        else:
            keys, start, end = self._updated, wanted.updated_start, wanted.updated_end
        low = 0 if start is None else bisect_left(keys, (start, _FIRST))
        high = len(keys) if end is None else bisect_right(keys, (end, _LAST))
        places = range(high - 1, low - 1, -1) if wanted.descending else range(low, high)
        return (self._by_id[keys[place][1]] for place in places)

    def _forget_old(self, connection_id: ConnectionId) -> None:
        jobs = self._by_connection[connection_id]
        if len(jobs) > self._keep_per_connection:
            self._forget(next((job for job in jobs if job.shown_status in TERMINAL), None))
        if len(self._by_id) > self._keep_total:
            oldest = (self._by_id[key[1]] for key in self._created)
            self._forget(next((job for job in oldest if job.shown_status in TERMINAL), None))

    def _forget(self, job: Job | None) -> None:
        if job is None:
            return
        del self._by_id[job.id]
        self._by_connection[job.connection_id].remove(job)
        _remove(self._created, (job.created_at, job.id))
        _remove(self._updated, (job.shown_updated_at, job.id))


def _sorted(jobs: Iterable[Job], wanted: JobFilter) -> list[Job]:
    if wanted.order == "created":
        return sorted(jobs, key=lambda job: (job.created_at, job.id), reverse=wanted.descending)
    return sorted(jobs, key=lambda job: (job.shown_updated_at, job.id), reverse=wanted.descending)


def _remove(keys: list[_Key], key: _Key) -> None:
    del keys[bisect_left(keys, key)]
