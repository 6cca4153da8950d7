"""The connections pane: which connections, in which order, and what their rows say.

The glyph is the latest job's, or what a run of ours knows better; ``…`` until the jobs of a
connection have been read. Built for ten thousand: what ordering and filtering need of each is
kept as one small :class:`Entry` that is made again only when its connection has changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple

from tui import filtering, glyphs
from tui.formats import UNKNOWN, age, elide, minutes, roughly, short_clock
from tui.glyphs import FOLLOWED, Look, Sign, Tone
from tui.widgets.columns import Column
from tui.widgets.line_painter import Cell, Row
from workflow.airbyte.models import ConnectionId
from workflow.runs.connection_view import ConnectionView
from workflow.runs.events import Verdict
from workflow.runs.run import Phase, RunState
from workflow.text import SafeText

COLUMNS: Final = (
    (Column("name", "CONNECTION", 8, grows=True),),
    (
        Column("name", "CONNECTION", 12, grows=True),
        Column("last", "LAST✓", 5, right=True),
        Column("next", "NEXT", 5, right=True, gap=0),
    ),
    (
        Column("name", "CONNECTION", 28, grows=True),
        Column("last", "LAST✓", 6, right=True),
        Column("next", "NEXT", 5, right=True),
        Column("usual", "USUAL", 7, right=True, gap=0),
    ),
    (
        Column("name", "CONNECTION", 28, grows=True),
        Column("status", "LATEST", 12),
        Column("last", "LAST✓", 6, right=True),
        Column("next", "NEXT", 6, right=True),
        Column("usual", "USUAL", 7, right=True),
        Column("tags", "TAGS", 16),
    ),
)


MOST_LATE: Final = 8
"""How many of those that are late are explained; the rest are counted."""


PROBLEMS: Final = frozenset({Sign.RETRYING, Sign.FAILED, Sign.UNRESOLVED, Sign.LATE, Sign.EXPIRED})


@dataclass(frozen=True, slots=True)
class NoteKey:
    """A line under the connections."""

    text: SafeText
    sign: Sign | None = None


Key = ConnectionId | NoteKey


@dataclass(frozen=True, slots=True)
class Entry:
    """What ordering and filtering need of one connection."""

    connection_id: ConnectionId
    look: Look
    name_key: str
    searched: str
    """What words of a filter are looked for in, lower case."""
    fields: str
    """What it has by :mod:`tui.filtering`."""
    last_success: float
    """Seconds since the epoch; 0 when none is known."""


def look_of(view: ConnectionView, run: RunState | None) -> Look:
    """Return a connection's glyph and word; `run` is the latest run of ours for it, if any."""
    if run is not None and (ours := _of_ours(view, run)) is not None:
        return ours
    if view.live_job is not None:
        return glyphs.of_status(view.live_job.status)
    if not view.connection.is_active:
        return glyphs.OFF
    if not view.latest_read:
        return glyphs.UNREAD
    if view.late is not None:
        return glyphs.LATE
    return glyphs.NEVER_RAN if view.last_status is None else glyphs.of_status(view.last_status)


def _of_ours(view: ConnectionView, run: RunState) -> Look | None:
    if run.verdict is Verdict.UNRESOLVED:
        older = run.job_id is None or (view.last_job_id or 0) <= run.job_id
        return glyphs.of_verdict(Verdict.UNRESOLVED) if older and view.live_job is None else None
    if run.verdict is None and run.phase is Phase.WAITING and view.live_job is None:
        return glyphs.WAITING
    if run.verdict is None and run.phase is Phase.TRIGGERING and run.status is None:
        return glyphs.TRIGGERING
    return None


def entry(view: ConnectionView, run: RunState | None) -> Entry:
    """Return what ordering and filtering need."""
    connection, look = view.connection, look_of(view, run)
    tags = _tags(view)
    words = f"{connection.name} {look.word} {connection.status} {tags} {connection.connection_id}"
    success = view.last_success_at
    return Entry(
        connection.connection_id,
        look,
        connection.name.casefold(),
        words.lower(),
        filtering.fields(
            connection.name,
            status=(look.word, view.last_status, connection.status),
            tags=(tag.name for tag in connection.tags),
        ),
        0.0 if success is None else success.timestamp(),
    )


def row(
    view: ConnectionView,
    look: Look,
    now: datetime,
    columns: Sequence[Column],
    *,
    waits: bool,
    followed: bool = False,
) -> Row:
    """Return a connection's row; `waits` when a run of ours for it has not been sent yet."""
    told = _Told(view, look, now, waits, followed)
    cells = tuple([_CELLS[column.key](told) for column in columns])
    return Row(cells, Cell(look.glyph, look.tone))


def note_row(note: NoteKey) -> Row:
    """Return the row of a line under the connections."""
    tone = Tone.WARNING if note.sign is Sign.LATE else Tone.QUIET
    lead = None if note.sign is None else Cell(note.sign.value, tone)
    return Row((Cell(note.text, Tone.QUIET),), lead)


def notes(
    views: Iterable[ConnectionView], unread: int, *, wide: bool = False
) -> tuple[NoteKey, ...]:
    """Return the lines that explain marks among the connections: what is late, what is unread."""
    late = [view for view in views if view.late is not None]
    told = []
    for view in late[:MOST_LATE]:
        due = "" if view.next_due is None else f": due {short_clock(view.next_due)}, no job"
        by = " (by habit)" if view.due_by == "habit" else ""
        # The exact moment is worth more than a second line.
        name = view.connection.name
        short = elide(name, 36) if wide else elide(SafeText(name.split(" → ")[0]), 14)
        since = "" if view.late is None else f" {minutes(view.late)}"
        told.append(NoteKey(SafeText(f"{short} late{since}{due}{by}"), Sign.LATE))
    if len(late) > MOST_LATE:
        told.append(NoteKey(SafeText(f"{len(late) - MOST_LATE:,} more are late"), Sign.LATE))
    if unread:
        told.append(NoteKey(SafeText("status not read yet"), Sign.UNREAD))
    return tuple(told)


class _Told(NamedTuple):
    """What the cells of a row are made of."""

    view: ConnectionView
    look: Look
    now: datetime
    waits: bool
    followed: bool

    @property
    def name(self) -> SafeText:
        name = self.view.connection.name
        return SafeText(f"{name} {FOLLOWED}") if self.followed else name


def _last_success(view: ConnectionView, now: datetime) -> Cell:
    if view.last_success_at is not None and view.latest_read:
        return Cell(age(now - view.last_success_at))
    return Cell(UNKNOWN if view.read else Sign.UNREAD.value, Tone.QUIET)


def _next(view: ConnectionView, now: datetime, *, waits: bool) -> Cell:
    schedule = view.connection.schedule
    if waits:
        return Cell("wait", Tone.QUIET)
    if not view.connection.is_active:
        return Cell("off", Tone.QUIET)
    if schedule is None or schedule.kind == "manual":
        return Cell("man.", Tone.QUIET)
    if view.late is not None:
        return Cell("late", Tone.WARNING)
    if not view.read:
        return Cell(Sign.UNREAD.value, Tone.QUIET)
    if view.next_due is None:
        return Cell(UNKNOWN, Tone.QUIET)
    return Cell("now") if view.next_due <= now else Cell(age(view.next_due - now))


def _quiet(text: str) -> Cell:
    return Cell(text, Tone.QUIET)


def _tags(view: ConnectionView) -> str:
    return " ".join([tag.name for tag in view.connection.tags])


# A cell is made only for a column there is.
_CELLS: Final[Mapping[str, Callable[[_Told], Cell]]] = {
    "name": lambda of: Cell(of.name),
    "last": lambda of: _last_success(of.view, of.now),
    "next": lambda of: _next(of.view, of.now, waits=of.waits),
    "usual": lambda of: _quiet(roughly(of.view.usual)),
    "status": lambda of: Cell(of.look.word, of.look.tone),
    "tags": lambda of: _quiet(_tags(of.view)),
}
