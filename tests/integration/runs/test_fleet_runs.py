"""Runs from their launch to their verdict, on the whole sandbox in virtual time."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.support.fleets import STEADY, most_at_once, scene
from tests.support.virtual_time import run_virtual
from workflow.airbyte.models import JobId
from workflow.runs.events import (
    LaunchFinished,
    Origin,
    PollFailed,
    RunFinished,
    StatusChanged,
    Verdict,
)
from workflow.runs.launch import OnConflict, Order, OrderRefused
from workflow.runs.run import Phase
from workflow.sandbox.model import JobType

FAILING = replace(STEADY, failure_chance=1.0, max_attempts=1)
Story = Callable[[], Coroutine[Any, Any, None]]


def virtually(story: Story) -> Callable[[], None]:
    """Run a test in virtual time."""

    def test() -> None:
        run_virtual(story())

    test.__doc__, test.__name__ = story.__doc__, story.__name__
    return test


@virtually
async def test_a_run_goes_from_trigger_to_verdict_with_one_post() -> None:
    world = scene()
    async with world.deck() as deck:
        run = await deck.run_one(world.connection())
    assert run.verdict is Verdict.SUCCEEDED
    assert run.origin is Origin.STARTED
    assert run.rows == 1_000
    assert run.outputs == {"jobId": run.job_id, "finalStatus": "succeeded", "rowsSynced": 1_000}
    assert world.posts() == 1


@virtually
async def test_a_failed_job_is_a_failed_run() -> None:
    world = scene()
    async with world.deck() as deck:
        run = await deck.run_one(world.connection(FAILING))
    assert run.verdict is Verdict.FAILED
    assert run.outputs is not None
    assert run.outputs["finalStatus"] == "failed"


@virtually
async def test_a_retrying_job_is_watched_through_its_attempts() -> None:
    world = scene()
    retrying = replace(STEADY, first_failures=1, backoff=30.0)
    async with world.deck() as deck:
        run = await deck.run_one(world.connection(retrying))
    assert run.verdict is Verdict.SUCCEEDED
    assert "incomplete" in [transition.status for transition in run.transitions]


@virtually
async def test_an_inactive_connection_is_skipped_and_nothing_is_sent() -> None:
    world = scene()
    async with world.deck() as deck:
        run = await deck.run_one(world.connection(status="inactive"))
    assert run.verdict is Verdict.SKIPPED
    assert world.posts() == 0


@virtually
async def test_a_definite_refusal_is_rejected() -> None:
    world = scene()
    async with world.deck() as deck:
        run = await deck.run_one(world.connection(), job_type="refresh")
    assert run.verdict is Verdict.REJECTED
    assert run.job_id is None
    assert run.outputs == {"jobId": None, "finalStatus": None, "rowsSynced": None}


@virtually
async def test_a_job_in_the_way_is_attached_to_and_nothing_is_sent() -> None:
    world = scene()
    target = world.connection()
    job_id = world.foreign_job(target)
    async with world.deck() as deck:
        run = await deck.run_one(target)
    assert (run.verdict, run.origin, run.job_id) == (Verdict.SUCCEEDED, Origin.ATTACHED, job_id)
    assert world.posts() == 0


@virtually
async def test_a_job_in_the_way_is_waited_for_when_that_was_asked() -> None:
    world = scene()
    target = world.connection()
    before = world.foreign_job(target)
    async with world.deck() as deck:
        run = await deck.run_one(target, on_conflict=OnConflict.WAIT)
    assert run.verdict is Verdict.SUCCEEDED
    assert run.job_id is not None
    assert run.job_id > before
    assert world.posts() == 1


@virtually
async def test_twenty_targets_five_at_once_are_never_six() -> None:
    world = scene()
    targets = world.connections(20)
    async with world.deck() as deck:
        launch = await deck.fleet.launch(Order(targets, max_parallel=5))
        await deck.fleet.end()
        runs = deck.of_launch(launch)
    assert [run.verdict for run in runs] == [Verdict.SUCCEEDED] * 20
    assert most_at_once(world.world, targets) == 5
    assert deck.most_live == 5
    assert world.posts() == 20


@virtually
async def test_however_many_go_at_once_none_is_sent_on_an_old_look() -> None:
    world = scene()
    targets = world.connections(60)
    with world.fault("latency:seconds=1s"):
        async with world.deck() as deck:
            launch = await deck.fleet.launch(Order(targets, max_parallel=60))
            await deck.until(lambda: all(run.job_id for run in deck.of_launch(launch)))
    looked = {
        entry.path.rpartition("/")[2]: entry.arrived
        for entry in world.box.log
        if entry.endpoint == "getConnection"
    }
    sent = {
        str(job.connection_id): job.history[0][1]
        for job in world.world.jobs
        if job.cause.request is not None
    }
    ages = [sent[target.connection_id] - looked[target.connection_id] for target in targets]
    assert max(ages) <= 5


@virtually
async def test_the_launch_ends_just_before_its_last_run() -> None:
    world = scene()
    async with world.deck() as deck:
        launch = await deck.fleet.launch(Order(world.connections(3), max_parallel=2))
        await deck.fleet.end()
        ends = [e.fact for e in deck.told if isinstance(e.fact, LaunchFinished | RunFinished)]
        assert deck.fleet.launches[launch].finished is not None
    assert [type(fact) for fact in ends] == [
        RunFinished,
        RunFinished,
        LaunchFinished,
        RunFinished,
    ]
    closing = ends[2]
    assert isinstance(closing, LaunchFinished)
    assert closing.verdicts == {"succeeded": 3}
    assert (closing.rows, closing.rows_unknown) == (3_000, 0)


@virtually
async def test_a_launch_is_held_after_failures_in_a_row_and_goes_on_when_told() -> None:
    world = scene()
    targets = world.connections(5, FAILING)
    async with world.deck() as deck:
        order = Order(targets, max_parallel=1, hold_after=2)
        launch = await deck.fleet.launch(order)
        await deck.until(lambda: deck.fleet.launches[launch].held)
        state = deck.fleet.launches[launch]
        assert (state.ended, state.waiting) == (2, 3)
        assert state.held_why == "2 failures in a row"
        assert world.posts() == 2
        await deck.fleet.go_on(launch)
        await deck.until(lambda: deck.fleet.launches[launch].ended == 4)
        await deck.until(lambda: deck.fleet.launches[launch].held)
        assert world.posts() == 4


@virtually
async def test_one_goes_first_and_the_rest_follow_when_it_has_succeeded() -> None:
    world = scene()
    async with world.deck() as deck:
        launch = await deck.fleet.launch(Order(world.connections(4), one_first=True))
        await deck.until(lambda: deck.fleet.launches[launch].ended == 1)
        assert world.posts() == 1
        await deck.fleet.end()
    assert world.posts() == 4


@virtually
async def test_the_rest_is_held_when_the_first_one_fails() -> None:
    world = scene()
    async with world.deck() as deck:
        launch = await deck.fleet.launch(Order(world.connections(4, FAILING), one_first=True))
        await deck.until(lambda: deck.fleet.launches[launch].held)
        assert deck.fleet.launches[launch].held_why == "the first run ended as failed"
        assert deck.fleet.launches[launch].waiting == 3
    assert world.posts() == 1


@virtually
async def test_a_deadline_ends_the_waiting_and_not_the_job() -> None:
    world = scene()
    async with world.deck() as deck:
        run = await deck.run_one(world.connection(), deadline=timedelta(seconds=40))
    assert run.verdict is Verdict.EXPIRED
    assert run.why is not None
    assert "goes on" in run.why
    assert run.outputs is not None
    assert run.outputs["jobId"] == run.job_id
    assert run.outputs["finalStatus"] == "running"
    assert world.box.log.count("cancelJob") == 0


@virtually
async def test_a_deadline_cancels_the_job_when_that_was_asked() -> None:
    world = scene()
    async with world.deck() as deck:
        run = await deck.run_one(
            world.connection(), deadline=timedelta(seconds=40), cancel_on_deadline=True
        )
    assert run.verdict is Verdict.CANCELLED
    assert world.box.log.count("cancelJob") == 1


@virtually
async def test_a_deadline_counts_from_the_slot() -> None:
    world = scene()
    async with world.deck() as deck:
        order = Order(world.connections(3), max_parallel=1, deadline=timedelta(seconds=150))
        launch = await deck.fleet.launch(order)
        await deck.fleet.end()
        assert deck.fleet.launches[launch].verdicts == {Verdict.SUCCEEDED: 3}


@virtually
async def test_a_cancelled_run_ends_as_cancelled_with_its_wish_settled_before() -> None:
    world = scene()
    async with world.deck() as deck:
        launch = await deck.fleet.launch(Order((world.connection(),)))
        (run,) = deck.of_launch(launch)
        await deck.until(lambda: deck.fleet.runs[run.run].status == "running")
        await deck.fleet.cancel(run.run)
        await deck.fleet.end()
        ended = deck.fleet.runs[run.run]
        kinds = deck.kinds(run.run)
    assert ended.verdict is Verdict.CANCELLED
    assert ended.cancel is not None
    assert ended.cancel.how == "cancelled"
    assert kinds[-1] == "run.finished"
    assert kinds.count("cancel.settled") == 1


@virtually
async def test_cancelling_a_waiting_run_sends_nothing() -> None:
    world = scene()
    async with world.deck() as deck:
        launch = await deck.fleet.launch(Order(world.connections(2), max_parallel=1))
        await deck.until(lambda: deck.fleet.launches[launch].live == 1)
        waiting = next(r for r in deck.of_launch(launch) if r.phase is Phase.WAITING)
        await deck.fleet.cancel(waiting.run)
        await deck.fleet.end()
        assert deck.fleet.runs[waiting.run].verdict is Verdict.CANCELLED
    assert world.posts() == 1
    assert world.box.log.count("cancelJob") == 0


@virtually
async def test_a_successor_right_after_a_cancel_is_pointed_out() -> None:
    world = scene()
    with world.fault("sync-after-cancel"):
        async with world.deck() as deck:
            launch = await deck.fleet.launch(Order((world.connection(),)))
            (run,) = deck.of_launch(launch)
            await deck.until(lambda: deck.fleet.runs[run.run].status == "running")
            await deck.fleet.cancel(run.run)
            await deck.fleet.end()
            ended = deck.fleet.runs[run.run]
    assert [warning.kind for warning in ended.warnings] == ["successor"]


@virtually
async def test_a_success_without_rows_is_pointed_out() -> None:
    world = scene()
    async with world.deck() as deck:
        run = await deck.run_one(world.connection(replace(STEADY, rows=0)))
    assert run.verdict is Verdict.SUCCEEDED
    assert [warning.kind for warning in run.warnings] == ["zero-rows"]


@virtually
async def test_rows_that_stand_still_are_pointed_out_until_they_move() -> None:
    world = scene()
    late = replace(STEADY, duration=1_500.0, commits="end")
    async with world.deck() as deck:
        launch = await deck.fleet.launch(Order((world.connection(late),)))
        (run,) = deck.of_launch(launch)
        await deck.until(lambda: bool(deck.fleet.runs[run.run].warnings))
        assert [w.kind for w in deck.fleet.runs[run.run].warnings] == ["no-rows"]
        await deck.fleet.end()
        assert deck.fleet.runs[run.run].verdict is Verdict.SUCCEEDED
        assert deck.fleet.runs[run.run].warnings == ()


@virtually
async def test_a_run_of_three_times_the_usual_is_pointed_out_though_nobody_looks() -> None:
    world = scene()
    target = world.connection(replace(STEADY, duration=240.0))
    catalogue = world.world.catalogue
    async with world.deck() as deck:
        for _ in range(3):
            await deck.run_one(target)
        quick = catalogue.connection(target.connection_id)
        assert quick is not None
        catalogue.add_connection(replace(quick, behaviour=replace(STEADY, duration=900.0)))
        run = await deck.run_one(target)
        assert not deck.fleet.shown
    assert [warning.kind for warning in run.warnings] == ["slow"]


@virtually
async def test_an_attached_job_is_watched_to_its_end_and_named() -> None:
    world = scene()
    target = world.connection()
    job_id = world.foreign_job(target, JobType.CLEAR)
    async with world.deck() as deck:
        run = await deck.fleet.attach(job_id)
        assert await deck.fleet.attach(job_id) == run
        await deck.fleet.end()
        state = deck.fleet.runs[run]
    assert (state.verdict, state.origin) == (Verdict.SUCCEEDED, Origin.ATTACHED)
    assert state.watch_only
    assert state.connection_id == target.connection_id
    assert world.posts() == 0


@virtually
async def test_a_job_that_is_not_there_cannot_be_attached() -> None:
    world = scene()
    async with world.deck() as deck:
        with pytest.raises(OrderRefused, match="There is no job 999999 at this server"):
            await deck.fleet.attach(999_999)


@virtually
async def test_a_read_only_profile_sends_nothing() -> None:
    world = scene()
    async with world.deck(read_only=True) as deck:
        with pytest.raises(OrderRefused, match="read-only"):
            await deck.fleet.launch(Order((world.connection(),)))
        assert world.posts() == 0


@virtually
async def test_bad_inputs_are_refused_before_anything_exists() -> None:
    world = scene()
    async with world.deck() as deck:
        with pytest.raises(OrderRefused, match="jobType"):
            await deck.fleet.launch(Order((world.connection(),), job_type="explode"))
        assert deck.fleet.launches == {}
        assert world.box.log.count() == 0


@virtually
async def test_a_network_that_is_cut_makes_a_run_stale_and_not_failed() -> None:
    world = scene()
    async with world.deck() as deck:
        launch = await deck.fleet.launch(Order((world.connection(),)))
        (run,) = deck.of_launch(launch)
        await deck.until(lambda: deck.fleet.runs[run.run].status == "running")
        with world.fault("cut-before"):
            await deck.until(lambda: deck.fleet.runs[run.run].failing is not None)
            await deck.clock.sleep(60)
            stale = deck.fleet.runs[run.run]
            assert stale.verdict is None
            assert stale.status == "running"
        await deck.fleet.end()
        ended = deck.fleet.runs[run.run]
        failures = [e for e in deck.told if isinstance(e.fact, PollFailed)]
    assert ended.verdict is Verdict.SUCCEEDED
    assert ended.failing is None
    assert failures


@virtually
async def test_each_status_is_told_once() -> None:
    world = scene(capacity=1)
    targets = world.connections(2)
    async with world.deck() as deck:
        launch = await deck.fleet.launch(Order(targets))
        await deck.fleet.end()
        changes = {
            run.run: [
                e.fact.to_status
                for e in deck.told
                if e.run == run.run and isinstance(e.fact, StatusChanged)
            ]
            for run in deck.of_launch(launch)
        }
    assert sorted(changes.values()) == [
        ["pending", "queued", "running", "succeeded"],
        ["pending", "running", "succeeded"],
    ]


@virtually
async def test_a_lost_answer_is_settled_by_looking_and_never_by_a_second_post() -> None:
    world = scene()
    with world.fault("lost-trigger:count=1"):
        async with world.deck() as deck:
            run = await deck.run_one(world.connection())
    assert run.verdict is Verdict.SUCCEEDED
    assert run.origin is Origin.ADOPTED
    assert world.posts() == 1


@virtually
async def test_a_post_without_any_effect_ends_unresolved() -> None:
    world = scene()
    with world.fault("lost-trigger:after=never"):
        async with world.deck() as deck:
            run = await deck.run_one(world.connection())
    assert run.verdict is Verdict.UNRESOLVED
    assert run.job_id is None
    assert world.posts() == 1


@virtually
async def test_a_job_that_vanishes_leaves_its_run_unresolved() -> None:
    world = scene()
    async with world.deck() as deck:
        launch = await deck.fleet.launch(Order((world.connection(),)))
        (run,) = deck.of_launch(launch)
        await deck.until(lambda: deck.fleet.runs[run.run].status == "running")
        world.world.lose_jobs()
        await deck.fleet.end()
        ended = deck.fleet.runs[run.run]
    assert ended.verdict is Verdict.UNRESOLVED
    assert ended.job_id is not None
    assert deck.fleet.feed.tracked == frozenset()
    assert JobId(ended.job_id) not in deck.fleet.feed.tracked
