"""A connection that is followed: every job that appears on it is watched, once."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from tests.integration.runs.test_fleet_watch import loaded, until
from tests.support.fleets import STEADY, Deck, Scene, scene
from tests.support.virtual_time import run_virtual
from workflow.airbyte.models import ConnectionId, JobId
from workflow.runs.events import Origin, Verdict
from workflow.runs.launch import Order, Target
from workflow.runs.run import RunState


def id_of(target: Target) -> ConnectionId:
    return ConnectionId(target.connection_id)


def runs_of(deck: Deck, job: int) -> list[RunState]:
    return [run for run in deck.fleet.runs.values() if run.job_id == job]


async def until_ended(deck: Deck, world: Scene, job: int) -> None:
    """Wait until the feed has read a job as ended, and for what comes of that."""
    feed = deck.fleet.feed
    await until(deck, lambda: JobId(job) in feed.jobs and feed.jobs[JobId(job)].job.is_terminal)
    await world.clock.sleep(60.0)


def test_each_job_that_appears_on_a_followed_connection_is_watched_to_its_end() -> None:
    async def story() -> None:
        world = scene(connections=1)
        followed, other = world.connections(2)
        async with world.deck() as deck:
            await loaded(deck)
            await deck.fleet.following.follow(id_of(followed))
            await world.clock.sleep(120.0)
            jobs = [world.foreign_job(followed)]
            left_alone = world.foreign_job(other)
            await until_ended(deck, world, jobs[0])
            jobs.append(world.foreign_job(followed))
            await until_ended(deck, world, jobs[1])
            for job in jobs:
                (run,) = runs_of(deck, job)
                assert (run.verdict, run.origin) == (Verdict.SUCCEEDED, Origin.ATTACHED)
            assert runs_of(deck, left_alone) == []
            assert world.posts() == 0

    run_virtual(story())


def test_a_job_that_runs_when_following_begins_is_watched_and_past_ones_are_not() -> None:
    async def story() -> None:
        world = scene(connections=1)
        busy, idle = world.connections(2)
        before = [world.foreign_job(busy), world.foreign_job(idle)]
        await world.clock.sleep(300.0)
        now = world.foreign_job(busy)
        async with world.deck() as deck:
            await loaded(deck)
            for one in (busy, idle):
                await deck.fleet.following.follow(id_of(one))
            await until_ended(deck, world, now)
            assert len(runs_of(deck, now)) == 1
            assert [runs_of(deck, job) for job in before] == [[], []]

    run_virtual(story())


def test_a_job_that_came_and_went_between_two_looks_is_shown_as_well() -> None:
    async def story() -> None:
        world = scene(connections=1)
        brief = world.connection(replace(STEADY, duration=1.0, pending=0.5))
        async with world.deck() as deck:
            await loaded(deck)
            await deck.fleet.following.follow(id_of(brief))
            await world.clock.sleep(100.0)
            job = world.foreign_job(brief)
            await until_ended(deck, world, job)
            (run,) = runs_of(deck, job)
            assert run.verdict is Verdict.SUCCEEDED

    run_virtual(story())


def test_following_waits_for_quiet_lists_and_not_for_idle_ones() -> None:
    async def story() -> None:
        world = scene(connections=1)
        followed = world.connection()
        async with world.deck() as deck:
            await loaded(deck)
            await deck.fleet.following.follow(id_of(followed))
            await world.clock.sleep(100.0)
            job = world.foreign_job(followed)
            began = world.clock.monotonic()
            await deck.until(lambda: bool(runs_of(deck, job)))
            assert world.clock.monotonic() - began < 20.0

    run_virtual(story())


def test_a_run_of_ours_on_a_followed_connection_stays_the_only_one() -> None:
    async def story() -> None:
        world = scene(connections=1)
        followed = world.connection()
        async with world.deck() as deck:
            await loaded(deck)
            await deck.fleet.following.follow(id_of(followed))
            with world.fault("slow-post:seconds=40s"):
                run = await deck.run_one(followed)
            await world.clock.sleep(60.0)
            assert run.origin is Origin.STARTED
            assert len(deck.fleet.runs) == 1

    run_virtual(story())


def test_who_lets_a_followed_job_go_does_not_get_it_back() -> None:
    async def story() -> None:
        world = scene(connections=1)
        followed = world.connection()
        job = world.foreign_job(followed)
        async with world.deck() as deck:
            await loaded(deck)
            await deck.fleet.following.follow(id_of(followed))
            await deck.until(lambda: bool(runs_of(deck, job)))
            await world.clock.sleep(5.0)
            (run,) = runs_of(deck, job)
            await deck.fleet.detach(run.run)
            await until_ended(deck, world, job)
            assert len(runs_of(deck, job)) == 1
            assert runs_of(deck, job)[0].verdict is None

    run_virtual(story())


def test_what_is_not_followed_any_more_is_left_alone() -> None:
    async def story() -> None:
        world = scene(connections=1)
        followed = world.connection()
        async with world.deck() as deck:
            await loaded(deck)
            await deck.fleet.following.follow(id_of(followed))
            await world.clock.sleep(30.0)
            await deck.fleet.following.unfollow(id_of(followed))
            job = world.foreign_job(followed)
            await until_ended(deck, world, job)
            assert deck.fleet.following.connections == frozenset()
            assert runs_of(deck, job) == []

    run_virtual(story())


def test_what_is_followed_is_still_followed_by_the_next_process(tmp_path: Path) -> None:
    async def story() -> None:
        world = scene(journal=tmp_path / "journal.db", connections=1)
        kept, dropped = world.connections(2)
        async with world.deck() as deck:
            await loaded(deck)
            for one in (kept, dropped):
                await deck.fleet.following.follow(id_of(one))
            await deck.fleet.following.unfollow(id_of(dropped))
        async with world.deck() as deck:
            await loaded(deck)
            await world.clock.sleep(30.0)
            assert deck.fleet.following.connections == {id_of(kept)}
            job = world.foreign_job(kept)
            await until_ended(deck, world, job)
            assert len(runs_of(deck, job)) == 1

    run_virtual(story())


def test_nothing_is_followed_while_nobody_looks(tmp_path: Path) -> None:
    async def story() -> None:
        world = scene(journal=tmp_path / "journal.db", connections=1)
        followed, mine = world.connections(2)
        async with world.deck() as deck:
            await loaded(deck)
            await deck.fleet.following.follow(id_of(followed))
        async with world.deck() as deck:
            world.foreign_job(followed)
            launch = await deck.fleet.launch(Order((mine,)))
            await deck.fleet.end()
            assert list(deck.fleet.runs.values()) == deck.of_launch(launch)

    run_virtual(story())


def test_a_server_that_does_not_answer_is_asked_again_where_following_begins() -> None:
    async def story() -> None:
        world = scene(connections=1)
        followed = world.connection()
        async with world.deck() as deck:
            await loaded(deck)
            with world.fault("server-error:status=503"):
                await deck.fleet.following.follow(id_of(followed))
                await world.clock.sleep(120.0)
            await world.clock.sleep(120.0)
            job = world.foreign_job(followed)
            await until_ended(deck, world, job)
            assert len(runs_of(deck, job)) == 1

    run_virtual(story())
