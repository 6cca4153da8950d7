"""How many runs of a launch may be under way at once.

Nobody gets past :meth:`Slots.taken` who would be one too many: the count is kept here, before the
run goes on, whatever else holds a launch back. Waiting runs go in the order they came. A run that
waits for something else meanwhile gives its slot back; it is the next to get one after that.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass


class Slots:
    """A launch's slots. Belongs to one event loop."""

    def __init__(self, most: int, *, one_first: bool = False, held: bool = False) -> None:
        self._most = max(1, most)
        self._one_first = one_first
        self._held = held
        self._inside: set[Place] = set()
        self._watching: set[Place] = set()
        """Those inside whose runs send nothing of their own."""
        self._waiting: deque[tuple[Place, asyncio.Future[None]]] = deque()

    @property
    def in_use(self) -> int:
        """Runs that have a slot now."""
        return len(self._inside)

    @property
    def open(self) -> int:
        """Runs that may have a slot as things stand: none of a held launch, one at its start.

        A run that only watches a job which was there is not that one: it proves nothing, and the
        job may be hours old.
        """
        if self._held:
            return 0
        return min(self._most, 1 + len(self._watching)) if self._one_first else self._most

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
    async def taken(self, *, at_once: bool = False) -> AsyncIterator[Place]:
        """Wait for a slot and keep it for the length of the block.

        `at_once`: for a run whose job is under way already; it is only counted, not held back.
        """
        place = Place(self)
        if at_once:
            self._inside.add(place)
        else:
            await self.take(place)
        try:
            yield place
        finally:
            self.give_back(place)

    # ------------------------------------------------------------------ for places

    async def take(self, place: Place, *, ahead: bool = False) -> None:
        """Wait for a slot; `ahead` of all others who do."""
        mine: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if ahead:
            self._waiting.appendleft((place, mine))
        else:
            self._waiting.append((place, mine))
        self._give()
        try:
            await mine
        except asyncio.CancelledError:
            if mine.done() and not mine.cancelled():  # given and let go in the same turn
                self.give_back(place)
            raise

    def take_now(self, place: Place) -> bool:
        """Take a slot if one is free."""
        if self.in_use >= self.open:
            return False
        self._inside.add(place)
        return True

    def give_back(self, place: Place) -> None:
        """Let somebody else have the slot, if there was one."""
        self._inside.discard(place)
        self._watching.discard(place)
        self._give()

    def note_watching(self, place: Place) -> None:
        """Take note that the run in this slot sends nothing of its own."""
        if place in self._inside:
            self._watching.add(place)
            self._give()

    def _give(self) -> None:
        while self._waiting and self.in_use < self.open:
            place, waiting = self._waiting.popleft()
            if not waiting.done():
                self._inside.add(place)
                assert self.in_use <= self._most  # noqa: S101 - a promise, said where it is kept
                waiting.set_result(None)


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """One run's slot, as far as the run itself is concerned."""

    slots: Slots

    @classmethod
    def alone(cls) -> Place:
        """Return the slot of a run that shares with nobody."""
        return cls(Slots(1))

    def give_back(self) -> None:
        """Let another run go meanwhile: this one waits for something else."""
        self.slots.give_back(self)

    def take_now(self) -> bool:
        """Take a slot again, if one is free."""
        return self.slots.take_now(self)

    async def take_again(self) -> None:
        """Wait for a slot, as the next to get one."""
        await self.slots.take(self, ahead=True)

    def only_watches(self) -> None:
        """Say that the run sends nothing: where one was to go first, another may."""
        self.slots.note_watching(self)
