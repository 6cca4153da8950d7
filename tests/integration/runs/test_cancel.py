"""Cancelling against a whole sandbox: what was sent, what was hit, what was said."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace

import pytest

from tests.support.fleets import STEADY, add_connection
from tests.support.sandbox import sandbox_in_process
from tests.support.trigger_rig import Rig, Sleeper, SlowTokens, rig
from tests.support.virtual_time import clock as virtual_clock
from tests.support.virtual_time import run_virtual
from workflow.airbyte.models import JobId
from workflow.airbyte.problems import ApiProblem
from workflow.clock import Clock
from workflow.http.messages import Request
from workflow.runs import cancelling
from workflow.runs.cancel_moves import Answer, Command, ListNewer
from workflow.runs.cancelling import Canceller
from workflow.runs.events import CancelSent, CancelWaits
from workflow.runs.trigger.lists import JobLists
from workflow.sandbox.faults import parse_fault
from workflow.text import safe


def in_a_sandbox(story: Callable[[Rig], Awaitable[None]], *faults: str) -> None:
    async def play() -> None:
        clock = virtual_clock()
        async with rig(sandbox_in_process(clock, faults=faults), clock) as opened:
            await story(opened)

    run_virtual(play())


async def lasting_job(opened: Rig) -> tuple[str, int]:
    """Return a connection and its job, which runs for two hours."""
    lasting = replace(STEADY, duration=7_200.0)
    connection = str(add_connection(opened.box.world, lasting).connection_id)
    return connection, await running_job(opened, connection)


def deletes(opened: Rig) -> int:
    return opened.box.log.count("cancelJob")


async def running_job(opened: Rig, connection: str) -> int:
    job = opened.colleague_starts(connection)
    await opened.clock.sleep(20)
    return job


def test_a_running_job_is_cancelled_by_one_request() -> None:
    async def story(opened: Rig) -> None:
        connection = opened.connection()
        job = await running_job(opened, connection)
        settled = await opened.canceller.cancel(job, connection)
        assert (settled.how, deletes(opened)) == ("cancelled", 1)
        assert opened.jobs_of(connection)[0].status == "cancelled"

    in_a_sandbox(story)


def test_a_program_that_stood_still_looks_again_before_it_sends(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    obey, slept = cancelling._Errand.do, False

    async def story(opened: Rig) -> None:
        connection = opened.connection()
        job = await running_job(opened, connection)

        async def asleep(errand: cancelling._Errand, command: Command, job_id: JobId) -> Answer:
            nonlocal slept
            answer = await obey(errand, command, job_id)
            if isinstance(command, ListNewer) and not slept:
                slept = True
                await opened.clock.sleep(120)  # ours ends, and somebody else's begins
                opened.colleague_starts(connection)
            return answer

        monkeypatch.setattr(cancelling._Errand, "do", asleep)
        settled = await opened.canceller.cancel(job, connection)
        assert (settled.how, deletes(opened)) == ("already-ended", 0)
        assert opened.jobs_of(connection)[-1].status != "cancelled"

    in_a_sandbox(story)


def test_a_list_that_lay_unread_while_the_program_stood_still_is_no_look() -> None:
    async def play() -> None:
        way = Sleeper(virtual_clock(), "/jobs$")
        box = sandbox_in_process(way)
        way.to = box.transport
        async with rig(box, way, transport=way) as opened:
            connection = opened.connection()
            job = await running_job(opened, connection)
            way.happens = lambda: opened.colleague_starts(connection)  # ours has ended by then
            settled = await opened.canceller.cancel(job, connection)
            assert (settled.how, deletes(opened)) == ("already-ended", 0)

    run_virtual(play())


def at_the_end_of_a_job(
    unread: str, span: float, after: float, skip: int = 0
) -> tuple[Rig, str, int, str]:
    """Cancel a job that may end while a look lies unread, and whose end a colleague awaits."""

    async def play() -> tuple[Rig, str, int, str]:
        way = Sleeper(virtual_clock(), unread, span=span, skip=skip)
        box = sandbox_in_process(way)
        way.to = box.transport
        async with rig(box, way, transport=way) as opened:
            connection = opened.connection()
            job = opened.colleague_starts(connection)
            await opened.clock.sleep(after)

            def colleague() -> None:
                if all(job.ended for job in opened.jobs_of(connection)):
                    opened.colleague_starts(connection)

            way.happens = colleague
            settled = await opened.canceller.cancel(job, connection)
            await opened.clock.sleep(10.0)
            return opened, connection, job, settled.how

    return run_virtual(play())


@pytest.mark.parametrize("unread", ["/jobs$", "/jobs/[0-9]+$"])
def test_a_look_that_lay_unread_for_less_than_half_a_minute_is_none_either(unread: str) -> None:
    opened, connection, _, how = at_the_end_of_a_job(unread, 25.0, 90.0)
    assert (how, deletes(opened)) == ("already-ended", 0)
    assert opened.jobs_of(connection)[-1].status != "cancelled"


@pytest.mark.parametrize("skip", [0, 1])
@pytest.mark.parametrize("span", [6.0, 12.0, 25.0, 45.0, 600.0])
@pytest.mark.parametrize("unread", ["/jobs$", "/jobs/[0-9]+$"])
def test_no_stop_longer_than_a_look_is_good_for_lets_a_delete_hit_what_began_meanwhile(
    unread: str, span: float, skip: int
) -> None:
    """In whichever second of its last minute our job is to be cancelled."""
    for before in (0.5, 2.0, 5.0, 20.0, 50.0):
        opened, connection, job, how = at_the_end_of_a_job(unread, span, 104.0 - before, skip)
        hit = [one.id for one in opened.jobs_of(connection) if one.status == "cancelled"]
        assert set(hit) <= {job}, (before, how)


def test_a_delete_that_waited_for_a_token_rests_on_a_new_look() -> None:
    async def play() -> None:
        clock = virtual_clock()
        box = sandbox_in_process(clock)
        async with rig(box, clock, auth=SlowTokens(clock, slow=3, seconds=10.0)) as opened:
            connection = opened.connection()
            job = await running_job(opened, connection)
            settled = await opened.canceller.cancel(job, connection)
            assert (settled.how, deletes(opened)) == ("cancelled", 1)
            assert asked_first(opened, 5) == [
                *("getJob", "listJobs"),
                *("getJob", "listJobs", "cancelJob"),
            ]

    run_virtual(play())


def asked_first(opened: Rig, count: int) -> list[str]:
    return [entry.endpoint for entry in opened.box.log][:count]


def test_a_job_that_has_the_number_but_is_another_connections_is_left_alone() -> None:
    """A server that has lost its database begins its numbers anew."""

    async def story(opened: Rig) -> None:
        connection, another = opened.connection(), opened.connection()
        job = await running_job(opened, another)
        settled = await opened.canceller.cancel(job, connection)
        assert (settled.how, deletes(opened)) == ("not-sent", 0)
        assert "history changed" in settled.text

    in_a_sandbox(story)


def test_a_job_that_has_the_number_but_was_born_at_another_time_is_left_alone() -> None:
    async def story(opened: Rig) -> None:
        connection = opened.connection()
        job = await running_job(opened, connection)
        settled = await opened.canceller.cancel(job, connection, is_another=lambda _: True)
        assert (settled.how, deletes(opened)) == ("not-sent", 0)

    in_a_sandbox(story)


def test_a_newer_job_that_is_listed_by_its_type_only_is_not_hit_either() -> None:
    async def story(opened: Rig) -> None:
        connection = opened.connection()
        job = await running_job(opened, connection)
        newer = opened.colleague_starts(connection, "refresh")
        lists = JobLists(opened.client)
        lists.by_type = True  # a trigger has found out
        canceller = Canceller(opened.client, opened.clock, lists=lists)
        settled = await canceller.cancel(job, connection)
        assert (settled.how, deletes(opened)) == ("newer-job", 0)
        assert str(newer) in settled.text

    in_a_sandbox(story, "old-job-types")


def test_a_server_that_never_lists_is_given_up_after_a_while() -> None:
    async def story(opened: Rig) -> None:
        connection, job = await lasting_job(opened)
        settled = await opened.canceller.cancel(job, connection)
        assert (settled.how, deletes(opened)) == ("not-sent", 0)
        assert "could not be asked" in settled.text

    in_a_sandbox(story, "server-error:endpoint=listJobs")


# ------------------------------------------------------------------ an overloaded server


@dataclass
class Heard:
    """What was told of a cancel, and when."""

    clock: Clock
    told: list[tuple[float, CancelSent | CancelWaits]] = field(default_factory=list)

    async def __call__(self, fact: CancelSent | CancelWaits) -> None:
        self.told.append((self.clock.monotonic(), fact))


@pytest.mark.parametrize(
    ("endpoint", "asked"),
    [
        ("getJob", ["getJob", "getJob", "listJobs", "cancelJob"]),
        ("listJobs", ["getJob", "listJobs", "getJob", "listJobs", "cancelJob"]),
        ("cancelJob", ["getJob", "listJobs", "cancelJob", "getJob", "listJobs", "cancelJob"]),
    ],
)
def test_an_overloaded_server_is_left_alone_as_long_as_it_wants_and_it_is_told(
    endpoint: str, asked: list[str]
) -> None:
    async def story(opened: Rig) -> None:
        connection = opened.connection()
        job = await running_job(opened, connection)
        begun = opened.clock.monotonic()
        heard = Heard(opened.clock)
        settled = await opened.canceller.cancel(job, connection, tell=heard)
        assert settled.how == "cancelled"
        assert asked_first(opened, len(asked)) == asked
        ((at, waits),) = ((at, one) for at, one in heard.told if isinstance(one, CancelWaits))
        assert (waits.next, "429" in waits.reason) == (40.0, True)
        sent = [at for at, one in heard.told if isinstance(one, CancelSent)]
        assert sent[-1] >= begun + 40.0
        assert at < begun + 1.0

    in_a_sandbox(story, f"rate-limit:endpoint={endpoint},count=1,retry_after=40")


def test_a_server_that_told_somebody_else_here_to_leave_it_alone_is_left_alone() -> None:
    async def story(opened: Rig) -> None:
        connection = opened.connection()
        job = await running_job(opened, connection)
        with pytest.raises(ApiProblem):
            await opened.client.list_jobs(replay="never")
        heard = Heard(opened.clock)
        task = asyncio.create_task(opened.canceller.cancel(job, connection, tell=heard))
        await opened.clock.sleep(29.0)
        assert asked_first(opened, 9) == ["listJobs"]
        ((_, waits),) = heard.told
        assert isinstance(waits, CancelWaits)
        assert waits.next == 30.0
        assert (await task).how == "cancelled"

    in_a_sandbox(story, "rate-limit:endpoint=listJobs,count=1,retry_after=30")


def test_a_cancel_has_its_turn_however_often_others_are_told_to_leave_the_server_alone() -> None:
    async def story(opened: Rig) -> None:
        connection = opened.connection()
        job = await running_job(opened, connection)

        async def others() -> None:
            asks = Request("GET", f"{opened.client.base_url}/connections")
            while True:
                await opened.client.door.send(asks)
                await opened.clock.sleep(5.0)

        task = asyncio.create_task(others())
        await opened.clock.sleep(1.0)
        settled = await opened.canceller.cancel(job, connection)
        task.cancel()
        assert (settled.how, deletes(opened)) == ("cancelled", 1)

    in_a_sandbox(story, "rate-limit:endpoint=listConnections,retry_after=20")


def test_a_server_that_takes_too_long_to_say_what_runs_is_not_asked_to_cancel() -> None:
    async def story(opened: Rig) -> None:
        connection, job = await lasting_job(opened)
        settled = await opened.canceller.cancel(job, connection)
        assert (settled.how, deletes(opened)) == ("not-sent", 0)
        assert "takes too long" in settled.text

    in_a_sandbox(story, "slow:seconds=20s")


def test_every_delete_has_its_own_look_right_before_it() -> None:
    async def story(opened: Rig) -> None:
        connection = opened.connection()
        job = await running_job(opened, connection)
        await opened.canceller.cancel(job, connection)
        asked = [entry.endpoint for entry in opened.box.log]
        before = [asked[i - 2 : i] for i, name in enumerate(asked) if name == "cancelJob"]
        assert before == [["getJob", "listJobs"]] * len(before)
        assert before

    in_a_sandbox(story, "cancel-ignored:count=2")


def test_a_cancel_that_was_ignored_is_asked_for_again() -> None:
    async def story(opened: Rig) -> None:
        connection = opened.connection()
        job = await running_job(opened, connection)
        settled = await opened.canceller.cancel(job, connection)
        assert (settled.how, deletes(opened)) == ("cancelled", 2)

    in_a_sandbox(story, "cancel-ignored:count=1")


def test_after_three_requests_the_operator_is_told_to_do_it_elsewhere() -> None:
    async def story(opened: Rig) -> None:
        connection = opened.connection()
        opened.box.faults.add(parse_fault("cancel-ignored"))
        job = opened.colleague_starts(connection)
        settled = await opened.canceller.cancel(job, connection)
        # It lives long enough to be asked three times.
        assert (settled.how, deletes(opened)) == ("not-cancelled", 3)
        assert "Cancel it in Airbyte" in settled.text

    in_a_sandbox(story)


def test_a_job_that_ended_is_left_alone() -> None:
    async def story(opened: Rig) -> None:
        connection = opened.connection()
        job = opened.colleague_starts(connection)
        await opened.clock.sleep(300)
        settled = await opened.canceller.cancel(job, connection)
        assert (settled.how, deletes(opened)) == ("already-ended", 0)

    in_a_sandbox(story)


def test_a_newer_job_on_the_connection_is_never_hit() -> None:
    async def story(opened: Rig) -> None:
        connection = opened.connection()
        job = await running_job(opened, connection)
        newer = opened.colleague_starts(connection)
        settled = await opened.canceller.cancel(job, connection)
        assert (settled.how, deletes(opened)) == ("newer-job", 0)
        assert str(newer) in settled.text

    in_a_sandbox(story)


def test_a_delete_that_hangs_is_settled_by_reading() -> None:
    async def story(opened: Rig) -> None:
        connection = opened.connection()
        job = await running_job(opened, connection)
        settled = await opened.canceller.cancel(job, connection)
        assert settled.how == "cancelled"
        assert opened.jobs_of(connection)[0].status == "cancelled"

    in_a_sandbox(story, "hang-delete:seconds=300s")


@pytest.mark.parametrize("fault", ["cut-before", "cut-after", "garbage", "server-error"])
def test_what_the_delete_is_answered_with_does_not_matter(fault: str) -> None:
    async def story(opened: Rig) -> None:
        connection = opened.connection()
        job = await running_job(opened, connection)
        settled = await opened.canceller.cancel(job, connection)
        assert settled.how == "cancelled"
        assert opened.jobs_of(connection)[0].status == "cancelled"

    in_a_sandbox(story, f"{fault}:endpoint=cancelJob,count=1")


def test_a_server_that_cannot_be_asked_is_asked_again() -> None:
    async def story(opened: Rig) -> None:
        connection = opened.connection()
        job = await running_job(opened, connection)
        settled = await opened.canceller.cancel(job, connection)
        assert settled.how == "cancelled"

    in_a_sandbox(story, "server-error:endpoint=getJob,count=6")


def test_a_job_that_does_not_exist_is_said_not_to() -> None:
    async def story(opened: Rig) -> None:
        settled = await opened.canceller.cancel(999_999, None)
        assert (settled.how, deletes(opened)) == ("not-sent", 0)

    in_a_sandbox(story)


def test_a_cancel_that_is_interrupted_can_be_taken_up_again() -> None:
    async def story(opened: Rig) -> None:
        connection = opened.connection()
        job = await running_job(opened, connection)
        task = asyncio.create_task(opened.canceller.cancel(job, connection))
        while opened.jobs_of(connection)[0].status != "cancelled":
            await opened.clock.sleep(0.5)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        settled = await opened.canceller.cancel(job, connection)
        assert settled.how in {"cancelled", "already-ended"}
        assert deletes(opened) <= 1

    in_a_sandbox(story, "hang-delete:seconds=60s")


def test_a_profile_that_may_not_send_reads_and_sends_no_delete() -> None:
    async def story(opened: Rig) -> None:
        connection = opened.connection()
        job = await running_job(opened, connection)
        locked = Canceller(opened.client, opened.clock, why_not=lambda: safe("It is read-only."))
        settled = await locked.cancel(job, connection)
        assert (settled.how, settled.text) == ("not-sent", "It is read-only.")
        assert deletes(opened) == 0

    in_a_sandbox(story)
