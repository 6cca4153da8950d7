"""What is said in place of a screen on a terminal that is too small for it."""

from __future__ import annotations

from textual.content import Content
from textual.widgets import Static

from tui.glyphs import Tone


class TooSmall(Static):
    """A sentence: how large the terminal has to be, and how large it is."""

    def __init__(self, width: int, height: int, told: str, *, id: str) -> None:  # noqa: A002
        super().__init__(id=id, markup=False)
        self._least = (width, height)
        self._told = told

    def render(self) -> Content:
        """Say it, on as many lines as there are."""
        width, height = self._least
        size = self.app.size
        needs = f"{size.width}×{size.height} is too small: {width}×{height} at least."
        return Content.assemble((needs, Tone.WARNING.style), f" {self._told}")

    def fits(self) -> bool:
        """Whether the terminal is large enough."""
        return self.app.size.width >= self._least[0] and self.app.size.height >= self._least[1]
