"""Checks across a document: do its references lead anywhere, and does its control flow.

Everything here can be said without the sources. Each mistake is at the place of the reference,
with the nearest name that would have been right.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from workflow.arazzo.circles import check_circles
from workflow.arazzo.doubts import check_flow, doubt_pointer
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
from workflow.arazzo.flow import Before, flow_of
from workflow.arazzo.model import Action, Document, Step, Workflow, WorkflowTarget
from workflow.arazzo.names import DocumentNames, WorkflowNames, is_known
from workflow.arazzo.problems import Findings, Place, nearest

_MOST_COMPARED = 50
"""Of how many steps it is looked up what may have run before: it takes the whole flow."""
_ID = re.compile(r"[A-Za-z0-9_-]+\Z")


def check_document(document: Document, findings: Findings) -> None:
    """Report every reference that leads nowhere and every oddity of the flow."""
    _check_ids([(flow.workflow_id, flow.place) for flow in document.workflows], findings)
    for source in document.sources:
        if not _ID.match(source.name):
            _odd_id(source.name, source.place, findings)
    names = DocumentNames(document)
    for workflow in document.workflows:
        _WorkflowCheck(document, names, workflow, findings).check()
    check_circles(document, findings)


def _check_ids(ids: Iterable[tuple[str, Place]], findings: Findings) -> None:
    seen: dict[str, Place] = {}
    for name, place in ids:
        if name in seen:
            findings.error(
                place,
                "duplicate-id",
                f"The id {name!r} is taken already, in line {seen[name].line}.",
            )
        elif not _ID.match(name):
            _odd_id(name, place, findings)
        seen.setdefault(name, place)


def _odd_id(name: str, place: Place, findings: Findings) -> None:
    findings.warn(
        place,
        "odd-id",
        f"{name!r} holds other characters than letters, digits, '-' and '_'; expressions may "
        "not be able to name it.",
        re.sub(r"[^A-Za-z0-9_-]+", "_", name),
    )


class _WorkflowCheck:
    """Checks one workflow of a document."""

    def __init__(
        self, document: Document, names: DocumentNames, workflow: Workflow, findings: Findings
    ) -> None:
        self._document = document
        self._names = names
        self._workflow = workflow
        self._findings = findings
        self._own = WorkflowNames(workflow)
        self._steps = self._own.steps
        self._flow = flow_of(workflow)
        self._before = Before(workflow, self._flow)
        self._compared: set[str] = set()
        """Steps for which it was looked up what may have run before."""
        self._inputs = names.inputs(workflow.workflow_id)

    def check(self) -> None:
        workflow = self._workflow
        _check_ids([(step.step_id, step.place) for step in workflow.steps], self._findings)
        for target in workflow.depends_on:
            self._check_workflow(target)
        for expression, place in workflow.references:
            self._check_expression(expression, place, None)
        for actions in (workflow.success_actions, workflow.failure_actions):
            self._check_actions(actions, None)
        for step in workflow.steps:
            self._check_step(step)
        check_flow(workflow, self._flow, self._findings)

    def _check_step(self, step: Step) -> None:
        target = step.target
        if isinstance(target, WorkflowTarget):
            self._check_workflow(target)
        elif target is not None and target.source is not None:
            self._check_source(target.source, target.place)
        for expression, place in step.references:
            self._check_expression(expression, place, step)
        self._check_actions(step.on_success, step)
        self._check_actions(step.on_failure, step)

    def _check_actions(self, actions: tuple[Action, ...], step: Step | None) -> None:
        closed: str | None = None
        for action in actions:
            if action.step is not None and action.step not in self._steps:
                self._unknown(action.target_place, "step", action.step, self._steps)
            if action.workflow is not None:
                self._check_workflow(action.workflow)
            for expression, place in action.references:
                self._check_expression(expression, place, step, after=True)
            if closed is not None:
                self._findings.warn(
                    action.place,
                    "unused",
                    f"The action {action.name!r} is never taken: {closed!r} before it has no "
                    "criteria and is always taken.",
                )
            elif not action.criteria and action.type != "retry":
                closed = action.name

    def _check_workflow(self, target: WorkflowTarget) -> None:
        if target.source is None:
            known = self._names.workflows
            if target.workflow_id not in known:
                self._unknown(target.place, "workflow", target.workflow_id, known)
        else:
            self._check_source(target.source, target.place)

    def _check_source(self, name: str, place: Place) -> None:
        known = self._names.sources
        if name not in known:
            self._unknown(place, "source", name, known)

    def _check_expression(
        self, expression: Expression, place: Place, step: Step | None, *, after: bool = False
    ) -> None:
        """Check one expression; `after` says that the step has succeeded when it is evaluated."""
        doubt_pointer(expression, place, self._findings)
        match expression:
            case Named(kind="inputs", name=name):
                if self._inputs is not None and not is_known(name, self._inputs):
                    self._unknown(place, "input", name, self._inputs, "$inputs.{}")
            case Named(kind="outputs", name=name):
                own = self._names.outputs(self._workflow.workflow_id)
                calls = step is not None and isinstance(step.target, WorkflowTarget)
                if not calls and not is_known(name, own):
                    self._unknown(place, "output", name, own, "$outputs.{}")
            case StepOutput():
                self._check_step_output(expression, place)
                self._check_has_run(expression, place, step, after=after)
            case WorkflowValue():
                self._check_workflow_value(expression, place)
            case SourceReference(source=source):
                self._check_source(source, place)
            case ComponentReference():
                self._check_component(expression, place)
            case Message(side="response", part="query" | "path"):
                self._findings.warn(
                    place, "expression", f"{expression} never has a value; a response has none."
                )
            case Constant() | Message() if step is None and self._is_output(place):
                self._findings.warn(
                    place,
                    "expression",
                    f"{expression} has no value when the workflow is over; make it an output of "
                    "a step.",
                )

    def _is_output(self, place: Place) -> bool:
        return place in self._own.output_places

    def _check_step_output(self, expression: StepOutput, place: Place) -> None:
        step = self._steps.get(expression.step)
        if step is None:
            end = f".outputs.{expression.name}"
            self._unknown(place, "step", expression.step, self._steps, f"$steps.{{}}{end}")
            return
        known = self._own.outputs_of(step.step_id)
        if not known and isinstance(step.target, WorkflowTarget):
            return
        if not is_known(expression.name, known):
            form = f"$steps.{expression.step}.outputs.{{}}"
            owner = f"Step {expression.step!r}"
            self._unknown(place, "output", expression.name, known, form, owner=owner)

    def _check_has_run(
        self, expression: StepOutput, place: Place, step: Step | None, *, after: bool
    ) -> None:
        """Doubt a value of this step or a later one that cannot have run when this one begins."""
        other = self._steps.get(expression.step)
        if step is None or other is None:
            return
        if other is step:
            if not after and not self._flow.loops(step.step_id):
                self._findings.warn(
                    place,
                    "not-yet",
                    f"{expression} has no value here: a step's outputs are made when it has "
                    "succeeded.",
                )
            return
        positions = self._own.positions
        if positions[other.step_id] < positions[step.step_id]:
            return
        if len(self._compared) < _MOST_COMPARED:
            self._compared.add(step.step_id)
        if step.step_id in self._compared and other.step_id not in self._before.of(step.step_id):
            self._findings.warn(
                place,
                "not-yet",
                f"{expression} has no value here: {other.step_id!r} only runs after "
                f"{step.step_id!r}.",
            )

    def _check_workflow_value(self, expression: WorkflowValue, place: Place) -> None:
        workflow_id = expression.workflow
        if self._names.workflow(workflow_id) is None:
            if workflow_id.partition(".")[0] not in self._names.sources:
                self._unknown(place, "workflow", workflow_id, self._names.workflows)
            return
        known = self._names.outputs if expression.kind == "outputs" else self._names.inputs
        names = known(workflow_id)
        if names is not None and not is_known(expression.name, names):
            start = f"$workflows.{expression.workflow}.{expression.kind}"
            owner = f"Workflow {expression.workflow!r}"
            what = expression.kind[:-1]
            self._unknown(place, what, expression.name, names, f"{start}.{{}}", owner=owner)

    def _check_component(self, expression: ComponentReference, place: Place) -> None:
        if expression.kind != "parameters":
            self._findings.error(
                place, "expression", f"{expression} is no value; only components.parameters are."
            )
        elif expression.name not in self._document.components.parameters:
            known = self._document.components.parameters
            self._unknown(place, "component", expression.name, known, "$components.parameters.{}")

    def _unknown(
        self,
        place: Place,
        what: str,
        name: str,
        known: Iterable[str],
        form: str = "{}",
        *,
        owner: str = "",
    ) -> None:
        names = sorted(known)
        near = nearest(name, names)
        there = "It has" if owner else "There is" if len(names) == 1 else "There are"
        listed = f" {there} {', '.join(names[:8])}." if names and near is None else ""
        missing = f"{owner} has no {what}" if owner else f"There is no {what}"
        self._findings.error(
            place,
            f"unknown-{what}",
            f"{missing} {name!r}.{listed}",
            form.format(near) if near else None,
        )
