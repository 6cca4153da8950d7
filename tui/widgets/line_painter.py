"""Draws the lines of a table and keeps what it drew.

A line is drawn again only when its cells, its place under the cursor, its mark or the widget's
styles have changed. Which lines there are, and which are on the screen, is
:mod:`tui.widgets.live_table`'s business.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from rich.segment import Segment
from rich.style import Style
from textual.cache import LRUCache
from textual.content import Content
from textual.strip import Strip

from tui.formats import cut, fit
from tui.glyphs import CURSOR, MARK, Tone
from tui.widgets.columns import GUTTER, Column, fitted

K = TypeVar("K", bound=Hashable)

_MOST_KEPT: Final = 1_024


@dataclass(frozen=True, slots=True)
class Cell:
    """What stands in one cell. The text has to be safe."""

    text: str
    tone: Tone | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """A row's cells, one for each column asked for; a line of prose has one for all of them."""

    cells: tuple[Cell, ...]
    lead: Cell | None = None
    """The glyph before the first column."""


Draw = Callable[[K, Sequence[Column]], Row]
"""Says what a row looks like now; asked only for rows on the screen."""


@dataclass(frozen=True, slots=True)
class Face(Generic[K]):
    """All that decides what a line looks like, beside its cells."""

    key: K
    on_cursor: bool
    """Only in the table that has the focus: there is one cursor on a screen."""
    marked: bool


class LinePainter(Generic[K]):
    """Turns rows into strips of a given width, from what it kept where it can."""

    def __init__(
        self,
        draw: Draw[K],
        sets: Sequence[Sequence[Column]],
        style_of: Callable[[str], Style],
        gutter: int = GUTTER,
    ) -> None:
        self._gutter = gutter
        self._draw = draw
        self._sets = sets
        self._style_of = style_of
        self._columns = fitted(sets, 80, gutter)
        self._width = self._room = 80
        self._dimmed = False
        self._rows: LRUCache[K, Row] = LRUCache(_MOST_KEPT)
        self._strips: LRUCache[Face[K], Strip] = LRUCache(_MOST_KEPT)
        self._styles: dict[str, Style] = {}
        self._title: Strip | None = None
        self._blank: Strip | None = None
        self.drawn = 0
        """Lines drawn since the beginning, for tests and benchmarks."""

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns at the present width."""
        return self._columns

    @property
    def width(self) -> int:
        """How many cells a line has."""
        return self._width

    def resize(self, width: int, room: int) -> None:
        """Make lines of `width` cells, of which a scrollbar leaves `room` for the columns."""
        if (width, room) != (self._width, self._room):
            self._width, self._room = width, room
            self._columns = fitted(self._sets, room, self._gutter)
            self.forget_all()

    def dim(self, dimmed: bool) -> bool:
        """Dim all lines from now on, or none; says whether that is a change."""
        if dimmed == self._dimmed:
            return False
        self._dimmed = dimmed
        self._strips.clear()
        return True

    def forget_styles(self) -> None:
        """The theme or the widget's state is another one: draw with new styles."""
        self._styles.clear()
        self._strips.clear()
        self._title = self._blank = None

    def forget_all(self) -> None:
        """Look at everything again."""
        self._rows.clear()
        self.forget_styles()

    def differs(self, key: K) -> bool:
        """Look at a row again; says whether its cells have changed, and keeps the new ones."""
        row = self._draw(key, self._columns)
        if row == self._rows.get(key):
            return False
        self._rows.discard(key)  # Textual's cache keeps what it has for a key
        self._rows[key] = row
        self._forget_strips(key)
        return True

    def forget(self, keys: Collection[K] | None, but: frozenset[K]) -> None:
        """Look again at rows (None: at all) when they are next on the screen; not at `but`."""
        for key in tuple(self._rows.keys()):  # what was kept is less than what may have changed
            if (keys is None or key in keys) and key not in but:
                self._rows.discard(key)
                self._forget_strips(key)

    def line(self, face: Face[K], base: Style) -> Strip:
        """Return a row as a strip."""
        strip = self._strips.get(face)
        if strip is None:
            self.drawn += 1
            strip = self._strips[face] = self._paint(face, base)
        return strip

    def title(self, base: Style) -> Strip:
        """Return the line of column titles."""
        if self._title is None:
            style = base + self._style("table--title")
            segments = [Segment(" " * self._gutter, style)]
            for column in self._columns:
                text = fit(column.title, column.width, right=column.right) + " " * column.gap
                segments.append(Segment(text, style))
            self._title = self._whole(segments, base, base)
        return self._title

    def blank(self, base: Style) -> Strip:
        """Return a line with nothing on it."""
        if self._blank is None:
            self._blank = self._whole((), base, base)
        return self._blank

    def column_at(self, x: int) -> Column | None:
        """Return the column that a cell of a line belongs to, its gap included."""
        end = self._gutter
        for column in self._columns:
            end += column.width + column.gap
            if x < end:
                return column
        return None

    def wrapped(self, cells: Iterable[Cell]) -> tuple[Cell, ...]:
        """Break sentences that belong to no row into lines that are not cut off."""
        room = max(1, self._room - self._gutter)
        return tuple(
            Cell(part.plain, cell.tone) for cell in cells for part in Content(cell.text).wrap(room)
        )

    def prose(self, cell: Cell, base: Style) -> Strip:
        """Return a line that belongs to no row."""
        segments = [Segment(" " * self._gutter, base), Segment(cell.text, base + self._tone(cell))]
        return self._whole(segments, base, base)

    def _paint(self, face: Face[K], base: Style) -> Strip:
        row = self._rows.get(face.key)
        if row is None:
            row = self._rows[face.key] = self._draw(face.key, self._columns)
        empty = base
        if face.on_cursor:
            base += self._style("table--cursor")
        if self._dimmed:
            base += Style(dim=True)
        lead = row.lead or Cell(" ")
        segments = [
            Segment(CURSOR if face.on_cursor else " ", base + self._style("table--pointer")),
            Segment(fit(lead.text, 1), base + self._tone(lead)),
            Segment(MARK if face.marked else " ", base + self._style("table--mark")),
        ][: self._gutter]
        if len(row.cells) == 1 < len(self._columns):
            room = sum(column.width + column.gap for column in self._columns)
            text = cut(row.cells[0].text, room)
            segments.append(Segment(text, base + self._tone(row.cells[0])))
        else:
            for cell, column in zip(row.cells, self._columns, strict=True):
                text = fit(cell.text, column.width, right=column.right)
                segments.append(Segment(text, base + self._tone(cell)))
                segments.append(Segment(" " * column.gap, base))
        return self._whole(segments, base, empty)

    def _whole(self, segments: Iterable[Segment], line: Style, empty: Style) -> Strip:
        """Return a whole line: the columns in the line's style, what is beside them without."""
        columns = Strip(segments).crop_extend(0, self._room, line)
        return columns.extend_cell_length(self._width, empty.background_style)

    def _tone(self, cell: Cell) -> Style:
        return Style.null() if cell.tone is None else self._style(f"tone--{cell.tone}")

    def _style(self, name: str) -> Style:
        style = self._styles.get(name)
        if style is None:
            style = self._styles[name] = self._style_of(name)
        return style

    def _forget_strips(self, key: K) -> None:
        for on_cursor in (False, True):
            for marked in (False, True):
                self._strips.discard(Face(key, on_cursor, marked))
