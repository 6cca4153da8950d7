"""A connection's newest jobs, as a trigger and a cancel have to know them."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.support.virtual_time import clock, run_virtual
from workflow.airbyte.client import Client
from workflow.airbyte.models import JOB_TYPES, JobType
from workflow.http.door import Door
from workflow.runs.trigger.lists import JobLists, UnreadableRowError
from workflow.runs.trigger.moves import Listed

HOME = "https://airbyte.example.com/v1"
OURS = "11111111-2222-4333-8444-555555555555"
THEIRS = "99999999-2222-4333-8444-555555555555"


def row(number: int, kind: str = "sync", connection: str = OURS, **changes: Any) -> dict[str, Any]:
    made = {"jobId": number, "status": "running", "jobType": kind, "connectionId": connection}
    return {**made, "startTime": "2026-03-25T01:30:00Z", **changes}


def listed(
    rows: Callable[[str | None], list[dict[str, Any]]], *types: JobType
) -> tuple[Listed, JobLists]:
    """List a connection's jobs; `rows` gives what the server shows of a type."""

    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"data": rows(request.url.params.get("jobType"))})

    async def story() -> tuple[Listed, JobLists]:
        transport = httpx.MockTransport(answer)
        door = Door(HOME, clock=clock(), rng=random.Random(1), transport=transport)
        lists = JobLists(Client(door, HOME))
        return await lists.newest(OURS, types), lists

    return run_virtual(story())


def old_server(kind: str | None) -> list[dict[str, Any]]:
    jobs = [row(9, "refresh"), row(8, "sync")]
    return [one for one in jobs if one["jobType"] in ({"sync"} if kind is None else {kind})]


def test_another_connections_jobs_are_left_out() -> None:
    found, _ = listed(lambda _: [row(9, connection=THEIRS), row(8)])
    assert [job.job_id for job in found.jobs] == [8]


@pytest.mark.parametrize("changes", [{"jobId": "x"}, {"status": 7}, {"startTime": "yesterday"}])
def test_a_row_that_cannot_be_read_makes_the_list_worth_nothing(changes: dict[str, Any]) -> None:
    """It may be the job that matters: a DELETE would hit it, a trigger run into it."""
    with pytest.raises(UnreadableRowError, match="row that"):
        listed(lambda _: [row(9, **changes), row(8)])


def test_what_is_listed_by_its_type_only_is_told_from_what_every_list_shows() -> None:
    found, lists = listed(old_server, *JOB_TYPES)
    assert {job.job_id: job.by_type for job in found.jobs} == {8: False, 9: True}
    assert lists.by_type


def test_a_server_that_lists_all_types_is_not_found_to_leave_some_out() -> None:
    found, lists = listed(lambda _: [row(9, "refresh"), row(8)], *JOB_TYPES)
    assert [job.by_type for job in found.jobs] == [False, False]
    assert not lists.by_type
