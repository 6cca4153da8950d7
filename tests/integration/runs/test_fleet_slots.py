"""Who has a launch's slots: not who waits for somebody else, nor whoever only watches goes first.

And a launch ends with its last run, whether that one ended or was let go.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from tests.support.fleets import STEADY, Deck, most_at_once, scene
from tests.support.virtual_time import run_virtual
from workflow.runs.events import LaunchFinished, LaunchId, RunWaiting, Verdict
from workflow.runs.launch import OnConflict, Order
from workflow.runs.run import Phase

LONGER = replace(STEADY, duration=250.0)
FOR_HOURS = replace(STEADY, duration=20_000.0)
Story = Callable[[Path], Coroutine[Any, Any, None]]


def virtually(story: Story) -> Callable[[Path], None]:
    """Run a test in virtual time, with a journal on disk."""

    def test(tmp_path: Path) -> None:
        run_virtual(story(tmp_path / "journal.db"))

    test.__doc__, test.__name__ = story.__doc__, story.__name__
    return test


def ends(deck: Deck) -> list[LaunchFinished]:
    return [event.fact for event in deck.told if isinstance(event.fact, LaunchFinished)]


def ended(deck: Deck, launch: LaunchId) -> int:
    return deck.fleet.launches[launch].ended


@virtually
async def test_runs_that_wait_for_a_colleagues_job_hold_up_no_other(journal: Path) -> None:
    world = scene(journal=journal)
    busy, free = world.connections(5, FOR_HOURS), world.connections(15)
    for target in busy:
        world.foreign_job(target)
    async with world.deck() as deck:
        launch = await deck.fleet.launch(Order((*busy, *free), on_conflict=OnConflict.WAIT))
        await deck.until(lambda: ended(deck, launch) == 15)
        assert deck.fleet.launches[launch].waiting == 5
        assert deck.most_live == 5
    assert world.posts() == 15
    assert most_at_once(world.world, free) == 5


@virtually
async def test_who_waited_for_a_job_waits_for_a_slot_after_that_and_is_the_next(
    journal: Path,
) -> None:
    world = scene(journal=journal)
    busy, first, second = world.connection(), world.connection(LONGER), world.connection()
    world.foreign_job(busy)
    async with world.deck() as deck:
        order = Order((busy, first, second), max_parallel=1, on_conflict=OnConflict.WAIT)
        launch = await deck.fleet.launch(order)
        await deck.fleet.end()
        waited, one, other = deck.of_launch(launch)
        told = [
            event.fact.reason
            for event in deck.told
            if event.run == waited.run and isinstance(event.fact, RunWaiting)
        ]
    assert told == ["slot", "conflict", "slot"]
    assert one.sent is not None
    assert waited.sent is not None
    assert other.sent is not None
    assert one.sent < waited.sent < other.sent
    assert most_at_once(world.world, (busy, first, second)) == 1


@virtually
async def test_a_deadline_passes_while_a_slot_is_waited_for_again(journal: Path) -> None:
    world = scene(journal=journal)
    busy, long = world.connection(), world.connection(FOR_HOURS)
    world.foreign_job(busy)
    async with world.deck() as deck:
        order = Order(
            (busy, long),
            max_parallel=1,
            on_conflict=OnConflict.WAIT,
            deadline=timedelta(seconds=300),
        )
        launch = await deck.fleet.launch(order)
        await deck.until(lambda: ended(deck, launch) >= 1)
        waited = deck.of_launch(launch)[0]
        assert waited.verdict is Verdict.EXPIRED
        assert "not started" in (waited.why or "")
    assert world.posts() == 1


@virtually
async def test_a_held_launch_starts_nothing_that_had_waited_for_a_job(journal: Path) -> None:
    world = scene(journal=journal)
    busy = world.connection()
    world.foreign_job(busy)
    async with world.deck() as deck:
        launch = await deck.fleet.launch(Order((busy,), on_conflict=OnConflict.WAIT))
        await deck.until(lambda: deck.of_launch(launch)[0].waiting_for == "conflict")
        await deck.fleet.hold(launch)
        await deck.clock.sleep(600)
        assert world.posts() == 0
        await deck.fleet.go_on(launch)
        await deck.fleet.end()
    assert world.posts() == 1


@virtually
async def test_one_that_attaches_is_not_the_one_that_goes_first(journal: Path) -> None:
    world = scene(journal=journal)
    busy, free = world.connection(FOR_HOURS), world.connections(3)
    world.foreign_job(busy)
    async with world.deck() as deck:
        launch = await deck.fleet.launch(Order((busy, *free), max_parallel=2, one_first=True))
        await deck.until(lambda: any(run.status == "running" for run in deck.of_launch(launch)[1:]))
        assert world.posts() == 1
        assert deck.fleet.launches[launch].awaits_first
        await deck.until(lambda: ended(deck, launch) == 3)
    assert world.posts() == 3


@virtually
async def test_a_job_that_was_there_proves_nothing_for_the_rest(journal: Path) -> None:
    world = scene(journal=journal)
    busy, slow = world.connection(), world.connection(FOR_HOURS)
    other = world.connection()
    world.foreign_job(busy)
    async with world.deck() as deck:
        launch = await deck.fleet.launch(Order((busy, slow, other), one_first=True))
        await deck.until(lambda: ended(deck, launch) == 1)
        await deck.clock.sleep(60)
        assert deck.of_launch(launch)[0].verdict is Verdict.SUCCEEDED
        assert deck.fleet.launches[launch].awaits_first
    assert world.posts() == 1


@virtually
async def test_a_launch_ends_when_its_last_run_is_let_go(journal: Path) -> None:
    world = scene(journal=journal)
    short, long = world.connection(), world.connection(FOR_HOURS)
    async with world.deck() as deck:
        launch = await deck.fleet.launch(Order((short, long)))
        await deck.until(lambda: ended(deck, launch) == 1)
        assert ends(deck) == []
        await deck.fleet.detach(deck.of_launch(launch)[1].run)
        (end,) = ends(deck)
        assert (end.verdicts, end.detached) == ({"succeeded": 1}, 1)
        assert deck.fleet.launches[launch].finished is not None


@virtually
async def test_a_launch_whose_last_two_are_let_go_at_once_ends_once(journal: Path) -> None:
    world = scene(journal=journal)
    async with world.deck() as deck:
        launch = await deck.fleet.launch(Order(world.connections(2, FOR_HOURS)))
        await deck.until(lambda: all(run.job_id for run in deck.of_launch(launch)))
        await asyncio.gather(*(deck.fleet.detach(run.run) for run in deck.of_launch(launch)))
        assert [end.detached for end in ends(deck)] == [2]


@virtually
async def test_a_launch_goes_on_with_a_run_that_is_taken_up_again(journal: Path) -> None:
    world = scene(journal=journal)
    async with world.deck() as deck:
        launch = await deck.fleet.launch(Order(world.connections(1)))
        await deck.until(lambda: deck.of_launch(launch)[0].status == "running")
        run = deck.of_launch(launch)[0].run
        await deck.fleet.detach(run)
        await deck.fleet.attach_run(run)
        assert deck.fleet.launches[launch].finished is None
        await deck.fleet.end()
        assert [(end.verdicts, end.detached) for end in ends(deck)] == [
            ({}, 1),
            ({"succeeded": 1}, 0),
        ]


@virtually
async def test_closing_the_program_ends_no_launch(journal: Path) -> None:
    world = scene(journal=journal)
    async with world.deck() as deck:
        launch = await deck.fleet.launch(Order(world.connections(1)))
        await deck.until(lambda: deck.of_launch(launch)[0].status == "running")
    assert ends(deck) == []
    assert deck.of_launch(launch)[0].phase is Phase.DETACHED
    async with world.deck() as again:
        await again.fleet.end()
        assert [end.verdicts for end in ends(again)] == [{"succeeded": 1}]
