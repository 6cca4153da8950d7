"""How long the feed waits: quick after a change, slower in quiet, much slower in trouble."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

QUICK: Final = 3.0
QUIET: Final = 15.0
IDLE: Final = 60.0
LONGEST: Final = 60.0
_STRETCH: Final = 1.5


@dataclass(frozen=True, slots=True)
class Rhythm:
    """Seconds between passes. `penalty` is the floor that overload sets and answers lower."""

    interval: float = QUICK
    penalty: float = 0.0
    failures: int = 0
    """In a row."""

    def passed(self, *, changed: bool) -> Rhythm:
        """Return the rhythm after a complete pass."""
        longer = min(QUIET, self.interval * _STRETCH)
        return replace(self, interval=QUICK if changed else longer)

    def answered(self) -> Rhythm:
        """Return the rhythm after a good answer: the floor sinks by a fixed step."""
        return replace(self, penalty=max(0.0, self.penalty - QUIET), failures=0)

    def failed(self) -> Rhythm:
        """Return the rhythm after a failure that says nothing of the server as a whole."""
        return replace(self, failures=self.failures + 1)

    def overloaded(self) -> Rhythm:
        """Return the rhythm after a failure by overload: the floor doubles."""
        doubled = min(LONGEST, 2 * max(QUICK, self.penalty))
        return replace(self, penalty=doubled, failures=self.failures + 1)

    def pause(self, retry_after: float | None, spread: float) -> float:
        """Return how long to ask nothing after overload, with the server's wish up to a cap.

        A `spread` below 1 shortens it, but never to less than was wished.
        """
        wished = min(LONGEST, retry_after or 0.0)
        return max(wished, max(self.penalty, wished) * spread)
