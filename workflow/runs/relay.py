"""Readings from the feed, told to the runs that watch their jobs.

One job may be watched by several runs, and a run's events about it are the same whether its
document asks often or seldom. A feed that fails makes runs stale, never failed.
"""

from __future__ import annotations

import asyncio
import math
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

from workflow.airbyte import readings
from workflow.airbyte.book import is_another_birth
from workflow.airbyte.models import ConnectionId, Job, JobId
from workflow.airbyte.readings import FeedFact, JobGone, PollRecovered, RateChanged, Reading
from workflow.clock import Clock, rfc3339
from workflow.runs.events import FeedRate, PollFailed, ReadingTaken, RunId, StatusChanged
from workflow.runs.ledger import Ledger, Voice
from workflow.runs.run import RunState
from workflow.text import SafeText

FAILURE_EVERY: Final = 60.0
"""Seconds between two facts, for each run, about one streak of failures."""
RATE_EVERY: Final = 10.0
"""Seconds between two facts about the number of requests."""


class Readings(Protocol):
    """What a relay needs of the feed."""

    def track(
        self, job_id: JobId, connection_id: ConnectionId, usual: timedelta | None = None
    ) -> None:
        """Read this job until told otherwise."""

    def untrack(self, job_id: JobId) -> None:
        """Nobody needs this job any more."""

    def latest(self, job_id: JobId) -> Reading | None:
        """Return the last accepted reading."""

    async def next_reading(self, job_id: JobId, after: int | None, heartbeat: float) -> Reading:
        """Wait for a reading that differs from number `after`, or `heartbeat` seconds."""

    def gone(self, job_id: JobId) -> SafeText | None:
        """Return why a tracked job is believed not to exist."""

    def accept(
        self, job: Job, left: datetime, arrived: datetime, origin: readings.Origin
    ) -> object:
        """Take in what another request's answer says about a job."""

    def subscribe(self, listener: readings.Listener) -> Callable[[], None]:
        """Call `listener` with every fact of the feed."""


class JobGoneError(Exception):
    """The server does not show the job any more; `text` says what it answered."""

    def __init__(self, text: SafeText) -> None:
        super().__init__(text)
        self.text = text


@dataclass(eq=False, slots=True)
class _Wait:
    """Somebody waits for a job's next reading."""

    job_id: JobId
    scope: asyncio.Timeout
    """Ends the wait when the job is gone."""
    gone: SafeText | None = None
    """Why it is."""


def is_another(state: RunState, job: Job) -> bool:
    """Say whether a job has the number of the run's own, and cannot be it.

    A server that has lost its database begins its numbers anew.
    """
    if state.origin is None or state.job_id != job.job_id:
        return False
    elsewhere = state.connection_id is not None and job.connection_id != state.connection_id
    return elsewhere or is_another_birth(state.job_started, job.start_time)


class Relay:
    """Who watches which job, and what they are told."""

    def __init__(
        self, feed: Readings, ledger: Ledger, clock: Clock, usual: Callable[[str], timedelta | None]
    ) -> None:
        self._feed = feed
        self._ledger = ledger
        self._clock = clock
        self._usual = usual
        self._watching: dict[JobId, set[RunId]] = defaultdict(set)
        self._jobs: dict[RunId, JobId] = {}
        self._status: dict[RunId, str] = {}
        self._waits: set[_Wait] = set()
        self._failing: str | None = None
        self._failure_told = -math.inf
        self._rate_told = -math.inf
        self._end: Callable[[], None] | None = None

    def open(self) -> None:
        """Begin to listen to the feed."""
        self._end = self._feed.subscribe(self._hear)

    def close(self) -> None:
        """Stop listening."""
        if self._end is not None:
            self._end()
            self._end = None

    def is_watched(self, job_id: JobId) -> bool:
        """Whether a run here watches this job."""
        return job_id in self._watching

    def watchers(self, job_id: JobId) -> frozenset[RunId]:
        """Return the runs that watch this job."""
        return frozenset(self._watching.get(job_id, ()))

    def watch(self, run: RunId, job_id: JobId, connection_id: str) -> None:
        """Tell `run` of this job from now on, and of what is known of it already."""
        if self._jobs.get(run) == job_id:
            return
        self.unwatch(run)
        self._jobs[run] = job_id
        self._watching[job_id].add(run)
        state = self._ledger.runs.get(run)
        if state is not None and state.job_id == job_id and state.status is not None:
            self._status[run] = state.status
        if len(self._watching[job_id]) == 1:
            self._feed.track(job_id, ConnectionId(connection_id), self._usual(connection_id))
        known = self._feed.latest(job_id)
        if known is not None:
            self._tell(run, known)

    def unwatch(self, run: RunId) -> None:
        """Tell `run` of no job any more."""
        job_id = self._jobs.pop(run, None)
        self._status.pop(run, None)
        if job_id is None:
            return
        self._watching[job_id].discard(run)
        if not self._watching[job_id]:
            del self._watching[job_id]
            self._feed.untrack(job_id)

    def latest(self, job_id: JobId) -> Reading | None:
        """Return the last reading of a job."""
        return self._feed.latest(job_id)

    async def next_reading(self, job_id: JobId, after: int | None, heartbeat: float) -> Reading:
        """Wait for the next reading of a job.

        Raises:
            JobGoneError: the server answered, twice, that there is no such job for us.
        """
        if (reason := self._feed.gone(job_id)) is not None:
            raise JobGoneError(reason)
        # In the caller's own task: one more for each reading of each run would cost too much.
        wait = _Wait(job_id, asyncio.timeout(None))
        self._waits.add(wait)
        try:
            async with wait.scope:
                return await self._feed.next_reading(job_id, after, heartbeat)
        except TimeoutError:
            if wait.gone is None:
                raise
            raise JobGoneError(wait.gone) from None
        finally:
            self._waits.discard(wait)

    # ------------------------------------------------------------------- what the feed says

    def _hear(self, fact: FeedFact) -> None:
        match fact:
            case readings.ReadingTaken(reading=reading):
                for run in tuple(self._watching.get(reading.job_id, ())):
                    self._tell(run, reading)
            case readings.PollFailed(reason=reason, retry_in=retry_in, job_id=int(job_id)):
                for run in self.watchers(job_id):
                    self._voice(run).note(PollFailed(reason, retry_in))
            case readings.PollFailed(reason=reason, retry_in=retry_in):
                now = self._clock.monotonic()
                # Once for what is wrong, and now and then: runs are many, and the header has it.
                if self._failing is None or now - self._failure_told >= FAILURE_EVERY:
                    self._failing, self._failure_told = reason, now
                    for run in self._jobs:
                        self._voice(run).note(PollFailed(reason, retry_in))
            case PollRecovered():
                self._failing = None
                for run, job_id in self._jobs.items():
                    known = self._feed.latest(job_id)
                    if known is not None:
                        self._tell(run, known)
            case RateChanged(per_minute=per_minute):
                now = self._clock.monotonic()
                if now - self._rate_told >= RATE_EVERY:
                    self._rate_told = now
                    # Nobody wants to read this again later: it is not for the journal.
                    self._ledger.publish(self._ledger.stamp(FeedRate(per_minute)))
            case JobGone(job_id=job_id, reason=reason):
                for wait in self._waits:
                    if wait.job_id == job_id and wait.gone is None:
                        wait.gone = reason
                        wait.scope.reschedule(asyncio.get_running_loop().time())

    def _tell(self, run: RunId, reading: Reading) -> None:
        job, voice = reading.job, self._voice(run)
        state = self._ledger.runs.get(run)
        if state is not None and is_another(state, job):
            return
        age = (self._clock.now() - reading.arrived).total_seconds()
        voice.note(
            ReadingTaken(
                job_id=job.job_id,
                status=job.status,
                rows=job.rows_synced,
                bytes=job.bytes_synced,
                age=round(max(0.0, age), 3),
                start_time=None if job.start_time is None else rfc3339(job.start_time),
                duration=_seconds(job),
            )
        )
        before = self._status.get(run)
        if before != job.status:
            self._status[run] = job.status
            voice.note(StatusChanged(before, job.status, job.job_id))

    def _voice(self, run: RunId) -> Voice:
        return Voice(self._ledger, run)


def _seconds(job: Job) -> float | None:
    """Return a job's duration; of one that has ended its two stamps tell it as well."""
    if job.duration is not None:
        return job.duration.total_seconds()
    if job.is_terminal and job.last_updated_at is not None and job.start_time is not None:
        return max(0.0, (job.last_updated_at - job.start_time).total_seconds())
    return None
