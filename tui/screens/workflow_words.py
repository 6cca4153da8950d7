"""What the workflow screen says of a document: its mistakes, its steps, and what would be run.

Pure. What a document and its inputs mean for a launch is :mod:`tui.screens.workflow_form`'s.
"""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content

from tui.document_reading import Reading
from tui.formats import many
from tui.glyphs import LINK, Tone
from tui.screens.workflow_form import Chosen
from workflow.arazzo.program import Program
from workflow.text import SafeText, safe


def mistake(text: SafeText) -> Content:
    """Return a line that the validator tells, in the words of this screen."""
    warning = ": warning: " in text
    # Where the command line has an option there is a field here.
    said = text.replace("--source ", "Sources: ")
    return Content.styled(said, (Tone.WARNING if warning else Tone.FAILED).style)


def counted(told: Sequence[SafeText]) -> str:
    """Count mistakes and warnings: ``2 mistakes · 1 warning``."""
    warnings = sum(": warning: " in line for line in told)
    parts = [many(len(told) - warnings, "mistake")] if len(told) > warnings else []
    return " · ".join(parts + ([many(warnings, "warning")] if warnings else []))


def steps(program: Program) -> Content:
    """Return the steps in a row: ``1 triggerJob ━ 2 pollJob``."""
    between = Content.assemble(" ", (LINK, Tone.QUIET.style), " ")
    named = [f"{step.position} {safe(step.step_id)}" for step in program.steps]
    return between.join(map(Content, named))


def status(
    reading: Reading | None, choice: Chosen | tuple[SafeText, ...], targets: int
) -> tuple[SafeText, Tone]:
    """Return what would be run, or what keeps it from that; no reading is one under way."""
    if reading is None:
        return SafeText("reading…"), Tone.QUIET
    if isinstance(choice, Chosen):
        once = "runs once: it takes no connection"
        each = f"runs for each of {many(targets, 'target')}"
        wipes = f" · it {choice.wipes}s data" if choice.wipes else ""
        return safe((each if choice.per_target else once) + wipes), Tone.RUNNING
    if reading.program is None:
        return SafeText("it cannot be run as it is"), Tone.FAILED
    return choice[0], Tone.FAILED
