"""Choose what the runs of a launch execute: a shipped document, or one of the operator's own.

The document's mistakes are shown as the validator tells them; its inputs are the form and its steps
the track. Nothing is sent from here. What the fields mean together is
:mod:`tui.screens.workflow_form`'s.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Button, Input, Static
from textual.worker import Worker, WorkerState

from tui import keymap
from tui.document_reading import Reading, read_document
from tui.glyphs import Tone
from tui.screens import workflow_words
from tui.screens.dialogs import TypedAhead
from tui.screens.launch_form import Doing
from tui.screens.leaving import leave
from tui.screens.workflow_form import Chosen, choose, first_text, sources_of
from tui.session import Session
from tui.widgets.form_fields import Choice, Option
from tui.widgets.hints import Hints
from tui.widgets.inputs_form import InputsForm, LineInput
from tui.widgets.lines import crumbs, spread, stacked, titled_rule
from workflow import documents
from workflow.runs.launch import Target
from workflow.text import SafeText, safe

_HINTS: Final = (("⏎", "read, then use"), ("tab", "field"), ("esc", "back"))
_SHIPPED: Final = ", ".join(documents.WORKFLOWS)


@dataclass(frozen=True, slots=True)
class Answer:
    """What was decided; no workflow means the form's own choice of jobs."""

    chosen: Chosen | None


class WorkflowScreen(Screen[Answer | None]):
    """The document, its mistakes or its inputs; gives None when gone back."""

    AUTO_FOCUS: ClassVar[str | None] = "#document"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "go", "read, then use", id="workflow.go", show=False),
        Binding("escape", "back", "back", id="workflow.back", show=False),
        Binding("pageup", "page(-1)", "page up", show=False),
        Binding("pagedown", "page(1)", "page down", show=False),
        Binding("tab", "app.focus_next", "field", show=False),
        Binding("shift+tab", "app.focus_previous", "field", show=False),
    ]
    DEFAULT_CSS = """
    WorkflowScreen {
        layout: vertical;
        .line { height: 1; text-wrap: nowrap; text-overflow: clip; }
        .row { height: 1; padding: 0 1; }
        .name { width: 11; color: $text-muted; }
        .said { width: 1fr; color: $text-muted; }
        #body { height: 1fr; }
        #which { display: none; }
        &.-several #which { display: block; }
        #told { height: auto; padding: 0 1; }
        #steps { height: auto; padding: 0 1; }
        #status { padding: 0 1; }
        #buttons { height: 1; padding: 0 1; margin-bottom: 1; }
        #buttons Button { margin-right: 3; }
    }
    """

    def __init__(
        self,
        session: Session,
        targets: Sequence[Target],
        doing: Doing,
        chosen: Chosen | None = None,
    ) -> None:
        super().__init__()
        self._session = session
        self._targets = tuple(targets)
        self._doing = doing
        self._before = chosen
        self._reading: Reading | None = None
        self._asked: tuple[str, str, str | None] | None = None
        self._told: SafeText | None = None
        self._ahead = TypedAhead()

    # ----------------------------------------------------------------------------- the picture

    def compose(self) -> ComposeResult:
        """The document, then what it is made of, then the button."""
        before = self._before.reading if self._before else None
        sources = before.sources.items() if before else ()
        yield Static(id="where", classes="line")
        yield Static(titled_rule(""), classes="line")
        with Horizontal(classes="row"):
            yield Static("Document", classes="name")
            yield LineInput(before.place if before else "", empty="a file", id="document")
        with Horizontal(classes="row"):
            yield Static(classes="name")
            yield Static(f"shipped: {_SHIPPED}; empty: none", classes="said")
        with Horizontal(classes="row"):
            yield Static("Sources", classes="name")
            written = ", ".join(f"{name}={place}" for name, place in sources)
            empty = "as the document says; or NAME=FILE, NAME=airbyte"
            yield LineInput(written, empty=empty, id="sources")
        with Horizontal(classes="row", id="which"):
            yield Static("Workflow", classes="name")
        with VerticalScroll(id="body", can_focus=False):
            yield Static(titled_rule("Steps"), classes="line", id="steps-rule")
            yield Static(id="steps")
            yield Static(titled_rule("Inputs"), classes="line", id="inputs-rule")
            yield InputsForm(id="inputs")
            yield Static(id="told-rule", classes="line")
            yield Static(id="told")
        yield Static(titled_rule(""), classes="line")
        yield Static(id="status", classes="line")
        with Horizontal(id="buttons"):
            for id_, label in (("go", "[ Use it ]"), ("back", "[ Back ]")):
                button = Button(Content(label), id=id_, compact=True)
                button.can_focus = False
                yield button
        yield Hints(keymap.named_at(self.app, _HINTS))

    def on_mount(self) -> None:
        """Read again what was chosen before."""
        self._draw()
        if self._before is not None:
            self._read(self._before.program.workflow_id)
        self.call_after_refresh(self._ahead.arm)

    def on_resize(self) -> None:
        """Fit the lines to the new width."""
        self._draw()

    def refresh_from(self, session: Session) -> None:
        """Stay as it is: nothing here depends on what runs."""
        del session

    def on_key(self, event: events.Key) -> None:
        """Drop what was typed before the form could be read."""
        if self._ahead.was(event):
            event.stop()
            event.prevent_default()

    def _draw(self) -> None:
        profile = SafeText(self._session.profile_name.upper())
        where = crumbs(Content.assemble(" WORKFLOW for ", (profile, "bold")), self._session.server)
        nothing = Content.styled("nothing is sent here ", Tone.WARNING.style)
        self.query_one("#where", Static).update(spread(where, nothing, self.size.width))
        reading = self._reading
        program = None if reading is None else reading.program
        for selector in ("#steps-rule", "#steps", "#inputs-rule", "#inputs"):
            self.query_one(selector).display = program is not None
        told = () if reading is None else reading.told
        self.query_one("#told-rule").display = self.query_one("#told").display = bool(told)
        self.query_one("#told-rule", Static).update(titled_rule(workflow_words.counted(told)))
        self.query_one("#told", Static).update(
            stacked([workflow_words.mistake(line) for line in told])
        )
        if program is not None:
            self.query_one("#steps", Static).update(workflow_words.steps(program))
        self._draw_status()

    def _draw_status(self) -> None:
        text, tone = self._status()
        self.query_one("#status", Static).update(Content.styled(text, tone.style), layout=False)
        self.query_one("#go", Button).disabled = not isinstance(self._choice(), Chosen)

    def _status(self) -> tuple[SafeText, Tone]:
        if self._told is not None:
            return self._told, Tone.FAILED
        if self._asked is None or self._stale:
            return SafeText("type a document's path and press enter to read it"), Tone.QUIET
        return workflow_words.status(self._reading, self._choice(), len(self._targets))

    # ---------------------------------------------------------------------------- the document

    @property
    def _fields(self) -> tuple[str, str, str | None]:
        """What would be read: the document, its sources, which workflow."""
        which = self.query("#which Choice")
        workflow_id = which.first(Choice).chosen if which else None
        return (
            self.query_one("#document", Input).value.strip(),
            self.query_one("#sources", Input).value.strip(),
            workflow_id,
        )

    @property
    def _stale(self) -> bool:
        return self._asked is None or self._asked[:2] != self._fields[:2]

    def _choice(self) -> Chosen | tuple[SafeText, ...]:
        if self._reading is None or self._stale:
            return ()
        return choose(self._reading, self.query_one(InputsForm).texts, self._targets)

    def _read(self, workflow_id: str | None = None) -> None:
        self._asked, self._reading, self._told = self._fields, None, None
        place, written, _ = self._asked
        place = os.path.expanduser(place)  # noqa: PTH111 - a name of a shipped one is no path
        try:
            sources = sources_of(written)
        except ValueError as error:
            self._told = safe(str(error))
        else:
            reading = read_document(place, sources, workflow_id, self._session.profile.url)
            self.run_worker(reading, group="read", exclusive=True, exit_on_error=False)
        self._draw()

    async def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Show what was read."""
        if event.worker.group != "read":
            return
        if event.state is WorkerState.ERROR:
            self._told = safe(f"could not read it: {event.worker.error}")
        elif event.state is WorkerState.SUCCESS and isinstance(event.worker.result, Reading):
            await self._show(event.worker.result)
        self._draw()

    async def _show(self, reading: Reading) -> None:
        self._reading = reading
        first = {field.name: first_text(field, self._doing) for field in reading.fields}
        before = self._before
        digest = None if reading.program is None else reading.program.digest
        if before is not None and before.program.digest == digest:
            first |= before.texts
        await self.query_one(InputsForm).show(reading.fields, first)
        await self._show_which(reading)

    async def _show_which(self, reading: Reading) -> None:
        row = self.query_one("#which")
        several = len(reading.workflows) > 1 and reading.program is not None
        self.set_class(several, "-several")
        await row.query(Choice).remove()
        if several and reading.program is not None:
            options = [Option(name, safe(name, limit=40)) for name in reading.workflows]
            await row.mount(Choice(options, reading.program.workflow_id))

    def on_choice_changed(self, event: Choice.Changed) -> None:
        """Show another workflow of the document."""
        self._read(event.value)

    def on_inputs_form_changed(self) -> None:
        """Say whether the inputs are right by now."""
        self._draw_status()

    def on_input_changed(self) -> None:
        """Say that what is shown is of another document."""
        self._told = None
        self._draw_status()

    # ------------------------------------------------------------------------------- the answer

    def on_input_submitted(self) -> None:
        """Enter in a field means the same as everywhere here."""
        self.action_go()

    def action_go(self) -> None:
        """Read the document that was typed; use the one that was read."""
        if not self._fields[0]:
            leave(self, Answer(None))
        elif self._stale:
            self._read()
        elif isinstance(choice := self._choice(), Chosen):
            leave(self, Answer(choice))
        else:
            self.app.bell()

    def action_page(self, by: int) -> None:
        """Show more of what is below or above: mistakes may be many."""
        body = self.query_one("#body", VerticalScroll)
        body.scroll_relative(y=by * max(1, body.size.height - 1), animate=False)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Do what the button says."""
        if event.button.id == "go":
            self.action_go()
        else:
            self.action_back()

    def action_back(self) -> None:
        """Leave everything as it was."""
        leave(self)
