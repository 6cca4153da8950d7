"""The line of keys at the foot of a screen: as many as its width has room for."""

from __future__ import annotations

from collections.abc import Iterable

from textual.content import Content
from textual.widgets import Static

from tui.widgets.lines import hint_line


class Hints(Static):
    """Keys and what they do, what matters most first, the way to all others last."""

    DEFAULT_CSS = "Hints { height: 1; text-wrap: nowrap; text-overflow: clip; }"

    def __init__(self, hints: Iterable[tuple[str, str]] = ()) -> None:
        super().__init__(id="hints", markup=False)
        self._hints = tuple(hints)

    def show(self, hints: Iterable[tuple[str, str]]) -> None:
        """Show other keys, if they are other ones."""
        wanted = tuple(hints)
        if wanted != self._hints:
            self._hints = wanted
            self.refresh()

    def render(self) -> Content:
        """Fit them into the width there is now."""
        return hint_line(self._hints, self.size.width) if self._hints else Content("")
