"""What runtime expressions stand for at one moment of a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from workflow.arazzo import templates
from workflow.arazzo.expressions import (
    ComponentReference,
    Constant,
    Expression,
    Message,
    Named,
    SourceReference,
    StepOutput,
    WorkflowValue,
)
from workflow.arazzo.plan import WorkflowPlan
from workflow.arazzo.pointer import MISSING, Missing, Pointer, Value, find
from workflow.arazzo.turns import Call, Json, Request, Response


@dataclass(frozen=True, slots=True)
class WorkflowRecord:
    """The latest run of a workflow within this run."""

    inputs: Mapping[str, Json]
    outputs: Mapping[str, Json]
    done: bool


@dataclass(slots=True)
class Scope:
    """The values in sight of one frame. Lives within a turn; nobody changes one."""

    plan: WorkflowPlan
    inputs: Mapping[str, Json]
    results: Mapping[str, Mapping[str, Json]]
    """Each step's latest outputs."""
    workflows: Mapping[str, WorkflowRecord]
    """By label."""
    call: Call | None = None
    response: Response | None = None
    called: Mapping[str, Json] | None = None
    """Outputs of the workflow that the step ran."""
    _made: dict[str, Json] | None = field(default=None, init=False, repr=False)
    """This workflow's outputs as far as they are known, made when first asked for."""

    def look(self, expression: Expression) -> Value:
        """Return what an expression stands for, or MISSING."""
        match expression:
            case Message():
                return self._message(expression)
            case StepOutput():
                outputs = self.results.get(expression.step)
                return _named(outputs, expression.name, expression.pointer)
            case Named():
                values = self.inputs if expression.kind == "inputs" else self._outputs()
                return _named(values, expression.name, expression.pointer)
            case Constant():
                return self._constant(expression)
            case WorkflowValue():
                record = self.workflows.get(self.plan.prefix + expression.workflow)
                if record is None:
                    return MISSING
                values = record.inputs if expression.kind == "inputs" else record.outputs
                return _named(values, expression.name, expression.pointer)
            case SourceReference(source=source, reference="url"):
                return self.plan.source_urls.get(source, MISSING)
            case SourceReference():
                return expression.reference
            case ComponentReference():
                return self._component(expression)

    def _outputs(self) -> Mapping[str, Json]:
        """Return the outputs of the workflow that the step ran; else this one's, if known yet."""
        if self.called is not None:
            return self.called
        if self._made is not None:
            return self._made
        found: dict[str, Json] = {}
        for name, expression in self.plan.outputs:
            # What refers to an answer has its value in no step but one, and outputs to outputs
            # could lead back to themselves.
            kept = isinstance(expression, StepOutput | WorkflowValue)
            if kept or (isinstance(expression, Named) and expression.kind == "inputs"):
                value = self.look(expression)
                if not isinstance(value, Missing):
                    found[name] = value
        self._made = found
        return found

    def _constant(self, expression: Constant) -> Value:
        if expression.name == "statusCode":
            return MISSING if self.response is None else self.response.status
        if self.call is None:
            return MISSING
        if expression.name == "method":
            return self.call.operation.method
        return (self.call.operation.server or "").rstrip("/") + self.call.request.target

    def _message(self, expression: Message) -> Value:
        if expression.side == "response":
            if self.response is None:
                return MISSING
            if expression.part == "body":
                body = self.response.body
                if isinstance(body, bytes):
                    body = body.decode("utf-8", "replace")
                return find(body, expression.pointer) if expression.pointer else body
            if expression.part == "header":
                return self.response.headers.get(expression.name, MISSING)
            return MISSING
        return MISSING if self.call is None else _of_request(self.call.request, expression)

    def _component(self, expression: ComponentReference) -> Value:
        parameter = self.plan.parameters.get(expression.name)
        if parameter is None or any(
            isinstance(inner, ComponentReference)
            for inner in templates.expressions_of(parameter.value)
        ):
            return MISSING
        return templates.fill(parameter.value, self.look)


def _of_request(request: Request, expression: Message) -> Value:
    match expression.part:
        case "body":
            if request.content is None:
                return MISSING
            return find(request.payload, expression.pointer or ())
        case "path":
            return request.path_values.get(expression.name, MISSING)
        case "query":
            return next((v for name, v in request.query if name == expression.name), MISSING)
        case "header":
            wanted = expression.name.lower()
            return next((v for name, v in request.headers if name.lower() == wanted), MISSING)


def _named(values: Mapping[str, Json] | None, name: str, pointer: Pointer | None) -> Value:
    """Return a named value, or what its dots lead to: ``a.b`` is a name first, then a way."""
    if values is None:
        return MISSING
    if name in values:
        value: Value = values[name]
    else:
        value = _dotted(values, name)
    if pointer and not isinstance(value, Missing):
        return find(value, pointer)
    return value


def _dotted(values: Mapping[str, Json], name: str) -> Value:
    parts = name.split(".")
    for count in range(len(parts) - 1, 0, -1):
        head = ".".join(parts[:count])
        if head in values:
            return find(values[head], tuple(parts[count:]))
    return MISSING
