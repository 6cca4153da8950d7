"""Joining a document with its sources: from what steps name to what they mean.

Starting from the workflows asked for, every operation, workflow and parameter they reach is
looked up; what is wrong is reported at its place in the document that says it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Final, TypeAlias

from workflow.arazzo.calls import CallLinker
from workflow.arazzo.criteria import expressions_in
from workflow.arazzo.expressions import Expression, Message
from workflow.arazzo.flow import Flow, flow_of
from workflow.arazzo.inputs import Inputs
from workflow.arazzo.model import (
    Action,
    Document,
    OperationId,
    OperationPath,
    Parameter,
    Step,
    Workflow,
    WorkflowTarget,
)
from workflow.arazzo.openapi import ApiOperation, Description
from workflow.arazzo.plan import ActionPlan, CallPlan, StepPlan, SubPlan, WorkflowPlan
from workflow.arazzo.problems import Enough, Findings, Place, Problem, nearest

Sources: TypeAlias = Mapping[str, Description | Document]
"""By the source's name; a source of another document's own by ``other.name``."""

MOST_DOCUMENTS: Final = 8
"""How long a way from document to document may be."""


class Linker:
    """Links workflows of one document and of those that it leads to."""

    def __init__(self, document: Document, sources: Sources) -> None:
        self._main = document
        self._sources = sources
        self._findings: dict[str, Findings] = {"": Findings(document.file)}
        self._documents: dict[str, Document] = {"": document}
        self._waiting: list[tuple[str, str]] = []
        self.plans: dict[str, WorkflowPlan] = {}
        self.used: dict[str, str] = {}
        """Digests of the sources that were looked into, by name."""

    def link(self, workflow_ids: Iterable[str]) -> None:
        """Make plans for workflows of the main document and all that they reach."""
        self._waiting += [("", workflow_id) for workflow_id in workflow_ids]
        with suppress(Enough):  # what was found by then is what `problems` gives
            self._link()

    def _link(self) -> None:
        while self._waiting:
            prefix, workflow_id = self._waiting.pop(0)
            workflow = self._documents[prefix].workflow(workflow_id)
            if workflow is not None and prefix + workflow_id not in self.plans:
                self._plan(prefix, workflow)

    def problems(self) -> tuple[Problem, ...]:
        """Return what was found, document by document."""
        return tuple(
            problem for findings in self._findings.values() for problem in findings.sorted()
        )

    # Workflows

    def _plan(self, prefix: str, workflow: Workflow) -> None:
        document = self._documents[prefix]
        flow = flow_of(workflow)
        label = prefix + workflow.workflow_id
        inputs = Inputs.of(workflow.workflow_id, workflow.inputs, document.components.inputs)
        depends_on = (self._workflow(prefix, target) for target in workflow.depends_on)
        # Before its steps, so that a workflow that calls itself is not linked for ever.
        self.plans[label] = WorkflowPlan(label, prefix, workflow.workflow_id, inputs, *_NO_STEPS)
        self.plans[label] = WorkflowPlan(
            label=label,
            prefix=prefix,
            workflow_id=workflow.workflow_id,
            inputs=inputs,
            depends_on=tuple(found for found in depends_on if found is not None),
            steps=tuple(
                planned
                for position, step in enumerate(workflow.steps)
                if (planned := self._step(prefix, workflow, step, position, flow)) is not None
            ),
            outputs=tuple((output.name, output.expression) for output in workflow.outputs),
            parameters=document.components.parameters,
            source_urls={source.name: source.url for source in document.sources},
        )

    def _workflow(self, prefix: str, target: WorkflowTarget) -> str | None:
        """Return the label of the workflow that is meant, and see that it is linked."""
        inner = prefix
        if target.source is not None:
            found = self._source(prefix, target.source, target.place)
            if found is None:
                return None
            inner = f"{prefix}{target.source}."
            if inner.count(".") > MOST_DOCUMENTS:
                self._findings[prefix].error(
                    target.place, "cycle", "Documents lead to each other without an end."
                )
                return None
            if not isinstance(found, Document):
                self._findings[prefix].error(
                    target.place,
                    "unknown-workflow",
                    f"The source {target.source!r} describes an API; it has no workflows.",
                )
                return None
            self._documents.setdefault(inner, found)
            self._findings.setdefault(inner, Findings(found.file))
        document = self._documents[inner]
        if document.workflow(target.workflow_id) is None:
            known = [workflow.workflow_id for workflow in document.workflows]
            self._findings[prefix].error(
                target.place,
                "unknown-workflow",
                f"{document.file} has no workflow {target.workflow_id!r}.",
                nearest(target.workflow_id, known),
            )
            return None
        self._waiting.append((inner, target.workflow_id))
        return inner + target.workflow_id

    def _source(self, prefix: str, name: str, place: Place) -> Description | Document | None:
        """Return what was given for a source of a document."""
        document = self._documents[prefix]
        declared = document.source(name)
        given = self._sources.get(prefix + name)
        if given is None and prefix and self._main.source(name) is None:
            given = self._sources.get(name)
        if given is None:
            self._findings[prefix].error(
                declared.place if declared is not None else place,
                "missing-source",
                f"The source {name!r} is needed and was not given"
                + (f"; the document expects it at {declared.url}." if declared else "."),
            )
            return None
        self.used[prefix + name] = given.digest
        return given

    # Steps

    def _step(
        self, prefix: str, workflow: Workflow, step: Step, position: int, flow: Flow
    ) -> StepPlan | None:
        work = self._work(prefix, workflow, step)
        after_success = workflow.after_success(step)
        after_failure = workflow.after_failure(step)
        on_success = tuple(self._action(prefix, workflow, action) for action in after_success)
        on_failure = tuple(self._action(prefix, workflow, action) for action in after_failure)
        if work is None:
            return None
        return StepPlan(
            step_id=step.step_id,
            position=position,
            description=step.description,
            work=work,
            success_criteria=step.success_criteria,
            on_success=on_success,
            on_failure=on_failure,
            outputs=tuple((output.name, output.expression) for output in step.outputs),
            reads_only_body=all(
                _reads_only_body(expression)
                for expression in _read_by(step, (*after_success, *after_failure))
            ),
            loops=flow.loops(step.step_id),
            goes_back=any(
                action.type == "goto"
                and action.step is not None
                and flow.is_round(step.step_id, action.step)
                for action in after_success
            ),
        )

    def _work(self, prefix: str, workflow: Workflow, step: Step) -> CallPlan | SubPlan | None:
        match step.target:
            case WorkflowTarget() as target:
                label = self._workflow(prefix, target)
                return None if label is None else self._sub(prefix, label, workflow, step)
            case OperationId() as target:
                found = self._operation_by_id(prefix, target)
            case OperationPath() as target:
                found = self._operation_by_path(prefix, target)
            case None:
                found = None
        if found is None:
            return None
        source, description, operation = found
        linker = CallLinker(source, description, operation, self._findings[prefix])
        return linker.link(step, workflow.parameters)

    def _sub(self, prefix: str, label: str, workflow: Workflow, step: Step) -> SubPlan:
        """Return a sub-workflow's inputs: the step's parameters over those of the workflow."""
        document, target = self._documents[prefix], step.target
        if isinstance(target, WorkflowTarget) and target.source is not None:
            document = self._documents[f"{prefix}{target.source}."]
        called = document.workflow(target.workflow_id if isinstance(target, WorkflowTarget) else "")
        declared: frozenset[str] | None = None
        if called is not None:
            inputs = Inputs.of(called.workflow_id, called.inputs, document.components.inputs)
            declared = inputs.declared()
        values = {
            parameter.name: parameter.value
            for parameter in workflow.parameters
            if declared is None or parameter.name in declared
        }
        for parameter in step.parameters:
            if declared is not None and parameter.name not in declared:
                self._findings[prefix].error(
                    parameter.place,
                    "unknown-input",
                    f"The workflow {label!r} has no input {parameter.name!r}.",
                    nearest(parameter.name, declared),
                )
            values[parameter.name] = parameter.value
        return SubPlan(label, tuple(values.items()))

    def _action(self, prefix: str, workflow: Workflow, action: Action) -> ActionPlan:
        label = None if action.workflow is None else self._workflow(prefix, action.workflow)
        ids = [step.step_id for step in workflow.steps]
        return ActionPlan(
            name=action.name,
            type=action.type,
            step=None if action.step is None else ids.index(action.step),
            workflow=label,
            target=action.step or label,
            retry_after=action.retry_after,
            retry_limit=action.retry_limit,
            criteria=action.criteria,
            inputs=tuple((parameter.name, parameter.value) for parameter in action.parameters),
        )

    # Operations

    def _operation_by_id(
        self, prefix: str, target: OperationId
    ) -> tuple[str, Description, ApiOperation] | None:
        names = self._candidates(prefix, target)
        found: list[tuple[str, Description, ApiOperation]] = []
        near: str | None = None
        for name in names:
            description = self._source(prefix, name, target.place)
            if not isinstance(description, Description):
                continue
            operation = description.operation(target.operation_id)
            if operation is not None:
                found.append((name, description, operation))
            near = near or description.nearest_operation(target.operation_id)
        findings = self._findings[prefix]
        if len(found) > 1 or (found and target.source is None and len(names) > 1):
            qualified = f"$sourceDescriptions.{found[0][0]}.{target.operation_id}"
            report = findings.error if len(found) > 1 else findings.warn
            report(
                target.place,
                "not-qualified",
                f"With several sources {target.operation_id!r} must name its own.",
                qualified,
            )
        elif not found and not any(problem.code == "missing-source" for problem in self.problems()):
            where = f"The source {names[0]!r} has" if len(names) == 1 else "No source has an"
            where = f"{where} no" if len(names) == 1 else where
            hint = f"$sourceDescriptions.{target.source}.{near}" if near and target.source else near
            findings.error(
                target.place,
                "unknown-operation",
                f"{where} operation {target.operation_id!r}.",
                hint,
            )
        return found[0] if len(found) == 1 else None

    def _candidates(self, prefix: str, target: OperationId) -> list[str]:
        document = self._documents[prefix]
        if target.source is not None:
            return [target.source]
        return [
            source.name
            for source in document.sources
            if source.type == "openapi"
            and not isinstance(self._sources.get(prefix + source.name), Document)
        ]

    def _operation_by_path(
        self, prefix: str, target: OperationPath
    ) -> tuple[str, Description, ApiOperation] | None:
        description = None
        if self._documents[prefix].source(target.source) is None:
            known = [source.name for source in self._documents[prefix].sources]
            self._findings[prefix].error(
                target.place,
                "unknown-source",
                f"There is no source {target.source!r}.",
                nearest(target.source, known),
            )
            return None
        description = self._source(prefix, target.source, target.place)
        if not isinstance(description, Description):
            return None
        operation = description.operation_at(target.pointer)
        if operation is None:
            self._findings[prefix].error(
                target.place,
                "unknown-operation",
                f"The source {target.source!r} has no operation at {target.text!r}.",
            )
            return None
        return target.source, description, operation


_NO_STEPS: tuple[tuple[()], tuple[()], tuple[()], dict[str, Parameter], dict[str, str]] = (
    (),
    (),
    (),
    {},
    {},
)


def _read_by(step: Step, actions: Iterable[Action]) -> Iterable[Expression]:
    """Give the expressions that are evaluated once a step has its answer."""
    for criterion in step.success_criteria or ():
        yield from expressions_in(criterion)
    for output in step.outputs:
        yield output.expression
    for action in actions:
        for expression, _ in action.references:
            yield expression


def _reads_only_body(expression: Expression) -> bool:
    is_response = isinstance(expression, Message) and expression.side == "response"
    return not is_response or (isinstance(expression, Message) and expression.part == "body")
