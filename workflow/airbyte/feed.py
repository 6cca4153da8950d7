"""The one poller per profile: everybody who wants readings of jobs gets them here.

A thin loop around :class:`~workflow.airbyte.planner.Planner`: ask what it says, tell it the
answer, hand its facts to the listeners, wait until something is due. A request that fails is a
fact like any other; no run fails by it.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Final

from workflow.airbyte.asks import Ask, GetJob, Got, Idle, Listed, ListJobs, Refused, Times
from workflow.airbyte.client import Answer, Client
from workflow.airbyte.models import ConnectionId, Job, JobId, Page, WorkspaceId
from workflow.airbyte.news import News
from workflow.airbyte.pause import Pause
from workflow.airbyte.planner import Planner
from workflow.airbyte.problems import ApiProblem
from workflow.airbyte.readings import (
    ColdStartDone,
    FeedFact,
    FeedStatus,
    JobGone,
    Listener,
    Origin,
    PollFailed,
    PollRecovered,
    RateChanged,
    Reading,
    ReadingTaken,
)
from workflow.clock import Clock
from workflow.http.failures import NetworkFailure
from workflow.text import SafeText

_SHORTEST_WAIT: Final = 0.001
_LONGEST_WAIT: Final = 3_600.0


class Feed:
    """Readings of one server's jobs.

    `workspace_ids` narrows its lists; none means all that the user may see. One task runs
    :meth:`run`; everything else may be called from the same event loop at any time.
    """

    def __init__(
        self,
        client: Client,
        *,
        clock: Clock,
        rng: random.Random,
        workspace_ids: Collection[WorkspaceId] = (),
    ) -> None:
        self._client = client
        self._clock = clock
        self._workspace_ids = tuple(workspace_ids)
        self._planner = Planner(rng)
        self._pause = Pause(clock)
        self._asking = asyncio.Lock()
        self._news = News(self._planner.book)
        self._gone: dict[JobId, SafeText] = {}
        self._read_at: datetime | None = None
        self._took: float | None = None
        self._failing: SafeText | None = None
        self._brief: SafeText | None = None
        self._next_at: datetime | None = None
        self._rate = -1

    # ---------------------------------------------------------------- what is wanted

    def track(
        self,
        job_id: JobId,
        connection_id: ConnectionId | None = None,  # noqa: ARG002 - says whose job it is
        usual: timedelta | None = None,
    ) -> None:
        """Read this job until it ends. `usual` is how long its connection's jobs take."""
        self._gone.pop(job_id, None)
        self._planner.track(job_id, usual)
        self._pause.wake()

    def untrack(self, job_id: JobId) -> None:
        """Stop reading this job for its own sake."""
        self._planner.untrack(job_id)

    @property
    def looking(self) -> bool:
        """Whether somebody looks: rows are read for all live jobs, and foreign jobs count."""
        return self._planner.looking

    @looking.setter
    def looking(self, value: bool) -> None:
        if value != self._planner.looking:
            self._planner.looking = value
            self._pause.wake()

    @property
    def expecting(self) -> bool:
        """Whether somebody waits for jobs that are not there yet: quiet is then not idle."""
        return self._planner.expecting

    @expecting.setter
    def expecting(self, value: bool) -> None:
        if value != self._planner.expecting:
            self._planner.expecting = value
            self._pause.wake()

    def look_now(self) -> None:
        """Ask now, whatever the rhythm says."""
        self._planner.look_now()
        self._pause.wake()

    # ---------------------------------------------------------------- what is known

    @property
    def jobs(self) -> Mapping[JobId, Reading]:
        """The last reading of each job that is live or ended a while ago, tracked or not."""
        return self._planner.book.readings

    @property
    def tracked(self) -> frozenset[JobId]:
        """The jobs that are read for their own sake."""
        return self._planner.tracked

    def latest(self, job_id: JobId) -> Reading | None:
        """Return the last accepted reading of a job."""
        return self._planner.book.readings.get(job_id)

    def gone(self, job_id: JobId) -> SafeText | None:
        """Return why a job that was tracked is believed not to exist, if it is."""
        return self._gone.get(job_id)

    @property
    def status(self) -> FeedStatus:
        """How fresh everything is."""
        return FeedStatus(
            read_at=self._read_at,
            requests_per_minute=self._client.door.requests_per_minute,
            failing=self._failing,
            failures=self._planner.failures,
            next_at=self._next_at,
            brief=None if self._failing is None else self._brief,
            took=self._took,
        )

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` with every fact; the facts of one page come together.

        Returns what ends it.
        """
        return self._news.subscribe(listener)

    def accept(self, job: Job, left: datetime, arrived: datetime, origin: Origin) -> Reading | None:
        """Take a job that a POST, DELETE or getJob of somebody else was answered with.

        Returns the reading, or None if it may be older than what is known already.
        """
        before = self.latest(job.job_id)
        self._publish(self._planner.accept(job, Times(left, arrived, None), origin))
        after = self.latest(job.job_id)
        return None if after is before else after

    async def next_reading(self, job_id: JobId, after: int | None, heartbeat: float) -> Reading:
        """Return the next reading that differs from the one with serial `after`.

        None for `after`: the last one there is, or else the first that comes. After `heartbeat`
        seconds without a difference the last reading is returned, which may be the same again;
        while there is none at all, the wait goes on (see :meth:`gone`).
        """
        return await self._news.next_reading(job_id, after, heartbeat)

    # ---------------------------------------------------------------- the loop

    async def run(self) -> None:
        """Poll until cancelled."""
        while True:
            idle = await self.turn()
            if idle is not None:
                await self._wait_until(idle.until)

    async def cold_start(self) -> None:
        """Read what failed in the last 24 hours, and what runs: five lists.

        Returns when they are in, however long the server takes; works with :meth:`run` running
        or not.
        """
        self._planner.want_cold_start(self._clock.now())
        while self._planner.cold_start_pending:
            idle = await self.turn()
            if idle is not None and self._planner.cold_start_pending:
                await self._wait_until(idle.until)

    async def turn(self) -> Idle | None:
        """Make the one request that is due and deliver its facts; else say when one will be."""
        async with self._asking:
            ask = self._planner.next(self._clock.monotonic())
            if isinstance(ask, Idle):
                self._note_next(ask.until)
                return ask
            self._publish(await self._ask(ask))
        if isinstance(ask, ListJobs):
            # A page may have meant work for every listener: let the others have a turn first.
            await asyncio.sleep(0)
        return None

    async def _ask(self, ask: Ask) -> list[FeedFact]:
        planner, clock = self._planner, self._clock
        try:
            match ask:
                case ListJobs():
                    page = await self._list(ask)
                    took = page.seconds
                    listed = Listed(page.value, _times(page))
                    facts = planner.listed(ask, listed, clock.monotonic())
                case GetJob(job_id):
                    job = await self._client.get_job(job_id, replay="never")
                    took = job.seconds
                    facts = planner.got(ask, Got(job.value, _times(job)), clock.monotonic())
        except ApiProblem as problem:
            self._brief = problem.brief
            refused = Refused(problem.sentence, problem.status, problem.retry_after)
            return planner.refused(ask, refused, clock.monotonic())
        except NetworkFailure as failure:
            self._brief = failure.brief
            return planner.refused(ask, Refused(failure.text), clock.monotonic())
        self._read_at, self._took, self._brief = clock.now(), took, None
        return facts

    async def _list(self, ask: ListJobs) -> Answer[Page[Job]]:
        return await self._client.list_jobs(
            workspace_ids=self._workspace_ids,
            job_type=ask.job_type,
            status=ask.status,
            created_at_start=ask.created_at_start,
            updated_at_start=ask.updated_at_start,
            order_by=ask.order_by,
            offset=ask.offset,
            replay="never",
        )

    async def _wait_until(self, until: float) -> None:
        """Wait for that moment, or for a wish that may change it."""
        left = until - self._clock.monotonic()
        await self._pause.sleep(min(_LONGEST_WAIT, max(_SHORTEST_WAIT, left)))

    def _note_next(self, until: float) -> None:
        seconds = until - self._clock.monotonic()
        self._next_at = self._clock.now() + timedelta(seconds=max(0.0, min(seconds, 86_400)))

    # ---------------------------------------------------------------- the news

    def _publish(self, facts: Iterable[FeedFact]) -> None:
        for fact in facts:
            self._note(fact)
            self._news.tell(fact)
        rate = self._client.door.requests_per_minute
        if rate != self._rate:
            self._rate = rate
            self._news.tell(RateChanged(rate))

    def _note(self, fact: FeedFact) -> None:
        match fact:
            case PollFailed(reason, job_id=None):
                self._failing = reason
            case PollRecovered():
                self._failing = None
            case JobGone(job_id, reason):
                self._gone[job_id] = reason
            case ColdStartDone():
                # Who waits for it may be sleeping through a pause after a failure.
                self._pause.wake()
            case ReadingTaken() | RateChanged() | PollFailed():
                pass


def _times(answer: Answer[object]) -> Times:
    return Times(answer.left, answer.arrived, answer.date)
