"""From an ASGI request to an answer: body, faults, sender, role, handler, log.

One :class:`Site` serves all operations; :class:`Resource` is the ASGI endpoint of one path. The
handlers are plain functions; every wait, cut and replaced answer that a fault asks for happens
here, so that a handler only knows what the server itself would do.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass, replace
from email.utils import formatdate

from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope, Send

from workflow.clock import Clock
from workflow.sandbox.answers import (
    Answer,
    Refused,
    hal,
    rate_limited,
    uncaught,
)
from workflow.sandbox.auth import NOBODY, Principal
from workflow.sandbox.call import Call, Operation, Service
from workflow.sandbox.faultbox import NO_STRIKES, Strikes
from workflow.sandbox.faultkinds import FaultName
from workflow.sandbox.line import ConnectionCut, cut_connection, read_body, sever
from workflow.sandbox.log import LoggedRequest
from workflow.sandbox.model import Connection
from workflow.sandbox.params import aimed_at
from workflow.sandbox.spoiled import error_answer, garbage_answer

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Request:
    """What is known of a request once its body has been read (None: too large)."""

    number: int
    operation: Operation
    scope: Scope
    headers: Mapping[bytes, str]
    body: bytes | None
    arrived: float
    principal: Principal | None
    strikes: Strikes


class Resource:
    """The ASGI endpoint of one path: picks the operation by method."""

    def __init__(self, site: Site, operations: Mapping[str, Operation]) -> None:
        self._site = site
        self._operations = operations

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        method = scope["method"]
        operation = self._operations.get("GET" if method == "HEAD" else method)
        if operation is None:
            allowed = ", ".join(self._operations)
            message = f"Method [{method[:20]}] not allowed for URI. Allowed methods: [{allowed}]"

            def refuse(call: Call) -> Answer:
                answer = hal(405, "Method Not Allowed", message, call.path)
                return replace(answer, headers=(("Allow", allowed),))

            refusal = Operation("unknown", refuse, role=None)
            await self._site.serve(refusal, scope, receive, send)
            return
        await self._site.serve(operation, scope, receive, send)


class Site:
    """One sandbox as seen through HTTP."""

    def __init__(self, service: Service, clock: Clock) -> None:
        self.service = service
        self._clock = clock
        self._threads: dict[int, asyncio.Semaphore] = {}
        self._unknown = Operation(
            "unknown", lambda call: hal(404, "Not Found", "Page Not Found", call.path), role=None
        )

    async def not_found(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request for a path that is no endpoint."""
        if scope["type"] == "http":
            await self.serve(self._unknown, scope, receive, send)

    async def serve(self, operation: Operation, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request of one operation, faults and all."""
        arrived = self._clock.now().timestamp()
        if self.service.outage.refuses(arrived):
            raise ConnectionCut(refused=True)
        self.service.world.advance(arrived)
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        try:
            body = await read_body(receive)
        except ClientDisconnect:
            return
        request = _Request(
            number=0 if operation.internal else self.service.log.next_number(),
            operation=operation,
            scope=scope,
            headers=headers,
            body=body,
            arrived=arrived,
            principal=self.service.auth.principal(headers.get(b"authorization"), arrived),
            strikes=self._strikes(operation, scope, body),
        )
        try:
            async with self._thread(request.strikes):
                answer = await self._answer(request)
            # Before it is sent: who has the answer must find the request in the log.
            self._log(request, 0 if request.strikes.get(FaultName.CUT_BODY) else answer.status)
            await self._send(answer, request, send)
        except ConnectionCut as cut:
            if not cut.answer_began:
                self._log(request, 0)
            if not await cut_connection(scope, receive, answer_began=cut.answer_began):
                raise
        except asyncio.CancelledError:
            # The server stops while this request hangs: its connection just ends.
            self._log(request, 0)
            sever(scope, answer_began=False)
            raise

    # -- the parts of serving ----------------------------------------------------------------

    def _strikes(self, operation: Operation, scope: Scope, body: bytes | None) -> Strikes:
        world, faults = self.service.world, self.service.faults
        if operation.internal or not faults.strikes_requests:
            return NO_STRIKES
        job_id, connection_id = aimed_at(scope.get("path_params", {}), scope["query_string"], body)
        job = None if job_id is None else world.jobs.get(job_id)
        connection: Connection | None = None
        if job is not None:
            connection = world.catalogue.connection(job.connection_id)
        elif connection_id is not None:
            connection = world.catalogue.connection(connection_id)
        return faults.strike(operation.name, job_id, connection)

    def _thread(self, strikes: Strikes) -> AbstractAsyncContextManager[None]:
        """Return the wait for a thread, when a fault makes them few."""
        few = strikes.get(FaultName.FEW_THREADS)
        if few is None:
            return nullcontext()
        threads = few.number("threads")
        return self._threads.setdefault(threads, asyncio.Semaphore(threads))

    async def _answer(self, request: _Request) -> Answer:
        early = None if request.operation.internal else await self._before(request.strikes)
        if early is not None:
            return early
        scope, path = request.scope, request.scope["path"]
        if request.body is None:
            return hal(413, "Request Entity Too Large", "The body is too large", path)
        principal = request.principal
        if request.operation.role is None:
            principal = principal or NOBODY
        elif principal is None or request.strikes.get(FaultName.REVOKE_TOKENS):
            return hal(401, "Unauthorized", "Unauthorized", path)
        call = Call(
            service=self.service,
            operation=request.operation,
            number=request.number,
            path=path,
            path_values=scope.get("path_params", {}),
            raw_query=scope["query_string"],
            raw_body=request.body,
            content_type=request.headers.get(b"content-type", ""),
            base_url=_base_url(scope, request.headers),
            principal=principal,
            strikes=request.strikes,
        )
        return await self._after(self._handle(call), request.strikes)

    def _log(self, request: _Request, status: int) -> None:
        if request.operation.internal:
            return
        scope = request.scope
        self.service.log.add(
            LoggedRequest(
                number=request.number,
                endpoint=request.operation.name,
                method=scope["method"],
                path=scope["path"],
                query=scope["query_string"].decode("latin-1"),
                status=status,
                arrived=request.arrived,
                answered=self._clock.now().timestamp(),
                user_agent=request.headers.get(b"user-agent", ""),
                principal=request.principal.name if request.principal else "",
                faults=request.strikes.names,
            )
        )

    def _handle(self, call: Call) -> Answer:
        try:
            if call.operation.role is not None:
                call.require(call.operation.role)
            return call.operation.handler(call)
        except Refused as refusal:
            return refusal.answer
        except Exception:
            # Whatever it is, it is a bug of a handler's: what a request may be refused for is
            # Refused. A server goes on serving; the log has the traceback, the header tells.
            _logger.exception("the sandbox has a bug: %s failed", call.operation.name)
            return replace(uncaught(500, call.fresh_error_id()), headers=(("X-Sandbox-Bug", "1"),))

    async def _before(self, strikes: Strikes) -> Answer | None:
        """Do what faults do before a request has any effect."""
        if not strikes.active:
            return None
        latency = strikes.latency()
        if latency > 0:
            await self._sleep(latency)
        if restart := strikes.get(FaultName.RESTART):
            if not restart.flag("keep"):
                self.service.world.lose_jobs()
            now = self._clock.now().timestamp()
            self.service.outage.begin(now, strikes.span(restart, "seconds"))
            raise ConnectionCut
        if strikes.get(FaultName.CUT_BEFORE):
            raise ConnectionCut
        if strikes.get(FaultName.REVOKE_TOKENS):
            self.service.auth.revoke_all()
        if limited := strikes.get(FaultName.RATE_LIMIT):
            return rate_limited(limited.word("retry_after") or None)
        error = strikes.get(FaultName.SERVER_ERROR)
        if error is not None and error.word("effect") != "done":
            return error_answer(error, self._fresh_error_id)
        return None

    async def _after(self, answer: Answer, strikes: Strikes) -> Answer:
        """Do what faults do once a request has had its effect."""
        if not strikes.active:
            return answer
        for name in (FaultName.SLOW, FaultName.SLOW_POST, FaultName.HANG_DELETE):
            if slow := strikes.get(name):
                await self._sleep(strikes.span(slow, "seconds"))
        lost = strikes.get(FaultName.LOST_TRIGGER)
        if lost is not None:
            await self._sleep(strikes.span(lost, "hold"))
        if strikes.get(FaultName.CUT_AFTER) or (lost and lost.word("answer") == "cut"):
            raise ConnectionCut
        if error := strikes.get(FaultName.SERVER_ERROR):
            return error_answer(error, self._fresh_error_id)
        if garbage := strikes.get(FaultName.GARBAGE):
            return garbage_answer(garbage, answer)
        return answer

    def _fresh_error_id(self) -> str:
        return self.service.world.catalogue.fresh_uuid("error")

    async def _sleep(self, seconds: float) -> None:
        outages = self.service.outage.number
        await self._clock.sleep(seconds)
        if self.service.outage.number != outages:
            # The server that had this request is no more.
            raise ConnectionCut
        self.service.world.advance(self._clock.now().timestamp())

    async def _send(self, answer: Answer, request: _Request, send: Send) -> None:
        strikes = request.strikes
        headers = [(b"content-length", b"%d" % len(answer.body))]
        if answer.body:
            headers.append((b"content-type", answer.media_type.encode("latin-1")))
        headers += [(k.lower().encode("latin-1"), v.encode("latin-1")) for k, v in answer.headers]
        if not strikes.get(FaultName.NO_DATE):
            shifted = strikes.get(FaultName.DATE_OFFSET)
            offset = (shifted.seconds("seconds") or 0.0) if shifted else 0.0
            now = self._clock.now().timestamp() + offset
            headers.append((b"date", formatdate(now, usegmt=True).encode("ascii")))
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        if strikes.get(FaultName.CUT_BODY):
            half = answer.body[: len(answer.body) // 2]
            await send({"type": "http.response.body", "body": half, "more_body": True})
            raise ConnectionCut(answer_began=True)
        body = b"" if request.scope["method"] == "HEAD" else answer.body
        await send({"type": "http.response.body", "body": body})


def _base_url(scope: Scope, headers: Mapping[bytes, str]) -> str:
    host = headers.get(b"host", "localhost")
    return f"{scope.get('scheme', 'http')}://{host}{scope.get('root_path', '')}"
