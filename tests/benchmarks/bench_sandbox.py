"""How much a sandbox costs, next to the same framework answering a constant.

``python -m tests.benchmarks.bench_sandbox [--seconds 3] [--connections 10000] [--live 1000]``
``... --day`` lets a day of schedules pass instead, and tells what it costs in time and memory.

Each server runs in a process of its own and reports its own CPU time, so that the client that
asks is not counted. The client is bare sockets with ready-made requests, several connections at
once, so that the server is what limits the rate.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import os
import resource
import sys
import time
from dataclasses import dataclass
from multiprocessing.connection import Connection as Pipe

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from workflow.sandbox.build import build, plan_of
from workflow.sandbox.model import Cause, JobType
from workflow.sandbox.options import SandboxOptions
from workflow.sandbox.rendered import ConnectionTexts, job_text
from workflow.sandbox.server import SandboxServer

_CONNECTIONS = 8


@dataclass(frozen=True)
class Measured:
    """What one target did: requests a second, and server CPU seconds a request."""

    name: str
    per_second: float
    cpu: float
    body_bytes: int


def serve_sandbox(pipe: Pipe, connections: int, live: int) -> None:
    """Serve a large sandbox with many live jobs, and answer the pipe with CPU times."""
    server = SandboxServer(SandboxOptions(connections=connections))
    world = server.world
    active = [c for c in world.catalogue.connections.values() if c.status == "active"]
    for connection in active[:live]:
        world.begin(connection, JobType.SYNC, Cause("colleague"))
    server.start()
    newest = max(job.id for job in world.jobs)
    answer_pipe(pipe, server.port, newest)


def serve_constant(pipe: Pipe, small: bytes, large: bytes) -> None:
    """Serve the same framework and server with two constants of the sandbox's sizes."""

    async def one(_: Request) -> Response:
        return Response(small, media_type="application/json")

    async def many(_: Request) -> Response:
        return Response(large, media_type="application/json")

    async def health(_: Request) -> Response:
        return JSONResponse({})

    app = Starlette(routes=[Route("/one", one), Route("/many", many), Route("/health", health)])
    sandbox = SandboxServer(SandboxOptions(connections=0))
    # The same socket options and server settings, another application.
    sandbox._server.config.app = app
    sandbox._server = uvicorn.Server(sandbox._server.config)
    sandbox.start()
    answer_pipe(pipe, sandbox.port, 0)


def answer_pipe(pipe: Pipe, port: int, newest: int) -> None:
    pipe.send((port, newest))
    while pipe.recv() == "cpu":
        pipe.send(time.process_time())
    # What still serves is a daemon thread: nothing is kept, so nothing needs an orderly end.
    os._exit(0)


async def ask_once(port: int, path: str) -> bytes:
    """Return one answer's body."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request_of(path))
    body = await read_answer(reader)
    writer.close()
    return body


def request_of(path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: x\r\nUser-Agent: bench\r\n\r\n".encode()


async def read_answer(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200"):
        raise RuntimeError(head.decode("latin-1").splitlines()[0])
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return await reader.readexactly(int(line.split(b":")[1]))
    raise RuntimeError("an answer without a length")


async def hammer(port: int, path: str, seconds: float) -> tuple[int, float]:
    """Ask from several connections for a while; return how often and how long."""
    request, count = request_of(path), 0
    start = time.perf_counter()
    until = start + seconds

    async def one() -> int:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        asked = 0
        # At least once: on a busy machine a short time may be over before it begins.
        while not asked or time.perf_counter() < until:
            writer.write(request)
            await read_answer(reader)
            asked += 1
        writer.close()
        return asked

    count = sum(await asyncio.gather(*(one() for _ in range(_CONNECTIONS))))
    return count, time.perf_counter() - start


def measure(name: str, pipe: Pipe, port: int, path: str, seconds: float) -> Measured:
    size = len(asyncio.run(ask_once(port, path)))
    asyncio.run(hammer(port, path, min(0.3, seconds)))
    pipe.send("cpu")
    before = pipe.recv()
    count, took = asyncio.run(hammer(port, path, seconds))
    pipe.send("cpu")
    return Measured(name, count / took, (pipe.recv() - before) / count, size)


def bench(seconds: float, connections: int, live: int) -> list[Measured]:
    """Measure all targets, one server at a time."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    sandbox = context.Process(target=serve_sandbox, args=(theirs, connections, live), daemon=True)
    sandbox.start()
    port, newest = ours.recv()
    one = f"/v1/jobs/{newest}"
    many = "/v1/jobs?limit=100&orderBy=updatedAt%7CDESC&updatedAtStart=2020-01-01T00:00:00Z"
    places = "/v1/connections?limit=100&offset=300"
    small, large = (asyncio.run(ask_once(port, path)) for path in (one, many))
    measured = [
        measure("getJob", ours, port, one, seconds),
        measure("listJobs, 100 rows", ours, port, many, seconds),
        measure("listConnections, 100 rows", ours, port, places, seconds),
    ]
    ours.send("stop")
    sandbox.join()

    constant = context.Process(target=serve_constant, args=(theirs, small, large), daemon=True)
    constant.start()
    port, _ = ours.recv()
    measured += [
        measure("constant, as small as getJob", ours, port, "/one", seconds),
        measure("constant, as large as the list", ours, port, "/many", seconds),
    ]
    ours.send("stop")
    constant.join()
    return measured


@dataclass(frozen=True)
class Hour:
    """What a world has become after so many hours: jobs ever made, kept and live, megabytes."""

    number: int
    made: int
    kept: int
    live: int
    megabytes: float


def day(connections: int, hours: int = 24) -> tuple[list[Hour], float]:
    """Let a day pass in which every schedule fires and every list is read once an hour.

    Returns what every sixth hour and the last one left behind, and the CPU seconds of it all.
    """
    options = SandboxOptions(connections=connections, schedules=True)
    start = 1_774_402_200.0
    before = time.process_time()
    world = build(plan_of(options), options, start)
    texts = ConnectionTexts(world.catalogue)
    passed: list[Hour] = []
    for hour in range(1, hours + 1):
        world.advance(start + 3_600.0 * hour)
        for connection in world.catalogue.connections.values():
            texts.of(connection)
        for job in world.jobs:
            job_text(job, job.shown_status, world.now, world.speed, totals=True)
        if hour % 6 == 0 or hour == hours:
            newest = max(job.id for job in world.jobs) - world.settings.first_job_id + 1
            # The most it ever was, in kilobytes: what was given back does not count.
            most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_024
            passed.append(Hour(hour, newest, len(world.jobs), len(world.jobs.live), most))
    return passed, time.process_time() - before


def print_day(connections: int) -> None:
    hours, cpu = day(connections)
    print(f"{connections} connections with their schedules, {cpu:.1f} CPU seconds in all")
    print(f"{'hour':>6}{'jobs made':>12}{'kept':>10}{'live':>8}{'MB':>8}")
    for one in hours:
        print(f"{one.number:6}{one.made:12}{one.kept:10}{one.live:8}{one.megabytes:8.0f}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--connections", type=int, default=10_000)
    parser.add_argument("--live", type=int, default=1_000)
    parser.add_argument("--day", action="store_true", help="a simulated day instead")
    given = parser.parse_args()
    if given.day:
        print_day(given.connections)
        return 0
    print(f"{given.connections} connections, {given.live} live jobs, {_CONNECTIONS} clients")
    print(f"{'target':34}{'requests/s':>12}{'CPU ms/request':>16}{'bytes':>9}")
    for row in bench(given.seconds, given.connections, given.live):
        cpu = row.cpu * 1_000
        print(f"{row.name:34}{row.per_second:12.0f}{cpu:16.3f}{row.body_bytes:9}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
