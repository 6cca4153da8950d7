"""The verdict: refusal first, then the job's last word, then the workflow's."""

from __future__ import annotations

import pytest

from workflow.arazzo.turns import Finished, Result
from workflow.runs.events import Origin, Verdict
from workflow.runs.trigger import (
    Answered,
    Attached,
    Conflict,
    JobSeen,
    NotStarted,
    Refused,
    Skipped,
    TriggerOutcome,
    Unresolved,
)
from workflow.runs.verdict import of_job, of_trigger, of_workflow
from workflow.text import safe

JOB = JobSeen(7, "sync", "running", live=True)
REFUSAL = Refused(safe("not allowed"), 403, None)


def finished(outcome: Result = "ended", *, looping: bool = False, why: str = "so") -> Finished:
    return Finished(outcome, {}, why, "pollJob", looping)


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        ("succeeded", Verdict.SUCCEEDED),
        ("failed", Verdict.FAILED),
        ("cancelled", Verdict.CANCELLED),
    ],
)
def test_a_terminal_job_decides_although_the_workflow_ended_well(
    status: str, verdict: Verdict
) -> None:
    assert of_workflow(finished(), job_id=7, status=status).verdict is verdict


@pytest.mark.parametrize("status", ["pending", "queued", "running", "incomplete", "frobbed", ""])
def test_a_status_that_is_not_terminal_is_no_verdict(status: str) -> None:
    assert of_job(7, status) is None


def test_a_terminal_job_decides_although_the_workflow_failed() -> None:
    assert of_workflow(finished("failed"), job_id=7, status="succeeded").verdict is (
        Verdict.SUCCEEDED
    )


def test_a_refused_trigger_is_rejected_whatever_the_document_did_then() -> None:
    judged = of_workflow(finished(), refused=REFUSAL, job_id=6, status="succeeded")
    assert judged.verdict is Verdict.REJECTED
    assert judged.why == "not allowed"


def test_falling_through_at_a_step_that_could_loop_back_is_unresolved() -> None:
    why = "pollJob ended with status 'queued': none of its 2 onSuccess actions matched"
    judged = of_workflow(finished("fell_through", looping=True, why=why), job_id=7, status="queued")
    assert judged.verdict is Verdict.UNRESOLVED
    assert judged.why == why


def test_a_linear_document_that_reaches_its_end_has_succeeded() -> None:
    judged = of_workflow(finished("fell_through"), job_id=7, status="running")
    assert judged.verdict is Verdict.SUCCEEDED


def test_a_workflow_that_failed_without_a_terminal_job_has_failed() -> None:
    assert of_workflow(finished("failed"), job_id=7, status="running").verdict is Verdict.FAILED


@pytest.mark.parametrize(
    ("outcome", "verdict"),
    [
        (Skipped(safe("inactive"), "inactive"), Verdict.SKIPPED),
        (Conflict(safe("a job runs"), 6, choose=False), Verdict.REJECTED),
        (NotStarted(safe("the deadline has passed"), "deadline"), Verdict.EXPIRED),
        (Unresolved(safe("cut off"), (JOB,)), Verdict.UNRESOLVED),
    ],
)
def test_a_trigger_without_a_job_is_a_verdict_by_itself(
    outcome: TriggerOutcome, verdict: Verdict
) -> None:
    judged = of_trigger(outcome)
    assert judged is not None
    assert judged.verdict is verdict


@pytest.mark.parametrize(
    "outcome",
    [
        Answered(JOB, Origin.STARTED, {}),
        Attached(JOB, safe("was there")),
        REFUSAL,
        NotStarted(safe("no route"), "unreachable"),
    ],
)
def test_the_document_goes_on_with_an_answer(outcome: TriggerOutcome) -> None:
    assert of_trigger(outcome) is None


def test_an_expiry_before_the_post_says_that_nothing_was_started() -> None:
    judged = of_trigger(NotStarted(safe("its deadline passed"), "deadline"))
    assert judged is not None
    assert judged.why.startswith("not started")
