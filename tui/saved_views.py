"""Views of the deck under a name: a pane with its filter, problems only or not, and its order.

Pure; where they are kept is :mod:`tui.kept`'s business, what a filter means
:mod:`tui.filtering`'s.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Final

from tui.deck_plan import Pane
from workflow.text import SafeText, safe

if TYPE_CHECKING:
    from tui.kept import Piece

MOST: Final = 40
LONGEST_NAME: Final = 30
NO_NAME: Final = SafeText("")


@dataclass(frozen=True, slots=True)
class SavedView:
    """One view. Without a name it is what is shown now."""

    pane: Pane
    words: str = ""
    problems: bool = False
    order: str = ""
    """The pane's order by the name it shows; empty for the pane's own."""
    name: SafeText = NO_NAME

    @property
    def told(self) -> SafeText:
        """What it shows, for a list of views."""
        parts = [f"/{self.words}"] if self.words else []
        parts += ["problems"] if self.problems else []
        parts += [self.order] if self.order else []
        return safe(f"{self.pane.value}  {' · '.join(parts) or 'everything'}")


def saved(views: Sequence[SavedView], view: SavedView, name: str) -> tuple[SavedView, ...]:
    """Return the views with this one under a name, in place of one that has it already."""
    named = replace(view, name=safe(name.strip(), limit=LONGEST_NAME))
    kept = [one for one in views if one.name != named.name]
    return (*kept[-(MOST - 1) :], named)


def written(views: Sequence[SavedView]) -> Piece:
    """Return the views as they are kept."""
    return [asdict(view) for view in views]


def read(piece: Piece) -> tuple[SavedView, ...]:
    """Return the views that were kept; what is none is passed over."""
    rows = piece if isinstance(piece, list) else []
    return tuple(view for row in rows[:MOST] if (view := _read(row)) is not None)


def _read(row: Piece) -> SavedView | None:
    if not isinstance(row, dict):
        return None
    pane, words, problems = row.get("pane"), row.get("words", ""), row.get("problems", False)
    order, name = row.get("order", ""), row.get("name")
    if pane not in set(Pane) or not isinstance(problems, bool):
        return None
    if not (isinstance(words, str) and isinstance(order, str) and isinstance(name, str)):
        return None
    shown = safe(name.strip(), limit=LONGEST_NAME)
    return SavedView(Pane(str(pane)), words, problems, order, shown) if shown else None
