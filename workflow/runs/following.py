"""Connections that are followed: each job that appears on one is watched, whoever started it.

Where a connection's following begins is read from the server once: jobs up to that number are the
past, unless one is still live. What the feed shows later is attached once, a job included that
came and went between two looks. A job that a run here has is left to that run, and while a trigger
of ours is on its way to the connection nothing is decided. Nothing is sent but GETs.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from workflow.airbyte.client import Client
from workflow.airbyte.feed import Feed
from workflow.airbyte.models import ConnectionId, Job, JobId
from workflow.airbyte.problems import ApiProblem
from workflow.airbyte.readings import FeedFact, ReadingTaken
from workflow.clock import Clock
from workflow.http.failures import NetworkFailure
from workflow.runs.events import RunId
from workflow.runs.journal import Journal, JournalError
from workflow.runs.launch import OrderRefused
from workflow.runs.run import Phase, RunState

TRY_AGAIN: Final = 15.0
"""Seconds until what could not be done is tried again."""
_SPARE: Final = 64
"""So many jobs that are done with and forgotten are no reason to look for them."""

_log = logging.getLogger(__name__)


Attach = Callable[[JobId, ConnectionId], Awaitable[RunId]]


class Following:
    """What one profile follows. It is in the journal, and holds until it is taken back.

    `runs` are all runs here, live; `attach` watches a job, or raises OrderRefused.
    """

    def __init__(
        self,
        profile: str,
        *,
        client: Client,
        feed: Feed,
        journal: Journal,
        clock: Clock,
        runs: Mapping[RunId, RunState],
        attach: Attach,
    ) -> None:
        self._profile = profile
        self._client = client
        self._feed = feed
        self._journal = journal
        self._clock = clock
        self._runs = runs
        self._attach = attach
        self._past: dict[ConnectionId, JobId | None] = {}
        """Up to which job everything is the past; None where that was not read yet."""
        self._waiting: dict[JobId, ConnectionId] = {}
        self._done: dict[JobId, ConnectionId] = {}
        """Not to be attached again, as long as the feed may tell of them."""
        self._many_done = _SPARE
        self._awake = asyncio.Event()

    @property
    def connections(self) -> frozenset[ConnectionId]:
        """The connections that are followed; those of earlier sessions once :meth:`run` runs."""
        return frozenset(self._past)

    async def follow(self, connection_id: ConnectionId) -> None:
        """Watch the connection's live job, if it has one, and every job that appears from now on.

        Raises:
            OrderRefused: the journal cannot be written; nothing is followed that was not.
        """
        if connection_id not in self._past:
            await self._write(connection_id, on=True)
            self._begin(connection_id)

    async def unfollow(self, connection_id: ConnectionId) -> None:
        """Attach no more of its jobs; runs that watch one go on.

        Raises:
            OrderRefused: the journal cannot be written; it is still followed.
        """
        if connection_id in self._past:
            await self._write(connection_id, on=False)
            del self._past[connection_id]
            self._feed.expecting = bool(self._past)

    async def run(self) -> None:
        """Follow until cancelled, what earlier sessions followed included."""
        end = self._feed.subscribe(self._hear)
        try:
            for connection_id in await self._read():
                self._begin(ConnectionId(connection_id))
            while True:
                await self._wait()
                await self._look_for_the_past()
                await self._attach_what_appeared()
        finally:
            end()

    async def _read(self) -> frozenset[str]:
        try:
            return await self._journal.followed(self._profile)
        except JournalError as error:
            _log.warning("it is not known what is followed: %s", error.text)
            return frozenset()

    async def _write(self, connection_id: ConnectionId, *, on: bool) -> None:
        try:
            await self._journal.follow(self._profile, connection_id, on=on)
        except JournalError as error:
            raise OrderRefused(error.text) from None

    def _begin(self, connection_id: ConnectionId) -> None:
        self._past.setdefault(connection_id, None)
        self._feed.expecting = True
        self._awake.set()

    async def _wait(self) -> None:
        """Wait for news; not long, when something is left to be done."""
        unread = any(past is None for past in self._past.values())
        # Not to be told from its end if it is set in that moment: then there is just more to do.
        if self._waiting or unread:
            sleeping = asyncio.ensure_future(self._clock.sleep(TRY_AGAIN))
            waking = asyncio.ensure_future(self._awake.wait())
            try:
                await asyncio.wait({sleeping, waking}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                sleeping.cancel()
                waking.cancel()
        else:
            await self._awake.wait()
        self._awake.clear()

    async def _look_for_the_past(self) -> None:
        """Read where following begins, for each connection of which it is not known."""
        for connection_id in [one for one, past in self._past.items() if past is None]:
            try:
                answer = await self._client.list_jobs(connection_id=connection_id, limit=1)
            except (ApiProblem, NetworkFailure) as failure:
                why = failure.sentence if isinstance(failure, ApiProblem) else failure.text
                _log.warning("connection %s cannot be followed yet: %s", connection_id, why)
                continue
            newest = next(iter(answer.value.items), None)
            if connection_id not in self._past:
                continue  # taken back in that moment
            self._past[connection_id] = JobId(0) if newest is None else newest.job_id
            if newest is not None and not newest.is_terminal:
                self._feed.accept(newest, answer.left, answer.arrived, "get_job")
                self._want(newest)

    async def _attach_what_appeared(self) -> None:
        for job_id, connection_id in tuple(self._waiting.items()):
            runs = self._runs.values()
            if connection_id not in self._past or any(run.job_id == job_id for run in runs):
                self._dismiss(job_id, connection_id)
            elif not any(_is_triggering(run, connection_id) for run in runs):
                await self._take_up(job_id, connection_id)

    async def _take_up(self, job_id: JobId, connection_id: ConnectionId) -> None:
        try:
            await self._attach(job_id, connection_id)
        except OrderRefused as refused:
            _log.warning("job %s of a followed connection: %s", job_id, refused)
            known = self._feed.latest(job_id)
            if known is not None and not known.job.is_terminal:
                return  # tried again
        self._dismiss(job_id, connection_id)

    def _dismiss(self, job_id: JobId, connection_id: ConnectionId) -> None:
        """See to it that a job is attached once: who detached it does not want it back."""
        self._waiting.pop(job_id, None)
        self._done[job_id] = connection_id
        if len(self._done) > self._many_done:
            self._make_past()

    def _make_past(self) -> None:
        """Let what is done with and long over be the past of its connection.

        The feed remembers all that is live and the thousands that ended last: what it does not
        have, and all before that, can only come up again as something old.
        """
        for job_id, connection_id in tuple(self._done.items()):
            if self._feed.latest(job_id) is None:
                del self._done[job_id]
                past = self._past.get(connection_id)
                if past is not None:
                    self._past[connection_id] = max(past, job_id)
        self._many_done = 2 * len(self._done) + _SPARE

    def _hear(self, fact: FeedFact) -> None:
        if isinstance(fact, ReadingTaken):
            job = fact.reading.job
            past = self._past.get(job.connection_id)
            if past is not None and (job.job_id > past or not job.is_terminal):
                self._want(job)

    def _want(self, job: Job) -> None:
        if job.job_id not in self._done and job.job_id not in self._waiting:
            self._waiting[job.job_id] = job.connection_id
            self._awake.set()


def _is_triggering(run: RunState, connection_id: ConnectionId) -> bool:
    """Whether a job that appears on the connection may be this run's own."""
    return run.phase is Phase.TRIGGERING and run.connection_id == connection_id
