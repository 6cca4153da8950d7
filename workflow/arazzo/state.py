"""Where a run of a program stands: immutable, small, and all there is.

A state is a stack of frames, one for each workflow that is under way, and the command that the
driver has been given. Nothing else is remembered between two turns.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from workflow.arazzo.scope import WorkflowRecord
from workflow.arazzo.turns import Command, Json

Returns = Literal["root", "step", "retry", "dependency"]
"""What a frame was entered for, and so where control goes when it is left."""

Retries: TypeAlias = tuple[tuple[str, int], ...]
"""How often each retry action has been used in this visit."""

Results: TypeAlias = Mapping[str, Mapping[str, Json]]
"""Each step's latest outputs."""


@dataclass(frozen=True, slots=True)
class Visit:
    """One visit of a step: which, the how-manieth, and its attempts so far."""

    step: int
    """Position in the workflow, from 0."""
    number: int
    attempt: int = 1
    retries: Retries = ()

    def used(self, action: str) -> int:
        """Return how often an action has retried this visit."""
        return next((count for name, count in self.retries if name == action), 0)

    def counting(self, action: str) -> Visit:
        """Return the visit with one more retry by an action."""
        others = tuple(item for item in self.retries if item[0] != action)
        retries = (*others, (action, self.used(action) + 1))
        return Visit(self.step, self.number, self.attempt, retries)

    def again(self) -> Visit:
        """Return the visit at its next attempt."""
        return Visit(self.step, self.number, self.attempt + 1, self.retries)


@dataclass(frozen=True, slots=True)
class Frame:
    """A workflow under way."""

    label: str
    """Of its plan."""
    path: tuple[str, ...]
    """Labels from the outermost workflow to this one."""
    inputs: Mapping[str, Json] = field(repr=False)
    returns: Returns
    waits_for: tuple[str, ...] = ()
    """Dependencies that have not run yet."""
    visit: Visit | None = None
    """None before the first step."""
    results: Results = field(default_factory=dict, repr=False)
    interrupted: Visit | None = None
    """The visit that a retry's target step stands in for."""

    # `dataclasses.replace` would do, at eight times the cost; a poll needs two of these.

    def at(self, visit: Visit | None, interrupted: Visit | None) -> Frame:
        """Return the frame at another visit."""
        return Frame(
            self.label,
            self.path,
            self.inputs,
            self.returns,
            self.waits_for,
            visit,
            self.results,
            interrupted,
        )

    def knowing(self, results: Results) -> Frame:
        """Return the frame with other results."""
        return Frame(
            self.label,
            self.path,
            self.inputs,
            self.returns,
            self.waits_for,
            self.visit,
            results,
            self.interrupted,
        )

    def waiting_for(self, labels: tuple[str, ...]) -> Frame:
        """Return the frame with other dependencies to run."""
        return Frame(self.label, self.path, self.inputs, self.returns, labels)


Phase = Literal["call", "attempt", "retry-step", "retry-workflow", "over"]
"""What follows the answer: judge it, attempt the step (again), run a retry's target, nothing."""


@dataclass(frozen=True, slots=True)
class State:
    """A run between two turns."""

    frames: tuple[Frame, ...]
    command: Command
    phase: Phase
    target: str | None
    """After a wait, the step or the workflow's label that the retry runs first."""
    visits: Mapping[tuple[str, ...], int] = field(repr=False)
    """How often each step has been entered, by its workflows' labels and its id."""
    workflows: Mapping[str, WorkflowRecord] = field(repr=False)
    unpaced: int = 0
    """Steps attempted since the last answered call."""
