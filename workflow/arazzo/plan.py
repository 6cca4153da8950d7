"""Workflows ready to be run: every reference resolved to what it means.

The linker makes these from a document and its sources; the machine only reads them. A plan is
shared by all runs of the program.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from workflow.arazzo.bodies import Form, Replacements
from workflow.arazzo.criteria import Criterion
from workflow.arazzo.expressions import Expression
from workflow.arazzo.inputs import Inputs
from workflow.arazzo.model import Location, Parameter
from workflow.arazzo.templates import Template
from workflow.arazzo.turns import ActionType, Operation
from workflow.text import SafeText


@dataclass(frozen=True, slots=True)
class ParameterPlan:
    """A value and how it is written into the request."""

    name: str
    location: Location
    value: Template
    required: bool
    style: str
    explode: bool
    as_json: bool
    reserved: bool = False
    """Reserved characters of a query's values are sent as they are (``allowReserved``)."""


@dataclass(frozen=True, slots=True)
class BodyPlan:
    """What is sent, and as what."""

    template: Template
    replacements: Replacements
    media_type: str
    form: Form
    required: bool


@dataclass(frozen=True, slots=True)
class CallPlan:
    """A step that calls an operation."""

    operation: Operation
    path: tuple[str, ...]
    """The path template taken apart: text and parameter names in turn, beginning with text."""
    parameters: tuple[ParameterPlan, ...]
    body: BodyPlan | None


@dataclass(frozen=True, slots=True)
class SubPlan:
    """A step that runs a workflow."""

    workflow: str
    """The plan's label."""
    inputs: tuple[tuple[str, Template], ...]


@dataclass(frozen=True, slots=True)
class ActionPlan:
    """An action with its target resolved."""

    name: str
    type: ActionType
    step: int | None
    """Position in the workflow, from 0."""
    workflow: str | None
    target: str | None
    """The target's id, for people."""
    retry_after: float
    retry_limit: int
    criteria: tuple[Criterion, ...]
    inputs: tuple[tuple[str, Template], ...]


@dataclass(frozen=True, slots=True)
class StepPlan:
    """One step."""

    step_id: str
    position: int
    """From 0."""
    description: SafeText | None
    work: CallPlan | SubPlan
    success_criteria: tuple[Criterion, ...] | None
    on_success: tuple[ActionPlan, ...]
    on_failure: tuple[ActionPlan, ...]
    outputs: tuple[tuple[str, Expression], ...]
    reads_only_body: bool
    loops: bool
    goes_back: bool
    """An onSuccess action leads back here: falling through means that nothing said "over"."""


@dataclass(frozen=True, slots=True)
class WorkflowPlan:
    """One workflow."""

    label: str
    """``workflowId``, for another document's with its source in front: ``other.workflowId``."""
    prefix: str
    """What stands before the labels of the same document: empty, or ``other.``."""
    workflow_id: str
    inputs: Inputs
    depends_on: tuple[str, ...]
    steps: tuple[StepPlan, ...]
    outputs: tuple[tuple[str, Expression], ...]
    parameters: Mapping[str, Parameter]
    """The document's ``components.parameters``."""
    source_urls: Mapping[str, str]
