"""What two do at the same moment, in virtual time: done once, and told as it was."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from pathlib import Path
from typing import Any

from tests.support.fleets import Deck, scene
from tests.support.virtual_time import run_virtual
from workflow.runs.events import RunId, Verdict
from workflow.runs.journal.intents import Intent
from workflow.runs.launch import Order

Story = Callable[[Path], Coroutine[Any, Any, None]]


def virtually(story: Story) -> Callable[[Path], None]:
    """Run a test in virtual time, with a journal on disk."""

    def test(tmp_path: Path) -> None:
        run_virtual(story(tmp_path / "journal.db"))

    test.__doc__, test.__name__ = story.__doc__, story.__name__
    return test


@virtually
async def test_two_wishes_to_cancel_at_once_are_one_cancel(journal: Path) -> None:
    world = scene(journal=journal)
    async with world.deck() as deck:
        launch = await deck.fleet.launch(Order((world.connection(),)))
        await deck.until(lambda: deck.of_launch(launch)[0].status == "running")
        (run,) = deck.of_launch(launch)
        await asyncio.gather(deck.fleet.cancel(run.run), deck.fleet.cancel(run.run))
        await deck.fleet.end()
        kinds = deck.kinds(run.run)
    assert (kinds.count("cancel.wished"), kinds.count("cancel.settled")) == (1, 1)
    assert world.box.log.count("cancelJob") == 1


def while_the_intent_is_written(deck: Deck, do: Callable[[RunId], Awaitable[None]]) -> list[Any]:
    """Let something happen to the only run while its intent is on its way to the disk."""
    done: list[Any] = []
    opened = deck.journal.open_intent

    async def and_meanwhile(intent: Intent, events: Any) -> None:
        done.append(asyncio.create_task(do(intent.key.run)))
        await deck.clock.sleep(0.1)
        await opened(intent, events)

    deck.journal.open_intent = and_meanwhile  # type: ignore[method-assign]
    return done


@virtually
async def test_a_run_that_is_cancelled_while_its_intent_is_written_has_sent_nothing(
    journal: Path,
) -> None:
    world = scene(journal=journal)
    target = world.connection()
    async with world.deck() as deck:
        cancels = while_the_intent_is_written(deck, deck.fleet.cancel)
        run = await deck.run_one(target)
        await asyncio.gather(*cancels)
        run = deck.fleet.runs[run.run]
        assert await deck.journal.open_intents() == ()
    assert (run.verdict, run.why) == (
        Verdict.CANCELLED,
        "cancelled before a trigger was sent",
    )
    assert world.posts() == 0


@virtually
async def test_a_run_that_is_let_go_while_its_intent_is_written_was_never_sent(
    journal: Path,
) -> None:
    world = scene(journal=journal)
    target = world.connection()
    async with world.deck() as deck:
        while_the_intent_is_written(deck, deck.fleet.detach)
        run = await deck.run_one(target)
        assert await deck.journal.open_intents() == ()
    async with world.deck() as deck:
        assert deck.fleet.runs[run.run].waiting_for == "asked"
        await deck.fleet.start_waiting([run.run])
        await deck.fleet.end()
        assert deck.fleet.runs[run.run].verdict is Verdict.SUCCEEDED
    assert world.posts() == 1


@virtually
async def test_a_cancel_before_the_trigger_leaves_keeps_it_from_leaving(journal: Path) -> None:
    world = scene(journal=journal)
    with world.fault("latency:seconds=20s,endpoint=listJobs"):
        async with world.deck() as deck:
            launch = await deck.fleet.launch(Order((world.connection(),)))
            await deck.clock.sleep(1)
            (run,) = deck.of_launch(launch)
            await deck.fleet.cancel(run.run)
            assert deck.fleet.runs[run.run].verdict is Verdict.CANCELLED
    assert world.posts() == 0


@virtually
async def test_unsent_runs_that_are_started_twice_at_once_start_once(journal: Path) -> None:
    world = scene(journal=journal)
    async with world.deck() as deck:
        launch = await deck.fleet.launch(Order(world.connections(2), max_parallel=1))
        await deck.until(lambda: any(run.status == "running" for run in deck.of_launch(launch)))
    async with world.deck() as deck:
        asked = [run.run for run in deck.of_launch(launch) if run.waiting_for == "asked"]
        await asyncio.gather(deck.fleet.start_waiting(asked), deck.fleet.start_waiting(asked))
        await deck.fleet.end()
        (run,) = asked
        assert deck.fleet.runs[run].verdict is Verdict.SUCCEEDED
        assert deck.kinds(run).count("step.started") > 0
        assert deck.kinds(run).count("run.waiting") == 2  # asked about, then for its slot
    assert world.posts() == 2


@virtually
async def test_a_run_that_is_cancelled_after_a_refusal_does_not_say_that_nothing_was_sent(
    journal: Path,
) -> None:
    world = scene(journal=journal)
    with world.fault("rate-limit:endpoint=createJob,retry_after=40"):
        async with world.deck() as deck:
            launch = await deck.fleet.launch(Order((world.connection(),)))
            await deck.clock.sleep(5)
            (run,) = deck.of_launch(launch)
            await deck.fleet.cancel(run.run)
            (run,) = deck.of_launch(launch)
    assert (run.verdict, run.why) == (
        Verdict.CANCELLED,
        "cancelled before a trigger of its had any effect",
    )
    assert world.posts() == 1
