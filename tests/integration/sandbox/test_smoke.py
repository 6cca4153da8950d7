"""The sandbox as a colleague first meets it: started, asked, watched to an end."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import httpx

from tests.support.sandbox import running_sandbox, sandbox_in_process

START = datetime(2026, 3, 25, 1, 30, tzinfo=UTC)


class SteppedClock:
    """A clock that moves when told."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> datetime:
        return datetime.fromtimestamp(START.timestamp() + self.seconds, UTC)

    def monotonic(self) -> float:
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        self.seconds += seconds
        await asyncio.sleep(0)


def test_a_sandbox_on_a_socket_answers_with_its_connections() -> None:
    with running_sandbox() as server:
        page = httpx.get(f"{server.base_url}/connections", params={"limit": 100}).json()

    assert len(page["data"]) == 24


async def test_a_job_goes_from_pending_to_succeeded_on_the_tests_clock() -> None:
    clock = SteppedClock()
    sandbox = sandbox_in_process(clock)
    async with sandbox.client() as client:
        connections = (await client.get("/connections")).json()["data"]
        first = connections[0]["connectionId"]
        answer = await client.post("/jobs", json={"connectionId": first, "jobType": "sync"})
        job_id = answer.json()["jobId"]
        seen = [answer.json()["status"]]
        while seen[-1] not in {"succeeded", "failed", "cancelled"}:
            clock.seconds += 5
            job = (await client.get(f"/jobs/{job_id}")).json()
            if job["status"] != seen[-1]:
                seen.append(job["status"])

    assert seen == ["pending", "running", "succeeded"]
    assert job["rowsSynced"] > 0
