"""What is going on at the server, whoever started it: its connections, joined with the feed.

The directory is loaded page by page, all of it; readings of jobs are laid over it as they come.
Where there are many connections the latest job of each is told from a few pages of all jobs, the
newest first; the past jobs of a connection are read once, those in view first. Nothing here sends
anything but GETs, and nothing is guessed: what was not read yet says so.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

from workflow.airbyte.client import Client
from workflow.airbyte.feed import Feed
from workflow.airbyte.models import FAILED, Connection, ConnectionId, Job, JobId, WorkspaceId
from workflow.airbyte.problems import ApiProblem
from workflow.airbyte.readings import FeedFact, Reading, ReadingTaken
from workflow.clock import Clock
from workflow.http.failures import NetworkFailure
from workflow.runs.connection_view import MOST_HISTORY, ConnectionView, merged, view_of
from workflow.runs.newest import newest_jobs
from workflow.text import SafeText

__all__ = ["ConnectionView", "Loading", "Watch"]

JUST_FAILED: Final = timedelta(hours=24)
"""For so long a failed job is shown among what goes on."""
RELOAD_EVERY: Final = 600.0
TRY_AGAIN: Final = 30.0
READ_ALL_UP_TO: Final = 50
"""Connections whose past jobs are read without being looked at."""
_LATE_EVERY: Final = 60.0
_AT_ONCE: Final = 100
"""Connections that are looked at before the screen has its turn."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Loading:
    """How far the directory of connections is."""

    loaded: int = 0
    done: bool = False


class Watch:
    """The server's connections and jobs, kept up to date while :meth:`run` runs.

    `owned` says which jobs belong to the runs of this process.
    """

    def __init__(
        self,
        client: Client,
        feed: Feed,
        clock: Clock,
        workspace_ids: Collection[WorkspaceId] = (),
        *,
        owned: Callable[[Job], bool] = lambda _: False,
    ) -> None:
        self._client = client
        self._feed = feed
        self._clock = clock
        self._workspace_ids = tuple(workspace_ids)
        self._owned = owned
        self._views: dict[ConnectionId, ConnectionView] = {}
        self._live: dict[ConnectionId, Reading] = {}
        self._read: set[ConnectionId] = set()
        self._latest_read: set[ConnectionId] = set()
        self._wanted: dict[ConnectionId, None] = {}
        self._awake = asyncio.Event()
        self._listeners: list[Callable[[], None]] = []
        self._telling = False
        self._end: Callable[[], None] | None = None
        self.connections: Final[Mapping[ConnectionId, ConnectionView]] = MappingProxyType(
            self._views
        )
        """All connections loaded so far, live, in the server's order."""
        self.loading = Loading()
        """How far the directory is."""
        self.error: SafeText | None = None
        """Why the server could not be read the last time; None when it could."""

    # ------------------------------------------------------------------ what there is to see

    @property
    def foreign(self) -> Mapping[JobId, Reading]:
        """Live or just-failed jobs that no run here watches."""
        since = self._clock.now() - JUST_FAILED
        return {
            job_id: reading
            for job_id, reading in self._feed.jobs.items()
            if not self._owned(reading.job) and _goes_on(reading.job, since)
        }

    def usual(self, connection_id: str) -> timedelta | None:
        """Return a connection's usual duration, None when there is no history to tell."""
        view = self._views.get(ConnectionId(connection_id))
        return None if view is None else view.usual

    def look_at(self, connections: Iterable[ConnectionId]) -> None:
        """Read the past jobs of these connections soon, if they have not been: they are in view."""
        new = {one: None for one in connections if one not in self._read and one in self._views}
        if new:
            self._wanted = {**new, **self._wanted}
            self._awake.set()

    def subscribe(self, changed: Callable[[], None]) -> Callable[[], None]:
        """Call `changed` after changes, at most once a turn of the loop; returns its end."""
        self._listeners.append(changed)

        def end() -> None:
            if changed in self._listeners:
                self._listeners.remove(changed)

        return end

    # ------------------------------------------------------------------------ keeping up

    def open(self) -> None:
        """Begin to listen to the feed."""
        self._end = self._feed.subscribe(self._hear)

    def close(self) -> None:
        """Stop listening."""
        if self._end is not None:
            self._end()
            self._end = None

    async def run(self) -> None:
        """Load the directory and the past jobs, and load them again from time to time."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._keep_directory(), name="connections")
            tasks.create_task(self._keep_histories(), name="histories")
            tasks.create_task(self._keep_lateness(), name="late")

    async def reload(self) -> None:
        """Read the directory again, all pages. What fails is in :attr:`error`."""
        seen: set[ConnectionId] = set()
        self.loading = Loading(0)
        try:
            async for page in self._client.all_connections(workspace_ids=self._workspace_ids):
                for connection in page.items:
                    seen.add(connection.connection_id)
                    self._show(connection)
                for sentence in page.unreadable:
                    _log.warning("a connection could not be read: %s", sentence)
                self.loading = Loading(len(seen))
                self._changed()
                await asyncio.sleep(0)  # a page at a time: the screen has its turn
        except ApiProblem as problem:
            self._failed(problem.sentence)
            return
        except NetworkFailure as failure:
            self._failed(failure.text)
            return
        for gone in self._views.keys() - seen:
            del self._views[gone]
        self.error = None
        self.loading = Loading(len(seen), done=True)
        self._changed()

    def replace(self, connection: Connection) -> None:
        """Show a connection as an answer has just told it."""
        self._show(connection)
        self._changed()

    def tell(self) -> None:
        """Tell those who listen that there is something new which no event tells of."""
        self._changed()

    def _failed(self, why: SafeText) -> None:
        self.error = why
        self._changed()

    async def _keep_directory(self) -> None:
        filled_in = False
        while True:
            await self.reload()
            if self.error is None and len(self._views) <= READ_ALL_UP_TO:
                self.look_at(tuple(self._views))
            elif self.error is None and not filled_in:
                filled_in = True
                await self._fill_in()
            await self._clock.sleep(RELOAD_EVERY if self.error is None else TRY_AGAIN)

    async def _fill_in(self) -> None:
        """Tell each connection's latest job, the newest first, as far back as a few pages go."""
        try:
            async for page in newest_jobs(self._client, self._workspace_ids):
                for job in page.jobs:
                    view = self._views.get(job.connection_id)
                    if view is not None:
                        self._latest_read.add(job.connection_id)
                        self._show(view.connection, (job,))
                if page.is_last:
                    self._know_that_the_rest_never_ran()
                self._changed()
                if self._views.keys() <= self._latest_read:
                    return
                await asyncio.sleep(0)  # a page at a time: the screen has its turn
        except ApiProblem as problem:
            self._failed(problem.sentence)  # those in view are read when they are looked at
        except NetworkFailure as failure:
            self._failed(failure.text)

    def _know_that_the_rest_never_ran(self) -> None:
        for connection_id in self._views.keys() - self._latest_read:
            self._latest_read.add(connection_id)
            self._show(self._views[connection_id].connection)

    async def _keep_histories(self) -> None:
        while True:
            await self._awake.wait()
            while self._wanted:
                connection_id = next(iter(self._wanted))
                del self._wanted[connection_id]
                await self._read_history(connection_id)
            self._awake.clear()

    async def _read_history(self, connection_id: ConnectionId) -> None:
        try:
            answer = await self._client.list_jobs(connection_id=connection_id, limit=MOST_HISTORY)
        except ApiProblem as problem:
            self._failed(problem.sentence)
            return  # asked for again when it is in view again
        except NetworkFailure as failure:
            self._failed(failure.text)
            return
        self._read.add(connection_id)
        view = self._views.get(connection_id)
        if view is not None:
            self._show(view.connection, answer.value.items)
            self._changed()

    async def _keep_lateness(self) -> None:
        """Being late comes about by nothing happening."""
        while True:
            await self._clock.sleep(_LATE_EVERY)
            for number, connection_id in enumerate(tuple(self._views), 1):
                view = self._views.get(connection_id)
                if view is not None and view.next_due is not None:
                    self._show(view.connection)
                if number % _AT_ONCE == 0:
                    await asyncio.sleep(0)  # there may be ten thousand
            self._changed()

    # ------------------------------------------------------------------------ what is heard

    def _hear(self, fact: FeedFact) -> None:
        if not isinstance(fact, ReadingTaken):
            return
        job = fact.reading.job
        live = self._live.get(job.connection_id)
        if not job.is_terminal:
            if live is None or live.job_id <= job.job_id:
                self._live[job.connection_id] = fact.reading
        elif live is not None and live.job_id <= job.job_id:
            del self._live[job.connection_id]
        view = self._views.get(job.connection_id)
        if view is not None:
            self._show(view.connection, (job,))
        self._changed()

    def _show(self, connection: Connection, jobs: Iterable[Job] = ()) -> None:
        connection_id = connection.connection_id
        known = self._views.get(connection_id)
        history = () if known is None else known.history
        live = self._live.get(connection_id)
        more = (*jobs, *(() if live is None else (live.job,)))
        view = view_of(
            connection,
            merged(history, more) if more else history,
            live,
            self._clock.now(),
            # A live job tells the present even where the past has not been read.
            read=connection_id in self._read,
            latest_read=connection_id in self._latest_read,
        )
        if view != known:  # whoever shows it knows a view that is the same object as before
            self._views[connection_id] = view

    def _changed(self) -> None:
        if not self._telling and self._listeners:
            self._telling = True
            asyncio.get_running_loop().call_soon(self._tell)

    def _tell(self) -> None:
        self._telling = False
        for changed in tuple(self._listeners):
            changed()


def _goes_on(job: Job, since: datetime) -> bool:
    """Whether a job is live, or failed after `since`."""
    if not job.is_terminal:
        return True
    return job.status == FAILED and job.stamp is not None and job.stamp >= since
