"""Workflows that wait for themselves, and workflows that call themselves."""

from __future__ import annotations

from collections.abc import Mapping

from workflow.arazzo.model import Document, WorkflowTarget
from workflow.arazzo.problems import Findings


def check_circles(document: Document, findings: Findings) -> None:
    """Report dependencies that wait for each other, and workflows that call themselves."""
    needs: dict[str, list[WorkflowTarget]] = {}
    calls: dict[str, list[WorkflowTarget]] = {}
    for workflow in document.workflows:
        needs[workflow.workflow_id] = list(workflow.depends_on)
        calls[workflow.workflow_id] = [
            step.target for step in workflow.steps if isinstance(step.target, WorkflowTarget)
        ]
    for target in _circular(needs):
        findings.error(
            target.place,
            "cycle",
            f"'dependsOn' goes in a circle: {target.workflow_id!r} waits for itself.",
        )
    for target in _circular(calls):
        findings.warn(
            target.place,
            "cycle",
            f"The workflow {target.workflow_id!r} calls itself; a run fails when it is too deep.",
        )


def _circular(edges: Mapping[str, list[WorkflowTarget]]) -> list[WorkflowTarget]:
    """Return, for each circle of local targets, one that closes it."""
    closing: list[WorkflowTarget] = []
    state: dict[str, bool] = {}
    for start in edges:
        if start in state:
            continue
        state[start] = False
        stack = [(start, iter(edges[start]))]
        while stack:
            name, targets = stack[-1]
            target = next(targets, None)
            if target is None:
                state[name] = True
                stack.pop()
            elif target.source is None and target.workflow_id in edges:
                known = state.get(target.workflow_id)
                if known is False:
                    closing.append(target)
                elif known is None:
                    state[target.workflow_id] = False
                    stack.append((target.workflow_id, iter(edges[target.workflow_id])))
    return closing
