"""A pause ends by itself, or when somebody says so."""

from __future__ import annotations

import asyncio

import pytest

from tests.support.virtual_time import clock, run_virtual
from workflow.airbyte.pause import Pause


def test_it_lasts_as_long_as_it_was_to() -> None:
    async def slept() -> float:
        time = clock()
        begun = time.monotonic()
        await Pause(time).sleep(7.0)
        return time.monotonic() - begun

    assert run_virtual(slept()) == pytest.approx(7.0)


def test_waking_ends_every_pause_there_is_and_none_that_comes() -> None:
    async def slept() -> list[float]:
        time = clock()
        pause = Pause(time)

        async def sleep(seconds: float) -> float:
            begun = time.monotonic()
            await pause.sleep(seconds)
            return time.monotonic() - begun

        sleepers = [asyncio.create_task(sleep(60.0)) for _ in range(2)]
        await time.sleep(5.0)
        pause.wake()
        pause.wake()  # before they had a turn: no harm
        later = asyncio.create_task(sleep(60.0))
        return [*[await one for one in sleepers], await later]

    assert run_virtual(slept()) == pytest.approx([5.0, 5.0, 60.0])


def test_who_is_ended_in_a_pause_has_not_slept_it_out() -> None:
    async def ended() -> bool:
        pause = Pause(clock())
        sleeping = asyncio.create_task(pause.sleep(60.0))
        await asyncio.sleep(1.0)
        sleeping.cancel()
        pause.wake()
        await asyncio.wait({sleeping})
        return sleeping.cancelled()

    assert run_virtual(ended())


def test_a_sleep_that_itself_runs_out_of_time_is_not_taken_for_waking() -> None:
    class Impatient:
        def now(self) -> object:
            raise NotImplementedError

        def monotonic(self) -> float:
            return 0.0

        async def sleep(self, seconds: float) -> None:
            raise TimeoutError("the clock's own")

    async def sleep() -> None:
        await Pause(Impatient()).sleep(1.0)  # type: ignore[arg-type]

    with pytest.raises(TimeoutError, match="the clock's own"):
        run_virtual(sleep())
