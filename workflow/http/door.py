"""The one way out: which hosts, with whose credentials, how often, how much comes back.

A :class:`Door` belongs to one profile. It keeps to a list of hosts, gives credentials to the
profile's own host only, follows no redirect elsewhere and none for a request that is not safe,
strikes out credentials that come back, caps bodies, counts everything, and holds back while the
server is down. What an answer means is not its business.
"""

from __future__ import annotations

import math
import random
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import Final, Protocol, TypeAlias
from urllib.parse import urljoin, urlsplit

import httpx

from workflow.clock import Clock
from workflow.http.circuit import Circuit
from workflow.http.echoes import credentials_in, without
from workflow.http.exchange import describe, exchange
from workflow.http.failures import FailureKind, NetworkFailure
from workflow.http.lines import Lines
from workflow.http.messages import Request, Response, Timeout, retry_after
from workflow.http.meter import Budget, Meter
from workflow.http.origins import Origin, origin_of
from workflow.http.repeating import Patience, repeated
from workflow.http.steady import SteadyClock
from workflow.text import safe

BODY_CAP: Final = 16 << 20
"""Bytes of one body. A page of 100 connections with many streams is one or two mebibytes."""

_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_MOST_REDIRECTS: Final = 3
_ASKING_FOR_QUIET: Final = frozenset({429, 503})
LONGEST_QUIET: Final = 60.0
"""Seconds: longer than this no server is left alone, whatever it asks for."""
# A 401 came before any effect; still, a request that is not idempotent is its sender's to repeat.
_REPLAYED_AFTER_401: Final = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "PATCH"})
_DOWN: Final[frozenset[FailureKind]] = frozenset({"connect", "timeout", "cut", "tls", "protocol"})

Send: TypeAlias = Callable[[Request], Awaitable[Response]]


class Auth(Protocol):
    """Where a profile's credentials come from."""

    async def authorization(self, send: Send) -> str | None:
        """Return the ``Authorization`` header's value, None for none; may ask with `send`."""

    def refused(self, authorization: str) -> bool:
        """Note that the server answered 401 to this value; say whether another can be had."""


class Door:
    """Sends requests for one profile.

    `home` is the profile's base URL, whose host gets the credentials; `also` are URLs whose hosts
    may be asked without them. `transport` replaces the network (tests). Raises
    DoorSetupError if the CA bundle or a proxy is unusable, NetworkFailure ``host`` for a bad URL.
    """

    def __init__(
        self,
        home: str,
        *,
        clock: Clock,
        rng: random.Random,
        auth: Auth | None = None,
        also: Iterable[str] = (),
        transport: httpx.AsyncBaseTransport | None = None,
        ca_bundle: Path | None = None,
        cap: int = BODY_CAP,
        timeout: Timeout = Timeout(),  # noqa: B008 - frozen
        budget: Budget = Budget(),  # noqa: B008 - frozen
        patience: Patience = Patience(),  # noqa: B008 - frozen
    ) -> None:
        self._home = origin_of(home)
        self._allowed = frozenset({self._home, *map(origin_of, also)})
        self._clock = SteadyClock(clock)
        self._rng = rng
        self._auth = auth
        self._cap = cap
        self._timeout = timeout
        self._patience = patience
        self._circuits = {origin: Circuit(rng) for origin in self._allowed}
        self.meter: Final = Meter(self._clock, budget)
        self._quiet_until = -math.inf
        self._lines = Lines(self._allowed, transport=transport, ca_bundle=ca_bundle)

    @property
    def requests_per_minute(self) -> int:
        """Requests that left in the last sixty seconds."""
        return self.meter.last_minute

    @property
    def is_down(self) -> bool:
        """Whether the profile's server has been found down and is left alone for now."""
        return self._circuits[self._home].is_open(self._clock.monotonic())

    @property
    def left_alone_for(self) -> float:
        """Seconds for which the profile's server has asked for quiet (429 or 503, Retry-After).

        For those who send something for a person's sake: they say what they wait for. A minute at
        most.
        """
        return max(0.0, self._quiet_until - self._clock.monotonic())

    async def aclose(self) -> None:
        """Close every connection."""
        await self._lines.aclose()

    async def send(self, request: Request) -> Response:
        """Send `request` and return its answer, whatever its status.

        Raises NetworkFailure when there is none, and whatever the profile's `Auth` raises when
        there are no credentials to be had; nothing was sent then.
        """
        if request.replay == "never":
            return await self._authorized(request)
        return await repeated(
            lambda: self._authorized(request),
            patience=self._patience,
            clock=self._clock,
            rng=self._rng,
        )

    async def _authorized(self, request: Request) -> Response:
        origin = self._check(request.url)
        auth = self._auth if request.authenticate and origin == self._home else None
        if auth is None:
            return await self._followed(request, None)
        authorization = await auth.authorization(self.send)
        response = await self._followed(request, authorization)
        if response.status != 401 or authorization is None:
            return response
        if not auth.refused(authorization) or request.method not in _REPLAYED_AFTER_401:
            return response
        return await self._followed(request, await auth.authorization(self.send))

    def _check(self, url: str) -> Origin:
        origin = origin_of(url)
        if origin not in self._allowed:
            raise NetworkFailure(
                "host",
                f"{safe(str(origin), limit=100)} is not a host this profile may ask; "
                "nothing was sent.",
                sent=False,
            )
        return origin

    async def _followed(self, request: Request, authorization: str | None) -> Response:
        """Send, and follow redirects of safe requests as long as they stay at home."""
        headers = {"accept": "application/json"}
        # In one case, so that what a document gives takes the place of ours, whatever its spelling.
        headers.update((name.lower(), value) for name, value in request.headers)
        if authorization is not None:
            headers["authorization"] = authorization
        asked = request
        for _ in range(_MOST_REDIRECTS + 1):
            response = without(await self._within_budget(asked, headers), credentials_in(headers))
            target = response.headers.get("location")
            if response.status not in _REDIRECTS or target is None:
                return response
            asked = _redirected(asked, target)
        raise NetworkFailure("redirect", f"{describe(request)} redirects in circles.", sent=True)

    async def _within_budget(self, request: Request, headers: dict[str, str]) -> Response:
        if not request.is_safe:
            return await self._counted(request, headers)
        async with self.meter.turn():
            return await self._counted(request, headers)

    async def _counted(self, request: Request, headers: dict[str, str]) -> Response:
        now = self._clock.monotonic()
        origin = origin_of(request.url)
        circuit = self._circuits[origin]
        if not request.probe and not circuit.admit(now):
            raise NetworkFailure(
                "circuit",
                f"{describe(request)} was not sent: the server has been down; "
                f"the next try is in {circuit.seconds_left(now):.0f} s.",
                sent=False,
            )
        name = request.name or urlsplit(request.url).path
        self.meter.left()
        try:
            response = await exchange(
                self._lines.to(origin, fresh=request.fresh),
                request,
                headers,
                within=request.timeout or self._timeout,
                cap=self._cap,
                clock=self._clock,
                via=self._lines.proxy_of(origin),
            )
        except NetworkFailure as failure:
            self.meter.ended(request.method, name, failure.kind)
            if failure.kind in _DOWN:
                circuit.failed(self._clock.monotonic())
            raise
        self.meter.ended(request.method, name, f"{response.status // 100}xx")
        self._note_quiet(origin, response)
        if response.status in {502, 503, 504}:
            circuit.failed(self._clock.monotonic())
        else:
            circuit.succeeded()
        return response

    def _note_quiet(self, origin: Origin, response: Response) -> None:
        if origin != self._home or response.status not in _ASKING_FOR_QUIET:
            return
        wished = retry_after(response.headers, response.arrived)
        if wished is not None:
            quiet = self._clock.monotonic() + min(wished, LONGEST_QUIET)
            self._quiet_until = max(self._quiet_until, quiet)


def _redirected(request: Request, target: str) -> Request:
    """Return the request that a redirect asks for, or refuse it with the place it names."""
    url = urljoin(request.url, target)
    place = safe(url.partition("?")[0], limit=160)
    if not request.is_safe:
        raise NetworkFailure(
            "redirect",
            f"{describe(request)} was redirected to {place}, which is not followed; "
            "use the server's final address in the profile.",
            sent=True,
        )
    here, there = origin_of(request.url), origin_of(url)
    if there != here:
        other = "address" if there.host == here.host else "host"
        raise NetworkFailure(
            "redirect",
            f"{describe(request)} was redirected to another {other}, {place}, which is refused; "
            "if that is the right one, use it in the profile.",
            sent=True,
        )
    base, _, query = url.partition("#")[0].partition("?")
    return request.at(base, query)
