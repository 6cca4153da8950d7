"""What two do at the same moment, in virtual time: done once, and told as it was."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from tests.support.fleets import scene
from tests.support.virtual_time import run_virtual
from workflow.runs.events import Verdict
from workflow.runs.journal.intents import Intent
from workflow.runs.launch import OnConflict, Order
from workflow.runs.run import Phase

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


@virtually
async def test_a_run_whose_trigger_leaves_as_it_is_cancelled_is_not_called_unsent(
    journal: Path,
) -> None:
    world = scene(journal=journal)
    target = world.connection()
    world.foreign_job(target)
    async with world.deck() as deck:
        cancels: list[asyncio.Task[None]] = []
        opened = deck.journal.open_intent

        async def and_somebody_cancels(intent: Intent, events: Any) -> None:
            (run,) = deck.fleet.runs
            assert deck.fleet.runs[run].phase is Phase.WAITING
            await opened(intent, events)
            cancels.append(asyncio.create_task(deck.fleet.cancel(run)))
            await asyncio.sleep(0)

        deck.journal.open_intent = and_somebody_cancels  # type: ignore[method-assign]
        run = await deck.run_one(target, on_conflict=OnConflict.WAIT)
        await asyncio.gather(*cancels)
        run = deck.fleet.runs[run.run]
    assert "before anything was sent" not in (run.why or "")
    assert world.posts() <= 1
    assert run.verdict in {Verdict.UNRESOLVED, Verdict.CANCELLED}


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
