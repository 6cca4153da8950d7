"""What goes on as long as a fleet is open, whatever its runs do, and how it begins and ends."""

from __future__ import annotations

import asyncio
from typing import Final

from workflow.airbyte.feed import Feed
from workflow.clock import Clock
from workflow.runs import chores
from workflow.runs.background import Background
from workflow.runs.events import RunId
from workflow.runs.journal import Journal
from workflow.runs.rooms import Rooms
from workflow.runs.run import Phase


class Upkeep:
    """Opens and closes the rooms of one fleet, and keeps them going in between.

    `take_up`: what earlier processes left is taken up. `most_ended`: about so many ended runs stay
    known; None for all.
    """

    def __init__(
        self,
        rooms: Rooms,
        feed: Feed,
        journal: Journal,
        clock: Clock,
        *,
        take_up: bool,
        most_ended: int | None,
    ) -> None:
        self._rooms = rooms
        self._feed = feed
        self._journal = journal
        self._clock = clock
        self._take_up: Final = take_up
        self._most_ended: Final = most_ended
        self._background = Background()
        self._falling_back: asyncio.Task[None] | None = None
        self._shown = False
        self._started = False
        self._reads_all = False

    @property
    def shown(self) -> bool:
        """Whether somebody looks."""
        return self._shown

    @shown.setter
    def shown(self, value: bool) -> None:
        self._shown = value
        self._read_all_if_shown()

    async def start(self) -> None:
        """Begin; raises what kept it from beginning, and leaves nothing behind then."""
        self._rooms.ledger.open()
        try:
            await self._begin()
        except BaseException:
            await self.close("detach")  # who opens a fleet that does not start has none to close
            raise

    async def _begin(self) -> None:
        rooms, add = self._rooms, self._background.add
        rooms.relay.open()
        rooms.watch.open()
        if self._take_up:
            await rooms.recovery.take_up_all()
            rooms.ours.take_over()
        add(rooms.read(), "feed")
        add(chores.point_out(rooms.ledger, rooms.roster, self._clock, rooms.usual), "warnings")
        add(rooms.suspects.follow(), "suspects")
        add(chores.forget_what_is_old(self._journal, self._clock), "retention")
        if self._most_ended is not None:
            letting_go = chores.let_go_of_ended(
                rooms.ledger, rooms.suspects, self._clock, self._most_ended
            )
            add(letting_go, "memory")
        self._started = True
        self._read_all_if_shown()

    def _read_all_if_shown(self) -> None:
        if self._started and self._shown and not self._reads_all:
            self._reads_all = True
            self._background.add(self._feed.cold_start(), "cold start")
            self._background.add(self._rooms.watch.run(), "watch")
            self._background.add(self._rooms.following.run(), "following")
            self._background.add(self._bring_back(), "unresolved")

    async def _bring_back(self) -> None:
        await self._rooms.resolving.bring_back()
        self._rooms.watch.tell()

    def await_falling_back(self) -> None:
        """Hold what is not sent yet when the profile falls back to read-only."""
        if self._falling_back is None or self._falling_back.done():
            self._falling_back = self._background.add(self._rooms.falling_back.await_it(), "arming")

    async def close(self, reason: str) -> None:
        """Let every run go and stop all that goes on."""
        rooms = self._rooms
        rooms.launching.freeze()  # a run that is let go must not make room for another
        ours = rooms.roster.runs
        await rooms.roster.stop(*ours)
        await asyncio.gather(*(self._leave(run, reason) for run in ours))
        await self._background.stop()
        rooms.watch.close()
        rooms.relay.close()
        await rooms.ledger.aclose()

    async def _leave(self, run: RunId, reason: str) -> None:
        state = self._rooms.ledger.runs[run]
        unsent = state.phase is Phase.WAITING and state.job_id is None
        await self._rooms.attending.let_go(run, None if unsent else reason)
