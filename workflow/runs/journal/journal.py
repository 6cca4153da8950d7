"""The journal: an append-only file of what happened to every run, and what was about to happen.

SQLite in WAL mode. All writing is done by one thread (:mod:`~workflow.runs.journal.writer`), which
commits what waits together; an intent and its settlement are on the disk itself before anybody
goes on (``synchronous=FULL``), all else is with the operating system and survives a killed
process. Several processes may share a file: a run's owner is a process that holds a lock
(:mod:`~workflow.runs.journal.ownership`); the tables' own constraints keep one open intent per
connection, one owner per job and one verdict per run.

When the file cannot be written, showing goes on: events are kept and written later, `healthy`
says why, and opening an intent raises, so nothing is triggered that could be forgotten.
"""

from __future__ import annotations

import asyncio
import random
import sqlite3
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Final

from workflow.clock import Clock
from workflow.runs.events import Event, Json, RunFinished, RunId, Verdict
from workflow.runs.journal import followed, retention, store
from workflow.runs.journal import intent_rows as intents
from workflow.runs.journal.intents import (
    Became,
    GateBusy,
    GateTaken,
    Intent,
    IntentKey,
    IntentRecord,
)
from workflow.runs.journal.opening import connect
from workflow.runs.journal.ownership import Owner, SoleOwner
from workflow.runs.journal.problems import JournalError, name_of, sentence
from workflow.runs.journal.records import Records
from workflow.runs.journal.retention import Retention
from workflow.runs.journal.rows import Unfinished
from workflow.runs.journal.store import Snapshot
from workflow.runs.journal.thinning import Thinning
from workflow.runs.journal.writer import NotYet, Threads
from workflow.text import SafeText

_ENDED_JOB: Final = {Verdict.SUCCEEDED, Verdict.FAILED, Verdict.CANCELLED}
_NOTHING: Final[Mapping[RunId, Json]] = {}


class Journal(Records):
    """One opened journal. Belongs to one event loop; use :meth:`open` and :meth:`aclose`."""

    def __init__(
        self,
        path: Path | None,
        db: sqlite3.Connection,
        owner: Owner | SoleOwner,
        clock: Clock,
        keep: Retention | None = None,
    ) -> None:
        self._threads = Threads(db, path)
        super().__init__(self._threads, name_of(path))
        self.path = path
        self.keep: Final = keep
        """What its opener wants remembered; None for everything, for ever."""
        self._clock = clock
        self._owner = owner
        self._thin = Thinning()
        self._snapshots: dict[RunId, Snapshot] = {}
        self._closed = False

    @classmethod
    async def open(
        cls,
        path: Path | None,
        clock: Clock,
        *,
        rng: random.Random | None = None,
        keep: Retention | None = None,
    ) -> Journal:
        """Open the journal at `path`, making it if need be; None keeps it in memory.

        What is to be forgotten is only noted here: :meth:`retain` does it.

        Raises:
            JournalError: network file system, read-only, damaged, another program's or newer.
        """

        def opened() -> tuple[sqlite3.Connection, Owner | SoleOwner]:
            db = connect(path)
            if path is None:
                return db, SoleOwner()
            folder = path.with_name(path.name + ".owners")
            owner = Owner(folder, rng or random.SystemRandom())
            try:
                owner.hold()
                owner.sweep()
            except OSError as error:
                db.close()
                raise JournalError(sentence(f"the journal {path}", error)) from error
            return db, owner

        db, owner = await asyncio.to_thread(opened)
        return cls(path, db, owner, clock, keep)

    async def aclose(self) -> None:
        """Write what waits and let go of every run this process looked after; once is enough."""
        if self._closed:
            return
        self._closed = True
        rest, snapshots = self._thin.rest(), self._new_snapshots()
        if rest or snapshots:
            owner = self._owner.id

            def work(db: sqlite3.Connection) -> None:
                for event in rest:
                    if event.run is not None:
                        store.write_events(db, [event], store.profile_of(db, event.run), owner)
                store.write_snapshots(db, snapshots)

            await self._threads.later(work)
        await self._threads.close()
        self._owner.give_up()

    @property
    def healthy(self) -> SafeText | None:
        """Why the journal cannot be written at the moment, as one sentence; None when it can."""
        return self._threads.trouble

    # ------------------------------------------------------------------ events

    async def append(
        self,
        events: Sequence[Event],
        *,
        profile: str,
        checkpoints: Mapping[RunId, Json] = _NOTHING,
        durable: bool = False,
    ) -> bool:
        """Write events, and what belongs to them, in one transaction; return when committed.

        What a poll only repeats is thinned (:mod:`~workflow.runs.journal.thinning`). The first
        event of a run makes this process its owner.

        Returns:
            False when the file cannot be written now: the events are kept and written later.

        Raises:
            JournalError: with `durable`, when it cannot be written.
        """
        kept = self._thin.pass_on(events, checkpoints.keys())
        if not kept and not checkpoints:
            return True
        owner, snapshots = self._owner.id, self._new_snapshots()

        def work(db: sqlite3.Connection) -> bool:
            store.write_events(db, kept, profile, owner)
            store.write_checkpoints(db, checkpoints)
            store.write_snapshots(db, snapshots)
            return True

        if durable:
            return await self._threads.now(work)
        return not isinstance(await self._threads.later(work), NotYet)

    def keep_snapshot(self, run: RunId, seq: int, form: str, body: Json) -> None:
        """Write what a run's events up to `seq` add up to, with what is appended next.

        A newer one of the same run takes its place. `form` is given again to read it.
        """
        self._snapshots[run] = Snapshot(run, seq, form, body)

    def _new_snapshots(self) -> tuple[Snapshot, ...]:
        taken = tuple(self._snapshots.values())
        self._snapshots.clear()
        return taken

    async def finish(self, run: RunId, event: Event) -> bool:
        """Write a run's verdict, unless it has one.

        The run's checkpoint goes, and so does an intent that waited for its adopted job's end.

        Returns:
            Whether this verdict counts. False: another one was written before.
        """
        kept = self._thin.pass_on([event])
        verdict = event.fact.verdict if isinstance(event.fact, RunFinished) else None

        def work(db: sqlite3.Connection) -> bool:
            if not store.write_events(db, kept, store.profile_of(db, run), self._owner.id):
                return not store.is_there(db, run)  # then there is no other verdict
            store.write_checkpoints(db, {run: None})
            if verdict in _ENDED_JOB:
                intents.close_intents_of(db, run, "its job has ended")
            intents.leave_gate(db, run)
            return True

        result = await self._threads.later(work)
        return isinstance(result, NotYet) or bool(result)

    # ------------------------------------------------------------------ intents

    async def take_gate(
        self, key: IntentKey, connection_id: str, profile: str
    ) -> GateTaken | GateBusy:
        """Close the connection to every other trigger of this journal, unless one is open.

        A gate whose process died before its intent was opened is taken over; nothing was sent.
        """
        return await self._threads.now(
            lambda db: intents.take_gate(
                db,
                key,
                connection_id,
                profile,
                owner=self._owner.id,
                alive=self._owner.alive,
                now=self._clock.now(),
            ),
            durable=False,
        )

    async def leave_gate(self, run: RunId) -> None:
        """Open the connection again; for a run that is not going to send."""
        await self._threads.now(lambda db: intents.leave_gate(db, run), durable=False)

    async def open_intent(self, intent: Intent, events: Sequence[Event] = ()) -> None:
        """Put on the disk that a POST is about to leave. Only after this may it.

        Raises:
            JournalError: it cannot be written, the run is not there (its creation was refused), or
                this process does not hold the gate.
        """

        def work(db: sqlite3.Connection) -> None:
            if not intents.open_intent(db, intent, self._owner.id):
                if not store.is_there(db, intent.key.run):
                    raise JournalError(
                        f"The journal has not taken run {intent.key.run}, whose job could be"
                        " forgotten. Nothing was sent; the log says why, then start it again."
                    )
                raise JournalError(
                    f"The gate for connection {intent.connection_id} is not ours any more."
                    " Nothing was sent; start the run again."
                )
            store.write_events(db, events, intent.profile, self._owner.id)

        await self._threads.now(work)

    async def settle_intent(
        self,
        key: IntentKey,
        how: Became,
        *,
        job_id: int | None = None,
        suspects: tuple[int, ...] = (),
        answer: Json = None,
        events: Sequence[Event] = (),
        checkpoint: Json | None = None,
    ) -> bool:
        """Write what became of a POST, with its events and the machine's new checkpoint, at once.

        Returns:
            False when it cannot be written now: it is kept, and written before anything else is.
            Should the process end before that, the intent is still open and will be looked for.
        """
        kept = self._thin.pass_on(events)

        def work(db: sqlite3.Connection) -> None:
            intents.settle(db, key, how, job_id=job_id, suspects=suspects, answer=answer)
            store.write_events(db, kept, store.profile_of(db, key.run), self._owner.id)
            if checkpoint is not None:
                store.write_checkpoints(db, {key.run: checkpoint})

        return not isinstance(await self._threads.later(work, durable=True), NotYet)

    async def add_suspects(self, run: RunId, suspects: tuple[int, ...]) -> None:
        """Write the jobs that may be the effect of the run's open intent."""
        await self._threads.now(lambda db: intents.add_suspects(db, run, suspects), durable=False)

    async def close_intent(self, run: RunId, why: str) -> bool:
        """Free the connection that the run's settled intent keeps closed.

        Returns:
            False when there is no such intent (none, closed already, or not settled yet).
        """
        return await self._threads.now(lambda db: intents.close_intents_of(db, run, why))

    async def claim_job(self, run: RunId, connection_id: str, job_id: int) -> RunId | None:
        """Make `run` the owner of a job; return the run that owns it, when another does."""
        now = self._clock.now()
        return await self._threads.now(
            lambda db: intents.claim_job(db, run, connection_id, job_id, now)
        )

    async def open_intents(self, profile: str | None = None) -> tuple[IntentRecord, ...]:
        """Return the intents that keep a connection closed, oldest first, if they can be read."""
        now = self._clock.now()
        await self._threads.later(lambda db: intents.close_over(db, now))
        return await self._threads.read(
            lambda db: intents.read_open_intents(db, profile, self.damage)
        )

    # ------------------------------------------------------------------ runs

    async def own(self, run: RunId) -> bool:
        """Become the process that looks after an unfinished run; False when another one is."""
        mine, alive = self._owner.id, self._owner.alive
        return await self._threads.now(
            lambda db: store.take_run(db, run, mine, alive), durable=False
        )

    async def own_all(self, profile: str) -> frozenset[RunId]:
        """Become the process that looks after every unfinished run of a profile that none does."""
        mine, alive = self._owner.id, self._owner.alive
        return await self._threads.now(
            lambda db: store.take_runs(db, profile, mine, cache(alive)), durable=False
        )

    async def release(self, run: RunId) -> None:
        """Stop looking after a run; any process may take it up."""
        await self._threads.later(
            lambda db: store.let_run_go(db, run, self._owner.id), durable=False
        )

    async def unfinished(self, profile: str | None = None) -> tuple[Unfinished, ...]:
        """Return every run without a verdict, oldest first."""
        found = await self.runs(-1, profile, unfinished=True)
        alive = cache(self._owner.alive)
        return tuple(
            Unfinished(row, elsewhere=row.owner is not None and alive(row.owner))
            for row in reversed(found)
        )

    # ------------------------------------------------------------------ connections

    async def follow(self, profile: str, connection_id: str, *, on: bool = True) -> None:
        """Write down that a profile follows a connection, or does no longer."""
        await self._threads.now(
            lambda db: followed.write_followed(db, profile, connection_id, followed=on),
            durable=False,
        )

    # ------------------------------------------------------------------ space

    async def retain(self, keep: Retention | None = None) -> int:
        """Forget ended runs that need not be kept and give their space back; return how many.

        What is kept is what :meth:`open` was told, unless it is said here. In steps: what others
        write meanwhile waits for no more than one of them.

        Raises:
            JournalError: the file cannot be written; what is gone by then is gone.
        """
        keep = keep or self.keep
        return 0 if keep is None else await retention.apply(keep, self._threads, self._clock)
