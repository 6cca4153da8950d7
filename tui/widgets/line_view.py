"""The lines of a table on the screen: which are there, and which have to be drawn again.

It scrolls over rows that it knows by id and draws those on the screen from what its painter keeps.
When rows change, change places or are moved over is :mod:`tui.widgets.live_table`'s business.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import ClassVar, Generic, TypeVar

from rich.style import Style
from textual.color import Color
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widget import Widget

from tui.glyphs import Tone
from tui.widgets.columns import GUTTER, Column
from tui.widgets.line_painter import Cell, Draw, Ground, LinePainter
from tui.widgets.selection import Selection

K = TypeVar("K", bound=Hashable)


class LineView(ScrollView, Generic[K]):
    """Rows by id, drawn line by line."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "table--title",
        "table--cursor",
        "table--pointer",
        "table--mark",
        *(f"tone--{tone}" for tone in Tone),
    }
    DEFAULT_CSS = (
        """
    LineView {
        overflow-x: hidden;
        overflow-y: auto;
        scrollbar-size-vertical: 1;
        & > .table--title { color: $tone-quiet; }
        & > .table--pointer { color: $tone-pointer; }
        & > .table--mark { color: $tone-pointer; text-style: bold; }
        & > .table--cursor { background: $cursor-line; text-style: bold; }
    """
        + "\n".join(f"    & > .tone--{tone} {{ color: {tone.style}; }}" for tone in Tone)
        + "\n}"
    )

    def __init__(
        self,
        draw: Draw[K],
        sets: Sequence[Sequence[Column]],
        *,
        markable: Callable[[K], bool],
        titled: bool = True,
        gutter: int = GUTTER,
        id: str | None = None,  # noqa: A002 - Textual's name
    ) -> None:
        super().__init__(id=id)
        self._titled = int(titled)
        self._selection: Selection[K] = Selection(markable)
        self._painter = LinePainter(draw, sets, self._component, gutter)
        self._message: tuple[Cell, ...] = ()
        self._colours: tuple[Style, Color] | None = None

    @property
    def order(self) -> tuple[K, ...]:
        """The ids as they stand on the screen."""
        return self._selection.order

    @property
    def cursor(self) -> K | None:
        """The id of the row with the cursor; None only for an empty table."""
        return self._selection.cursor

    @property
    def marks(self) -> frozenset[K]:
        """The ids of the marked rows, shown or filtered away."""
        return self._selection.marks

    @property
    def in_view(self) -> tuple[K, ...]:
        """The ids on the screen."""
        return self._visible()[1]

    @property
    def drawn(self) -> int:
        """How many lines were drawn since the beginning."""
        return self._painter.drawn

    def dim(self, dimmed: bool) -> None:
        """Dim all rows because what they show is old, or stop doing so."""
        if self._painter.dim(dimmed):
            self.refresh()

    def say(self, message: Sequence[Cell]) -> None:
        """Show these lines while there are no rows: what is, what comes, which key helps."""
        if tuple(message) != self._message:
            self._message = tuple(message)
            if not self.order:
                self.refresh()

    def redraw(self) -> None:
        """Draw everything anew, for instance because cells are now written in another way."""
        self._painter.forget_all()
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """Draw one line of the screen."""
        return self._strips([y])[0]

    def render_lines(self, crop: Region) -> list[Strip]:
        """Draw some lines of the screen, each from what was kept of it where nothing changed.

        A table has neither border nor padding nor tint. Textual's own way asks for all of them at
        every line, which takes longer than drawing it.
        """
        strips = self._strips(crop.line_range)
        if crop.column_span != (0, self.size.width):
            strips = [strip.crop(*crop.column_span) for strip in strips]
        return strips

    @property
    def _ground(self) -> Ground:
        """What lines are drawn on."""
        if self._colours is None:
            self._colours = self.rich_style, self.background_colors[1]
        return Ground(*self._colours, tuple(self.get_line_filters()))

    def _strips(self, wanted: Iterable[int]) -> list[Strip]:
        self._fit()
        painter, selection = self._painter, self._selection
        painter.stand_on(self._ground)
        order, marks = selection.order, selection.marks
        at = selection.line if self.has_focus else None
        told = () if order else painter.wrapped(self._message)
        top = self.scroll_offset.y - self._titled
        strips = []
        for y in wanted:
            line = top + y
            if y < self._titled:
                strips.append(painter.title())
            elif line < len(order):
                key = order[line]
                strips.append(painter.line(key, on_cursor=line == at, marked=key in marks))
            elif line < len(told):
                strips.append(painter.prose(told[line]))
            else:
                strips.append(painter.blank())
        return strips

    def on_resize(self) -> None:
        """Choose the columns for the new width."""
        self._fit()
        self._follow_cursor()
        self.refresh()

    def _fit(self) -> None:
        """Choose the columns again if there is another width, or a scrollbar came or went.

        Lines end where the scrollbar begins: longer ones would be cut there at every draw.
        """
        room = self.scrollable_content_region.width
        self._painter.resize(room if self.show_vertical_scrollbar else self.size.width, room)

    def watch_show_vertical_scrollbar(self, shown: bool) -> None:
        """Keep a scrollbar's place from the first one on: its coming lays the whole screen out.

        A filter takes it away and brings it back with single letters.
        """
        if shown:
            self.styles.overflow_y = "scroll"

    def _resize_to(self, lines: int) -> None:
        """Tell Textual how many lines there are.

        Assigned, a virtual size lays out the whole screen, at every key of a filter. Nothing but
        the scrollbar depends on it here, and that asks for a layout itself when it comes or goes.
        """
        self.set_reactive(Widget.virtual_size, Size(0, lines))
        self._scroll_update(self.virtual_size)

    def notify_style_update(self) -> None:
        """Look at the styles again: the theme may be another, or what depends on the focus."""
        super().notify_style_update()
        self._colours = None
        self._painter.doubt_styles()

    def _component(self, name: str) -> Style:
        # The screen's own styles are Textual's base; a component adds to what the line has.
        return self.get_component_rich_style(name, partial=True)

    def _visible(self) -> tuple[int, tuple[K, ...]]:
        top = self.scroll_offset.y
        return top, self.order[top : top + self._height]

    @property
    def _height(self) -> int:
        return max(0, self.scrollable_content_region.height - self._titled)

    def _refresh_lines(self, lines: Iterable[int]) -> None:
        off, width = self._titled - self.scroll_offset.y, self.size.width
        regions = [Region(0, line + off, width, 1) for line in lines]
        if regions:
            self.refresh(*regions)

    def _follow_cursor(self) -> None:
        line, height, top = self._selection.line, self._height, self.scroll_offset.y
        if line is None or height <= 0:
            return
        if line < top:
            self._scroll_top(line)
        elif line >= top + height:
            self._scroll_top(line - height + 1)

    def _scroll_top(self, top: int) -> None:
        self.scroll_to(y=max(0, top), animate=False, immediate=True)
