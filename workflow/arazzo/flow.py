"""Where control can go between the steps of a workflow.

The steps and their gotos are a graph. From it come three things: steps that nothing leads to,
loops that nothing leads out of, and for each step whether it can come back to itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from workflow.arazzo.model import Action, Workflow


@dataclass(frozen=True, slots=True)
class Flow:
    """The ways out of each step of one workflow, by step id."""

    edges: Mapping[str, frozenset[str]]
    """Steps that may come directly after."""
    leaves: frozenset[str]
    """Steps after which the workflow may be over, by success or by an action that says so."""
    rounds: Mapping[str, int]
    """A number for each step, the same for steps that lead to each other."""

    def reachable(self, start: str) -> frozenset[str]:
        """Return every step that may come after `start`."""
        return _closure(self.edges.get(start, frozenset()), self.edges)

    def loops(self, step_id: str) -> bool:
        """Whether a step may come after itself."""
        return any(self.is_round(step_id, target) for target in self.edges.get(step_id, ()))

    def is_round(self, step_id: str, target: str) -> bool:
        """Whether going from a step to a target leads back to the step."""
        here = self.rounds.get(step_id)
        return here is not None and here == self.rounds.get(target)

    def unreachable(self, first: str) -> frozenset[str]:
        """Return the steps that can never be entered."""
        return frozenset(self.edges) - self.reachable(first) - {first}

    def endless(self) -> frozenset[str]:
        """Return the steps after which the workflow is never over, but by failing."""
        return frozenset(self.edges) - _closure(self.leaves, _reversed(self.edges))


class Before:
    """Which steps may have run when a step begins, retries' stand-ins included."""

    def __init__(self, workflow: Workflow, flow: Flow) -> None:
        self._workflow = workflow
        self._flow = flow
        self.of = cache(self._of)
        """The steps that may have run before the one of that id."""
        self._back = cache(self._reversed)

    def _of(self, step_id: str) -> frozenset[str]:
        back = self._back()
        return _closure(back.get(step_id, ()), back)

    def _reversed(self) -> dict[str, frozenset[str]]:
        edges = {step: set(targets) for step, targets in self._flow.edges.items()}
        for step in self._workflow.steps:
            for action in self._workflow.after_failure(step):
                if action.type == "retry" and action.step in edges:
                    edges[step.step_id].add(action.step)
                    edges[action.step].add(step.step_id)
        return _reversed(edges)


def _reversed(edges: Mapping[str, Iterable[str]]) -> dict[str, frozenset[str]]:
    back: dict[str, set[str]] = {step: set() for step in edges}
    for step, targets in edges.items():
        for target in targets:
            if target in back:
                back[target].add(step)
    return {step: frozenset(before) for step, before in back.items()}


def flow_of(workflow: Workflow) -> Flow:
    """Return the graph of a workflow."""
    edges: dict[str, frozenset[str]] = {}
    leaves: set[str] = set()
    for position, step in enumerate(workflow.steps):
        targets: set[str] = set()
        after_success = workflow.after_success(step)
        over = _follow(after_success, targets)
        over |= _follow(workflow.after_failure(step), targets)
        if all(action.criteria for action in after_success):
            if position + 1 < len(workflow.steps):
                targets.add(workflow.steps[position + 1].step_id)
            else:
                over = True
        if over:
            leaves.add(step.step_id)
        for action in workflow.after_failure(step):
            if action.type == "retry":
                targets.add(step.step_id)
        edges[step.step_id] = frozenset(targets)
    return Flow(edges, frozenset(leaves), _rounds(edges))


def _follow(actions: Iterable[Action], targets: set[str]) -> bool:
    """Add the steps that actions go to; return whether one of them ends or leaves."""
    over = False
    for action in actions:
        if action.type == "goto" and action.step is not None:
            targets.add(action.step)
        over |= action.type == "end" or (action.type == "goto" and action.workflow is not None)
    return over


def _closure(start: Iterable[str], edges: Mapping[str, frozenset[str]]) -> frozenset[str]:
    found: set[str] = set()
    waiting = list(start)
    while waiting:
        step = waiting.pop()
        if step not in found:
            found.add(step)
            waiting.extend(edges.get(step, ()))
    return frozenset(found)


def _rounds(edges: Mapping[str, frozenset[str]]) -> dict[str, int]:
    """Number the strongly connected components (Tarjan's algorithm, without recursion)."""
    number: dict[str, int] = {}
    low: dict[str, int] = {}
    open_steps: list[str] = []
    found: dict[str, int] = {}
    for start in edges:
        if start in number:
            continue
        path = [(start, iter(edges[start]))]
        number[start] = low[start] = len(number)
        open_steps.append(start)
        while path:
            step, targets = path[-1]
            target = next(targets, None)
            if target is None:
                path.pop()
                if path:
                    low[path[-1][0]] = min(low[path[-1][0]], low[step])
                if low[step] == number[step]:
                    while found.get(step) is None:
                        found[open_steps.pop()] = number[step]
            elif target not in number:
                if target in edges:
                    number[target] = low[target] = len(number)
                    open_steps.append(target)
                    path.append((target, iter(edges[target])))
            elif target not in found:
                low[step] = min(low[step], number[target])
    return found
