"""After a lost trigger, later jobs of its connection are shown as suspects, for a day."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from tests.support.sandbox import sandbox_in_process
from tests.support.trigger_rig import PROFILE, Rig, rig
from tests.support.virtual_time import clock as virtual_clock
from tests.support.virtual_time import run_virtual
from workflow.runs.events import RunId
from workflow.runs.suspects import Suspects, Suspicion
from workflow.runs.trigger import Answered, Unresolved
from workflow.sandbox.faults import parse_fault

NEVER = "lost-trigger:after=never,answer=gateway,count=1"


def in_a_sandbox(story: Callable[[Rig, Suspects], Awaitable[None]], *faults: str) -> None:
    async def play() -> None:
        clock = virtual_clock()
        async with rig(sandbox_in_process(clock, faults=faults), clock) as opened:
            await story(opened, Suspects(PROFILE, opened.client, opened.journal, clock))

    run_virtual(play())


def test_an_effect_that_comes_after_the_look_is_a_suspect() -> None:
    async def story(opened: Rig, suspects: Suspects) -> None:
        connection = opened.connection()
        assert isinstance(await opened.fire(connection), Unresolved)
        await opened.clock.sleep(600)
        (suspicion,) = await suspects.look()
        (job,) = opened.jobs_of(connection)
        assert [s.job_id for s in suspicion.suspects] == [job.id]
        assert (await opened.journal.open_intents())[0].suspects == (job.id,)

    in_a_sandbox(story, "lost-trigger:after=10m,answer=gateway,count=1")


def test_a_job_that_another_run_owns_is_no_suspect() -> None:
    async def story(opened: Rig, suspects: Suspects) -> None:
        connection = opened.connection()
        await opened.fire(connection)
        job = opened.colleague_starts(connection)
        await opened.voice("r-2", connection)
        await opened.journal.claim_job(RunId("r-2"), connection, job)
        (suspicion,) = await suspects.look()
        assert suspicion.suspects == ()

    in_a_sandbox(story, NEVER)


def test_the_connection_is_free_when_an_adopted_job_has_ended_without_its_run() -> None:
    async def story(opened: Rig, suspects: Suspects) -> None:
        connection = opened.connection()
        assert isinstance(await opened.fire(connection), Answered)
        await opened.finish("r-1", "expired")
        await opened.clock.sleep(600)
        assert await suspects.look() == ()
        assert isinstance(await opened.fire(connection, run="r-2"), Answered)

    in_a_sandbox(story, "cut-after:endpoint=createJob,count=1")


def test_after_a_day_nothing_is_suspected_any_more() -> None:
    async def story(opened: Rig, suspects: Suspects) -> None:
        await opened.fire(opened.connection())
        await opened.clock.sleep(25 * 3600)
        assert await suspects.look() == ()

    in_a_sandbox(story, NEVER)


def test_the_server_is_not_asked_while_nothing_is_open() -> None:
    async def story(opened: Rig, suspects: Suspects) -> None:
        assert await suspects.look() == ()
        assert opened.box.log.count() == 0

    in_a_sandbox(story)


def test_a_server_that_cannot_be_asked_takes_no_suspicion_away() -> None:
    async def story(opened: Rig, suspects: Suspects) -> None:
        connection = opened.connection()
        await opened.fire(connection)
        job = opened.colleague_starts(connection)
        await suspects.look()
        opened.box.faults.add(parse_fault("server-error:endpoint=listJobs"))
        (suspicion,) = await suspects.look()
        assert [s.job_id for s in suspicion.suspects] == [job]

    in_a_sandbox(story, NEVER)


def test_whoever_follows_is_told_of_changes_only() -> None:
    async def story(opened: Rig, _: Suspects) -> None:
        connection = opened.connection()
        await opened.fire(connection)
        told: list[tuple[Suspicion, ...]] = []
        suspects = Suspects(
            PROFILE,
            opened.client,
            opened.journal,
            opened.clock,
            lambda: told.append(suspects.known),
        )
        task = asyncio.create_task(suspects.follow())
        await opened.clock.sleep(300)
        assert len(told) == 1
        job = opened.colleague_starts(connection)
        await opened.clock.sleep(61)
        task.cancel()
        assert [s.job_id for s in told[-1][0].suspects] == [job]
        assert len(told) <= 3  # none, the job as it began, the job as it went on

    in_a_sandbox(story, NEVER)
