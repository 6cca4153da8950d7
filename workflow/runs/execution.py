"""One run from its slot to its verdict.

Waits for a slot, drives the document, judges what came of it and writes the verdict. Detaching is
cancelling the task that runs :meth:`Execution.live`: the run has no verdict then, and is taken up
again from its checkpoint.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime

from workflow.airbyte.models import ConnectionId, JobId
from workflow.airbyte.problems import ApiProblem
from workflow.arazzo.problems import InputError
from workflow.arazzo.program import Program
from workflow.arazzo.turns import Finished, Json
from workflow.http.failures import NetworkFailure
from workflow.runs import warnings
from workflow.runs.caller import Caller
from workflow.runs.deadline import Deadline
from workflow.runs.drive import Driver
from workflow.runs.events import RunFinished, Verdict
from workflow.runs.ledger import Voice
from workflow.runs.services import Services
from workflow.runs.slots import Place
from workflow.runs.terms import Checkpoint
from workflow.runs.trigger import JobSeen
from workflow.runs.verdict import Judgement, of_job, of_workflow
from workflow.text import safe

Finish = Callable[[Voice, RunFinished], Awaitable[None]]
"""Writes a verdict down; the fleet's, since a launch may end with it."""


@dataclass(frozen=True, slots=True)
class Execution:
    """A run that is to be looked after."""

    services: Services
    voice: Voice
    program: Program
    checkpoint: Checkpoint
    finish: Finish
    given: JobSeen | None = None
    """The job of a run that only watches."""

    async def live(self, place: Place) -> Verdict:
        """See the run to its verdict, in its slot."""
        checkpoint = self.checkpoint
        span = checkpoint.terms.deadline
        if checkpoint.deadline is None and span is not None:
            checkpoint = replace(checkpoint, deadline=self.services.clock.now() + span)
        try:
            judged, outputs = await self._judged(checkpoint, place)
        finally:
            self.services.relay.unwatch(self.voice.run)
        return await self._end(judged, outputs)

    async def _judged(
        self, checkpoint: Checkpoint, place: Place
    ) -> tuple[Judgement, dict[str, Json]]:
        services, deadline = self.services, Deadline(self.services.clock, checkpoint.deadline)
        caller = Caller(services, self.voice, checkpoint.terms, deadline, place, given=self.given)

        def save(machine: Json, until: datetime | None) -> Json:
            return replace(checkpoint, machine=machine, until=until).to_json()

        driver = Driver(self.program, caller, self.voice, deadline, services.clock, save)
        again = checkpoint.machine is not None
        try:
            turn = (
                self.program.load(checkpoint.machine)
                if again
                else self.program.start(dict(checkpoint.terms.inputs))
            )
        except InputError as error:
            return Judgement(Verdict.REJECTED, safe(f"nothing was sent: {error}")), {}
        ended = await driver.drive(turn, until=checkpoint.until, again=again)
        if isinstance(ended, Finished):
            return self._of_workflow(ended, caller), ended.outputs
        if ended.judgement is not None:
            return ended.judgement, ended.outputs
        return await self._expired(checkpoint, caller), ended.outputs

    def _of_workflow(self, ended: Finished, caller: Caller) -> Judgement:
        job_id = caller.job_id
        known = None if job_id is None else self.services.relay.latest(JobId(job_id))
        status = None if known is None else str(known.status)
        return of_workflow(ended, refused=caller.refused, job_id=job_id, status=status)

    # ------------------------------------------------------------------------- the deadline

    async def _expired(self, checkpoint: Checkpoint, caller: Caller) -> Judgement:
        """Look once more before it is said that we stopped waiting."""
        job_id = caller.job_id
        if job_id is None:
            return Judgement(Verdict.EXPIRED, safe("its deadline passed"))
        if (judged := await self._read_once(job_id)) is not None:
            return judged
        if checkpoint.terms.cancel_on_deadline:
            settled = await self.services.wishes.wish(self.voice, job_id, "deadline")
            if (judged := await self._read_once(job_id)) is not None:
                return judged
            why = f"its deadline passed; cancelling job {job_id}: {settled.text}"
            return Judgement(Verdict.EXPIRED, safe(why))
        return Judgement(Verdict.EXPIRED, safe(f"its deadline passed; job {job_id} goes on"))

    async def _read_once(self, job_id: int) -> Judgement | None:
        services = self.services
        try:
            answer = await services.client.get_job(JobId(job_id))
        except (ApiProblem, NetworkFailure):
            # Then the last reading stands, which was not an end.
            return None
        services.feed.accept(answer.value, answer.left, answer.arrived, "get_job")
        return of_job(job_id, answer.value.status)

    # ------------------------------------------------------------------------------ the end

    async def _end(self, judged: Judgement, outputs: dict[str, Json]) -> Verdict:
        ledger = self.services.ledger
        await self.services.wishes.settled(self.voice.run, judged.verdict)
        await ledger.emit()  # its turn comes when the last reading has been folded
        state = self.voice.state
        for warning in warnings.at_end(state, judged.verdict):
            await self.voice.tell(warning)
        if judged.verdict is Verdict.CANCELLED and state.cancel is not None:
            await self._look_for_successor(state.job_id, state.connection_id)
        await self.finish(
            self.voice, RunFinished(judged.verdict, judged.why, outputs, state.job_id)
        )
        return judged.verdict

    async def _look_for_successor(self, job_id: int | None, connection_id: str | None) -> None:
        if job_id is None or connection_id is None:
            return
        try:
            answer = await self.services.client.list_jobs(
                connection_id=ConnectionId(connection_id), limit=1
            )
        except (ApiProblem, NetworkFailure):
            return  # a courtesy: the verdict does not wait for it
        for job in answer.value.items:
            if job.job_id > job_id and not job.is_terminal:
                await self.voice.tell(warnings.successor(job.job_id, job.status))
