"""Moves within a workflow: visiting a step, judging its answer, acting on the judgement."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from workflow.arazzo import frames, judging
from workflow.arazzo.draft import Again, Attempt, Draft, Leave, Next, Returned, Visiting
from workflow.arazzo.plan import ActionPlan, CallPlan, StepPlan
from workflow.arazzo.pointer import Missing
from workflow.arazzo.requests import build_request
from workflow.arazzo.scope import Scope
from workflow.arazzo.state import Visit
from workflow.arazzo.templates import Unresolved
from workflow.arazzo.turns import (
    ActionTaken,
    Answer,
    Call,
    CallKey,
    Json,
    NoResponse,
    Response,
    StepFinished,
    StepStarted,
    Wait,
)

MOST_UNPACED: Final = 100_000
"""Attempts in a row without an answered call; then the run fails."""
BREATH: Final = 1_000
"""After so many of them in a turn the driver gets a wait of no seconds, to let others work."""
MOST_VISITED: Final = 10_000
"""Different steps of one run, by the workflows that led to them; then the run fails."""


def visit(draft: Draft, position: int) -> Next:
    """Enter a step of the top frame."""
    frame = draft.frames[-1]
    steps = draft.plans[frame.label].steps
    step = steps[position]
    name = (*frame.path, step.step_id)
    number = draft.visits.get(name, 0) + 1
    if number == 1 and len(draft.visits) >= MOST_VISITED:
        del draft.frames[1:]
        return Leave("failed", f"more than {MOST_VISITED:,} steps of workflows within workflows")
    draft.visits = {**draft.visits, name: number}
    draft.frames[-1] = frame.at(Visit(position, number), frame.interrupted)
    key = CallKey(frame.path, step.step_id, number, 1)
    draft.facts.append(StepStarted(key, position + 1, len(steps), step.description))
    draft.new_step = True
    return Attempt()


def attempt(draft: Draft) -> Next:
    """Send the step's request, or start its workflow."""
    step = draft.step()
    draft.count(1)
    if draft.unpaced > MOST_UNPACED:
        del draft.frames[1:]
        return Leave("failed", f"{MOST_UNPACED:,} attempts in a row sent nothing")
    if draft.attempts > BREATH:
        draft.ask(Wait(draft.key(), 0.0), "attempt")
        return None
    scope = draft.scope()
    try:
        if isinstance(step.work, CallPlan):
            request = build_request(step.work, scope.look)
            operation = step.work.operation
            call = Call(draft.key(), operation, request, step.reads_only_body, step.loops)
            draft.ask(call, "call")
            return None
        inputs = frames.filled(step.work.inputs, scope.look)
    except Unresolved as error:
        return Leave("failed", f"{step.step_id} was not sent: {error}")
    return frames.enter_checked(draft, step.work.workflow, inputs, "step")


def again(draft: Draft) -> Next:
    """Attempt the step at hand once more."""
    frame = draft.frames[-1]
    draft.frames[-1] = frame.at(frame.visit.again() if frame.visit else None, frame.interrupted)
    return Attempt()


def judge(draft: Draft, call: Call, answer: Response | NoResponse) -> Next:
    """Take a call's answer."""
    draft.unpaced = 0
    step = draft.step()
    draft.answered = answer if isinstance(answer, Response) else None
    scope = draft.scope(call, draft.answered)
    failure = judging.failure_of(step, answer, scope, draft.notes)
    return _settle(draft, step, scope, failure, answer)


def returned(draft: Draft, over: Returned) -> Next:
    """Take the end of a workflow that the step ran."""
    step = draft.step()
    scope = draft.scope(None, draft.answered, over.outputs)
    failure = over.failure
    if failure is None and step.success_criteria is not None:
        broken = judging.all_hold(step.success_criteria, scope, draft.notes)
        failure = f"{broken.text!r} does not hold" if broken is not None else None
    return _settle(draft, step, scope, failure, None)


def retry(draft: Draft, step_id: str | None, label: str | None) -> Next:
    """Run a retry's target, if it has one, and the step again."""
    frame = draft.frames[-1]
    if label is not None:
        return frames.enter_given(draft, label, "retry")
    if step_id is None:
        return Again()
    steps = draft.plans[frame.label].steps
    position = next(step.position for step in steps if step.step_id == step_id)
    draft.frames[-1] = frame.at(frame.visit, frame.visit)
    return Visiting(position)


@dataclass(frozen=True, slots=True)
class _Judged:
    """A step's attempt after it was judged."""

    step: StepPlan
    key: CallKey
    scope: Scope
    """With the step's own outputs, when it succeeded."""
    failure: str | None
    answer: Answer | None
    """None of a step that ran a workflow."""


def _settle(
    draft: Draft, step: StepPlan, scope: Scope, failure: str | None, answer: Answer | None
) -> Next:
    """Keep the outputs, tell how the step went, and act on it."""
    key = draft.key()
    status = scope.response.status if scope.response and scope.call else None
    quiet = isinstance(answer, NoResponse)
    outputs: dict[str, Json] = {}
    if failure is None:
        outputs = _outputs(step, scope)
        frame = draft.frames[-1]
        draft.frames[-1] = frame.knowing({**frame.results, step.step_id: outputs})
        scope = draft.scope(scope.call, scope.response, scope.called)
    draft.tell_notes(key, quiet=quiet)
    draft.facts.append(StepFinished(key, status, failure is None, outputs))
    judged = _Judged(step, key, scope, failure, answer)
    todo = _after_success(draft, judged) if failure is None else _after_failure(draft, judged)
    draft.tell_notes(key, quiet=quiet)
    return todo


def _outputs(step: StepPlan, scope: Scope) -> dict[str, Json]:
    """Return the step's outputs; one that has no value is left out."""
    if not step.outputs and scope.called is not None:
        return dict(scope.called)
    found: dict[str, Json] = {}
    for name, expression in step.outputs:
        value = scope.look(expression)
        if not isinstance(value, Missing):
            found[name] = value
    return found


def _after_success(draft: Draft, judged: _Judged) -> Next:
    frame, step = draft.frames[-1], judged.step
    if frame.interrupted is not None:
        draft.frames[-1] = frame.at(frame.interrupted, None)
        return Again()
    action = judging.first_action(step.on_success, judged.scope, draft.notes)
    if action is not None:
        return _act(draft, judged, action)
    if step.position + 1 < len(draft.plans[frame.label].steps):
        return Visiting(step.position + 1)
    if step.goes_back:
        why = judging.why_nothing_matched(step, judged.scope)
        return Leave("fell_through", why, looping=True)
    return Leave("fell_through", f"{step.step_id}, the last step, is done")


def _after_failure(draft: Draft, judged: _Judged) -> Next:
    actions = _applicable(draft, judged.step)
    action = judging.first_action(actions, judged.scope, draft.notes)
    if action is None:
        return Leave("failed", f"{judged.step.step_id} failed: {judged.failure}")
    return _act(draft, judged, action)


def _applicable(draft: Draft, step: StepPlan) -> tuple[ActionPlan, ...]:
    """Return the failure actions that may still be taken.

    A retry that is used up is passed over. A step that stands in before a retry is run, not
    followed: of its actions only plain retries of itself apply.
    """
    frame = draft.frames[-1]
    at = frame.visit
    left = tuple(
        action
        for action in step.on_failure
        if action.type != "retry" or (at is not None and at.used(action.name) < action.retry_limit)
    )
    if frame.interrupted is None:
        return left
    return tuple(action for action in left if action.type == "retry" and action.target is None)


def _act(draft: Draft, judged: _Judged, action: ActionPlan) -> Next:
    draft.facts.append(ActionTaken(judged.key, action.name, action.type, action.target))
    step_id = judged.step.step_id
    match action.type:
        case "end" if judged.failure is None:
            return Leave("ended", f"{step_id} ended the workflow by its action {action.name!r}")
        case "end":
            why = f"{step_id} failed: {judged.failure}; its action {action.name!r} ended it there"
            return Leave("failed", why)
        case "retry":
            return _schedule(draft, judged, action)
        case "goto":
            if action.workflow is not None:
                return frames.hand_over(draft, action, action.workflow, judged.scope)
            return Visiting(action.step or 0)


def _schedule(draft: Draft, judged: _Judged, action: ActionPlan) -> Next:
    """Count a retry, and wait before it."""
    frame = draft.frames[-1]
    if frame.visit is not None:
        draft.frames[-1] = frame.at(frame.visit.counting(action.name), frame.interrupted)
    label = action.workflow
    step_id = action.target if label is None else None
    # Where a workflow was run, its last call's answer is the one that the criteria have seen.
    seconds = judging.delay(action, judged.answer or judged.scope.response)
    if seconds <= 0:
        return retry(draft, step_id, label)
    wait = Wait(judged.key, seconds)
    if label is None:
        draft.ask(wait, "retry-step", step_id)
    else:
        draft.ask(wait, "retry-workflow", label)
    return None
