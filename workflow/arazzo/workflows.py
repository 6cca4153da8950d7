"""Reading workflows and their steps from the tree."""

from __future__ import annotations

import re
from typing import Final

from workflow.arazzo.actions import (
    read_actions,
    read_criteria,
    read_workflow_target,
    workflow_named,
)
from workflow.arazzo.expressions import ExpressionError, SourceReference, parse_expression
from workflow.arazzo.fields import Fields
from workflow.arazzo.model import (
    OperationId,
    OperationPath,
    Step,
    StepTarget,
    Workflow,
    WorkflowTarget,
)
from workflow.arazzo.parts import read_outputs, read_parameters, read_request_body
from workflow.arazzo.pointer import parse_pointer
from workflow.arazzo.problems import Enough
from workflow.arazzo.tree import Scalar, plain
from workflow.arazzo.values import Context, References
from workflow.arazzo.yaml12 import MOST_NODES

_TARGETS: Final = ("operationId", "operationPath", "workflowId")
_STEP: Final = (
    *("stepId", "description", *_TARGETS, "parameters", "requestBody"),
    *("successCriteria", "onSuccess", "onFailure", "outputs"),
)
_WORKFLOW: Final = (
    *("workflowId", "summary", "description", "inputs", "dependsOn", "steps"),
    *("successActions", "failureActions", "outputs", "parameters"),
)
_NEWER_STEP: Final = ("channelPath", "action", "correlationId", "timeout", "dependsOn")
_OPERATION_PATH = re.compile(
    r"\{?\$sourceDescriptions\.(?P<name>[^.{}#]+?)(?:\.url)?\}?#(?P<pointer>/.*)\Z", re.DOTALL
)


def read_workflow(fields: Fields, context: Context) -> Workflow | None:
    """Return a workflow; None when it has no id to speak of it by."""
    fields.only(_WORKFLOW)
    references: References = []
    workflow_id = fields.text("workflowId", required=True)
    inputs = fields.get("inputs")
    if inputs is not None:
        context.schemas.check(inputs)
    steps = tuple(
        step
        for item in fields.objects("steps", "A step", required=True)
        if (step := _read_step(item, context)) is not None
    )
    workflow = Workflow(
        workflow_id=workflow_id or "",
        summary=fields.prose("summary"),
        description=fields.prose("description"),
        inputs=None if inputs is None else plain(inputs),
        inputs_place=fields.at("inputs"),
        depends_on=_read_depends_on(fields, context),
        steps=steps,
        success_actions=read_actions(fields, "successActions", "successActions", context),
        failure_actions=read_actions(fields, "failureActions", "failureActions", context),
        parameters=read_parameters(fields, "parameters", context, references),
        outputs=read_outputs(fields, context, references),
        references=tuple(references),
        place=fields.at("workflowId"),
    )
    _check_shared(workflow, fields, context)
    return workflow if workflow_id is not None else None


def _check_shared(workflow: Workflow, fields: Fields, context: Context) -> None:
    """Report parameters and actions that are too many, since each step has them all.

    Raises:
        Enough: they are, and looking at each of them would take as long.
    """
    actions = (*workflow.success_actions, *workflow.failure_actions)
    shared = len(workflow.parameters) + sum(1 + len(action.criteria) for action in actions)
    if shared * len(workflow.steps) > MOST_NODES:
        context.findings.error(
            fields.place,
            "too-large",
            f"{shared:,} parameters, actions and criteria for each of {len(workflow.steps):,} "
            f"steps are more than {MOST_NODES:,}.",
        )
        raise Enough


def _read_depends_on(fields: Fields, context: Context) -> tuple[WorkflowTarget, ...]:
    found: list[WorkflowTarget] = []
    for item in fields.items("dependsOn"):
        if isinstance(item, Scalar) and isinstance(item.value, str) and item.value:
            target = workflow_named(item.value, item.place, context)
            if target is not None:
                found.append(target)
        else:
            context.findings.error(item.place, "wrong-type", "'dependsOn' lists workflow ids.")
    return tuple(found)


def _read_step(fields: Fields, context: Context) -> Step | None:
    allowed = (*_STEP, *_NEWER_STEP) if context.newer else _STEP
    fields.only(allowed)
    for key in _NEWER_STEP:
        if context.newer and key in fields.node.keys:
            context.unsupported(fields.node.keys[key], f"{key!r} members of a step")
    references: References = []
    step_id = fields.text("stepId", required=True)
    step = Step(
        step_id=step_id or "",
        description=fields.prose("description"),
        target=_read_target(fields, context),
        parameters=read_parameters(fields, "parameters", context, references),
        request_body=read_request_body(fields, context, references),
        # Nothing that must hold is nobody's idea of success whatever the answer.
        success_criteria=read_criteria(fields, "successCriteria", context, references) or None,
        on_success=read_actions(fields, "onSuccess", "successActions", context),
        on_failure=read_actions(fields, "onFailure", "failureActions", context),
        outputs=read_outputs(fields, context, references),
        references=tuple(references),
        place=fields.at("stepId"),
    )
    return step if step_id is not None else None


def _read_target(fields: Fields, context: Context) -> StepTarget | None:
    present = [key for key in _TARGETS if fields.has(key)]
    if not present and not any(map(fields.has, _NEWER_STEP[:2])):
        fields.findings.error(
            fields.place,
            "missing-key",
            "A step needs one of 'operationId', 'operationPath' and 'workflowId'.",
        )
    for extra in present[1:]:
        fields.findings.error(
            fields.key_place(extra),
            "wrong-value",
            f"A step has one of {present[0]!r} and {extra!r}, not both.",
        )
    match present[:1]:
        case ["operationId"]:
            return _operation_id(fields, context)
        case ["operationPath"]:
            return _operation_path(fields)
        case ["workflowId"]:
            if fields.has("requestBody"):
                fields.findings.error(
                    fields.key_place("requestBody"),
                    "wrong-value",
                    "A step that runs a workflow has no request body; pass parameters.",
                )
            return read_workflow_target(fields, context)
    return None


def _operation_id(fields: Fields, context: Context) -> OperationId | None:
    text = fields.text("operationId")
    if text is None:
        return None
    place = fields.at("operationId")
    if text.startswith("{$sourceDescriptions.") and text.endswith("}"):
        fields.findings.error(
            place, "expression", f"{text!r}: here an expression has no braces.", text[1:-1]
        )
        return None
    if not text.startswith("$sourceDescriptions"):
        return OperationId(None, text, place)
    try:
        expression = parse_expression(text)
    except ExpressionError as error:
        context.bad_expression(place, error)
        return None
    assert isinstance(expression, SourceReference)  # noqa: S101  (by its first word)
    return OperationId(expression.source, expression.reference, place)


def _operation_path(fields: Fields) -> OperationPath | None:
    text = fields.text("operationPath")
    if text is None:
        return None
    place = fields.at("operationPath")
    found = _OPERATION_PATH.match(text)
    try:
        if found is not None:
            return OperationPath(found["name"], parse_pointer(found["pointer"]), text, place)
    except ValueError as error:
        fields.findings.error(place, "expression", f"In 'operationPath', {error}.")
        return None
    fields.findings.error(
        place,
        "expression",
        "An operationPath is '{$sourceDescriptions.NAME.url}#/paths/~1PATH/METHOD'; "
        f"this is {text!r}.",
    )
    return None
