"""A cancel that is asked for before anybody knows which job is the run's: it stands."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.support.fleets import STEADY, Deck, Scene, scene
from tests.support.virtual_time import run_virtual
from workflow.runs.events import LaunchId, Origin, PollFailed, RunId, Verdict
from workflow.runs.launch import Order, OrderRefused
from workflow.runs.run import RunState

LATE = "lost-trigger:after=8s,answer=gateway,count=1"
NEVER = "lost-trigger:after=never,answer=gateway,count=1"
LONG = replace(STEADY, duration=2_000.0)

Story = Callable[[Path], Coroutine[Any, Any, None]]


def virtually(story: Story) -> Callable[[Path], None]:
    """Run a test in virtual time, with a journal on disk."""

    def test(tmp_path: Path) -> None:
        run_virtual(story(tmp_path / "journal.db"))

    test.__doc__, test.__name__ = story.__doc__, story.__name__
    return test


async def looking(deck: Deck, world: Scene) -> tuple[LaunchId, RunId]:
    """Launch one run, and return when its trigger's effect is being looked for."""
    order = Order((world.connection(LONG),), look=timedelta(seconds=60))
    launch = await deck.fleet.launch(order)
    await deck.until(lambda: any(w.kind == "unsettled" for w in the(deck, launch).warnings))
    return launch, the(deck, launch).run


def the(deck: Deck, launch: LaunchId) -> RunState:
    (run,) = deck.of_launch(launch)
    return run


def deletes(world: Scene) -> int:
    return world.box.log.count("cancelJob")


async def wished(deck: Deck, run: RunId) -> asyncio.Task[None]:
    """Ask for a cancel, and return when that has been written down and told."""
    task = asyncio.create_task(deck.fleet.cancel(run))
    await deck.until(lambda: "cancel.wished" in deck.kinds(run))
    return task


@virtually
async def test_a_wish_during_a_look_is_written_at_once_and_carried_out_when_the_job_is_known(
    journal: Path,
) -> None:
    world = scene(journal=journal)
    with world.fault(LATE):
        async with world.deck() as deck:
            launch, run = await looking(deck, world)
            task = await wished(deck, run)
            kinds = [event.fact.kind for event in await deck.journal.events(run)]
            assert "cancel.wished" in kinds
            assert "trigger.settled" not in kinds
            await deck.until(lambda: the(deck, launch).origin is not None)
            assert deletes(world) == 0
            await deck.fleet.end()
            await task
            state = the(deck, launch)
    assert (state.verdict, state.origin) == (Verdict.CANCELLED, Origin.ADOPTED)
    assert (deletes(world), world.posts()) == (1, 1)


@virtually
async def test_a_wish_during_a_look_outlives_the_program(journal: Path) -> None:
    world = scene(journal=journal)
    with world.fault(LATE):
        async with world.deck() as deck:
            launch, run = await looking(deck, world)
            task = await wished(deck, run)
            task.cancel()
        async with world.deck() as deck:
            assert the(deck, launch).cancel is not None
            await deck.fleet.end()
            state = the(deck, launch)
    assert state.cancel is not None
    assert (state.verdict, state.cancel.how) == (Verdict.CANCELLED, "cancelled")
    assert (deletes(world), world.posts()) == (1, 1)


@virtually
async def test_a_wish_of_before_the_job_was_known_has_three_requests_in_all(journal: Path) -> None:
    world = scene(journal=journal)
    with world.fault(LATE), world.fault("cancel-ignored:count=20"):
        async with world.deck() as deck:
            launch, run = await looking(deck, world)
            (await wished(deck, run)).cancel()
        for _ in range(3):
            async with world.deck() as deck:
                with suppress(TimeoutError):
                    await asyncio.wait_for(
                        deck.until(lambda: the(deck, launch).origin is not None), 90
                    )
                await deck.clock.sleep(45)
        async with world.deck() as deck:
            await deck.clock.sleep(120)
            state = the(deck, launch)
    assert deletes(world) == 3
    assert state.cancel is not None
    assert state.cancel.how == "not-cancelled"


@virtually
async def test_nothing_is_cancelled_for_a_run_that_ends_unresolved(journal: Path) -> None:
    world = scene(journal=journal)
    with world.fault(NEVER):
        async with world.deck() as deck:
            launch, run = await looking(deck, world)
            await deck.fleet.cancel(run)
            state = the(deck, launch)  # its verdict is there when the cancel returns
            kinds = deck.kinds(run)
    assert state.verdict is Verdict.UNRESOLVED
    assert state.cancel is not None
    assert state.cancel.how == "not-sent"
    assert "nobody knows which job is this run's" in str(state.cancel.text)
    assert kinds.index("cancel.settled") < kinds.index("run.finished")
    assert deletes(world) == 0


@virtually
async def test_an_unresolved_run_that_is_taken_up_says_that_its_wish_came_to_nothing(
    journal: Path,
) -> None:
    world = scene(journal=journal)
    with world.fault(NEVER):
        async with world.deck() as deck:
            launch, run = await looking(deck, world)
            (await wished(deck, run)).cancel()
        await world.clock.sleep(3_600)
        async with world.deck() as deck:
            await deck.fleet.end()
            state = the(deck, launch)
    assert state.verdict is Verdict.UNRESOLVED
    assert state.cancel is not None
    assert state.cancel.how == "not-sent"
    assert deletes(world) == 0


@virtually
async def test_a_refused_trigger_is_not_sent_again_when_its_run_is_to_be_cancelled(
    journal: Path,
) -> None:
    world = scene(journal=journal)
    with world.fault("rate-limit:endpoint=createJob,count=3,retry_after=40"):
        async with world.deck() as deck:
            launch = await deck.fleet.launch(Order((world.connection(),)))
            await deck.until(lambda: "trigger.settled" in deck.kinds(the(deck, launch).run))
            await deck.fleet.cancel(the(deck, launch).run)
            state = the(deck, launch)
            assert await deck.journal.open_intents() == ()
    assert state.verdict is Verdict.CANCELLED
    assert "before a trigger of its had any effect" in str(state.why)
    assert (world.posts(), deletes(world)) == (1, 0)


@virtually
async def test_a_run_to_be_cancelled_whose_trigger_had_been_refused_is_cancelled_at_the_start(
    journal: Path,
) -> None:
    world = scene(journal=journal)
    with world.fault("rate-limit:endpoint=createJob,count=3,retry_after=40"):
        async with world.deck() as deck:
            launch = await deck.fleet.launch(Order((world.connection(),)))
            await deck.until(lambda: "trigger.settled" in deck.kinds(the(deck, launch).run))
            (await wished(deck, the(deck, launch).run)).cancel()
        async with world.deck() as deck:
            state = the(deck, launch)
    assert state.cancel is not None
    assert (state.verdict, state.cancel.how) == (Verdict.CANCELLED, "not-sent")
    assert (world.posts(), deletes(world)) == (1, 0)


@virtually
async def test_a_trigger_that_waits_to_be_sent_again_says_why(journal: Path) -> None:
    world = scene(journal=journal)
    with world.fault("rate-limit:endpoint=createJob,count=1,retry_after=40"):
        async with world.deck() as deck:
            run = await deck.run_one(world.connection())
            failed = [e.fact for e in deck.told if isinstance(e.fact, PollFailed)]
    assert run.verdict is Verdict.SUCCEEDED
    assert [fact.next for fact in failed] == [40.0]


@virtually
async def test_a_waiting_run_that_another_process_looks_after_is_not_ended_here(
    journal: Path,
) -> None:
    world = scene(journal=journal)
    async with world.deck() as deck:
        launch = await deck.fleet.launch(Order(world.connections(2, LONG), max_parallel=1))
        await deck.until(lambda: any(run.status == "running" for run in deck.of_launch(launch)))
        one = next(run.run for run in deck.of_launch(launch) if run.job_id is not None)
        other = next(run.run for run in deck.of_launch(launch) if run.run != one)
        await deck.fleet.hold(launch)
        await deck.fleet.detach(one)
        async with world.deck() as second:
            assert second.fleet.runs[one].live
            with pytest.raises(OrderRefused, match="another syncdeck looks after it"):
                await second.fleet.cancel(other)
        assert (await deck.journal.run(other)).verdict is None  # type: ignore[union-attr]


@virtually
async def test_a_job_that_was_there_before_the_trigger_is_not_cancelled_by_a_wish_of_before(
    journal: Path,
) -> None:
    """A colleague's job begins between the list and the POST, which is answered with it."""
    world = scene(journal=journal)
    target = world.connection(LONG)
    with world.fault("slow-post:seconds=30s"):
        async with world.deck() as deck:
            launch = await deck.fleet.launch(Order((target,)))
            await deck.until(lambda: the(deck, launch).sent is not None)
            run = the(deck, launch).run
            job = world.foreign_job(target)
            await deck.journal.claim_job(RunId("r-other"), target.connection_id, job)
            task = await wished(deck, run)
            await deck.until(lambda: the(deck, launch).origin is not None)
            await deck.clock.sleep(30)
            state = the(deck, launch)
            await task
    assert state.origin is Origin.JOINED
    assert state.cancel is not None
    assert (state.cancel.how, deletes(world)) == ("not-sent", 0)
    assert "was there already" in (state.cancel.text or "")
