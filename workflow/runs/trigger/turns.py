"""A few preflights at a time, however many runs go at once.

In a queue of a thousand each run's first look would be minutes old when its second came, and the
feed's polls would stand in that queue as well.
"""

from __future__ import annotations

import asyncio
from typing import Final

AT_ONCE: Final = 4
"""The local edition serves its whole API from five threads."""


class Turn:
    """One trigger's turn among those of its profile; had at most once at a time."""

    def __init__(self, turns: asyncio.Semaphore) -> None:
        self._turns = turns
        self._had = False

    async def take(self) -> None:
        """Wait for the turn, unless it is had already."""
        if not self._had:
            await self._turns.acquire()
            self._had = True

    def leave(self) -> None:
        """Let the next one have it."""
        if self._had:
            self._had = False
            self._turns.release()
