"""One request, one answer, over httpx: no policy, only what went over the wire or why it did not.

Every exception of the network library ends here, as a
:class:`~workflow.http.failures.NetworkFailure` with one sentence.
"""

from __future__ import annotations

import asyncio
import os
import re
import ssl
from collections.abc import Awaitable, Callable, Iterator, Mapping
from functools import lru_cache
from typing import Final, cast
from urllib.parse import urlsplit

import httpx

from workflow.clock import Clock
from workflow.http.bodies import ACCEPTED, read_body
from workflow.http.failures import FailureKind, NetworkFailure
from workflow.http.messages import Headers, Request, Response, Timeout
from workflow.text import SafeText, safe

_ERRNO: Final = re.compile(r"^\[Errno -?\d+\] ")
_LONGEST_PATH: Final = 16_000
"""Bytes of path and query."""
_NOBODY_VOUCHES: Final = frozenset({2, 18, 19, 20, 21})
"""OpenSSL's codes for a chain that leads to nobody who is trusted (``X509_V_ERR_*``)."""
_OWN_CA: Final = (
    "; if your organisation issued it, name its CA bundle, as ca_bundle in the profile or in "
    "SSL_CERT_FILE"
)
_ABOUT_TO_SEND: Final = ".send_request_headers.started"
"""How httpcore's event ends that comes just before the first byte (its ``trace`` extension)."""
_OURS: Final = {"user-agent": "syncdeck", "accept-encoding": ACCEPTED}
"""Headers of every request."""


async def exchange(
    line: httpx.AsyncBaseTransport,
    request: Request,
    headers: Mapping[str, str],
    *,
    within: Timeout,
    cap: int,
    clock: Clock,
    via: str | None = None,
) -> Response:
    """Send `request` once over `line` and read its answer to the end; raises NetworkFailure.

    `via` names the proxy that the line leads through, if one does, for the sentence about a
    failure: whoever has to mend it looks at the server otherwise.
    """
    whose = describe(request)
    built = _build(request, headers, within, whose)
    _refuse_if_held(request)
    left, begun = clock.now(), clock.monotonic()
    try:
        async with asyncio.timeout(within.total):
            answer = await line.handle_async_request(built)
            got = Headers((_text(name), _text(value)) for name, value in answer.headers.raw)
            try:
                content = await _read(answer, got, cap, whose)
            finally:
                await answer.aclose()
    except TimeoutError:
        raise NetworkFailure(
            "timeout", f"No full answer to {whose} within {within.total:g} s.", sent=True
        ) from None
    except httpx.HTTPError as error:
        raise _failure(error, whose, via) from None
    return Response(
        status=answer.status_code,
        headers=got,
        content=content,
        left=left,
        arrived=clock.now(),
        seconds=clock.monotonic() - begun,
    )


def describe(request: Request) -> str:
    """Name a request for people: method, host and path; never its query, body or headers."""
    return _described(request.method, request.url)


@lru_cache(maxsize=256)
def _described(method: str, url: str) -> SafeText:
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return safe(f"{method} {host}{parts.path}", limit=160)


def _refuse_if_held(request: Request) -> None:
    if request.hold is not None and (why := request.hold()) is not None:
        raise NetworkFailure("held", why, sent=False)


def _build(
    request: Request, headers: Mapping[str, str], timeout: Timeout, whose: str
) -> httpx.Request:
    make = _made_once if request.content is None and request.hold is None else _made
    try:
        built = make(request, tuple(headers.items()), timeout)
    except (httpx.InvalidURL, UnicodeError):
        raise NetworkFailure(
            "host", f"{whose} has an address or header that HTTP cannot carry.", sent=False
        ) from None
    if len(built.url.raw_path) > _LONGEST_PATH:
        raise NetworkFailure("host", f"The address of {whose} is too long to send.", sent=False)
    return built


def _made(
    request: Request, headers: tuple[tuple[str, str], ...], timeout: Timeout
) -> httpx.Request:
    parts = {
        "connect": timeout.connect,
        "read": timeout.read,
        "write": timeout.write,
        "pool": timeout.pool,
    }
    extensions: dict[str, object] = {"timeout": parts}
    if request.hold is not None:
        extensions["trace"] = _holding(request)
    return httpx.Request(
        request.method,
        _address(request.url, request.query),
        headers={**_OURS, **dict(headers)},
        content=request.content,
        extensions=extensions,
    )


def _holding(request: Request) -> Callable[[str, object], Awaitable[None]]:
    """Ask once more when the connection stands; what is raised here closes it with nothing sent."""

    async def on(event: str, _: object) -> None:
        if event.endswith(_ABOUT_TO_SEND):
            _refuse_if_held(request)

    return on


_made_once: Final = lru_cache(maxsize=64)(_made)
"""What polls send is the same again and again, and nobody changes it."""


@lru_cache(maxsize=256)
def _address(url: str, query: tuple[tuple[str, str], ...]) -> httpx.URL:
    """Parse an address once: polls ask for the same few again and again."""
    parsed = httpx.URL(url)
    return parsed.copy_merge_params(httpx.QueryParams(list(query))) if query else parsed


async def _read(answer: httpx.Response, headers: Headers, cap: int, whose: str) -> bytes:
    if answer.is_stream_consumed:
        # A transport that is no network has read and decoded the body already.
        return answer.content
    encoding = headers.get("content-encoding", "")
    return await read_body(cast("httpx.AsyncByteStream", answer.stream), encoding, cap, whose)


def _text(raw: bytes) -> str:
    """Read what stands in a header; what is not UTF-8 is taken byte by byte (RFC 9110, 5.5)."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _failure(error: httpx.HTTPError, whose: str, via: str | None) -> NetworkFailure:
    # Numbers of errors tell an operator nothing that their words do not.
    said = _system_words(error) or _ERRNO.sub("", str(error))
    detail = safe(said, limit=160).rstrip(".")
    tls = _tls_cause(error)
    if tls is not None:
        return NetworkFailure("tls", _tls_text(tls, whose, detail), sent=False)
    kind, sent, words = _classify(error)
    if via is not None and kind == "connect":
        whose = f"{whose} through the proxy {safe(via, limit=100)}"
    why = f": {detail}" if detail else ""
    return NetworkFailure(kind, f"{words} {whose}{why}.", sent=sent)


def _tls_text(error: ssl.SSLError, whose: str, detail: str) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        why = safe(error.verify_message or detail, limit=160).rstrip(".")
        own = _OWN_CA if error.verify_code in _NOBODY_VOUCHES else ""
        return f"The certificate for {whose} was not accepted: {why}{own}."
    why = safe((error.reason or detail or "no reason given").replace("_", " ").lower(), limit=160)
    return (
        f"TLS could not be set up for {whose}: {why}; "
        "if the server speaks plain HTTP, its address has to begin with http://."
    )


def _classify(error: httpx.HTTPError) -> tuple[FailureKind, bool, str]:
    match error:
        case httpx.ConnectTimeout() | httpx.PoolTimeout():
            return "timeout", False, "No connection in time for"
        case httpx.ConnectError():
            return "connect", False, "No connection for"
        case httpx.ProxyError():
            return "connect", False, "The proxy refused"
        case httpx.UnsupportedProtocol():
            return "host", False, "The address cannot be used:"
        case httpx.TimeoutException():
            return "timeout", True, "No answer in time to"
        case httpx.NetworkError():
            return "cut", True, "The connection broke during"
        case httpx.RemoteProtocolError() if "disconnected" in str(error) or "closed" in str(error):
            return "cut", True, "The connection was cut off during"
        case _:
            return "protocol", True, "What came is not HTTP, in answer to"


def _tls_cause(error: BaseException) -> ssl.SSLError | None:
    """Find the TLS error behind a failure to connect, if that is what it was."""
    if not isinstance(error, httpx.ConnectError):
        return None
    return next((one for one in _causes(error) if isinstance(one, ssl.SSLError)), None)


def _system_words(error: BaseException) -> str | None:
    """Find what the system said of a failure to connect, such as "Connection refused".

    What is above it says no more than that all attempts failed.
    """
    if not isinstance(error, httpx.ConnectError):
        return None
    numbers = (one.errno for one in _causes(error) if isinstance(one, OSError))
    # Name servers have numbers of their own, below 0.
    return next((os.strerror(number) for number in numbers if number and number > 0), None)


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen: BaseException | None = error
    for _ in range(10):
        if seen is None:
            return
        yield seen
        seen = seen.__cause__ or seen.__context__
