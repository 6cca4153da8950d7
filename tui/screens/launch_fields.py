"""The fields of the launch form as widgets; what they mean together is a :class:`Form`.

One line a field, so that form and targets share 24 lines. What follows from a change is the
screen's business.
"""

from __future__ import annotations

from typing import Final

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.reactive import var
from textual.widgets import Input, Static

from tui import keymap
from tui.screens.launch_form import Doing, Form, Mistake, mistakes
from tui.widgets.form_fields import Choice, Option, ShortInput, Tick
from workflow.runs.launch import OnConflict
from workflow.text import SafeText

_DOINGS: Final = (
    Option(Doing.SYNC.value, "sync"),
    Option(Doing.CLEAR_THEN_SYNC.value, "clear, then sync", danger=True),
    Option(Doing.CLEAR.value, "clear", danger=True),
    Option(Doing.RESET.value, "reset", danger=True),
)
_CONFLICTS: Final = (
    Option(OnConflict.ATTACH.value, "attach"),
    Option(OnConflict.SKIP.value, "skip"),
    Option(OnConflict.WAIT.value, "wait, then run"),
    Option(OnConflict.FAIL.value, "fail"),
)
_CHECKED_AGAIN: Final = frozenset({"doing", "conflict", "over-running"})
"""Fields on which it depends what happens to a target."""


class LaunchFields(Vertical):
    """The fields, filled in."""

    DEFAULT_CSS = """
    LaunchFields {
        height: auto;
        Horizontal { height: 1; padding: 0 1; }
        .name { width: 15; color: $text-muted; }
        .word { width: auto; }
        #stop-word { margin-left: 4; }
        #over-running, #workflow-row { display: none; }
        &.-workflow #workflow-row { display: block; }
        &.-workflow #doing-row { display: none; }
        &.-workflow #refresh { visibility: hidden; }
        #another { width: auto; margin-left: 3; color: $text-muted; }
        #refresh { width: 1fr; }
        #workflow { width: 1fr; text-wrap: nowrap; text-overflow: ellipsis; }
        &.-destructive #over-running { display: block; }
        &.-destructive #refresh { display: none; }
        ShortInput.-wrong { background: $error 40%; }
    }
    """

    form: var[Form] = var(Form, init=False)
    """As it stands."""

    class Changed(Message):
        """A field has another value."""

        def __init__(self, *, check_again: bool) -> None:
            super().__init__()
            self.check_again = check_again

    def __init__(self, form: Form) -> None:
        super().__init__(id="fields")
        self.set_reactive(LaunchFields.form, form)

    def compose(self) -> ComposeResult:
        """One line for each field."""
        form, hold = self.form, keymap.key_at(self.app, "hold")
        with Horizontal(id="doing-row"):
            yield Static("Do", classes="name")
            yield Choice(_DOINGS, form.doing.value, id="doing")
        with Horizontal(id="workflow-row"):
            yield Static("Run", classes="name")
            yield Static(id="workflow")
        with Horizontal():
            yield Static(classes="name")
            yield Static("refresh: not offered by the public API (422)", id="refresh")
            yield Tick("also over a running sync, which is cancelled", id="over-running")
            yield Static("w  workflow", id="another")
        with Horizontal():
            yield Static("At once", classes="name")
            yield ShortInput(form.at_once, "0123456789", cells=4, id="at-once")
            yield Static("Stop waiting after ", classes="word", id="stop-word")
            yield ShortInput(
                form.stop_after, "0123456789hms", cells=6, empty="never", id="stop-after"
            )
            yield Static(" each (job goes on)", classes="word")
        with Horizontal():
            yield Static("If running", classes="name")
            yield Choice(_CONFLICTS, form.on_conflict.value, id="conflict")
        with Horizontal():
            yield Static("First", classes="name")
            yield Tick("one alone; the rest when it succeeds", form.one_first, id="one-first")
        with Horizontal():
            yield Static("Hold", classes="name")
            yield Static("after ", classes="word")
            yield ShortInput(form.hold_after, "0123456789", cells=3, empty="off", id="hold-after")
            yield Static(f" failures in a row start no more; {hold} goes on", classes="word")
        with Horizontal():
            yield Static("Tell me", classes="name")
            yield Tick("bell when all ended", form.bell, id="bell")
            yield Tick("notice on the desktop", form.desktop, id="desktop")

    def show_workflow(self, label: SafeText | None, doing: Doing) -> None:
        """Show which workflow is chosen in place of what to do; None for none."""
        self.set_class(label is not None, "-workflow")
        self.query_one("#workflow", Static).update(Content(label or ""))
        self.query_one("#doing", Choice).chosen = doing.value

    def on_mount(self) -> None:
        """Show what belongs to the form it began with."""
        self._mark()

    def on_choice_changed(self, event: Choice.Changed) -> None:
        """Take the new value in."""
        self._take(event.choice.id)

    def on_tick_changed(self, event: Tick.Changed) -> None:
        """Take the new value in."""
        self._take(event.tick.id)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Take the new value in."""
        self._take(event.input.id)

    def _take(self, field: str | None) -> None:
        form = self._read()
        if form != self.form:
            self.form = form
            self._mark()
            self.post_message(self.Changed(check_again=field in _CHECKED_AGAIN))

    def _read(self) -> Form:
        return Form(
            doing=Doing(self.query_one("#doing", Choice).chosen),
            at_once=self.query_one("#at-once", Input).value,
            stop_after=self.query_one("#stop-after", Input).value,
            on_conflict=OnConflict(self.query_one("#conflict", Choice).chosen),
            over_running=self.query_one("#over-running", Tick).on,
            one_first=self.query_one("#one-first", Tick).on,
            hold_after=self.query_one("#hold-after", Input).value,
            bell=self.query_one("#bell", Tick).on,
            desktop=self.query_one("#desktop", Tick).on,
        )

    def _mark(self) -> None:
        self.set_class(self.form.destructive, "-destructive")
        wrong = {mistake.field.value for mistake in self.mistakes}
        for field in self.query(ShortInput):
            field.set_class(field.id in wrong, "-wrong")

    @property
    def mistakes(self) -> tuple[Mistake, ...]:
        """What cannot be taken, in the order of the fields."""
        return mistakes(self.form)
