"""What a caller is made of: paths, pace, deadlines, and what an answer without rows lacks."""

from __future__ import annotations

import asyncio
import random
from datetime import timedelta

import pytest

from tests.support.virtual_time import START, clock, run_virtual
from workflow.arazzo.turns import Call, CallKey, Headers, NoResponse, Operation, Request, Response
from workflow.runs import paths
from workflow.runs.deadline import Deadline, DeadlinePassedError, sleep_until
from workflow.runs.ids import Ids
from workflow.runs.pacing import INTERVAL, MOST_ASKED_FOR, Pacing


def a_call(step: str = "pollJob", visit: int = 1) -> Call:
    operation = Operation("airbyteApi", "getJob", "GET", "/jobs/{jobId}", None)
    return Call(CallKey(("w",), step, visit, 1), operation, Request("/jobs/7"), True, True, False)


@pytest.mark.parametrize(
    ("path", "base", "at"),
    [
        ("/jobs", "https://api.airbyte.com/v1", "/jobs"),
        ("/v1/jobs", "https://api.airbyte.com/v1", "/jobs"),
        ("/api/public/v1/jobs", "http://localhost:8000/api/public/v1", "/jobs"),
        ("/public/v1/jobs/7", "http://localhost:8000/api/public/v1", "/jobs/7"),
        ("/v1/jobs", "http://localhost:8000/api/public/v1", "/jobs"),
        ("/v10/jobs", "https://api.airbyte.com/v1", "/v10/jobs"),
        ("/api/jobs", "http://localhost:8000", "/api/jobs"),
    ],
)
def test_a_path_is_neither_doubled_nor_lost_under_the_base_url(
    path: str, base: str, at: str
) -> None:
    assert paths.at_server(path, base) == at


@pytest.mark.parametrize(
    ("template", "is_one"),
    [
        ("/jobs/{jobId}", True),
        ("/jobs/{id}", True),
        ("/jobs/{jobId}/logs", False),
        ("/jobs", False),
        ("/sources/{jobId}", False),
    ],
)
def test_a_job_is_recognised_by_its_path_whatever_the_parameter_is_called(
    template: str, is_one: bool
) -> None:
    assert paths.is_one_job(template) is is_one


@pytest.mark.parametrize(
    ("path", "job_id"),
    [("/jobs/12", 12), ("/jobs/x", None), ("/jobs/", None), ("/jobs/" + "9" * 30, None)],
)
def test_a_job_id_is_a_whole_number(path: str, job_id: int | None) -> None:
    assert paths.job_id(Request(path)) == job_id


def test_a_step_is_asked_at_once_and_then_at_its_pace() -> None:
    async def story() -> None:
        time = clock()
        pacing = Pacing(time)
        await pacing.turn(a_call())
        assert time.monotonic() == 0
        await pacing.turn(a_call(visit=2))
        assert time.monotonic() == INTERVAL
        await pacing.turn(a_call("other"))
        assert time.monotonic() == INTERVAL

    run_virtual(story())


@pytest.mark.parametrize(
    ("asked", "waits"), [("20", 20.0), ("1", INTERVAL), ("99999", MOST_ASKED_FOR), ("soon", 3.0)]
)
def test_a_server_that_wants_to_be_left_alone_is(asked: str, waits: float) -> None:
    async def story() -> None:
        time = clock()
        pacing = Pacing(time)
        await pacing.turn(a_call())
        pacing.answered(a_call(), Response(503, Headers({"Retry-After": asked})))
        await pacing.turn(a_call(visit=2))
        assert time.monotonic() == waits

    run_virtual(story())


def test_no_answer_asks_for_no_pause() -> None:
    async def story() -> None:
        pacing = Pacing(clock())
        await pacing.turn(a_call())
        pacing.answered(a_call(), NoResponse("cut", "it was cut"))
        await pacing.turn(a_call(visit=2))

    run_virtual(story())


def test_a_deadline_gives_what_came_in_time() -> None:
    async def story() -> None:
        time = clock()
        deadline = Deadline(time, START + timedelta(seconds=60))
        assert await deadline.within(asyncio.sleep(59, "done")) == "done"

    run_virtual(story())


def test_a_deadline_that_passes_cancels_what_was_waited_for() -> None:
    async def story() -> None:
        time = clock()
        deadline = Deadline(time, START + timedelta(seconds=60))
        work = asyncio.ensure_future(asyncio.sleep(61))
        with pytest.raises(DeadlinePassedError):
            await deadline.within(work)
        assert work.cancelled()
        assert time.monotonic() == 60

    run_virtual(story())


def test_a_deadline_lets_errors_through() -> None:
    async def broken() -> None:
        raise LookupError("the work's own")

    async def story() -> None:
        with pytest.raises(LookupError):
            await Deadline(clock(), START + timedelta(seconds=60)).within(broken())

    run_virtual(story())


def test_without_a_deadline_anything_may_take_its_time() -> None:
    async def story() -> None:
        assert await Deadline(clock(), None).within(asyncio.sleep(10**6, "late")) == "late"

    run_virtual(story())


def test_cancelling_a_wait_cancels_what_is_waited_for() -> None:
    async def story() -> None:
        work = asyncio.ensure_future(asyncio.sleep(10))
        waiting = asyncio.ensure_future(Deadline(clock(), START + timedelta(hours=1)).within(work))
        await asyncio.sleep(1)
        waiting.cancel()
        await asyncio.wait({waiting})
        assert work.cancelled()

    run_virtual(story())


def test_an_instant_that_has_passed_is_not_waited_for() -> None:
    async def story() -> None:
        time = clock()
        await sleep_until(time, START - timedelta(seconds=5))
        assert time.monotonic() == 0

    run_virtual(story())


def test_ids_are_in_the_order_they_were_made() -> None:
    async def story() -> None:
        time = clock()
        ids = Ids(time, random.Random(1))
        made: list[str] = []
        for _ in range(50):
            made += [ids.run() for _ in range(40)]
            await time.sleep(0.01)
        assert made == sorted(made)
        assert len(set(made)) == len(made)
        assert all(len(one) == 12 for one in made)

    run_virtual(story())
