"""What a journal forgets, and how: in small steps, so that whoever writes meanwhile hardly waits.

An ended run goes when it is old enough or when there are enough newer ones, the oldest first, and
the file gives its space back. A run without a verdict stays, and so does one with an open intent:
its suspects are still to be shown.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from workflow.clock import Clock, rfc3339
from workflow.runs.events import RunId
from workflow.runs.journal.writer import Threads

ROWS_A_STEP: Final = 1_000
"""Events that one transaction takes away: some ten milliseconds."""
PAGES_A_STEP: Final = 256
"""Pages that are given back at once, a megabyte."""
PAUSE: Final = 0.02
"""Seconds between two steps."""


@dataclass(frozen=True, slots=True)
class Retention:
    """How long ended runs are remembered, and how many of them."""

    age: timedelta = timedelta(days=90)
    """Since their end."""
    runs: int = 20_000
    """The newest so many of all runs are kept, if they are not too old."""


@dataclass(frozen=True, slots=True)
class Due:
    """What is to be forgotten."""

    runs: tuple[RunId, ...]
    before: str
    """Launches that began before this and have no run any more go as well."""


async def apply(keep: Retention, threads: Threads, clock: Clock) -> int:
    """Forget what need not be kept, step by step; return how many runs that were.

    Raises:
        JournalError: the file cannot be written; what is gone by then is gone.
    """
    over = await threads.read(partial(due, keep=keep, now=clock.now()))
    left, forgotten = over.runs, 0
    while left:
        done, gone = await threads.now(partial(forget, runs=left), durable=False)
        left, forgotten = left[done:], forgotten + gone
        await clock.sleep(PAUSE)
    while await threads.now(partial(forget_launches, before=over.before), durable=False):
        await clock.sleep(PAUSE)
    while await threads.alone(give_back):
        await clock.sleep(PAUSE)
    await threads.alone(cut_log)
    return forgotten


def due(db: sqlite3.Connection, keep: Retention, now: datetime) -> Due:
    """Find what is to be forgotten. Reads only."""
    before = rfc3339(now - keep.age)
    newest = db.execute(
        "SELECT created, run FROM runs ORDER BY created DESC, run DESC LIMIT 1 OFFSET ?",
        (keep.runs,),
    ).fetchone()
    created, run = newest or ("", "")
    rows = db.execute(
        "SELECT run, created FROM runs WHERE verdict IS NOT NULL AND ended < ?1"
        " UNION SELECT run, created FROM runs WHERE verdict IS NOT NULL"
        " AND (created, run) <= (?2, ?3) ORDER BY created, run",
        (before, created, run),
    )
    return Due(tuple(RunId(row[0]) for row in rows), max(before, created))


def forget(db: sqlite3.Connection, runs: Sequence[RunId]) -> tuple[int, int]:
    """Delete as many of these runs, from the first on, as one step may.

    The events of a run that is too long for a step go from its end; the run itself goes with its
    beginning, so that what a killed process leaves of it is found again.

    Returns:
        How many of the runs are done with, and how many of these are gone: one whose intent is
        open stays.
    """
    left = ROWS_A_STEP
    gone = 0
    for number, run in enumerate(runs):
        if left <= 0:
            return number, gone
        if _stays(db, run):
            continue
        left -= db.execute(
            "DELETE FROM events WHERE id IN"
            " (SELECT id FROM events WHERE run = ? ORDER BY seq DESC LIMIT ?)",
            (run, left),
        ).rowcount
        if left <= 0:
            return number, gone
        for table in ("intents", "claims", "snapshots", "runs"):
            db.execute(f"DELETE FROM {table} WHERE run = ?", (run,))  # noqa: S608
        left -= 1
        gone += 1
    return len(runs), gone


def _stays(db: sqlite3.Connection, run: RunId) -> bool:
    """Whether a run has an open intent, or is not one that has ended."""
    return (
        db.execute(
            "SELECT 1 FROM runs WHERE run = ?1 AND verdict IS NOT NULL AND NOT EXISTS"
            " (SELECT 1 FROM intents WHERE intents.run = ?1 AND state = 'open')",
            (run,),
        ).fetchone()
        is None
    )


def forget_launches(db: sqlite3.Connection, before: str) -> bool:
    """Delete a step's worth of what is left of launches without runs; False when that was all."""
    return (
        db.execute(
            "DELETE FROM events WHERE id IN (SELECT id FROM events"
            " WHERE run IS NULL AND launch IS NOT NULL AND time < ?"
            " AND NOT EXISTS (SELECT 1 FROM runs WHERE runs.launch = events.launch) LIMIT ?)",
            (before, ROWS_A_STEP),
        ).rowcount
        == ROWS_A_STEP
    )


def give_back(db: sqlite3.Connection) -> bool:
    """Give a step's worth of free pages back to the file system; False when none are left.

    Not inside a transaction.
    """
    before = _free(db)
    if before:
        # As a script: it is a step for each page.
        db.executescript(f"PRAGMA incremental_vacuum({PAGES_A_STEP})")
    return 0 < _free(db) < before


def _free(db: sqlite3.Connection) -> int:
    return int(db.execute("PRAGMA freelist_count").fetchone()[0])


def cut_log(db: sqlite3.Connection) -> None:
    """Bring the write-ahead log into the file, if nobody has to be waited for."""
    patience = db.execute("PRAGMA busy_timeout").fetchone()[0]
    db.execute("PRAGMA busy_timeout=0")
    try:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    finally:
        db.execute(f"PRAGMA busy_timeout={patience}")
