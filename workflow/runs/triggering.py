"""Answers a workflow's POST /jobs: by the trigger's rules, once, or with the job that is given."""

from __future__ import annotations

from typing import cast

from workflow.arazzo.turns import Call, Headers, Json, NoResponse, Response
from workflow.runs.deadline import Deadline
from workflow.runs.events import Origin, Settled, TriggerSettled, Verdict
from workflow.runs.job_of_run import JobOfRun
from workflow.runs.ledger import Voice
from workflow.runs.replies import Foresee, Over, Reply
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


class Triggering:
    """The trigger steps of one run. `given` is the job of a run that only watches."""

    def __init__(
        self,
        services: Services,
        voice: Voice,
        *,
        terms: Terms,
        deadline: Deadline,
        place: Place,
        job: JobOfRun,
        given: JobSeen | None,
    ) -> None:
        self._services = services
        self._voice = voice
        self._terms = terms
        self._deadline = deadline
        self._place = place
        self._job = job
        self._given = given
        self.refused: Refused | None = None
        """How the server refused the latest trigger, if it did."""

    async def answer(self, call: Call, foresee: Foresee, *, recover: bool) -> Reply:
        """Answer a POST /jobs; with `recover` it may have been sent, and is not sent now.

        Raises:
            Over: the run is over; the machine is not asked.
        """
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
            self._job.watch(job_id, order.connection_id)

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
                self._job.watch(outcome.job.job_id, connection_id)
                self._job.job_id = outcome.job.job_id
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
        self._job.watch(job.job_id)
        self._job.job_id = job.job_id
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
        if again and self._job.job_id is not None and not self._terms.allow_retrigger:
            why = (
                f"step {call.key.step} would trigger again, and the run has job {self._job.job_id} "
                "already; nothing was sent. Allow it with --allow-retrigger"
            )
            raise Over(Judgement(Verdict.UNRESOLVED, safe(why)))
        refuse_if_locked(self._services)

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


def refuse_if_locked(services: Services) -> None:
    """Raise Over when nothing but GETs may be sent now."""
    why_not = services.why_not_send()
    if why_not is not None:
        raise Over(of_lock(why_not, services.ledger.trouble))


def _response(outcome: Answered | Attached) -> Response:
    status = outcome.status if isinstance(outcome, Answered) else 200
    headers = Headers(outcome.headers) if isinstance(outcome, Answered) else Headers()
    return Response(status, headers, cast("Json", outcome.body), "application/json")
