"""What was asked of the sandbox: a bounded log of requests, and counters that forget nothing.

Tests and benchmarks count requests here instead of guessing; people see it at /control/log.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_LONGEST: Final = 20_000


@dataclass(frozen=True, slots=True)
class LoggedRequest:
    """One request as the server saw it; instants are epoch seconds.

    `endpoint` is the operationId, or ``unknown``. `status` is 0 when the connection was cut.
    """

    number: int
    endpoint: str
    method: str
    path: str
    query: str
    status: int
    arrived: float
    answered: float
    user_agent: str
    principal: str
    faults: tuple[str, ...]


class RequestLog:
    """The last requests, oldest first, and how many there were of each kind."""

    def __init__(self) -> None:
        self._entries: deque[LoggedRequest] = deque(maxlen=_LONGEST)
        self._numbers = 0
        self._over = 0
        self.counters: Counter[tuple[str, int]] = Counter()
        """By operationId and status; requests still under way are not in it."""

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[LoggedRequest]:
        return iter(tuple(self._entries))

    def next_number(self) -> int:
        """Return the number of a request that has just arrived."""
        self._numbers += 1
        return self._numbers

    @property
    def under_way(self) -> int:
        """How many requests have arrived and are not over."""
        return self._numbers - self._over

    def add(self, entry: LoggedRequest) -> None:
        """Keep a request that is over."""
        self._over += 1
        self._entries.append(entry)
        self.counters[entry.endpoint, entry.status] += 1

    def count(self, endpoint: str | None = None, status: int | None = None) -> int:
        """Return how many requests ended, of one endpoint or status if given."""
        return sum(
            number
            for (name, code), number in tuple(self.counters.items())
            if (endpoint is None or name == endpoint) and (status is None or code == status)
        )

    def clear(self) -> None:
        """Forget what was counted; numbers go on."""
        self._entries.clear()
        self.counters.clear()
