"""One feed for several who track the same job: it is tracked until the last of them lets go."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta

from workflow.airbyte.feed import Feed
from workflow.airbyte.models import ConnectionId, Job, JobId
from workflow.airbyte.readings import Listener, Origin, Reading
from workflow.text import SafeText


class SharedFeed:
    """A feed whose jobs may be tracked by runs, triggers and cancels at once."""

    def __init__(self, feed: Feed) -> None:
        self._feed = feed
        self._held: Counter[JobId] = Counter()
        self._needed = asyncio.Event()

    async def run(self, *, from_need: bool) -> None:
        """Read until cancelled.

        With `from_need` from the first job on that is tracked: a server that is not Airbyte's is
        not asked for jobs of which its document knows nothing.
        """
        if from_need:
            await self._needed.wait()
        await self._feed.run()

    def track(
        self, job_id: JobId, connection_id: ConnectionId, usual: timedelta | None = None
    ) -> None:
        """Read this job until each who asked for it has let go."""
        self._needed.set()
        self._held[job_id] += 1
        if self._held[job_id] == 1 or usual is not None:
            self._feed.track(job_id, connection_id, usual)

    def untrack(self, job_id: JobId) -> None:
        """Let go of a job that was tracked."""
        self._held[job_id] -= 1
        if self._held[job_id] <= 0:
            del self._held[job_id]
            self._feed.untrack(job_id)

    def latest(self, job_id: JobId) -> Reading | None:
        """Return the last accepted reading of a job."""
        return self._feed.latest(job_id)

    def gone(self, job_id: JobId) -> SafeText | None:
        """Return why a tracked job is believed not to exist, if it is."""
        return self._feed.gone(job_id)

    async def next_reading(self, job_id: JobId, after: int | None, heartbeat: float) -> Reading:
        """Wait for a reading that differs from number `after`, or `heartbeat` seconds."""
        return await self._feed.next_reading(job_id, after, heartbeat)

    def accept(self, job: Job, left: datetime, arrived: datetime, origin: Origin) -> Reading | None:
        """Take in what another request's answer says about a job."""
        return self._feed.accept(job, left, arrived, origin)

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` with every fact of the feed."""
        return self._feed.subscribe(listener)
