"""A journal whose writer is killed, or stopped, at any instant: what was acknowledged is there."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.sandbox import SteppedClock
from workflow.runs.events import RunId
from workflow.runs.journal import Journal
from workflow.runs.journal.intents import GateBusy, IntentKey

RUN = RunId("r-1")
ROOT = Path(__file__).parents[2]


@dataclass
class Nursery:
    """A warmed process that forks writers."""

    process: subprocess.Popen[str]

    def writer_on(self, path: Path) -> int:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{path}\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.support.journal_writer_process"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    yield Nursery(process)
    process.communicate()


def acked(path: Path) -> list[int]:
    file = path.with_name("acked")
    return [int(line) for line in file.read_text().split()] if file.exists() else []


def wait_for(path: Path, number: int) -> None:
    while len(acked(path)) < number:
        time.sleep(0.001)  # the child is another process: there is nothing to await


def kill(child: int) -> None:
    os.kill(child, signal.SIGKILL)
    # It is the nursery's child, so it is gone when it has left its group of locks, not before.
    while Path(f"/proc/{child}/fd").exists() and _has_files(child):
        time.sleep(0.001)


def _has_files(child: int) -> bool:
    try:
        return any(Path(f"/proc/{child}/fd").iterdir())
    except OSError:
        return False


def stop_between_commits(child: int, path: Path) -> None:
    """Stop a writer where it does not hold SQLite's own lock, which nobody gets past."""
    while True:
        os.kill(child, signal.SIGSTOP)
        db = sqlite3.connect(path, timeout=0.05, isolation_level=None)
        try:
            db.execute("BEGIN IMMEDIATE")
            db.execute("ROLLBACK")
        except sqlite3.OperationalError:
            os.kill(child, signal.SIGCONT)
            time.sleep(0.001)
        else:
            return
        finally:
            db.close()


async def what_is_there(path: Path) -> tuple[list[int], list[int], list[int]]:
    """Return the numbers of events, of settled intents and of open ones."""
    journal = await Journal.open(path, SteppedClock())
    try:
        check = await journal._threads.read(
            lambda db: db.execute("PRAGMA integrity_check").fetchone()[0]
        )
        assert check == "ok"
        events = [event.seq for event in await journal.events(RUN)]
        intents = await journal.intents_of(RUN)
        settled = [i.intent.key.visit for i in intents if i.how is not None]
        unsettled = [i.intent.key.visit for i in intents if i.how is None]
        return events, settled, unsettled
    finally:
        await journal.aclose()


needs_proc = pytest.mark.skipif(not Path("/proc").exists(), reason="needs /proc")


@needs_proc
@pytest.mark.parametrize("seed", range(15))
def test_what_was_acknowledged_survives_a_kill(nursery: Nursery, tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)
    path = tmp_path / "journal.db"
    child = nursery.writer_on(path)
    wait_for(path, rng.randrange(1, 25))
    time.sleep(rng.random() * 0.006)  # anywhere within a write
    kill(child)
    known = acked(path)
    events, settled, unsettled = asyncio.run(what_is_there(path))
    assert events == list(range(1, len(events) + 1))
    assert set(known) <= set(events)
    # At most the one that was under way is open, and nothing before it is.
    assert len(unsettled) <= 1
    assert sorted(settled + unsettled) == events[1:]


@needs_proc
def test_the_run_of_a_stopped_process_is_not_taken_and_its_gate_stays_closed(
    nursery: Nursery, tmp_path: Path
) -> None:
    path = tmp_path / "journal.db"
    child = nursery.writer_on(path)
    wait_for(path, 3)
    stop_between_commits(child, path)
    try:

        async def look() -> tuple[bool, bool, bool | None]:
            clock = SteppedClock()
            journal = await Journal.open(path, clock)
            (run,) = await journal.unfinished()
            taken = await journal.own(RUN)
            open_now = [i.intent for i in await journal.intents_of(RUN) if i.open]
            busy = None
            if open_now:
                gate = await journal.take_gate(
                    IntentKey(RunId("r-2"), "t", 1), open_now[0].connection_id, "p"
                )
                busy = isinstance(gate, GateBusy)
            await journal.aclose()
            return run.elsewhere, taken, busy

        elsewhere, taken, busy = asyncio.run(look())
        assert (elsewhere, taken) == (True, False)
        assert busy in {True, None}
    finally:
        os.kill(child, signal.SIGCONT)
        kill(child)


@needs_proc
def test_the_run_of_a_killed_process_is_taken_by_the_next(nursery: Nursery, tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    child = nursery.writer_on(path)
    wait_for(path, 2)
    kill(child)

    async def take() -> bool:
        journal = await Journal.open(path, SteppedClock())
        taken = await journal.own(RUN)
        await journal.aclose()
        return taken

    assert asyncio.run(take())
