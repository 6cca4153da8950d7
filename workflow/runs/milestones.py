"""At which turns of a machine a checkpoint is needed, so that a run goes on where it was.

At each new step; before a call that must not be sent twice, since only its checkpoint tells that
it may have been; and when a wait begins. A step that comes back to itself with a call that is
safe to send again needs none: the checkpoint of an earlier visit has the same call pending. One a
minute keeps what it holds (outputs, how often) from growing old.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, TypeAlias

from workflow.arazzo.state import State
from workflow.arazzo.turns import Call, Finished, Turn
from workflow.clock import Clock
from workflow.runs import plain

EVERY: Final = 60.0
"""Seconds between two checkpoints of a step that comes back to itself."""

_Place: TypeAlias = tuple[tuple[str, ...], str]


@dataclass(slots=True)
class Milestones:
    """Looks at each turn of one machine, in order."""

    clock: Clock
    _safe_at: _Place | None = field(default=None, init=False)
    """The step whose safe call was pending at the turn before."""
    _saved: float = field(default=0.0, init=False)

    def pass_by(self, turn: Turn[State]) -> bool:
        """Say whether a checkpoint is to be written at this turn, before its command is obeyed."""
        command, before, now = turn.command, self._safe_at, self.clock.monotonic()
        if isinstance(command, Finished):
            return False
        place = (command.key.frames, command.key.step)
        safe = isinstance(command, Call) and command.operation.method in plain.SAFE
        self._safe_at = place if safe else None
        if safe and not turn.new_step:
            return False  # taken up, or attempted after a wait
        if safe and place == before and now - self._saved < EVERY:
            return False
        self._saved = now
        return True
