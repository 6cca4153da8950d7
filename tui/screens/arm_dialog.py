"""Arming a read-only profile: which one, on which server, for how long.

Whether it may be armed, and when it falls back, is :mod:`workflow.runs.arming`'s to say.
"""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar, Final

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Button, Input, Static

from tui.formats import duration
from tui.glyphs import Tone
from tui.screens.dialogs import Dialog, button, row
from tui.screens.launch_form import parse_span
from tui.screens.leaving import leave
from workflow.runs.arming import LONGEST, USUAL
from workflow.text import SafeText

NEVER: Final = timedelta()
"""The answer that makes it read-only again at once."""


class ArmDialog(Dialog[timedelta | None]):
    """Gives for how long to arm, :data:`NEVER` to disarm, None for nothing changed."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "back", id="dialog.back", show=False)
    ]
    DEFAULT_CSS = """
    ArmDialog .span { height: 1; margin-bottom: 1; }
    ArmDialog .span Static { width: auto; }
    ArmDialog .span Input { width: 8; margin: 0 1; }
    """

    def __init__(self, profile: SafeText, server: SafeText, left: timedelta | None) -> None:
        self._armed = left is not None
        now = f"is armed for another {duration(left)}" if self._armed else "is read-only"
        super().__init__(
            SafeText(f"Arm {profile} on {server}?"),
            SafeText(
                f"{profile} {now}. While it is armed, the deck sends what you launch, cancel, "
                "enable and disable there. After that it is read-only again by itself: jobs go "
                "on and are watched, and what still waits in a launch is held."
            ),
            danger=True,
        )

    def answers(self) -> ComposeResult:
        """Yield the field and the buttons."""
        with Horizontal(classes="span"):
            yield Static(Content("For"))
            yield Input(_as_typed(USUAL), compact=True, id="span", max_length=6)
            yield Static(Content(""), id="wrong")
        buttons = [button("⏎  Arm", "arm", danger=True)]
        if self._armed:
            buttons.append(button("Read-only now", "disarm"))
        yield from row(*buttons, button("esc  Back", "no"))

    def first_focus(self) -> str:
        """Return the field: what stands there is the usual time."""
        return "#span"

    def on_input_changed(self, event: Input.Changed) -> None:
        """Say at once what is wrong with the time."""
        wrong = "" if _span(event.value) else f"a time like 15m or 1h, up to {_as_typed(LONGEST)}"
        told = Content.styled(wrong, Tone.FAILED.style)
        self.query_one("#wrong", Static).update(told)

    def on_input_submitted(self) -> None:
        """Arm, if the time is one."""
        self._answer()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Take the button as the answer."""
        if event.button.id == "arm":
            self._answer()
        else:
            leave(self, NEVER if event.button.id == "disarm" else None)

    def action_back(self) -> None:
        """Leave everything as it is."""
        leave(self)

    def _answer(self) -> None:
        span = _span(self.query_one("#span", Input).value)
        if span is None:
            self.app.bell()
        else:
            leave(self, span)


def _span(typed: str) -> timedelta | None:
    span = parse_span(typed)
    return span if span is not None and span <= LONGEST else None


def _as_typed(span: timedelta) -> str:
    minutes = int(span.total_seconds()) // 60
    return f"{minutes}m" if minutes % 60 else f"{minutes // 60}h"
