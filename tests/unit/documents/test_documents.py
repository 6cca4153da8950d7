"""The shipped documents: sound, portable, and the same in and out as the published one."""

from __future__ import annotations

import json
import re

import pytest

from tests.unit.arazzo.engine import POLL, drive, ok
from workflow import documents
from workflow.arazzo.criteria import RegexCriterion, SimpleCriterion
from workflow.arazzo.document import load
from workflow.arazzo.model import Document
from workflow.arazzo.openapi import load_description
from workflow.arazzo.program import Program, check, compile_program
from workflow.arazzo.turns import Call, Json, Response

AIRBYTE = load_description(documents.read("airbyte"), "airbyte.openapi.yaml")
SYNC = load(documents.read("trigger-sync-and-poll"), "sync")
CLEAR = load(documents.read("clear-then-sync"), "clear")

CONNECTION: dict[str, Json] = {"connectionId": "c"}

ENDPOINTS = {
    "createJob": ("POST", "/jobs"),
    "getJob": ("GET", "/jobs/{jobId}"),
    "cancelJob": ("DELETE", "/jobs/{jobId}"),
    "listJobs": ("GET", "/jobs"),
    "listConnections": ("GET", "/connections"),
    "getConnection": ("GET", "/connections/{connectionId}"),
    "patchConnection": ("PATCH", "/connections/{connectionId}"),
    "listWorkspaces": ("GET", "/workspaces"),
    "listSources": ("GET", "/sources"),
    "listDestinations": ("GET", "/destinations"),
    "listTags": ("GET", "/tags"),
    "getStreamProperties": ("GET", "/streams"),
    "getHealthCheck": ("GET", "/health"),
    "createAccessToken": ("POST", "/applications/token"),
}


def sync() -> Program:
    return compile_program(SYNC.needed(), {"airbyteApi": AIRBYTE})


def clear() -> Program:
    sources = {
        "airbyteApi": AIRBYTE,
        "shipped": SYNC.needed(),
        "shipped.airbyteApi": AIRBYTE,
    }
    return compile_program(CLEAR.needed(), sources)


def job(status: str, number: int = 7, **more: int) -> Response:
    return ok({"jobId": number, "status": status, **more})


@pytest.mark.parametrize(("operation_id", "where"), ENDPOINTS.items())
def test_the_description_has_every_endpoint(operation_id: str, where: tuple[str, str]) -> None:
    operation = AIRBYTE.operation(operation_id)

    assert operation is not None
    assert (operation.method, operation.path) == where


def test_every_reference_in_the_description_leads_somewhere() -> None:
    references = re.findall(r"'\$ref': '(#[^']+)'", repr(AIRBYTE.references.root))

    assert references
    assert [r for r in references if AIRBYTE.references.resolve({"$ref": r}) is None] == []


@pytest.mark.parametrize("loaded", [SYNC, CLEAR], ids=["sync", "clear"])
def test_a_shipped_document_has_neither_mistakes_nor_warnings(loaded: object) -> None:
    assert loaded.problems == ()  # type: ignore[attr-defined]


def test_held_against_their_sources_the_documents_have_no_problems() -> None:
    sources = {"airbyteApi": AIRBYTE, "shipped": SYNC.needed(), "shipped.airbyteApi": AIRBYTE}

    assert check(SYNC.needed(), sources) == ()
    assert check(CLEAR.needed(), sources) == ()


def test_workflow_steps_inputs_and_outputs_are_those_of_the_published_document() -> None:
    published, own = load(POLL, "p").needed().workflows[0], SYNC.needed().workflows[0]

    assert own.workflow_id == published.workflow_id
    assert [s.step_id for s in own.steps] == [s.step_id for s in published.steps]
    assert [o.name for o in own.outputs] == [o.name for o in published.outputs]
    for mine, theirs in zip(own.steps, published.steps, strict=True):
        assert [o.name for o in mine.outputs] == [o.name for o in theirs.outputs]
    assert names(own.inputs) == names(published.inputs)


def names(schema: object) -> object:
    assert isinstance(schema, dict)
    kept = ("type", "enum", "default")
    properties = schema["properties"].items()
    return schema["required"], {
        name: {key: value[key] for key in kept if key in value} for name, value in properties
    }


@pytest.mark.parametrize("document", [SYNC.needed(), CLEAR.needed()], ids=["sync", "clear"])
def test_conditions_are_of_the_kinds_that_every_engine_reads_alike(document: Document) -> None:
    criteria = [
        criterion
        for workflow in document.workflows
        for step in workflow.steps
        for criterion in (
            *(step.success_criteria or ()),
            *(criterion for action in step.on_success for criterion in action.criteria),
        )
    ]

    assert criteria
    assert all(isinstance(found, SimpleCriterion | RegexCriterion) for found in criteria)
    assert all(
        found.text == "$statusCode == 200"
        for found in criteria
        if isinstance(found, SimpleCriterion)
    )


@pytest.mark.parametrize("status", ["pending", "queued", "running", "incomplete", "brand-new"])
def test_any_status_that_is_not_final_means_that_the_job_goes_on(status: str) -> None:
    run = drive(
        sync(),
        [job("pending"), job(status), job(status), job("succeeded", rowsSynced=5)],
        CONNECTION,
    )

    assert run.sent[1:] == ["GET /jobs/7"] * 3
    assert run.end.outputs == {"jobId": 7, "finalStatus": "succeeded", "rowsSynced": 5}


@pytest.mark.parametrize("status", ["succeeded", "failed", "cancelled"])
def test_a_final_status_ends_the_workflow(status: str) -> None:
    run = drive(sync(), [job("pending"), job(status)], CONNECTION)

    assert run.end.outcome == "ended"
    assert run.end.outputs["finalStatus"] == status


def test_the_end_is_seen_where_actions_know_only_what_the_step_has_kept() -> None:
    text = documents.read("trigger-sync-and-poll")
    blind = text.replace(b"context: $response.body#/status", b"context: $response.body#/unseen")
    assert blind != text
    program = compile_program(load(blind, "blind").needed(), {"airbyteApi": AIRBYTE})

    run = drive(program, [job("pending"), job("running"), job("failed")], CONNECTION)

    assert len(run.calls) == 3
    assert run.end.outputs["finalStatus"] == "failed"


def test_job_type_is_sync_unless_said_otherwise() -> None:
    default, chosen = sync(), sync()

    first = drive(default, [job("p"), job("failed")], CONNECTION).calls[0]
    second = drive(chosen, [job("p"), job("failed")], {"connectionId": "c", "jobType": "clear"})

    assert payload(first) == {"connectionId": "c", "jobType": "sync"}
    assert payload(second.calls[0]) == {"connectionId": "c", "jobType": "clear"}


def payload(call: Call) -> object:
    assert call.request.content is not None
    return json.loads(call.request.content)


def test_the_poll_is_known_as_a_loop_that_reads_only_the_body() -> None:
    trigger, poll = drive(sync(), [job("pending"), job("failed")], CONNECTION).calls

    assert (trigger.loops, poll.loops) == (False, True)
    assert poll.reads_only_body
    assert poll.request.path_values == {"jobId": "7"}


def test_a_clear_that_succeeds_is_followed_by_a_sync() -> None:
    run = drive(
        clear(),
        [job("p", 1), job("queued", 1), job("succeeded", 1),
         job("p", 2), job("running", 2), job("succeeded", 2, rowsSynced=9)],
        CONNECTION,
    )  # fmt: skip

    assert [payload(call) for call in run.calls if call.operation.method == "POST"] == [
        {"connectionId": "c", "jobType": "clear"},
        {"connectionId": "c", "jobType": "sync"},
    ]
    assert run.end.outputs == {
        "clearJobId": 1,
        "clearStatus": "succeeded",
        "jobId": 2,
        "finalStatus": "succeeded",
        "rowsSynced": 9,
    }


@pytest.mark.parametrize("status", ["failed", "cancelled"])
def test_a_clear_that_does_not_succeed_is_not_followed_by_a_sync(status: str) -> None:
    run = drive(clear(), [job("p", 1), job(status, 1)], CONNECTION)

    assert len(run.calls) == 2
    assert run.end.outputs["clearStatus"] == status
    assert run.end.outputs["jobId"] is None


def test_documents_are_given_out_by_name() -> None:
    assert all(documents.read(name).startswith(b"#") for name in documents.FILES)
    assert documents.is_shipped("airbyte")
    assert not documents.is_shipped("other")
