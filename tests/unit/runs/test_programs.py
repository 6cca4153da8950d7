"""What a document may do to data is told before it is sent."""

from __future__ import annotations

import pytest

from tests.support.documents import KNOWS_NO_QUEUE, compiled
from workflow.arazzo.turns import Json
from workflow.runs.programs import clear_then_sync, trigger_and_poll, wiping

PAYLOAD = "payload: {connectionId: $inputs.connectionId, jobType: $inputs.jobType}"


@pytest.mark.parametrize(("kind", "told"), [("sync", None), ("clear", "clear"), ("reset", "reset")])
def test_a_run_wipes_what_its_job_type_wipes(kind: Json, told: str | None) -> None:
    assert wiping(trigger_and_poll(), {"jobType": kind}) == told


def test_a_clear_that_only_the_document_names_is_found_in_a_step() -> None:
    assert wiping(clear_then_sync(), {}) == "clear"


@pytest.mark.parametrize(
    "payload",
    [
        "payload: {connectionId: $inputs.connectionId, jobType: reset}",
        """payload: '{"connectionId": "{$inputs.connectionId}", "jobType": "reset"}'""",
        (
            "payload: {connectionId: $inputs.connectionId, jobType: sync}, "
            "replacements: [{target: /jobType, value: reset}]"
        ),
    ],
)
def test_a_type_that_is_written_into_the_body_counts(payload: str) -> None:
    text = KNOWS_NO_QUEUE.replace(
        f"contentType: application/json\n      {PAYLOAD}",
        f"{{contentType: application/json, {payload}}}",
    ).replace("requestBody:\n      {", "requestBody: {")
    assert text != KNOWS_NO_QUEUE
    assert wiping(compiled(text), {"jobType": "sync"}) == "reset"
