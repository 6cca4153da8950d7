"""A turn in the making.

A :class:`Draft` takes a state apart into things that can be changed, for the length of one turn,
and puts the new state together at the end. The old state is never touched, so that advancing it
again gives the same turn. What is to be done next within the turn is said by small values
(:data:`Next`), which keeps the moves free of recursion.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from workflow.arazzo.plan import StepPlan, WorkflowPlan
from workflow.arazzo.scope import Scope, WorkflowRecord
from workflow.arazzo.state import Frame, Phase, State
from workflow.arazzo.turns import (
    Call,
    CallKey,
    Command,
    CriterionNote,
    Fact,
    Json,
    Response,
    Result,
    Turn,
)
from workflow.text import safe

Plans: TypeAlias = Mapping[str, WorkflowPlan]


@dataclass(frozen=True, slots=True)
class Proceed:
    """Run the top frame's next dependency, or its first step."""


@dataclass(frozen=True, slots=True)
class Visiting:
    """Enter a step of the top frame."""

    position: int


@dataclass(frozen=True, slots=True)
class Attempt:
    """Send the request of the step at hand, or start its workflow."""


@dataclass(frozen=True, slots=True)
class Again:
    """Attempt the step at hand once more."""


@dataclass(frozen=True, slots=True)
class Returned:
    """The workflow that the step at hand ran is over."""

    outputs: Mapping[str, Json]
    failure: str | None


@dataclass(frozen=True, slots=True)
class Leave:
    """Take the top frame away."""

    outcome: Result
    why: str
    looping: bool = False


Next: TypeAlias = Proceed | Visiting | Attempt | Again | Returned | Leave | None
"""What to do now; None when the turn's command is known."""


class Draft:
    """The changeable insides of one turn."""

    __slots__ = (
        "_command",
        "_phase",
        "_target",
        "answered",
        "attempts",
        "facts",
        "frames",
        "new_step",
        "notes",
        "plans",
        "unpaced",
        "visits",
        "workflows",
    )

    def __init__(self, plans: Plans, state: State | None) -> None:
        self.plans = plans
        self.frames: list[Frame] = list(state.frames) if state else []
        self.visits = state.visits if state else {}
        self.workflows = state.workflows if state else {}
        self.unpaced = state.unpaced if state else 0
        self.attempts = 0
        """Those of this turn."""
        self.answered: Response | None = None
        """What this turn began with; a workflow that ends does so in the turn of its last call."""
        self.facts: list[Fact] = []
        self.notes: list[str] = []
        self.new_step = False
        self._command: Command | None = None
        self._phase: Phase = "call"
        self._target: str | None = None

    def count(self, attempts: int) -> None:
        """Count attempts, or work that costs as much."""
        self.unpaced += attempts
        self.attempts += attempts

    def ask(self, command: Command, phase: Phase, target: str | None = None) -> None:
        """Settle what the driver is asked to do, and what follows its answer."""
        self._command, self._phase, self._target = command, phase, target

    def turn(self) -> Turn[State]:
        """Put the new state together."""
        command = self._command
        if command is None:
            raise AssertionError("the turn ended without a command")
        state = State(
            tuple(self.frames),
            command,
            self._phase,
            self._target,
            self.visits,
            self.workflows,
            self.unpaced,
        )
        return Turn(state, command, tuple(self.facts), self.new_step)

    def step(self) -> StepPlan:
        """Return the step that the top frame is at."""
        frame = self.frames[-1]
        if frame.visit is None:
            raise AssertionError("the frame is at no step")
        return self.plans[frame.label].steps[frame.visit.step]

    def key(self) -> CallKey:
        """Return the key of the top frame's visit and attempt."""
        frame = self.frames[-1]
        visit = frame.visit
        if visit is None:
            raise AssertionError("the frame is at no step")
        step = self.plans[frame.label].steps[visit.step]
        return CallKey(frame.path, step.step_id, visit.number, visit.attempt)

    def scope(
        self,
        call: Call | None = None,
        response: Response | None = None,
        called: Mapping[str, Json] | None = None,
    ) -> Scope:
        """Return what the top frame has in sight."""
        frame = self.frames[-1]
        return Scope(
            self.plans[frame.label],
            frame.inputs,
            frame.results,
            self.workflows,
            call,
            response,
            called,
        )

    def record(self, label: str, record: WorkflowRecord) -> None:
        """Note how a workflow stands, for expressions that name it."""
        self.workflows = {**self.workflows, label: record}

    def tell_notes(self, key: CallKey, *, quiet: bool = False) -> None:
        """Turn what could not be evaluated into facts; without a response it is no news."""
        if self.notes:
            if not quiet:
                self.facts += [CriterionNote(key, safe(note)) for note in self.notes]
            self.notes.clear()
