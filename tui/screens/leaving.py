"""Going back from a screen, once.

Keys wait in a queue of the widget they were typed at, so a screen may get one after it has gone.
Textual's ``dismiss`` then takes away whatever screen is on top, in the end the deck itself.
"""

from __future__ import annotations

from typing import TypeVar

from textual.screen import Screen

Result = TypeVar("Result")


def leave(screen: Screen[Result], result: Result | None = None) -> None:
    """Give the result and go back, with whatever lies over the screen; the second time nothing."""
    app = screen.app
    if screen not in app.screen_stack:
        return
    while app.screen is not screen:
        app.screen.dismiss()
    screen.dismiss(result)
