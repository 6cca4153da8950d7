"""A long day: many connections, schedules, colleagues, faults, launches without end, one program.

Memory and open files stay flat, the journal keeps to its retention, and every run's timeline is a
subsequence of what its job went through, with the same end. Time is virtual; the server is in this
process and its truth is asked at the moment each run ends.
"""

from __future__ import annotations

import asyncio
import gc
import os
import random
import sys
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.fleets import Deck, Scene, add_connection, scene
from tests.support.virtual_time import run_virtual
from workflow.runs.events import Event, RunFinished, RunId, StatusChanged, Verdict
from workflow.runs.journal import Retention
from workflow.runs.launch import Order, OrderRefused, Target
from workflow.runs.trigger import OnConflict
from workflow.sandbox.behaviour import Behaviour
from workflow.sandbox.schedule import Every

NUISANCES = (
    "latency:seconds=0.1s-3s,probability=0.3",
    "server-error:status=503,body=html,probability=0.03",
    "server-error:status=500,effect=done,endpoint=createJob,probability=0.05",
    "cut-before:probability=0.02",
    "cut-body:probability=0.02",
    "cut-after:endpoint=createJob,probability=0.05",
    "garbage:probability=0.02",
    "rate-limit:probability=0.01,retry_after=5",
    "slow-post:probability=0.05,seconds=30s-60s",
    "cancel-ignored:when=waiting",
    "writer-skew:seconds=3s",
    "date-offset:seconds=90s",
    "late-commit:seconds=0s-3s,probability=0.2",
    "wrong-next",
)
ENDS = {Verdict.SUCCEEDED, Verdict.FAILED, Verdict.CANCELLED}
MOST_RUNS = 120
MOST_ENDED = 60
"""Runs that the fleet knows although they are over."""
BLOCKS_A_RUN = 220
"""Memory blocks that a run which has ended may cost: its job on the server in this process."""


@dataclass
class Sight:
    """What the program takes up at one moment."""

    runs: int
    blocks: int
    files: int
    journal: int
    kept: int
    """Ended runs in the journal."""
    open: int
    """Intents that are open: their runs are never forgotten."""
    known: int
    """Ended runs in memory."""


@dataclass
class Day:
    """A soak under way, and what came of every run so far."""

    world: Scene
    rng: random.Random
    targets: tuple[Target, ...]
    told: dict[RunId, list[str]] = field(default_factory=dict)
    verdicts: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    sights: list[Sight] = field(default_factory=list)

    def hear(self, event: Event) -> None:
        """Keep a live run's timeline, and judge it at its end."""
        if event.run is None:
            return
        match event.fact:
            case StatusChanged(to_status=status):
                self.told.setdefault(event.run, []).append(status)
            case RunFinished() as fact:
                self.verdicts[fact.verdict] += 1
                self._judge(event.run, fact)

    def _judge(self, run: RunId, fact: RunFinished) -> None:
        told = self.told.pop(run, [])
        if fact.verdict not in ENDS or fact.job_id is None:
            return
        job = self.world.world.jobs.get(fact.job_id)
        if job is None or job.status.value != fact.verdict:
            self.faults.append(f"{run} is {fact.verdict}, its job {fact.job_id} {job}")
            return
        history = iter([status.value for status, _ in job.history])
        if not all(status in history for status in told):
            self.faults.append(f"{run} tells {told}, job {job.id} went {job.history}")
        if told[-1:] != [fact.verdict]:
            self.faults.append(f"{run} tells {told} and is {fact.verdict}")

    async def operate(self, deck: Deck, hours: float, every: float) -> None:
        """Launch, cancel and answer questions, as an operator with too much coffee would."""
        until = self.world.clock.monotonic() + hours * 3600
        while self.world.clock.monotonic() < until:
            some = self.rng.sample(self.targets, k=max(1, len(self.targets) // 5))
            order = Order(
                tuple(some),
                job_type=self.rng.choice(("sync", "sync", "sync", "clear")),
                max_parallel=self.rng.choice((2, 5, 20)),
                on_conflict=self.rng.choice((OnConflict.ATTACH, OnConflict.SKIP)),
                look=timedelta(seconds=60),
                deadline=timedelta(minutes=self.rng.choice((2, 30, 30))),
            )
            await deck.fleet.launch(order)
            await self.world.clock.sleep(every * self.rng.uniform(0.5, 1.5))
            live = [run.run for run in deck.fleet.runs.values() if run.live]
            for run in self.rng.sample(live, k=min(2, len(live))):
                with suppress(OrderRefused):
                    await asyncio.wait_for(deck.fleet.cancel(run), 120.0)
            for suspicion in deck.fleet.suspicions:
                with suppress(OrderRefused):
                    await deck.fleet.dismiss(suspicion.run)

    async def look(self, deck: Deck, keep: timedelta) -> None:
        """Let the journal forget, and measure."""
        await deck.journal.retain(Retention(keep, MOST_RUNS))
        self.world.box.log.clear()
        rows = await deck.journal.runs(limit=-1)
        gc.collect()
        journal = self.world.journal
        assert journal is not None
        self.sights.append(
            Sight(
                runs=sum(self.verdicts.values()),
                blocks=sys.getallocatedblocks(),
                files=len(os.listdir("/proc/self/fd")),  # noqa: PTH208 - one name a file
                journal=sum(f.stat().st_size for f in journal.parent.iterdir() if f.is_file()),
                kept=sum(row.verdict is not None for row in rows),
                open=len(await deck.journal.open_intents()),
                known=sum(not run.live for run in deck.fleet.runs.values()),
            )
        )


async def live(journal: Path, *, connections: int, hours: float, looks: int, every: float) -> Day:
    """Live through so many virtual hours, looking so often."""
    world = scene(journal=journal, faults=NUISANCES, connections=1, schedules=True)
    rng = random.Random(hours)
    behaviours = [
        Behaviour(duration=rng.uniform(20, 400), past_jobs=0, failure_chance=0.3, max_attempts=2)
        for _ in range(connections)
    ]
    targets = tuple(
        add_connection(world.world, one, **({"schedule": Every(1, "hours")} if n % 3 == 0 else {}))
        for n, one in enumerate(behaviours)
    )
    day = Day(world, rng, targets)
    async with world.deck(most_ended=MOST_ENDED) as deck:
        deck.fleet.subscribe(day.hear)
        deck.fleet.shown = True
        working = asyncio.create_task(day.operate(deck, hours, every))
        for _ in range(looks):
            await world.clock.sleep(hours * 3600 / looks)
            deck.told.clear()
            await day.look(deck, timedelta(hours=hours / 6))
        await asyncio.wait({working})
        working.result()
        world.box.faults.clear()
        await asyncio.wait_for(deck.fleet.end(), 24 * 3600)
    return day


def wrong(day: Day) -> list[str]:
    """Say what did not stay as it should; the first half is for settling down."""
    faults = list(day.faults)
    settled = day.sights[len(day.sights) // 2 :]
    first, last = settled[0], settled[-1]
    if max(one.files for one in settled) - min(one.files for one in settled) > 1:
        faults.append(f"open files: {[one.files for one in settled]}")
    if last.journal > 1.5 * first.journal + (1 << 19):
        faults.append(f"the journal grows: {[one.journal for one in settled]}")
    if any(one.kept > MOST_RUNS + one.open for one in day.sights):
        faults.append(f"the journal keeps more than it should: {day.sights}")
    # Launches are forgotten whole, and none while one of its runs goes on or is a question.
    if any(one.known > 2 * MOST_ENDED for one in day.sights):
        faults.append(f"more runs are known than should be: {[one.known for one in day.sights]}")
    grown = (last.blocks - first.blocks) / (last.runs - first.runs)
    if grown > BLOCKS_A_RUN:
        faults.append(f"memory grows by {grown:.0f} blocks a run")
    return faults


def test_an_hour_and_a_half_leaves_nothing_behind(tmp_path: Path) -> None:
    day = run_virtual(live(tmp_path / "journal.db", connections=40, hours=1.5, looks=6, every=300))
    assert wrong(day) == []
    assert {"succeeded", "failed", "cancelled", "expired"} <= set(day.verdicts)
    assert day.sights[-1].runs > 100


@pytest.mark.slow
def test_a_day_of_two_hundred_connections_leaves_nothing_behind(tmp_path: Path) -> None:
    day = run_virtual(live(tmp_path / "journal.db", connections=200, hours=24, looks=24, every=900))
    assert wrong(day) == []
    assert day.sights[-1].runs > 2_000
