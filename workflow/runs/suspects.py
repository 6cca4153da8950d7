"""Jobs that may still turn out to be the effect of a POST whose answer was lost.

An effect can come minutes after the look has closed. For 24 hours every later job of the
connection that no other run owns is written down as a suspect of the open intent, for people to
see. An intent is closed here when the job that was adopted for it has ended. Nothing is sent.
What the operator says about suspects is :mod:`~workflow.runs.resolving`'s business.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, NoReturn

from workflow.airbyte.client import Client
from workflow.airbyte.models import ConnectionId, Job
from workflow.airbyte.problems import ApiProblem
from workflow.clock import Clock
from workflow.http.failures import NetworkFailure
from workflow.runs.events import Event, RunFinished, RunId, TriggerSettled
from workflow.runs.journal import Journal, JournalError
from workflow.runs.journal.intents import NO_LIST, SUSPECT_FOR, Became, IntentRecord
from workflow.runs.tasks import end
from workflow.runs.trigger import JobSeen
from workflow.runs.trigger.lists import as_seen

EVERY: Final = 60.0
"""Seconds between two looks while an intent is open."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Suspicion:
    """An open intent and what may be its effect."""

    record: IntentRecord
    suspects: tuple[JobSeen, ...]

    @property
    def run(self) -> RunId:
        """The run whose trigger it was."""
        return self.record.intent.key.run

    @property
    def until(self) -> datetime:
        """When nothing is suspected any more and the connection is free by itself."""
        return self.record.intent.at + SUSPECT_FOR


class Suspects:
    """Follows one profile's open intents. The server is asked only while there are some.

    `changed` is called whenever something else is suspected than before.
    """

    def __init__(
        self,
        profile: str,
        client: Client,
        journal: Journal,
        clock: Clock,
        changed: Callable[[], None] = lambda: None,
    ) -> None:
        self._profile = profile
        self._client = client
        self._journal = journal
        self._clock = clock
        self._changed = changed
        self._known: tuple[Suspicion, ...] = ()
        self._awake = asyncio.Event()

    @property
    def known(self) -> tuple[Suspicion, ...]:
        """What was suspected at the latest look, the oldest trigger first."""
        return self._known

    def of(self, run: RunId) -> Suspicion | None:
        """Return what is suspected of one run's trigger; None when nothing is open of it."""
        return next((one for one in self._known if one.run == run), None)

    def hear(self, event: Event) -> None:
        """Look now, and not only when the minute is over, when something was settled."""
        if isinstance(event.fact, TriggerSettled | RunFinished):
            self._awake.set()

    def drop(self, run: RunId) -> None:
        """Suspect nothing of a run any more: the operator has said what became of it."""
        self._know(tuple(one for one in self._known if one.run != run))

    async def follow(self) -> NoReturn:
        """Look every minute, for ever, and tell whenever something else is suspected."""
        while True:
            self._awake.clear()
            try:
                self._know(await self.look())
            except JournalError as error:
                # The journal says by itself that it is in trouble; what is known stays known.
                _log.warning("suspects were not looked for: %s", error)
            await self._rest()

    def _know(self, suspicions: tuple[Suspicion, ...]) -> None:
        if suspicions != self._known:
            self._known = suspicions
            self._changed()

    async def _rest(self) -> None:
        timer = asyncio.ensure_future(self._clock.sleep(EVERY))
        woken = asyncio.ensure_future(self._awake.wait())
        try:
            await asyncio.wait({timer, woken}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            await end(timer)
            await end(woken)

    async def look(self) -> tuple[Suspicion, ...]:
        """Bring the suspects of every settled intent that is still open up to date."""
        records = await self._journal.open_intents(self._profile)
        settled = [record for record in records if record.how is not None]
        found = await asyncio.gather(*(self._of(record) for record in settled))
        return tuple(suspicion for suspicion in found if suspicion is not None)

    async def ask(self, run: RunId) -> Suspicion | None:
        """Look once, now, for what may be the effect of one run's trigger; None when it is settled.

        Raises:
            ApiProblem: the server would not say.
            NetworkFailure: it could not be asked.
        """
        records = await self._journal.intents_of(run)
        open_ = [record for record in records if record.open and record.how is not None]
        return await self._asked(open_[-1]) if open_ else None

    async def _of(self, record: IntentRecord) -> Suspicion | None:
        try:
            return await self._asked(record)
        except (ApiProblem, NetworkFailure):
            # What is known stays known; the feed shows that the server cannot be asked.
            return Suspicion(record, tuple(JobSeen(n, "", "", live=True) for n in record.suspects))

    async def _asked(self, record: IntentRecord) -> Suspicion | None:
        intent = record.intent
        page = await self._client.list_jobs(connection_id=ConnectionId(intent.connection_id))
        if record.how is Became.ADOPTED and _has_ended(page.value.items, record.job_id):
            await self._journal.close_intent(intent.key.run, "its job has ended")
            return None
        younger = [job for job in page.value.items if _may_be_ours(job, record)]
        owners = await self._journal.owners(
            intent.connection_id, tuple(job.job_id for job in younger)
        )
        mine = [job for job in younger if owners.get(job.job_id, intent.key.run) == intent.key.run]
        suspects = tuple(sorted({*record.suspects, *(job.job_id for job in mine)}))
        if suspects != record.suspects:
            await self._journal.add_suspects(intent.key.run, suspects)
        seen: dict[int, JobSeen] = {job.job_id: as_seen(job) for job in page.value.items}
        return Suspicion(
            replace(record, suspects=suspects),
            tuple(seen.get(n, JobSeen(n, "", "", live=True)) for n in suspects),
        )


def _may_be_ours(job: Job, record: IntentRecord) -> bool:
    intent = record.intent
    if job.connection_id != intent.connection_id or job.job_id <= intent.base:
        return False
    if job.start_time is None:
        return True
    if intent.base == NO_LIST and job.start_time < intent.born:
        return False  # there was no list to tell it by, but it is older
    return job.start_time <= intent.born + SUSPECT_FOR


def _has_ended(jobs: tuple[Job, ...], job_id: int | None) -> bool:
    return any(job.job_id == job_id and job.is_terminal for job in jobs)
