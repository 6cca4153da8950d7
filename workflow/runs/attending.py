"""Taking single runs up and letting them go: attach, detach, cancel."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Final

from workflow.airbyte.models import ConnectionId, JobId
from workflow.airbyte.problems import ApiProblem
from workflow.http.failures import NetworkFailure
from workflow.runs.events import Event, RunDetached, RunId, Verdict
from workflow.runs.journal.intents import Became, IntentRecord
from workflow.runs.journal.problems import JournalError
from workflow.runs.launch import OrderRefused
from workflow.runs.launching import Launching
from workflow.runs.ledger import Voice
from workflow.runs.recovery import Recovery
from workflow.runs.roster import Roster
from workflow.runs.run import Phase, RunState
from workflow.runs.services import Services
from workflow.text import safe

_NO_SUCH_JOB: Final = frozenset({403, 404, 409})
"""Which of them answers for an unknown job depends on who asks."""


_HARMLESS: Final = frozenset({Became.REFUSED, Became.NOT_SENT})
"""What became of a POST that can have had no effect."""


class Attending:
    """Who is looked after, run by run. `name_of` gives a connection's name where it is known."""

    def __init__(
        self,
        services: Services,
        launching: Launching,
        recovery: Recovery,
        roster: Roster,
        name_of: Callable[[ConnectionId], str | None],
    ) -> None:
        self._services = services
        self._launching = launching
        self._recovery = recovery
        self._roster = roster
        self._name_of = name_of
        self._one_at_a_time = asyncio.Lock()

    async def attach(self, job_id: JobId, connection_id: str | None) -> RunId:
        """Watch a job; raises OrderRefused when it is not there."""
        async with self._one_at_a_time:  # so that two wishes for one job make one run
            watching = min(self._services.relay.watchers(job_id), default=None)
            return watching or await self._attach(job_id, connection_id)

    async def _attach(self, job_id: JobId, connection_id: str | None) -> RunId:
        try:
            answer = await self._services.client.get_job(job_id)
        except ApiProblem as problem:
            if problem.status in _NO_SUCH_JOB:
                text = f"There is no job {job_id} at this server, or this profile may not see it."
                raise OrderRefused(text) from None
            raise OrderRefused(f"Job {job_id} cannot be read: {problem.sentence}") from None
        except NetworkFailure as failure:
            raise OrderRefused(f"Job {job_id} cannot be read: {failure.text}") from None
        job = answer.value
        if connection_id is not None and job.connection_id != connection_id:
            raise OrderRefused(f"Job {job_id} is not a job of connection {safe(connection_id)}.")
        self._services.feed.accept(job, answer.left, answer.arrived, "get_job")
        return await self._launching.watch_job(job, await self._name(job.connection_id))

    async def _name(self, connection_id: ConnectionId) -> str:
        """Return a connection's name, asking for it where nobody has; without an answer, its id."""
        known = self._name_of(connection_id)
        if known is not None:
            return known
        try:
            return (await self._services.client.get_connection(connection_id)).value.raw_name
        except (ApiProblem, NetworkFailure):
            return connection_id

    async def attach_run(self, run: RunId) -> RunId:
        """Take a run up again; raises OrderRefused when it is not to be had."""
        state = self._services.ledger.runs.get(run)
        if state is not None and state.verdict is not None:
            raise OrderRefused(f"Run {run} has ended: {state.verdict}. Attach to its job instead.")
        async with self._one_at_a_time:
            if run not in self._roster and not await self._recovery.take_up_one(run):
                raise _not_to_be_had(run)
        return run

    async def let_go(self, run: RunId, reason: str | None) -> None:
        """Stop looking after a run without a verdict; None tells nobody, it stays as it is."""
        await self._roster.stop(run)
        await self._services.wishes.drop(run)
        self._services.relay.unwatch(run)
        if self._services.ledger.runs[run].verdict is not None:
            return
        if reason is not None:
            await Voice(self._services.ledger, run).tell(RunDetached(reason))
        await self._services.journal.release(run)

    async def cancel(self, run: RunId, allowed: Callable[[], None]) -> None:
        """See to it that a run's job stops; `allowed` raises when nothing may be sent."""
        state = self._services.ledger.runs.get(run)
        if state is None or state.verdict is not None:
            ended = "is not known here" if state is None else f"has ended: {state.verdict}"
            raise OrderRefused(f"Run {safe(run)} {ended}. Nothing was sent.")
        if state.phase is Phase.DETACHED:
            await self.attach_run(run)
            state = self._services.ledger.runs[run]
        if _has_no_job(state):
            if run not in self._roster:
                await self._own(run)
            await self._roster.stop(run)
            records = await self._services.journal.intents_of(run)
            if all(record.how in _HARMLESS for record in records):
                why = _cancelled_before(state, records)
                await self._launching.ending.end(run, Verdict.CANCELLED, why)
                return
            await self.attach_run(run)  # its trigger left in that very moment
            state = self._services.ledger.runs[run]
        allowed()
        await self.attach_run(run)
        # What was seen while looking for a lost answer's effect may be somebody else's job.
        known = state.origin is not None or state.sent is None
        voice = Voice(self._services.ledger, run)
        settled = await self._services.wishes.wish(
            voice, state.job_id if known else None, "operator"
        )
        if settled.job_id is None:
            await self._ended(run)  # for want of a job: its verdict is being written

    async def _own(self, run: RunId) -> None:
        """Make sure that no other process looks after a run; raises OrderRefused."""
        try:
            mine = await self._services.journal.own(run)
        except JournalError as error:
            raise OrderRefused(error.text) from None
        if not mine:
            raise _not_to_be_had(run)

    async def _ended(self, run: RunId) -> None:
        """Wait until a run has a verdict, or is let go."""
        ledger, over = self._services.ledger, asyncio.Event()

        def heard(event: Event) -> None:
            if event.run == run and not ledger.runs[run].live:
                over.set()

        end = ledger.subscribe(heard)
        try:
            if ledger.runs[run].live:
                await over.wait()
        finally:
            end()


def _has_no_job(state: RunState) -> bool:
    """Whether nothing of a run can be under way at the server, as far as its events tell."""
    if state.origin is not None or state.sent is not None:
        return False
    return state.phase is Phase.WAITING or state.job_id is None


def _cancelled_before(state: RunState, records: Sequence[IntentRecord]) -> str:
    if any(record.how is Became.REFUSED for record in records):
        return "cancelled before a trigger of its had any effect"
    return f"cancelled before {'anything' if state.begun is None else 'a trigger'} was sent"


def _not_to_be_had(run: RunId) -> OrderRefused:
    return OrderRefused(
        f"Run {safe(run)} cannot be taken up: it has ended, is not in the journal, or another "
        "syncdeck looks after it."
    )
