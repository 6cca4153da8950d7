"""The loop that tests of hours and days run in."""

from __future__ import annotations

import asyncio
import threading
from datetime import timedelta

import pytest

from tests.support.virtual_time import START, StuckError, clock, run_virtual


def test_a_day_passes_at_once() -> None:
    async def sleep_a_day() -> tuple[float, timedelta]:
        mine = clock()
        await mine.sleep(86_400)
        return mine.monotonic(), mine.now() - START

    assert run_virtual(sleep_a_day()) == (86_400, timedelta(days=1))


def test_timers_still_fire_after_years() -> None:
    async def sleep_on() -> float:
        await asyncio.sleep(100_000_000.1)
        for _ in range(10):
            await asyncio.sleep(0.3)
        return asyncio.get_running_loop().time()

    assert run_virtual(sleep_on()) == pytest.approx(100_000_003.1)


def test_sleepers_wake_in_the_order_of_their_time() -> None:
    woken: list[tuple[str, float]] = []

    async def sleeper(name: str, seconds: float) -> None:
        await asyncio.sleep(seconds)
        woken.append((name, asyncio.get_running_loop().time()))

    async def three() -> None:
        await asyncio.gather(sleeper("c", 30), sleeper("a", 1), sleeper("b", 2.5))

    run_virtual(three())

    assert woken == [("a", 1), ("b", 2.5), ("c", 30)]


def test_time_stands_still_while_a_thread_works() -> None:
    gate = threading.Event()

    async def work_beside_a_timer() -> list[str]:
        order: list[str] = []
        loop = asyncio.get_running_loop()
        loop.call_later(5, order.append, "timer")
        work = asyncio.to_thread(gate.wait, 10)
        threading.Timer(0.05, gate.set).start()
        assert await work
        order.append("thread")
        await asyncio.sleep(5)
        return order

    assert run_virtual(work_beside_a_timer()) == ["thread", "timer"]


def test_a_thread_may_start_work_after_work() -> None:
    async def chain() -> float:
        for _ in range(20):
            await asyncio.to_thread(str)
            await asyncio.sleep(1)
        return asyncio.get_running_loop().time()

    assert run_virtual(chain()) == 20


def test_a_timeout_fires_in_virtual_time() -> None:
    async def wait_for_nothing() -> None:
        async with asyncio.timeout(300):
            await asyncio.Event().wait()

    with pytest.raises(TimeoutError):
        run_virtual(wait_for_nothing())


def test_a_wait_that_nothing_can_end_is_an_error_and_not_a_hang() -> None:
    async def wait_for_ever() -> None:
        await asyncio.Event().wait()

    with pytest.raises(StuckError):
        run_virtual(wait_for_ever())
