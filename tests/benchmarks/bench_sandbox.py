"""How much a sandbox costs, next to the same framework answering a constant.

``python -m tests.benchmarks.bench_sandbox [--seconds 3] [--connections 10000] [--live 1000]``

Each server runs in a process of its own and reports its own CPU time, so that the client that
asks is not counted. The client is bare sockets with ready-made requests, several connections at
once, so that the server is what limits the rate.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import os
import sys
import time
from dataclasses import dataclass
from multiprocessing.connection import Connection as Pipe

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from workflow.sandbox.model import Cause, JobType
from workflow.sandbox.options import SandboxOptions
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
        while time.perf_counter() < until:
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


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--connections", type=int, default=10_000)
    parser.add_argument("--live", type=int, default=1_000)
    given = parser.parse_args()
    print(f"{given.connections} connections, {given.live} live jobs, {_CONNECTIONS} clients")
    print(f"{'target':34}{'requests/s':>12}{'CPU ms/request':>16}{'bytes':>9}")
    for row in bench(given.seconds, given.connections, given.live):
        cpu = row.cpu * 1_000
        print(f"{row.name:34}{row.per_second:12.0f}{cpu:16.3f}{row.body_bytes:9}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
