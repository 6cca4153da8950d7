"""The newest jobs of one connection, as a trigger and a cancel have to know them: all, or none.

A server that leaves some types out of its lists is asked for each type by itself. One that shows
what cannot be read has told nothing: that very row may be the job that matters.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable
from datetime import timedelta
from typing import Final

from workflow.airbyte.client import Answer, Client
from workflow.airbyte.models import (
    CLEAR,
    REFRESH,
    ConnectionId,
    Job,
    JobType,
    Page,
    is_terminal,
)
from workflow.airbyte.usual import usual_duration
from workflow.http.messages import Replay
from workflow.runs.trigger import JobSeen
from workflow.runs.trigger.moves import Listed
from workflow.text import SafeText

HIDDEN: Final = frozenset({CLEAR, REFRESH})
"""What servers of 2025 list only when asked for by type."""


_RECENT: Final = 30
"""The newest jobs of a connection, which tell how long one usually takes."""


class UnreadableRowError(Exception):
    """A row of the list cannot be read; `text` says why, in one sentence."""

    def __init__(self, text: SafeText) -> None:
        super().__init__(text)
        self.text = text


class JobLists:
    """Lists a profile's jobs by connection."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self.by_type = False
        """A job was found only by its type: the server's lists leave some types out."""
        self._usual: dict[str, timedelta] = {}

    def usual(self, connection_id: str) -> timedelta | None:
        """Return how long a connection's jobs usually take, as its latest list told."""
        return self._usual.get(connection_id)

    async def newest(
        self, connection_id: str, types: Collection[JobType] = (), *, replay: Replay = "safe"
    ) -> Listed:
        """Read the connection's newest jobs, and those of some types by themselves.

        Raises:
            ApiProblem: the server would not say.
            NetworkFailure: it could not be asked.
            UnreadableRowError: it said something that cannot be read.
        """
        # Together, for what they tell is soon too old.
        typed = await asyncio.gather(*(self._page(connection_id, one, replay) for one in types))
        # Last, so that its Date is that of the whole, and its word for a job counts.
        last = await self._page(connection_id, None, replay)
        seen: dict[int, JobSeen] = {}
        for page in (*typed, last):
            # A server that does not know the filter lists every connection's jobs.
            mine = (job for job in page.value.items if job.connection_id == connection_id)
            seen.update((job.job_id, as_seen(job, by_type=page is not last)) for job in mine)
        if any(job.live and job.by_type and job.job_type in HIDDEN for job in seen.values()):
            self.by_type = True
        self._note_usual(connection_id, last.value.items)
        left = min(page.left for page in (*typed, last))
        return Listed(tuple(seen.values()), left, last.arrived, last.date)

    def _note_usual(self, connection_id: str, jobs: Iterable[Job]) -> None:
        mine = [job for job in jobs if job.connection_id == connection_id]
        usual, _ = usual_duration(mine[:_RECENT])
        if usual is not None:
            self._usual[connection_id] = usual

    async def _page(
        self, connection_id: str, job_type: JobType | None, replay: Replay
    ) -> Answer[Page[Job]]:
        answer = await self._client.list_jobs(
            connection_id=ConnectionId(connection_id), job_type=job_type, replay=replay
        )
        if answer.value.unreadable:
            raise UnreadableRowError(answer.value.unreadable[0])
        return answer


def as_seen(job: Job, *, by_type: bool = False) -> JobSeen:
    """Return what the rules look at of a job."""
    return JobSeen(
        job.job_id,
        job.job_type,
        job.status,
        live=not is_terminal(job.status),
        created=job.start_time,
        by_type=by_type,
        raw=dict(job.raw),
    )
