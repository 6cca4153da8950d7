"""A run's way through its document: ``1 triggerJob ✓ 0.4s ━ 2 pollJob ● ×43``.

The steps are the document's own, however many and whatever they are called; nothing here knows
what they do. In a cell of a table the same thing is a position and a count (:mod:`tui.rows`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from textual.content import Content
from textual.widgets import Static

from tui.formats import elide
from tui.glyphs import LINK, Look, Sign, Tone, of_verdict
from workflow.runs.run import Phase, RunState, StepState
from workflow.text import SafeText

_BETWEEN: Final = Content.assemble(" ", (LINK, Tone.QUIET.style), " ")
_SHORTEST_NAME: Final = 6


def step_look(run: RunState, index: int) -> Look:
    """Return what the step at `index` looks like; the verdict is shown where the run ended.

    A step that answered well and was the last one of a failed run shows the failure: the job
    failed there, whatever the HTTP status said.
    """
    step = run.steps[index]
    if run.attached and index < (run.current if run.current is not None else 1):
        return Look(Sign.OFF, SafeText("not ours"), Tone.QUIET)
    if index == run.current:
        if run.verdict is not None:
            return of_verdict(run.verdict)
        if run.phase is Phase.DETACHED:
            return Look(Sign.OFF, SafeText("detached"), Tone.QUIET)
        return Look(Sign.RUNNING, SafeText("under way"), Tone.RUNNING)
    if step.visits == 0:
        return Look(Sign.WAITING, SafeText("not reached"), Tone.QUIET)
    if step.succeeded is False:
        return Look(Sign.FAILED, SafeText("failed"), Tone.FAILED)
    return Look(Sign.SUCCEEDED, SafeText("done"), Tone.SUCCEEDED)


def measure(step: StepState) -> str:
    """Return how often a step was visited, or how long its one request took; empty for neither."""
    if step.visits > 1:
        return f"×{step.visits}"
    if step.ms is None:
        return ""
    return f"{step.ms / 1000:.1f}s" if step.ms < 59_950 else f"{step.ms // 60_000}m"


def step_track(run: RunState, width: int | None = None) -> Content:
    """Return the track on one line of at most `width` cells.

    When it is too long, names are elided first; then steps far from the current one are counted
    instead of shown.
    """
    if not run.steps:
        return Content.styled("no steps", Tone.QUIET.style)
    whole = _joined(run, range(len(run.steps)), None)
    if width is None or whole.cell_length <= width:
        return whole
    for name_cells in (12, _SHORTEST_NAME):
        track = _joined(run, range(len(run.steps)), name_cells)
        if track.cell_length <= width:
            return track
    return _around_current(run, width).truncate(width, ellipsis=True)


def _around_current(run: RunState, width: int) -> Content:
    """Grow a window of steps to both sides of the current one while it fits."""
    first = last = run.current or 0
    shown = _joined(run, range(first, last + 1), _SHORTEST_NAME)
    while True:
        for window in ((first - 1, last), (first, last + 1)):
            if window[0] < 0 or window[1] >= len(run.steps):
                continue
            wider = _joined(run, range(window[0], window[1] + 1), _SHORTEST_NAME)
            if wider.cell_length <= width:
                (first, last), shown = window, wider
                break
        else:
            return shown


def _joined(run: RunState, shown: Sequence[int], name_cells: int | None) -> Content:
    parts = [_step(run, index, name_cells) for index in shown]
    before, after = shown[0], len(run.steps) - 1 - shown[-1]
    if before:
        parts.insert(0, Content.styled(f"… {before} before", Tone.QUIET.style))
    if after:
        parts.append(Content.styled(f"… {after} more", Tone.QUIET.style))
    return _BETWEEN.join(parts)


def _step(run: RunState, index: int, name_cells: int | None) -> Content:
    step, look = run.steps[index], step_look(run, index)
    name = step.step if name_cells is None else elide(step.step, name_cells)
    part = Content.assemble(
        (f"{index + 1} ", Tone.QUIET.style), Content(f"{name} "), (look.glyph, look.style)
    )
    told = measure(step)
    return part.append(f" {told}") if told else part


class StepTrack(Static):
    """The track as a widget of one line."""

    DEFAULT_CSS = "StepTrack { height: 1; }"

    def show(self, run: RunState) -> None:
        """Draw the run's track at the width there is."""
        self.update(step_track(run, self.size.width or None), layout=False)
