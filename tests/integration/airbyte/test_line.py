"""Answers no server should give, over real sockets: one sentence each, and bounded memory."""

from __future__ import annotations

import asyncio
import random
import ssl
import tracemalloc
from pathlib import Path

import pytest

from tests.integration.airbyte.lines import Reply, endless, line, silent, written
from workflow.airbyte.client import Client
from workflow.airbyte.models import SYNC, ConnectionId, JobId
from workflow.airbyte.problems import ApiProblem
from workflow.clock import SystemClock
from workflow.http.door import Door
from workflow.http.failures import NetworkFailure
from workflow.http.messages import Timeout

CERTIFICATES = Path(__file__).parent / "certificates"
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


async def what_is_said(reply: Reply, *, cap: int = 1 << 20, total: float = 10.0) -> str:
    async with line(reply) as address:
        timeout = Timeout(read=total, total=total)
        door = Door(address, clock=SystemClock(), rng=random.Random(1), cap=cap, timeout=timeout)
        try:
            await Client(door, address).get_job(JobId(7), replay="never")
        except NetworkFailure as failure:
            return f"{failure.kind}: {failure.text}"
        except ApiProblem as problem:
            return f"{problem.kind}: {problem.sentence}"
        finally:
            await door.aclose()
    raise AssertionError("it was taken for an answer")


@pytest.mark.parametrize(
    ("data", "begins"),
    [
        (b"", "cut:"),
        (b"HTTP/1.1 200", "cut:"),
        (b"\x00\xff\x00 what?\r\n\r\n", "protocol:"),
        (b"SSH-2.0-OpenSSH_9.6\r\n\r\n", "protocol:"),
        (HEAD + b'Content-Length: 500\r\n\r\n{"jobId": 7', "cut:"),
        (HEAD + b"Content-Length: banana\r\n\r\n{}", "protocol:"),
        (HEAD + b"Content-Length: 2\r\n\r\n{}", "unreadable:"),
        (HEAD + b"Content-Length: 0\r\n\r\n", "unreadable:"),
        (HEAD + b"Content-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello", "decode:"),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\nZZ\r\n", "protocol:"),
        (b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 13\r\n\r\n<html></html>", "server_error:"),
        (b"HTTP/1.1 200 OK\r\n" + b"X: " + b"y" * 200_000 + b"\r\n\r\n", "protocol:"),
    ],
)
async def test_each_broken_answer_is_one_sentence(data: bytes, begins: str) -> None:
    said = await what_is_said(written(data))

    assert said.startswith(begins), said
    assert "\n" not in said
    assert "/jobs/7" in said or "job 7" in said


async def test_a_body_without_an_end_is_given_up_with_little_memory() -> None:
    tracemalloc.start()
    try:
        said = await what_is_said(endless, cap=4 << 20)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert said.startswith("too_large:")
    assert peak < 16 << 20


async def test_a_server_that_says_nothing_runs_into_the_timeout() -> None:
    assert (await what_is_said(silent, total=0.2)).startswith("timeout:")


async def test_a_port_where_nobody_listens_means_nothing_was_sent() -> None:
    async with line(silent) as address:
        pass
    door = Door(address, clock=SystemClock(), rng=random.Random(1))

    with pytest.raises(NetworkFailure) as caught:
        await Client(door, address).create_job(ConnectionId("c1"), SYNC)

    assert (caught.value.kind, caught.value.sent) == ("connect", False)
    await door.aclose()


async def test_each_trigger_goes_on_a_connection_of_its_own() -> None:
    opened: list[object] = []

    async def reply(writer: asyncio.StreamWriter) -> None:
        opened.append(writer.get_extra_info("peername"))
        body = b'{"jobId": 7, "status": "pending", "jobType": "sync", "connectionId": "c1"}'
        writer.write(HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body)
        await writer.drain()

    async with line(reply) as address:
        door = Door(address, clock=SystemClock(), rng=random.Random(1))
        for _ in range(3):
            await Client(door, address).create_job(ConnectionId("c1"), SYNC)
        await door.aclose()

    assert len(set(opened)) == 3


def loopback_tls() -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(CERTIFICATES / "loopback.pem", CERTIFICATES / "loopback-key.pem")
    return context


async def test_a_certificate_nobody_vouches_for_is_not_accepted() -> None:
    async with line(written(b""), loopback_tls()) as address:
        door = Door(address, clock=SystemClock(), rng=random.Random(1))
        with pytest.raises(NetworkFailure) as caught:
            await Client(door, address).create_job(ConnectionId("c1"), SYNC)
        await door.aclose()

    assert (caught.value.kind, caught.value.sent) == ("tls", False)
    assert "certificate" in caught.value.text
    assert "ca_bundle" in caught.value.text


async def test_another_hosts_certificate_is_not_mended_by_a_bundle() -> None:
    async with line(written(b""), loopback_tls()) as address:
        # By another name of this machine, which the certificate has not.
        elsewhere = address.replace("127.0.0.1", "127.0.0.2")
        bundle = CERTIFICATES / "loopback.pem"
        door = Door(elsewhere, clock=SystemClock(), rng=random.Random(1), ca_bundle=bundle)
        with pytest.raises(NetworkFailure) as caught:
            await Client(door, elsewhere).get_job(JobId(7), replay="never")
        await door.aclose()

    assert caught.value.kind in {"tls", "connect"}
    assert "ca_bundle" not in caught.value.text
    assert ".." not in caught.value.text.replace("127.0.0.2", "")


async def test_a_port_without_tls_is_not_said_to_have_a_bad_certificate() -> None:
    def plainly(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(plainly, "127.0.0.1", 0) as server:
        host, port = server.sockets[0].getsockname()
        encrypted = f"https://{host}:{port}/v1"
        door = Door(encrypted, clock=SystemClock(), rng=random.Random(1))
        with pytest.raises(NetworkFailure) as caught:
            await Client(door, encrypted).create_job(ConnectionId("c1"), SYNC)
        await door.aclose()

    assert (caught.value.kind, caught.value.sent) == ("tls", False)
    assert "certificate" not in caught.value.text
    assert "has to begin with http://" in caught.value.text


async def test_ones_own_ca_bundle_vouches_for_it() -> None:
    body = b'{"jobId": 7, "status": "running", "jobType": "sync", "connectionId": "c1"}'
    answer = HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body
    async with line(written(answer), loopback_tls()) as address:
        bundle = CERTIFICATES / "loopback.pem"
        door = Door(address, clock=SystemClock(), rng=random.Random(1), ca_bundle=bundle)
        job = (await Client(door, address).get_job(JobId(7))).value
        await door.aclose()

    assert job.job_id == 7


async def test_a_proxy_of_the_environment_is_used_for_others_and_never_for_loopback(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    body = b'{"jobId": 7, "status": "running", "jobType": "sync", "connectionId": "c1"}'
    answer = HEAD + b"Content-Length: %d\r\nConnection: close\r\n\r\n" % len(body) + body
    proxied = 0

    async def proxy(writer: asyncio.StreamWriter) -> None:
        nonlocal proxied
        proxied += 1
        await written(answer)(writer)

    async with line(proxy) as proxy_address, line(written(answer)) as address:
        monkeypatch.setenv("HTTP_PROXY", proxy_address)
        monkeypatch.delenv("NO_PROXY", raising=False)
        counts = []
        for home in (address, "http://airbyte.example"):
            door = Door(home, clock=SystemClock(), rng=random.Random(1))
            await Client(door, home).get_job(JobId(7))
            await door.aclose()
            counts.append(proxied)

    assert counts == [0, 1]


async def test_a_proxy_that_is_not_there_is_named_without_its_password(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with line(silent) as address:
        pass
    there = address.removeprefix("http://").partition("/")[0]
    monkeypatch.setenv("HTTP_PROXY", f"http://user:canary@{there}")
    home = "http://airbyte.example/v1"
    door = Door(home, clock=SystemClock(), rng=random.Random(1))

    with pytest.raises(NetworkFailure) as caught:
        await Client(door, home).create_job(ConnectionId("c1"), SYNC)

    assert f"airbyte.example/v1/jobs through the proxy {there}: " in caught.value.text
    assert "canary" not in caught.value.text
    await door.aclose()
