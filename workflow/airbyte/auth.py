"""Keeps a profile authorised: tokens are had early, once for all callers, and again after a 401.

The replay of a refused request is the door's business; this module only says what to send.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from workflow.airbyte import shapes
from workflow.airbyte.credentials import (
    BadCredentials,
    ClientCredentials,
    Credentials,
    NoAuth,
    bearer_header,
    fixed_header,
)
from workflow.airbyte.problems import ApiProblem, ProblemKind, problem_from, unreadable
from workflow.airbyte.shapes import BadAnswer
from workflow.clock import Clock
from workflow.http.door import Auth, Send
from workflow.http.echoes import without
from workflow.http.failures import BadBody, NetworkFailure
from workflow.http.messages import Request, Response
from workflow.http.strict_json import Json
from workflow.text import SafeText

_EARLIEST_REFRESH: Final = 60.0
_SHORTEST_LIFETIME: Final = 180.0
"""Seconds a token is believed to live when the server does not say: the shortest ever observed."""


def auth_for(credentials: Credentials, base_url: str, clock: Clock) -> Auth | None:
    """Return what authorises requests to `base_url`, None for nothing.

    Raises BadCredentials if no header can carry them.
    """
    match credentials:
        case NoAuth():
            return None
        case ClientCredentials():
            return TokenAuth(credentials, base_url, clock)
        case _:
            return FixedAuth(fixed_header(credentials))


class FixedAuth:
    """The same header each time: a bearer token or HTTP basic."""

    def __init__(self, header: str) -> None:
        self._header = header

    async def authorization(self, _send: Send) -> str | None:
        """Return the header's value."""
        return self._header

    def refused(self, _authorization: str) -> bool:
        """Say that there is no other."""
        return False


@dataclass(frozen=True, slots=True, repr=False)
class _Token:
    header: str
    lifetime: float
    since: float
    since_wall: datetime

    def seconds_left(self, clock: Clock) -> float:
        """Return the shorter rest of two clocks: one stands still in a laptop's sleep."""
        ran = clock.monotonic() - self.since
        wall = (clock.now() - self.since_wall).total_seconds()
        return self.lifetime - max(ran, wall)

    def is_due(self, clock: Clock) -> bool:
        return self.seconds_left(clock) <= min(_EARLIEST_REFRESH, self.lifetime / 5)


class TokenAuth:
    """Client credentials, exchanged for tokens at ``/applications/token``."""

    def __init__(self, credentials: ClientCredentials, base_url: str, clock: Clock) -> None:
        self._credentials = credentials
        self._base_url = base_url
        self._clock = clock
        self._token: _Token | None = None
        self._refresh: asyncio.Task[_Token] | None = None

    async def authorization(self, send: Send) -> str | None:
        """Return a header that is good for a while yet.

        Raises ApiProblem or NetworkFailure, both with ``sent=False``, if there is no token to be
        had and the last one has run out.
        """
        token = self._token
        if token is not None and not token.is_due(self._clock):
            return token.header
        try:
            return (await self._refreshed(send)).header
        except (ApiProblem, NetworkFailure):
            # Early means that there is time left to try again: until then the old one serves.
            if token is not None and token is self._token and token.seconds_left(self._clock) > 1:
                return token.header
            raise

    def refused(self, authorization: str) -> bool:
        """Forget a token that the server does not take; another may be had."""
        if self._token is not None and self._token.header == authorization:
            self._token = None
        return True

    async def _refreshed(self, send: Send) -> _Token:
        """Get a new token, once for everybody who asks meanwhile.

        The request is a task of its own: a caller that is cancelled does not take it from others.
        """
        if self._refresh is None or self._refresh.done():
            self._refresh = asyncio.create_task(self._request(send), name="token refresh")
            self._refresh.add_done_callback(_seen)
        return await asyncio.shield(self._refresh)

    async def _request(self, send: Send) -> _Token:
        names = {
            "client_id": self._credentials.client_id,
            "client_secret": self._credentials.client_secret.reveal(),
            # Editions differ in the spelling they read.
            "grant-type": "client_credentials",
            "grant_type": "client_credentials",
        }
        request = Request(
            "POST",
            f"{self._base_url}/applications/token",
            headers=(("content-type", "application/json"),),
            content=json.dumps(names).encode(),
            replay="safe",
            probe=True,
            authenticate=False,
            name="createAccessToken",
        )
        since, since_wall = self._clock.monotonic(), self._clock.now()
        try:
            response = await send(request)
        except NetworkFailure as failure:
            raise NetworkFailure(failure.kind, failure.text, sent=False, final=True) from None
        secret = self._credentials.client_secret.reveal()
        header, lifetime = _read(without(response, (secret,)), self._credentials.place)
        self._token = _Token(header, lifetime, since, since_wall)
        return self._token


def _seen(task: asyncio.Task[_Token]) -> None:
    # Every waiter may have been cancelled: the failure is theirs, and nobody's warning.
    if not task.cancelled():
        task.exception()


def _read(response: Response, place: SafeText) -> tuple[str, float]:
    if not 200 <= response.status < 300:
        raise _refusal(response, place)
    try:
        raw = shapes.an_object(response.json(), "the token answer")
        token = shapes.text(raw, "access_token", "the token answer")
        return bearer_header(token or ""), _lifetime(raw.get("expires_in"))
    except (BadAnswer, BadBody) as why:
        raise _unusable(response, why.text) from None
    except BadCredentials:
        raise _unusable(response, "it holds no usable access_token") from None


def _unusable(response: Response, why: str) -> ApiProblem:
    problem = unreadable(response, "asking for a token", why)
    # The body may hold the token after all: it is not kept.
    return ApiProblem(problem.status, problem.kind, problem.sentence, sent=False)


def _refusal(response: Response, place: SafeText) -> ApiProblem:
    """Say that the credentials are wrong, which servers do with 400, 401, 403 or 500."""
    problem = problem_from(response, "asking for a token")
    kind, sentence = problem.kind, str(problem.sentence)
    if response.status in {400, 401, 403}:
        kind = ProblemKind.UNAUTHORIZED
        sentence = (
            f"The client id and secret were not accepted ({response.status}); "
            f"check them in {place}."
        )
    elif response.status == 500:
        sentence = (
            "Asking for a token was answered with 500: the server is in trouble, or the client "
            "id and secret are wrong."
        )
    return ApiProblem(response.status, kind, sentence, retry_after=problem.retry_after, sent=False)


def _lifetime(value: Json) -> float:
    """Return seconds; what is missing or makes no sense is taken for the shortest known."""
    seconds = math.nan
    if isinstance(value, str):
        with contextlib.suppress(ValueError):
            seconds = float(value)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        seconds = float(min(value, 1e9))
    longest = timedelta(days=365).total_seconds()
    return min(seconds, longest) if seconds > 0 else _SHORTEST_LIFETIME
