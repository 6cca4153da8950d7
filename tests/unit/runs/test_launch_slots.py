"""A launch's slots: never one too many, in order, whatever is held or let go."""

from __future__ import annotations

import asyncio
import random

from workflow.runs.slots import Slots


async def turns(count: int = 5) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


class Crowd:
    """Runs that take a slot each and keep it until they are told."""

    def __init__(self, slots: Slots) -> None:
        self.slots = slots
        self.inside: list[int] = []
        self.most = 0
        self._ends: dict[int, asyncio.Event] = {}
        self.tasks: dict[int, asyncio.Task[None]] = {}

    def come(self, *names: int) -> None:
        for name in names:
            self._ends[name] = asyncio.Event()
            self.tasks[name] = asyncio.create_task(self._run(name))

    async def _run(self, name: int) -> None:
        async with self.slots.taken():
            self.inside.append(name)
            self.most = max(self.most, len(self.inside))
            try:
                await self._ends[name].wait()
            finally:
                self.inside.remove(name)

    async def end(self, name: int) -> None:
        self._ends[name].set()
        await turns()


async def test_no_more_than_the_slots_there_are_get_in() -> None:
    crowd = Crowd(Slots(2))
    crowd.come(1, 2, 3, 4)
    await turns()
    assert crowd.inside == [1, 2]


async def test_waiting_runs_follow_in_the_order_they_came() -> None:
    crowd = Crowd(Slots(1))
    crowd.come(1, 2, 3)
    await turns()
    await crowd.end(1)
    assert crowd.inside == [2]
    await crowd.end(2)
    assert crowd.inside == [3]


async def test_nobody_gets_in_while_the_launch_is_held() -> None:
    crowd = Crowd(Slots(2))
    crowd.come(1, 2, 3)
    await turns()
    crowd.slots.hold()
    await crowd.end(1)
    assert crowd.inside == [2]
    crowd.slots.go_on()
    await turns()
    assert crowd.inside == [2, 3]


async def test_one_goes_first_and_the_rest_when_it_has_succeeded() -> None:
    crowd = Crowd(Slots(3, one_first=True))
    crowd.come(1, 2, 3)
    await turns()
    assert crowd.inside == [1]
    crowd.slots.first_succeeded()
    await turns()
    assert crowd.inside == [1, 2, 3]


async def test_a_run_that_is_let_go_while_it_waits_takes_no_slot() -> None:
    crowd = Crowd(Slots(1))
    crowd.come(1, 2, 3)
    await turns()
    crowd.tasks[2].cancel()
    await crowd.end(1)
    assert crowd.inside == [3]


async def test_a_run_that_is_let_go_as_it_gets_its_slot_gives_it_back() -> None:
    slots = Slots(1)
    crowd = Crowd(slots)
    crowd.come(1, 2, 3)
    await turns()
    crowd._ends[1].set()
    await asyncio.sleep(0)  # run 1 leaves; run 2 has been given the slot, and not woken yet
    crowd.tasks[2].cancel()
    await turns()
    assert crowd.inside == [3]
    assert slots.in_use == 1


async def test_no_order_of_events_lets_one_too_many_in() -> None:
    for seed in range(60):
        rng = random.Random(seed)
        slots = Slots(rng.randint(1, 4), one_first=rng.random() < 0.3)
        crowd, names = Crowd(slots), list(range(15))
        crowd.come(*names)
        most = slots.open
        while names:
            match rng.randrange(5):
                case 0:
                    slots.hold()
                case 1:
                    slots.go_on()
                case 2:
                    slots.first_succeeded()
                case 3:
                    crowd.tasks[names.pop(rng.randrange(len(names)))].cancel()
                case _:
                    crowd._ends[names.pop(rng.randrange(len(names)))].set()
            await turns(rng.randrange(4))
            most = max(most, slots.open)
        slots.go_on()
        await asyncio.gather(*crowd.tasks.values(), return_exceptions=True)
        assert crowd.most <= max(most, slots.open)
        assert slots.in_use == 0
