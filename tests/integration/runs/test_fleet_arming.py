"""A read-only profile that is armed for a while, on the whole sandbox in virtual time."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.support.fleets import STEADY, scene
from tests.support.virtual_time import run_virtual
from workflow.runs.events import Verdict
from workflow.runs.launch import Order, OrderRefused


def test_an_armed_profile_sends_what_is_launched() -> None:
    async def story() -> None:
        world = scene()
        async with world.deck(read_only=True) as deck:
            deck.fleet.arm()
            await deck.fleet.launch(Order((world.connection(),)))
            await deck.fleet.end()
            (run,) = deck.fleet.runs.values()
        assert run.verdict is Verdict.SUCCEEDED
        assert world.posts() == 1

    run_virtual(story())


def test_when_it_has_fallen_back_nothing_is_sent() -> None:
    async def story() -> None:
        world = scene()
        async with world.deck(read_only=True) as deck:
            deck.fleet.arm(timedelta(minutes=5))
            await world.clock.sleep(300)
            with pytest.raises(OrderRefused, match="read-only"):
                await deck.fleet.launch(Order((world.connection(),)))
        assert world.posts() == 0

    run_virtual(story())


def test_what_waits_when_it_falls_back_is_held_and_goes_on_when_armed_again() -> None:
    async def story() -> None:
        world = scene()
        async with world.deck(read_only=True) as deck:
            deck.fleet.arm(timedelta(seconds=5))
            targets = world.connections(3, STEADY)
            launch = await deck.fleet.launch(Order(targets, max_parallel=1))
            await world.clock.sleep(3600)
            state = deck.fleet.launches[launch]
            assert (state.held, state.held_why) == (True, "read-only again")
            assert (state.waiting, world.posts()) == (2, 1)
            with pytest.raises(OrderRefused, match="read-only"):
                await deck.fleet.go_on(launch)
            deck.fleet.arm(timedelta(hours=1))
            await deck.fleet.go_on(launch)
            await deck.fleet.end()
            assert deck.fleet.launches[launch].verdicts == {Verdict.SUCCEEDED: 3}

    run_virtual(story())


def test_a_jobs_watch_goes_on_when_it_has_fallen_back() -> None:
    async def story() -> None:
        world = scene()
        async with world.deck(read_only=True) as deck:
            deck.fleet.arm(timedelta(seconds=5))
            await deck.fleet.launch(Order((world.connection(),)))
            await deck.fleet.end()
            (run,) = deck.fleet.runs.values()
            assert deck.fleet.read_only
        assert run.verdict is Verdict.SUCCEEDED

    run_virtual(story())


def test_a_trigger_that_was_being_prepared_when_it_fell_back_is_not_sent() -> None:
    """Its launch has nothing that waits, so there is nothing to hold."""

    async def story() -> None:
        world = scene()
        async with world.deck(read_only=True) as deck:
            deck.fleet.arm(timedelta(seconds=20))
            with world.fault("server-error:endpoint=listJobs,ends=40s"):
                await deck.fleet.launch(Order((world.connection(),)))
                await deck.fleet.end()
            (run,) = deck.fleet.runs.values()
            assert await deck.journal.open_intents() == ()
        assert run.verdict is Verdict.REJECTED
        assert "read-only: nothing was sent" in (run.why or "")
        assert world.posts() == 0

    run_virtual(story())
