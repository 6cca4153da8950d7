"""Sends triggers for a profile, and finds out what came of those an earlier process sent.

The rules are in :mod:`~workflow.runs.trigger.machine`; one trigger under way is a
:class:`~workflow.runs.trigger.shot.Shot`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal

from workflow.airbyte.client import Client
from workflow.clock import Clock
from workflow.runs.events import (
    Origin,
)
from workflow.runs.journal import Journal
from workflow.runs.journal.intents import Became, IntentKey, IntentRecord
from workflow.runs.slots import Place
from workflow.runs.trigger import (
    Answered,
    JobSeen,
    Refused,
    TriggerOrder,
    TriggerOutcome,
    Unresolved,
    machine,
)
from workflow.runs.trigger.asking import Asking, JobFeed
from workflow.runs.trigger.entries import Checkpoint, Voice
from workflow.runs.trigger.lists import JobLists
from workflow.runs.trigger.shot import Provisional, Shot
from workflow.runs.trigger.turns import AT_ONCE, Turn
from workflow.text import SafeText

__all__ = ["Checkpoint", "NotSent", "Provisional", "Trigger", "Voice"]


@dataclass(frozen=True, slots=True)
class NotSent:
    """There is no intent on the disk, so nothing was sent. Start again only when asked to."""


class Trigger:
    """Sends triggers for one profile: one at a time for each run, any number of runs.

    `why_not` says why nothing but GETs may be sent now, if so.
    """

    def __init__(
        self,
        client: Client,
        journal: Journal,
        clock: Clock,
        feed: JobFeed | None = None,
        why_not: Callable[[], SafeText | None] = lambda: None,
    ) -> None:
        self._asking = Asking(client, clock, feed)
        self._journal = journal
        self._clock = clock
        self._why_not = why_not
        self._turns = asyncio.Semaphore(AT_ONCE)

    @property
    def lists(self) -> JobLists:
        """How this profile's server is asked for a connection's jobs."""
        return self._asking.lists

    async def fire(
        self,
        order: TriggerOrder,
        voice: Voice,
        place: Place | None = None,
        *,
        checkpoint: Checkpoint = lambda _: None,
        provisional: Provisional = lambda _: None,
    ) -> TriggerOutcome:
        """Send one trigger by the rules, and see it settled.

        `place` is the run's slot, which it gives back while it waits for somebody else's job.

        Cancelling this task never loses an intent: a POST that is under way is given a few
        seconds for its answer, and what is not settled then is found by :meth:`recover`.
        """
        move = machine.start(order, self._clock.now(), by_type=self.lists.by_type)
        shot = self._shot(order, voice, checkpoint, place)
        return await shot.play(move, provisional)

    async def recover(
        self,
        order: TriggerOrder,
        voice: Voice,
        *,
        checkpoint: Checkpoint = lambda _: None,
        provisional: Provisional = lambda _: None,
    ) -> TriggerOutcome | NotSent:
        """Find out what came of a trigger that an earlier process had begun. Never sends.

        A settled intent gives the outcome that was written; an open one is looked for, for what
        is left of its window.
        """
        records = await self._journal.intents_of(order.run)
        mine = [r for r in records if r.intent.key == IntentKey(order.run, order.step, order.visit)]
        if not mine:
            await self._journal.leave_gate(order.run)
            return NotSent()
        record = mine[-1]
        if record.how is not None:
            return _as_written(record)
        # The window of then counts, whatever is asked for today.
        order = replace(order, look=record.intent.look)
        move = machine.recover(order, record, self._clock.now(), by_type=self.lists.by_type)
        shot = self._shot(order, voice, checkpoint)
        return await shot.play(move, provisional)

    def _shot(
        self,
        order: TriggerOrder,
        voice: Voice,
        checkpoint: Checkpoint,
        place: Place | None = None,
    ) -> Shot:
        return Shot(
            self._asking,
            self._journal,
            self._clock,
            order=order,
            voice=voice,
            checkpoint=checkpoint,
            place=place or Place.alone(),
            turn=Turn(self._turns),
            why_not=self._why_not,
        )


_OWNING: Final[Mapping[Became, Literal[Origin.STARTED, Origin.JOINED, Origin.ADOPTED]]] = {
    Became.STARTED: Origin.STARTED,
    Became.JOINED: Origin.JOINED,
    Became.ADOPTED: Origin.ADOPTED,
}


def _as_written(record: IntentRecord) -> TriggerOutcome | NotSent:
    """Return the outcome of a settled intent."""
    job_id = record.job_id
    intent = record.intent
    how = _OWNING.get(record.how) if record.how is not None else None
    if how is not None and job_id is not None:
        job = JobSeen(job_id, intent.job_type, "", live=True, raw=record.answer)
        return Answered(job, how, record.answer)
    if record.how is Became.UNKNOWN:
        suspects = tuple(JobSeen(n, "", "", live=True) for n in record.suspects)
        return Unresolved(SafeText("It was not known what came of the trigger."), suspects)
    if record.how is Became.REFUSED and isinstance(record.answer, dict):
        status, body = record.answer.get("status"), record.answer.get("body")
        if isinstance(status, int):
            return Refused(SafeText(f"The server refused the trigger ({status})."), status, body)
    return NotSent()
