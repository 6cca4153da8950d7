"""Triggers whose effect nobody knows, and what an operator says about them.

Such a trigger keeps its connection closed, and the jobs that may be its effect are shown, until
one of them is picked, all are dismissed, or a day has passed.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace

from workflow.airbyte.models import JobId
from workflow.airbyte.problems import ApiProblem
from workflow.http.failures import NetworkFailure
from workflow.runs.events import Event, RunCreated, RunFinished, RunId
from workflow.runs.journal import JournalError
from workflow.runs.launch import OrderRefused
from workflow.runs.services import Services
from workflow.runs.suspects import Suspects
from workflow.runs.trigger import JobSeen
from workflow.text import safe

_log = logging.getLogger(__name__)

Attach = Callable[[JobId, str | None], Awaitable[RunId]]
"""Watches a job of a connection; raises OrderRefused."""


@dataclass(frozen=True, slots=True)
class Resolving:
    """Says which job an unresolved trigger made, or that it made none."""

    services: Services
    suspects: Suspects
    attach: Attach

    async def look(self, run: RunId) -> tuple[JobSeen, ...]:
        """Return what may be the effect of a run's trigger, as of now.

        Raises:
            OrderRefused: the server could not be asked, or is another one than the run's.
        """
        created = (await self.services.journal.events(run))[:1]
        here = self.services.client.base_url
        for event in created:
            if isinstance(event.fact, RunCreated) and event.fact.server not in {None, here}:
                raise OrderRefused(f"the run was started at {event.fact.server}, not at {here}")
        try:
            found = await self.suspects.ask(run)
        except ApiProblem as problem:
            raise OrderRefused(problem.sentence) from None
        except NetworkFailure as failure:
            raise OrderRefused(failure.text) from None
        return () if found is None else found.suspects

    async def pick(self, run: RunId, job_id: JobId) -> RunId:
        """Watch what the operator takes for a run's job; raises OrderRefused if it cannot be."""
        journal = self.services.journal
        open_ = next((one for one in await journal.intents_of(run) if one.open), None)
        if open_ is None:
            return await self.attach(job_id, None)
        connection_id = open_.intent.connection_id
        await self._must_be_there(job_id, connection_id)
        # Claimed first: nobody who looks for an effect of his own takes it from then on.
        other = await journal.claim_job(run, connection_id, job_id)
        if other is not None:
            raise OrderRefused(
                f"Job {job_id} is run {other}'s already. Pick another suspect, or dismiss them."
            )
        watching = await self.attach(job_id, connection_id)
        await journal.close_intent(run, f"the operator picked job {job_id}")
        self.suspects.drop(run)
        return watching

    async def _must_be_there(self, job_id: JobId, connection_id: str) -> None:
        """Refuse a job that does not exist: a claim to its number would stand when one does."""
        try:
            job = (await self.services.client.get_job(job_id)).value
        except ApiProblem as problem:
            raise OrderRefused(f"Job {job_id} cannot be read: {problem.sentence}") from None
        except NetworkFailure as failure:
            raise OrderRefused(f"Job {job_id} cannot be read: {failure.text}") from None
        if job.connection_id != connection_id:
            raise OrderRefused(f"Job {job_id} is not a job of connection {safe(connection_id)}.")

    async def dismiss(self, run: RunId) -> None:
        """Say that the trigger had no effect; raises OrderRefused when nothing is open."""
        if not await self.services.journal.close_intent(run, "the operator dismissed its suspects"):
            raise OrderRefused(
                f"Run {safe(run)} keeps nothing open: it is resolved, or still being looked for."
            )
        self.suspects.drop(run)

    async def bring_back(self) -> None:
        """Show the runs of earlier processes that keep a connection closed, as they ended.

        Nobody looks after them, so they are folded without their launches, which are long over.
        """
        journal, ledger = self.services.journal, self.services.ledger
        try:
            open_ = await journal.open_intents(self.services.profile)
            for run in {one.intent.key.run: None for one in open_}:
                events = () if run in ledger.runs else await journal.events(run)
                if self._is_question_of_here(events):
                    ledger.known.take_over(replace(event, launch=None) for event in events)
        except JournalError as error:
            _log.warning("what is unresolved is not shown: %s", error)

    def _is_question_of_here(self, events: Sequence[Event]) -> bool:
        """Whether these are all of a run that was started at this server and has ended."""
        if not events or not isinstance(events[-1].fact, RunFinished):
            return False
        created = events[0].fact
        here = self.services.client.base_url
        return isinstance(created, RunCreated) and created.server in {None, here}
