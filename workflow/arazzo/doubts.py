"""What is allowed in a document and probably not meant: odd pointers, odd flow."""

from __future__ import annotations

import re

from workflow.arazzo.expressions import Expression
from workflow.arazzo.flow import Flow
from workflow.arazzo.model import Workflow
from workflow.arazzo.pointer import print_pointer
from workflow.arazzo.problems import Findings, Place

_POSITION = re.compile(r"([^/~\[\]]+)\[([0-9]{1,9})\]\Z")


def doubt_pointer(expression: Expression, place: Place, findings: Findings) -> None:
    """Doubt a pointer with a position in brackets: ``#/list[0]`` names a member ``list[0]``."""
    text = right = str(expression)
    for token in getattr(expression, "pointer", None) or ():
        if found := _POSITION.match(token):
            right = right.replace(print_pointer((token,)), f"/{found[1]}/{found[2]}")
    if right != text:
        findings.warn(
            place, "expression", f"In {text} a position must be a part of its own.", right
        )


def check_flow(workflow: Workflow, flow: Flow, findings: Findings) -> None:
    """Doubt steps that nothing leads to, and loops that nothing leads out of."""
    if not workflow.steps:
        return
    unreachable = flow.unreachable(workflow.steps[0].step_id)
    endless = flow.endless() - unreachable
    retried = {
        action.step
        for step in workflow.steps
        for action in workflow.after_failure(step)
        if action.type == "retry"
    }
    told = False
    for step in workflow.steps:
        if step.step_id in unreachable and step.step_id not in retried:
            findings.warn(step.place, "unreachable", f"Nothing leads to the step {step.step_id!r}.")
        elif step.step_id in endless and flow.loops(step.step_id) and not told:
            told = True
            findings.warn(
                step.place,
                "endless-loop",
                f"From {step.step_id!r} the workflow only goes round; it ends by failing. "
                "Give a way out: an action of type end with criteria.",
            )
