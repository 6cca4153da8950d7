"""The interpreter's moves: from a state and an answer to the next command.

A :class:`Move` lives for one turn. It takes the state apart, does what the specification says
until something has to be asked of the world, and puts the new state together. The old state is
never touched, so that advancing it again gives the same turn.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from workflow.arazzo import judging, templates
from workflow.arazzo.plan import ActionPlan, CallPlan, StepPlan, WorkflowPlan
from workflow.arazzo.pointer import Missing
from workflow.arazzo.problems import InputError
from workflow.arazzo.requests import build_request
from workflow.arazzo.scope import Scope, WorkflowRecord
from workflow.arazzo.state import Frame, Phase, Returns, State, Visit
from workflow.arazzo.templates import Template, Unresolved
from workflow.arazzo.turns import (
    ActionTaken,
    Answer,
    Call,
    CallKey,
    Command,
    CriterionNote,
    Elapsed,
    Fact,
    Finished,
    Json,
    NoResponse,
    Response,
    Result,
    StepFinished,
    StepStarted,
    Turn,
    Wait,
    WorkflowEntered,
    WorkflowLeft,
)
from workflow.text import safe

MOST_FRAMES: Final = 32
"""How deep workflows may call each other."""
MOST_UNPACED: Final = 100_000
"""Attempts in a row without a call that was answered; then the run fails."""
BREATH: Final = 1_000
"""After so many of them the driver gets a wait of no seconds, to let others work."""

Plans = Mapping[str, WorkflowPlan]


class Move:
    """One turn in the making."""

    def __init__(self, plans: Plans, state: State | None) -> None:
        self._plans = plans
        self._frames: list[Frame] = list(state.frames) if state else []
        self._visits = state.visits if state else {}
        self._workflows = state.workflows if state else {}
        self._unpaced = state.unpaced if state else 0
        self._facts: list[Fact] = []
        self._notes: list[str] = []
        self._new_step = False
        self._command: Command | None = None
        self._phase: Phase = "call"
        self._target: str | None = None
        self._attempt_next = False

    # Ways in

    def start(self, label: str, inputs: dict[str, Json]) -> Turn[State]:
        """Begin the outermost workflow with complete inputs."""
        self._enter(label, inputs, "root")
        return self._run()

    def advance(self, state: State, answer: Answer) -> Turn[State]:
        """Take the answer to the state's command."""
        if state.phase == "over":
            return Turn(state, state.command, (), False)
        if state.phase == "call" and isinstance(state.command, Call):
            if isinstance(answer, Elapsed):
                raise TypeError("a Call is answered by a Response or NoResponse, not by Elapsed")
            self._unpaced = 0
            self._judge(state.command, answer)
        elif not isinstance(answer, Elapsed):
            raise TypeError("a Wait is answered by Elapsed")
        elif state.phase == "attempt":
            self._attempt_next = True
        else:
            self._retry(
                state.target if state.phase == "retry-step" else None,
                state.target if state.phase == "retry-workflow" else None,
            )
        return self._run()

    def _run(self) -> Turn[State]:
        while self._command is None:
            if not self._attempt_next:  # pragma: no cover - each way leads to one of the two
                raise AssertionError("the interpreter has nothing to do")
            self._attempt_next = False
            self._attempt()
        state = State(
            tuple(self._frames),
            self._command,
            self._phase,
            self._target,
            self._visits,
            self._workflows,
            self._unpaced,
        )
        return Turn(state, self._command, tuple(self._facts), self._new_step)

    # Workflows

    def _enter(self, label: str, inputs: Mapping[str, Json], returns: Returns) -> None:
        """Put a frame on the stack and begin: with its dependencies, then its first step."""
        plan = self._plans[label]
        path = (*self._frames[-1].path, label) if self._frames else (label,)
        self._begin(Frame(label, path, inputs, returns, plan.depends_on))

    def _begin(self, frame: Frame) -> None:
        self._frames.append(frame)
        self._record(frame.label, WorkflowRecord(frame.inputs, {}, done=False))
        self._facts.append(WorkflowEntered(frame.path))
        self._proceed()

    def _proceed(self) -> None:
        """Run the top frame's next dependency that has not run, or its first step."""
        frame = self._frames[-1]
        for position, label in enumerate(frame.waits_for):
            record = self._workflows.get(label)
            if record is not None and record.done:
                continue
            self._frames[-1] = replace(frame, waits_for=frame.waits_for[position + 1 :])
            self._enter_given(label, frame.inputs, "dependency")
            return
        self._step(0)

    def _enter_given(self, label: str, inputs: Mapping[str, Json], returns: Returns) -> None:
        """Enter a workflow with those of the given inputs that it declares."""
        self._enter_checked(label, chosen(self._plans[label], inputs), returns)

    def _enter_checked(self, label: str, inputs: Mapping[str, Json], returns: Returns) -> None:
        if len(self._frames) >= MOST_FRAMES:
            self._leave("failed", f"workflows call each other more than {MOST_FRAMES} deep")
            return
        try:
            complete = self._plans[label].inputs.complete(inputs)
        except InputError as error:
            self._leave("failed", f"the workflow {label} was not started: {error}")
            return
        self._enter(label, complete, returns)

    def _leave(self, outcome: Result, why: str, *, looping: bool = False) -> None:
        """Take the top frame away and go back to what it was entered for."""
        frame = self._frames.pop()
        plan = self._plans[frame.label]
        step = plan.steps[frame.visit.step].step_id if frame.visit else None
        outputs: dict[str, Json] = {}
        scope = self._scope(frame)
        for name, expression in plan.outputs:
            value = scope.look(expression)
            outputs[name] = None if isinstance(value, Missing) else value
        good = outcome != "failed" and not looping
        self._record(frame.label, WorkflowRecord(frame.inputs, outputs, done=good))
        self._facts.append(WorkflowLeft(frame.path, outcome))
        if frame.returns == "root":
            self._command = Finished(outcome, outputs, safe(why), step, looping)
            self._phase = "over"
        elif frame.returns == "step":
            self._sub_done(outputs, None if good else f"the workflow {frame.label} failed: {why}")
        elif frame.returns == "dependency":
            if good:
                self._proceed()
            else:
                self._leave("failed", f"{frame.label}, which runs first, failed: {why}")
        elif good:
            self._again()
        else:
            self._leave("failed", f"{frame.label}, run before a retry, failed: {why}")

    def _record(self, label: str, record: WorkflowRecord) -> None:
        self._workflows = {**self._workflows, label: record}

    # Steps

    def _step(self, position: int) -> None:
        """Enter a step of the top frame."""
        frame = self._frames[-1]
        step = self._plans[frame.label].steps[position]
        name = (*frame.path, step.step_id)
        number = self._visits.get(name, 0) + 1
        self._visits = {**self._visits, name: number}
        self._frames[-1] = frame = replace(frame, visit=Visit(position, number))
        count = len(self._plans[frame.label].steps)
        key = self._key(frame)
        self._facts.append(StepStarted(key, position + 1, count, step.description))
        self._new_step = True
        self._attempt_next = True

    def _attempt(self) -> None:
        """Send the step's request, or start its workflow."""
        frame = self._frames[-1]
        step = self._current(frame)
        self._unpaced += 1
        if self._unpaced > MOST_UNPACED:
            self._give_up(f"{MOST_UNPACED:,} attempts in a row sent nothing")
            return
        if self._unpaced % BREATH == 0:
            self._wait(0.0, "attempt", None)
            return
        self._phase = "call"
        scope = self._scope(frame)
        try:
            if isinstance(step.work, CallPlan):
                request = build_request(step.work, scope.look)
                self._command = Call(
                    self._key(frame), step.work.operation, request, step.reads_only_body, step.loops
                )
                return
            inputs = filled(step.work.inputs, scope)
        except Unresolved as error:
            self._leave("failed", f"{step.step_id} was not sent: {error}")
            return
        self._enter_checked(step.work.workflow, inputs, "step")

    def _judge(self, call: Call, answer: Response | NoResponse) -> None:
        """Take a call's answer."""
        frame = self._frames[-1]
        step = self._current(frame)
        response = answer if isinstance(answer, Response) else None
        scope = self._scope(frame, call=call, response=response)
        failure = judging.failure_of(step, answer, scope, self._notes)
        self._settle(step, scope, failure, answer)

    def _sub_done(self, outputs: Mapping[str, Json], failure: str | None) -> None:
        """Take the end of a workflow that the step ran."""
        frame = self._frames[-1]
        step = self._current(frame)
        scope = self._scope(frame, called=outputs)
        if failure is None and step.success_criteria is not None:
            broken = judging.all_hold(step.success_criteria, scope, self._notes)
            failure = f"{broken.text!r} does not hold" if broken is not None else None
        self._settle(step, scope, failure, None)

    def _settle(
        self, step: StepPlan, scope: Scope, failure: str | None, answer: Answer | None
    ) -> None:
        frame = self._frames[-1]
        status = scope.response.status if scope.response is not None else None
        outputs: dict[str, Json] = {}
        if failure is None:
            outputs = self._outputs(step, scope)
            results = {**frame.results, step.step_id: outputs}
            self._frames[-1] = replace(frame, results=results)
            scope = replace(scope, results=results)
        self._note(frame, quiet=isinstance(answer, NoResponse))
        self._facts.append(StepFinished(self._key(frame), status, failure is None, outputs))
        if failure is None:
            self._succeeded(step, scope)
        else:
            self._failed(step, scope, failure, answer)

    def _outputs(self, step: StepPlan, scope: Scope) -> dict[str, Json]:
        if not step.outputs and scope.called is not None:
            return dict(scope.called)
        found: dict[str, Json] = {}
        for name, expression in step.outputs:
            value = scope.look(expression)
            if not isinstance(value, Missing):
                found[name] = value
        return found

    # Actions

    def _succeeded(self, step: StepPlan, scope: Scope) -> None:
        frame = self._frames[-1]
        if frame.interrupted is not None:
            self._frames[-1] = replace(frame, visit=frame.interrupted, interrupted=None)
            self._again()
            return
        action = judging.first_action(step.on_success, scope, self._notes)
        self._note(frame)
        if action is not None:
            self._act(action, scope, None, None)
        elif step.position + 1 < len(self._plans[frame.label].steps):
            self._step(step.position + 1)
        elif step.goes_back:
            why = judging.why_nothing_matched(step, scope)
            self._leave("fell_through", why, looping=True)
        else:
            self._leave("fell_through", f"{step.step_id}, the last step, is done")

    def _failed(self, step: StepPlan, scope: Scope, failure: str, answer: Answer | None) -> None:
        frame = self._frames[-1]
        visit = frame.visit
        actions = tuple(
            action
            for action in step.on_failure
            if action.type != "retry" or (visit and visit.used(action.name) < action.retry_limit)
        )
        if frame.interrupted is not None:
            # A step that stands in before a retry is run, not followed: of its actions only
            # plain retries of itself apply.
            actions = tuple(
                action
                for action in actions
                if action.type == "retry" and action.step is None and action.workflow is None
            )
        action = judging.first_action(actions, scope, self._notes)
        self._note(frame, quiet=isinstance(answer, NoResponse))
        if action is None:
            self._leave("failed", f"{step.step_id} failed: {failure}")
        else:
            self._act(action, scope, f"{step.step_id} failed: {failure}", answer)

    def _act(
        self, action: ActionPlan, scope: Scope, failure: str | None, answer: Answer | None
    ) -> None:
        frame = self._frames[-1]
        key = self._key(frame)
        self._facts.append(ActionTaken(key, action.name, action.type, action.target))
        if action.type == "end":
            if failure is None:
                self._leave("ended", f"{key.step} ended the workflow by its action {action.name!r}")
            else:
                self._leave("failed", f"{failure}; its action {action.name!r} ended the workflow")
        elif action.type == "retry":
            self._schedule(action, answer)
        elif action.workflow is not None:
            self._transfer(action.workflow, action, scope)
        elif action.step is not None:
            self._step(action.step)

    def _transfer(self, label: str, action: ActionPlan, scope: Scope) -> None:
        """Let another workflow take the top frame's place; there is no way back."""
        frame = self._frames[-1]
        plan = self._plans[label]
        try:
            inputs = {**chosen(plan, frame.inputs), **filled(action.inputs, scope)}
            complete = plan.inputs.complete(inputs)
        except (InputError, Unresolved) as error:
            self._leave("failed", f"the workflow {label} was not started: {error}")
            return
        self._frames.pop()
        self._facts.append(WorkflowLeft(frame.path, "ended"))
        path = (*frame.path[:-1], label)
        self._begin(Frame(label, path, complete, frame.returns, plan.depends_on))

    def _schedule(self, action: ActionPlan, answer: Answer | None) -> None:
        """Count a retry, and wait before it."""
        frame = self._frames[-1]
        visit = frame.visit
        assert visit is not None  # noqa: S101  (an action belongs to a step)
        others = tuple(item for item in visit.retries if item[0] != action.name)
        retries = (*others, (action.name, visit.used(action.name) + 1))
        self._frames[-1] = replace(frame, visit=replace(visit, retries=retries))
        steps = self._plans[frame.label].steps
        step = steps[action.step].step_id if action.step is not None else None
        seconds = judging.delay(action, answer)
        if seconds <= 0:
            self._retry(step, action.workflow)
        elif action.workflow is not None:
            self._wait(seconds, "retry-workflow", action.workflow)
        else:
            self._wait(seconds, "retry-step", step)

    def _retry(self, step_id: str | None, label: str | None) -> None:
        """Run a retry's target, if it has one, and the step again."""
        frame = self._frames[-1]
        if label is not None:
            self._enter_given(label, frame.inputs, "retry")
        elif step_id is not None:
            steps = self._plans[frame.label].steps
            position = next(step.position for step in steps if step.step_id == step_id)
            self._frames[-1] = replace(frame, interrupted=frame.visit)
            self._step(position)
        else:
            self._again()

    def _again(self) -> None:
        frame = self._frames[-1]
        assert frame.visit is not None  # noqa: S101  (only a step is tried again)
        visit = replace(frame.visit, attempt=frame.visit.attempt + 1)
        self._frames[-1] = replace(frame, visit=visit)
        self._attempt_next = True

    def _wait(self, seconds: float, phase: Phase, target: str | None) -> None:
        self._command = Wait(self._key(self._frames[-1]), seconds)
        self._phase, self._target = phase, target

    def _give_up(self, why: str) -> None:
        """Fail the whole run."""
        del self._frames[1:]
        self._leave("failed", why)

    # Helpers

    def _current(self, frame: Frame) -> StepPlan:
        assert frame.visit is not None  # noqa: S101  (called for frames that are at a step)
        return self._plans[frame.label].steps[frame.visit.step]

    def _key(self, frame: Frame) -> CallKey:
        visit = frame.visit
        assert visit is not None  # noqa: S101  (as above)
        step = self._plans[frame.label].steps[visit.step]
        return CallKey(frame.path, step.step_id, visit.number, visit.attempt)

    def _scope(
        self,
        frame: Frame,
        *,
        call: Call | None = None,
        response: Response | None = None,
        called: Mapping[str, Json] | None = None,
    ) -> Scope:
        return Scope(
            self._plans[frame.label],
            frame.inputs,
            frame.results,
            self._workflows,
            call,
            response,
            called,
        )

    def _note(self, frame: Frame, *, quiet: bool = False) -> None:
        """Turn what could not be evaluated into facts; without a response it is no news."""
        if not quiet:
            self._facts += [CriterionNote(self._key(frame), safe(note)) for note in self._notes]
        self._notes.clear()


def chosen(plan: WorkflowPlan, inputs: Mapping[str, Json]) -> dict[str, Json]:
    """Return those inputs that a workflow declares."""
    declared = plan.inputs.declared()
    return {name: value for name, value in inputs.items() if declared is None or name in declared}


def filled(pairs: tuple[tuple[str, Template], ...], scope: Scope) -> dict[str, Json]:
    """Return inputs for another workflow; one that resolves to nothing is left to its default.

    Raises:
        Unresolved: an expression inside a text or a list leads nowhere.
    """
    found: dict[str, Json] = {}
    for name, template in pairs:
        value = templates.fill(template, scope.look)
        if not isinstance(value, Missing):
            found[name] = value
    return found
