"""Drives :mod:`~workflow.runs.cancel`: reads, lists, sends the DELETE, and tells what came of it.

A wish to cancel stands until it is settled: it is written down first, and a process that finds one
unsettled at its start takes it up with :meth:`Canceller.cancel` again. So is each DELETE, before
it leaves: the three that a wish may have are three however often the program is started.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeAlias

from workflow.airbyte.client import Client
from workflow.airbyte.models import ConnectionId, JobId
from workflow.airbyte.problems import ApiProblem
from workflow.clock import Clock
from workflow.http.failures import NetworkFailure
from workflow.runs import cancel as machine
from workflow.runs.cancel import (
    Answer,
    Command,
    Delete,
    Deleted,
    Finish,
    GetJob,
    Gone,
    JobRead,
    JobsRead,
    ListNewer,
    NoDelete,
    Passed,
    Pause,
    Stale,
    Unasked,
)
from workflow.runs.events import CancelSent, CancelSettled
from workflow.runs.run import CancelState
from workflow.runs.trigger.asking import JobFeed, as_seen
from workflow.runs.trigger.rules import FRESH, LOOKING
from workflow.text import SafeText

_GONE: Final = frozenset({403, 404, 409})
_CANNOT: Final = frozenset({403, 405, 501})


Sent: TypeAlias = Callable[[CancelSent], Awaitable[None]]
"""Writes down that a DELETE is about to leave."""


async def _nowhere(_: CancelSent) -> None:
    """Leave it unwritten: nobody will take this wish up again."""


class Canceller:
    """Cancels jobs of one profile. `why_not` says why no DELETE may be sent now, if none may."""

    def __init__(
        self,
        client: Client,
        clock: Clock,
        feed: JobFeed | None = None,
        why_not: Callable[[], SafeText | None] = lambda: None,
    ) -> None:
        self._client = client
        self._clock = clock
        self._feed = feed
        self._why_not = why_not

    async def cancel(
        self,
        job_id: int,
        connection_id: str | None,
        *,
        sent: Sent | None = None,
        before: CancelState | None = None,
    ) -> CancelSettled:
        """Cancel one job and wait until it is known what came of it.

        The wish has to be in the journal before, and `sent` writes down that a DELETE leaves.
        `connection_id` None: it is read from the job. `before` is where the wish stood when an
        earlier process ended. Cancelling this task settles nothing; the wish stands.
        """
        known = None if connection_id is None else ConnectionId(connection_id)
        errand = _Errand(
            self._client, self._clock, self._feed, self._why_not, sent or _nowhere, known
        )
        move = machine.start(job_id)
        if before is not None:
            move = machine.start(job_id, before.deletes, before.deleted)
        while not isinstance(move.command, Finish):
            answer = await errand.do(move.command, JobId(job_id))
            move = machine.advance(move.state, answer, self._clock.now())
        return CancelSettled(move.command.how, str(move.command.text), job_id)


@dataclass(slots=True)
class _Errand:
    """One cancel under way."""

    client: Client
    clock: Clock
    feed: JobFeed | None
    why_not: Callable[[], SafeText | None]
    sent: Sent
    connection: ConnectionId | None
    asked: datetime | None = None
    """When the request for the job left; its answer may have lain unread since."""
    looked: datetime | None = None
    """When the latest answer was read."""

    async def do(self, command: Command, job_id: JobId) -> Answer:
        """Obey one command."""
        match command:
            case GetJob():
                return await self._get(job_id)
            case ListNewer():
                return await self._list()
            case Delete(number):
                return await self._delete(job_id, number)
            case Pause(seconds):
                await self.clock.sleep(seconds)
                return Passed()
            case Finish():
                raise ValueError("a cancel that is over has nothing left to do")

    async def _get(self, job_id: JobId) -> Answer:
        try:
            answer = await self.client.get_job(job_id)
        except ApiProblem as problem:
            gone = problem.status in _GONE
            return Gone(problem.sentence) if gone else Unasked(problem.sentence)
        except NetworkFailure as failure:
            return Unasked(failure.text)
        job = answer.value
        self.asked, self.looked = answer.left, answer.arrived
        self.connection = self.connection or job.connection_id
        if self.feed is not None:
            self.feed.accept(job, answer.left, answer.arrived, "get_job")
        return JobRead(as_seen(job))

    async def _list(self) -> Answer:
        try:
            answer = await self.client.list_jobs(connection_id=self.connection)
        except ApiProblem as problem:
            missing = problem.status in {404, 405}
            return Gone(problem.sentence) if missing else Unasked(problem.sentence)
        except NetworkFailure as failure:
            return Unasked(failure.text)
        self.looked = answer.arrived
        mine = (job for job in answer.value.items if job.connection_id == self.connection)
        return JobsRead(tuple(as_seen(job) for job in mine))

    def _is_stale(self, now: datetime) -> bool:
        if self.asked is None or self.looked is None:
            return True
        return now - self.looked > FRESH or now - self.asked > LOOKING

    async def _delete(self, job_id: JobId, number: int) -> Answer:
        if (why_not := self.why_not()) is not None:
            return NoDelete(why_not)  # a wish may be older than the lock on its profile
        if self._is_stale(self.clock.now()):
            return Stale()  # stopped, or the laptop slept
        await self.sent(CancelSent(job_id, number))
        try:
            answer = await self.client.cancel_job(job_id)
        except ApiProblem as problem:
            if problem.status in _CANNOT:
                return NoDelete(problem.sentence)
            return Deleted()
        except NetworkFailure:
            return Deleted()  # it may have arrived; the next reading tells
        if self.feed is not None:
            self.feed.accept(answer.value, answer.left, answer.arrived, "delete")
        return Deleted()
