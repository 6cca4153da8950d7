"""Joining a document with its sources: from what steps name to what they mean.

Starting from the workflows asked for, every operation, workflow and parameter they reach is
looked up; what is wrong is reported at its place in the document that says it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress

from workflow.arazzo.calls import CallLinker
from workflow.arazzo.criteria import expressions_in
from workflow.arazzo.expressions import Expression, Message
from workflow.arazzo.flow import Flow, flow_of
from workflow.arazzo.inputs import Inputs
from workflow.arazzo.lookup import Lookup, Sources
from workflow.arazzo.model import Action, Document, Step, Workflow, WorkflowTarget
from workflow.arazzo.plan import ActionPlan, CallPlan, StepPlan, SubPlan, WorkflowPlan
from workflow.arazzo.problems import Enough, Problem, nearest


class Linker:
    """Links workflows of one document and of those that it leads to."""

    def __init__(self, document: Document, sources: Sources) -> None:
        self._lookup = Lookup(document, sources)
        self._waiting: list[tuple[str, str]] = []
        self._declared: dict[str, frozenset[str] | None] = {}
        """Names of the inputs of workflows that steps run, by label."""
        self.plans: dict[str, WorkflowPlan] = {}

    @property
    def used(self) -> dict[str, str]:
        """Digests of the sources that were looked into, by name."""
        return self._lookup.used

    def problems(self) -> tuple[Problem, ...]:
        """Return what was found, document by document."""
        return self._lookup.problems()

    def link(self, workflow_ids: Iterable[str]) -> None:
        """Make plans for workflows of the main document and all that they reach."""
        self._waiting += [("", workflow_id) for workflow_id in workflow_ids]
        with suppress(Enough):  # what was found by then is what `problems` gives
            self._link()

    def _link(self) -> None:
        while self._waiting:
            prefix, workflow_id = self._waiting.pop(0)
            workflow = self._lookup.workflow_of(prefix, workflow_id)
            if workflow is not None and prefix + workflow_id not in self.plans:
                self.plans[prefix + workflow_id] = self._plan(prefix, workflow)

    def _plan(self, prefix: str, workflow: Workflow) -> WorkflowPlan:
        document = self._lookup.document(prefix)
        flow = flow_of(workflow)
        positions = {step.step_id: at for at, step in reversed([*enumerate(workflow.steps)])}
        depends_on = (self._label(prefix, target) for target in workflow.depends_on)
        return WorkflowPlan(
            label=prefix + workflow.workflow_id,
            prefix=prefix,
            workflow_id=workflow.workflow_id,
            inputs=_inputs_of(document, workflow),
            depends_on=tuple(dict.fromkeys(found for found in depends_on if found is not None)),
            steps=tuple(
                planned
                for step in workflow.steps
                if (planned := self._step(prefix, workflow, step, positions, flow)) is not None
            ),
            outputs=tuple((output.name, output.expression) for output in workflow.outputs),
            parameters=document.components.parameters,
            source_urls={source.name: source.url for source in document.sources},
        )

    def _label(self, prefix: str, target: WorkflowTarget) -> str | None:
        """Return the label of the workflow that is meant, and see that it is linked."""
        found = self._lookup.workflow(prefix, target)
        if found is None:
            return None
        self._waiting.append(found)
        return "".join(found)

    def _step(
        self, prefix: str, workflow: Workflow, step: Step, positions: Mapping[str, int], flow: Flow
    ) -> StepPlan | None:
        work = self._work(prefix, workflow, step)
        after_success = workflow.after_success(step)
        after_failure = workflow.after_failure(step)
        on_success = tuple(self._action(prefix, positions, action) for action in after_success)
        on_failure = tuple(self._action(prefix, positions, action) for action in after_failure)
        if work is None:
            return None
        return StepPlan(
            step_id=step.step_id,
            position=positions[step.step_id],
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
        if step.target is None:
            return None
        if isinstance(step.target, WorkflowTarget):
            return self._sub(prefix, step.target, workflow, step)
        found = self._lookup.operation(prefix, step.target)
        if found is None:
            return None
        findings = self._lookup.findings(prefix)
        linker = CallLinker(found.source, found.description, found.operation, findings)
        return linker.link(step, workflow.parameters)

    def _sub(
        self, prefix: str, target: WorkflowTarget, workflow: Workflow, step: Step
    ) -> SubPlan | None:
        """Return a sub-workflow's inputs: the step's parameters over those of the workflow."""
        found = self._lookup.workflow(prefix, target)
        label = self._label(prefix, target)
        if found is None or label is None:
            return None
        declared = self._inputs_declared(found)
        values = {
            parameter.name: parameter.value
            for parameter in workflow.parameters
            if declared is None or parameter.name in declared
        }
        for parameter in step.parameters:
            if declared is not None and parameter.name not in declared:
                self._lookup.findings(prefix).error(
                    parameter.place,
                    "unknown-input",
                    f"The workflow {label!r} has no input {parameter.name!r}.",
                    nearest(parameter.name, declared),
                )
            values[parameter.name] = parameter.value
        return SubPlan(label, tuple(values.items()))

    def _inputs_declared(self, found: tuple[str, str]) -> frozenset[str] | None:
        """Return the names of the inputs of a workflow; None when any name is allowed."""
        label = "".join(found)
        if label not in self._declared:
            document = self._lookup.document(found[0])
            workflow = self._lookup.workflow_of(*found)
            declared = None if workflow is None else _inputs_of(document, workflow).declared()
            self._declared[label] = declared
        return self._declared[label]

    def _action(self, prefix: str, positions: Mapping[str, int], action: Action) -> ActionPlan:
        label = None if action.workflow is None else self._label(prefix, action.workflow)
        return ActionPlan(
            name=action.name,
            type=action.type,
            step=None if action.step is None else positions.get(action.step),
            workflow=label,
            target=action.step or label,
            retry_after=action.retry_after,
            retry_limit=action.retry_limit,
            criteria=action.criteria,
            inputs=tuple((parameter.name, parameter.value) for parameter in action.parameters),
        )


def _inputs_of(document: Document, workflow: Workflow) -> Inputs:
    return Inputs.of(workflow.workflow_id, workflow.inputs, document.components.inputs)


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
    if not isinstance(expression, Message):
        return True
    return expression.side == "request" or expression.part == "body"
