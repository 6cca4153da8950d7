"""Which row has the cursor and which are marked, by id and not by line.

Rows come, go and change places while somebody looks at them; an action must hit what was pointed
at. Pure: no drawing, no keys.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)


class Selection(Generic[K]):
    """An order of ids, a cursor in it, and marks."""

    def __init__(self, markable: Callable[[K], bool]) -> None:
        self._markable = markable
        self._order: tuple[K, ...] = ()
        self._line: int | None = None
        self._cursor: K | None = None
        self._marks: frozenset[K] = frozenset()
        self._range: tuple[K, frozenset[K]] | None = None
        """Where a range began, and what was marked before it."""

    @property
    def order(self) -> tuple[K, ...]:
        """The ids in their order."""
        return self._order

    @property
    def cursor(self) -> K | None:
        """The id with the cursor; None only when there is no row."""
        return self._cursor

    @property
    def line(self) -> int | None:
        """The cursor's place in the order."""
        return self._line

    @property
    def marks(self) -> frozenset[K]:
        """The marked ids, in the order or not."""
        return self._marks

    @property
    def chosen(self) -> tuple[K, ...]:
        """The marked ids, those shown in their order first; without marks the cursor's own."""
        if self._marks:
            shown = tuple(key for key in self._order if key in self._marks)
            return shown + tuple(self._marks.difference(shown))
        if self._cursor is None or not self._markable(self._cursor):
            return ()
        return (self._cursor,)

    @property
    def in_range(self) -> bool:
        """Whether moving marks."""
        return self._range is not None

    def take(self, order: Sequence[K], *, at_top: bool = False, lost_to_top: bool = False) -> None:
        """Take a new order. The cursor stays with its id; if that is gone, near its place.

        `at_top`: nobody has touched the cursor yet, so it stays on the first line instead.
        `lost_to_top`: a cursor whose id is gone goes to the first line, as after a new filter.
        """
        old = self._line or 0
        self._order = tuple(order)
        if not self._order:
            self._cursor = self._line = None
        elif at_top:
            self._stand_at(0)
        else:
            # Where it was is looked at first: few rows change places, and there are thousands.
            kept = (
                old if self._order[old : old + 1] == (self._cursor,) else self._find(self._cursor)
            )
            lost = 0 if lost_to_top else min(old, len(self._order) - 1)
            self._stand_at(lost if kept is None else kept)
        if self._range is not None and self._find(self._range[0]) is None:
            self._range = None

    def move_to(self, key: K) -> bool:
        """Put the cursor on an id; says whether it moved."""
        line = None if key == self._cursor else self._find(key)
        if line is None:
            return False
        self._stand_at(line)
        self._extend_range()
        return True

    def move(self, by: int) -> bool:
        """Move the cursor by so many rows, as far as there are rows; says whether it moved."""
        if self._line is None:
            return False
        line = min(max(0, self._line + by), len(self._order) - 1)
        if line == self._line:
            return False
        self._stand_at(line)
        self._extend_range()
        return True

    def toggle(self) -> None:
        """Mark the cursor's row, or take its mark away."""
        self._range = None
        if self._cursor is not None and self._markable(self._cursor):
            self._marks ^= {self._cursor}

    def toggle_range(self) -> None:
        """Begin a range at the cursor; from now on moving marks. Or end it; its marks stay."""
        if self._range is not None or self._cursor is None:
            self._range = None
            return
        self._range = (self._cursor, self._marks)
        self._extend_range()

    def mark_all(self) -> None:
        """Mark every id in the order."""
        self._range = None
        self._marks |= {key for key in self._order if self._markable(key)}

    def invert(self) -> None:
        """Mark what is in the order and not marked, unmark what is."""
        self._range = None
        self._marks ^= {key for key in self._order if self._markable(key)}

    def clear(self) -> None:
        """Drop all marks."""
        self._range = None
        self._marks = frozenset()

    def forget(self, gone: Callable[[K], bool]) -> None:
        """Drop the marks of ids that do not exist any more."""
        self._marks = frozenset(key for key in self._marks if not gone(key))
        if self._range is not None:
            start, before = self._range
            self._range = start, before & self._marks

    def _extend_range(self) -> None:
        if self._range is None or self._line is None:
            return
        start, before = self._range
        first, last = sorted((self._find(start) or 0, self._line))
        between = self._order[first : last + 1]
        self._marks = before | {key for key in between if self._markable(key)}

    def _stand_at(self, line: int) -> None:
        self._line, self._cursor = line, self._order[line]

    def _find(self, key: K | None) -> int | None:
        """Return the place of an id. Seldom asked, so that no order is gone through in vain."""
        try:
            return self._order.index(key)
        except ValueError:
            return None
