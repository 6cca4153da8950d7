"""A table that stays quick with thousands of rows of which some change all the time.

It knows the order of its rows by id and asks for a row's cells only when the row is on the
screen. The cursor and the marks hold ids: when rows change places they stay with theirs, and
where the table is scrolled the row under the cursor stays on its line of the screen. While the
operator's hands are on the table, a new order waits.

What rows there are, in which order, and what their cells say is the owner's business; when to
look again as well (:meth:`LiveTable.show`, :meth:`LiveTable.touch`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable, Sequence
from typing import ClassVar, Generic, TypeVar

from rich.style import Style
from textual import events
from textual.binding import BindingType
from textual.color import Color
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widget import Widget

from tui import keymap
from tui.glyphs import Tone
from tui.widgets.columns import GUTTER, Column
from tui.widgets.hands import HANDS_REST, Hands
from tui.widgets.line_painter import Cell, Draw, Face, LinePainter, Row
from tui.widgets.selection import Selection

__all__ = ["HANDS_REST", "Cell", "LiveTable", "Row"]

K = TypeVar("K", bound=Hashable)


class LiveTable(ScrollView, Generic[K], can_focus=True, inherit_bindings=False):
    """Rows by id, drawn line by line."""

    BINDINGS: ClassVar[list[BindingType]] = keymap.bindings(keymap.TABLE_KEYS)
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "table--title",
        "table--cursor",
        "table--pointer",
        "table--mark",
        *(f"tone--{tone}" for tone in Tone),
    }
    DEFAULT_CSS = (
        """
    LiveTable {
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

    class Moved(Message):
        """The cursor is on another row, or on none."""

        def __init__(self, table: ScrollView) -> None:
            super().__init__()
            self.table = table

        @property
        def control(self) -> ScrollView:
            """The table."""
            return self.table

    class Opened(Moved):
        """A row was clicked twice."""

    class TitleClicked(Moved):
        """A column's title was clicked."""

        def __init__(self, table: ScrollView, column: str) -> None:
            super().__init__(table)
            self.column = column

    class MarksChanged(Moved):
        """Other rows are marked than before."""

    def __init__(
        self,
        draw: Draw[K],
        sets: Sequence[Sequence[Column]],
        *,
        monotonic: Callable[[], float],
        markable: Callable[[K], bool] = lambda _: True,
        titled: bool = True,
        gutter: int = GUTTER,
        id: str | None = None,  # noqa: A002 - Textual's name
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._hands = Hands(monotonic)
        self._titled = int(titled)
        self._selection: Selection[K] = Selection(markable)
        self._painter = LinePainter(draw, sets, self._component, gutter)
        self._pending: tuple[K, ...] | None = None
        self._message: tuple[Cell, ...] = ()
        self._colours: tuple[Style, Color] | None = None

    # ------------------------------------------------------------------------------ the model

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
    def chosen(self) -> tuple[K, ...]:
        """What an action is for: the marked rows in their order, else the one with the cursor."""
        self._hands.move()  # from now on the cursor stays with its row
        return self._selection.chosen

    @property
    def in_view(self) -> tuple[K, ...]:
        """The ids on the screen."""
        return self._visible()[1]

    @property
    def drawn(self) -> int:
        """How many lines were drawn since the beginning."""
        return self._painter.drawn

    def show(
        self, order: Sequence[K], changed: Collection[K] | None = None, *, at_once: bool = False
    ) -> None:
        """Take a new order of rows, and look again at those that may have `changed` (None: all).

        While the operator is moving about the order waits, unless it is to be taken `at_once`
        because the operator asked for it.
        """
        fresh = tuple(order)
        self.touch(changed)
        if fresh == self.order:
            self._pending = None
        elif at_once or not self.order or self._hands.rest:
            self._take(fresh, asked_for=at_once)
        else:
            self._pending = fresh

    def touch(self, changed: Collection[K] | None = None) -> None:
        """Look again at rows that may have changed (None: at all); draw those that have."""
        top, visible = self._visible()
        self._refresh_lines(
            line
            for line, key in enumerate(visible, top)
            if (changed is None or key in changed) and self._painter.differs(key)
        )
        self._painter.forget(changed, but=frozenset(visible))
        if self._pending is not None and self._hands.rest:
            self._take(self._pending)

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

    def move_to(self, key: K) -> None:
        """Put the cursor on a row, if it is there."""
        self._cursor_to(lambda: self._selection.move_to(key))

    def seek(self, wanted: Callable[[K], bool], by: int) -> None:
        """Put the cursor on the next row that is `wanted`, or on the one before (`by` -1).

        Beyond the end it begins anew.
        """
        here = self._selection.line or 0
        count = len(self.order)
        lines = ((here + by * step) % count for step in range(1, count))
        found = next((self.order[line] for line in lines if wanted(self.order[line])), None)
        if found is not None:
            self.move_to(found)

    def _take(self, fresh: tuple[K, ...], *, asked_for: bool = False) -> None:
        top, before = self._visible()
        cursor, old_line = self.cursor, self._selection.line
        self._pending = None
        resized = len(fresh) != len(self.order)
        self._selection.take(fresh, at_top=not self._hands.moved, lost_to_top=asked_for)
        if resized:
            self._resize_to(len(fresh) + self._titled)
        line = self._selection.line
        if top and cursor == self.cursor and old_line is not None and line is not None:
            self._scroll_top(top + line - old_line)
        new_top, after = self._visible()
        if new_top != top or len(after) != len(before):
            self.refresh()
        else:
            pairs = zip(before, after, strict=True)
            self._refresh_lines(line for line, (old, new) in enumerate(pairs, top) if old != new)
        if cursor != self.cursor:
            self.post_message(self.Moved(self))

    # ---------------------------------------------------------------------------- the drawing

    def render_line(self, y: int) -> Strip:
        """Draw one line of the screen."""
        return self._strips([y], self._ground[0])[0]

    def render_lines(self, crop: Region) -> list[Strip]:
        """Draw some lines of the screen, each from what was kept of it where nothing changed.

        A table has neither border nor padding nor tint. Textual's own way asks for all of them at
        every line, which takes longer than drawing it.
        """
        base, background = self._ground
        strips = self._strips(crop.line_range, base)
        for line_filter in self.get_line_filters():
            strips = [strip.apply_filter(line_filter, background) for strip in strips]
        if crop.column_span != (0, self._painter.width):
            strips = [strip.crop(*crop.column_span) for strip in strips]
        return strips

    @property
    def _ground(self) -> tuple[Style, Color]:
        """How a line without anything is drawn, and on which colour."""
        if self._colours is None:
            self._colours = self.rich_style, self.background_colors[1]
        return self._colours

    def _strips(self, wanted: Iterable[int], base: Style) -> list[Strip]:
        self._fit()
        painter, selection = self._painter, self._selection
        order, marks = selection.order, selection.marks
        on_cursor = selection.line if self.has_focus else None
        told = () if order else painter.wrapped(self._message)
        top = self.scroll_offset.y - self._titled
        strips = []
        for y in wanted:
            line = top + y
            if y < self._titled:
                strips.append(painter.title(base))
            elif line < len(order):
                key = order[line]
                strips.append(painter.line(Face(key, line == on_cursor, key in marks), base))
            elif line < len(told):
                strips.append(painter.prose(told[line], base))
            else:
                strips.append(painter.blank(base))
        return strips

    def on_resize(self) -> None:
        """Choose the columns for the new width."""
        self._fit()
        self._follow_cursor()
        self.refresh()

    def _fit(self) -> None:
        """Choose the columns again if there is another width, or a scrollbar came or went."""
        self._painter.resize(self.size.width, self.scrollable_content_region.width)

    def _resize_to(self, lines: int) -> None:
        """Tell Textual how many lines there are.

        Assigned, a virtual size lays out the whole screen, at every key of a filter. Nothing but
        the scrollbar depends on it here, and that asks for a layout itself when it comes or goes.
        """
        self.set_reactive(Widget.virtual_size, Size(0, lines))
        self._scroll_update(self.virtual_size)

    def notify_style_update(self) -> None:
        """Draw anew when the theme, or what depends on the focus, changed."""
        super().notify_style_update()
        self._colours = None
        self._painter.forget_styles()

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

    # -------------------------------------------------------------------------- moving, marking

    def action_cursor_down(self) -> None:
        """One row down."""
        self._move(1)

    def action_cursor_up(self) -> None:
        """One row up."""
        self._move(-1)

    def action_cursor_top(self) -> None:
        """To the first row."""
        self._move(-len(self.order))

    def action_cursor_bottom(self) -> None:
        """To the last row."""
        self._move(len(self.order))

    def action_half_down(self) -> None:
        """Half a page down."""
        self._move(max(1, self._height // 2))

    def action_half_up(self) -> None:
        """Half a page up."""
        self._move(-max(1, self._height // 2))

    def action_page_down(self) -> None:
        """A page down."""
        self._move(max(1, self._height - 1))

    def action_page_up(self) -> None:
        """A page up."""
        self._move(-max(1, self._height - 1))

    def mark(self, change: Callable[[Selection[K]], None]) -> None:
        """Change the marks, for example ``table.mark(Selection.mark_all)``."""
        change(self._selection)
        self._hands.move()
        self.refresh()
        self.post_message(self.MarksChanged(self))

    def _move(self, by: int) -> None:
        self._cursor_to(lambda: self._selection.move(by))

    def _cursor_to(self, move: Callable[[], bool]) -> None:
        self._hands.move()
        before = self._selection.line
        if not move():
            return
        self._follow_cursor()
        if self._selection.in_range:
            self.refresh()
        else:
            lines = (before, self._selection.line)
            self._refresh_lines(line for line in lines if line is not None)
        self.post_message(self.Moved(self))

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

    def on_click(self, event: events.Click) -> None:
        """Put the cursor on the clicked row; twice opens it. A title's click is the owner's."""
        place = event.get_content_offset(self)
        if place is None:
            return
        if place.y < self._titled:
            column = self._painter.column_at(place.x)
            if column is not None:
                self.post_message(self.TitleClicked(self, column.key))
            return
        line = place.y - self._titled + self.scroll_offset.y
        if line < len(self.order):
            self.move_to(self.order[line])
            if event.chain == 2:
                self.post_message(self.Opened(self))
