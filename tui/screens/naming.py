"""A question that is answered with a name."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Button, Input

from tui.screens.dialogs import Dialog, button, row
from tui.screens.leaving import leave
from workflow.text import SafeText


class NameDialog(Dialog[str]):
    """A field; gives what was typed into it, without blanks around it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "back", id="dialog.back", show=False)
    ]

    def __init__(self, title: SafeText, body: SafeText, *, name: str, longest: int) -> None:
        super().__init__(title, body)
        self._name = name
        self._longest = longest

    def answers(self) -> ComposeResult:
        """Yield the field and the two buttons."""
        yield Input(self._name, compact=True, id="name", max_length=self._longest)
        yield from row(button("⏎  Save", "yes"), button("esc  Back", "no"))

    def first_focus(self) -> str:
        """Return the field."""
        return "#name"

    def on_input_submitted(self) -> None:
        """Take the name, if there is one."""
        self._answer()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Take the name, or go back."""
        if event.button.id == "yes":
            self._answer()
        else:
            leave(self)

    def action_back(self) -> None:
        """Leave everything as it is."""
        leave(self)

    def _answer(self) -> None:
        name = self.query_one("#name", Input).value.strip()
        if name:
            leave(self, name)
        else:
            self.app.bell()
