"""Reading criteria, actions and what they lead to."""

from __future__ import annotations

import re
from typing import Final, Literal

from workflow.arazzo.criteria import (
    GOESSNER,
    BareCriterion,
    Criterion,
    CriterionError,
    Reading,
    SimpleCriterion,
    compile_criterion,
    expressions_in,
)
from workflow.arazzo.expressions import ExpressionError, SourceReference, parse_expression
from workflow.arazzo.fields import Fields
from workflow.arazzo.model import Action, WorkflowTarget
from workflow.arazzo.parts import read_parameters
from workflow.arazzo.problems import Enough, Place
from workflow.arazzo.simple import is_portable
from workflow.arazzo.tree import Mapping
from workflow.arazzo.turns import ActionType
from workflow.arazzo.values import Context, References, read_expression, sentence

ActionKind = Literal["successActions", "failureActions"]

MOST_CONDITIONS: Final = 1_000
"""How many regex and jsonpath conditions a document may have: each is compiled by a library."""

_SUCCESS: Final[tuple[ActionType, ...]] = ("end", "goto")
_FAILURE: Final[tuple[ActionType, ...]] = ("end", "goto", "retry")
_EMBEDDED = re.compile(r"\{\$[A-Za-z]+[.}]")


def read_criteria(
    fields: Fields, key: str, context: Context, references: References
) -> tuple[Criterion, ...]:
    """Return a list of criteria."""
    read = [
        _read_criterion(item, context, references) for item in fields.objects(key, "A criterion")
    ]
    return tuple(criterion for criterion in read if criterion is not None)


def _read_criterion(fields: Fields, context: Context, references: References) -> Criterion | None:
    fields.only(("context", "condition", "type"))
    text = fields.text("condition", required=True)
    about = read_expression(fields, "context", context, [])
    reading = _read_type(fields, context)
    if text is None or reading is None or ("context" in fields.node.keys and about is None):
        return None
    place = fields.at("condition")
    if context.newer and reading != "simple" and _EMBEDDED.search(text):
        context.unsupported(place, "Expressions embedded in a condition")
        return None
    if reading != "simple" and next(context.conditions) > MOST_CONDITIONS:
        context.findings.error(
            place,
            "too-large",
            f"A document has at most {MOST_CONDITIONS:,} regex and jsonpath conditions.",
        )
        raise Enough
    try:
        criterion = compile_criterion(reading, text, about)
    except CriterionError as error:
        context.findings.error(place, error.code, sentence(str(error)), error.suggestion)
        return None
    if isinstance(criterion, BareCriterion):
        context.findings.warn(
            place,
            "bare-condition",
            f"{text!r} is no RFC 9535 query. This engine reads it as a bare comparison; other "
            "engines never fulfil it. A simple condition or a regex on a JSON Pointer works in "
            "all.",
        )
    elif isinstance(criterion, SimpleCriterion) and not is_portable(text):
        context.findings.warn(
            place,
            "not-portable",
            "Double quotes are understood here; the specification has a text in single ones.",
            text.replace('"', "'") if "'" not in text else None,
        )
    references.extend((found, place) for found in expressions_in(criterion))
    return criterion


def _read_type(fields: Fields, context: Context) -> Reading | None:
    node = fields.node.get("type")
    if node is None:
        return "simple"
    if not isinstance(node, Mapping):
        word = fields.choice("type", ("simple", "regex", "jsonpath", "xpath"))
        return _reading(word, "rfc9535", fields.at("type"), context)
    inner = Fields(node, "A criterion's type", context.findings)
    inner.only(("type", "version"))
    word = inner.choice("type", ("jsonpath", "xpath"), required=True)
    if word == "xpath":
        return _reading(word, "rfc9535", node.place, context)
    versions = (GOESSNER, "rfc9535") if context.newer else (GOESSNER,)
    version = inner.choice("version", versions, required=True)
    if version is None:
        return None
    return _reading(word, "goessner" if version == GOESSNER else "rfc9535", node.place, context)


def _reading(word: str | None, jsonpath: Reading, place: Place, context: Context) -> Reading | None:
    match word:
        case "simple":
            return "simple"
        case "regex":
            return "regex"
        case "jsonpath":
            return jsonpath
        case "xpath":
            context.findings.error(
                place,
                "unsupported",
                "xpath conditions are not supported; this engine reads JSON bodies. Use a "
                "simple, regex or jsonpath condition.",
            )
    return None


def read_actions(fields: Fields, key: str, of: ActionKind, context: Context) -> tuple[Action, ...]:
    """Return a list of actions; each name may stand once."""
    found: dict[str, Action] = {}
    for item in fields.objects(key, "An action"):
        source = context.resolve(item, of)
        action = None if source is None else _read_action(source, of, context)
        if action is None:
            continue
        if action.name in found:
            context.findings.error(
                item.place, "duplicate-id", f"Two actions here are named {action.name!r}."
            )
        found.setdefault(action.name, action)
    return tuple(found.values())


def check_component_actions(context: Context) -> None:
    """Read every action of the components, so that mistakes in unused ones are found too."""
    kinds: tuple[ActionKind, ...] = ("successActions", "failureActions")
    for of in kinds:
        for node in context.components.get(of, {}).values():
            if isinstance(node, Mapping):
                _read_action(Fields(node, "An action", context.findings), of, context)


def _read_action(fields: Fields, of: ActionKind, context: Context) -> Action | None:
    retries = ("retryAfter", "retryLimit") if of == "failureActions" else ()
    newer = ("parameters",) if context.newer else ()
    fields.only(("name", "type", "workflowId", "stepId", "criteria", *retries, *newer))
    references: References = []
    name = fields.text("name", required=True)
    type_ = fields.choice("type", _SUCCESS if of == "successActions" else _FAILURE, required=True)
    step = fields.text("stepId")
    workflow = read_workflow_target(fields, context)
    retry_limit = fields.count("retryLimit")
    retry_after = fields.number("retryAfter")
    criteria = read_criteria(fields, "criteria", context, references)
    parameters = read_parameters(fields, "parameters", context, references) if newer else ()
    if name is None or type_ is None:
        return None
    _check_use(fields, type_, context)
    return Action(
        name=name,
        type=type_,
        step=step if type_ != "end" else None,
        workflow=workflow if type_ != "end" else None,
        retry_after=retry_after or 0.0,
        retry_limit=1 if retry_limit is None else retry_limit,
        criteria=criteria,
        parameters=parameters,
        references=tuple(references),
        place=fields.place,
        target_place=fields.at("stepId" if step is not None else "workflowId"),
    )


def _check_use(fields: Fields, type_: ActionType, context: Context) -> None:
    """Report members that do not fit the action's type."""
    findings = context.findings
    targets = [key for key in ("stepId", "workflowId") if fields.has(key)]
    if len(targets) > 1:
        findings.error(
            fields.key_place("workflowId"),
            "wrong-value",
            "An action has 'stepId' or 'workflowId', not both.",
        )
    if type_ == "goto" and not targets:
        findings.error(fields.place, "missing-key", "A goto needs 'stepId' or 'workflowId'.")
    unused: list[str] = [*targets] if type_ == "end" else []
    if type_ != "retry":
        unused += [key for key in ("retryAfter", "retryLimit") if fields.has(key)]
    for key in unused:
        findings.warn(
            fields.key_place(key), "unused", f"An action of type {type_} does not use {key!r}."
        )


def read_workflow_target(fields: Fields, context: Context) -> WorkflowTarget | None:
    """Return what a ``workflowId`` names, here or in a source."""
    text = fields.text("workflowId")
    return None if text is None else workflow_named(text, fields.at("workflowId"), context)


def workflow_named(text: str, place: Place, context: Context) -> WorkflowTarget | None:
    """Return the target that a text names; report one that can be none."""
    if not text.startswith("$"):
        return WorkflowTarget(None, text, place)
    try:
        expression = parse_expression(text)
    except ExpressionError as error:
        context.bad_expression(place, error)
        return None
    if isinstance(expression, SourceReference):
        return WorkflowTarget(expression.source, expression.reference, place)
    context.findings.error(
        place,
        "expression",
        f"{text!r}: a workflow of another document is '$sourceDescriptions.NAME.WORKFLOW'.",
    )
    return None
