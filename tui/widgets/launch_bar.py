"""A launch on one line: its name, how far it is, what it moved, how long it still takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from rich.cells import cell_len
from textual.content import Content
from textual.widgets import Static

from tui.formats import cut, duration, roughly, si
from tui.glyphs import Tone, of_verdict
from tui.progress_bar import bar
from tui.widgets.still import Still
from workflow.runs.events import LaunchId

if TYPE_CHECKING:
    from workflow.runs.launch import LaunchState

_QUIET: Final = Tone.QUIET.style


@dataclass(frozen=True, slots=True)
class Progress:
    """What the line tells."""

    state: LaunchState
    left: timedelta | None = None
    """About how long it still takes; None when nothing can tell."""


def progress(
    launches: Mapping[LaunchId, LaunchState], before: LaunchState | None = None
) -> Progress | None:
    """Return the launch to show: the youngest under way, else the youngest, else `before`.

    `before` was shown last. When it has been forgotten meanwhile, an older one is no news.
    """
    there = list(launches.values())
    under_way = [launch for launch in there if launch.finished is None]
    if under_way:
        return Progress(under_way[-1])
    ended = [*there[-1:], *([] if before is None else [before])]
    return Progress(max(ended, key=lambda launch: launch.number)) if ended else None


def launch_line(shown: Progress, width: int, hold_key: str = "p") -> Content:
    """Return the line for a screen of `width` cells."""
    state = shown.state
    name = state.name or state.job_type or ""
    title = f" Launch {state.number} {name}".rstrip()
    cells = 30 if width >= 110 else 14
    left = Content.assemble(
        (cut(title, min(cell_len(title), max(12, width * 3 // 10))), "bold"),
        "  " if width >= 110 else " ",
        *((part.text, part.tone.style) for part in bar(state, cells)),
        "  " if width >= 110 else " ",
    )
    for told in _told(shown, hold_key):
        if left.cell_length + told.cell_length + 1 <= width:
            return left.append(told)
    return left.append(_told(shown, hold_key)[-1]).truncate(width, ellipsis=True)


def _told(shown: Progress, hold_key: str) -> tuple[Content, ...]:
    """Return how far it is, from long to short."""
    state = shown.state
    targets = max(state.targets, state.ended + state.live + state.waiting)
    count = f"{state.ended}/{targets}"
    rows = f"{si(state.rows)} rows"
    unknown = f", {state.rows_unknown} unknown" if state.rows_unknown else ""
    if state.finished is not None:
        took = duration(state.finished - state.started)
        ended = Content.assemble(Content(f"{count} ended in {took}  "), _verdicts(state))
        return (ended.append(f"  {rows}{unknown}"), ended, Content(count))
    if state.held:
        held = Content.styled(f"held: {state.held_why}; {hold_key} goes on", Tone.WARNING.style)
        return (Content.assemble(Content(f"{count} ended  "), held), held)
    # What has taken longer than usual already says nothing of how long it still takes.
    about = f" · about {roughly(shown.left)} left" if shown.left else ""
    at_once = f" · {state.max_parallel} at once"
    if state.awaits_first:
        at_once = " · one first"
        wait = Content(f"{count} ended · one first, the rest when it succeeds{about}")
        return (wait, Content(f"{count} · one first, then the rest"), Content(f"{count}{at_once}"))
    return (
        Content(f"{count} ended{at_once}  {rows}{unknown}{about}"),
        Content(f"{count}{at_once}   {rows}{unknown}"),
        Content(f"{count}{at_once}  {rows}"),
        Content(f"{count}  {rows}"),
        Content(count),
    )


def _verdicts(state: LaunchState) -> Content:
    parts = [
        Content.styled(f"{of_verdict(verdict).glyph}{count}", of_verdict(verdict).style)
        for verdict, count in state.verdicts.items()
        if count
    ]
    return Content(" ").join(parts)


class LaunchBar(Still, Static):
    """The line as a widget."""

    DEFAULT_CSS = "LaunchBar { height: 1; }"

    def __init__(self, *, id: str) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id, markup=False)
        self._drawn: Content | None = None

    def show(self, shown: Progress, hold_key: str) -> None:
        """Draw a launch, if it looks different from what stands there."""
        line = launch_line(shown, max(1, self.app.size.width), hold_key)
        if self._drawn is None or not line.is_same(self._drawn):
            self._drawn = line
            self.update(line, layout=False)
