"""An Arazzo document as frozen data, every part with its place in the text.

Reusable objects are already resolved: a step's list of actions or parameters holds the component
itself. What an ``operationId`` or a ``workflowId`` points to is resolved later, together with
the sources (:mod:`workflow.arazzo.linking`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from workflow.arazzo.criteria import Criterion
from workflow.arazzo.expressions import Expression
from workflow.arazzo.pointer import Pointer
from workflow.arazzo.problems import Place
from workflow.arazzo.templates import Template
from workflow.arazzo.turns import ActionType, Json
from workflow.text import SafeText

Location = Literal["path", "query", "header", "cookie"]
SourceType = Literal["openapi", "arazzo"]


@dataclass(frozen=True, slots=True)
class SourceDescription:
    """A description of an API, or another Arazzo document, that the workflows use."""

    name: str
    url: str
    """As written; relative ones are against the document's own location."""
    type: SourceType | None
    """None when left out: what the text at the URL is decides."""
    place: Place


@dataclass(frozen=True, slots=True)
class OperationId:
    """A step's ``operationId``, with its source where it names one."""

    source: str | None
    operation_id: str
    place: Place


@dataclass(frozen=True, slots=True)
class OperationPath:
    """A step's ``operationPath``: a source and the pointer to an operation in it."""

    source: str
    pointer: Pointer
    text: str
    place: Place


@dataclass(frozen=True, slots=True)
class WorkflowTarget:
    """A ``workflowId``: of this document, or of an ``arazzo`` source."""

    source: str | None
    workflow_id: str
    place: Place


StepTarget: TypeAlias = OperationId | OperationPath | WorkflowTarget


@dataclass(frozen=True, slots=True)
class Parameter:
    """A value for an operation's parameter or a workflow's input."""

    name: str
    location: Location | None
    """None for an input of a sub-workflow."""
    value: Template
    place: Place

    @property
    def identity(self) -> tuple[str, Location | None]:
        """What one parameter is: its name and location. Headers are the same in any case."""
        return self.name.lower() if self.location == "header" else self.name, self.location


@dataclass(frozen=True, slots=True)
class Replacement:
    """A value that is set within a payload."""

    target: Pointer
    value: Template
    place: Place


@dataclass(frozen=True, slots=True)
class RequestBody:
    """What a step sends."""

    content_type: str | None
    payload: Template | None
    replacements: tuple[Replacement, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class Action:
    """What to do after a step succeeded or failed."""

    name: str
    type: ActionType
    step: str | None
    workflow: WorkflowTarget | None
    retry_after: float
    """Seconds."""
    retry_limit: int
    criteria: tuple[Criterion, ...]
    parameters: tuple[Parameter, ...]
    """Inputs for the target workflow (Arazzo 1.1)."""
    references: tuple[tuple[Expression, Place], ...] = field(repr=False)
    """Every expression in it, for the checks."""
    place: Place
    target_place: Place


@dataclass(frozen=True, slots=True)
class Output:
    """A named output."""

    name: str
    expression: Expression
    place: Place


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a workflow."""

    step_id: str
    description: SafeText | None
    target: StepTarget | None
    """None only while a document with mistakes is checked."""
    parameters: tuple[Parameter, ...]
    request_body: RequestBody | None
    success_criteria: tuple[Criterion, ...] | None
    """None when left out or empty, which means any 2xx."""
    on_success: tuple[Action, ...]
    on_failure: tuple[Action, ...]
    outputs: tuple[Output, ...]
    references: tuple[tuple[Expression, Place], ...] = field(repr=False)
    """Every expression in the step, for the checks."""
    place: Place


@dataclass(frozen=True, slots=True)
class Workflow:
    """One workflow of a document."""

    workflow_id: str
    summary: SafeText | None
    description: SafeText | None
    inputs: Json
    """The JSON Schema as written; None when the workflow declares none."""
    inputs_place: Place
    depends_on: tuple[WorkflowTarget, ...]
    steps: tuple[Step, ...]
    success_actions: tuple[Action, ...]
    failure_actions: tuple[Action, ...]
    outputs: tuple[Output, ...]
    parameters: tuple[Parameter, ...]
    references: tuple[tuple[Expression, Place], ...] = field(repr=False)
    """Every expression outside the steps."""
    place: Place

    def step(self, step_id: str) -> Step | None:
        """Return the step of that id."""
        return next((step for step in self.steps if step.step_id == step_id), None)

    def after_success(self, step: Step) -> tuple[Action, ...]:
        """Return the actions that apply when a step succeeds: its own, then the workflow's."""
        return _with_own_first(step.on_success, self.success_actions)

    def after_failure(self, step: Step) -> tuple[Action, ...]:
        """Return the actions that apply when a step fails: its own, then the workflow's."""
        return _with_own_first(step.on_failure, self.failure_actions)


def _with_own_first(own: tuple[Action, ...], shared: tuple[Action, ...]) -> tuple[Action, ...]:
    replaced = {action.name for action in own}
    return own + tuple(action for action in shared if action.name not in replaced)


@dataclass(frozen=True, slots=True)
class Components:
    """The reusable objects that expressions and schemas can still refer to."""

    inputs: Mapping[str, Json]
    parameters: Mapping[str, Parameter]


@dataclass(frozen=True, slots=True)
class Document:
    """A whole Arazzo document, free of mistakes that can be seen without its sources."""

    file: SafeText
    digest: str
    """SHA-256 of the bytes, hexadecimal."""
    version: str
    title: SafeText
    sources: tuple[SourceDescription, ...]
    workflows: tuple[Workflow, ...]
    components: Components

    def workflow(self, workflow_id: str) -> Workflow | None:
        """Return the workflow of that id."""
        return next((flow for flow in self.workflows if flow.workflow_id == workflow_id), None)

    def source(self, name: str) -> SourceDescription | None:
        """Return the source description of that name."""
        return next((source for source in self.sources if source.name == name), None)
