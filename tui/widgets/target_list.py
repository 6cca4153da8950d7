"""The connections a launch is for, and what would happen to each of them.

The list shows what it is given: the checks come from the fleet, and what is left out of a launch
is what carries a mark here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar, Final

from textual.binding import BindingType

from tui import keymap
from tui.glyphs import OFF, UNREAD, Look, Sign, Tone, of_status
from tui.widgets.columns import Column
from tui.widgets.line_painter import Cell, Row
from tui.widgets.live_table import LiveTable
from tui.widgets.selection import Selection
from workflow.runs.launch import Target, TargetCheck
from workflow.text import SafeText

_NAME: Final = Column("name", "CONNECTION", 24, grows=True)
_WILL: Final = Column("will", "WILL", 21)
_LAST: Final = Column("last", "LAST", 25)
_WHY: Final = Column("why", "BECAUSE", 44)
SETS: Final = (
    (_NAME, _WILL),
    (_NAME, _LAST, _WILL),
    (_NAME, _LAST, _WILL, _WHY),
)
_TONES: Final = {
    "send": Tone.RUNNING,
    "attach": Tone.SUCCEEDED,
    "wait": Tone.PENDING,
    "skip": Tone.QUIET,
    "fail": Tone.FAILED,
    "blocked": Tone.WARNING,
}


def look_of(check: TargetCheck | None) -> Look:
    """Return the look of a target's last or running job."""
    if check is None:
        return UNREAD
    if check.status is not None:
        return of_status(check.status)
    return OFF if check.will == "skip" else Look(Sign.WAITING, SafeText("no job"), Tone.QUIET)


def row_of(
    target: Target, check: TargetCheck | None, *, left_out: bool, columns: Sequence[Column]
) -> Row:
    """Return the cells of a target for these columns."""
    look = look_of(check)
    wide = any(column.key == "why" for column in columns)
    texts = {
        "name": Cell(target.name, Tone.QUIET if left_out else None),
        "last": Cell(_last(check, look), Tone.QUIET),
        "will": _will(check, left_out=left_out, with_why=not wide),
        "why": Cell(check.why if check else "", Tone.QUIET),
    }
    return Row(tuple(texts[column.key] for column in columns), Cell(look.glyph, look.tone))


def _last(check: TargetCheck | None, look: Look) -> str:
    """Say how its last job stands in the deck's own word for the status."""
    if check is None:
        return UNREAD.glyph
    if check.status and check.last.startswith(check.status):
        return look.word + check.last[len(check.status) :]
    return check.last


def _will(check: TargetCheck | None, *, left_out: bool, with_why: bool) -> Cell:
    if left_out:
        return Cell("left out", Tone.QUIET)
    if check is None:
        return Cell(UNREAD.glyph, Tone.QUIET)
    told = check.will
    if with_why and check.why and check.will in {"skip", "fail", "blocked"}:
        # The reason's beginning says more than its end.
        text = f"{told}: {check.why}"
        return Cell(
            text if len(text) <= _WILL.width else f"{text[: _WILL.width - 1]}…", _TONES[told]
        )
    return Cell(told, _TONES[told])


class TargetList(LiveTable[str]):
    """Targets by connection id; `space` leaves one out or takes it in again."""

    BINDINGS: ClassVar[list[BindingType]] = keymap.bindings(
        ("mark", "mark.range", "mark.all", "mark.invert", "mark.none")
    )

    def __init__(
        self,
        targets: Sequence[Target],
        checks: Mapping[str, TargetCheck],
        *,
        monotonic: Callable[[], float],
        id: str | None = None,  # noqa: A002 - Textual's name
    ) -> None:
        self._targets = {target.connection_id: target for target in targets}
        self._checks = checks
        super().__init__(self._row, SETS, monotonic=monotonic, id=id)

    @property
    def taken(self) -> tuple[Target, ...]:
        """The targets that were not left out, in their order."""
        return tuple(self._targets[key] for key in self.order if key not in self.marks)

    def action_mark(self) -> None:
        """Leave this one out, or take it in again."""
        self.mark(Selection.toggle)
        self.action_cursor_down()

    def action_mark_range(self) -> None:
        """Leave out from here on, or end that."""
        self.mark(Selection.toggle_range)

    def action_mark_all(self) -> None:
        """Leave all out."""
        self.mark(Selection.mark_all)

    def action_mark_invert(self) -> None:
        """Take in what is left out, leave out the others."""
        self.mark(Selection.invert)

    def action_mark_none(self) -> None:
        """Take all in again."""
        self.mark(Selection.clear)

    def _row(self, key: str, columns: Sequence[Column]) -> Row:
        return row_of(
            self._targets[key],
            self._checks.get(key),
            left_out=key in self.marks,
            columns=columns,
        )
