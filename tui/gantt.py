"""Runs as bars over one axis of time: which ran together, which took long, which still go on.

Only for large screens. Pure; which runs, and in which order, is the caller's choice.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from textual.content import Content

from tui import glyphs
from tui.formats import fit, short_clock
from tui.glyphs import FOLDED, LINK, Tone
from workflow.runs.lasting import ended
from workflow.runs.run import RunState

LONGEST: Final = timedelta(hours=3)
"""An axis that long at most; what began before is cut."""
_NAME: Final = 24
_QUIET: Final = Tone.QUIET.style


def gantt(runs: Sequence[RunState], now: datetime, width: int, height: int) -> tuple[Content, ...]:
    """Return at most `height` lines: a bar for each run that began, and the axis under them."""
    shown = [run for run in runs if _start(run) is not None][: max(0, height - 1)]
    cells = width - _NAME - 4
    if not shown or cells < 10:
        return ()
    first = max(min(_start(run) or now for run in shown), now - LONGEST)
    span = max((now - first).total_seconds(), 1.0)
    lines = [_bar(run, now, first, cells / span, cells) for run in shown]
    left, right = short_clock(first), "now"
    between = " " * (cells - len(left) - len(right))
    axis = Content.styled(f"   {' ' * _NAME} {left}{between}{right}", _QUIET)
    return (*lines, axis)


def _start(run: RunState) -> datetime | None:
    return run.job_started or run.begun


def _bar(run: RunState, now: datetime, first: datetime, per_second: float, cells: int) -> Content:
    start = max(_start(run) or now, first)
    until = ended(run) or now
    left = min(cells - 1, int((start - first).total_seconds() * per_second))
    right = min(cells, max(left + 1, round((until - first).total_seconds() * per_second)))
    length = right - left
    bar = LINK * (length - 1) + FOLDED if run.live else LINK * length
    look = glyphs.of_run(run, now)
    return Content.assemble(
        (f" {look.glyph} ", look.style), f"{fit(run.name, _NAME)} ", " " * left, (bar, look.style)
    )
