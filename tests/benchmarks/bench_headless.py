"""What runs cost without a screen, and what ten thousand connections cost with one looking.

``run``: `syncdeck run --all` as a command with about 1,000 targets, against a sandbox in a process
of its own whose jobs go a thousand times faster; requests are those the sandbox counted. How long
it takes is set by the budget of 600 requests a minute, not by a processor. The baseline is the same
command with about 10 targets, so that what a run costs is told apart from what a start costs.
``watch``: a session that somebody looks at, over 10,000 connections with 500 live jobs, which end
by themselves, one after another, about when their connections' jobs usually do.
``python -m tests.benchmarks.bench_headless``.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urljoin

import httpx

from tests.benchmarks.common import ROOT, Figure, alone, in_process_of_its_own
from tui.session import open_session
from workflow.runs.connection_view import ConnectionView
from workflow.runs.fleet import Fleet
from workflow.settings import Profile

FEW: Final = 10
MANY: Final = 1_000
CREATED: Final = 1.09
"""Connections for each that is active, about."""
SPEED: Final = 1_000.0
CONNECTIONS: Final = 10_000
LIVE: Final = 500
FIRST_END: Final = 120.0
"""Seconds a job takes at least: time to start all of them and to attach to each."""
WATCHED: Final = 300.0
"""Seconds; requests are counted over them: as long as the feed goes without a sweep, so that there
is one in them and not by chance one or none."""
EVERY: Final = 5.0
"""Seconds between two jobs that end."""
ENDING: Final = "one that ends"
"""What the connections whose jobs run are called, with their number."""
MOST_MEMORY: Final = 250.0
MOST_REQUESTS: Final = 40.0
AT_ONCE: Final = 1_000
LIMIT: Final = 600.0
"""Seconds after which a command is killed; what has no verdict by then is told."""
_COMMAND: Final = str(Path(sys.executable).with_name("syncdeck"))


@dataclass(frozen=True)
class Cost:
    """What a command took."""

    targets: int
    verdicts: int
    cpu: float
    megabytes: float
    seconds: float
    requests: dict[str, int]


def measure() -> Iterator[Figure]:
    """Measure few runs, many runs, and a large workspace that is looked at."""
    few, many = run_command(FEW), run_command(MANY)
    case, more = f"syncdeck run, {many.targets:,} targets", many.targets - few.targets
    against = f"{few.targets} targets"
    each = (many.cpu - few.cpu) / more * 1_000
    grown = (many.megabytes - few.megabytes) / more * 1_000
    posts, asked = many.requests.get("createJob", 0), sum(many.requests.values())
    missing, extra = many.targets - many.verdicts, max(0, posts - many.targets)
    yield Figure("headless", case, "runs without a verdict", missing, "", target=0)
    yield Figure("headless", case, "POSTs too many", extra, "", target=0)
    yield Figure("headless", case, "requests for each run", asked / many.targets, "")
    yield Figure("headless", case, "CPU for each run", each, "ms")
    yield Figure("headless", case, "CPU of all", many.cpu, "s", many.cpu / few.cpu, against)
    yield Figure("headless", case, "memory for each run", grown, "kB")
    ratio = many.megabytes / few.megabytes
    yield Figure("headless", case, "memory of all", many.megabytes, "MB", ratio, against)
    yield Figure("headless", case, "time", many.seconds, "s")
    yield from watched()


def watched() -> Iterator[Figure]:
    """Measure a large workspace while somebody looks."""
    case = f"{CONNECTIONS:,} connections, {LIVE} live"
    with (
        tempfile.TemporaryDirectory() as home,
        sandbox("--connections", str(CONNECTIONS), "--world", _world(home)) as (url, control),
    ):
        told = in_process_of_its_own(
            "tests.benchmarks.bench_headless", "--watch", url, control, limit=600
        )
    yield Figure("headless", case, "first rows", told["first"] * 1_000, "ms")
    yield Figure("headless", case, "all connections", told["all"] * 1_000, "ms")
    yield Figure("headless", case, "live jobs seen", told["live"], "")
    yield Figure("headless", case, "ends seen a minute", told["ended"], "")
    yield Figure("headless", case, "memory", told["megabytes"], "MB", target=MOST_MEMORY)
    yield Figure(
        "headless", case, "requests a minute", told["per_minute"], "", target=MOST_REQUESTS
    )
    yield Figure("headless", case, "CPU", told["cpu"] * 100, "%")


def _world(folder: str) -> str:
    """Write a world whose first connections' jobs take ever longer; return the file's path."""
    connections = [
        {
            "name": f"{ENDING} {number}",
            "source": "postgres",
            "destination": "bigquery",
            "streams": ["orders"],
            "behaviour": {"duration": FIRST_END + number * EVERY, "spread": 0, "past_jobs": 2},
        }
        for number in range(LIVE)
    ]
    file = Path(folder, "world.yaml")
    file.write_text(json.dumps({"workspaces": ["Production"], "connections": connections}))
    return str(file)


def run_command(targets: int) -> Cost:
    """Let `syncdeck run` start that many jobs and follow them to the end."""
    with (
        tempfile.TemporaryDirectory() as home,
        sandbox("--connections", str(round(CREATED * targets)), "--speed", str(SPEED)) as (
            url,
            control,
        ),
    ):
        targets_there = _active(url)
        environment = _environment(home, url)
        began = time.perf_counter()
        started = subprocess.Popen(
            [_COMMAND, "run", "--all", "--max-parallel", str(AT_ONCE), "--json"],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert started.stdout is not None
        watchdog = threading.Timer(LIMIT, started.kill)
        watchdog.start()
        verdicts = sum('"run.finished"' in line for line in started.stdout)
        _, _, used = os.wait4(started.pid, 0)
        watchdog.cancel()
        return Cost(
            targets=targets_there,
            verdicts=verdicts,
            cpu=used.ru_utime + used.ru_stime,
            megabytes=used.ru_maxrss / 1_024,
            seconds=time.perf_counter() - began,
            requests=_counted(control),
        )


@contextmanager
def sandbox(*options: str) -> Iterator[tuple[str, str]]:
    """Serve a sandbox in a process of its own; its base URL, and that of its control."""
    started = subprocess.Popen(
        [_COMMAND, "sandbox", "--seed", "1", "--control", *options],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert started.stdout is not None
        url = started.stdout.readline().strip()
        yield url, urljoin(url, "/control")
    finally:
        started.terminate()
        started.wait()


def _environment(home: str, url: str) -> dict[str, str]:
    return {"HOME": home, "PATH": os.environ["PATH"], "AIRBYTE_API_ROOT": url}


def _active(url: str) -> int:
    """Return how many connections take triggers."""
    active = seen = 0
    while True:
        answer = httpx.get(f"{url}/connections", params={"limit": 100, "offset": seen})
        page: list[dict[str, object]] = answer.json()["data"]
        seen += len(page)
        active += sum(one["status"] == "active" for one in page)
        if len(page) < 100:
            return active


def _counted(control: str) -> dict[str, int]:
    """Return how many requests the sandbox answered, by endpoint."""
    told: dict[str, dict[str, int]] = httpx.get(f"{control}/counters").json()["endpoints"]
    return {name: sum(counts.values()) for name, counts in told.items()}


async def _watch(url: str, control: str) -> dict[str, float]:
    """Open a session, look at everything, and tell what that costs."""
    began = time.perf_counter()
    profile = Profile("bench", url, read_only=False)
    async with open_session(profile, journal=None) as session:
        fleet, reached = session.fleet, [0.0, 0.0]
        done = asyncio.Event()

        def look() -> None:
            now = time.perf_counter() - began
            if fleet.watch.connections and not reached[0]:
                reached[0] = now
            if fleet.watch.loading.done and not reached[1]:
                reached[1] = now
                done.set()

        fleet.watch.subscribe(look)
        fleet.shown = fleet.feed.looking = True
        async with httpx.AsyncClient() as colleague:
            await done.wait()
            jobs = []
            begun = time.perf_counter()
            for connection in _ending(fleet.watch.connections.values()):
                body = {"connectionId": connection}
                answer = await colleague.post(f"{control}/jobs", json=body)
                jobs.append(int(answer.json()["jobId"]))
            for job in jobs:
                await fleet.attach(job)
            await asyncio.sleep(begun + FIRST_END - time.perf_counter())
            counted, cpu = _counted(control), time.process_time()
            start, before = time.perf_counter(), _live(fleet)
            await asyncio.sleep(WATCHED)
            took = time.perf_counter() - start
            cpu = time.process_time() - cpu
            after = _counted(control)
        sent = sum(after.values()) - sum(counted.values())
        sent -= 1  # the counting itself
        return {
            "first": reached[0],
            "all": reached[1],
            "live": before,
            "ended": (before - _live(fleet)) / took * 60,
            "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_024,
            "per_minute": sent / took * 60,
            "cpu": cpu / took,
        }


def _ending(views: Iterable[ConnectionView]) -> list[str]:
    """Return the ids of the connections whose jobs end by themselves, the soonest first."""
    named = {view.connection.name: view.connection.connection_id for view in views}
    return [named[f"{ENDING} {number}"] for number in range(LIVE)]


def _live(fleet: Fleet) -> int:
    return sum(run.live for run in fleet.runs.values())


def main() -> None:
    """Measure all, or be the session that is looked at."""
    parser = argparse.ArgumentParser(description=__doc__, add_help=False)
    parser.add_argument("--watch", nargs=2, metavar=("URL", "CONTROL"))
    given, _ = parser.parse_known_args()
    if given.watch:
        print(json.dumps(asyncio.run(_watch(*given.watch))))
    else:
        alone(__doc__, measure)


if __name__ == "__main__":
    main()
