"""The sandbox as a process sees it: started, stopped, in a thread, in the foreground, large."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from tests.integration.sandbox.rig import STEADY, rig
from tests.support.sandbox import WaitingClock, running_sandbox
from workflow.sandbox.faults import parse_fault
from workflow.sandbox.options import SandboxError, SandboxOptions, demo_options
from workflow.sandbox.server import SandboxServer, serve_in_thread

ROOT = Path(__file__).parents[3]


def test_it_listens_on_loopback_only() -> None:
    with running_sandbox() as server:
        assert server.base_url.startswith("http://127.0.0.1:")
        with socket.socket() as probe, pytest.raises(OSError, match=r".*"):
            probe.connect(("127.0.0.2", server.port))


def test_a_port_that_is_taken_is_told_in_a_sentence() -> None:
    with running_sandbox() as server, pytest.raises(SandboxError) as refused:
        SandboxServer(SandboxOptions(port=server.port))

    assert "--port" in str(refused.value)


def test_a_stopped_sandbox_leaves_no_thread_and_no_port() -> None:
    before = threading.active_count()
    server = serve_in_thread(SandboxOptions())
    assert httpx.get(f"{server.base_url}/health").status_code == 200
    server.stop()

    assert threading.active_count() == before
    with socket.socket() as again:
        again.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        again.bind(("127.0.0.1", server.port))


def test_stopping_does_not_wait_for_a_request_that_hangs() -> None:
    server = serve_in_thread(SandboxOptions(faults=["slow:seconds=1h"]))
    hanging = socket.create_connection(("127.0.0.1", server.port))
    hanging.sendall(b"GET /v1/health HTTP/1.1\r\nHost: x\r\n\r\n")
    while not server.log.under_way:
        threading.Event().wait(0.001)
    server.stop()

    with pytest.raises(ConnectionResetError):
        hanging.recv(1)
    hanging.close()


async def test_it_is_an_async_context_manager() -> None:
    async with SandboxServer(SandboxOptions()) as server, httpx.AsyncClient() as client:
        assert (await client.get(f"{server.base_url}/health")).status_code == 200


def test_faults_may_be_switched_from_another_thread() -> None:
    with running_sandbox() as server:
        number = server.faults.add(parse_fault("rate-limit"))
        assert httpx.get(f"{server.base_url}/jobs").status_code == 429
        server.faults.remove(number)
        assert httpx.get(f"{server.base_url}/jobs").status_code == 200


@pytest.mark.parametrize("which", [signal.SIGINT, signal.SIGTERM])
def test_in_the_foreground_it_announces_itself_and_ends_on_a_signal(which: int) -> None:
    code = (
        "from workflow.sandbox.options import SandboxOptions\n"
        "from workflow.sandbox.server import serve_forever\n"
        "serve_forever(SandboxOptions(), lambda server: print(server.base_url, flush=True))\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        base_url = process.stdout.readline().strip()
        assert httpx.get(f"{base_url}/health").status_code == 200
        process.send_signal(which)
        process.wait(10)

        assert process.stderr.read() == ""
        assert process.returncode in {0, -which}


def test_the_demo_is_lively_and_queues() -> None:
    options = demo_options()
    with rig(seed=options.seed, speed=options.speed, capacity=options.capacity) as at:
        rows = at.get("/connections", limit=100).json()["data"]
        active = [row["connectionId"] for row in rows if row["status"] == "active"]
        jobs = [at.started(connection) for connection in active[:6]]
        at.pass_time(2)
        assert {at.job(job)["status"] for job in jobs} == {"running", "queued"}
        at.pass_time(15 * 60)
        assert {at.job(job)["status"] for job in jobs} <= {"succeeded", "failed"}


def test_ten_thousand_connections_and_a_thousand_live_jobs() -> None:
    with rig(connections=10_000) as at:
        fresh = [at.connection(STEADY) for _ in range(1_000)]
        jobs = {at.started(connection) for connection in fresh}
        at.pass_time(30)
        seen: set[int] = set()
        for page in range(11):
            rows = at.jobs(status="running", orderBy="createdAt|DESC", limit=100, offset=page * 100)
            seen |= {row["jobId"] for row in rows}

        assert seen == jobs
        assert len(at.get("/connections", limit=100, offset=9_900).json()["data"]) == 100


def test_a_local_edition_has_five_threads() -> None:
    with rig(clock=WaitingClock(), edition="local", faults=["slow-post:seconds=90s"]) as at:
        places = [at.connection() for _ in range(5)]
        with ThreadPoolExecutor(6) as pool:
            for place in places:
                pool.submit(at.post, place)
            while at.server.log.under_way < 5:
                threading.Event().wait(0.001)
            sixth = pool.submit(at.get, "/health")
            while at.server.log.under_way < 6:
                threading.Event().wait(0.001)
            assert at.server.log.count() == 0
            at.pass_time(90)
            assert sixth.result(10).status_code == 200


def test_an_older_edition_lacks_what_came_since() -> None:
    with rig(edition="older") as at:
        assert at.get("/tags").status_code == 404
        assert "date" not in at.get("/health").headers
        assert "expires_in" not in at.token().json()


def test_the_life_of_tokens_schedules_and_colleagues_are_options() -> None:
    options = {"token_lifetime": 60.0, "schedules": True, "colleagues": 600.0}
    with rig(auth=True, **options) as at:
        granted = at.token().json()
        at.pass_time(86_400)
        at.get("/health")
        causes = {job.cause.kind for job in at.server.world.jobs}

    assert granted["expires_in"] == 60
    assert causes == {"history", "schedule", "colleague"}


def test_a_fault_that_aims_at_no_endpoint_is_refused_with_the_nearest() -> None:
    with pytest.raises(SandboxError, match="did you mean listJobs"):
        SandboxServer(SandboxOptions(faults=["rate-limit:endpoint=lisJobs"]))
