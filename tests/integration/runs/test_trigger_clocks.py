"""The trigger where clocks differ, or lists are missing or leave something out."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime, timedelta

import pytest

from tests.support.sandbox import sandbox_in_process
from tests.support.trigger_rig import Rig, in_a_sandbox, order_for, rig
from tests.support.virtual_time import clock as virtual_clock
from tests.support.virtual_time import run_virtual
from workflow.clock import Clock
from workflow.runs.events import Origin
from workflow.runs.trigger import Answered, Unresolved


def posts(opened: Rig) -> int:
    return opened.box.log.count("createJob")


# ------------------------------------------------------------------ clocks that differ


class Ahead:
    """A clock of this machine that is off, or is set during the test."""

    def __init__(self, right: Clock, seconds: float) -> None:
        self._right = right
        self.seconds = seconds

    def now(self) -> datetime:
        return self._right.now() + timedelta(seconds=self.seconds)

    def monotonic(self) -> float:
        return self._right.monotonic()

    async def sleep(self, seconds: float) -> None:
        await self._right.sleep(seconds)


def with_clocks_off(story: Callable[[Rig], Awaitable[None]], ours: float, *faults: str) -> None:
    """Play a story in a process whose clock is so many seconds ahead of the server's."""

    async def play() -> None:
        right = virtual_clock()
        box = sandbox_in_process(right, faults=faults)
        async with rig(box, Ahead(right, ours)) as opened:
            await story(opened)

    run_virtual(play())


@pytest.mark.parametrize("effect", ["0s", "200s"])
@pytest.mark.parametrize(
    ("ours", "date"),
    [
        pytest.param(0.0, "date-offset:seconds=-3600s", id="Date an hour behind the jobs'"),
        pytest.param(0.0, "date-offset:seconds=3600s", id="Date an hour ahead"),
        pytest.param(-3600.0, "no-date", id="no Date, ours an hour behind"),
        pytest.param(3600.0, "no-date", id="no Date, ours an hour ahead"),
        pytest.param(-86400.0, "date-offset:seconds=86400s", id="both a day off"),
    ],
)
def test_a_job_that_was_seen_before_the_close_is_ours_whatever_the_clocks_say(
    ours: float, date: str, effect: str
) -> None:
    async def story(opened: Rig) -> None:
        connection = opened.connection()
        outcome = await opened.fire(connection)
        assert isinstance(outcome, Answered)
        assert outcome.how is Origin.ADOPTED
        assert [outcome.job.job_id] == [job.id for job in opened.jobs_of(connection)]
        assert posts(opened) == 1

    with_clocks_off(story, ours, date, f"lost-trigger:after={effect}")


def test_a_job_that_only_the_close_shows_is_named_where_the_clocks_differ() -> None:
    async def story(opened: Rig) -> None:
        connection = opened.connection()
        outcome = await opened.fire(connection)
        assert isinstance(outcome, Unresolved)
        (job,) = opened.jobs_of(connection)
        assert [one.job_id for one in outcome.suspects] == [job.id]
        assert f"wrong if its clocks differ: {job.id} (sync, " in outcome.why
        (record,) = await opened.journal.open_intents()
        assert record.suspects == (job.id,)

    in_a_sandbox(story, "latency", "date-offset:seconds=-3600s", "lost-trigger:after=295s")


def test_a_clock_that_was_set_back_before_a_restart_does_not_make_the_look_last_until_then() -> (
    None
):
    async def play() -> None:
        right = virtual_clock()
        box = sandbox_in_process(right, faults=("lost-trigger",))
        async with rig(box, ours := Ahead(right, 31_536_000.0)) as opened:
            connection = opened.connection()
            task = asyncio.create_task(opened.fire(connection))
            await right.sleep(5)
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
            ours.seconds = 0.0  # a battery was changed, and the time was asked for
            begun = right.monotonic()
            outcome = await opened.recover(connection)
            assert isinstance(outcome, Answered)
            assert outcome.how is Origin.ADOPTED
            assert right.monotonic() - begun < 310

    run_virtual(play())


def test_a_date_that_jumps_after_the_preflight_hides_no_job() -> None:
    async def story(opened: Rig) -> None:
        connection = opened.connection()
        outcome = await opened.fire(connection)
        assert isinstance(outcome, Unresolved)
        assert [one.job_id for one in outcome.suspects] == [
            job.id for job in opened.jobs_of(connection)
        ]

    in_a_sandbox(story, "date-offset:seconds=-3600s,endpoint=listJobs,count=1", "lost-trigger")


def test_where_the_clocks_differ_a_second_job_that_only_the_close_shows_may_be_ours_too() -> None:
    async def story(opened: Rig) -> None:
        connection = opened.connection()
        task = asyncio.create_task(opened.fire(connection))
        await opened.clock.sleep(295)
        later = opened.colleague_starts(connection)
        outcome = await task
        assert isinstance(outcome, Unresolved)
        assert [one.job_id for one in outcome.suspects][-1] == later

    in_a_sandbox(story, "latency", "date-offset:seconds=-3600s", "lost-trigger")


def test_an_hour_that_our_clock_loses_during_a_look_does_not_stop_the_looking() -> None:
    async def play() -> None:
        right = virtual_clock()
        box = sandbox_in_process(right, faults=("lost-trigger:after=60s",))
        async with rig(box, ours := Ahead(right, 0.0)) as opened:
            connection = opened.connection()
            seen: list[float] = []
            speaker = await opened.voice("r-1", connection)
            task = asyncio.create_task(
                opened.trigger.fire(
                    order_for(connection, "r-1"),
                    speaker,
                    provisional=lambda _: seen.append(right.monotonic()),
                )
            )
            await right.sleep(30)
            ours.seconds = -3600.0
            await right.sleep(300)
            assert seen
            assert seen[0] < 130
            task.cancel()

    run_virtual(play())


# ------------------------------------------------------------------ a server with less than all


@pytest.mark.parametrize("effect", ["0s", "never"])
def test_without_a_list_before_the_trigger_no_job_is_taken_for_ours_after_it(effect: str) -> None:
    """The list was not there for a moment; a job of long ago is."""

    async def story(opened: Rig) -> None:
        connection = opened.connection()
        old = opened.colleague_starts(connection)
        await opened.clock.sleep(300)
        outcome = await opened.fire(connection, partial_server=True)
        assert isinstance(outcome, Unresolved)
        ours = [job.id for job in opened.jobs_of(connection) if job.id != old]
        assert [one.job_id for one in outcome.suspects] == ours
        assert await opened.journal.owners(connection, (old, *ours)) == {}
        assert "nobody can tell which is ours" in outcome.why

    missing = "server-error:endpoint=listJobs,status=404,count=1"
    in_a_sandbox(story, missing, f"lost-trigger:after={effect}")


# ------------------------------------------------------------------ servers of 2025


@pytest.mark.parametrize("wanted", ["clear", "sync"])
@pytest.mark.parametrize("effect", ["0s", "never"])
@pytest.mark.parametrize(
    "known", [(False, True), (True, False)], ids=["after it", "before it only"]
)
def test_a_job_of_before_that_only_its_type_lists_is_no_news_after_a_restart(
    known: tuple[bool, bool], effect: str, wanted: str
) -> None:
    """That the server has to be asked by type was found out after the preflight, or forgotten."""

    async def story(opened: Rig) -> None:
        connection = opened.connection()
        opened.colleague_starts(connection, "refresh")
        await opened.clock.sleep(300)
        (before,) = opened.jobs_of(connection)
        assert before.ended
        opened.trigger.lists.by_type = known[0]
        task = asyncio.create_task(opened.fire(connection, job_type=wanted))
        await opened.clock.sleep(5)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        opened.trigger.lists.by_type = known[1]
        outcome = await opened.recover(connection, job_type=wanted)
        ours = [job.id for job in opened.jobs_of(connection) if job is not before]
        if effect == "never":
            assert isinstance(outcome, Unresolved)
            assert (outcome.suspects, "history changed" in outcome.why) == ((), False)
        else:
            assert isinstance(outcome, Answered)
            assert [outcome.job.job_id] == ours

    in_a_sandbox(story, "old-job-types", f"lost-trigger:after={effect}")
