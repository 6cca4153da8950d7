"""How old what the server told is: standing still counts, a slow server does not."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Literal

import pytest

from tests.support.virtual_time import clock, run_virtual
from workflow.clock import LoopClock
from workflow.runs.trigger.rules import FRESH
from workflow.runs.trigger.sight import Sight


class StoppableClock:
    """A clock whose owner may stand still, on one of its faces or on both."""

    def __init__(self) -> None:
        self._clock: LoopClock = clock()
        self.wall = self.steady = 0.0

    def stand_still(self, seconds: float, face: Literal["wall", "steady", "both"]) -> None:
        self.wall += 0.0 if face == "steady" else seconds
        self.steady += 0.0 if face == "wall" else seconds

    def now(self) -> datetime:
        return self._clock.now() + timedelta(seconds=self.wall)

    def monotonic(self) -> float:
        return self._clock.monotonic() + self.steady

    async def sleep(self, seconds: float) -> None:
        await self._clock.sleep(seconds)


def test_what_a_slow_server_tells_is_new() -> None:
    async def story() -> None:
        sight = Sight(stopped := StoppableClock())
        await sight.of(stopped.sleep(20.0))
        assert sight.is_fresh

    run_virtual(story())


@pytest.mark.parametrize("face", ["wall", "steady", "both"])
def test_what_lay_unread_while_the_program_stood_still_is_old(
    face: Literal["wall", "steady", "both"],
) -> None:
    """The machine slept (its steady clock stops), the wall clock was set back, or neither."""

    async def story() -> None:
        stopped = StoppableClock()

        async def answer() -> None:
            await stopped.sleep(1.0)
            stopped.stand_still(25.0, face)

        await (sight := Sight(stopped)).of(answer())
        assert timedelta(seconds=24) < sight.age <= timedelta(seconds=25.5)
        assert not sight.is_fresh

    run_virtual(story())


def test_short_stops_add_up() -> None:
    async def story() -> None:
        stopped = StoppableClock()

        async def answer() -> None:
            for _ in range(3):
                stopped.stand_still(3.0, "both")
                await stopped.sleep(2.0)

        await (sight := Sight(stopped)).of(answer())
        assert not sight.is_fresh

    run_virtual(story())


def test_a_look_of_two_requests_is_as_old_as_the_one_that_lay_unread() -> None:
    async def story() -> None:
        stopped = StoppableClock()

        async def unread() -> None:
            stopped.stand_still(25.0, "both")

        sight = Sight(stopped)
        await sight.of(unread())
        await sight.of(stopped.sleep(0.1))
        assert not sight.is_fresh

    run_virtual(story())


@pytest.mark.parametrize("face", ["wall", "steady"])
def test_what_was_read_grows_old_by_either_clock(face: Literal["wall", "steady"]) -> None:
    async def story() -> None:
        stopped = StoppableClock()
        await (sight := Sight(stopped)).of(stopped.sleep(0.1))
        stopped.stand_still(FRESH.total_seconds() - 0.1, face)
        assert sight.is_fresh
        stopped.stand_still(0.2, face)
        assert not sight.is_fresh

    run_virtual(story())


def test_what_was_never_seen_is_not_new() -> None:
    async def story() -> None:
        assert not Sight(clock()).is_fresh

    run_virtual(story())


def test_nothing_goes_on_behind_it() -> None:
    async def story() -> None:
        before = asyncio.all_tasks()
        await Sight(one := clock()).of(one.sleep(3.0))
        await asyncio.sleep(0)
        assert asyncio.all_tasks() == before

    run_virtual(story())
