"""The interpreter: from a state and an answer to the next turn.

The moves themselves are in :mod:`workflow.arazzo.steps` and :mod:`workflow.arazzo.frames`; here
is the loop that does one after the other until something has to be asked of the world.
"""

from __future__ import annotations

from workflow.arazzo import frames, steps
from workflow.arazzo.draft import (
    Again,
    Attempt,
    Draft,
    Leave,
    Next,
    Plans,
    Proceed,
    Returned,
    Visiting,
)
from workflow.arazzo.patterns import begin_turn
from workflow.arazzo.state import State
from workflow.arazzo.turns import Answer, Call, Elapsed, Json, Turn


def start(plans: Plans, label: str, inputs: dict[str, Json]) -> Turn[State]:
    """Begin the outermost workflow with complete inputs."""
    draft = Draft(plans, None)
    return _run(draft, frames.enter(draft, label, inputs, "root"))


def advance(plans: Plans, state: State, answer: Answer) -> Turn[State]:
    """Take the answer to the state's command.

    Raises:
        TypeError: the answer does not fit the command.
    """
    if state.phase == "over":
        return Turn(state, state.command, (), new_step=False)
    begin_turn()
    draft = Draft(plans, state)
    return _run(draft, _answered(draft, state, answer))


def _answered(draft: Draft, state: State, answer: Answer) -> Next:
    if isinstance(state.command, Call):
        if isinstance(answer, Elapsed):
            raise TypeError("a Call is answered by a Response or a NoResponse")
        return steps.judge(draft, state.command, answer)
    if not isinstance(answer, Elapsed):
        raise TypeError("a Wait is answered by Elapsed")
    match state.phase:
        case "retry-workflow":
            return steps.retry(draft, None, state.target)
        case "retry-step":
            return steps.retry(draft, state.target, None)
        case _:
            return Attempt()


def _run(draft: Draft, todo: Next) -> Turn[State]:
    while todo is not None:
        match todo:
            case Visiting(position):
                todo = steps.visit(draft, position)
            case Attempt():
                todo = steps.attempt(draft)
            case Again():
                todo = steps.again(draft)
            case Returned():
                todo = steps.returned(draft, todo)
            case Leave():
                todo = frames.leave(draft, todo)
            case Proceed():
                todo = frames.proceed(draft)
    return draft.turn()
