"""A wall clock that never goes back.

Readings are put in order by when their requests left and arrived. When somebody sets the
machine's clock back, these instants stand still for a while rather than turn the order round.
"""

from __future__ import annotations

from datetime import datetime

from workflow.clock import Clock


class SteadyClock:
    """Another clock, with `now` held at its highest value so far."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._last: datetime | None = None

    def now(self) -> datetime:
        """Return the instant, or the last one returned if that is later."""
        instant = self._clock.now()
        if self._last is not None and instant < self._last:
            return self._last
        self._last = instant
        return instant

    def monotonic(self) -> float:
        """Return the other clock's monotonic seconds."""
        return self._clock.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait by the other clock."""
        await self._clock.sleep(seconds)
