"""Widgets that stand still between two changes, whatever moves around them.

Textual draws what has changed inside the smallest rectangle around all of it, and asks every
widget in there for its lines. Between a filter at the foot of the screen and what it finds at the
top that is every widget; those that are told nothing new answer with what they answered before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from textual.filter import LineFilter
from textual.geometry import Region
from textual.strip import Strip

if TYPE_CHECKING:
    from textual.widget import Widget as Mixed
else:  # Textual takes styles and keys from the first widget among a widget's bases
    Mixed = object


class Still(Mixed):
    """Mixed in before a widget whose lines change only by its own ``refresh`` or its styles."""

    _stood: tuple[Region, tuple[LineFilter, ...], list[Strip]] | None = None

    def refresh(
        self,
        *regions: Region,
        repaint: bool = True,
        layout: bool = False,
        recompose: bool = False,
    ) -> Self:
        """Draw anew."""
        self._stood = None
        return super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)

    def notify_style_update(self) -> None:
        """Draw anew when the theme is another."""
        self._stood = None
        super().notify_style_update()

    def render_lines(self, crop: Region) -> list[Strip]:
        """Return the lines as they stand, if nothing is new."""
        filters = tuple(self.get_line_filters())
        if self._stood is None or self._stood[:2] != (crop, filters):
            self._stood = (crop, filters, self.draw_lines(crop))
        return self._stood[2]

    def draw_lines(self, crop: Region) -> list[Strip]:
        """Draw them."""
        return super().render_lines(crop)
