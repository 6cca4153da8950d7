"""Answers a workflow's calls: the trigger, readings from the feed, or plain HTTP.

Which calls are taken over is told by method and path template alone, whatever their operationId:
POST /jobs is the trigger with its rules, GET /jobs/{jobId} is answered from the feed when its step
reads nothing but the status code and the body, DELETE /jobs/{jobId} is a cancel. All else goes to
the profile's server as the document says. Callers pace: a step that is visited again is not asked
more often than a poll should be.
"""

from __future__ import annotations

from typing import Literal, cast

from workflow.airbyte.models import CANCELLED, JobId
from workflow.airbyte.readings import Reading
from workflow.arazzo.turns import Call, Headers, Json, NoResponse, Response
from workflow.runs import paths, plain
from workflow.runs.deadline import Deadline
from workflow.runs.events import Verdict, Warned
from workflow.runs.job_of_run import JobOfRun
from workflow.runs.ledger import Voice
from workflow.runs.pacing import Pacing
from workflow.runs.relay import JobGoneError, is_another
from workflow.runs.replies import Foresee, Over, Reply
from workflow.runs.services import Services
from workflow.runs.slots import Place
from workflow.runs.terms import Terms
from workflow.runs.trigger import JobSeen, Refused
from workflow.runs.triggering import Triggering, refuse_if_locked
from workflow.runs.verdict import Judgement
from workflow.text import safe


class Caller:
    """Answers the calls of one run."""

    def __init__(
        self,
        services: Services,
        voice: Voice,
        terms: Terms,
        deadline: Deadline,
        place: Place,
        *,
        given: JobSeen | None = None,
    ) -> None:
        self._services = services
        self._voice = voice
        self._deadline = deadline
        self._job = JobOfRun(voice, services.relay)
        self._triggering = Triggering(
            services, voice, terms=terms, deadline=deadline, place=place, job=self._job, given=given
        )
        self._pacing = Pacing(services.clock)
        self._shown: dict[int, int] = {}
        """For each job the number of the reading that the document saw last."""

    @property
    def job_id(self) -> int | None:
        """The run's job, as far as its calls tell."""
        return self._job.job_id

    @property
    def refused(self) -> Refused | None:
        """How the server refused the latest trigger, if it did."""
        return self._triggering.refused

    async def answer(self, call: Call, foresee: Foresee) -> Reply:
        """Answer a call.

        Raises:
            Over: the run is over; the machine is not asked.
            DeadlinePassedError: nothing had come by the deadline.
        """
        match self._taken_over(call):
            case "trigger":
                return await self._triggering.answer(call, foresee, recover=False)
            case "reading":
                return await self._read(call)
            case "cancel":
                return await self._cancelled(call)
            case None:
                return await self._plainly(call)

    async def recover(self, call: Call, foresee: Foresee) -> Reply:
        """Answer a call that was pending when an earlier process ended. Sends nothing twice."""
        kind = self._taken_over(call)
        if kind == "trigger":
            return await self._triggering.answer(call, foresee, recover=True)
        if kind is None and call.operation.method not in plain.SAFE:
            text = f"{call.operation.method} {call.operation.path} may have been sent before the "
            return Reply(NoResponse("interrupted", f"{text}program ended; it is not sent again."))
        return await self.answer(call, foresee)

    def _taken_over(self, call: Call) -> Literal["trigger", "reading", "cancel"] | None:
        method = call.operation.method
        path = paths.at_server(call.operation.path, self._services.client.base_url)
        if method == "POST" and path == "/jobs":
            return "trigger"
        if not paths.is_one_job(path) or paths.job_id(call.request) is None:
            return None
        if method == "GET" and call.reads_only_body:
            return "reading"
        return "cancel" if method == "DELETE" else None

    # ----------------------------------------------------------------- GET /jobs/{jobId}

    async def _read(self, call: Call) -> Reply:
        job_id = JobId(cast("int", paths.job_id(call.request)))
        self._job.is_at_least(job_id)
        self._job.watch(job_id)
        try:
            reading = await self._deadline.within(self._of_ours(job_id))
        except JobGoneError as gone:
            raise Over(Judgement(Verdict.UNRESOLVED, gone.text)) from None
        self._shown[job_id] = reading.serial
        body = cast("Json", dict(reading.job.raw))
        return Reply(Response(200, Headers(), body, "application/json"))

    async def _of_ours(self, job_id: JobId) -> Reading:
        """Return the next reading; raises JobGoneError when another job has its number, twice."""
        reading = await self._next(job_id)
        if is_another(self._voice.state, reading.job):
            # One answer may be garbled; the next reading, or this one again, tells.
            self._shown[job_id] = reading.serial
            reading = await self._next(job_id)
        if is_another(self._voice.state, reading.job):
            why = f"the server's history changed: its job {job_id} is another one now"
            raise JobGoneError(safe(why))
        return reading

    async def _next(self, job_id: JobId) -> Reading:
        relay, after = self._services.relay, self._shown.get(job_id)
        known = relay.latest(job_id)
        if after is None and known is not None:
            # The answers of POST and DELETE carry no rows: what the document sees should.
            if known.origin not in {"post", "delete"}:
                return known
            if known.job.is_terminal:
                return await self._completed(known)
            after = known.serial
        reading = await relay.next_reading(job_id, after, self._services.heartbeat())
        return await self._completed(reading)

    async def _completed(self, reading: Reading) -> Reading:
        """Ask once for the rows of a job whose end was seen in an answer without them."""
        if reading.origin not in {"post", "delete"} or not reading.job.is_terminal:
            return reading
        return await plain.with_rows(self._services, self._voice, reading)

    # -------------------------------------------------------------- DELETE and all the rest

    async def _cancelled(self, call: Call) -> Reply:
        job_id = cast("int", paths.job_id(call.request))
        wish = self._services.wishes.wish(self._voice, job_id, "workflow")
        settled = await self._deadline.within(wish)
        known = self._services.relay.latest(JobId(job_id))
        body = cast("Json", dict(known.job.raw)) if known is not None else settled.text
        gone = known is not None and known.job.status == CANCELLED
        ok = gone or settled.how in {"cancelled", "already-ended"}
        return Reply(Response(200 if ok else 409, Headers(), body, "application/json"))

    async def _plainly(self, call: Call) -> Reply:
        if call.operation.method not in plain.SAFE:
            refuse_if_locked(self._services)
        sent = await self._deadline.within(self._paced(call))
        if sent.doubt is not None and call.key.visit == 1:  # told once, not at each poll
            self._voice.note(Warned("workflow", safe(f"{call.key.name}: {sent.doubt}")))
        self._note_job(call, sent)
        return Reply(sent.answer, ms=sent.ms)

    async def _paced(self, call: Call) -> plain.Sent:
        await self._pacing.turn(call)
        sent = await plain.send(self._services, call)
        self._pacing.answered(call, sent.answer)
        return sent

    def _note_job(self, call: Call, sent: plain.Sent) -> None:
        """Let everybody have what the document's own getJob was answered with."""
        path = paths.at_server(call.operation.path, self._services.client.base_url)
        if call.operation.method != "GET" or not paths.is_one_job(path):
            return
        job = plain.job_in(sent)
        if job is None or sent.left is None or sent.arrived is None:
            return
        self._job.is_at_least(job.job_id)
        self._job.watch(job.job_id, job.connection_id)
        self._services.feed.accept(job, sent.left, sent.arrived, "get_job")
