"""Documents of other shapes: which calls are taken over, paced, refused or sent as they are."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.support.documents import compiled
from tests.support.fleets import STEADY, Scene, scene
from tests.support.virtual_time import run_virtual
from workflow.arazzo.program import Program
from workflow.runs.events import Verdict
from workflow.runs.launch import Order
from workflow.runs.run import RunState
from workflow.sandbox.faults import parse_fault

_HEAD = """\
arazzo: 1.0.1
info: {title: Test, version: 1.0.0}
sourceDescriptions: [{name: api, url: api.yaml, type: openapi}]
workflows:
  - workflowId: w
    inputs:
      type: object
      properties: {connectionId: {type: string}, jobType: {type: string}, job: {type: integer}}
    steps:
"""
_TRIGGER = """\
      - stepId: trigger
        operationId: createJob
        requestBody:
          payload: {connectionId: $inputs.connectionId, jobType: $inputs.jobType}
        outputs: {jobId: $response.body#/jobId}
"""
_POLL = """\
      - stepId: poll
        operationId: getJob
        parameters: [{name: jobId, in: path, value: $steps.trigger.outputs.jobId}]
        outputs: {status: $response.body#/status}
        onSuccess:
          - name: over
            type: end
            criteria:
              - {context: $response.body#/status, condition: ^(succeeded|failed)$, type: regex}
          - {name: again, type: goto, stepId: poll}
"""


def document(*steps: str, outputs: str = "") -> Program:
    return compiled(_HEAD + "".join(steps) + outputs)


def driven(
    program: Program, prepare: Callable[[Scene], object] = lambda _: None, **order: Any
) -> tuple[RunState, Scene]:
    """Run a document on a steady connection in virtual time."""

    async def story() -> tuple[RunState, Scene]:
        world = scene()
        target = world.connection()
        prepare(world)
        async with world.deck() as deck:
            return await deck.run_one(target, program=program, **order), world

    made: Coroutine[Any, Any, tuple[RunState, Scene]] = story()
    return run_virtual(made)


def test_a_document_that_reads_a_header_asks_the_server_itself_at_a_poll_s_pace() -> None:
    reads = _POLL.replace(
        "outputs: {status:", "outputs: {type: $response.header.content-type, status:"
    )
    run, world = driven(document(_TRIGGER, reads))
    assert run.verdict is Verdict.SUCCEEDED
    assert run.rows == 1_000
    polls = [entry for entry in world.box.log if entry.endpoint == "getJob"]
    assert len(polls) < 2 * 104 / 3 + 5  # the document's own and the feed's, 3 s apart each


def test_a_document_that_only_triggers_has_succeeded_when_it_has() -> None:
    run, world = driven(document(_TRIGGER))
    assert run.verdict is Verdict.SUCCEEDED
    assert run.job_id is not None
    assert world.posts() == 1


def test_a_step_that_triggers_again_is_refused_and_nothing_is_sent() -> None:
    again = _POLL.replace("stepId: poll}", "stepId: trigger}")
    run, world = driven(document(_TRIGGER, again))
    assert run.verdict is Verdict.UNRESOLVED
    assert run.why is not None
    assert "--allow-retrigger" in run.why
    assert world.posts() == 1


def test_a_refused_trigger_is_not_repeated_by_the_document_s_own_retry() -> None:
    retries = _TRIGGER + "        onFailure: [{name: more, type: retry, retryLimit: 5}]\n"
    run, world = driven(document(retries, _POLL), job_type="refresh")
    assert run.verdict is Verdict.REJECTED
    assert world.posts() <= 1


def test_an_unknown_outcome_is_not_repeated_by_the_document_s_own_retry() -> None:
    retries = _TRIGGER + "        onFailure: [{name: more, type: retry, retryLimit: 5}]\n"

    def lose(world: Scene) -> None:
        world.box.faults.add(parse_fault("lost-trigger:after=never"))

    run, world = driven(document(retries, _POLL), lose)
    assert run.verdict is Verdict.UNRESOLVED
    assert world.posts() == 1


def test_a_document_s_own_delete_cancels_by_the_rules() -> None:
    cancel = """\
      - stepId: cancel
        operationId: cancelJob
        parameters: [{name: jobId, in: path, value: $steps.trigger.outputs.jobId}]
"""
    run, world = driven(document(_TRIGGER, cancel, _POLL.replace("failed", "failed|cancelled")))
    assert run.verdict is Verdict.CANCELLED
    assert run.cancel is not None
    assert (run.cancel.by, run.cancel.how) == ("workflow", "cancelled")
    assert world.posts() == 1


def test_a_post_without_a_connection_is_refused_before_it_is_sent() -> None:
    bare = _TRIGGER.replace("connectionId: $inputs.connectionId, ", "")
    run, world = driven(document(bare))
    assert run.verdict is Verdict.REJECTED
    assert run.why is not None
    assert "nothing was sent" in run.why
    assert world.posts() == 0


def test_any_other_call_is_sent_as_the_document_says() -> None:
    reads = """\
      - stepId: look
        operationId: getConnection
        parameters: [{name: connectionId, in: path, value: $inputs.connectionId}]
        outputs: {name: $response.body#/name}
"""
    tail = "    outputs: {name: $steps.look.outputs.name}\n"
    run, world = driven(document(reads, outputs=tail))
    assert run.verdict is Verdict.SUCCEEDED
    assert run.outputs == {"name": run.name}
    assert run.steps[0].ms is not None
    assert world.box.log.count("getConnection") == 1


def test_a_wait_of_the_document_ends_at_its_deadline() -> None:
    looks = """\
      - stepId: look
        operationId: getConnection
        parameters: [{name: connectionId, in: path, value: $inputs.connectionId}]
        successCriteria: [{condition: $statusCode == 418}]
        onFailure: [{name: later, type: retry, retryAfter: 3600, retryLimit: 9}]
"""
    run, _ = driven(document(looks), deadline=timedelta(seconds=90))
    assert run.verdict is Verdict.EXPIRED
    assert run.ended is not None
    assert run.ended - run.created == timedelta(seconds=90)


@pytest.mark.parametrize("name", ["connectionId", "jobType"])
def test_inputs_come_from_the_target_where_the_document_takes_them(name: str) -> None:
    run, _ = driven(document(_TRIGGER, outputs=f"    outputs: {{it: $inputs.{name}}}\n"))
    assert run.outputs == {"it": run.connection_id if name == "connectionId" else "sync"}


def test_a_document_of_no_connection_runs_once() -> None:
    async def story() -> list[Verdict | None]:
        world = scene()
        lists = "      - stepId: all\n        operationId: listConnections\n"
        async with world.deck() as deck:
            launch = await deck.fleet.launch(Order(program=document(lists)))
            await deck.fleet.end()
            return [run.verdict for run in deck.of_launch(launch)]

    assert run_virtual(story()) == [Verdict.SUCCEEDED]


def test_a_deadline_passes_while_a_document_s_own_delete_is_seen_to() -> None:
    stop = """\
      - stepId: stop
        operationId: cancelJob
        parameters: [{name: jobId, in: path, value: $steps.trigger.outputs.jobId}]
"""

    def prepare(world: Scene) -> None:
        world.box.faults.add(parse_fault("cut-before:endpoint=cancelJob"))

    run, _ = driven(document(_TRIGGER, stop), prepare, deadline=timedelta(seconds=10))
    assert run.verdict is Verdict.EXPIRED
    assert run.ended is not None
    assert run.begun is not None
    assert run.ended - run.begun < timedelta(seconds=75)  # its wish is waited for, for a minute


_POLLS_ONE = _POLL.replace("$steps.trigger.outputs.jobId", "$inputs.job")


def test_the_job_that_a_document_only_polls_can_be_cancelled() -> None:
    async def story() -> None:
        world = scene()
        target = world.connection()
        job = world.foreign_job(target)
        ends = document(_POLLS_ONE.replace("failed", "failed|cancelled"))
        async with world.deck() as deck:
            launch = await deck.fleet.launch(Order(program=ends, inputs={"job": job}))
            await deck.until(lambda: deck.of_launch(launch)[0].status == "running")
            await deck.fleet.cancel(deck.of_launch(launch)[0].run)
            await deck.fleet.end()
            (run,) = deck.of_launch(launch)
        assert run.verdict is Verdict.CANCELLED
        assert run.cancel is not None
        assert run.cancel.how == "cancelled"

    run_virtual(story())


def test_a_document_without_a_job_stops_when_it_is_cancelled() -> None:
    async def story() -> None:
        world = scene()
        reads = """\
      - stepId: look
        operationId: listJobs
        onSuccess: [{name: again, type: goto, stepId: look}]
"""
        async with world.deck() as deck:
            launch = await deck.fleet.launch(Order(program=document(reads)))
            await deck.clock.sleep(30)
            await deck.fleet.cancel(deck.of_launch(launch)[0].run)
            (run,) = deck.of_launch(launch)
        assert (run.verdict, run.why) == (
            Verdict.CANCELLED,
            "cancelled before a trigger was sent",
        )

    run_virtual(story())


def test_a_document_s_own_cancel_does_not_wait_for_a_wish_that_waits_for_a_job() -> None:
    """A refused trigger leaves the run without a job of its own; the document polls another."""

    async def story() -> None:
        world = scene()
        job = world.foreign_job(world.connection(replace(STEADY, duration=2_000.0)))
        refused = _TRIGGER + "        onFailure: [{name: other, type: goto, stepId: poll}]\n"
        order = Order(
            (world.connection(),),
            program=document(refused, _POLLS_ONE),
            inputs={"job": job},
            deadline=timedelta(minutes=5),
            cancel_on_deadline=True,
        )
        world.box.faults.add(parse_fault("server-error:endpoint=createJob,status=400"))
        async with world.deck() as deck:
            launch = await deck.fleet.launch(order)
            await deck.until(lambda: deck.of_launch(launch)[0].status == "running")
            wish = asyncio.create_task(deck.fleet.cancel(deck.of_launch(launch)[0].run))
            await deck.clock.sleep(600)
            (run,) = deck.of_launch(launch)
            assert wish.done()
        assert run.verdict is Verdict.CANCELLED
        assert run.job_id == job
        assert world.box.log.count("cancelJob") == 1

    run_virtual(story())


def test_a_document_that_cancels_another_connections_job_hits_no_newer_one_there() -> None:
    async def story() -> None:
        world = scene()
        elsewhere = world.connection(replace(STEADY, duration=2_000.0))
        job = world.foreign_job(elsewhere)
        cancels = """\
      - stepId: cancel
        operationId: cancelJob
        parameters: [{name: jobId, in: path, value: $inputs.job}]
"""
        order = Order((world.connection(),), program=document(cancels), inputs={"job": job})
        async with world.deck() as deck:
            newer = world.foreign_job(elsewhere)
            await deck.clock.sleep(20)
            await deck.fleet.launch(order)
            await deck.fleet.end()
        assert {one.ended for one in world.world.jobs if one.id in {job, newer}} == {False}
        assert world.box.log.count("cancelJob") == 0

    run_virtual(story())
