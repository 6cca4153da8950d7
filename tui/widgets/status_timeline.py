"""What a job's status has been, and for how long: ``pending 3s ▸ running 5m10 ▸ retrying 20s``.

On one line for the detail pane, line by line with the times of day for the run screen. It tells
what readings told: a job that was there before anybody looked has a beginning nobody saw, and
that is said.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final

from textual.content import Content
from textual.widgets import Static

from tui.formats import clock, duration
from tui.glyphs import FOLDED, Look, Tone, of_status
from workflow.runs.events import Origin
from workflow.runs.run import RunState, Transition
from workflow.text import SafeText

_TERMINAL: Final = frozenset({"succeeded", "failed", "cancelled"})
_UNSEEN: Final = timedelta(seconds=15)
"""A first reading that late after the job's creation has missed its first status, or may have."""
_BETWEEN: Final = Content.assemble(" ", (FOLDED, Tone.QUIET.style), " ")
_CUT: Final = Content.styled("…", Tone.QUIET.style)


@dataclass(frozen=True, slots=True)
class Stay:
    """One status and how long it stood."""

    look: Look
    status: SafeText
    """The server's own word."""
    at: datetime
    lasted: timedelta | None
    """None for a terminal status, which lasts for ever."""
    still: bool
    """Whether it stands now, so that `lasted` still grows."""


def stays(run: RunState, now: datetime) -> tuple[Stay, ...]:
    """Return the statuses in their order; the last one stands until `now` while the run lives."""
    if not run.transitions:
        return ()
    last = _last(run)
    told = [
        Stay(of_status(one.status), one.status, one.at, after.at - one.at, still=False)
        for one, after in pairwise((*run.transitions[:-1], last))
    ]
    ended = last.status in _TERMINAL
    until = run.ended if run.ended is not None else now
    lasted = None if ended else max(timedelta(0), until - last.at)
    return (
        *told,
        Stay(of_status(last.status), last.status, last.at, lasted, still=not ended and run.live),
    )


def _last(run: RunState) -> Transition:
    """Return the latest status; the job's end when the server says it was, not when it was read."""
    last = run.transitions[-1]
    if last.status not in _TERMINAL or run.job_ended is None or run.job_ended >= last.at:
        return last
    # By another clock it may seem to have ended before it was seen to run.
    before = run.transitions[-2].at if len(run.transitions) > 1 else run.job_ended
    return replace(last, at=max(before, run.job_ended))


def unseen_before(run: RunState) -> bool:
    """Tell whether other statuses may have passed before the first one that was read."""
    if not run.transitions or run.origin is Origin.STARTED:
        return False
    if run.job_started is None:
        return run.origin is not None
    return run.transitions[0].at - run.job_started > _UNSEEN


def status_timeline(run: RunState, now: datetime, width: int | None = None) -> Content:
    """Return the timeline on one line of at most `width` cells.

    When it is too long the middle goes: how it began and what it came to are kept.
    """
    parts = [_stay(stay) for stay in stays(run, now)]
    if not parts:
        return Content.styled("no status read yet", Tone.QUIET.style)
    if unseen_before(run):
        parts.insert(0, _CUT)
    line = _BETWEEN.join(parts)
    if width is None or line.cell_length <= width:
        return line
    for tail in range(len(parts) - 2, 0, -1):
        line = _BETWEEN.join([parts[0], _CUT, *parts[-tail:]])
        if line.cell_length <= width:
            return line
    line = _BETWEEN.join([_CUT, parts[-1]]) if len(parts) > 1 else parts[-1]
    return line.truncate(width, ellipsis=True)


def timeline_lines(run: RunState, now: datetime) -> tuple[Content, ...]:
    """Return one line for each status: time of day, word, how long."""
    lines: list[Content] = []
    if run.job_started is not None:
        lines.append(_line(run.job_started, Content("created")))
    if unseen_before(run):
        lines.append(
            Content.styled("          … before attach: other states may be missing here", _QUIET)
        )
    lines.extend(_line(stay.at, _told(stay)) for stay in stays(run, now))
    return tuple(lines) or (Content.styled("no status read yet", _QUIET),)


_QUIET: Final = Tone.QUIET.style


def _stay(stay: Stay) -> Content:
    word = Content.styled(stay.look.word, stay.look.style)
    return word if stay.lasted is None else word.append(f" {duration(stay.lasted)}")


def _told(stay: Stay) -> Content:
    text = Content.styled(f"{stay.look.word:<11}", stay.look.style)
    if stay.lasted is not None:
        text = text.append(f" {duration(stay.lasted)}{' so far' if stay.still else ''}")
    if stay.status != stay.look.word:
        text = text.append(Content.styled(f"   ({stay.status})", _QUIET))
    return text


def _line(at: datetime, told: Content) -> Content:
    return Content.assemble((f"{clock(at)}  ", _QUIET), told)


class StatusTimeline(Static):
    """The timeline as a widget of one line."""

    DEFAULT_CSS = "StatusTimeline { height: 1; }"

    def show(self, run: RunState, now: datetime) -> None:
        """Draw the run's timeline at the width there is."""
        self.update(status_timeline(run, now, self.size.width or None), layout=False)
