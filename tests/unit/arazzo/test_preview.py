"""What a workflow would send, before anything was sent."""

from __future__ import annotations

from collections.abc import Mapping

from tests.unit.arazzo.engine import document, program, steps
from workflow.arazzo.preview import MOST_STEPS
from workflow.arazzo.turns import Json


def foreseen(
    text: bytes, inputs: Mapping[str, Json] | None = None, workflow_id: str | None = None
) -> list[tuple[str, str, bool]]:
    return [
        (step.step, step.request.target if step.request else step.why_not, step.unknown)
        for step in program(text, workflow_id=workflow_id).foresee(inputs or {})
    ]


def test_what_only_an_answer_can_tell_stands_as_its_expression() -> None:
    text = steps(
        """
        - stepId: a
          operationId: createItem
          requestBody: {payload: {name: $inputs.n}}
          outputs: {id: $response.body#/id}
        - stepId: b
          operationId: getItem
          parameters:
          - {name: id, in: path, value: $steps.a.outputs.id}
          - {name: q, in: query, value: 'x {$inputs.n}'}
        """,
        inputs="{properties: {n: {default: 4}}}",
    )

    assert foreseen(text) == [
        ("a", "/items", False),
        ("b", "/items/{$steps.a.outputs.id}?q=x%204", True),
    ]


def test_a_step_that_cannot_be_sent_says_why() -> None:
    text = steps(
        "- {stepId: a, operationId: getItem, parameters: [{name: id, in: path, value: $inputs.n}]}",
        inputs="{properties: {n: {}}}",
    )

    ((step, why_not, unknown),) = foreseen(text)

    assert (step, unknown) == ("a", False)
    assert "has no value" in why_not


NESTED = document("""
    workflows:
    - workflowId: w
      dependsOn: [first]
      inputs: {properties: {n: {default: 1}}}
      steps:
      - {stepId: a, workflowId: v, parameters: [{name: n, value: '{$inputs.n}2'}]}
      - {stepId: b, workflowId: w}
    - {workflowId: first, steps: [{stepId: f, operationId: refresh}]}
    - workflowId: v
      inputs: {properties: {n: {}, m: {default: 9}}}
      steps:
      - stepId: s
        operationId: getItem
        parameters: [{name: id, in: path, value: '{$inputs.n}-{$inputs.m}'}]
    """)


def test_workflows_that_a_workflow_runs_are_looked_into() -> None:
    assert foreseen(NESTED, workflow_id="w") == [
        ("first/f", "/token", False),
        ("a/s", "/items/12-9", False),
        ("b", "it runs w again", True),
    ]


def test_workflows_that_call_each_other_many_times_are_looked_at_up_to_a_bound() -> None:
    fan = "".join(
        f"- {{workflowId: w{n}, steps: [{{stepId: a, workflowId: w{n + 1}}}, "
        f"{{stepId: b, workflowId: w{n + 1}}}]}}\n"
        for n in range(20)
    )
    text = document(
        f"workflows:\n{fan}- {{workflowId: w20, steps: [{{stepId: s, operationId: refresh}}]}}\n"
    )

    assert len(foreseen(text, workflow_id="w0")) == MOST_STEPS
