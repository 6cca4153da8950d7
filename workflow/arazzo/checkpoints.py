"""States as plain JSON, to be taken up by another process.

A checkpoint holds the frames and what they know; the pending request is made again from them,
which the same document and sources guarantee to be the same request. Reading one back trusts
nothing: it may be of another document, of another version, or damaged.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, TypeVar

from workflow.arazzo.draft import Plans
from workflow.arazzo.plan import CallPlan
from workflow.arazzo.problems import CheckpointError
from workflow.arazzo.requests import build_request
from workflow.arazzo.scope import Scope, WorkflowRecord
from workflow.arazzo.state import Frame, Phase, Returns, State, Visit
from workflow.arazzo.steps import call_of
from workflow.arazzo.templates import Unresolved
from workflow.arazzo.turns import CallKey, Command, Finished, Json, Result, Wait

VERSION: Final = 1
T = TypeVar("T", bound=str)

_RETURNS: Final[tuple[Returns, ...]] = ("root", "step", "retry", "dependency")
_PHASES: Final[tuple[Phase, ...]] = ("call", "attempt", "retry-step", "retry-workflow", "over")
_OUTCOMES: Final[tuple[Result, ...]] = ("ended", "fell_through", "failed")


def dump(state: State, digest: str) -> Json:
    """Return a state as JSON."""
    command = state.command
    ended: Json = None
    if isinstance(command, Finished):
        ended = {
            "outcome": command.outcome,
            "outputs": command.outputs,
            "why": command.why,
            "step": command.step,
            "looping": command.looping,
        }
    return {
        "v": VERSION,
        "digest": digest,
        "phase": state.phase,
        "target": state.target,
        "seconds": command.seconds if isinstance(command, Wait) else None,
        "finished": ended,
        "frames": [_dump_frame(frame) for frame in state.frames],
        "visits": [[*path, count] for path, count in state.visits.items()],
        "workflows": {
            label: {
                "inputs": dict(record.inputs),
                "outputs": dict(record.outputs),
                "done": record.done,
            }
            for label, record in state.workflows.items()
        },
        "unpaced": state.unpaced,
    }


def load(saved: Json, digest: str, plans: Plans) -> State:
    """Return the state that was saved.

    Raises:
        CheckpointError: it is of another document or version, or it is damaged.
    """
    whole = _Saved(saved)
    if whole.get("v") != VERSION:
        raise CheckpointError("The saved run is of another version of this program.")
    if whole.get("digest") != digest:
        raise CheckpointError(
            "The saved run belongs to another workflow document, or the document or one of its "
            "descriptions was changed since."
        )
    try:
        frames = tuple(_load_frame(_Saved(frame), plans) for frame in whole.list("frames"))
        workflows = {
            label: WorkflowRecord(
                record.dict("inputs"), record.dict("outputs"), record.truth("done")
            )
            for label, value in whole.dict("workflows").items()
            for record in [_Saved(value)]
        }
        visits = dict(_load_visit(entry) for entry in whole.list("visits"))
        phase = whole.choice("phase", _PHASES)
        target = whole.text_or_none("target")
        command = _command(whole, phase, frames, workflows, plans)
        return State(frames, command, phase, target, visits, workflows, whole.count("unpaced"))
    except (KeyError, IndexError, ValueError) as error:
        raise CheckpointError(f"The saved run is damaged ({error}).") from None


def _dump_frame(frame: Frame) -> Json:
    return {
        "label": frame.label,
        "path": list(frame.path),
        "inputs": dict(frame.inputs),
        "returns": frame.returns,
        "waitsFor": list(frame.waits_for),
        "visit": _dump_visit(frame.visit),
        "results": {step: dict(outputs) for step, outputs in frame.results.items()},
        "interrupted": _dump_visit(frame.interrupted),
    }


def _dump_visit(visit: Visit | None) -> Json:
    if visit is None:
        return None
    return {
        "step": visit.step,
        "number": visit.number,
        "attempt": visit.attempt,
        "retries": dict(visit.retries),
    }


class _Saved:
    """A saved object, read with suspicion; everything wrong is a ValueError or KeyError."""

    def __init__(self, value: Json) -> None:
        if not isinstance(value, dict):
            raise CheckpointError("The saved run is damaged (an object is missing).")
        self._value = value

    def get(self, key: str) -> Json:
        return self._value.get(key)

    def _typed(self, key: str, fits: Callable[[Json], bool]) -> Json:
        value = self._value[key]
        if not fits(value):
            raise ValueError(f"{key!r} has the wrong type")
        return value

    def text(self, key: str) -> str:
        return str(self._typed(key, lambda value: isinstance(value, str)))

    def text_or_none(self, key: str) -> str | None:
        return None if self._value[key] is None else self.text(key)

    def truth(self, key: str) -> bool:
        return self._typed(key, lambda value: isinstance(value, bool)) is True

    def count(self, key: str) -> int:
        value = self._value[key]
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            raise ValueError(f"{key!r} must be a whole number from 0 up")
        return value

    def list(self, key: str) -> list[Json]:
        value = self._value[key]
        if not isinstance(value, list):
            raise ValueError(f"{key!r} must be a list")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        return tuple(item for item in self.list(key) if isinstance(item, str))

    def dict(self, key: str) -> dict[str, Json]:
        value = self._value[key]
        if not isinstance(value, dict):
            raise ValueError(f"{key!r} must be an object")
        return value

    def choice(self, key: str, allowed: tuple[T, ...]) -> T:
        value = self._value[key]
        for known in allowed:
            if value == known:
                return known
        raise ValueError(f"{key!r} has a value that is not known")


def _load_frame(saved: _Saved, plans: Plans) -> Frame:
    label = saved.text("label")
    plan = plans[label]
    visit = _load_step(saved.get("visit"), len(plan.steps))
    return Frame(
        label=label,
        path=saved.texts("path"),
        inputs=saved.dict("inputs"),
        returns=saved.choice("returns", _RETURNS),
        waits_for=saved.texts("waitsFor"),
        visit=visit,
        results={
            step: outputs
            for step, outputs in saved.dict("results").items()
            if isinstance(outputs, dict)
        },
        interrupted=_load_step(saved.get("interrupted"), len(plan.steps)),
    )


def _load_step(value: Json, steps: int) -> Visit | None:
    if value is None:
        return None
    saved = _Saved(value)
    step = saved.count("step")
    if step >= steps:
        raise ValueError("a step is not in the document")
    retries = tuple(
        (name, count) for name, count in saved.dict("retries").items() if isinstance(count, int)
    )
    return Visit(step, saved.count("number"), saved.count("attempt"), retries)


def _load_visit(entry: Json) -> tuple[tuple[str, ...], int]:
    if not isinstance(entry, list) or not entry or not isinstance(entry[-1], int):
        raise ValueError("a visit is not a path and a count")
    return tuple(part for part in entry[:-1] if isinstance(part, str)), entry[-1]


def _command(
    whole: _Saved,
    phase: Phase,
    frames: tuple[Frame, ...],
    workflows: Mapping[str, WorkflowRecord],
    plans: Plans,
) -> Command:
    if phase == "over":
        ended = _Saved(whole.get("finished"))
        return Finished(
            ended.choice("outcome", _OUTCOMES),
            ended.dict("outputs"),
            ended.text("why"),
            ended.text_or_none("step"),
            ended.truth("looping"),
        )
    frame = frames[-1]
    if frame.visit is None:
        raise ValueError("a frame is at no step")
    plan = plans[frame.label]
    step = plan.steps[frame.visit.step]
    key = CallKey(frame.path, step.step_id, frame.visit.number, frame.visit.attempt)
    if phase != "call":
        seconds = whole.get("seconds")
        if isinstance(seconds, bool) or not isinstance(seconds, int | float):
            raise ValueError("'seconds' must be a number")
        return Wait(key, float(seconds))
    if not isinstance(step.work, CallPlan):
        raise ValueError("the pending step sends nothing")
    scope = Scope(plan, frame.inputs, frame.results, workflows)
    try:
        request = build_request(step.work, scope.look)
    except Unresolved as error:
        raise ValueError(str(error)) from None
    return call_of(step, key, step.work.operation, request)
