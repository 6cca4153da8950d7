"""What one trigger writes into the journal, each in its time.

The intent is on the disk before the POST leaves, and an answer in the same transaction as the
checkpoint that it leads to. When what is written is the machine's to say.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, suppress
from typing import Final, Protocol, TypeAlias

from workflow.clock import rfc3339
from workflow.runs.events import (
    Event,
    Fact,
    Json,
    RunWaiting,
    Settled,
    TriggerIntent,
    TriggerSettled,
)
from workflow.runs.journal import Journal
from workflow.runs.journal.intents import Became, Intent, IntentKey
from workflow.runs.journal.problems import JournalError
from workflow.runs.trigger import Answered, Attached, TriggerOrder
from workflow.runs.trigger.moves import Answer, Claimed, Done, NotWritten, Settle

GRACE: Final = 5.0
"""Seconds that what is under way is waited for when its run is detached."""

Checkpoint: TypeAlias = Callable[[Answered | Attached], Json | None]
"""Gives the document's machine the answer and returns where it stands then."""


class Voice(Protocol):
    """How a run's facts become events: numbered, written, heard."""

    @property
    def unwanted(self) -> bool:
        """Whether the run's job is to be cancelled."""

    def aside(self, *facts: Fact) -> AbstractContextManager[Sequence[Event]]:
        """Give facts as events that the block itself writes down, and everybody hears of then."""

    async def tell(self, *facts: Fact, checkpoint: Json = None) -> None:
        """Write facts and a checkpoint down, and let everybody hear of it."""


class Entries:
    """One trigger's entries."""

    def __init__(
        self, journal: Journal, order: TriggerOrder, voice: Voice, checkpoint: Checkpoint
    ) -> None:
        self._journal = journal
        self._order = order
        self._voice = voice
        self._checkpoint = checkpoint
        self.gated = False
        """The gate is ours, and nothing is open behind it."""

    async def leave_gate(self) -> None:
        """Open the connection to others again."""
        self.gated = False
        with suppress(JournalError):  # a dead process's gate is taken over; so is this one's
            await asyncio.shield(self._journal.leave_gate(self._order.run))

    async def take_gate(self) -> Answer:
        """Close the connection to others, if nobody else has."""
        order = self._order
        key = IntentKey(order.run, order.step, order.visit)
        try:
            self.gated = True  # even if this is cancelled just after the commit
            return await self._journal.take_gate(key, order.connection_id, order.profile)
        except JournalError as error:
            return NotWritten(error.text)

    async def open_intent(self, intent: Intent) -> Answer:
        """Write the intent; who is let go during that has sent nothing, and it is written too."""
        let_go = False

        async def write() -> Answer:
            answer = await self._open(intent)
            if let_go and isinstance(answer, Done):
                await self.settle(Settle(Became.NOT_SENT))
                await self._voice.tell(RunWaiting("slot"))
            return answer

        task = asyncio.create_task(write(), name=f"intent {self._order.run}")
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            let_go = True
            await asyncio.wait({task}, timeout=GRACE)
            raise

    async def _open(self, intent: Intent) -> Answer:
        date = intent.server_date
        fact = TriggerIntent(
            intent.key.step,
            intent.key.visit,
            intent.job_type,
            intent.base,
            None if date is None else rfc3339(date),
        )
        try:
            with self._voice.aside(fact) as events:
                await self._journal.open_intent(intent, events)
        except JournalError as error:
            return NotWritten(error.text)
        self.gated = False
        return Done()

    async def claim(self, job_id: int) -> Answer:
        """Make the run the job's owner."""
        try:
            other = await self._journal.claim_job(
                self._order.run, self._order.connection_id, job_id
            )
        except JournalError as error:
            return NotWritten(error.text)
        return Claimed(other)

    async def settle(self, settle: Settle) -> Answer:
        """Write what became of the POST, with the checkpoint of its answer."""
        key = IntentKey(self._order.run, self._order.step, self._order.visit)
        how = settle.how.settled
        told: tuple[Fact, ...] = ()
        if how is not None:
            text = str(settle.text) or None
            told = (TriggerSettled(how.value, settle.job_id, settle.suspects, text),)
        answer = settle.answer
        checkpoint = None if answer is None else self._checkpoint(answer)
        with self._voice.aside(*told) as events:
            await self._journal.settle_intent(
                key,
                settle.how,
                job_id=settle.job_id,
                suspects=settle.suspects,
                answer=settle.refusal if answer is None else answer.body,
                events=events,
                checkpoint=checkpoint,
            )
        return Done()

    async def watches(self, attached: Attached) -> None:
        """Write that the run watches a job that is not of its making."""
        job_id, why = attached.job.job_id, str(attached.why) or None
        await self._voice.tell(
            TriggerSettled(Settled.ATTACHED.value, job_id, text=why),
            checkpoint=self._checkpoint(attached),
        )
