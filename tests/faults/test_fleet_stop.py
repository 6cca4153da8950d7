"""A process is killed or stopped at each boundary of a trigger, a watch, a cancel and a commit.

A stopped process keeps its lock: whoever comes meanwhile can only watch, however long it takes.
Hours later it wakes, with a token that has expired and a deadline that has passed, in the middle
of what it was doing. It must not send a second time, nor write a second verdict.
"""

from __future__ import annotations

import os
import signal
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from tests.support import fleet_process as process
from tests.support.fleet_place import HEIR, RUNNING, SHORT, Place
from tests.support.fleet_process import Life
from tests.support.fleets import Deck
from tests.support.truth import Found, found_in
from workflow.runs.cancel import MOST_DELETES
from workflow.runs.events import RunId, Verdict
from workflow.runs.journal import Journal, JournalError
from workflow.runs.launch import Order, Target
from workflow.text import safe

RUNS = 3
WALKING = 30.0
LONG = replace(SHORT, duration=40.0, pending=3.0)
UNTIL_CANCELLED = replace(LONG, duration=36_000.0, failure_chance=0.0)
BOUNDARIES = {
    "before the gate is written": ("event run.waiting", 2),
    "before POST": ("before POST", 2),
    "answered but not committed": ("after POST", 2),
    "committed but not told": ("after a commit", 6),
    "told of the job": ("event trigger.settled", 2),
    "between polls": ("event reading", 2),
    "before the verdict": ("the job has ended", 1),
    "after a verdict": ("event run.finished", 1),
    "a cancel is wished": ("event cancel.wished", 2),
    "before DELETE": ("before DELETE", 1),
    "after DELETE": ("after DELETE", 1),
    "before a journal write": ("before a commit", 7),
    "during a journal write": ("within a commit", 7),
    "during a journal write of the answer": ("within a commit", 15),
}
CANCELS = {name for name in BOUNDARIES if "cancel" in name or "DELETE" in name}
PAUSES = (
    pytest.param(1.0, id="a moment", marks=pytest.mark.slow),
    pytest.param(1_200.0, id="20 minutes, the token's life", marks=pytest.mark.slow),
    pytest.param(9 * 3_600.0, id="9 hours, the deadline too"),
)
WRITING = {name for name in BOUNDARIES if "during a journal write" in name}


@dataclass
class Struck:
    """A process that met its signal."""

    child: int
    life: Life
    since: int
    """The server's number of requests before it lived."""

    @property
    def journal(self) -> Path:
        return Path(self.life.journal)


@asynccontextmanager
async def struck(place: Place, folder: Path, boundary: str, blow: int) -> AsyncIterator[Struck]:
    """Let a process live until it is struck at a boundary."""
    name, count = BOUNDARIES[boundary]
    since = place.heard()
    life = Life(
        name="first",
        base_url=place.server.base_url,
        clock=str(place.clock_file),
        journal=str(folder / "journal.db"),
        connections=place.connections(RUNS, LONG),
        strike=count,
        boundary=name,
        signal=blow,
        cancel=boundary in CANCELS,
        deadline=3_600.0,
    )
    place.clock.set(pace=WALKING)
    child = place.fleets.begin(life)
    try:
        assert await process.struck(child) == (blow == signal.SIGSTOP)
        yield Struck(child, life, since)
    finally:
        process.end(child)


@pytest.mark.parametrize("boundary", BOUNDARIES)
async def test_a_kill_at_a_boundary_loses_and_repeats_nothing(
    place: Place, tmp_path: Path, boundary: str
) -> None:
    async with struck(place, tmp_path, boundary, signal.SIGKILL) as first:
        place.clock.set(pace=RUNNING)
        found = await place.take_up(first.journal)
    assert list(place.truth(first.life.connections, first.since).broken(found)) == []


async def wakes_and_ends(place: Place, first: Struck, pause: float, pace: float = RUNNING) -> Found:
    """Let time pass for a stopped process, wake it, and read the journal when it has ended."""
    place.clock.set(pace=pace, later=pause)
    os.kill(first.child, signal.SIGCONT)
    await process.gone(first.child)
    await place.all_answered()
    journal = await Journal.open(first.journal, place.clock)
    try:
        return await found_in(journal)
    finally:
        await journal.aclose()


@pytest.mark.parametrize("pause", PAUSES)
@pytest.mark.parametrize("boundary", BOUNDARIES)
async def test_a_process_that_wakes_sends_and_ends_nothing_twice(
    place: Place, tmp_path: Path, boundary: str, pause: float
) -> None:
    async with struck(place, tmp_path, boundary, signal.SIGSTOP) as first:
        found = await wakes_and_ends(place, first, pause)
    assert list(place.truth(first.life.connections, first.since).broken(found)) == []
    assert [run.verdict for run in found.runs.values() if run.verdict is None] == []
    assert len(found.runs) == RUNS


@pytest.mark.parametrize("boundary", sorted(BOUNDARIES.keys() - WRITING))
async def test_who_comes_while_a_process_is_stopped_only_watches(
    place: Place, tmp_path: Path, boundary: str
) -> None:
    async with struck(place, tmp_path, boundary, signal.SIGSTOP) as first:
        place.clock.set(pace=RUNNING)
        async with place.deck(HEIR, first.journal) as heir:
            assert dict(heir.fleet.runs) == {}
            left = await heir.journal.unfinished()
            assert {one.elsewhere for one in left} <= {True}
            behind = await stands_in_line(heir, first)
            place.clock.set(pace=WALKING)
            os.kill(first.child, signal.SIGCONT)
            await process.gone(first.child)
            place.clock.set(pace=RUNNING)
            await heir.fleet.end()
            await place.all_answered()
            found = await found_in(heir.journal)
    broken = place.truth(first.life.connections, first.since, silent=()).broken(found)
    assert list(broken) == []
    assert [run.verdict for run in found.runs.values() if run.verdict is None] == []
    assert behind <= found.runs.keys()


async def stands_in_line(heir: Deck, first: Struck) -> set[RunId]:
    """Launch a run on each connection while the first process is stopped; none may send there."""
    held = {one.intent.connection_id for one in await heir.journal.open_intents()}
    targets = tuple(Target(one, safe(one)) for one in first.life.connections)
    launch = await heir.fleet.launch(Order(targets, max_parallel=len(targets)))
    await heir.clock.sleep(60.0)
    runs = heir.of_launch(launch)
    for run in runs:
        if run.connection_id in held:
            assert not await heir.journal.intents_of(run.run), f"{run} went through a closed gate"
    return {run.run for run in runs}


async def test_a_process_that_is_stopped_within_a_write_locks_others_out_with_a_sentence(
    place: Place, tmp_path: Path
) -> None:
    async with struck(place, tmp_path, "during a journal write", signal.SIGSTOP) as first:
        told = rf"Process {first.child} was stopped while it wrote and keeps the journal .* locked"
        with pytest.raises(JournalError, match=told):
            await Journal.open(first.journal, place.clock)
        found = await wakes_and_ends(place, first, 0.0)
    assert list(place.truth(first.life.connections, first.since).broken(found)) == []
    assert len(found.runs) == RUNS


@pytest.mark.parametrize("boundary", ["event cancel.wished", "before DELETE", "after DELETE"])
@pytest.mark.parametrize("blow", [signal.SIGKILL, signal.SIGSTOP], ids=["killed", "stopped"])
async def test_a_wish_of_before_the_job_was_known_is_carried_out_by_whoever_goes_on(
    place: Place, tmp_path: Path, blow: signal.Signals, boundary: str
) -> None:
    """Each answer is lost, and each run cancelled while its job is being looked for."""
    connections, since = place.connections(RUNS, UNTIL_CANCELLED), place.heard()
    life = Life(
        "first", place.server.base_url, str(place.clock_file), str(tmp_path / "journal.db"),
        connections, strike=RUNS, boundary=boundary, signal=blow, blindly=True,
    )  # fmt: skip
    place.clock.set(pace=WALKING)
    with place.fault("lost-trigger:after=4s,answer=gateway"):
        child = place.fleets.begin(life)
        try:
            assert await process.struck(child) == (blow == signal.SIGSTOP)
            first = Struck(child, life, since)
            # A DELETE rests on a look of five seconds: time must not run while it is prepared.
            if blow == signal.SIGKILL:
                place.clock.set(pace=WALKING)
                found = await place.take_up(first.journal)
            else:
                found = await wakes_and_ends(place, first, 60.0, WALKING)
        finally:
            process.end(child)
    assert list(place.truth(connections, since).broken(found)) == []
    assert [run.verdict for run in found.runs.values()] == [Verdict.CANCELLED] * RUNS
    log = place.server.log
    asked = Counter(e.path.rpartition("/")[2] for e in log if e.endpoint == "cancelJob")
    deletes = [asked[str(run.job_id)] for run in found.runs.values()]
    assert all(1 <= count <= MOST_DELETES for count in deletes)


@pytest.mark.parametrize("blow", [signal.SIGKILL, signal.SIGSTOP], ids=["killed", "stopped"])
async def test_a_trigger_under_way_is_found_by_whoever_goes_on(
    place: Place, tmp_path: Path, blow: signal.Signals
) -> None:
    """The POST has arrived and is being worked on: the blow comes from outside."""
    connections, since = place.connections(RUNS), place.heard()
    life = Life(
        "first", place.server.base_url, str(place.clock_file), str(tmp_path / "journal.db"),
        connections,
    )  # fmt: skip
    with place.fault("slow-post:seconds=20s"):
        place.clock.set(pace=WALKING)
        child = place.fleets.begin(life)
        try:
            await place.until(lambda: place.server.faults.active[-1].strikes > 0)
            os.kill(child, blow)
            first = Struck(child, life, since)
            if blow == signal.SIGKILL:
                place.clock.set(pace=RUNNING)
                found = await place.take_up(first.journal)
            else:
                found = await wakes_and_ends(place, first, 600.0)
        finally:
            process.end(child)
    assert list(place.truth(connections, since).broken(found)) == []
    # Whose intent was written and whose POST had not left is unresolved: that cannot be known.
    sent = place.truth(connections, since).by_run()
    assert sent
    assert {found.runs[run].verdict for run in sent} <= {Verdict.SUCCEEDED, Verdict.FAILED}
