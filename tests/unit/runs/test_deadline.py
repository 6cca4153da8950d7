"""A deadline bounds waiting, in the middle of whatever is waited for."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from tests.support.virtual_time import clock as virtual_clock
from tests.support.virtual_time import run_virtual
from workflow.clock import Clock
from workflow.runs.deadline import Deadline, DeadlinePassedError


def in_virtual_time(story: Callable[[Clock], Awaitable[None]]) -> None:
    async def play() -> None:
        await story(virtual_clock())

    run_virtual(play())


def test_what_ends_in_time_gives_its_result() -> None:
    async def story(clock: Clock) -> None:
        deadline = Deadline(clock, clock.now() + timedelta(seconds=5))

        async def work() -> int:
            await clock.sleep(4)
            return 7

        assert await deadline.within(work()) == 7

    in_virtual_time(story)


def test_what_does_not_end_in_time_is_cancelled() -> None:
    async def story(clock: Clock) -> None:
        began = clock.now()
        with pytest.raises(DeadlinePassedError):
            await Deadline(clock, began + timedelta(seconds=5)).within(clock.sleep(60))
        assert clock.now() - began == timedelta(seconds=5)

    in_virtual_time(story)


def test_a_cancel_that_comes_as_the_deadline_passes_is_not_lost() -> None:
    async def story(clock: Clock) -> None:
        deadline = Deadline(clock, clock.now() + timedelta(seconds=5))

        async def takes_its_time_to_end() -> None:
            try:
                await clock.sleep(60)
            finally:
                await clock.sleep(1)

        waiting = asyncio.create_task(deadline.within(takes_its_time_to_end()))
        await clock.sleep(5.5)
        waiting.cancel()
        await asyncio.wait({waiting})
        assert waiting.cancelled()

    in_virtual_time(story)
