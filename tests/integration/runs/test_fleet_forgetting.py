"""A deck stays open for weeks: of what it has forgotten, nothing is left."""

from __future__ import annotations

import gc
from dataclasses import replace
from typing import Final

import pytest

from tests.support.fleets import STEADY, Deck, scene
from tests.support.holdings import entries_of
from tests.support.virtual_time import run_virtual
from workflow.airbyte.models import ConnectionId
from workflow.runs import chores, connection_view, following, ours
from workflow.runs.events import LaunchId
from workflow.runs.launch import Order, Target

KNOWN: Final = 5
"""About so many ended runs, and so many ended jobs, are known."""
LAUNCHES: Final = 25
SWAY: Final = 15
"""What is bounded goes up and down by less than this; what is kept of each launch, by more."""
BRIEF: Final = replace(STEADY, duration=3.0, pending=0.5)


@pytest.fixture(autouse=True)
def _forgets_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chores, "LET_GO_EVERY", 5.0)
    monkeypatch.setattr(ours, "_SPARE", 0)
    monkeypatch.setattr(following, "_SPARE", 0)
    monkeypatch.setattr(connection_view, "MOST_HISTORY", KNOWN)


def knows_few_jobs(deck: Deck) -> None:
    """As after many thousands of jobs of other connections."""
    deck.fleet.feed._planner.book._most_ended = KNOWN


async def launch_and_forget(deck: Deck, targets: tuple[Target, ...]) -> LaunchId:
    launch = await deck.fleet.launch(Order(targets, max_parallel=2))
    await deck.fleet.end()
    await deck.clock.sleep(30.0)
    return launch


def test_a_fleet_holds_no_more_for_having_had_more_runs() -> None:
    async def story() -> None:
        world = scene(connections=1)
        followed, *targets = world.connections(4, BRIEF)
        async with world.deck(most_ended=KNOWN) as deck:
            knows_few_jobs(deck)
            deck.fleet.shown = True
            await deck.clock.sleep(20.0)
            await deck.fleet.following.follow(ConnectionId(followed.connection_id))
            await deck.clock.sleep(20.0)

            async def held_after(launches: int) -> dict[str, int]:
                for _ in range(launches):
                    world.foreign_job(followed)
                    await launch_and_forget(deck, tuple(targets))
                await deck.clock.sleep(120.0)
                deck.told.clear()
                gc.collect()
                return entries_of(deck.fleet)

            before, after = await held_after(LAUNCHES), await held_after(LAUNCHES)
        grown = {
            path: (before[path], now) for path, now in after.items() if now - before[path] > SWAY
        }
        assert grown == {}
        assert sum(before.values()) > 500

    run_virtual(story())


def test_a_job_is_no_strangers_while_the_feed_has_it_though_its_run_is_forgotten() -> None:
    async def story() -> None:
        world = scene(connections=1)
        failing = world.connection(replace(BRIEF, failure_chance=1.0, max_attempts=1))
        others = world.connections(3, BRIEF)
        async with world.deck(most_ended=0) as deck:
            deck.fleet.shown = True
            launch = await launch_and_forget(deck, (failing,))
            for _ in range(5):
                await launch_and_forget(deck, others)
            assert launch not in deck.fleet.launches
            assert any(one.job.status == "failed" for one in deck.fleet.feed.jobs.values())
            assert dict(deck.fleet.watch.foreign) == {}

    run_virtual(story())


def test_what_a_followed_connection_did_long_ago_is_not_watched_again() -> None:
    """The feed has forgotten its jobs, and reads them once more in a sweep."""

    async def story() -> None:
        world = scene(connections=1)
        followed = world.connection(BRIEF)
        async with world.deck(most_ended=0) as deck:
            knows_few_jobs(deck)
            deck.fleet.shown = True
            await deck.fleet.following.follow(ConnectionId(followed.connection_id))
            await deck.clock.sleep(20.0)
            for _ in range(20):
                world.foreign_job(followed)
                await deck.clock.sleep(30.0)
            await deck.clock.sleep(600.0)
            watched = [event.run for event in deck.told if event.fact.kind == "run.created"]
            assert len(watched) == len(set(watched)) == 20

    run_virtual(story())


def test_a_run_taken_up_of_a_launch_that_is_over_waits_for_nobody() -> None:
    """Its slots went with the last run that was looked after."""

    async def story() -> None:
        world = scene(connections=1)
        first, second = world.connections(2)
        async with world.deck() as deck:
            launch = await deck.fleet.launch(Order((first, second), max_parallel=1))
            await deck.until(lambda: any(run.status for run in deck.of_launch(launch)))
            await deck.fleet.hold(launch)
            for run in deck.of_launch(launch):
                await deck.fleet.detach(run.run)
            assert deck.fleet.launches[launch].finished is not None
            for run in deck.of_launch(launch):
                if run.job_id is not None:
                    await deck.fleet.attach_run(run.run)
            await deck.fleet.end()
            assert [run.verdict for run in deck.of_launch(launch)].count("succeeded") == 1

    run_virtual(story())
