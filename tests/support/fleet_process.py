"""A process that forks fleets, which strike themselves down at a boundary of their choice.

Run as a program, before any thread of its own: it reads one :class:`Life` a line as JSON, forks a
child that launches a run on each connection, and prints the child's id. The child crosses
boundaries as it lives (requests, commits, events), counted by name, and at the one it was given it
sends itself a signal, in its tracks or so many microseconds later.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import anyio._backends._asyncio  # noqa: F401 - found and read at the first request otherwise
import httpcore  # noqa: F401
import httpx
import pytest

from tests.support.fleets import Deck, open_deck, scene
from tests.support.shared_clock import SharedClock
from tests.support.truth import sender
from tests.support.virtual_time import run_virtual
from workflow.airbyte.credentials import ClientCredentials, Secret
from workflow.http import lines
from workflow.runs.events import Event, RunId, StatusChanged, Warned
from workflow.runs.journal.writer import Writer
from workflow.runs.launch import Order, OrderRefused, Target
from workflow.sandbox.auth import FIXED_CLIENT_ID, FIXED_CLIENT_SECRET
from workflow.text import safe

ROOT = Path(__file__).parents[2]
ANY = "any"
UNSETTLED = "unsettled"
LOOK = timedelta(seconds=40)
CREDENTIALS = ClientCredentials(FIXED_CLIENT_ID, Secret(FIXED_CLIENT_SECRET))


@dataclass(frozen=True)
class Life:
    """What a child does, and where it ends."""

    name: str
    base_url: str
    clock: str
    journal: str
    connections: Sequence[str]
    strike: int = 0
    """How many boundaries of that name are crossed, the last one included; 0: for ever."""
    boundary: str = ANY
    signal: int = signal.SIGKILL
    delay: float = 0.0
    """Seconds between the boundary and the blow."""
    cancel: bool = False
    """Cancel every run as soon as it has a job."""
    blindly: bool = False
    """Cancel every run as soon as nobody knows what its trigger came to."""
    deadline: float | None = None


class Fate:
    """Counts boundaries and strikes."""

    def __init__(self, life: Life) -> None:
        self._life = life
        self._left = life.strike
        self._lock = threading.Lock()
        self.commits = threading.RLock()
        """Held by the thread that writes: a stop elsewhere waits for it, a kill does not."""

    def cross(self, boundary: str) -> None:
        if self._life.boundary not in {ANY, boundary}:
            return
        with self._lock:
            self._left -= 1
            now = self._left == 0
        if now and self._life.delay:
            threading.Timer(self._life.delay, self._strike).start()
        elif now:
            self._strike()

    def _strike(self) -> None:
        with self.commits if self._life.signal == signal.SIGSTOP else nullcontext():
            self._blow()

    def _blow(self) -> None:
        # To this thread: sent to the process, another one might take it, and this one go on a bit.
        signal.pthread_kill(threading.get_ident(), self._life.signal)


def lay_boundaries(life: Life, fate: Fate) -> None:
    """Put boundaries around requests and commits, for the rest of this process's life."""
    handle = httpx.AsyncHTTPTransport.handle_async_request
    commit, attempt, alone = Writer._commit, Writer._attempt, Writer.alone

    async def bounded(
        transport: httpx.AsyncHTTPTransport, request: httpx.Request
    ) -> httpx.Response:
        task = asyncio.current_task()
        request.headers["user-agent"] = sender(life.name, task.get_name() if task else "")
        fate.cross(f"before {request.method}")
        try:
            return await handle(transport, request)
        finally:
            fate.cross(f"after {request.method}")

    def bounded_commit(writer: Writer, batch: Any) -> Any:
        with fate.commits:
            fate.cross("before a commit")
            result = commit(writer, batch)
            fate.cross("after a commit")
            return result

    def bounded_attempt(writer: Writer, work: Any) -> Any:
        result = attempt(writer, work)
        fate.cross("within a commit")
        return result

    async def bounded_alone(writer: Writer, work: Any) -> Any:
        def guarded(db: Any) -> Any:
            with fate.commits:  # retention locks the file as well
                return work(db)

        return await alone(writer, guarded)

    patch = pytest.MonkeyPatch()
    patch.setattr(httpx.AsyncHTTPTransport, "handle_async_request", bounded)
    patch.setattr(Writer, "_commit", bounded_commit)
    patch.setattr(Writer, "_attempt", bounded_attempt)
    patch.setattr(Writer, "alone", bounded_alone)


async def live(life: Life, fate: Fate) -> None:
    """Launch a run on each connection and see them to their ends."""
    clock = SharedClock(Path(life.clock))
    targets = tuple(Target(one, safe(one)) for one in life.connections)
    deadline = None if life.deadline is None else timedelta(seconds=life.deadline)
    order = Order(targets, max_parallel=len(targets), look=LOOK, deadline=deadline)
    async with open_deck(
        life.base_url, clock, journal=Path(life.journal), credentials=CREDENTIALS
    ) as deck:
        deck.fleet.subscribe(lambda event: fate.cross(boundary_of(event)))
        wishes: list[asyncio.Task[None]] = []
        if life.blindly:
            deck.fleet.subscribe(lambda event: wishes.extend(cancel_blindly(deck, event)))
        launch = await deck.fleet.launch(order)
        if life.cancel:
            await deck.until(lambda: all(run.job_id for run in deck.of_launch(launch)))
            await asyncio.gather(*(cancel(deck, run) for run in tuple(deck.fleet.runs)))
        await deck.fleet.end()


def reap() -> None:
    """Take note of children that have ended, so that they are gone for everybody."""
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


async def cancel(deck: Deck, run: RunId) -> None:
    with suppress(OrderRefused):  # it has ended in the meantime
        await deck.fleet.cancel(run)


def cancel_blindly(deck: Deck, event: Event) -> Iterator[asyncio.Task[None]]:
    """Begin to cancel a run whose trigger's effect is going to be looked for."""
    if event.run is not None and isinstance(event.fact, Warned) and event.fact.warning == UNSETTLED:
        yield asyncio.create_task(cancel(deck, event.run))


def boundary_of(event: Event) -> str:
    """Name the boundary that an event is."""
    match event.fact:
        case StatusChanged(to_status="succeeded" | "failed" | "cancelled"):
            return "the job has ended"
        case fact:
            return f"event {fact.kind}"


async def warm_up() -> None:
    """Live once, in memory, so that children find everything read and compiled."""
    world = scene(connections=1)
    async with world.deck() as deck:
        await deck.run_one(world.connection())


def main() -> None:
    """Fork a fleet for each line."""
    run_virtual(warm_up())
    context = lines.tls_context(None)
    pytest.MonkeyPatch().setattr(lines, "tls_context", lambda bundle: context)
    signal.signal(signal.SIGCHLD, lambda *_: reap())
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            life = Life(**json.loads(line))
            random.seed(life.name)
            fate = Fate(life)
            lay_boundaries(life, fate)
            asyncio.run(live(life, fate))
            os._exit(0)
        print(child, flush=True)


# ------------------------------------------------------------------ the test's side

_THREADS: Final = 17
"""Where a process's number of threads stands among what follows its name in ``/proc/PID/stat``."""
_NOW_AND_THEN: Final = 0.003
"""Seconds between two looks at another process, of which nothing can be awaited."""


@dataclass
class Nursery:
    """The process that forks, from outside."""

    process: subprocess.Popen[str]

    def begin(self, life: Life) -> int:
        """Let a fleet live; returns its process id."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(asdict(life)) + "\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())


@contextmanager
def nursery() -> Iterator[Nursery]:
    """Start a nursery; its children are gone at the end, stopped ones too."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.support.fleet_process"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    try:
        yield Nursery(process)
    finally:
        process.communicate()


def condition(child: int) -> str:
    """Return a process's state as Linux tells it; empty when it is gone, or all but gone.

    Its first thread may be dead while others are still to die, and it holds its locks as long.
    """
    try:
        stat = Path(f"/proc/{child}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""
    told = stat.rpartition(")")[2].split()
    state, threads = told[0], int(told[_THREADS])
    return "" if state in "ZX" and threads <= 1 else state


async def struck(child: int) -> bool:
    """Wait until a process is gone or stopped; say whether it is stopped."""
    while (state := condition(child)) not in {"", "T"}:  # noqa: ASYNC110 - see above
        await asyncio.sleep(_NOW_AND_THEN)
    return state == "T"


async def gone(child: int) -> None:
    """Wait until a process is gone."""
    while condition(child):  # noqa: ASYNC110
        await asyncio.sleep(_NOW_AND_THEN)


def end(child: int) -> None:
    """Kill a process, whatever its condition, and wait for its end."""
    with suppress(ProcessLookupError):
        os.kill(child, signal.SIGKILL)
    while condition(child):
        time.sleep(_NOW_AND_THEN)


if __name__ == "__main__":
    main()
