"""What a journal is made to write while the power may fail, and what it has promised by when.

A :class:`Told` says from which moment of the record on something must be found on the disk,
whatever of the unsynced is lost. Moments are counts of what the file layer has done.
"""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from tests.support.power_disk import Disk, Leaves, Record
from tests.support.sandbox import SteppedClock
from workflow.runs.events import Event, RunCreated, RunFinished, RunId, StatusChanged
from workflow.runs.journal import Journal, rows
from workflow.runs.journal import intent_rows as intents
from workflow.runs.journal.intents import Became, Intent, IntentKey
from workflow.runs.journal.opening import connect

RUN = RunId("r-1")
PROFILE = "p"


@dataclass(frozen=True)
class Told:
    """From a moment on: an intent is on the disk, and what became of it, if that was told."""

    moment: int
    visit: int
    how: Became | None = None


async def triggers(path: Path, record: Record, count: int, *, retain: int = 0) -> list[Told]:
    """Open, settle and let go of so many intents in turn, with events around them.

    Enough of them make SQLite copy its log into the file now and then; `retain` asks, as often,
    that space be given back. The journal is closed and opened again half-way.
    """
    told: list[Told] = []
    clock = SteppedClock()
    journal = await Journal.open(path, clock)
    await journal.append([_event(clock, 1, RunCreated(PROFILE, "w", ()))], profile=PROFILE)
    for number in range(2, count + 2):
        key = IntentKey(RUN, "trigger", number)
        await journal.take_gate(key, f"c-{number}", PROFILE)
        fact = StatusChanged(None, f"{number}" + "x" * 300)
        await journal.open_intent(
            _intent(key, clock), [_event(clock, number, fact)]
        )  # fmt: skip
        told.append(Told(len(record.ops), number))
        how = Became.STARTED if number % 3 else Became.UNKNOWN
        if await journal.settle_intent(key, how, job_id=number):
            told.append(Told(len(record.ops), number, how))
        if retain and number % retain == 0:
            await journal.retain()
        if number == count // 2:
            await journal.aclose()
            journal = await Journal.open(path, clock)
    verdict = RunFinished("succeeded", "", {}, 2)
    await journal.finish(RUN, _event(clock, count + 2, verdict))
    await journal.aclose()
    return told


def _event(clock: SteppedClock, seq: int, fact: RunCreated | StatusChanged | RunFinished) -> Event:
    return Event(clock.now(), seq, fact, RUN, None, "c-1")


def _intent(key: IntentKey, clock: SteppedClock) -> Intent:
    now = clock.now()
    connection, look = f"c-{key.visit}", timedelta(seconds=300)
    return Intent(key, PROFILE, connection, "sync", 0, now, now, look)


def moments(record: Record) -> Iterable[tuple[int, Disk]]:
    """Give the disk as it was after each thing that happened to it."""
    disk = Disk()
    for number, op in enumerate(record.ops, 1):
        disk.take(op)
        yield number, disk


def wrong_after(
    disk: Disk, told: Sequence[Told], folder: Path, leaves: Leaves, rng: random.Random
) -> list[str]:
    """Let the power fail, start again on what is left and say which promises were broken."""
    for old in folder.iterdir():
        if old.is_file():
            old.unlink()
    disk.write_to(folder, leaves, rng)
    path = folder / "journal.db"
    try:
        db = connect(path)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is what we look for
        return [f"it does not open: {error}"]
    try:
        return list(_broken(db, told))
    except (sqlite3.Error, ValueError) as error:
        return [f"it cannot be read: {error}"]
    finally:
        db.close()


def _broken(db: sqlite3.Connection, told: Sequence[Told]) -> Iterable[str]:
    check = db.execute("PRAGMA integrity_check").fetchone()[0]
    if check != "ok":
        yield f"it is damaged: {check}"
    written = {one.intent.key.visit: one for one in intents.read_intents(db, run=RUN)}
    for one in told:
        there = written.get(one.visit)
        if there is None:
            yield f"intent {one.visit} is lost, and its POST may have left"
        elif one.how is not None and there.how is not one.how:
            yield f"intent {one.visit} became {one.how}, and is {there.how}"
    numbers = [event.seq for event in rows.read_events(db, RUN)]
    if numbers != list(range(1, len(numbers) + 1)):
        yield f"there are gaps in what is told: {numbers}"
    verdicts = db.execute("SELECT count(*) FROM events WHERE kind = 'run.finished'").fetchone()[0]
    ended = db.execute("SELECT count(*) FROM runs WHERE verdict IS NOT NULL").fetchone()[0]
    if verdicts != ended:
        yield f"{ended} runs have ended, and {verdicts} verdicts were told"
