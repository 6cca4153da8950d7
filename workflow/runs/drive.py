"""The loop that runs a machine: write down what happened, obey, answer, again.

Where a turn needs a checkpoint (:mod:`~workflow.runs.milestones`), it and the turn's facts are in
the journal before the command is obeyed; other facts are written in their turn. After a restart a
call that must not be sent twice goes to :meth:`~workflow.runs.caller.Caller.recover`, never to a
second send.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, TypeAlias

from workflow.arazzo import turns
from workflow.arazzo.program import Program
from workflow.arazzo.state import State
from workflow.arazzo.turns import (
    Answer,
    Call,
    Elapsed,
    Finished,
    Json,
    NoResponse,
    Response,
    Turn,
    Wait,
)
from workflow.clock import Clock
from workflow.runs.caller import Caller, Over
from workflow.runs.deadline import Deadline, DeadlinePassedError, sleep_until
from workflow.runs.events import Fact, StepFinished, StepStarted, Warned
from workflow.runs.ledger import Voice
from workflow.runs.milestones import Milestones
from workflow.runs.verdict import Judgement

Save: TypeAlias = Callable[[Json, datetime | None], Json]
"""Makes a checkpoint of what the machine dumped and of when its wait is over."""

_NOTHING_CAME: Final = NoResponse("stopped", "the run was over")
_MOST_FAILURES: Final = 50
"""How many failure actions are followed for the sake of the outputs."""


@dataclass(frozen=True, slots=True)
class Stopped:
    """The run is over although its machine is not."""

    judgement: Judgement | None
    """None: its deadline has passed."""
    outputs: dict[str, Json] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Driver:
    """Runs one machine to its end."""

    program: Program
    caller: Caller
    voice: Voice
    deadline: Deadline
    clock: Clock
    save: Save

    async def drive(
        self, turn: Turn[State], *, until: datetime | None = None, again: bool = False
    ) -> Finished | Stopped:
        """Obey and answer from `turn` on.

        Args:
            turn: the machine's first turn, or the one it was loaded with.
            until: when a loaded machine's wait is over.
            again: the machine was loaded; what it waits for may have been sent already.
        """
        ms: int | None = None
        milestones = Milestones(self.clock)
        while not isinstance(turn.command, Finished):
            wait = turn.command if isinstance(turn.command, Wait) else None
            if wait is not None and until is None:
                until = self.clock.now() + timedelta(seconds=wait.seconds)
            if milestones.pass_by(turn):
                saved = self.save(self.program.dump(turn.state), until)
                await self.voice.tell(*facts(turn.facts, ms), checkpoint=saved)
            else:  # a safe step again: nothing hangs on its facts' being written first
                for fact in facts(turn.facts, ms):
                    self.voice.note(fact)
            try:
                answer, ms = await self._obey(turn, until, again=again)
            except Over as over:
                return Stopped(over.judgement, outputs_so_far(self.program, turn))
            except DeadlinePassedError:
                return Stopped(None, outputs_so_far(self.program, turn))
            turn, until, again = self.program.advance(turn.state, answer), None, False
        await self.voice.tell(*facts(turn.facts, ms))
        return turn.command

    async def _obey(
        self, turn: Turn[State], until: datetime | None, *, again: bool
    ) -> tuple[Answer, int | None]:
        if not isinstance(turn.command, Call):
            await self.deadline.within(sleep_until(self.clock, until or self.clock.now()))
            return Elapsed(), None

        def foresee(answer: Response) -> Json:
            return self.save(
                self.program.dump(self.program.advance(turn.state, answer).state), None
            )

        ask = self.caller.recover if again else self.caller.answer
        reply = await ask(turn.command, foresee)
        return reply.answer, reply.ms


def facts(machine: Iterable[turns.Fact], ms: int | None) -> Iterator[Fact]:
    """Turn what the machine tells into facts of the run; `ms` is the last request's time."""
    for fact in machine:
        match fact:
            case turns.StepStarted(key=key, position=position, count=count):
                yield StepStarted(key.name, key.visit, position, count)
            case turns.StepFinished(key=key, status=status, succeeded=succeeded):
                yield StepFinished(key.name, key.visit, succeeded, status, ms)
            case turns.CriterionNote(key=key, text=text) if key.visit == 1:
                yield Warned("workflow", text)
            case _:
                pass  # what it leads to is told by the steps; a note is told once


def outputs_so_far(program: Program, turn: Turn[State]) -> dict[str, Json]:
    """Return the outputs of a run that is over before its machine, null where there is none yet.

    The machine is asked what it would give if nothing more were answered; nothing is sent for it.
    """
    for _ in range(_MOST_FAILURES):
        if isinstance(turn.command, Finished):
            return turn.command.outputs
        answer = _NOTHING_CAME if isinstance(turn.command, Call) else Elapsed()
        turn = program.advance(turn.state, answer)
    return dict.fromkeys(program.outputs)
