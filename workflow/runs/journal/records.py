"""What a journal says, for whoever only reads: lists of runs, their events, what is open.

:func:`open_records` reads a file that may not be written, on a medium that may not be, and changes
nothing. A :class:`~workflow.runs.journal.Journal` is all of this and can be written.
"""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final, Protocol, TypeVar

from workflow.runs.events import Event, LaunchId, RunId
from workflow.runs.journal import followed, rows
from workflow.runs.journal import intent_rows as intents
from workflow.runs.journal.damage import UNREADABLE, Damage
from workflow.runs.journal.intents import IntentRecord
from workflow.runs.journal.opening import version_of
from workflow.runs.journal.problems import name_of
from workflow.runs.journal.reader import Reader
from workflow.runs.journal.rows import Past, RunRow

T = TypeVar("T")


class Reads(Protocol):
    """Runs works on a connection in a thread, and sees what is committed."""

    async def read(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Return what the work returns."""


class Records:
    """What is in the journal called `name`. Belongs to one event loop.

    An entry that cannot be read costs no other: it is left out, and noted in :attr:`damage`.
    """

    def __init__(self, reads: Reads, name: str) -> None:
        self._reads = reads
        self.damage: Final = Damage(name)

    async def runs(
        self,
        limit: int = 100,
        profile: str | None = None,
        launch: LaunchId | None = None,
        *,
        unfinished: bool = False,
    ) -> tuple[RunRow, ...]:
        """Return the newest runs first; `limit` below 0 is no limit."""
        return await self._reads.read(
            lambda db: rows.read_rows(
                db,
                self.damage,
                profile=profile,
                launch=launch,
                unfinished=unfinished,
                limit=limit,
            )
        )

    async def run(self, run: RunId) -> RunRow | None:
        """Return one run; None when the journal has none of that name."""
        found = await self._reads.read(lambda db: rows.read_rows(db, self.damage, run=run))
        return found[0] if found else None

    async def events(self, run: RunId, after: int = 0) -> tuple[Event, ...]:
        """Return the events of a run whose `seq` is above `after`, the thinned ones left out."""
        return await self._reads.read(lambda db: rows.read_events(db, run, self.damage, after))

    async def launch_events(self, launch: LaunchId) -> tuple[Event, ...]:
        """Return the events of a launch that are none of its runs' own."""
        return await self._reads.read(lambda db: rows.read_launch(db, launch, self.damage))

    async def pasts(self, runs: Sequence[RunId], form: str) -> Mapping[RunId, Past]:
        """Return what happened to each of these runs, by snapshots of this form where there are."""
        return await self._reads.read(
            lambda db: {run: _past(db, run, form, self.damage) for run in runs}
        )

    async def intents_of(self, run: RunId) -> tuple[IntentRecord, ...]:
        """Return every intent of a run, oldest first.

        Raises:
            DamagedEntryError: one of them cannot be read. What a POST came to is not to be guessed.
        """
        return await self._reads.read(lambda db: intents.read_intents(db, run))

    async def owners(self, connection_id: str, jobs: tuple[int, ...]) -> Mapping[int, RunId]:
        """Return which of these jobs of a connection are owned by which run."""
        return await self._reads.read(lambda db: intents.owners_of(db, connection_id, jobs))

    async def followed(self, profile: str) -> frozenset[str]:
        """Return the connections whose future jobs a profile wants to be watched."""
        return await self._reads.read(lambda db: followed.read_followed(db, profile))


def _past(db: sqlite3.Connection, run: RunId, form: str, damage: Damage) -> Past:
    snapshot, seq = rows.read_snapshot(db, run, form, damage)
    return Past(
        first=rows.read_first(db, run, damage),
        snapshot=snapshot,
        snapshot_seq=seq,
        events=rows.read_events(db, run, damage, seq),
        last_seq=rows.read_last_seq(db, run),
        checkpoint=rows.read_checkpoint(db, run, damage),
        intents=_intents(db, run, damage),
    )


def _intents(db: sqlite3.Connection, run: RunId, damage: Damage) -> tuple[IntentRecord, ...] | None:
    try:
        return intents.read_intents(db, run)
    except UNREADABLE as error:
        damage.note(f"an intent of run {run}", error)
        return None


@asynccontextmanager
async def open_records(path: Path) -> AsyncIterator[Records]:
    """Open the journal at `path` to read it; it has to be there, and stays as it is.

    Raises:
        JournalError: it cannot be read: not there, another program's, damaged or newer.
    """
    reader = Reader(path)
    try:
        await reader.read(version_of)  # what is wrong with it is told now
        yield Records(reader, name_of(path))
    finally:
        await reader.close()
