"""Time as something that is passed in.

Nothing in syncdeck asks the operating system what time it is or sleeps by itself: it holds a
:class:`Clock`. Deadlines are absolute instants in UTC, so they survive a laptop's sleep; spans
that must not jump when somebody sets the clock use :meth:`Clock.monotonic`.
"""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


def rfc3339(instant: datetime) -> str:
    """Write an aware instant in UTC with milliseconds: ``2026-11-22T03:41:20.125Z``."""
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Clock(Protocol):
    """Where a room gets its time from."""

    def now(self) -> datetime:
        """Return the current instant, aware, in UTC."""

    def monotonic(self) -> float:
        """Return seconds from an arbitrary start; never goes back."""

    async def sleep(self, seconds: float) -> None:
        """Wait that long; zero or less gives other tasks a turn."""


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """Return the current instant, aware, in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Return seconds from an arbitrary start; never goes back."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait that long; zero or less gives other tasks a turn."""
        await asyncio.sleep(max(0.0, seconds))


class LoopClock:
    """A clock that follows the running event loop's own time from a given start.

    Under an ordinary loop it is a wall clock with an offset; under a loop whose time jumps, the
    whole program, server and client alike, lives in that loop's time.
    """

    def __init__(self, start: datetime, loop: asyncio.AbstractEventLoop) -> None:
        self._start = start
        self._loop = loop
        self._zero = loop.time()

    def now(self) -> datetime:
        """Return the start plus what the loop says has passed."""
        return self._start + timedelta(seconds=self._loop.time() - self._zero)

    def monotonic(self) -> float:
        """Return the loop's own time."""
        return self._loop.time()

    async def sleep(self, seconds: float) -> None:
        """Wait in the loop's time."""
        await asyncio.sleep(max(0.0, seconds))
