"""What a fleet does about triggers whose effect nobody knows, and about what is long over."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.fleets import Deck, scene
from tests.support.virtual_time import run_virtual
from workflow.runs.events import Origin, RunId, Verdict
from workflow.runs.journal.retention import Retention
from workflow.runs.launch import OrderRefused

NEVER = "lost-trigger:after=never,answer=gateway,count=1"


async def suspected(deck: Deck) -> list[int]:
    """Wait for a look at the suspects, and return them."""
    await deck.clock.sleep(61)
    return [job.job_id for one in deck.fleet.suspicions for job in one.suspects]


def test_a_later_job_is_a_suspect_until_it_is_picked() -> None:
    async def story() -> None:
        world = scene()
        target = world.connection()
        with world.fault(NEVER):
            async with world.deck() as deck:
                run = await deck.run_one(target)
                assert run.verdict is Verdict.UNRESOLVED
                job = world.foreign_job(target)
                assert await suspected(deck) == [job]
                watching = await deck.fleet.pick(run.run, job)
                assert deck.fleet.runs[watching].origin is Origin.ATTACHED
                assert await suspected(deck) == []
                assert await deck.journal.owners(target.connection_id, (job,)) == {job: run.run}

    run_virtual(story())


def test_what_is_settled_as_unknown_is_suspected_at_once() -> None:
    async def story() -> None:
        world = scene()
        target = world.connection()
        with world.fault(NEVER):
            async with world.deck() as deck:
                run = await deck.run_one(target)
                world.foreign_job(target)
                await deck.clock.sleep(1)
                assert deck.fleet.suspicion(run.run) is not None

    run_virtual(story())


def test_dismissing_frees_the_connection_and_suspects_nothing_any_more() -> None:
    async def story() -> None:
        world = scene()
        target = world.connection()
        with world.fault(NEVER):
            async with world.deck() as deck:
                run = await deck.run_one(target)
                world.foreign_job(target)
                assert await suspected(deck)
                await deck.fleet.dismiss(run.run)
                assert deck.fleet.suspicion(run.run) is None
                with pytest.raises(OrderRefused, match="keeps nothing open"):
                    await deck.fleet.dismiss(run.run)
                again = await deck.run_one(target)
        assert again.verdict is Verdict.SUCCEEDED

    run_virtual(story())


def test_an_unresolved_run_of_an_earlier_process_is_shown_to_whoever_looks(tmp_path: Path) -> None:
    async def story() -> None:
        world = scene(journal=tmp_path / "journal.db")
        target = world.connection()
        with world.fault(NEVER):
            async with world.deck() as deck:
                run = await deck.run_one(target)
        async with world.deck() as headless:
            await headless.clock.sleep(5)
            assert dict(headless.fleet.runs) == {}
        async with world.deck() as deck:
            deck.fleet.shown = True
            await deck.clock.sleep(5)
            assert deck.fleet.runs[run.run].verdict is Verdict.UNRESOLVED
            assert deck.fleet.suspicion(run.run) is not None
            assert deck.kinds(run.run) == []

    run_virtual(story())


def test_a_job_that_another_run_has_cannot_be_picked() -> None:
    async def story() -> None:
        world = scene()
        target = world.connection()
        with world.fault(NEVER):
            async with world.deck() as deck:
                run = await deck.run_one(target)
                job = world.foreign_job(target)
                other = RunId("r-other")
                await deck.journal.claim_job(other, target.connection_id, job)
                with pytest.raises(OrderRefused, match="is run r-other's already"):
                    await deck.fleet.pick(run.run, job)
                assert len(await deck.journal.open_intents()) == 1

    run_virtual(story())


def test_a_start_forgets_what_ended_long_ago(tmp_path: Path) -> None:
    async def story() -> None:
        world = scene(journal=tmp_path / "journal.db")
        async with world.deck() as deck:
            old = await deck.run_one(world.connection())
        await world.clock.sleep((Retention().age + timedelta(days=1)).total_seconds())
        async with world.deck() as deck:
            new = await deck.run_one(world.connection())
            assert [row.run for row in await deck.journal.runs()] == [new.run]
            assert await deck.journal.events(old.run) == ()

    run_virtual(story())


@pytest.mark.parametrize("whose", ["nobody's", "another connection's"])
def test_a_slip_in_picking_keeps_no_number_from_the_run_whose_job_will_have_it(whose: str) -> None:
    async def story() -> None:
        world = scene()
        target, another = world.connection(), world.connection()
        with world.fault(NEVER):
            async with world.deck() as deck:
                run = await deck.run_one(target)
                job = world.foreign_job(another)
                slip = job if whose == "another connection's" else job + 1
                with pytest.raises(OrderRefused, match=str(slip)):
                    await deck.fleet.pick(run.run, slip)
                assert await deck.journal.owners(target.connection_id, (slip,)) == {}
                assert deck.fleet.suspicion(run.run) is not None

    run_virtual(story())
