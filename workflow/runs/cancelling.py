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
from workflow.airbyte.models import JOB_TYPES, ConnectionId, Job, JobId
from workflow.airbyte.problems import ApiProblem
from workflow.clock import Clock
from workflow.http.failures import NetworkFailure
from workflow.runs import cancel as machine
from workflow.runs.cancel_moves import (
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
    Refused,
    Stale,
    Unasked,
)
from workflow.runs.events import CancelSent, CancelSettled, CancelWaits
from workflow.runs.run import CancelState
from workflow.runs.trigger.asking import JobFeed
from workflow.runs.trigger.lists import JobLists, UnreadableRowError, as_seen
from workflow.runs.trigger.rules import LOOKING
from workflow.runs.trigger.sight import Sight
from workflow.text import SafeText, safe

_GONE: Final = frozenset({403, 404, 409})
_CANNOT: Final = frozenset({403, 405, 501})
_TURNED_AWAY: Final = frozenset({401, 429})
"""What a DELETE is answered with before it can have had an effect."""
_OLD: Final = "What the server had told was old before the request could leave."

Tell: TypeAlias = Callable[[CancelSent | CancelWaits], Awaitable[None]]
"""Writes down that a DELETE is about to leave, or what is waited for."""
IsAnother: TypeAlias = Callable[[Job], bool]
"""Says whether a job that has the number cannot be the one that is to stop."""


async def _nowhere(_: CancelSent | CancelWaits) -> None:
    """Leave it unwritten: nobody will take this wish up again."""


class Canceller:
    """Cancels jobs of one profile. `why_not` says why no DELETE may be sent now, if none may."""

    def __init__(
        self,
        client: Client,
        clock: Clock,
        feed: JobFeed | None = None,
        why_not: Callable[[], SafeText | None] = lambda: None,
        lists: JobLists | None = None,
    ) -> None:
        self._client = client
        self._clock = clock
        self._feed = feed
        self._why_not = why_not
        self._lists = lists or JobLists(client)

    async def cancel(
        self,
        job_id: int,
        connection_id: str | None,
        *,
        tell: Tell | None = None,
        before: CancelState | None = None,
        is_another: IsAnother = lambda _: False,
    ) -> CancelSettled:
        """Cancel one job and wait until it is known what came of it.

        The wish has to be in the journal before, and `tell` writes down that a DELETE leaves.
        `connection_id` None: it is read from the job. `before` is where the wish stood when an
        earlier process ended. Cancelling this task settles nothing; the wish stands.
        """
        tell = tell or _nowhere
        known = None if connection_id is None else ConnectionId(connection_id)
        errand = _Errand(
            self._client,
            self._clock,
            self._lists,
            self._feed,
            self._why_not,
            tell,
            is_another,
            known,
            Sight(self._clock),
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
    lists: JobLists
    feed: JobFeed | None
    why_not: Callable[[], SafeText | None]
    tell: Tell
    is_another: IsAnother
    connection: ConnectionId | None
    sight: Sight
    """The latest look at our job and what is newer."""
    asked: datetime | None = None
    """When the request for the job left."""
    has_waited: bool = False
    """The server was left alone as long as it wanted; what others are told since is theirs."""

    async def do(self, command: Command, job_id: JobId) -> Answer:
        """Obey one command."""
        match command:
            case GetJob() | ListNewer() if (quiet := self._quiet()) is not None:
                return quiet
            case GetJob():
                self.sight = Sight(self.clock)
                return await self.sight.of(self._get(job_id))
            case ListNewer():
                return await self.sight.of(self._list())
            case Delete(number):
                return await self._delete(job_id, number)
            case Pause(seconds, why):
                if why is not None:
                    await self.tell(CancelWaits(job_id, why, seconds))
                await self.clock.sleep(seconds)
                return Passed()
            case Finish():
                raise ValueError("a cancel that is over has nothing left to do")

    def _quiet(self) -> Unasked | None:
        """Whether the server has asked, of whoever of us it was, to be left alone for a while."""
        seconds = self.client.door.left_alone_for
        if seconds <= 0.0 or self.has_waited:
            return None
        self.has_waited = True
        return Unasked(SafeText("The server is overloaded and asked to be left alone."), seconds)

    async def _get(self, job_id: JobId) -> Answer:
        try:
            answer = await self.client.get_job(job_id, replay="never")
        except ApiProblem as problem:
            return Gone(problem.sentence) if problem.status in _GONE else _unasked(problem)
        except NetworkFailure as failure:
            return Unasked(failure.text)
        job = answer.value
        if self.is_another(job) or job.connection_id != (self.connection or job.connection_id):
            # To cancel it would hit whatever runs there.
            return Gone(safe(f"the server's history changed: job {job_id} is another one now."))
        self.asked, self.connection = answer.left, job.connection_id
        if self.feed is not None:
            self.feed.accept(job, answer.left, answer.arrived, "get_job")
        return JobRead(as_seen(job))

    async def _list(self) -> Answer:
        types = JOB_TYPES if self.lists.by_type else ()
        try:
            listed = await self.lists.newest(self.connection or "", types, replay="never")
        except ApiProblem as problem:
            missing = problem.status in {404, 405}
            return Gone(problem.sentence) if missing else _unasked(problem)
        except (NetworkFailure, UnreadableRowError) as failure:
            return Unasked(failure.text)
        return JobsRead(listed.jobs)

    def _hold(self) -> SafeText | None:
        """Say why a DELETE must not leave after all; asked when it is about to."""
        asked = self.asked
        if asked is None or self.clock.now() - asked > LOOKING or not self.sight.is_fresh:
            return SafeText(_OLD)  # stopped, the laptop slept, or it took long to get a token
        return self.why_not()

    async def _delete(self, job_id: JobId, number: int) -> Answer:
        self.has_waited = False
        if (why_not := self.why_not()) is not None:
            return NoDelete(why_not)  # a wish may be older than the lock on its profile
        if self._hold() is not None:
            return Stale()
        await self.tell(CancelSent(job_id, number))
        try:
            answer = await self.client.cancel_job(job_id, hold=self._hold)
        except ApiProblem as problem:
            return _of_refused(problem)
        except NetworkFailure as failure:
            if failure.kind == "held":
                return Stale()
            # What was sent may have arrived; the next reading tells.
            return Deleted() if failure.sent else Unasked(failure.text)
        if self.feed is not None:
            self.feed.accept(answer.value, answer.left, answer.arrived, "delete")
        return Deleted()


def _unasked(problem: ApiProblem) -> Unasked:
    return Unasked(problem.sentence, problem.retry_after or 0.0)


def _of_refused(problem: ApiProblem) -> Answer:
    """Say what a DELETE comes to that was answered with a problem."""
    if not problem.sent:  # it is the token's, and the request itself has not left
        return _unasked(problem)
    if problem.status in _CANNOT:
        return NoDelete(problem.sentence)
    if problem.status in _TURNED_AWAY:
        return Refused(problem.sentence, problem.retry_after or 0.0)
    return Deleted()
