"""Questions over the deck: yes or no, a phrase to type, something to read.

A dialog answers keys that were pressed while it could be seen and no others. What was typed ahead
of it, for the screen below or into a slow line, is dropped: nobody confirms what they have not
read. What an answer leads to is the asker's business.
"""

from __future__ import annotations

import time
from typing import ClassVar, Final, TypeVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.reactive import var
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Static

from tui import keymap
from tui.screens.leaving import leave
from workflow.text import SafeText

Answer = TypeVar("Answer")

GRACE: Final = 0.25
"""Seconds after the first paint: a key pressed sooner was meant for what was there before."""


class TypedAhead:
    """Knows which keys were pressed before a screen could be read."""

    def __init__(self) -> None:
        self._from: float | None = None

    @property
    def armed(self) -> bool:
        """Whether keys pressed now count."""
        return self._from is not None

    def arm(self) -> None:
        """Let keys count from now on."""
        # Textual stamps every event with this clock when it is read from the terminal.
        self._from = time.monotonic()

    def was(self, event: events.Event) -> bool:
        """Tell whether the event comes from before."""
        return self._from is None or event.time < self._from


class Dialog(ModalScreen[Answer]):
    """A box in the middle with a title, a text and a row of buttons."""

    AUTO_FOCUS: ClassVar[str | None] = ""
    DEFAULT_CSS = """
    Dialog {
        align: center middle;
        & > Vertical {
            width: 68; max-width: 96%; height: auto; max-height: 90%;
            overflow-y: auto; scrollbar-size-vertical: 1;
            padding: 0 2; background: $surface;
            border-top: heavy $primary; border-bottom: heavy $primary;
        }
        .title { text-style: bold; margin-bottom: 1; }
        .body { margin-bottom: 1; }
        Horizontal { height: 1; margin-bottom: 1; }
        Horizontal Button { margin-right: 3; min-width: 6; }
        Input { margin-bottom: 1; }
    }
    Dialog.-danger > Vertical { border-top: heavy $error; border-bottom: heavy $error; }
    """

    armed = var(False)
    """Whether the dialog answers keys by now."""

    def __init__(self, title: SafeText, body: SafeText, *, danger: bool = False) -> None:
        super().__init__(classes="-danger" if danger else "")
        self._title = title
        self._body = body
        self._ahead = TypedAhead()

    def compose(self) -> ComposeResult:
        """Title, text, then what :meth:`answers` gives."""
        with Vertical():
            yield Static(Content(self._title), classes="title")
            yield Static(Content(self._body), classes="body")
            yield from self.answers()

    def answers(self) -> ComposeResult:
        """Yield what the dialog is answered with."""
        raise NotImplementedError

    def first_focus(self) -> str:
        """Return the selector of what has the focus to begin with."""
        return "Button"

    def on_mount(self) -> None:
        """Begin to answer a moment after the first paint."""
        for answer in self.query(Button):
            told = keymap.written_at(self.app, str(answer.label))
            if told != str(answer.label):
                answer.label = Content(told)
        self.call_after_refresh(self.set_timer, GRACE, self._arm)

    def _arm(self) -> None:
        self._ahead.arm()
        self.query(self.first_focus()).first().focus()
        self.armed = True

    def on_key(self, event: events.Key) -> None:
        """Drop what was typed before the dialog could be read."""
        if self._ahead.was(event):
            event.stop()
            event.prevent_default()


def row(*buttons: Button) -> ComposeResult:
    """Yield the answers side by side."""
    with Horizontal():
        yield from buttons


def button(label: str, id_: str, *, danger: bool = False) -> Button:
    """Return one of the answers."""
    # The label is ours, never text from outside: `[` in it is not markup.
    return Button(
        Content(f"[ {label} ]"), id=id_, compact=True, variant="error" if danger else "default"
    )


NEXT: Final = Binding("right,l", "app.focus_next", "next", show=False)
PREVIOUS: Final = Binding("left,h", "app.focus_previous", "previous", show=False)


class ConfirmDialog(Dialog[bool]):
    """Yes or no; no is where the focus is when yes does harm.

    Where no does something as well, `later` is the third answer, None: everything stays as it is.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer(True)", "yes", id="dialog.yes", show=False),
        Binding("n", "answer(False)", "no", id="dialog.no", show=False),
        Binding("escape,q", "leave", "back", id="dialog.leave", show=False),
        NEXT,
        PREVIOUS,
    ]

    def __init__(
        self,
        title: SafeText,
        body: SafeText,
        *,
        yes: str = "Yes",
        no: str = "No",
        later: str | None = None,
        danger: bool = False,
    ) -> None:
        super().__init__(title, body, danger=danger)
        self._yes, self._no, self._later, self._danger = yes, no, later, danger

    def answers(self) -> ComposeResult:
        """Yield the two buttons, or three where no does something as well."""
        yield from row(
            button(f"y  {self._yes}", "yes", danger=self._danger),
            button(f"n  {self._no}", "no"),
            *([button(f"esc  {self._later}", "later")] if self._later else ()),
        )

    def first_focus(self) -> str:
        """Return the answer that changes least."""
        if self._later:
            return "#later"
        return "#no" if self._danger else "#yes"

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Take the button as the answer."""
        if event.button.id == "later":
            self.action_leave()
        else:
            leave(self, event.button.id == "yes")

    def action_answer(self, yes: bool) -> None:
        """Take the key as the answer."""
        leave(self, yes)

    def action_leave(self) -> None:
        """Decide nothing, which is no but where no does something as well."""
        leave(self, None if self._later else False)


class TypedDialog(Dialog[bool]):
    """Confirmed by typing a phrase that says what will happen, to how many, and where."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "back", id="dialog.back", show=False)
    ]

    def __init__(self, title: SafeText, body: SafeText, *, phrase: SafeText) -> None:
        super().__init__(title, body, danger=True)
        self._phrase = phrase

    def answers(self) -> ComposeResult:
        """Yield the field and the two buttons, the first of them dead for now."""
        yield Static(Content.assemble("Type  ", (self._phrase, "bold"), "  and press enter."))
        yield Input(compact=True, id="phrase", select_on_focus=False)
        go = button("Do it", "yes", danger=True)
        go.disabled = True
        yield from row(go, button("esc  Back", "no"))

    def first_focus(self) -> str:
        """Return the field."""
        return "#phrase"

    def on_input_changed(self, event: Input.Changed) -> None:
        """Let the button live only while the phrase stands there."""
        self.query_one("#yes", Button).disabled = not self._matches(event.value)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Confirm, if the phrase is right; otherwise nothing happens."""
        if self._matches(event.value):
            leave(self, True)
        else:
            self.app.bell()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Take the button as the answer, the dangerous one only with the phrase."""
        typed = self.query_one("#phrase", Input).value
        leave(self, event.button.id == "yes" and self._matches(typed))

    def action_back(self) -> None:
        """Leave without confirming."""
        leave(self, False)

    def _matches(self, typed: str) -> bool:
        return typed.strip() == self._phrase


class MessageDialog(Dialog[None]):
    """Something to read; any of the usual keys closes it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,space", "close", "close", id="dialog.close", show=False)
    ]

    def answers(self) -> ComposeResult:
        """Yield the one button."""
        yield from row(button("⏎  Close", "close"))

    def on_button_pressed(self) -> None:
        """Close."""
        leave(self)

    def action_close(self) -> None:
        """Close."""
        leave(self)
