"""Hostile documents are refused or bounded, in a process that lives through all of them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.arazzo.engine import POLL, document, drive, ok, program, steps
from tests.unit.arazzo.hostile import DESCRIPTIONS, DOCUMENTS, EXPLODING
from workflow.arazzo import patterns
from workflow.arazzo.document import load
from workflow.arazzo.turns import CriterionNote, Json, Wait, WorkflowEntered

ROOT = Path(__file__).parents[3]

BOUNDED = {
    "thousands of gotos": "goes on",
    "thousands of conditions": "failed: a failed",
    "hundreds of workflows that call each other": "failed: s failed",
    "a workflow that calls itself": "failed: s failed",
    "a workflow that calls itself and retries": "failed: the workflow b was not started",
    "a remote $schema": "fell_through",
    "a condition's pattern that explodes": "failed: a failed",
    "a payload of thousands of expressions": "fell_through: a",
    "a long list of unique objects": "fell_through: a",
    "numbers too large to divide": "fell_through: a",
    "hundreds of patterns, each just quick enough": "fell_through: a",
    "a JSONPath pattern that explodes": "failed: a failed",
    "references in a circle": "read: ",
    "tens of thousands of references that are right": "goes on",
    "thousands of inputs, each read once": "fell_through: a",
    "thousands of outputs that read an answer which is gone": "fell_through: a",
    "thousands of sources that are spoken of": "fell_through: a",
    "shared gotos to the last of two thousand steps": "goes on",
    "values of a later step beside shared retries": "goes on",
    "thousands of replacements in a large payload": "fell_through: a",
    "two thousand steps that run a workflow with a large schema": "failed: s0 failed",
    "twenty thousand components": "fell_through: a",
    "a tree of workflows that all fail": "failed: more than 10,000 steps",
    "hundreds of parameters that are required and not given": "read: ",
    "thirty thousand paths": "read: ",
    "thousands of references to a long pointer": "read: ",
    "thousands of references into a large root": "read: ",
    "a schema of thousands of members for each item of a payload": "read: ",
    "a schema of thousands of parts for each item of a payload": "read: ",
    "a server of variables that multiply": "read: ",
}
"""What is not refused: how it begins to end instead."""


@pytest.fixture(scope="module")
def survived() -> dict[str, tuple[int, str]]:
    """Peak memory in MB and outcome of each, from one process that took them all."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.unit.arazzo.hostile"],
        cwd=ROOT,
        capture_output=True,
        check=False,
        text=True,
    )
    assert done.returncode == 0, (done.returncode, done.stderr[-2_000:])
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return {name: (peak, said) for name, _, peak, said in lines}


@pytest.mark.parametrize("name", [*DOCUMENTS, *DESCRIPTIONS])
def test_a_hostile_document_is_refused_or_bounded(
    name: str, survived: dict[str, tuple[int, str]]
) -> None:
    _, said = survived[name]

    assert said.startswith(BOUNDED.get(name, "refused: ")), said


def test_all_of_them_together_stay_below_200_mb(survived: dict[str, tuple[int, str]]) -> None:
    assert max(peak for peak, _ in survived.values()) < 200


def test_a_pattern_that_runs_out_of_time_is_noted_and_does_not_hold() -> None:
    compiled = program(
        steps("""
        - stepId: a
          operationId: refresh
          successCriteria: [{context: $response.body, type: regex, condition: '^(a|aa)+$'}]
        """)
    )

    run = drive(compiled, [ok("a" * 60 + "!")])

    assert run.end.outcome == "failed"
    assert "took longer" in "".join(f.text for f in run.facts if isinstance(f, CriterionNote))


def notes_of(condition: str, body: Json) -> str:
    compiled = program(
        steps(f"- {{stepId: a, operationId: refresh, successCriteria: [{condition}]}}")
    )
    run = drive(compiled, [ok(body)])
    assert run.end.outcome == "failed"
    return "".join(f.text for f in run.facts if isinstance(f, CriterionNote))


def test_a_query_that_looks_at_too_much_is_noted_and_does_not_hold() -> None:
    body: Json = [{"a": n, "b": [{"c": n}] * 5} for n in range(3_000)]

    noted = notes_of(
        "{context: $response.body, type: jsonpath, condition: '$..[?@..[?@..x]]'}", body
    )

    assert "looks at more than 40,000 nodes" in noted


def test_inputs_that_are_dear_to_compare_leave_others_their_turn() -> None:
    compiled = program(
        document("""
        workflows:
        - workflowId: w
          inputs: {properties: {l: {}}}
          steps:
          - stepId: s
            workflowId: v
            parameters: [{name: l, value: $inputs.l}]
            onFailure: [{name: again, type: retry, retryLimit: 99999}]
        - workflowId: v
          inputs: {properties: {l: {items: {type: integer, minimum: 0}}}}
          steps:
          - {stepId: a, operationId: getItem, parameters: [{name: id, in: path, value: '..'}]}
        """),
        workflow_id="w",
    )

    turn = compiled.start({"l": [1] * 10_000})

    assert isinstance(turn.command, Wait)
    assert turn.command.seconds == 0
    assert sum(isinstance(fact, WorkflowEntered) for fact in turn.facts) <= 5


def test_slow_patterns_of_one_answer_share_their_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patterns, "TURN_SECONDS", 0.004)  # less than one slow pattern is given
    patterns.compile_pattern.cache_clear()

    noted = notes_of(
        "{context: $response.body, type: regex, condition: '^(a|aa)+$'}", "a" * 60 + "!"
    )

    assert "which are used up" in noted


def test_exploding_patterns_are_accepted_because_they_are_run_on_a_leash() -> None:
    assert load(EXPLODING, "t").document is not None


@pytest.mark.parametrize("value", ["on", "off", "yes", "no", "y", "n", "12:30", "2026-01-01", "0o"])
def test_yaml_1_1_words_are_the_text_that_they_look_like(value: str) -> None:
    text = POLL.replace(b"stepId: triggerJob", f"stepId: {value}".encode()).replace(
        b"$steps.triggerJob", f"$steps.{value}".encode()
    )

    document = load(text, "t").document

    assert document is not None
    assert document.workflows[0].steps[0].step_id == value


def test_a_value_from_outside_cannot_become_another_path() -> None:
    compiled = program(
        steps(
            "- {stepId: a, operationId: getItem, parameters: "
            "[{name: id, in: path, value: $inputs.id}]}",
            inputs="{properties: {id: {}}}",
        )
    )

    assert drive(compiled, [ok()], {"id": "../x?y#z"}).sent == ["GET /items/..%2Fx%3Fy%23z"]
    assert drive(compiled, [ok()], {"id": ".."}).sent == []


def test_a_header_value_cannot_begin_another_header() -> None:
    compiled = program(
        steps(
            "- {stepId: a, operationId: listItems, parameters: "
            "[{name: X-A, in: header, value: $inputs.v}]}",
            inputs="{properties: {v: {}}}",
        )
    )

    run = drive(compiled, [ok()], {"v": "a\r\nX-B: c"})

    assert run.sent == []
    assert "control character" in run.end.why
