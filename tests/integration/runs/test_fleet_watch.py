"""The watch over a whole server: every connection, foreign jobs, what is late."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import parse_qs

from tests.support.fleets import STEADY, Deck, Scene, scene
from tests.support.virtual_time import run_virtual
from workflow.airbyte.models import ConnectionId, JobId
from workflow.airbyte.readings import ColdStartDone
from workflow.runs.events import FeedRate, Verdict
from workflow.runs.launch import Order
from workflow.runs.newest import MOST_PAGES
from workflow.runs.watch import ConnectionView
from workflow.sandbox.model import JobType


async def until(deck: Deck, holds: Callable[[], bool]) -> None:
    """Wait for a change of the watch after which something holds."""
    changed = asyncio.Event()
    end = deck.fleet.watch.subscribe(changed.set)
    try:
        while not holds():
            changed.clear()
            await changed.wait()
    finally:
        end()


def asked_about_one(world: Scene) -> int:
    """Return how many requests were about a single connection."""
    return sum("connectionId=" in e.query or "/connections/" in e.path for e in world.box.log)


async def loaded(deck: Deck) -> None:
    deck.fleet.shown = True
    await until(deck, lambda: deck.fleet.watch.loading.done)


def test_all_connections_are_loaded_however_many_pages_they_are() -> None:
    async def story() -> None:
        world = scene(connections=230)
        async with world.deck() as deck:
            await loaded(deck)
            assert len(deck.fleet.watch.connections) == 230
            assert deck.fleet.watch.loading.loaded == 230
            assert world.box.log.count("listConnections") == 3

    run_virtual(story())


def test_the_pages_come_one_after_the_other() -> None:
    async def story() -> None:
        async with scene(connections=230).deck() as deck:
            seen: list[int] = []
            deck.fleet.watch.subscribe(lambda: seen.append(deck.fleet.watch.loading.loaded))
            await loaded(deck)
            assert {100, 200, 230} <= set(seen)

    run_virtual(story())


def test_minutes_in_which_nothing_comes_due_leave_the_views_as_they_are() -> None:
    async def story() -> None:
        async with scene(connections=40).deck() as deck:
            await loaded(deck)
            views = deck.fleet.watch.connections
            await until(deck, lambda: all(view.read for view in views.values()))
            before = dict(views)
            await asyncio.sleep(150)
            alike = [view for key, view in views.items() if view == before[key]]
            assert any(view.next_due is not None for view in alike)
            assert all(view is before[view.connection.connection_id] for view in alike)

    run_virtual(story())


def test_past_jobs_tell_the_last_status_and_the_usual_duration() -> None:
    async def story() -> None:
        world = scene(connections=1)
        target = world.connection(replace(STEADY, past_jobs=0))
        async with world.deck() as deck:
            for _ in range(3):
                await deck.run_one(target)
        async with world.deck() as deck:
            view = await read(deck, target.connection_id)
            assert view.last_status == "succeeded"
            assert view.usual_of == 3
            assert view.usual is not None
            assert 90 < view.usual.total_seconds() < 120
            assert view.live_job is None

    async def read(deck: Deck, connection_id: str) -> ConnectionView:
        await loaded(deck)
        views, name = deck.fleet.watch.connections, ConnectionId(connection_id)
        await until(deck, lambda: views[name].read)
        return views[name]

    run_virtual(story())


def test_what_was_not_read_says_so_until_somebody_looks() -> None:
    async def story() -> None:
        async with scene(connections=60).deck() as deck:
            await loaded(deck)
            views = deck.fleet.watch.connections
            assert not any(view.read for view in views.values())
            first = next(iter(views))
            deck.fleet.watch.look_at([first])
            await until(deck, lambda: views[first].read)
            assert sum(view.read for view in views.values()) == 1

    run_virtual(story())


def test_a_job_of_ours_is_foreign_at_no_instant() -> None:
    async def story() -> None:
        world = scene()
        async with world.deck() as deck:
            await loaded(deck)
            seen: set[JobId] = set()
            deck.fleet.feed.subscribe(lambda _: seen.update(deck.fleet.watch.foreign))
            await deck.fleet.launch(Order(world.connections(3)))
            await deck.fleet.end()
            ours = {JobId(run.job_id) for run in deck.fleet.runs.values() if run.job_id}
            assert len(ours) == 3
            assert seen.isdisjoint(ours)

    run_virtual(story())


def test_a_foreign_job_is_seen_and_one_of_ours_is_not_foreign() -> None:
    async def story() -> None:
        world = scene(connections=1)
        mine, theirs = world.connections(2)
        job = JobId(world.foreign_job(theirs))
        async with world.deck() as deck:
            await loaded(deck)
            launch = await deck.fleet.launch(Order((mine,)))
            await until(deck, lambda: job in deck.fleet.watch.foreign)
            await deck.until(lambda: deck.of_launch(launch)[0].job_id is not None)
            ours = deck.of_launch(launch)[0].job_id
            assert set(deck.fleet.watch.foreign) == {job}
            assert ours is not None
            assert JobId(ours) in deck.fleet.feed.jobs
            view = deck.fleet.watch.connections[ConnectionId(theirs.connection_id)]
            assert view.live_job is not None
            assert view.live_job.job_id == job
            await until(deck, lambda: job not in deck.fleet.watch.foreign)
            await deck.fleet.end()

    run_virtual(story())


def test_a_job_that_just_failed_is_still_shown() -> None:
    async def story() -> None:
        world = scene(connections=1)
        failing = replace(STEADY, failure_chance=1.0, max_attempts=1)
        job = JobId(world.foreign_job(world.connection(failing)))
        await world.clock.sleep(600)
        async with world.deck() as deck:
            await loaded(deck)
            await until(deck, lambda: job in deck.fleet.watch.foreign)
            assert deck.fleet.watch.foreign[job].status == "failed"

    run_virtual(story())


def test_a_server_that_cannot_be_read_is_said_and_tried_again() -> None:
    async def story() -> None:
        world: Scene = scene(connections=5)
        async with world.deck() as deck:
            with world.fault("server-error:endpoint=listConnections"):
                deck.fleet.shown = True
                await until(deck, lambda: deck.fleet.watch.error is not None)
                assert not deck.fleet.watch.loading.done
            await until(deck, lambda: deck.fleet.watch.loading.done)
            assert deck.fleet.watch.error is None

    run_virtual(story())


def test_a_connection_is_enabled_and_disabled_at_the_server() -> None:
    async def story() -> None:
        world = scene(connections=1)
        target = world.connection()
        async with world.deck() as deck:
            await loaded(deck)
            await deck.fleet.set_connection_status(target.connection_id, active=False)
            view = deck.fleet.watch.connections[ConnectionId(target.connection_id)]
            assert not view.connection.is_active
            assert (await deck.run_one(target)).verdict is Verdict.SKIPPED

    run_virtual(story())


def test_without_anybody_looking_only_what_runs_is_read() -> None:
    async def story() -> None:
        world = scene(connections=230)
        async with world.deck() as deck:
            await deck.run_one(world.connection())
        assert world.box.log.count("listConnections") == 0

    run_virtual(story())


def test_a_check_of_what_is_watched_already_asks_the_server_nothing() -> None:
    async def story() -> None:
        world = scene(connections=1)
        free, busy = world.connections(2)
        world.foreign_job(busy)
        async with world.deck() as deck:
            await loaded(deck)
            views = deck.fleet.watch.connections
            await until(deck, lambda: all(view.read for view in views.values()))
            before = asked_about_one(world)
            checks = {c.target: c.will async for c in deck.fleet.check(Order((free, busy)))}
            assert checks == {free: "send", busy: "attach"}
            assert asked_about_one(world) == before

    run_virtual(story())


def test_a_check_says_what_a_launch_would_do_and_sends_nothing() -> None:
    async def story() -> None:
        world = scene(connections=1)
        free, busy = world.connections(2)
        off = world.connection(status="inactive")
        world.foreign_job(busy)
        async with world.deck() as deck:
            order = Order((free, busy, off))
            checks = {c.target: c async for c in deck.fleet.check(order)}
            clear = Order((busy,), job_type="clear")
            (blocked,) = [c async for c in deck.fleet.check(clear)]
        assert [checks[t].will for t in (free, busy, off)] == ["send", "attach", "skip"]
        assert checks[busy].last.startswith("pending")
        assert blocked.will == "blocked"
        assert world.posts() == 0

    run_virtual(story())


def test_a_refresh_is_seen_on_a_server_whose_lists_leave_refreshes_out() -> None:
    async def story() -> None:
        world = scene(connections=1, faults=("old-job-types",))
        target = world.connection(replace(STEADY, duration=2_000.0))
        async with world.deck() as deck:
            await loaded(deck)
            first = JobId(world.foreign_job(target, JobType.REFRESH))
            await until(deck, lambda: first in deck.fleet.watch.foreign)
            # It was found by a sweep that named its type; from then on the feed knows.
            began = world.clock.monotonic()
            second = JobId(world.foreign_job(world.connection(), JobType.REFRESH))
            await until(deck, lambda: second in deck.fleet.watch.foreign)
            assert world.clock.monotonic() - began < 20.0

    run_virtual(story())


def test_a_cold_start_over_400_connections_says_in_five_lists_what_is_red_and_what_runs() -> None:
    async def story() -> None:
        world = scene(connections=400)
        behaviours = (
            replace(STEADY, failure_chance=1.0, max_attempts=1),
            replace(STEADY, duration=9_000.0),
            replace(STEADY, duration=9_000.0, first_failures=1, backoff=9_000.0),
            replace(STEADY, pending=9_000.0),
        )
        red, runs, retries, waits = (
            JobId(world.foreign_job(world.connection(behaviour))) for behaviour in behaviours
        )
        await world.clock.sleep(5_000.0)
        async with world.deck() as deck:
            world.box.log.clear()
            answered = asyncio.Event()
            deck.fleet.feed.subscribe(
                lambda fact: answered.set() if isinstance(fact, ColdStartDone) else None
            )
            deck.fleet.shown = True
            await answered.wait()
            asked = [parse_qs(entry.query) for entry in world.box.log]
            lists = [query["status"][0] for query in asked if "status" in query]
            assert lists == ["failed", "running", "incomplete", "pending", "queued"]
            assert {red, runs, retries, waits} <= set(deck.fleet.watch.foreign)
            told = deck.fleet.watch.foreign
            assert [told[job].status for job in (red, runs, retries, waits)] == [
                "failed",
                "running",
                "incomplete",
                "pending",
            ]

    run_virtual(story())


def test_of_400_connections_the_latest_jobs_are_told_from_a_few_pages_newest_first() -> None:
    async def story() -> None:
        world = scene(connections=398)
        failed = world.connection(replace(STEADY, failure_chance=1.0, max_attempts=1))
        never = world.connection()
        world.foreign_job(failed)
        await world.clock.sleep(30 * 3600.0)
        async with world.deck() as deck:
            deck.fleet.shown = True
            views = deck.fleet.watch.connections
            red, unused = (ConnectionId(one.connection_id) for one in (failed, never))
            await until(deck, lambda: red in views and views[red].latest_read)
            assert views[red].last_status == "failed"
            assert not views[red].read
            pages = [
                int(parse_qs(entry.query)["offset"][0])
                for entry in world.box.log
                if "status" not in entry.query and "Start" not in entry.query
                if entry.endpoint == "listJobs" and "createdAt" in entry.query
            ]
            assert pages == [0]
            await until(deck, lambda: all(view.latest_read for view in views.values()))
            assert views[unused].last_status is None

    run_virtual(story())


def test_how_far_back_the_latest_jobs_are_looked_for_is_bounded() -> None:
    async def story() -> None:
        world = scene(connections=2_000)
        async with world.deck() as deck:
            await loaded(deck)
            await world.clock.sleep(60.0)
            views = deck.fleet.watch.connections.values()
            assert 0 < sum(view.latest_read for view in views) < 2_000
            lists = [e for e in world.box.log if e.endpoint == "listJobs"]
            assert len(lists) <= 5 + MOST_PAGES + 5

    run_virtual(story())


def test_how_many_requests_there_were_in_the_last_minute_is_told_to_machines() -> None:
    async def story() -> None:
        world = scene(connections=1)
        async with world.deck() as deck:
            await deck.run_one(world.connection())
            rates = [e.fact.per_minute for e in deck.told if isinstance(e.fact, FeedRate)]
            assert len(rates) > 3
            assert 0 < max(rates) <= world.box.log.count()

    run_virtual(story())
