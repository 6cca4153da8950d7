"""Requests and responses as the rooms above know them, with no network library behind them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Literal
from urllib.parse import parse_qsl

from workflow.http import strict_json
from workflow.http.strict_json import Json

Replay = Literal["never", "unanswered", "safe"]
"""Whether the door may send the request again by itself: never, when no answer came, or also when
the answer was "not now" (429, 502, 503, 504)."""


class Headers(Mapping[str, str]):
    """HTTP headers: names match whatever their case; repeated ones are joined by commas."""

    __slots__ = ("_values",)

    def __init__(self, pairs: Iterable[tuple[str, str]] = ()) -> None:
        values: dict[str, str] = {}
        for name, value in pairs:
            key = name.lower()
            values[key] = f"{values[key]}, {value}" if key in values else value
        self._values = values

    def __getitem__(self, name: str) -> str:
        return self._values[name.lower()]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        # Values may be cookies or tokens: names are enough to debug with.
        return f"Headers({', '.join(self._values)})"


@dataclass(frozen=True, slots=True)
class Timeout:
    """Seconds for each part of an exchange. `total` bounds the whole, body included."""

    connect: float = 10.0
    read: float = 30.0
    write: float = 30.0
    pool: float = 30.0
    total: float = 60.0


@dataclass(frozen=True, slots=True)
class Request:
    """One request. `url` is absolute; the door adds credentials."""

    method: str
    url: str
    query: tuple[tuple[str, str], ...] = ()
    """Names and values in order, not yet percent-encoded; a name may repeat. Where `url` has a
    query of its own that is sent as it is written, and this one stays empty."""
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    content: bytes | None = field(default=None, repr=False)
    timeout: Timeout | None = None
    """None: the door's own."""
    replay: Replay = "never"
    fresh: bool = False
    """On a connection of its own, so that no half-dead pooled one can swallow the request."""
    authenticate: bool = True
    probe: bool = False
    """Goes out although the server has been down: its sender spaces its tries by itself."""
    name: str = ""
    """What the counters file it under, e.g. ``listJobs``; empty: method and path."""
    hold: Callable[[], str | None] | None = field(default=None, repr=False, compare=False)
    """Asked in the last moment, when the connection stands and nothing has left on it yet: a
    sentence keeps the request back for that reason. Getting a token or a connection takes time,
    and what a request rests on may be old by then."""

    @property
    def is_safe(self) -> bool:
        """Whether sending it twice is as good as once (RFC 9110, 9.2.1)."""
        return self.method in {"GET", "HEAD", "OPTIONS"}

    def at(self, url: str, query: str) -> Request:
        """Return the same request for another address; `query` is percent-encoded."""
        return replace(self, url=url, query=tuple(parse_qsl(query, keep_blank_values=True)))


@dataclass(frozen=True, slots=True)
class Response:
    """One answer, read to its end."""

    status: int
    headers: Headers
    content: bytes = field(repr=False)
    left: datetime
    """When the request left, by our clock."""
    arrived: datetime
    """When the last byte of the answer was here, by our clock."""
    seconds: float
    """From the one to the other by a clock nobody sets."""

    @property
    def date(self) -> datetime | None:
        """The server's own clock when it answered (its ``Date`` header), in UTC."""
        return parse_http_date(self.headers.get("date"))

    def json(self) -> Json:
        """Return the body as JSON; raises BadBody with one sentence."""
        return strict_json.parse(self.content)


def parse_http_date(value: str | None) -> datetime | None:
    """Read an HTTP date (RFC 9110, 5.6.7); None for what is absent or not one."""
    if value is None or len(value) > 64:
        return None
    try:
        instant = parsedate_to_datetime(value)
        return (instant if instant.tzinfo else instant.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds that the answer asks to wait: ``Retry-After`` as a number or a date (10.2.3)."""
    asked = headers.get("retry-after")
    if asked is None:
        return None
    value = asked.strip()
    if value.isascii() and value.isdigit() and len(value) < 10:
        return float(value)
    instant = parse_http_date(value)
    return None if instant is None else max(0.0, (instant - now).total_seconds())
