"""Answers a workflow's calls: the trigger, readings from the feed, or plain HTTP.

Which calls are taken over is told by method and path template alone, whatever their operationId:
POST /jobs is the trigger with its rules, GET /jobs/{jobId} is answered from the feed when its step
reads nothing but the status code and the body, DELETE /jobs/{jobId} is a cancel. All else goes to
the profile's server as the document says. Callers pace: a step that is visited again is not asked
more often than a poll should be.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias, cast

from workflow.airbyte.models import CANCELLED, JobId
from workflow.airbyte.readings import Reading
from workflow.arazzo.turns import Call, Headers, Json, NoResponse, Response
from workflow.runs import paths, plain
from workflow.runs.deadline import Deadline
from workflow.runs.events import Origin, Settled, TriggerSettled, Verdict, Warned
from workflow.runs.ledger import Voice
from workflow.runs.pacing import Pacing
from workflow.runs.relay import JobGoneError, is_another
from workflow.runs.services import Services
from workflow.runs.slots import Place
from workflow.runs.terms import Terms
from workflow.runs.trigger import (
    Answered,
    Attached,
    JobSeen,
    NotStarted,
    Refused,
    TriggerOrder,
    TriggerOutcome,
)
from workflow.runs.trigger.driver import NotSent
from workflow.runs.verdict import Judgement, of_lock, of_trigger
from workflow.text import safe

Foresee: TypeAlias = Callable[[Response], Json]
"""Gives the checkpoint that an answer would lead to."""


class Over(Exception):  # noqa: N818 - not an error: the run is over
    """The run is over without asking the machine."""

    def __init__(self, judgement: Judgement) -> None:
        super().__init__(judgement.why)
        self.judgement = judgement


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer for the machine, and how long the request for it took."""

    answer: Response | NoResponse
    ms: int | None = None
    """None when no request was made for it."""


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
        self._terms = terms
        self._deadline = deadline
        self._place = place
        self._given = given
        """The job of a run that only watches: its trigger step is answered with it."""
        self._pacing = Pacing(services.clock)
        self._shown: dict[int, int] = {}
        """For each job the number of the reading that the document saw last."""
        self.refused: Refused | None = None
        state = voice.state
        # A job that was only seen while looking is nobody's yet.
        self.job_id: int | None = None if state.origin is None else state.job_id

    async def answer(self, call: Call, foresee: Foresee) -> Reply:
        """Answer a call.

        Raises:
            Over: the run is over; the machine is not asked.
            DeadlinePassedError: nothing had come by the deadline.
        """
        match self._taken_over(call):
            case "trigger":
                return await self._triggered(call, foresee, recover=False)
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
            return await self._triggered(call, foresee, recover=True)
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

    # ------------------------------------------------------------------------- POST /jobs

    async def _triggered(self, call: Call, foresee: Foresee, *, recover: bool) -> Reply:
        if self._given is not None:
            given, self._given = self._given, None
            return await self._watching(given, foresee)
        if not recover:
            self._refuse_again(call)
        order = self._order(call)
        trigger = self._services.trigger

        def checkpoint(answer: Answered | Attached) -> Json:
            return foresee(_response(answer))

        def provisional(job_id: int | None) -> None:
            self._watch(job_id, order.connection_id)

        if recover:
            outcome = await trigger.recover(
                order, self._voice, checkpoint=checkpoint, provisional=provisional
            )
            if isinstance(outcome, NotSent):
                raise Over(
                    Judgement(Verdict.SKIPPED, safe("not started: the program ended before"))
                )
        else:
            outcome = await trigger.fire(
                order, self._voice, self._place, checkpoint=checkpoint, provisional=provisional
            )
        return self._take(outcome, order.connection_id, recovered=recover)

    def _take(self, outcome: TriggerOutcome, connection_id: str, *, recovered: bool) -> Reply:
        match outcome:
            case Answered() | Attached():
                self._watch(outcome.job.job_id, connection_id)
                self.job_id = outcome.job.job_id
                return Reply(_response(outcome), None if recovered else self._post_took(outcome))
            case Refused():
                self.refused = outcome
                return Reply(
                    Response(
                        outcome.status,
                        Headers(outcome.headers),
                        cast("Json", outcome.body),
                        "application/json",
                    )
                )
            case NotStarted(because="unreachable") as not_started:
                return Reply(NoResponse(not_started.because, not_started.why))
        judged = of_trigger(outcome)
        raise Over(judged or Judgement(Verdict.UNRESOLVED, safe("the trigger came to nothing")))

    def _post_took(self, outcome: Answered | Attached) -> int | None:
        """Say how long a POST took that was answered, from when it was about to leave."""
        sent = self._voice.state.sent
        if sent is None or not isinstance(outcome, Answered) or outcome.how is Origin.ADOPTED:
            return None
        return round((self._services.clock.now() - sent).total_seconds() * 1000)

    async def _watching(self, job: JobSeen, foresee: Foresee) -> Reply:
        self._watch(job.job_id, self._voice.state.connection_id or "")
        self.job_id = job.job_id
        answer = Response(200, Headers(), cast("Json", job.raw), "application/json")
        known = self._voice.state.job_id == job.job_id
        told = () if known else (TriggerSettled(Settled.ATTACHED, job.job_id),)
        await self._voice.tell(*told, checkpoint=foresee(answer))
        return Reply(answer)

    def _refuse_again(self, call: Call) -> None:
        """Refuse what would be a second trigger by the same step."""
        again = call.key.visit > 1 or call.key.attempt > 1
        if again and self.refused is not None:
            raise Over(Judgement(Verdict.REJECTED, self.refused.why))
        if again and self.job_id is not None and not self._terms.allow_retrigger:
            why = (
                f"step {call.key.step} would trigger again, and the run has job {self.job_id} "
                "already; nothing was sent. Allow it with --allow-retrigger"
            )
            raise Over(Judgement(Verdict.UNRESOLVED, safe(why)))
        self._refuse_if_locked()

    def _refuse_if_locked(self) -> None:
        """Raise Over when nothing but GETs may be sent now."""
        why_not = self._services.why_not_send()
        if why_not is not None:
            raise Over(of_lock(why_not, self._services.ledger.trouble))

    def _order(self, call: Call) -> TriggerOrder:
        body = call.request.payload if isinstance(call.request.payload, dict) else {}
        connection, job_type = body.get("connectionId"), body.get("jobType")
        if not (isinstance(connection, str) and connection and isinstance(job_type, str)):
            why = (
                f"the body of step {call.key.step} names no connectionId or no jobType; "
                "nothing was sent"
            )
            raise Over(Judgement(Verdict.REJECTED, safe(why)))
        return TriggerOrder(
            run=self._voice.run,
            step=call.key.name,
            visit=call.key.visit,
            profile=self._services.profile,
            connection_id=connection,
            job_type=job_type,
            on_conflict=self._terms.on_conflict,
            over_running=self._terms.over_running,
            look=self._terms.look,
            deadline=self._deadline.at,
            body=body,
            partial_server=self._services.partial_server,
        )

    def _watch(self, job_id: int | None, connection_id: str) -> None:
        if job_id is None:
            self._services.relay.unwatch(self._voice.run)
        else:
            self._services.relay.watch(self._voice.run, JobId(job_id), connection_id)

    # ----------------------------------------------------------------- GET /jobs/{jobId}

    async def _read(self, call: Call) -> Reply:
        job_id = JobId(cast("int", paths.job_id(call.request)))
        self.job_id = self.job_id if self.job_id is not None else job_id
        self._watch(job_id, self._voice.state.connection_id or "")
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
            self._refuse_if_locked()
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
        self.job_id = self.job_id if self.job_id is not None else job.job_id
        self._watch(job.job_id, job.connection_id)
        self._services.feed.accept(job, sent.left, sent.arrived, "get_job")


def _response(outcome: Answered | Attached) -> Response:
    status = outcome.status if isinstance(outcome, Answered) else 200
    headers = Headers(outcome.headers) if isinstance(outcome, Answered) else Headers()
    return Response(status, headers, cast("Json", outcome.body), "application/json")
