"""What an earlier process left is watched again, looked for or asked about; never posted."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Coroutine
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.support.documents import KNOWS_NO_QUEUE, compiled
from tests.support.fleets import STEADY, Deck, Scene, open_deck, scene
from tests.support.virtual_time import run_virtual
from workflow.runs.events import LaunchId, Origin, RunFinished, RunWaiting, Verdict
from workflow.runs.launch import Order, OrderRefused
from workflow.runs.run import Phase, RunState
from workflow.sandbox.faults import parse_fault

Story = Callable[[Path], Coroutine[Any, Any, None]]


def virtually(story: Story) -> Callable[[Path], None]:
    """Run a test in virtual time, with a journal on disk."""

    def test(tmp_path: Path) -> None:
        run_virtual(story(tmp_path / "journal.db"))

    test.__doc__, test.__name__ = story.__doc__, story.__name__
    return test


async def left_running(world: Scene, order: Order, live: int) -> LaunchId:
    """Launch, and close when so many runs have a running job."""
    async with world.deck() as deck:
        launch: LaunchId = await deck.fleet.launch(order)
        await deck.until(lambda: running(deck, launch) == live)
    return launch


def running(deck: Deck, launch: LaunchId) -> int:
    return sum(run.status == "running" for run in deck.of_launch(launch))


@virtually
async def test_a_run_with_a_job_is_watched_to_its_verdict(journal: Path) -> None:
    world = scene(journal=journal)
    launch = await left_running(world, Order((world.connection(),)), 1)
    async with world.deck() as deck:
        (run,) = deck.of_launch(launch)
        assert run.status == "running"
        await deck.fleet.end()
        (run,) = deck.of_launch(launch)
    assert (run.verdict, run.origin) == (Verdict.SUCCEEDED, Origin.STARTED)
    assert run.outputs == {"jobId": run.job_id, "finalStatus": "succeeded", "rowsSynced": 1_000}
    assert world.posts() == 1


@virtually
async def test_what_was_still_waiting_stays_unsent_until_somebody_says_go(journal: Path) -> None:
    world = scene(journal=journal)
    launch = await left_running(world, Order(world.connections(5), max_parallel=2), 2)
    async with world.deck() as deck:
        await deck.fleet.end()
        states = deck.of_launch(launch)
        asked = [run for run in states if run.waiting_for == "asked"]
        assert [run.verdict for run in states if run.verdict] == [Verdict.SUCCEEDED] * 2
        assert len(asked) == 3
        assert world.posts() == 2
        await deck.fleet.start_waiting([run.run for run in asked])
        await deck.fleet.end()
        assert deck.fleet.launches[launch].verdicts == {Verdict.SUCCEEDED: 5}
        assert deck.fleet.launches[launch].finished is not None
        assert deck.most_live == 2
    assert world.posts() == 5


@virtually
async def test_that_nobody_has_said_go_is_written_down_once(journal: Path) -> None:
    world = scene(journal=journal)
    await left_running(world, Order(world.connections(2), max_parallel=1), 1)
    told = []
    for _ in range(3):
        async with world.deck() as deck:
            (run,) = [one for one in deck.fleet.runs.values() if one.waiting_for == "asked"]
            events = await deck.journal.events(run.run)
            told.append(sum(event.fact == RunWaiting("asked") for event in events))
    assert told == [1, 1, 1]


@virtually
async def test_what_was_waiting_can_be_dropped(journal: Path) -> None:
    world = scene(journal=journal)
    launch = await left_running(world, Order(world.connections(3), max_parallel=1), 1)
    async with world.deck() as deck:
        await deck.fleet.end()
        await deck.fleet.drop_waiting([run.run for run in deck.of_launch(launch)])
        state = deck.fleet.launches[launch]
        outputs = [run.outputs for run in deck.of_launch(launch) if run.verdict == "skipped"]
    assert state.verdicts == {Verdict.SUCCEEDED: 1, Verdict.SKIPPED: 2}
    assert outputs == [{"jobId": None, "finalStatus": None, "rowsSynced": None}] * 2
    assert state.finished is not None
    assert world.posts() == 1


@virtually
async def test_a_post_that_had_left_is_looked_for_and_not_sent_again(journal: Path) -> None:
    world = scene(journal=journal)
    target = world.connection()
    with world.fault("lost-trigger:count=1"):
        async with world.deck() as deck:
            launch = await deck.fleet.launch(Order((target,)))
            await deck.until(lambda: deck.of_launch(launch)[0].phase is Phase.TRIGGERING)
            await deck.until(lambda: world.posts() == 1)
    async with world.deck() as deck:
        await deck.fleet.end()
        (run,) = deck.of_launch(launch)
    assert run.verdict is Verdict.SUCCEEDED
    assert world.posts() == 1


@virtually
async def test_a_job_that_ended_meanwhile_gives_its_verdict_at_once(journal: Path) -> None:
    world = scene(journal=journal)
    launch = await left_running(world, Order((world.connection(),)), 1)
    await world.clock.sleep(3_600)
    async with world.deck() as deck:
        await deck.fleet.end()
        (run,) = deck.of_launch(launch)
    assert run.verdict is Verdict.SUCCEEDED
    assert run.rows == 1_000


@virtually
async def test_a_deadline_is_the_same_instant_after_a_restart(journal: Path) -> None:
    world = scene(journal=journal)
    order = Order((world.connection(),), deadline=timedelta(seconds=60))
    launch = await left_running(world, order, 1)
    began = world.clock.now()
    async with world.deck() as deck:
        await deck.fleet.end()
        (run,) = deck.of_launch(launch)
    assert run.verdict is Verdict.EXPIRED
    assert world.clock.now() - began < timedelta(seconds=60)


@virtually
async def test_a_wish_to_cancel_that_was_not_settled_is_taken_up(journal: Path) -> None:
    world = scene(journal=journal)
    async with world.deck() as deck:
        launch = await deck.fleet.launch(Order((world.connection(),)))
        await deck.until(lambda: running(deck, launch) == 1)
        (run,) = deck.of_launch(launch)
        with world.fault("cut-before:endpoint=cancelJob"):
            wish = deck.fleet.cancel(run.run)
            task = asyncio.create_task(wish)
            await deck.until(lambda: deck.fleet.runs[run.run].cancel is not None)
            await deck.clock.sleep(3)
            task.cancel()
            await deck.fleet.close()
    async with world.deck() as deck:
        await deck.fleet.end()
        (run,) = deck.of_launch(launch)
    assert run.verdict is Verdict.CANCELLED
    assert run.cancel is not None
    assert run.cancel.how is not None


@virtually
async def test_a_wish_has_three_requests_however_often_the_program_is_started(
    journal: Path,
) -> None:
    world = scene(journal=journal)
    world.box.faults.add(parse_fault("cancel-ignored:count=20"))
    long = replace(STEADY, duration=2_000.0)
    async with world.deck() as deck:
        launch = await deck.fleet.launch(Order((world.connection(long),)))
        await deck.until(lambda: running(deck, launch) == 1)
        (run,) = deck.of_launch(launch)
        task = asyncio.create_task(deck.fleet.cancel(run.run))
        await deck.until(lambda: "cancel.sent" in deck.kinds(run.run))
        await deck.clock.sleep(1)
        task.cancel()
    assert world.box.log.count("cancelJob") == 1
    for _ in range(2):
        async with world.deck() as deck:
            await deck.clock.sleep(45)
    assert world.box.log.count("cancelJob") == 3
    async with world.deck() as deck:
        await deck.clock.sleep(60)
        state = deck.of_launch(launch)[0].cancel
    assert world.box.log.count("cancelJob") == 3
    assert state is not None
    assert state.text is not None
    assert "after 3 requests" in state.text


@virtually
async def test_what_was_cancelled_before_a_restart_is_said_to_be(journal: Path) -> None:
    world = scene(journal=journal)
    async with world.deck() as deck:
        launch = await deck.fleet.launch(Order((world.connection(),)))
        await deck.until(lambda: running(deck, launch) == 1)
        (run,) = deck.of_launch(launch)
        with world.fault("hang-delete:seconds=60s"):
            task = asyncio.create_task(deck.fleet.cancel(run.run))
            await deck.until(lambda: "cancel.sent" in deck.kinds(run.run))
            await deck.clock.sleep(1)
            task.cancel()
            await deck.fleet.close()
    await world.clock.sleep(30)
    async with world.deck() as deck:
        await deck.fleet.end()
        (run,) = deck.of_launch(launch)
    assert run.cancel is not None
    assert (run.cancel.how, run.verdict) == ("cancelled", Verdict.CANCELLED)


@virtually
async def test_a_wish_that_is_taken_up_sends_nothing_on_a_read_only_profile(journal: Path) -> None:
    world = scene(journal=journal)
    async with world.deck() as deck:
        launch = await deck.fleet.launch(Order((world.connection(),)))
        await deck.until(lambda: running(deck, launch) == 1)
        (run,) = deck.of_launch(launch)
        with world.fault("cut-before:endpoint=getJob"):
            task = asyncio.create_task(deck.fleet.cancel(run.run))
            await deck.until(lambda: deck.fleet.runs[run.run].cancel is not None)
            task.cancel()
            await deck.fleet.close()
    async with world.deck(read_only=True) as deck:
        await deck.fleet.end()
        (run,) = deck.of_launch(launch)
    assert world.box.log.count("cancelJob") == 0
    assert run.cancel is not None
    assert run.cancel.how == "not-sent"
    assert run.verdict is Verdict.SUCCEEDED


@virtually
async def test_a_detached_run_is_attached_again_with_its_own_outputs(journal: Path) -> None:
    world = scene(journal=journal)
    async with world.deck() as deck:
        launch = await deck.fleet.launch(Order((world.connection(),)))
        await deck.until(lambda: running(deck, launch) == 1)
        (run,) = deck.of_launch(launch)
        await deck.fleet.detach(run.run)
        assert deck.fleet.runs[run.run].phase is Phase.DETACHED
        await deck.fleet.end()
        assert await deck.fleet.attach_run(run.run) == run.run
        await deck.fleet.end()
        ended: RunState = deck.fleet.runs[run.run]
    assert ended.verdict is Verdict.SUCCEEDED
    assert world.posts() == 1


@virtually
async def test_an_ended_run_cannot_be_attached(journal: Path) -> None:
    world = scene(journal=journal)
    async with world.deck() as deck:
        run = await deck.run_one(world.connection())
        with pytest.raises(OrderRefused, match="has ended: succeeded"):
            await deck.fleet.attach_run(run.run)


@virtually
async def test_a_run_is_looked_after_by_one_process_at_a_time(journal: Path) -> None:
    world = scene(journal=journal)
    async with world.deck() as one:
        launch = await one.fleet.launch(Order((world.connection(),)))
        await one.until(lambda: running(one, launch) == 1)
        async with world.deck(seed=2) as other:
            assert other.fleet.runs == {}
            (run,) = one.of_launch(launch)
            with pytest.raises(OrderRefused, match="another syncdeck looks after it"):
                await other.fleet.attach_run(run.run)
        await one.fleet.end()
        assert one.fleet.runs[run.run].verdict is Verdict.SUCCEEDED


@virtually
async def test_a_run_of_a_document_that_is_not_at_hand_is_still_watched(journal: Path) -> None:
    world = scene(journal=journal)
    order = Order((world.connection(),), program=compiled(KNOWS_NO_QUEUE))
    launch = await left_running(world, order, 1)
    async with world.deck() as deck:
        await deck.fleet.end()
        (run,) = deck.of_launch(launch)
    assert run.verdict is Verdict.SUCCEEDED
    assert [warning.kind for warning in run.warnings] == ["workflow"]
    assert world.posts() == 1


@virtually
async def test_a_run_that_ended_is_not_taken_up(journal: Path) -> None:
    world = scene(journal=journal)
    async with world.deck() as deck:
        await deck.run_one(world.connection())
    async with world.deck() as deck:
        assert deck.fleet.runs == {}
        assert not [e for e in deck.told if isinstance(e.fact, RunFinished)]


@virtually
async def test_a_run_of_another_server_is_left_alone_whatever_the_profile_is_called(
    journal: Path,
) -> None:
    world = scene(journal=journal)
    launch = await left_running(world, Order((world.connection(),)), 1)
    elsewhere = "http://elsewhere.test/v1"
    async with open_deck(
        elsewhere, world.clock, transport=world.box.transport, journal=journal
    ) as deck:
        (row,) = await deck.journal.runs(profile="prod")
        assert not deck.fleet.runs
        with pytest.raises(OrderRefused, match=r"was started at http://.*old address"):
            await deck.fleet.attach_run(row.run)
    async with world.deck() as deck:
        await deck.fleet.end()
        assert deck.of_launch(launch)[0].verdict is Verdict.SUCCEEDED


async def on_disk(journal: Path, statement: str) -> None:
    """Change a journal that nobody has open."""

    def change() -> None:
        with closing(sqlite3.connect(journal)) as db:
            db.execute(statement)
            db.commit()

    await asyncio.to_thread(change)


@virtually
async def test_a_run_that_cannot_be_read_is_left_alone_and_the_others_go_on(journal: Path) -> None:
    world = scene(journal=journal)
    launch = await left_running(world, Order(world.connections(2)), 2)
    await on_disk(journal, "UPDATE events SET body = '{}' WHERE run = (SELECT min(run) FROM runs)")
    async with world.deck() as deck:
        await deck.fleet.end()
        (readable,) = deck.of_launch(launch)
        unreadable = next(r for r in await deck.journal.unfinished() if r.row.run != readable.run)
    assert readable.verdict is Verdict.SUCCEEDED
    assert unreadable.row.owner is None
    assert world.posts() == 2


@virtually
async def test_a_launch_that_cannot_be_read_keeps_its_runs(journal: Path) -> None:
    world = scene(journal=journal)
    launch = await left_running(world, Order(world.connections(2)), 2)
    await on_disk(journal, "UPDATE events SET body = '{}' WHERE run IS NULL")
    async with world.deck() as deck:
        await deck.fleet.end()
        assert deck.fleet.launches[launch].verdicts == {Verdict.SUCCEEDED: 2}


@virtually
async def test_a_run_is_taken_up_from_its_snapshot_as_from_its_events(journal: Path) -> None:
    world = scene(journal=journal)
    long = replace(STEADY, duration=500.0)
    async with world.deck() as deck:
        launch = await deck.fleet.launch(Order((world.connection(long),)))
        await deck.until(lambda: running(deck, launch) == 1)
        await deck.clock.sleep(300.0)
        (before,) = deck.of_launch(launch)
    # Whatever else is between them, the first events are not read any more.
    await on_disk(journal, "UPDATE events SET body = '{}' WHERE seq BETWEEN 2 AND 20")
    async with world.deck() as deck:
        (after,) = deck.of_launch(launch)
        assert after.transitions == before.transitions
        assert (after.job_id, after.rows, after.begun) == (before.job_id, before.rows, before.begun)
        await deck.fleet.end()
        assert deck.fleet.launches[launch].verdicts == {Verdict.SUCCEEDED: 1}
    assert world.posts() == 1


@virtually
async def test_a_snapshot_that_cannot_be_read_is_passed_over(journal: Path) -> None:
    world = scene(journal=journal)
    long = replace(STEADY, duration=500.0)
    async with world.deck() as deck:
        launch = await deck.fleet.launch(Order((world.connection(long),)))
        await deck.clock.sleep(300.0)
    await on_disk(journal, "UPDATE snapshots SET body = '[]'")
    async with world.deck() as deck:
        await deck.fleet.end()
        (run,) = deck.of_launch(launch)
    assert (run.verdict, run.origin) == (Verdict.SUCCEEDED, Origin.STARTED)
