"""Each endpoint's request and answer, against recorded exchanges."""

from __future__ import annotations

import json
import random
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import httpx
import pytest
import respx

from workflow.airbyte.client import Client
from workflow.airbyte.models import (
    FAILED,
    SYNC,
    ConnectionId,
    JobId,
    TagId,
    WorkspaceId,
)
from workflow.airbyte.problems import ApiProblem, ProblemKind
from workflow.clock import SystemClock
from workflow.http.door import Door
from workflow.http.failures import NetworkFailure
from workflow.http.repeating import Patience

BASE = "https://airbyte.example.com/api/public/v1"
JOB = {
    "jobId": 7,
    "status": "running",
    "jobType": "sync",
    "startTime": "2026-03-25T01:30Z",
    "connectionId": "9c2a1f",
}
CONNECTION = ConnectionId("9c2a1f")


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    patience = Patience(attempts=2, first=0.0)
    door = Door(BASE, clock=SystemClock(), rng=random.Random(1), patience=patience)
    yield Client(door, BASE)
    await door.aclose()


@respx.mock(base_url=BASE)
async def test_a_trigger_is_one_post(respx_mock: respx.MockRouter, client: Client) -> None:
    route = respx_mock.post("/jobs").respond(
        json=JOB, headers={"Date": "Wed, 25 Mar 2026 01:30:02 GMT"}
    )

    answer = await client.create_job(CONNECTION, SYNC)

    assert json.loads(route.calls.last.request.content) == {
        "connectionId": "9c2a1f",
        "jobType": "sync",
    }
    assert answer.value.job_id == 7
    assert answer.raw == JOB
    assert answer.date == datetime(2026, 3, 25, 1, 30, 2, tzinfo=UTC)
    assert answer.left <= answer.arrived


@pytest.mark.parametrize("status", [401, 409, 429, 500, 502, 503])
@respx.mock(base_url=BASE)
async def test_a_trigger_that_is_refused_is_not_sent_again(
    respx_mock: respx.MockRouter, client: Client, status: int
) -> None:
    route = respx_mock.post("/jobs").respond(status, headers={"Retry-After": "0"})

    with pytest.raises(ApiProblem) as caught:
        await client.create_job(CONNECTION, SYNC)

    assert caught.value.status == status
    assert route.call_count == 1


@respx.mock(base_url=BASE)
async def test_a_trigger_that_is_cut_off_is_not_sent_again(
    respx_mock: respx.MockRouter, client: Client
) -> None:
    route = respx_mock.post("/jobs").mock(side_effect=httpx.ReadError("reset"))

    with pytest.raises(NetworkFailure) as caught:
        await client.create_job(CONNECTION, SYNC)

    assert caught.value.sent
    assert route.call_count == 1


@respx.mock(base_url=BASE)
async def test_a_cancel_is_one_delete(respx_mock: respx.MockRouter, client: Client) -> None:
    respx_mock.delete("/jobs/7").respond(json={**JOB, "status": "cancelled"})

    assert (await client.cancel_job(JobId(7))).value.is_terminal


@respx.mock(base_url=BASE)
async def test_a_read_is_repeated_once_it_is_safe(
    respx_mock: respx.MockRouter, client: Client
) -> None:
    route = respx_mock.get("/jobs/7")
    route.side_effect = [httpx.Response(503), httpx.Response(200, json=JOB)]

    assert (await client.get_job(JobId(7))).value.job_id == 7


@respx.mock(base_url=BASE)
async def test_the_feeds_reads_are_not_repeated(
    respx_mock: respx.MockRouter, client: Client
) -> None:
    route = respx_mock.get("/jobs/7").respond(503)

    with pytest.raises(ApiProblem):
        await client.get_job(JobId(7), replay="never")

    assert route.call_count == 1


@respx.mock(base_url=BASE)
async def test_a_list_of_jobs_says_all_that_it_is_asked_for(
    respx_mock: respx.MockRouter, client: Client
) -> None:
    route = respx_mock.get("/jobs").respond(json={"data": [JOB], "next": "http://wrong.example"})

    answer = await client.list_jobs(
        workspace_ids=[WorkspaceId("w1"), WorkspaceId("w2")],
        status=FAILED,
        updated_at_start=datetime(2026, 3, 25, 1, 30, tzinfo=UTC),
        order_by="updatedAt|DESC",
        offset=200,
    )

    assert route.calls.last.request.url.params.multi_items() == [
        ("workspaceIds", "w1"),
        ("workspaceIds", "w2"),
        ("status", "failed"),
        ("updatedAtStart", "2026-03-25T01:30:00.000Z"),
        ("orderBy", "updatedAt|DESC"),
        ("limit", "100"),
        ("offset", "200"),
    ]
    assert b"orderBy=updatedAt%7CDESC" in route.calls.last.request.url.query
    assert (len(answer.value.items), answer.value.size) == (1, 1)


@respx.mock(base_url=BASE)
async def test_all_connections_are_paged_by_our_own_offset_and_come_once(
    respx_mock: respx.MockRouter, client: Client
) -> None:
    names = [f"c{number}" for number in range(230)]

    def page(request: httpx.Request) -> httpx.Response:
        offset = int(request.url.params["offset"])
        # One was made meanwhile: the pages overlap.
        shown = names[max(0, offset - 1) :][:100]
        rows = [{"connectionId": name, "name": name, "status": "active"} for name in shown]
        return httpx.Response(200, json={"data": rows, "next": f"{BASE}/wrong"})

    respx_mock.get("/connections").mock(side_effect=page)

    found = [
        item.raw_name
        async for part in client.all_connections(tag_ids=[TagId("t1")])
        for item in part.items
    ]

    assert found == names


@respx.mock(base_url=BASE)
async def test_an_id_typed_by_hand_cannot_reach_another_path(
    respx_mock: respx.MockRouter, client: Client
) -> None:
    route = respx_mock.get(path__startswith="/").respond(404, json={})

    with pytest.raises(ApiProblem) as caught:
        await client.get_connection(ConnectionId("../jobs?x=1"))

    assert route.calls.last.request.url.raw_path == b"/api/public/v1/connections/..%2Fjobs%3Fx%3D1"
    assert caught.value.kind is ProblemKind.NOT_FOUND


@respx.mock(base_url=BASE)
async def test_the_other_lists_are_read(respx_mock: respx.MockRouter, client: Client) -> None:
    respx_mock.get("/workspaces").respond(json={"data": [{"workspaceId": "w1", "name": "W"}]})
    respx_mock.get("/sources").respond(json={"data": [{"sourceId": "s1", "sourceType": "stripe"}]})
    respx_mock.get("/destinations").respond(json={"data": [{"destinationId": "d1", "name": "D"}]})
    respx_mock.get("/tags").respond(json={"data": [{"tagId": "t1", "name": "critical"}]})
    respx_mock.get("/health").respond(200, text="Successful operation")
    respx_mock.patch("/connections/9c2a1f").respond(
        json={"connectionId": "9c2a1f", "status": "inactive"}
    )

    assert (await client.list_workspaces()).value.items[0].name == "W"
    assert (await client.list_sources()).value.items[0].source_type == "stripe"
    assert (await client.list_destinations()).value.items[0].name == "D"
    assert (await client.list_tags()).value.items[0].name == "critical"
    assert (await client.get_health()).status == 200
    assert not (await client.patch_connection(CONNECTION, "inactive")).value.is_active


NONSENSE = [
    b"",
    b'{"jobId": 7, "sta',
    b"<html><body>502 Bad Gateway</body></html>",
    b'{"jobId": "seven", "status": []}',
    b'{"jobId": 123456789012345678901234567890}',
    b'{"jobId": NaN}',
    b'{"jobId": 7, "jobId": 8}',
    b"[" * 100_000,
    '{"jobId": 7, "status": "läuft"}'.encode("utf-16"),
    b"\x00\xff\xfe",
    b"null",
]


@pytest.mark.parametrize("content", NONSENSE, ids=range(len(NONSENSE)))
@respx.mock(base_url=BASE)
async def test_nonsense_is_one_sentence(
    respx_mock: respx.MockRouter, client: Client, content: bytes
) -> None:
    respx_mock.get("/jobs/7").respond(200, content=content)

    with pytest.raises(ApiProblem) as caught:
        await client.get_job(JobId(7))

    assert caught.value.kind is ProblemKind.UNREADABLE
    assert caught.value.sentence.startswith("Reading job 7: the server answered 200, but ")
    assert caught.value.sentence.count("\n") == 0
    assert len(caught.value.sentence) < 300
