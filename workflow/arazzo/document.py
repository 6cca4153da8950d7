"""From the bytes of an Arazzo document to its model, with every mistake at its place.

:func:`load` never raises for what is in the text. What can only be said together with the
sources (is there such an operation?) is said by :mod:`workflow.arazzo.program`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from workflow.arazzo import schemas, yaml12
from workflow.arazzo.actions import (
    check_component_actions,
    read_actions,
    read_criteria,
    read_workflow_target,
    workflow_named,
)
from workflow.arazzo.checks import check_document
from workflow.arazzo.expressions import ExpressionError, SourceReference, parse_expression
from workflow.arazzo.fields import Fields
from workflow.arazzo.model import (
    Components,
    Document,
    OperationId,
    OperationPath,
    SourceDescription,
    SourceType,
    Step,
    StepTarget,
    Workflow,
    WorkflowTarget,
)
from workflow.arazzo.parts import (
    read_component_parameters,
    read_outputs,
    read_parameters,
    read_request_body,
)
from workflow.arazzo.pointer import parse_pointer
from workflow.arazzo.problems import DocumentError, Findings, Problem
from workflow.arazzo.tree import Mapping as Object
from workflow.arazzo.tree import Node, Scalar, plain
from workflow.arazzo.values import Context, References
from workflow.text import safe

_VERSION = re.compile(r"1\.(?P<minor>[0-9]+)\.[0-9]+(?:-.*)?\Z")
_COMPONENTS: Final = ("inputs", "parameters", "successActions", "failureActions")
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


@dataclass(frozen=True, slots=True)
class Loaded:
    """What came of reading a document."""

    document: Document | None
    """None when `problems` holds an error."""
    problems: tuple[Problem, ...]
    """Errors and warnings in the order of the text."""

    def needed(self) -> Document:
        """Return the document.

        Raises:
            DocumentError: it could not be read.
        """
        if self.document is None:
            raise DocumentError(self.problems)
        return self.document


def load(text: bytes, file: str) -> Loaded:
    """Read an Arazzo document from YAML or JSON; `file` is its name in problems."""
    findings = Findings(file)
    root = yaml12.parse(text, findings)
    if root is None:
        return Loaded(None, findings.sorted())
    document = None
    if isinstance(root, Object):
        document = _read(Fields(root, "The document", findings), text)
    else:
        findings.error(root.place, "wrong-type", "An Arazzo document is an object.")
    if document is not None:
        check_document(document, findings)
    return Loaded(None if findings.has_errors else document, findings.sorted())


def _read(fields: Fields, text: bytes) -> Document | None:
    minor = _read_version(fields)
    if minor is None:
        return None
    findings = fields.findings
    newer = minor > 0
    allowed = ("arazzo", "info", "sourceDescriptions", "workflows", "components")
    fields.only((*allowed, "$self") if newer else allowed)
    if newer and "$self" in fields.node.keys:
        findings.warn(
            fields.node.keys["$self"],
            "unsupported",
            "'$self' (Arazzo 1.1) is not used: relative URLs are taken from where this file is.",
        )
    title = _read_info(fields)
    context = Context(findings, _component_nodes(fields), newer)
    sources = _read_sources(fields, context)
    components = _read_components(context)
    workflows = tuple(
        workflow
        for item in fields.objects("workflows", "A workflow", required=True)
        if (workflow := _read_workflow(item, context)) is not None
    )
    return Document(
        file=findings.file,
        digest=hashlib.sha256(text).hexdigest(),
        version=str(plain(fields.node.entries["arazzo"])),
        title=safe(title),
        sources=sources,
        workflows=workflows,
        components=components,
    )


def _read_version(fields: Fields) -> int | None:
    """Return the minor version; None when this is no document that can be read."""
    if "openapi" in fields.node.keys or "swagger" in fields.node.keys:
        fields.findings.error(
            fields.place, "version", "This is an OpenAPI description, not an Arazzo document."
        )
        return None
    text = fields.text("arazzo", required=True)
    if text is None:
        return None
    found = _VERSION.match(text)
    if found is not None and found["minor"] in ("0", "1"):
        return int(found["minor"])
    fields.findings.error(
        fields.at("arazzo"),
        "version",
        f"Arazzo {text} is not supported; this engine runs 1.0 and what it knows of 1.1.",
        "1.0.1",
    )
    return None


def _read_info(fields: Fields) -> str:
    info = fields.object("info", "'info'", required=True)
    if info is None:
        return ""
    info.only(("title", "summary", "description", "version"))
    title = info.prose("title", required=True)
    info.prose("version", required=True)
    info.prose("summary")
    info.prose("description")
    return title or ""


def _read_sources(fields: Fields, context: Context) -> tuple[SourceDescription, ...]:
    types: tuple[SourceType, ...] = ("openapi", "arazzo")
    found: dict[str, SourceDescription] = {}
    for item in fields.objects("sourceDescriptions", "A source", required=True):
        item.only(("name", "url", "type"))
        name = item.text("name", required=True)
        url = item.text("url", required=True)
        node = item.node.get("type")
        if context.newer and isinstance(node, Scalar) and node.value == "asyncapi":
            context.unsupported(node.place, "AsyncAPI sources")
            continue
        type_ = item.choice("type", types) if node is not None else None
        if name is None or url is None:
            continue
        if name in found:
            context.findings.error(
                item.at("name"), "duplicate-id", f"Two sources are named {name!r}."
            )
        # The type may be left out; what the text at the URL is decides in the end.
        found.setdefault(name, SourceDescription(name, url, type_ or "openapi", item.place))
    return tuple(found.values())


def _component_nodes(fields: Fields) -> Mapping[str, Mapping[str, Node]]:
    if "components" not in fields.node.keys:
        return {}
    components = fields.object("components", "'components'")
    if components is None:
        return {}
    components.only(_COMPONENTS)
    nodes: dict[str, dict[str, Node]] = {}
    for kind in _COMPONENTS:
        nodes[kind] = {name: node for name, _, node in components.named(kind, f"{kind!r}")}
        if kind != "inputs":
            for name, node in nodes[kind].items():
                components.wrap(node, f"The component {name!r}")
    return nodes


def _read_components(context: Context) -> Components:
    check_component_actions(context)
    nodes = context.components.get("inputs", {})
    inputs = {name: plain(node) for name, node in nodes.items()}
    for node in nodes.values():
        schemas.check_schema(node, inputs, context.findings)
    return Components(inputs, read_component_parameters(context))


def _read_workflow(fields: Fields, context: Context) -> Workflow | None:
    fields.only(_WORKFLOW)
    references: References = []
    workflow_id = fields.text("workflowId", required=True)
    inputs = fields.node.get("inputs")
    if inputs is not None:
        known = {name: plain(node) for name, node in context.components.get("inputs", {}).items()}
        schemas.check_schema(inputs, known, context.findings)
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
    return workflow if workflow_id is not None else None


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
    criteria = "successCriteria" in fields.node.keys
    step = Step(
        step_id=step_id or "",
        description=fields.prose("description"),
        target=_read_target(fields, context),
        parameters=read_parameters(fields, "parameters", context, references),
        request_body=read_request_body(fields, context, references),
        success_criteria=(
            read_criteria(fields, "successCriteria", context, references) if criteria else None
        ),
        on_success=read_actions(fields, "onSuccess", "successActions", context),
        on_failure=read_actions(fields, "onFailure", "failureActions", context),
        outputs=read_outputs(fields, context, references),
        references=tuple(references),
        place=fields.at("stepId"),
    )
    return step if step_id is not None else None


def _read_target(fields: Fields, context: Context) -> StepTarget | None:
    present = [key for key in _TARGETS if key in fields.node.keys]
    if not present and not any(key in fields.node.keys for key in _NEWER_STEP[:2]):
        fields.findings.error(
            fields.place,
            "missing-key",
            "A step needs one of 'operationId', 'operationPath' and 'workflowId'.",
        )
    for extra in present[1:]:
        fields.findings.error(
            fields.node.keys[extra],
            "wrong-value",
            f"A step has one of {present[0]!r} and {extra!r}, not both.",
        )
    match present[:1]:
        case ["operationId"]:
            return _operation_id(fields, context)
        case ["operationPath"]:
            return _operation_path(fields)
        case ["workflowId"]:
            if "requestBody" in fields.node.keys:
                fields.findings.error(
                    fields.node.keys["requestBody"],
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
