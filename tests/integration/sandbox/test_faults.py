"""Faults on the line: connections that end, servers that go, clocks that differ."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.integration.sandbox.rig import Rig, rig
from tests.support.sandbox import InProcess, SteppedClock, WaitingClock, sandbox_in_process
from tests.support.virtual_time import START, clock, run_virtual
from workflow.sandbox.faultkinds import FaultName
from workflow.sandbox.faults import parse_fault
from workflow.sandbox.log import LoggedRequest


@pytest.fixture(scope="module")
def at() -> Iterator[Rig]:
    with rig() as made:
        yield made


def last(at: Rig) -> LoggedRequest:
    return list(at.server.log)[-1]


def test_a_cut_before_has_no_effect(at: Rig) -> None:
    connection = at.connection()
    with at.fault("cut-before:endpoint=createJob"), pytest.raises(httpx.ReadError):
        at.post(connection)

    assert at.jobs(connectionId=connection) == []


def test_a_cut_after_has_its_effect(at: Rig) -> None:
    connection = at.connection()
    with at.fault("cut-after:endpoint=createJob"), pytest.raises(httpx.ReadError):
        at.post(connection)

    assert len(at.jobs(connectionId=connection)) == 1


def test_a_cut_in_the_body_ends_the_answer_early(at: Rig) -> None:
    with at.fault("cut-body"), pytest.raises(httpx.RemoteProtocolError):
        at.get("/jobs", limit=100)


def test_a_cut_is_logged_as_no_status_with_its_fault(at: Rig) -> None:
    with at.fault("cut-after"), pytest.raises(httpx.ReadError):
        at.get("/jobs")

    assert (last(at).endpoint, last(at).status, last(at).faults) == ("listJobs", 0, ("cut-after",))


def test_the_server_goes_on_after_cuts(at: Rig) -> None:
    for _ in range(20):
        with at.fault("cut-before"), pytest.raises(httpx.ReadError):
            at.get("/jobs")

    assert at.get("/jobs").status_code == 200


@pytest.mark.parametrize("body", ["html", "broken", "binary"])
def test_garbage_is_200_and_no_json(at: Rig, body: str) -> None:
    with at.fault(f"garbage:body={body}"):
        answer = at.get("/jobs")

    assert answer.status_code == 200
    with pytest.raises(ValueError, match=r".*"):
        answer.json()


def test_a_server_error_can_come_after_the_effect(at: Rig) -> None:
    connection = at.connection()
    with at.fault("server-error:status=502,body=html,effect=done"):
        assert at.post(connection).status_code == 502

    assert len(at.jobs(connectionId=connection)) == 1


def test_a_server_error_without_effect_has_none(at: Rig) -> None:
    connection = at.connection()
    with at.fault("server-error:status=500,endpoint=createJob"):
        assert at.post(connection).status_code == 500

    assert at.jobs(connectionId=connection) == []


def test_latency_takes_time_before_the_effect(at: Rig) -> None:
    before = at.clock.seconds
    with at.fault("latency:seconds=2s-3s"):
        at.get("/jobs")

    assert 2 <= at.clock.seconds - before <= 3


def test_the_date_can_be_off(at: Rig) -> None:
    with at.fault("date-offset:seconds=-45s"):
        date = parsedate_to_datetime(at.get("/health").headers["date"])

    assert (at.clock.now() - date).total_seconds() == pytest.approx(45, abs=1)


def test_a_trigger_whose_effect_never_comes(at: Rig) -> None:
    connection = at.connection()
    with at.fault("lost-trigger:after=never"), pytest.raises(httpx.ReadError):
        at.post(connection)
    at.pass_time(3_600)

    assert at.jobs(connectionId=connection) == []


def test_a_late_trigger_keeps_its_true_cause(at: Rig) -> None:
    connection = at.connection()
    with at.fault("lost-trigger:after=2m,answer=gateway"):
        at.post(connection)
    number = last(at).number
    at.pass_time(130)
    job = at.server.world.jobs.get(at.jobs(connectionId=connection)[0]["jobId"])

    assert job is not None
    assert (job.cause.kind, job.cause.request) == ("request", number)


def test_a_late_commit_hides_a_job_that_was_answered(at: Rig) -> None:
    connection = at.connection()
    with at.fault("late-commit:seconds=4s"):
        job = at.started(connection)
    assert at.jobs(connectionId=connection) == []
    at.pass_time(4)
    assert [row["jobId"] for row in at.jobs(connectionId=connection)] == [job]


def test_a_fault_can_aim_at_one_job(at: Rig) -> None:
    _, first = at.running()
    _, second = at.running()
    with at.fault(f"server-error:job={first}"):
        assert at.get(f"/jobs/{first}").status_code == 503
        assert at.get(f"/jobs/{second}").status_code == 200


def test_a_fault_can_aim_at_one_connection(at: Rig) -> None:
    here, there = at.connection(), at.connection()
    with at.fault(f"rate-limit:connection={here}"):
        assert at.post(here).status_code == 429
        assert at.post(there).status_code == 200
        assert at.get("/jobs", connectionId=here).status_code == 429
        assert at.get(f"/connections/{here}").status_code == 429


def test_a_post_that_blocks_holds_one_of_few_threads() -> None:
    async def play() -> datetime:
        time = clock()
        faults = ["few-threads:threads=1", "slow-post:seconds=90s"]
        sandbox = sandbox_in_process(time, faults=faults)
        connection = next(iter(sandbox.world.catalogue.connections))
        async with sandbox.client() as client:
            body = {"connectionId": connection, "jobType": "sync"}
            with pytest.raises(httpx.ReadTimeout):
                await client.post("/jobs", json=body, timeout=1)
            assert (await client.get("/health", timeout=300)).status_code == 200
        return time.now()

    assert run_virtual(play()) == START + timedelta(seconds=90)


def wait_until_open(at: Rig) -> None:
    """Connect again and again, as a client does, until the server is back."""
    for _ in range(20_000):
        with suppress(httpx.ConnectError):
            at.get("/health")
            return
        at.pass_time(0.01)
    raise AssertionError("the server did not come back")


def test_a_restart_cuts_what_asked_and_refuses_connections_until_it_is_over() -> None:
    with rig(clock=WaitingClock(), control=True) as at:
        with at.fault("restart:seconds=10s,count=1"):
            with pytest.raises(httpx.ReadError):
                at.get("/jobs")
            for url in (at.server.base_url, at.server.root_url + "/control"):
                with pytest.raises(httpx.ConnectError):
                    httpx.get(f"{url}/jobs")
            at.pass_time(10)
            wait_until_open(at)

        assert at.server.log.count("listJobs") == 1


def test_a_restart_ends_what_is_under_way_without_its_effect() -> None:
    with rig(clock=WaitingClock()) as at:
        connection = at.connection()
        at.server.faults.add(parse_fault("latency:seconds=5s,endpoint=createJob"))
        ended: list[Exception] = []

        def post() -> None:
            try:
                at.post(connection)
            except httpx.TransportError as error:
                ended.append(error)

        posting = threading.Thread(target=post)
        posting.start()
        while not at.server.log.under_way:
            threading.Event().wait(0.001)
        with at.fault("restart:seconds=10s,endpoint=listTags"), pytest.raises(httpx.ReadError):
            at.get("/tags")
        posting.join(10)
        at.pass_time(10)
        wait_until_open(at)

        assert len(ended) == 1
        assert at.jobs(connectionId=connection) == []


def test_a_restart_keeps_its_jobs_unless_told_otherwise() -> None:
    with rig() as at:
        _, job = at.running()
        with at.fault("restart:seconds=10s,count=1"), pytest.raises(httpx.ReadError):
            at.get("/jobs")
        wait_until_open(at)

        assert at.job(job)["status"] == "running"


def test_a_restart_that_loses_its_jobs() -> None:
    with rig() as at:
        _, job = at.running()
        with at.fault("restart:seconds=10s,keep=false,count=1"), pytest.raises(httpx.ReadError):
            at.get("/jobs")
        wait_until_open(at)

        assert at.jobs() == []
        assert at.started(at.connection()) < job


def test_a_sandbox_can_be_stopped_while_it_is_gone() -> None:
    with rig(clock=WaitingClock()) as at:
        with at.fault("restart:seconds=1h"), pytest.raises(httpx.ReadError):
            at.get("/jobs")
        port = at.server.port

    with socket.socket() as again:
        again.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        again.bind(("127.0.0.1", port))


def test_tokens_can_be_revoked() -> None:
    with rig(auth=True) as at:
        header = {"Authorization": f"Bearer {at.token().json()['access_token']}"}
        assert at.http.get("/jobs", headers=header).status_code == 200
        with at.fault("revoke-tokens:count=1"):
            assert at.http.get("/jobs", headers=header).status_code == 401
            assert at.http.get("/jobs", headers=header).status_code == 401
            fresh = {"Authorization": f"Bearer {at.token().json()['access_token']}"}
            assert at.http.get("/jobs", headers=fresh).status_code == 200


def test_faults_come_from_options_and_from_a_scenario_file(tmp_path: Path) -> None:
    file = tmp_path / "scenario.yaml"
    file.write_text("faults: ['rate-limit:endpoint=listTags']\n")
    with rig(faults=[f"@{file}", "server-error:endpoint=listSources"]) as at:
        assert at.get("/tags").status_code == 429
        assert at.get("/sources").status_code == 503


def test_every_fault_comes_by_flag_by_file_and_at_run_time(tmp_path: Path) -> None:
    names = [name.value for name in FaultName]
    file = tmp_path / "scenario.yaml"
    # Each aimed at a job that does not exist, so that none strikes anything.
    file.write_text(json.dumps({"faults": [{"name": name, "job": 1} for name in names]}))
    flags = [f"{name}:job=1,count=2,probability=50%" for name in names]
    with rig(faults=[*flags, f"@{file}"], control=True) as at:
        control = f"{at.server.root_url}/control/faults"
        for name in names:
            assert at.http.post(control, json={"name": name, "job": 1}).status_code == 200
        active = [fault["name"] for fault in at.http.get(control).json()["faults"]]

    assert active == names * 3


def test_the_same_seed_strikes_the_same_requests() -> None:
    def struck(seed: int) -> list[int]:
        with rig(seed=seed, faults=["rate-limit:probability=30%", "latency:seconds=0s-1s"]) as at:
            return [at.get("/tags").status_code for _ in range(40)]

    first, again, other = struck(3), struck(3), struck(4)
    assert first == again != other
    assert set(first) == {200, 429}


def test_a_world_file_can_have_faults(tmp_path: Path) -> None:
    file = tmp_path / "world.yaml"
    file.write_text("connections: []\nfaults: [rate-limit]\n")
    with rig(world_file=file) as at:
        assert at.get("/tags").status_code == 429


def in_process(*faults: str) -> InProcess:
    return sandbox_in_process(SteppedClock(), faults=faults)


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("cut-before", httpx.ReadError),
        ("cut-after", httpx.ReadError),
        ("cut-body", httpx.RemoteProtocolError),
    ],
)
async def test_in_process_a_cut_is_the_same_error(
    fault: str, error: type[httpx.TransportError]
) -> None:
    sandbox = in_process(f"{fault}:count=1")
    async with sandbox.client() as client:
        with pytest.raises(error):
            await client.get("/jobs")
        assert (await client.get("/jobs")).status_code == 200


async def test_in_process_a_server_that_is_gone_refuses_connections() -> None:
    sandbox = in_process("restart:seconds=10s,count=1")
    async with sandbox.client() as client:
        with pytest.raises(httpx.ReadError):
            await client.get("/jobs")
        with pytest.raises(httpx.ConnectError):
            await client.get("/jobs")


async def test_in_process_the_log_is_the_same() -> None:
    sandbox = in_process("cut-after:count=1")
    async with sandbox.client() as client:
        with pytest.raises(httpx.ReadError):
            await client.get("/jobs")
        await client.get("/jobs")

    assert [entry.status for entry in sandbox.log] == [0, 200]


async def test_a_client_that_leaves_before_its_request_is_whole_has_asked_nothing() -> None:
    sandbox = in_process()
    messages: Iterator[dict[str, Any]] = iter(
        [
            {"type": "http.request", "body": b'{"name": "half', "more_body": True},
            {"type": "http.disconnect"},
        ]
    )

    async def receive() -> dict[str, Any]:
        return next(messages)

    async def send(message: Any) -> None:
        raise AssertionError(f"nobody is there to hear {message}")

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/v1/workspaces",
        "query_string": b"",
        "headers": [],
    }
    await sandbox.app(scope, receive, send)

    assert len(sandbox.log) == 0


def test_in_process_a_server_goes_on_when_its_client_has_given_up() -> None:
    async def play() -> list[str]:
        sandbox = sandbox_in_process(clock(), faults=["latency:seconds=10s,endpoint=createJob"])
        connection = next(iter(sandbox.world.catalogue.connections))
        async with sandbox.client() as client:
            body = {"connectionId": connection, "jobType": "sync"}
            with pytest.raises(httpx.ReadTimeout):
                await client.post("/jobs", json=body, timeout=1)
            assert (await client.get("/jobs", params={"status": "pending"})).json()["data"] == []
            await asyncio.sleep(10)
            rows = (await client.get("/jobs", params={"status": "pending"})).json()["data"]
        return [row["connectionId"] for row in rows] + [connection]

    found, asked = run_virtual(play())
    assert found == asked
