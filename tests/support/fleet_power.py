"""A whole fleet in virtual time whose power is cut, or two on one journal, and who comes after.

The server lives on: what it was sent, it was sent. The disk has what was synced, and of the rest
what chance leaves (:mod:`tests.support.power_disk`). Moments are counted over what the file layer
does and what passes over the wire.
"""

from __future__ import annotations

import asyncio
import gc
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import httpx

from tests.support.fleets import add_connection, open_deck
from tests.support.matrix import QUICK, ThreadlessLoop
from tests.support.power_disk import Leaves, Record
from tests.support.powerloss import recorded
from tests.support.sandbox import InProcess, sandbox_in_process
from tests.support.truth import Found, Truth, found_in, sender
from tests.support.virtual_time import clock as virtual_clock
from workflow.clock import Clock
from workflow.runs.events import Event, RunFinished, RunId
from workflow.runs.launch import Order, Target

FIRST, SECOND, HEIR = "first", "second", "heir"
LOOK = timedelta(seconds=40)


class PowerLoss:
    """Counts moments and strikes at one of them: from then on nothing gets out, or is written."""

    def __init__(self, at: int) -> None:
        self._at = at
        self.moments = 0
        self.struck = asyncio.Event()
        self.record: Record | None = None

    def cross(self) -> None:
        self.moments += 1
        if self.moments == self._at and self.record is not None:
            self.record.stopped = True
            self.struck.set()


class Cable(httpx.AsyncBaseTransport):
    """The way to the server, with the sender's name in each request; dead without power."""

    def __init__(self, inner: httpx.AsyncBaseTransport, process: str, power: PowerLoss) -> None:
        self._inner = inner
        self._process = process
        self._power = power

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        task = asyncio.current_task()
        request.headers["user-agent"] = sender(self._process, task.get_name() if task else "")
        self._power.cross()
        self._alive(request)
        try:
            answer = await self._inner.handle_async_request(request)
        finally:
            self._power.cross()
        self._alive(request)
        return answer

    def _alive(self, request: httpx.Request) -> None:
        if self._power.struck.is_set():
            raise httpx.ConnectError("the power is out", request=request)


@dataclass(frozen=True)
class Cut:
    """Everything that decides a case; `at` 0 lets the fleet live to its end."""

    at: int
    leaves: Leaves = Leaves.NOTHING
    seed: int = 0
    faults: Sequence[str] = ()
    runs: int = 3
    cancel: bool = False
    two: bool = False
    """Two processes share the journal, and launch on the same connections at the same time."""


@dataclass
class Played:
    """How it came out."""

    moments: int
    struck: bool
    found: Found
    truth: Truth
    told: dict[RunId, str] = field(default_factory=dict)
    """Verdicts that somebody heard before the power was out."""

    def broken(self) -> list[str]:
        """Say which promises were broken."""
        wrong = list(self.truth.broken(self.found))
        for run, verdict in self.told.items():
            now = self.found.runs.get(run)
            lost = now is None or now.verdict is None
            if lost and run not in self.truth.by_run():
                continue  # it sent nothing, and what it watched need not be on the disk
            # What was told need not be on the disk; then the run is taken up, and ends so again.
            if now is None or now.verdict != verdict:
                wrong.append(f"{run} was told to be {verdict}, and is {now and now.verdict}")
        return wrong


def play(cut: Cut, folder: Path) -> Played:
    """Let it happen. `folder` is empty, or is emptied."""
    gc.disable()  # a case is short, and ends with everything it made
    try:
        with asyncio.Runner(loop_factory=ThreadlessLoop) as runner:
            return runner.run(_play(cut, folder))
    finally:
        gc.enable()


async def _play(cut: Cut, folder: Path) -> Played:
    clock = virtual_clock()
    box = sandbox_in_process(clock, faults=tuple(cut.faults), connections=1)
    targets = [add_connection(box.world, QUICK) for _ in range(cut.runs)]
    power = PowerLoss(cut.at)
    before, after = folder / "before", folder / "after"
    for place in (before, after):
        place.mkdir()
    told: dict[RunId, str] = {}
    with recorded(before) as record:
        power.record, record.heard = record, power.cross
        names = (FIRST, SECOND) if cut.two else (FIRST,)
        lives = (
            _live(name, cut, box, clock, targets, power, before / "journal.db", told)
            for name in names
        )
        await asyncio.gather(*lives)
    await clock.sleep(2.0)
    if power.struck.is_set():
        record.disk().write_to(after, cut.leaves, random.Random(cut.seed))
    else:
        after = before
    found = await _heir(box, clock, after / "journal.db")
    posts = [entry for entry in box.log if entry.endpoint == "createJob"]
    truth = Truth(posts, [job for job in box.world.jobs if job.cause.kind == "request"])
    return Played(power.moments, power.struck.is_set(), found, truth, told)


async def _live(
    name: str,
    cut: Cut,
    box: InProcess,
    clock: Clock,
    targets: Sequence[Target],
    power: PowerLoss,
    journal: Path,
    told: dict[RunId, str],
) -> None:
    def hear(event: Event) -> None:
        if isinstance(event.fact, RunFinished) and event.run and not power.struck.is_set():
            told[event.run] = event.fact.verdict

    async def live() -> None:
        cable, seed = Cable(box.transport, name, power), len(name)
        async with open_deck(
            box.base_url, clock, transport=cable, journal=journal, seed=seed
        ) as deck:
            deck.fleet.subscribe(hear)
            order = Order(tuple(targets), max_parallel=len(targets), look=LOOK)
            launch = await deck.fleet.launch(order)
            if cut.cancel:
                await deck.until(lambda: any(run.job_id for run in deck.of_launch(launch)))
                await deck.fleet.cancel(deck.of_launch(launch)[0].run)
            await deck.fleet.end()

    living = asyncio.create_task(live(), name=name)
    dying = asyncio.create_task(power.struck.wait(), name="power loss")
    await asyncio.wait({living, dying}, return_when=asyncio.FIRST_COMPLETED)
    if not power.struck.is_set():
        dying.cancel()
        return await living
    # Its end is no part of the story: nothing of it reaches the disk or the server.
    living.cancel()
    await asyncio.wait({living})
    if not living.cancelled() and (error := living.exception()) is not None:
        raise error
    return None


async def _heir(box: InProcess, clock: Clock, journal: Path) -> Found:
    cable = Cable(box.transport, HEIR, PowerLoss(0))
    async with open_deck(box.base_url, clock, transport=cable, journal=journal) as deck:
        await deck.fleet.end()
        if await deck.journal.open_intents():
            await clock.sleep(130.0)  # what a lost trigger starts late is looked for each minute
        box.world.advance(clock.now().timestamp())
        return await found_in(deck.journal)
