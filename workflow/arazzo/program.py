"""A workflow ready to be run by anybody who can send requests and wait.

:func:`compile_program` joins a document with its sources. A :class:`Program` has no state of its
own and is shared by all runs: it turns a state and an answer into a :class:`Turn`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass

from workflow.arazzo import checkpoints, machine, preview
from workflow.arazzo.calls import tell_missing_location
from workflow.arazzo.draft import Plans
from workflow.arazzo.frames import chosen
from workflow.arazzo.inputs import Inputs
from workflow.arazzo.linking import Linker
from workflow.arazzo.lookup import Lookup, Sources
from workflow.arazzo.model import Document, Step, Workflow, WorkflowTarget
from workflow.arazzo.plan import CallPlan, SubPlan, WorkflowPlan
from workflow.arazzo.preview import Foreseen
from workflow.arazzo.problems import (
    START,
    DocumentError,
    Enough,
    Findings,
    InputError,
    Problem,
    nearest,
)
from workflow.arazzo.state import State
from workflow.arazzo.templates import constants_of
from workflow.arazzo.turns import Answer, Json, Operation, Turn
from workflow.text import SafeText


@dataclass(frozen=True, slots=True)
class StepInfo:
    """A step, as a track on a screen needs it."""

    step_id: str
    description: SafeText | None
    position: int
    """From 1."""
    operation: Operation | None
    """None when the step runs a workflow."""


class Program:
    """A compiled workflow. Immutable; safe to share between runs and threads."""

    def __init__(
        self,
        plans: Plans,
        label: str,
        summary: SafeText | None,
        digest: str,
        warnings: tuple[Problem, ...],
    ) -> None:
        self._plans = plans
        self._label = label
        plan = plans[label]
        self.workflow_id: str = plan.workflow_id
        self.summary = summary
        self.inputs_schema: Json = plan.inputs.schema
        """The JSON Schema as written; None when the workflow declares no inputs."""
        self.inputs_root: Json = plan.inputs.root
        """What the schema's references lead through."""
        self.steps = tuple(
            StepInfo(
                step.step_id,
                step.description,
                step.position + 1,
                step.work.operation if isinstance(step.work, CallPlan) else None,
            )
            for step in plan.steps
        )
        self.outputs = tuple(name for name, _ in plan.outputs)
        """Names of the declared outputs."""
        self.operations: tuple[Operation, ...] = tuple(_operations(plans.values()))
        """Every operation that a run may call, sub-workflows included."""
        self.constants: frozenset[Json] = frozenset(_constants(plans.values()))
        """Values and parts of texts that steps send and that no run changes."""
        self.digest = digest
        """SHA-256 over the document, the sources in use and the workflow's id."""
        self.warnings = warnings

    def complete(self, given: Mapping[str, Json]) -> dict[str, Json]:
        """Return the inputs with which a run would begin: those given, and defaults.

        Raises:
            InputError: as :meth:`start`; what the dependencies will be given is checked too.
        """
        sentences: list[str] = []
        own = self._plans[self._label]
        needed = [self._plans[label] for label in _dependencies(self._plans, self._label)]
        declared = own.inputs.declared()
        others: set[str] = set()
        for plan in needed:
            names = plan.inputs.declared()
            others |= given.keys() if names is None else names
        extra = {
            name: value
            for name, value in given.items()
            if declared is not None and name not in declared and name in others
        }
        complete: dict[str, Json] = {}
        try:
            complete = own.inputs.complete({k: v for k, v in given.items() if k not in extra})
        except InputError as error:
            sentences += error.sentences
        for plan in needed:
            try:
                plan.inputs.complete(chosen(plan, {**complete, **given}))
            except InputError as error:
                sentences += (
                    f"Before it {plan.label!r} runs: {sentence}" for sentence in error.sentences
                )
        if sentences:
            raise InputError(dict.fromkeys(sentences))
        return {**complete, **extra}

    def foresee(self, inputs: Mapping[str, Json]) -> tuple[Foreseen, ...]:
        """Return what each step would send, as far as that can be known; checks no input."""
        complete = self._plans[self._label].inputs.filled(inputs)
        return preview.foresee(self._plans, self._label, complete)

    def start(self, inputs: Mapping[str, Json]) -> Turn[State]:
        """Begin a run.

        Raises:
            InputError: with a sentence for each input that is missing, unknown or does not fit,
                for the workflows that it depends on as well. Nothing has been sent.
        """
        return machine.start(self._plans, self._label, self.complete(inputs))

    def advance(self, state: State, answer: Answer) -> Turn[State]:
        """Take the answer to the state's command; a finished state stays as it is.

        Raises:
            TypeError: a call was answered by `Elapsed`, or a wait by something else.
        """
        return machine.advance(self._plans, state, answer)

    def dump(self, state: State) -> Json:
        """Return the state as JSON, to be loaded by another process."""
        return checkpoints.dump(state, self.digest)

    def load(self, saved: Json) -> Turn[State]:
        """Return the saved state with its pending command, under the same key.

        Raises:
            CheckpointError: it is of another document or version, or it is damaged.
        """
        state = checkpoints.load(saved, self.digest, self._plans)
        return Turn(state, state.command, (), new_step=False)


def compile_program(
    document: Document, sources: Sources, workflow_id: str | None = None
) -> Program:
    """Join a document with its sources into a program for one of its workflows.

    Args:
        document: A document free of mistakes (:func:`workflow.arazzo.document.load`).
        sources: For each source description in use what was read from its URL, by name. The
            sources of an ``arazzo`` source go under ``other.name``.
        workflow_id: Which workflow; may be left out when there is one.

    Raises:
        DocumentError: a source, operation, workflow or parameter does not fit; with all mistakes.
    """
    chosen_id = _choose(document, workflow_id)
    linker = Linker(document, sources)
    linker.link([chosen_id])
    problems = linker.problems()
    if any(problem.severity == "error" for problem in problems):
        raise DocumentError(problems)
    workflow = document.workflow(chosen_id)
    summary = workflow.summary if workflow is not None else None
    digest = _digest(document, linker.used, chosen_id)
    return Program(linker.plans, chosen_id, summary, digest, problems)


def check(document: Document, sources: Sources) -> tuple[Problem, ...]:
    """Return what is wrong with all workflows of a document, held against its sources."""
    linker = Linker(document, sources)
    linker.link([workflow.workflow_id for workflow in document.workflows])
    return linker.problems()


def check_names(draft: Document, sources: Sources) -> tuple[Problem, ...]:
    """Return which operations and workflows that a draft's steps name are not there.

    With them, which parameters do not say where they go. For a document with mistakes of its own,
    or with sources that could not be read: what more :func:`check` would say may only follow from
    those. Sources that are not given are passed over.
    """
    lookup = Lookup(draft, sources)
    with suppress(Enough):  # what was found by then is said
        for workflow in draft.workflows:
            for target in workflow.depends_on:
                lookup.workflow("", target)
            for step in workflow.steps:
                _check_step(workflow, step, lookup)
    return tuple(found for found in lookup.problems() if found.code != "missing-source")


def _check_step(workflow: Workflow, step: Step, lookup: Lookup) -> None:
    if isinstance(step.target, WorkflowTarget):
        lookup.workflow("", step.target)
    elif step.target is not None:
        found = lookup.operation("", step.target)
        for parameter in (*workflow.parameters, *step.parameters):
            if parameter.location is None:
                operation = found.operation if found is not None else None
                tell_missing_location(parameter, operation, lookup.findings(""))


def inputs_of(document: Document, workflow_id: str) -> Inputs | None:
    """Return the inputs that a workflow of a document declares."""
    workflow = document.workflow(workflow_id)
    if workflow is None:
        return None
    return Inputs.of(workflow_id, workflow.inputs, document.components.inputs)


def _choose(document: Document, workflow_id: str | None) -> str:
    ids = [workflow.workflow_id for workflow in document.workflows]
    findings = Findings(document.file)
    if workflow_id in ids:
        return str(workflow_id)
    if workflow_id is not None:
        findings.error(
            START,
            "unknown-workflow",
            f"There is no workflow {workflow_id!r}; there are {', '.join(ids)}.",
            nearest(workflow_id, ids),
        )
        raise DocumentError(findings.sorted())
    if len(ids) > 1:
        findings.error(
            START,
            "unknown-workflow",
            f"The document has {len(ids)} workflows; say which: {', '.join(ids)}.",
        )
        raise DocumentError(findings.sorted())
    return ids[0]


def _dependencies(plans: Plans, label: str) -> list[str]:
    """Return the labels of everything that runs before a workflow."""
    found: list[str] = []
    waiting = list(plans[label].depends_on)
    while waiting:
        here = waiting.pop(0)
        if here not in found and here != label:
            found.append(here)
            waiting += plans[here].depends_on
    return found


def _operations(plans: Iterable[WorkflowPlan]) -> dict[Operation, None]:
    return {
        step.work.operation: None
        for plan in plans
        for step in plan.steps
        if isinstance(step.work, CallPlan)
    }


def _constants(plans: Iterable[WorkflowPlan]) -> Iterator[Json]:
    for plan in plans:
        for step in plan.steps:
            if isinstance(step.work, SubPlan):
                templates = [value for _, value in step.work.inputs]
            else:
                templates = [parameter.value for parameter in step.work.parameters]
                if step.work.body is not None:
                    templates.append(step.work.body.template)
                    templates += [value for _, value in step.work.body.replacements]
            for template in templates:
                yield from constants_of(template)


def _digest(document: Document, used: Mapping[str, str], workflow_id: str) -> str:
    parts = [document.digest, workflow_id]
    parts += [f"{name}={digest}" for name, digest in sorted(used.items())]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
