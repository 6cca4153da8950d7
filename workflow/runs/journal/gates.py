"""A journal's word on triggers: whose a connection is, what is about to leave, what came of it.

The gate of the trigger's rules, the intent that is on the disk before a POST leaves, its settlement
with the machine's checkpoint in one transaction, and which run owns which job. The tables'
constraints hold what is promised (:mod:`~workflow.runs.journal.intent_rows`).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Final

from workflow.clock import Clock
from workflow.runs.events import Event, Json, RunId
from workflow.runs.journal import intent_rows as intents
from workflow.runs.journal import store
from workflow.runs.journal.intents import (
    Became,
    GateBusy,
    GateTaken,
    Intent,
    IntentKey,
    IntentRecord,
)
from workflow.runs.journal.ownership import Owner, SoleOwner
from workflow.runs.journal.problems import JournalError
from workflow.runs.journal.records import Records
from workflow.runs.journal.thinning import Thinning
from workflow.runs.journal.writer import NotYet, Threads


class Gates(Records):
    """What is in a journal, and what a trigger writes there. Belongs to one event loop."""

    def __init__(self, threads: Threads, name: str, owner: Owner | SoleOwner, clock: Clock) -> None:
        super().__init__(threads, name)
        self._threads: Final = threads
        self._owner: Final = owner
        self._clock: Final = clock
        self._thin: Final = Thinning()

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
