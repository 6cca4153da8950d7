"""What a workflow would send, as far as that can be known before anything is answered.

What only an answer can tell stands in the requests as the expression that will give it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import quote

from workflow.arazzo.expressions import Expression, Named
from workflow.arazzo.frames import chosen, filled
from workflow.arazzo.plan import CallPlan, WorkflowPlan
from workflow.arazzo.pointer import Missing, Value
from workflow.arazzo.requests import build_request
from workflow.arazzo.scope import Scope
from workflow.arazzo.templates import Unresolved
from workflow.arazzo.turns import Json, Operation, Request

MOST_STEPS: Final = 500
"""How many steps are looked at; workflows may call each other many times."""


@dataclass(frozen=True, slots=True)
class Foreseen:
    """One step, in the order of the document; whether it is reached is not said."""

    step: str
    """Its id, for a step of another workflow with what leads there in front: ``a/b``."""
    operation: Operation | None
    """None when the step runs a workflow that is not looked into."""
    request: Request | None
    """None when nothing could be sent; `why_not` says why."""
    unknown: bool
    """Something in it depends on an answer."""
    why_not: str = ""


def foresee(
    plans: Mapping[str, WorkflowPlan], label: str, inputs: Mapping[str, Json]
) -> tuple[Foreseen, ...]:
    """Return the steps of a workflow and of those that it runs, with complete inputs."""
    found: list[Foreseen] = []
    for step in _steps(plans, label, inputs, (label,), ""):
        found.append(step)
        if len(found) == MOST_STEPS:
            break
    return tuple(found)


class _Looking:
    """Looks expressions up; notes those that have no value yet, and lets them stand."""

    def __init__(self, plan: WorkflowPlan, inputs: Mapping[str, Json]) -> None:
        self._scope = Scope(plan, inputs, {}, {})
        self.standing: set[str] = set()

    def look(self, expression: Expression) -> Value:
        value = self._scope.look(expression)
        if not isinstance(value, Missing) or isinstance(expression, Named):
            return value
        self.standing.add(f"{{{expression}}}")
        return f"{{{expression}}}"

    def readable(self, text: str) -> str:
        """Undo the percent-encoding of what stands for a value."""
        for each in self.standing:
            text = text.replace(quote(each, safe=""), each)
        return text


def _steps(
    plans: Mapping[str, WorkflowPlan],
    label: str,
    inputs: Mapping[str, Json],
    within: tuple[str, ...],
    before: str,
) -> Iterator[Foreseen]:
    plan = plans[label]
    for other in plan.depends_on:
        given = plans[other].inputs.filled(chosen(plans[other], inputs))
        if other not in within:
            yield from _steps(plans, other, given, (*within, other), f"{before}{other}/")
    for step in plan.steps:
        name = before + step.step_id
        looking = _Looking(plan, inputs)
        if isinstance(step.work, CallPlan):
            yield _call(name, step.work, looking)
            continue
        other = step.work.workflow
        if other in within:
            yield Foreseen(name, None, None, unknown=True, why_not=f"it runs {other} again")
            continue
        try:
            given = plans[other].inputs.filled(filled(step.work.inputs, looking.look))
        except Unresolved as error:
            yield Foreseen(name, None, None, unknown=False, why_not=str(error))
            continue
        yield from _steps(plans, other, given, (*within, other), f"{name}/")


def _call(name: str, work: CallPlan, looking: _Looking) -> Foreseen:
    try:
        request = build_request(work, looking.look)
    except Unresolved as error:
        return Foreseen(name, work.operation, None, unknown=False, why_not=str(error))
    readable = replace(
        request,
        path=looking.readable(request.path),
        query_text=looking.readable(request.query_text),
    )
    return Foreseen(name, work.operation, readable, unknown=bool(looking.standing))
