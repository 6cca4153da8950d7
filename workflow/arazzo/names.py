"""The names that a document gives, gathered once: tens of thousands of references ask for them."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from functools import cache

from workflow.arazzo.inputs import Inputs
from workflow.arazzo.model import Document, Step, Workflow


class DocumentNames:
    """Names of workflows and sources, and what each workflow declares."""

    def __init__(self, document: Document) -> None:
        self._components = dict(document.components.inputs)
        self._by_id: dict[str, Workflow] = {}
        for workflow in document.workflows:
            self._by_id.setdefault(workflow.workflow_id, workflow)
        self.workflows: AbstractSet[str] = self._by_id.keys()
        self.sources = frozenset(source.name for source in document.sources)
        self.outputs = cache(self._outputs)
        """Names of the outputs of the workflow of that id, which must be there."""
        self.inputs = cache(self._inputs)
        """Names of its inputs; None when any name is allowed."""

    def workflow(self, workflow_id: str) -> Workflow | None:
        """Return the workflow of that id."""
        return self._by_id.get(workflow_id)

    def _outputs(self, workflow_id: str) -> frozenset[str]:
        return frozenset(output.name for output in self._by_id[workflow_id].outputs)

    def _inputs(self, workflow_id: str) -> frozenset[str] | None:
        schema = self._by_id[workflow_id].inputs
        return Inputs.of(workflow_id, schema, self._components).declared()


class WorkflowNames:
    """Names of one workflow's steps, and of what they give."""

    def __init__(self, workflow: Workflow) -> None:
        self.steps: dict[str, Step] = {step.step_id: step for step in workflow.steps}
        self.positions = {step_id: at for at, step_id in enumerate(self.steps)}
        self.output_places = frozenset(output.place for output in workflow.outputs)
        self.outputs_of = cache(self._outputs_of)
        """Names of the outputs of the step of that id, which must be there."""

    def _outputs_of(self, step_id: str) -> frozenset[str]:
        return frozenset(output.name for output in self.steps[step_id].outputs)


def is_known(name: str, known: AbstractSet[str]) -> bool:
    """Whether a name, or what stands before one of its dots, is known."""
    if name in known:
        return True
    end = name.find(".")
    while end >= 0:
        if name[:end] in known:
            return True
        end = name.find(".", end + 1)
    return False
