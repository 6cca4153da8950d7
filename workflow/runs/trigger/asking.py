"""Asks the server what the trigger machine wants to know, and words the answers for it.

Here HTTP ends: statuses, problems and broken connections become the few words of
:mod:`~workflow.runs.trigger.moves`. Nothing is decided and, but for the one POST, nothing sent
that has an effect.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Final, Protocol, cast

from workflow.airbyte.client import POST_TIMEOUT, Client
from workflow.airbyte.models import (
    JOB_TYPES,
    ConnectionId,
    Job,
    JobId,
)
from workflow.airbyte.parsing import (
    parse_job,
)
from workflow.airbyte.problems import ApiProblem, ProblemKind, problem_from
from workflow.airbyte.readings import Origin, Reading
from workflow.airbyte.shapes import BadAnswer
from workflow.clock import Clock
from workflow.http.failures import BadBody, NetworkFailure
from workflow.http.messages import Request, Response, retry_after
from workflow.runs.events import Json
from workflow.runs.trigger import TriggerOrder
from workflow.runs.trigger.lists import JobLists, UnreadableRowError, as_seen
from workflow.runs.trigger.moves import (
    CheckFailed,
    CheckMissing,
    CheckRefused,
    ConnectionRead,
    Listed,
    Lost,
    Replied,
    Trouble,
)
from workflow.text import safe

_NEXT_READING: Final = 60.0
_WITHOUT_FEED: Final = 15.0


class JobFeed(Protocol):
    """What is needed of the feed: it is told of answers, and waits for a job's end."""

    def accept(self, job: Job, left: datetime, arrived: datetime, origin: Origin) -> object:
        """Take the answer of another request for a reading."""

    def track(self, job_id: JobId, connection_id: ConnectionId) -> None:
        """Begin to watch a job."""

    def untrack(self, job_id: JobId) -> None:
        """Watch it no longer."""

    async def next_reading(self, job_id: JobId, after: int | None, heartbeat: float) -> Reading:
        """Return the next reading, or the last one again after `heartbeat` seconds."""


class Asking:
    """One profile's server, as the trigger machine sees it."""

    def __init__(self, client: Client, clock: Clock, feed: JobFeed | None) -> None:
        self._client = client
        self._clock = clock
        self._feed = feed
        self.lists: Final = JobLists(client)

    async def connection(self, order: TriggerOrder) -> ConnectionRead | Trouble:
        """Read the connection's status."""
        try:
            answer = await self._client.get_connection(ConnectionId(order.connection_id))
        except ApiProblem as problem:
            return _trouble(problem, order)
        except NetworkFailure as failure:
            return CheckFailed(failure.text)
        return ConnectionRead(answer.value.status, answer.left)

    async def jobs(self, order: TriggerOrder, *, by_type: bool) -> Listed | Trouble:
        """Read the connection's newest jobs, of each type by itself when asked to."""
        try:
            return await self.lists.newest(order.connection_id, JOB_TYPES if by_type else ())
        except ApiProblem as problem:
            return _trouble(problem, order)
        except (NetworkFailure, UnreadableRowError) as failure:
            return CheckFailed(failure.text)

    async def post(self, order: TriggerOrder, hold: Callable[[], str | None]) -> Replied | Lost:
        """Send the trigger: on a fresh connection, once, with a long patience for the answer.

        `hold` says in the last moment why it must not leave, if it must not.
        """
        body: Json = (
            {"connectionId": order.connection_id, "jobType": order.job_type}
            if order.body is None
            else dict(order.body)
        )
        request = Request(
            "POST",
            self._client.base_url + "/jobs",
            headers=(("content-type", "application/json"),),
            content=json.dumps(body).encode(),
            timeout=POST_TIMEOUT,
            fresh=True,
            name="createJob",
            hold=hold,
        )
        try:
            response = await self._client.door.send(request)
        except NetworkFailure as failure:
            return Lost(failure.text, sent=failure.sent)
        except ApiProblem as problem:  # of the token: the trigger itself has not left
            return Lost(problem.sentence, sent=problem.sent)
        return self._read_reply(order, response)

    def _read_reply(self, order: TriggerOrder, response: Response) -> Replied | Lost:
        try:
            body = response.json()
        except BadBody as bad:
            if response.status == 200:
                return Lost(safe(f"The answer to the trigger cannot be read: {bad.text}."), True)
            body = None
        if response.status != 200:
            return _refusal(response, body)
        try:
            job = parse_job(body)
        except BadAnswer as bad:
            return Lost(safe(f"The answer to the trigger cannot be read: {bad.text}."), True)
        if job.connection_id != order.connection_id:
            return Lost(safe("The answer to the trigger speaks of another connection."), True)
        if self._feed is not None:
            self._feed.accept(job, response.left, response.arrived, "post")
        headers = tuple(response.headers.items())
        return Replied(200, as_seen(job), body=body, headers=headers)

    async def job_ends(self, job_id: int, order: TriggerOrder, until: datetime | None) -> None:
        """Wait until a job has ended, or until an instant; trouble only shortens the wait."""
        number = JobId(job_id)
        if self._feed is None:
            await self._clock.sleep(_WITHOUT_FEED)
            return
        self._feed.track(number, ConnectionId(order.connection_id))
        try:
            after: int | None = None
            while until is None or self._clock.now() < until:
                left = _NEXT_READING
                if until is not None:
                    left = min(left, max(1.0, (until - self._clock.now()).total_seconds()))
                reading = await self._feed.next_reading(number, after, left)
                if reading.job.is_terminal:
                    return
                after = reading.serial
        finally:
            self._feed.untrack(number)


def _refusal(response: Response, body: Json) -> Replied:
    problem = problem_from(response, "triggering a job")
    harmless = problem.kind is ProblemKind.TRY_AGAIN_LATER
    return Replied(
        response.status,
        conflict="none" if response.status != 409 else "try-again-later" if harmless else "other",
        why=problem.sentence,
        retry_after=retry_after(response.headers, response.arrived),
        body=body,
        headers=tuple(response.headers.items()),
    )


def _trouble(problem: ApiProblem, order: TriggerOrder) -> Trouble:
    if order.partial_server and problem.status in {404, 405}:
        return CheckMissing(problem.status)
    if problem.status in {400, 401, 403, 404, 405, 422}:
        return CheckRefused(problem.status, problem.sentence, _body(problem))
    return CheckFailed(problem.sentence, problem.retry_after)


def _body(problem: ApiProblem) -> Json:
    try:
        return cast("Json", json.loads(problem.answer))
    except ValueError:  # cut short, or HTML: the status speaks for itself
        return None
