"""How many runs of a launch may be under way at once.

Nobody gets past :meth:`Slots.taken` who would be one too many: the count is kept here, before the
run goes on, whatever else holds a launch back. Waiting runs go in the order they came.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Slots:
    """A launch's slots. Belongs to one event loop."""

    def __init__(self, most: int, *, one_first: bool = False, held: bool = False) -> None:
        self._most = max(1, most)
        self._one_first = one_first
        self._held = held
        self._taken = 0
        self._waiting: deque[asyncio.Future[None]] = deque()

    @property
    def in_use(self) -> int:
        """Runs that have a slot now."""
        return self._taken

    @property
    def open(self) -> int:
        """Runs that may have a slot as things stand: none of a held launch, one at its start."""
        if self._held:
            return 0
        return 1 if self._one_first else self._most

    def hold(self) -> None:
        """Give out no more slots; those that are taken stay."""
        self._held = True

    def go_on(self) -> None:
        """Give out slots again, to all: whoever says so has seen the first run."""
        self._held = False
        self._one_first = False
        self._give()

    def first_succeeded(self) -> None:
        """Let the rest follow the run that went first."""
        self._one_first = False
        self._give()

    @property
    def awaits_first(self) -> bool:
        """Whether the rest still waits for the first run's success."""
        return self._one_first

    @asynccontextmanager
    async def taken(self, *, at_once: bool = False) -> AsyncIterator[None]:
        """Wait for a slot and keep it for the length of the block.

        `at_once`: for a run whose job is under way already; it is only counted, not held back.
        """
        if at_once:
            self._taken += 1
        else:
            await self._take()
        try:
            yield
        finally:
            self._taken -= 1
            self._give()

    async def _take(self) -> None:
        mine: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(mine)
        self._give()
        try:
            await mine
        except asyncio.CancelledError:
            if mine.done() and not mine.cancelled():  # given and let go in the same turn
                self._taken -= 1
                self._give()
            raise

    def _give(self) -> None:
        while self._waiting and self._taken < self.open:
            waiting = self._waiting.popleft()
            if not waiting.done():
                self._taken += 1
                assert self._taken <= self._most  # noqa: S101 - a promise, said where it is kept
                waiting.set_result(None)
