"""What a chosen workflow and its filled-in inputs mean for a launch, or what keeps it from one.

Pure. The screen is :mod:`tui.screens.workflow_choice`; reading documents is
:mod:`tui.document_reading`'s.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from tui.document_reading import Reading
from tui.input_values import FROM_TARGETS, InputField, NotOfTypeError, text_of
from tui.screens.launch_form import Doing
from workflow.arazzo.problems import InputError
from workflow.arazzo.program import Program
from workflow.arazzo.turns import Json
from workflow.runs.launch import Order, Target
from workflow.runs.programs import wiping
from workflow.text import SafeText, safe

_JOB_TYPE: Final = "jobType"


@dataclass(frozen=True, slots=True)
class Chosen:
    """A workflow with its inputs, ready to be launched."""

    reading: Reading
    program: Program
    inputs: Mapping[str, Json] = field(repr=False)
    """All but those that each target has of its own."""
    texts: Mapping[str, str] = field(repr=False)
    """The same as typed, to be shown again."""
    job_type: str
    """What the launch is called and checked as; its input of that name, if it has one."""
    wipes: str | None
    """The type of a job that wipes data, when it may start one."""
    per_target: bool
    """It takes a connection; otherwise it runs once."""

    @property
    def doing(self) -> Doing:
        """Return what the launch form has to ask for."""
        known = {doing.value: doing for doing in (Doing.SYNC, Doing.CLEAR, Doing.RESET)}
        return known.get(self.wipes or self.job_type, Doing.SYNC)

    @property
    def label(self) -> SafeText:
        """Its name, and where it is from."""
        return safe(f"{self.program.workflow_id} of {self.reading.place}", limit=160)


def choose(
    reading: Reading, texts: Mapping[str, str], targets: Sequence[Target]
) -> Chosen | tuple[SafeText, ...]:
    """Return the workflow with its inputs, or a sentence for each mistake.

    `texts` are the inputs as typed; an empty one is left to its default.
    """
    program = reading.program
    if program is None:
        return reading.told
    inputs: dict[str, Json] = {}
    wrong: list[SafeText] = []
    for each in reading.fields:
        text = texts.get(each.name, "")
        if each.name == FROM_TARGETS or not text:
            continue
        try:
            inputs[each.name] = each.value(text)
        except NotOfTypeError as error:
            wrong.append(safe(f"{each.name}: {error}"))
    per_target = any(each.name == FROM_TARGETS for each in reading.fields)
    own: dict[str, Json] = {FROM_TARGETS: _any_of(targets)} if per_target else {}
    if wrong:
        return tuple(wrong)
    try:
        complete = program.complete({**inputs, **own})
    except InputError as error:
        return error.sentences
    wipes = wiping(program, complete)
    told = complete.get(_JOB_TYPE, wipes)
    job_type = told if isinstance(told, str) else "sync"
    return Chosen(reading, program, inputs, texts, job_type, wipes, per_target)


def _any_of(targets: Sequence[Target]) -> str:
    return next((target.connection_id for target in targets), "none")


def ordered(order: Order, chosen: Chosen | None) -> Order:
    """Return the order with the chosen workflow in place of the shipped one."""
    if chosen is None:
        return order
    return replace(
        order,
        program=chosen.program,
        inputs=chosen.inputs,
        job_type=chosen.job_type,
        targets=order.targets if chosen.per_target else (),  # without any it runs once
        name=order.name or chosen.program.workflow_id,
    )


def first_text(field: InputField, doing: Doing) -> str:
    """Return what stands in a field to begin with: its default; for a job's type, what is done."""
    if field.name == _JOB_TYPE and doing.job_type in (field.choices or (doing.job_type,)):
        return doing.job_type
    return "" if field.default is None else text_of(field.default)


def command(chosen: Chosen, targets: Sequence[Target], profile: str) -> str | None:
    """Return the `syncdeck workflow run` that does the same; None for several targets.

    Values of inputs that are not to be seen are left for the person to fill in.
    """
    if chosen.per_target and len(targets) != 1:
        return None
    words = ["syncdeck", "--profile", profile, "workflow", "run", chosen.reading.place]
    if len(chosen.reading.workflows) > 1:
        words += ["--workflow-id", chosen.program.workflow_id]
    words += [f"--source={name}={place}" for name, place in chosen.reading.sources.items()]
    secret = {each.name for each in chosen.reading.fields if each.secret}
    own: Mapping[str, Json] = {FROM_TARGETS: targets[0].connection_id} if chosen.per_target else {}
    for name, value in {**own, **chosen.inputs}.items():
        words.append(f"--input={name}={'...' if name in secret else text_of(value)}")
    return " ".join(shlex.quote(word) for word in words)


def sources_of(text: str) -> dict[str, str]:
    """Read ``NAME=FILE, OTHER=airbyte``.

    Raises:
        ValueError: one is none; with a sentence.
    """
    found: dict[str, str] = {}
    for part in text.split(","):
        name, equals, place = (each.strip() for each in part.partition("="))
        if not part.strip():
            continue
        if not (name and equals and place):
            raise ValueError(f"Sources: {part.strip()[:60]!r} is not NAME=FILE or NAME=airbyte")
        found[name] = place
    return found
