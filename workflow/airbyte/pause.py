"""A pause that can be cut short: what somebody wishes for may be due at once."""

from __future__ import annotations

import asyncio

from workflow.clock import Clock


class Pause:
    """Lets tasks sleep by a clock until they are woken. Belongs to one event loop.

    They sleep in their own task, under a timeout that only waking sets: one task to sleep and one
    to be woken would cost each poll a tenth more.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._asleep: set[asyncio.Timeout] = set()

    async def sleep(self, seconds: float) -> None:
        """Wait that long, or until :meth:`wake` is called."""
        scope = asyncio.timeout(None)
        self._asleep.add(scope)
        try:
            async with scope:
                await self._clock.sleep(seconds)
        except TimeoutError:
            if not scope.expired():
                raise
        finally:
            self._asleep.discard(scope)

    def wake(self) -> None:
        """Wake all who sleep now; nobody who falls asleep later."""
        now = asyncio.get_running_loop().time() if self._asleep else 0.0
        for scope in self._asleep:
            scope.reschedule(now)
        self._asleep.clear()
