"""Columns that adapt to the width: which are shown, and how many cells each gets.

A table names several sets of columns, from the narrowest to the widest; the widest set that fits
is taken and its one growing column gets what is left. Pure; drawing is
:mod:`tui.widgets.live_table`'s business.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

GUTTER: Final = 3
"""Cells before the first column: the cursor, a leading glyph, a mark."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column and how wide it is."""

    key: str
    title: str
    width: int
    right: bool = False
    """Numbers stand at the right."""
    grows: bool = False
    """Takes what is left; `width` is then the least it is content with."""
    gap: int = 1
    """Blank cells after it."""


def needed(columns: Sequence[Column], gutter: int = GUTTER) -> int:
    """Return the cells a set takes at its least."""
    return gutter + sum(column.width + column.gap for column in columns)


def fitted(
    sets: Sequence[Sequence[Column]], width: int, gutter: int = GUTTER
) -> tuple[Column, ...]:
    """Return the columns for a table `width` cells wide, the growing one grown.

    `sets` goes from narrow to wide; the first is taken when none fits, cut by the edge.
    """
    chosen = sets[0]
    for columns in sets:
        if needed(columns, gutter) <= width:
            chosen = columns
    left = max(0, width - needed(chosen, gutter))
    return tuple(
        replace(column, width=column.width + left) if column.grows else column for column in chosen
    )
