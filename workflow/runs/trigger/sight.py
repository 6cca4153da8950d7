"""How old what the server told is, at the moment when something is sent on the strength of it.

That is more than the time since it was read. While the program stands still (it was stopped, or
the machine slept) an answer lies unread, so the time that the program stood still while it waited
counts as age. What a slow server says after a while is new all the same.

Spans are taken from both clocks and the longer one counts: the wall clock goes on while a machine
sleeps, and the other one cannot be set back. Used by the trigger and by the cancel.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from datetime import timedelta
from typing import Final, TypeVar

from workflow.clock import Clock
from workflow.runs.trigger.rules import FRESH

T = TypeVar("T")

_BEAT: Final = 0.5
"""Seconds between two signs of life while an answer is awaited; what comes later stood still."""


class Sight:
    """What one look at the server showed; it may have taken several requests."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._unread = 0.0
        """The longest that an answer can have lain unread, in seconds."""
        self._read: _Span | None = None
        """Since the latest answer was read."""

    async def of(self, asking: Awaitable[T]) -> T:
        """Return what `asking` gives, having counted how long the program stood still meanwhile."""
        beats = _Beats(self._clock)
        ticking = asyncio.create_task(beats.go_on(), name="sight")
        try:
            told = await asking
        finally:
            ticking.cancel()
        # Who wakes reads the answer first, and its clock later.
        beats.beat()
        self._unread += beats.missed
        self._read = _Span(self._clock)
        return told

    @property
    def age(self) -> timedelta:
        """How old it may be by now. What was never seen is older than anything."""
        if self._read is None:
            return timedelta.max
        return timedelta(seconds=self._unread + self._read.seconds)

    @property
    def is_fresh(self) -> bool:
        """Whether something may be sent on the strength of it now."""
        return self.age <= FRESH


class _Span:
    """The time since it was made, by the clock that tells more."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._wall, self._steady = clock.now(), clock.monotonic()

    @property
    def seconds(self) -> float:
        wall = (self._clock.now() - self._wall).total_seconds()
        return max(wall, self._clock.monotonic() - self._steady)


class _Beats:
    """Signs of life, and what is missing between them."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._since = _Span(clock)
        self.missed = 0.0
        """Seconds by which they came too late, together."""

    async def go_on(self) -> None:
        """Beat until cancelled."""
        while True:
            await self._clock.sleep(_BEAT)
            self.beat()

    def beat(self) -> None:
        """Give a sign of life."""
        self.missed += max(0.0, self._since.seconds - _BEAT)
        self._since = _Span(self._clock)
