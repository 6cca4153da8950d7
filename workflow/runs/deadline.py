"""A run's deadline: an absolute instant, so that a machine's sleep does not put it off."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from datetime import datetime
from typing import Final, TypeVar

from workflow.clock import Clock

T = TypeVar("T")

_LOOK_AT_CLOCK: Final = 30.0
"""Seconds: a timer that slept with the machine is put right by then."""


class DeadlinePassedError(Exception):
    """It is over; what was waited for may still go on."""


class Deadline:
    """Bounds waiting. An instant of None is no bound."""

    def __init__(self, clock: Clock, at: datetime | None) -> None:
        self.at: Final = at
        self._clock = clock

    async def within(self, work: Awaitable[T]) -> T:
        """Return what `work` gives.

        Raises:
            DeadlinePassedError: it did not in time, and was cancelled.
        """
        if self.at is None:
            return await work
        # What is waited for stays in the caller's own task: a poll waits often, and tasks cost.
        try:
            async with asyncio.timeout(None) as scope:
                timer = asyncio.create_task(self._close(scope, self.at), name="deadline")
                try:
                    return await work
                finally:
                    timer.cancel()
        except TimeoutError:
            if scope.expired():
                raise DeadlinePassedError from None
            raise

    async def _close(self, scope: asyncio.Timeout, at: datetime) -> None:
        await sleep_until(self._clock, at)
        scope.reschedule(asyncio.get_running_loop().time())


async def sleep_until(clock: Clock, at: datetime) -> None:
    """Wait for an instant, whatever the machine does meanwhile."""
    while (left := (at - clock.now()).total_seconds()) > 0:
        await clock.sleep(min(left, _LOOK_AT_CLOCK))
