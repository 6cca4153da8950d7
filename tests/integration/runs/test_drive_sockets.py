"""Documents driven over real sockets: verdicts, one POST, at most so many at once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from tests.support.documents import KNOWS_NO_QUEUE, compiled
from tests.support.fleets import STEADY, QuickClock, add_connection, most_at_once, open_deck
from tests.support.sandbox import running_sandbox
from workflow.arazzo.program import Program
from workflow.runs.events import Verdict
from workflow.runs.launch import Order
from workflow.runs.programs import clear_then_sync, trigger_and_poll
from workflow.sandbox.behaviour import Behaviour
from workflow.sandbox.server import SandboxServer

SHORT = replace(STEADY, duration=20.0, pending=6.0)


@pytest.fixture
def clock() -> QuickClock:
    return QuickClock()


@pytest.fixture
def server(clock: QuickClock) -> Iterator[SandboxServer]:
    with running_sandbox(clock=clock) as running:
        yield running


def knows_no_queue() -> Program:
    return compiled(KNOWS_NO_QUEUE)


def retrying() -> Behaviour:
    return replace(SHORT, first_failures=1, backoff=10.0)


@pytest.mark.parametrize("program", [trigger_and_poll, knows_no_queue, clear_then_sync])
async def test_a_document_runs_to_its_verdict(
    server: SandboxServer, clock: QuickClock, program: Callable[[], Program]
) -> None:
    compiled_program = program()
    async with open_deck(server.base_url, clock) as deck:
        run = await deck.run_one(add_connection(server.world, retrying()), program=compiled_program)
    assert run.verdict is Verdict.SUCCEEDED
    assert run.outputs is not None
    assert set(run.outputs) == set(compiled_program.outputs)
    assert None not in run.outputs.values()
    assert run.steps[0].ms is not None
    wanted = 2 if compiled_program is clear_then_sync() else 1
    assert server.log.count("createJob", 200) == wanted


async def test_an_unknown_status_ends_a_document_that_knows_none_as_unresolved(
    server: SandboxServer, clock: QuickClock
) -> None:
    server.world.life.capacity = 0  # nothing gets beyond the queue
    target = add_connection(server.world, SHORT)
    async with open_deck(server.base_url, clock) as deck:
        run = await deck.run_one(target, program=knows_no_queue())
    assert run.verdict is Verdict.UNRESOLVED
    assert run.why is not None
    assert "pollJob" in run.why
    assert "none of its 2 onSuccess actions" in run.why
    assert run.outputs is not None
    assert run.outputs["finalStatus"] == "queued"
    assert run.job_id is not None
    assert server.log.count("createJob") == 1


async def test_the_shipped_document_waits_in_the_queue(clock: QuickClock) -> None:
    with running_sandbox(clock=clock, capacity=1) as server:
        targets = [add_connection(server.world, SHORT) for _ in range(2)]
        async with open_deck(server.base_url, clock) as deck:
            launch = await deck.fleet.launch(Order(tuple(targets)))
            await deck.fleet.end()
            runs = deck.of_launch(launch)
    assert [run.verdict for run in runs] == [Verdict.SUCCEEDED] * 2
    assert any("queued" in [one.status for one in run.transitions] for run in runs)


async def test_twenty_targets_five_at_once_by_the_servers_own_books(
    server: SandboxServer, clock: QuickClock
) -> None:
    targets = tuple(add_connection(server.world, SHORT) for _ in range(20))
    async with open_deck(server.base_url, clock) as deck:
        launch = await deck.fleet.launch(Order(targets, max_parallel=5))
        await deck.fleet.end()
        verdicts = [run.verdict for run in deck.of_launch(launch)]
    assert verdicts == [Verdict.SUCCEEDED] * 20
    assert most_at_once(server.world, targets) <= 5
    assert server.log.count("createJob") == 20


async def test_detaching_everything_leaves_no_task_behind(
    server: SandboxServer, clock: QuickClock
) -> None:
    before = asyncio.all_tasks()
    targets = tuple(add_connection(server.world, SHORT) for _ in range(5))
    async with open_deck(server.base_url, clock) as deck:
        launch = await deck.fleet.launch(Order(targets, max_parallel=3))
        await deck.until(lambda: deck.fleet.launches[launch].live == 3)
    assert asyncio.all_tasks() == before
