"""How a run ended, as one pure decision.

A workflow's own end is not enough: the published document *ends* when its job has failed, which
is a success for Arazzo and a failure for the operator. So a refused trigger comes first, then the
job's own last word, and only then what the workflow made of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from workflow.arazzo.turns import Finished
from workflow.runs.events import Verdict
from workflow.runs.trigger import (
    Answered,
    Attached,
    Conflict,
    NotStarted,
    Refused,
    Skipped,
    TriggerOutcome,
    Unresolved,
)
from workflow.text import SafeText, safe

_OF_STATUS: Final = {
    "succeeded": Verdict.SUCCEEDED,
    "failed": Verdict.FAILED,
    "cancelled": Verdict.CANCELLED,
}


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict and, in one sentence, why."""

    verdict: Verdict
    why: SafeText


def of_trigger(outcome: TriggerOutcome) -> Judgement | None:
    """Return the verdict that a trigger's outcome is by itself; None when the workflow goes on.

    It goes on with a job, and with a refusal or a server that cannot be reached: those are answers
    that the document's own failure actions may see. A journal that cannot be written is ours.
    """
    match outcome:
        case Skipped(why=why):
            return Judgement(Verdict.SKIPPED, why)
        case Conflict(why=why):
            return Judgement(Verdict.REJECTED, why)
        case NotStarted(why=why, because="deadline"):
            return Judgement(Verdict.EXPIRED, safe(f"not started: {why}"))
        case NotStarted(why=why, because="cancelled"):
            return Judgement(Verdict.CANCELLED, why)
        case NotStarted(why=why, because="journal"):
            return Judgement(Verdict.FAILED, why)
        case NotStarted(why=why, because="locked"):
            return of_lock(why, None)
        case Unresolved(why=why):
            return Judgement(Verdict.UNRESOLVED, why)
        case Answered() | Attached() | Refused() | NotStarted():
            return None


def of_lock(why: SafeText, trouble: SafeText | None) -> Judgement:
    """Return the verdict of a run that may send nothing.

    `trouble` is the journal's: then the run has failed, for nobody has refused anything.
    """
    return Judgement(Verdict.FAILED if why == trouble else Verdict.REJECTED, why)


def of_job(job_id: int, status: str) -> Judgement | None:
    """Return the verdict of a job's status, None when the status is not terminal."""
    verdict = _OF_STATUS.get(status)
    if verdict is None:
        return None
    tail = "; the public API does not tell why" if verdict is Verdict.FAILED else ""
    return Judgement(verdict, safe(f"job {job_id} {status}{tail}"))


def of_workflow(
    finished: Finished,
    *,
    refused: Refused | None = None,
    job_id: int | None = None,
    status: str | None = None,
) -> Judgement:
    """Return the verdict of a workflow that is over.

    Args:
        finished: how the workflow stopped.
        refused: the server's refusal of the run's trigger, if that is how it came out.
        job_id: the run's job, if it has one.
        status: that job's status at the last reading.
    """
    if refused is not None:
        return Judgement(Verdict.REJECTED, refused.why)
    if job_id is not None and status is not None and (judged := of_job(job_id, status)):
        return judged
    if finished.outcome == "failed":
        return Judgement(Verdict.FAILED, safe(finished.why))
    if finished.outcome == "fell_through" and finished.looping:
        return Judgement(Verdict.UNRESOLVED, safe(finished.why))
    return Judgement(Verdict.SUCCEEDED, safe(finished.why))
