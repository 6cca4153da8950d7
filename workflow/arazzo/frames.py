"""Moves between workflows: entering one, its dependencies, leaving it, handing over."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from workflow.arazzo import templates, validation
from workflow.arazzo.draft import Again, Draft, Leave, Next, Proceed, Returned, Visiting
from workflow.arazzo.plan import ActionPlan, WorkflowPlan
from workflow.arazzo.pointer import Missing
from workflow.arazzo.problems import InputError
from workflow.arazzo.scope import Scope, WorkflowRecord
from workflow.arazzo.state import Frame, Returns
from workflow.arazzo.templates import Lookup, Template, Unresolved
from workflow.arazzo.turns import Finished, Json, WorkflowEntered, WorkflowLeft
from workflow.text import safe

MOST_FRAMES: Final = 32
"""How deep workflows may call each other."""

WORK_OF_AN_ATTEMPT: Final = 50
"""So many comparisons of inputs with their schema count as one attempt more."""

_LONGEST = 200
"""Of a reason that is handed on, the end is kept: it says what happened."""


def enter(draft: Draft, label: str, inputs: Mapping[str, Json], returns: Returns) -> Next:
    """Begin a workflow with complete inputs."""
    outer = draft.frames[-1].path if draft.frames else ()
    return _begin(draft, label, inputs, returns, (*outer, label))


def enter_checked(draft: Draft, label: str, inputs: Mapping[str, Json], returns: Returns) -> Next:
    """Complete the inputs and begin a workflow; when that fails the top frame fails."""
    if len(draft.frames) >= MOST_FRAMES:
        return Leave("failed", f"workflows call each other more than {MOST_FRAMES} deep")
    try:
        complete = draft.plans[label].inputs.complete(inputs)
    except InputError as error:
        return Leave("failed", f"the workflow {label} was not started: {error}")
    draft.count(validation.done() // WORK_OF_AN_ATTEMPT)
    return enter(draft, label, complete, returns)


def enter_given(draft: Draft, label: str, returns: Returns) -> Next:
    """Begin a workflow with those of the top frame's inputs that it declares."""
    inputs = chosen(draft.plans[label], draft.frames[-1].inputs)
    return enter_checked(draft, label, inputs, returns)


def proceed(draft: Draft) -> Next:
    """Run the top frame's next dependency that has not run yet, or its first step."""
    frame = draft.frames[-1]
    for position, label in enumerate(frame.waits_for):
        record = draft.workflows.get(label)
        if record is None or not record.done:
            draft.frames[-1] = frame.waiting_for(frame.waits_for[position + 1 :])
            return enter_given(draft, label, "dependency")
    return Visiting(0)


def leave(draft: Draft, leaving: Leave) -> Next:
    """Take the top frame away and go back to what it was entered for."""
    frame, plan = draft.frames[-1], draft.plans[draft.frames[-1].label]
    outputs = _outputs(draft)
    draft.frames.pop()
    good = leaving.outcome != "failed" and not leaving.looping
    draft.record(frame.label, WorkflowRecord(frame.inputs, outputs, done=good))
    draft.facts.append(WorkflowLeft(frame.path, leaving.outcome))
    why = leaving.why
    reason = why if len(why) <= _LONGEST else f"… {why[-_LONGEST:]}"
    match frame.returns:
        case "root":
            step = plan.steps[frame.visit.step].step_id if frame.visit else None
            over = Finished(leaving.outcome, outputs, safe(why), step, leaving.looping)
            draft.ask(over, "over")
            return None
        case "step":
            failure = None if good else f"the workflow {frame.label} failed: {reason}"
            return Returned(outputs, failure)
        case "dependency":
            if good:
                _note_done(draft)
                return Proceed()
            return Leave("failed", f"{frame.label}, which runs first, failed: {reason}")
        case "retry":
            if good:
                return Again()
            return Leave("failed", f"{frame.label}, run before a retry, failed: {reason}")


def _note_done(draft: Draft) -> None:
    """Note that what the top frame waited for is done, though another workflow ended in its place.

    One that hands over is not done before the other is; it is not to run a second time.
    """
    frame = draft.frames[-1]
    needed = draft.plans[frame.label].depends_on
    label = needed[len(needed) - len(frame.waits_for) - 1]
    record = draft.workflows[label]
    if not record.done:
        draft.record(label, WorkflowRecord(record.inputs, record.outputs, done=True))


def hand_over(draft: Draft, action: ActionPlan, label: str, scope: Scope) -> Next:
    """Let another workflow take the top frame's place; there is no way back."""
    frame, plan = draft.frames[-1], draft.plans[label]
    try:
        inputs = {**chosen(plan, frame.inputs), **filled(action.inputs, scope.look)}
        complete = plan.inputs.complete(inputs)
    except (InputError, Unresolved) as error:
        return Leave("failed", f"the workflow {label} was not started: {error}")
    draft.count(validation.done() // WORK_OF_AN_ATTEMPT)
    draft.record(frame.label, WorkflowRecord(frame.inputs, _outputs(draft), done=False))
    draft.frames.pop()
    draft.facts.append(WorkflowLeft(frame.path, "ended"))
    return _begin(draft, label, complete, frame.returns, (*frame.path[:-1], label))


def _outputs(draft: Draft) -> dict[str, Json]:
    """Return the outputs of the top frame's workflow; one that has no value is null."""
    outputs: dict[str, Json] = {}
    scope = draft.scope()
    for name, expression in draft.plans[draft.frames[-1].label].outputs:
        value = scope.look(expression)
        outputs[name] = None if isinstance(value, Missing) else value
    return outputs


def chosen(plan: WorkflowPlan, inputs: Mapping[str, Json]) -> dict[str, Json]:
    """Return those inputs that a workflow declares."""
    declared = plan.inputs.declared()
    return {name: value for name, value in inputs.items() if declared is None or name in declared}


def filled(pairs: tuple[tuple[str, Template], ...], look: Lookup) -> dict[str, Json]:
    """Return inputs for another workflow; one that resolves to nothing is left to its default.

    Raises:
        Unresolved: an expression inside a text or a list leads nowhere.
    """
    found: dict[str, Json] = {}
    for name, template in pairs:
        value = templates.fill(template, look)
        if not isinstance(value, Missing):
            found[name] = value
    return found


def _begin(
    draft: Draft,
    label: str,
    inputs: Mapping[str, Json],
    returns: Returns,
    path: tuple[str, ...],
) -> Next:
    draft.frames.append(Frame(label, path, inputs, returns, draft.plans[label].depends_on))
    draft.record(label, WorkflowRecord(inputs, {}, done=False))
    draft.facts.append(WorkflowEntered(path))
    return Proceed()
