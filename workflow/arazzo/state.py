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


@dataclass(frozen=True, slots=True)
class Visit:
    """One visit of a step: which, the how-manieth, and its attempts so far."""

    step: int
    number: int
    attempt: int = 1
    retries: Retries = ()

    def used(self, action: str) -> int:
        """Return how often an action has retried this visit."""
        return next((count for name, count in self.retries if name == action), 0)


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
    results: Mapping[str, Mapping[str, Json]] = field(default_factory=dict, repr=False)
    """Each step's latest outputs."""
    interrupted: Visit | None = None
    """The visit that a retry's target step stands in for."""


Phase = Literal["call", "attempt", "retry-step", "retry-workflow", "over"]
"""What follows the answer: judge it, attempt the step (again), run a retry's target, nothing."""


@dataclass(frozen=True, slots=True)
class State:
    """A run between two turns."""

    frames: tuple[Frame, ...]
    command: Command
    phase: Phase
    target: str | None
    """After a wait, the label or step that the retry runs first."""
    visits: Mapping[tuple[str, ...], int] = field(repr=False)
    """How often each step has been entered, by its workflows' labels and its id."""
    workflows: Mapping[str, WorkflowRecord] = field(repr=False)
    unpaced: int = 0
    """Steps attempted since the last answered call."""
