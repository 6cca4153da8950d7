"""What is painted first: where this is, and that it is being opened.

The deck takes longer to import than a picture takes to paint, so it is imported behind this one.
Nothing that knows of runs is imported here.
"""

from __future__ import annotations

from textual.app import ComposeResult
from textual.screen import Screen
from textual.widgets import Static

from tui.signs import Tone
from tui.widgets.header import Facts, Header


class OpeningScreen(Screen[None]):
    """The deck's first line, and that more is coming."""

    DEFAULT_CSS = f"OpeningScreen > #opening {{ padding: 2 3; color: {Tone.QUIET.style}; }}"

    def __init__(self, facts: Facts) -> None:
        super().__init__()
        self._facts = facts

    def compose(self) -> ComposeResult:
        """Two lines: there is nothing more to say yet."""
        yield Header(id="header")
        yield Static(f"opening {self._facts.profile} …", id="opening", markup=False)

    def on_resize(self) -> None:
        """Draw the first line as wide as the terminal is."""
        self.query_one(Header).show(self._facts)
