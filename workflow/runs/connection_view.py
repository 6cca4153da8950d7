"""A connection and what its jobs say about it: a pure join."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from workflow.airbyte.models import Connection, Job, JobId
from workflow.airbyte.readings import Reading
from workflow.airbyte.usual import good_jobs, usual_duration
from workflow.runs.schedules import Due, DueBy, due, late
from workflow.text import SafeText

MOST_HISTORY: Final = 30
"""Past jobs of a connection that are looked at, and kept."""


@dataclass(frozen=True, slots=True)
class ConnectionView:
    """A connection and what its jobs say about it."""

    connection: Connection
    read: bool = False
    """Whether its past jobs have been read; until then nothing below says that there is none."""
    latest_alone: bool = False
    """Whether its latest job, or that it has none, has been read though its past has not."""
    last_status: SafeText | None = None
    """Of its latest job, in the server's word; None when it has none."""
    last_job_id: JobId | None = None
    last_at: datetime | None = None
    """When its latest job last changed its status, or was created."""
    last_success_at: datetime | None = None
    """When it last synced well; None when not within what was looked at."""
    live_job: Reading | None = None
    next_due: datetime | None = None
    due_by: DueBy | None = None
    late: timedelta | None = None
    """How long a start has been due that did not come; None when none is."""
    usual: timedelta | None = None
    """Median duration of its past jobs that moved data and succeeded."""
    usual_of: int = 0
    """How many jobs that median is of."""
    history: tuple[Job, ...] = ()
    """Its latest jobs, newest first, as far as they were looked at."""

    @property
    def latest_read(self) -> bool:
        """Whether its latest job, or that it has none, is surely known."""
        return self.read or self.latest_alone


def view_of(
    connection: Connection,
    jobs: Sequence[Job],
    live: Reading | None,
    now: datetime,
    *,
    read: bool,
    latest_read: bool = False,
) -> ConnectionView:
    """Join a connection with its latest jobs, newest first, and with the one that is live."""
    latest = next(iter(jobs), None)
    good = good_jobs(jobs)
    usual, usual_of = usual_duration(jobs)
    expected = _expected(connection, jobs) if read and live is None else None
    return ConnectionView(
        connection=connection,
        read=read,
        latest_alone=latest_read and not read,
        last_status=None if latest is None else latest.status,
        last_job_id=None if latest is None else latest.job_id,
        last_at=None if latest is None else latest.stamp,
        last_success_at=good[0].stamp if good else None,
        live_job=live,
        next_due=None if expected is None else expected.at,
        due_by=None if expected is None else expected.by,
        late=late(expected, now),
        usual=usual,
        usual_of=usual_of,
        history=tuple(jobs),
    )


def _expected(connection: Connection, jobs: Sequence[Job]) -> Due | None:
    if not connection.is_active:
        return None
    starts = [job.start_time for job in jobs if job.start_time is not None]
    return due(connection.schedule, starts)


def merged(old: Iterable[Job], new: Iterable[Job]) -> tuple[Job, ...]:
    """Return the newest jobs of both, newest first, each once, the later reading of each."""
    jobs = {job.job_id: job for job in old}
    for job in new:
        known = jobs.get(job.job_id)
        if known is None or not known.is_terminal or job.rows_synced is not None:
            jobs[job.job_id] = job
    return tuple(sorted(jobs.values(), key=lambda job: job.job_id, reverse=True)[:MOST_HISTORY])
