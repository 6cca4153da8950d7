"""The foot of the launch form: how it stands, the buttons, the keys.

For the mouse, and to be read: enter and esc do the same from everywhere, and tab is for fields.
"""

from __future__ import annotations

from typing import Final

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Button, Static

from tui import keymap
from tui.widgets.hints import Hints
from tui.widgets.lines import titled_rule

WORKFLOW_KEY: Final = "w"
_KEYS: Final = (
    ("⏎", "trigger"),
    ("tab", "field"),
    ("mark", "leave out"),
    ("back", "back"),
    ("copy", "copy as command"),
    (WORKFLOW_KEY, "workflow"),
    ("+", "save as plan"),
    ("help", "help"),
)
"""Keys, those of the deck by their ids, and what they do here."""
_BUTTONS: Final = (("go", ""), ("plan", "[ Save as plan ]"), ("back", "[ Back ]"))


class LaunchFoot(Vertical):
    """A line about the launch, then what can be done with it."""

    DEFAULT_CSS = """
    LaunchFoot {
        height: auto;
        #status { padding: 0 1; }
        #buttons { height: 1; padding: 0 1; margin-bottom: 1; }
        #buttons Button { margin-right: 3; }
    }
    """

    def compose(self) -> ComposeResult:
        """The line, the buttons, the keys."""
        yield Static(titled_rule(""), classes="line")
        yield Static(id="status", classes="line")
        with Horizontal(id="buttons"):
            for id_, label in _BUTTONS:
                button = Button(Content(label), id=id_, compact=True, disabled=id_ == "go")
                button.can_focus = False
                yield button
        yield Hints(keymap.named_at(self.app, _KEYS))

    def show(self, status: Content, label: str, *, ready: bool, danger: bool) -> None:
        """Show how things stand, and what the first button does."""
        self.query_one("#status", Static).update(status, layout=False)
        go = self.query_one("#go", Button)
        told = Content(f"[ {label} ]")
        if go.label != told:
            go.label = told
            go.refresh(layout=True)  # a label alone does not give its button the room it needs
        go.disabled = not ready
        go.variant = "error" if danger else "primary"
