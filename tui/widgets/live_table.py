"""A table that stays quick with thousands of rows of which some change all the time.

It knows the order of its rows by id and asks for a row's cells only when the row is on the
screen. The cursor and the marks hold ids: when rows change places they stay with theirs, and
where the table is scrolled the row under the cursor stays on its line of the screen. While the
operator's hands are on the table, a new order waits.

What rows there are, in which order, and what their cells say is the owner's business; when to
look again as well (:meth:`LiveTable.show`, :meth:`LiveTable.touch`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Sequence
from typing import ClassVar, TypeVar

from textual import events
from textual.binding import BindingType
from textual.message import Message
from textual.scroll_view import ScrollView

from tui import keymap
from tui.widgets.columns import GUTTER, Column
from tui.widgets.hands import HANDS_REST, Hands
from tui.widgets.line_painter import Cell, Draw, Row
from tui.widgets.line_view import LineView
from tui.widgets.selection import Selection

__all__ = ["HANDS_REST", "Cell", "LiveTable", "Row"]

K = TypeVar("K", bound=Hashable)


class LiveTable(LineView[K], can_focus=True, inherit_bindings=False):
    """Rows that change, change places, are moved over and marked."""

    BINDINGS: ClassVar[list[BindingType]] = keymap.bindings(keymap.TABLE_KEYS)

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
    ) -> None:
        super().__init__(draw, sets, markable=markable, titled=titled, gutter=gutter, id=id)
        self._hands = Hands(monotonic)
        self._pending: tuple[K, ...] | None = None

    # ------------------------------------------------------------------------------ the model

    @property
    def chosen(self) -> tuple[K, ...]:
        """What an action is for: the marked rows in their order, else the one with the cursor."""
        self._hands.move()  # from now on the cursor stays with its row
        return self._selection.chosen

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
        if asked_for:
            self._follow_cursor()
        new_top, after = self._visible()
        if new_top != top or len(after) != len(before):
            self.refresh()
        else:
            pairs = zip(before, after, strict=True)
            self._refresh_lines(line for line, (old, new) in enumerate(pairs, top) if old != new)
        if cursor != self.cursor:
            self.post_message(self.Moved(self))

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

    def forget(self, gone: Callable[[K], bool]) -> None:
        """Drop the marks of rows that are gone: nobody sees what an action would be for."""
        before = self.marks
        self._selection.forget(gone)
        if self.marks != before:
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
