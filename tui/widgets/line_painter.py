"""Draws the lines of a table and keeps what it drew.

A line is drawn again only when its cells, its place under the cursor, its mark or the widget's
styles have changed. Which lines there are, and which are on the screen, is
:mod:`tui.widgets.live_table`'s business.

Making Textual's strips is most of what a flush costs, so a line is one strip: neighbours of one
style are one segment, and the application's filters are applied before it is made.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Generic, NamedTuple, TypeVar

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.content import Content
from textual.filter import LineFilter
from textual.strip import Strip

from tui.formats import cut, fit
from tui.glyphs import CURSOR, MARK, Tone
from tui.widgets.columns import GUTTER, Column, fitted, needed

K = TypeVar("K", bound=Hashable)

_MOST_KEPT: Final = 1_024


class Cell(NamedTuple):
    """What stands in one cell. The text has to be safe."""

    text: str
    tone: Tone | None = None


class Row(NamedTuple):
    """A row's cells, one for each column asked for; a line of prose has one for all of them."""

    cells: tuple[Cell, ...]
    lead: Cell | None = None
    """The glyph before the first column."""


_NO_LEAD: Final = Cell(" ")
Part = tuple[str, Style]
"""A piece of a line."""
Draw = Callable[[K, Sequence[Column]], Row]
"""Says what a row looks like now; asked only for rows on the screen."""


class Ground(NamedTuple):
    """What all lines of a table are drawn on."""

    base: Style
    """Of a line with nothing on it."""
    background: Color
    filters: tuple[LineFilter, ...]
    """What the application does to every line."""


@dataclass(slots=True)
class _Kept:
    """A row as it was last looked at, and its line as it was last drawn."""

    row: Row
    on_cursor: bool = False
    marked: bool = False
    strip: Strip | None = None


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
        self._width = self._room = 80
        self._columns = fitted(sets, self._room, gutter)
        self._filled = needed(self._columns, gutter)
        self._dimmed = False
        self._ground = Ground(Style.null(), Color(0, 0, 0), ())
        self._kept: dict[K, _Kept] = {}
        self._styles: dict[tuple[str, bool], Style] = {}
        self._asked: dict[str, Style] = {}
        self._doubted = False
        self._title: Strip | None = None
        self._blank: Strip | None = None
        self.drawn = 0
        """Lines drawn since the beginning, for tests and benchmarks."""

    def resize(self, width: int, room: int) -> None:
        """Make lines of `width` cells, of which a scrollbar leaves `room` for the columns."""
        if (width, room) != (self._width, self._room):
            self._width, self._room = width, room
            self._columns = fitted(self._sets, room, self._gutter)
            self._filled = needed(self._columns, self._gutter)
            self.forget_all()

    def stand_on(self, ground: Ground) -> None:
        """Draw on this ground from now on."""
        doubted, self._doubted = self._doubted, False
        if ground != self._ground or (doubted and self._has_other_styles()):
            self._ground = ground
            self.forget_styles()

    def doubt_styles(self) -> None:
        """The styles may be others by the time something is drawn.

        The focus changes at every beginning and end of a filter, and few styles depend on it.
        """
        self._doubted = True

    def _has_other_styles(self) -> bool:
        return any(self._style_of(name) != style for name, style in self._asked.items())

    def dim(self, dimmed: bool) -> bool:
        """Dim all lines from now on, or none; says whether that is a change."""
        if dimmed == self._dimmed:
            return False
        self._dimmed = dimmed
        self.forget_styles()
        return True

    def forget_styles(self) -> None:
        """Draw with new styles."""
        self._styles.clear()
        self._asked.clear()
        for kept in self._kept.values():
            kept.strip = None
        self._title = self._blank = None

    def forget_all(self) -> None:
        """Look at everything again."""
        self._kept.clear()
        self.forget_styles()

    def differs(self, key: K) -> bool:
        """Look at a row again; says whether its cells have changed, and keeps the new ones."""
        row, kept = self._draw(key, self._columns), self._kept.get(key)
        if kept is not None and kept.row == row:
            return False
        self._keep(key, row)
        return True

    def forget(self, keys: Collection[K] | None, but: Collection[K]) -> None:
        """Look again at rows (None: at all) when they are next on the screen; not at `but`."""
        for key in tuple(self._kept):  # what was kept is less than what may have changed
            if (keys is None or key in keys) and key not in but:
                del self._kept[key]

    def line(self, key: K, *, on_cursor: bool, marked: bool) -> Strip:
        """Return a row as a strip.

        `on_cursor` only in the table that has the focus: there is one cursor on a screen.
        """
        kept = self._kept.get(key)
        if kept is None:
            kept = self._keep(key, self._draw(key, self._columns))
        if kept.strip is None or kept.on_cursor != on_cursor or kept.marked != marked:
            self.drawn += 1
            kept.on_cursor, kept.marked = on_cursor, marked
            kept.strip = self._whole(self._parts(kept), self._style("", on_cursor), self._filled)
        return kept.strip

    def title(self) -> Strip:
        """Return the line of column titles."""
        if self._title is None:
            base = self._ground.base
            style = base + self._component("table--title")
            parts = [(" " * self._gutter, style)]
            for column in self._columns:
                text = fit(column.title, column.width, right=column.right)
                parts.append((text + " " * column.gap, style))
            self._title = self._whole(parts, base, self._filled)
        return self._title

    def blank(self) -> Strip:
        """Return a line with nothing on it."""
        if self._blank is None:
            self._blank = self._whole((), self._ground.base, 0)
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

    def prose(self, cell: Cell) -> Strip:
        """Return a line that belongs to no row."""
        base = self._ground.base
        told = base if cell.tone is None else base + self._component(f"tone--{cell.tone}")
        parts = [(" " * self._gutter, base), (cell.text, told)]
        return self._whole(parts, base, self._gutter + cell_len(cell.text))

    def _keep(self, key: K, row: Row) -> _Kept:
        if key not in self._kept and len(self._kept) >= _MOST_KEPT:
            del self._kept[next(iter(self._kept))]
        kept = self._kept[key] = _Kept(row)
        return kept

    def _parts(self, kept: _Kept) -> list[Part]:
        """Return the texts of a row's line, each with its style."""
        row, on_cursor = kept.row, kept.on_cursor
        lead = row.lead or _NO_LEAD
        parts = [
            (CURSOR if on_cursor else " ", self._style("table--pointer", on_cursor)),
            (fit(lead.text, 1), self._tone(lead, on_cursor)),
            (MARK if kept.marked else " ", self._style("table--mark", on_cursor)),
        ][: self._gutter]
        if len(row.cells) == 1 < len(self._columns):
            text = cut(row.cells[0].text, self._filled - self._gutter)
            parts.append((text, self._tone(row.cells[0], on_cursor)))
            return parts
        base = self._style("", on_cursor)
        for cell, column in zip(row.cells, self._columns, strict=True):
            text = fit(cell.text, column.width, right=column.right)
            if cell.tone is None:
                parts.append((text + " " * column.gap, base))
            else:
                parts.append((text, self._tone(cell, on_cursor)))
                parts.append((" " * column.gap, base))
        return parts

    def _whole(self, parts: Iterable[Part], line: Style, cells: int) -> Strip:
        """Return a whole line: so many `cells` of parts, the rest of the columns in the line's

        style, what is beside them without it.
        """
        segments: list[Segment] = []
        for text, style in parts:
            if segments and segments[-1].style is style:
                segments[-1] = Segment(segments[-1].text + text, style)
            else:
                segments.append(Segment(text, style))
        if cells > self._room:
            segments = list(Strip(segments, cells).crop(0, self._room))
        elif cells < self._room:
            segments.append(Segment(" " * (self._room - cells), line))
        if self._room < self._width:
            beside = " " * (self._width - self._room)
            segments.append(Segment(beside, self._ground.base.background_style))
        for line_filter in self._ground.filters:
            segments = line_filter.apply(segments, self._ground.background)
        return Strip(segments, self._width)

    def _tone(self, cell: Cell, on_cursor: bool) -> Style:
        return self._style("" if cell.tone is None else f"tone--{cell.tone}", on_cursor)

    def _style(self, name: str, on_cursor: bool) -> Style:
        """Return the style of a part of a row's line; without a name, of the line itself."""
        style = self._styles.get((name, on_cursor))
        if style is None:
            style = self._ground.base
            if on_cursor:
                style += self._component("table--cursor")
            if self._dimmed:
                style += Style(dim=True)
            if name:
                style += self._component(name)
            self._styles[name, on_cursor] = style
        return style

    def _component(self, name: str) -> Style:
        style = self._asked.get(name)
        if style is None:
            style = self._asked[name] = self._style_of(name)
        return style
