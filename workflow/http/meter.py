"""How many requests there were and are: counters, the last minute, and the budget.

The budget holds back only requests that may be repeated. One that may not (a trigger) has been
prepared for this very moment and must not grow old in a queue; those who send such requests limit
themselves before they prepare them.
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, NamedTuple

from workflow.clock import Clock

_MINUTE: Final = 60.0


@dataclass(frozen=True, slots=True)
class Budget:
    """What one profile may ask of its server with requests that can wait.

    The local edition serves its whole API from five threads, hence the few in flight.
    """

    per_minute: int = 600
    in_flight: int = 4


class CountKey(NamedTuple):
    """What requests are counted by."""

    method: str
    name: str
    outcome: str
    """``2xx`` to ``5xx``, or the kind of the failure."""


class Meter:
    """Counts what left; knows when the next request fits the budget."""

    def __init__(self, clock: Clock, budget: Budget) -> None:
        self._clock = clock
        self._budget = budget
        self._counts: Counter[CountKey] = Counter()
        self._recent: deque[float] = deque()
        self._slots = asyncio.Semaphore(budget.in_flight)

    @property
    def counts(self) -> Mapping[CountKey, int]:
        """Finished requests since the start, by method, name and outcome."""
        return MappingProxyType(self._counts)

    @property
    def last_minute(self) -> int:
        """Requests that left in the last sixty seconds."""
        self._forget()
        return len(self._recent)

    def left(self) -> None:
        """Note that a request leaves now."""
        self._recent.append(self._clock.monotonic())

    def ended(self, method: str, name: str, outcome: str) -> None:
        """Note how a request came out."""
        self._counts[CountKey(method, name, outcome)] += 1

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait until one more request fits the budget, and hold its place while it is out."""
        async with self._slots:
            while (wait := self._seconds_over()) > 0:
                await self._clock.sleep(wait)
            yield

    def _seconds_over(self) -> float:
        self._forget()
        over = len(self._recent) - self._budget.per_minute
        if over < 0:
            return 0.0
        return self._recent[over] + _MINUTE - self._clock.monotonic()

    def _forget(self) -> None:
        horizon = self._clock.monotonic() - _MINUTE
        while self._recent and self._recent[0] <= horizon:
            self._recent.popleft()
