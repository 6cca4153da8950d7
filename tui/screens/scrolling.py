"""A screen that is read: its body scrolls with the deck's moving keys, and esc goes back."""

from __future__ import annotations

from typing import ClassVar, TypeVar

from textual.binding import BindingType
from textual.screen import Screen
from textual.widget import Widget

from tui import keymap
from tui.screens.leaving import leave

Result = TypeVar("Result")


class ScrollingScreen(Screen[Result | None]):
    """What moves is the widget with the id ``body``."""

    AUTO_FOCUS: ClassVar[str | None] = "#body"
    BINDINGS: ClassVar[list[BindingType]] = keymap.bindings(
        ("back", "quit", "last_view", *keymap.TABLE_KEYS)
    )

    @property
    def body(self) -> Widget:
        """What scrolls."""
        return self.query_one("#body")

    def action_cursor_down(self) -> None:
        """Scroll one line down."""
        self.body.scroll_down(animate=False)

    def action_cursor_up(self) -> None:
        """Scroll one line up."""
        self.body.scroll_up(animate=False)

    def action_cursor_top(self) -> None:
        """To the first line."""
        self.body.scroll_home(animate=False)

    def action_cursor_bottom(self) -> None:
        """To the last line."""
        self.body.scroll_end(animate=False)

    def action_page_down(self) -> None:
        """A page down."""
        self.body.scroll_page_down(animate=False)

    def action_page_up(self) -> None:
        """A page up."""
        self.body.scroll_page_up(animate=False)

    def action_half_down(self) -> None:
        """Half a page down."""
        self._scroll_half(1)

    def action_half_up(self) -> None:
        """Half a page up."""
        self._scroll_half(-1)

    def _scroll_half(self, by: int) -> None:
        self.body.scroll_relative(y=by * max(1, self.body.size.height // 2), animate=False)

    def action_back(self) -> None:
        """Go back."""
        leave(self)

    def action_leave(self) -> None:
        """Go back: only the deck quits."""
        self.action_back()

    def action_last_view(self) -> None:
        """Go back."""
        self.action_back()
