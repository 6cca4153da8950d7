"""The form a launch is made with: what to do, how carefully, and to whom.

Nothing is sent from here before the button is pressed, and the button is dead until every target
has been checked. What a check says and what a launch does is the fleet's business; what the fields
mean is :mod:`tui.screens.launch_form`'s, what they look like :mod:`tui.screens.launch_fields`'s.
"""

from __future__ import annotations

from typing import ClassVar, Final

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.screen import Screen
from textual.timer import Timer
from textual.widgets import Button, Static
from textual.worker import Worker, WorkerState

from tui import keymap
from tui.glyphs import Tone
from tui.plans import Plan
from tui.screens import launch_deed, launch_form, plan_book
from tui.screens.deck_acts import locked
from tui.screens.dialogs import TypedAhead
from tui.screens.launch_again import Again
from tui.screens.launch_checks import Checks
from tui.screens.launch_fields import LaunchFields
from tui.screens.launch_foot import WORKFLOW_KEY, LaunchFoot
from tui.screens.launch_form import Doing
from tui.screens.launch_intent import Intent
from tui.screens.leaving import leave
from tui.screens.workflow_choice import Answer, WorkflowScreen
from tui.screens.workflow_form import Chosen
from tui.session import Session
from tui.widgets.lines import crumbs, spread, titled_rule
from tui.widgets.target_list import TargetList
from tui.widgets.too_small import TooSmall
from workflow.runs.events import LaunchId
from workflow.runs.launch import Order, OrderRefused, Target
from workflow.text import SafeText, safe

LEAST: Final = (60, 18)
"""Cells and lines that the form takes with a few targets."""
_SETTLE: Final = 0.15
"""Seconds a changed field rests before the targets are checked again."""


class LaunchScreen(Screen[LaunchId | None]):
    """The form, the targets, the button. Gives the launch that was made, None when gone back."""

    AUTO_FOCUS: ClassVar[str | None] = "#targets"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "trigger", "trigger", id="launch.trigger", show=False),
        Binding(WORKFLOW_KEY, "workflow", "another workflow", id="launch.workflow", show=False),
        Binding("plus", "plan", "save as plan", id="launch.plan", show=False),
        *keymap.bindings(("back", "quit", "copy", "help", "last_view", "read_now")),
        Binding("tab", "app.focus_next", "field", show=False),
        Binding("shift+tab", "app.focus_previous", "field", show=False),
    ]
    DEFAULT_CSS = """
    LaunchScreen {
        layout: vertical;
        .line { height: 1; text-wrap: nowrap; text-overflow: clip; }
        #too-small { display: none; }
        &.-small > * { display: none; }
        &.-small > #too-small { display: block; }
        #targets { height: 1fr; min-height: 3; }
    }
    """

    def __init__(
        self,
        session: Session,
        targets: tuple[Target, ...],
        again: Again | None = None,
        plan: Plan | None = None,
    ) -> None:
        super().__init__()
        self._session = session
        self._targets = tuple({target.connection_id: target for target in targets}.values())
        self._again = again
        self._plan = plan
        self._workflow: Chosen | None = None
        self._checks = Checks(session)
        self._told: SafeText | None = None
        self._sending = False
        self._settling: Timer | None = None
        self._drawing: Timer | None = None
        self._ahead = TypedAhead()

    # ----------------------------------------------------------------------------- the picture

    def compose(self) -> ComposeResult:
        """The fields, then the targets, then the button."""
        old = self._again.launch if self._again else None
        yield Static(id="where", classes="line")
        yield Static(titled_rule(""), classes="line")
        suggested = launch_form.suggested(len(self._targets), old)
        yield LaunchFields(self._plan.form if self._plan else suggested)
        yield Static(id="summary", classes="line")
        yield TargetList(
            self._targets, self._checks.by_id, monotonic=self._session.clock.monotonic, id="targets"
        )
        yield LaunchFoot()
        yield TooSmall(*LEAST, "Nothing is sent from here; esc goes back.", id="too-small")

    def on_mount(self) -> None:
        """Show the targets and begin to check them."""
        self._list.show([target.connection_id for target in self._targets])
        self._recheck()
        if self._again is not None and self._again.unlike:
            self._told = self._again.unlike
        self._draw()
        self.set_interval(1.0, self._draw)
        self.call_after_refresh(self._ahead.arm)

    def on_resize(self) -> None:
        """Fit the lines to the new width; what cannot be read cannot be sent."""
        self.set_class(not self.query_one(TooSmall).fits(), "-small")
        self._draw()

    def refresh_from(self, session: Session) -> None:
        """Draw the ages anew; what happens to other runs does not change this form."""
        del session
        self._draw_soon()

    def on_key(self, event: events.Key) -> None:
        """Drop what was typed before the form could be read."""
        if self._ahead.was(event):
            event.stop()
            event.prevent_default()

    def _draw_soon(self) -> None:
        if self._drawing is None:
            self._drawing = self.set_timer(0.1, self._draw)

    def _draw(self) -> None:
        self._drawing = None
        if not self.is_attached:  # a timer's last call may come after the screen has gone
            return
        self._list.touch()
        intent = self._intent
        self._line("#where", self._where)
        counts = launch_form.summary(len(self._targets), intent.checks, len(self._list.marks))
        self._line("#summary", titled_rule(counts))
        self.query_one(LaunchFoot).show(
            self._status(intent),
            intent.told(self._profile),
            ready=self._ready(intent),
            danger=intent.form.destructive,
        )

    @property
    def _profile(self) -> SafeText:
        return SafeText(self._session.profile_name.upper())

    @property
    def _where(self) -> Content:
        places = (self._session.server, self._session.workspace)
        launch = Content.assemble(" LAUNCH on ", (self._profile, "bold"))
        nothing = Content.styled("nothing is sent yet ", Tone.WARNING.style)
        return spread(crumbs(launch, *filter(None, places)), nothing, self.size.width)

    def _line(self, selector: str, content: Content) -> None:
        self.query_one(selector, Static).update(content, layout=False)

    def _status(self, intent: Intent) -> Content:
        if self._fields.mistakes:
            return Content.styled(self._fields.mistakes[0].sentence, Tone.FAILED.style)
        if self._session.fleet.read_only:
            text = locked(self._session, keymap.key_at(self.app, "arm"))
            return Content.styled(text, Tone.WARNING.style)
        if self._told is not None:
            return Content.styled(self._told, Tone.WARNING.style)
        usual = self._session.fleet.watch.usual if self._ready(intent) else None
        return Content(self._checks.told(intent, self._list.cursor, usual))

    # ----------------------------------------------------------------------------- the targets

    @property
    def _list(self) -> TargetList:
        return self.query_one(TargetList)

    @property
    def _fields(self) -> LaunchFields:
        return self.query_one(LaunchFields)

    @property
    def _intent(self) -> Intent:
        """What the screen stands at."""
        taken = self._list.taken
        checks = self._checks.of(taken)
        name = self._plan.name if self._plan else "rerun" if self._again else ""
        return Intent(self._fields.form, taken, checks, self._workflow, name)

    def _ready(self, intent: Intent) -> bool:
        return (
            intent.checked
            and not self.has_class("-small")
            and not self._fields.mistakes
            and not self._session.fleet.read_only
            and not self._sending
        )

    def on_launch_fields_changed(self, event: LaunchFields.Changed) -> None:
        """Check again when what happens to a target may be another thing now."""
        self._told = None
        if event.check_again:
            if self._settling is not None:
                self._settling.stop()
            self._checks.forget()
            self._settling = self.set_timer(_SETTLE, self._recheck)
        self._draw()

    def on_live_table_marks_changed(self) -> None:
        """Count anew: one was left out or taken in again."""
        self._draw()

    def on_live_table_moved(self) -> None:
        """Tell why the target under the cursor is not sent."""
        self._draw_soon()

    def _recheck(self) -> None:
        self._checks.forget()
        self._told = None
        if self._targets:
            checking = self._checks.run(self._intent.to_check(self._targets), self._draw_soon)
            self.run_worker(checking, group="check", exclusive=True, exit_on_error=False)
        else:
            self._told = SafeText("no connection was chosen: go back and mark some")

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Say what kept the targets from being checked, or the launch from being made."""
        if event.state is WorkerState.ERROR:
            self._sending = False
            again = keymap.key_at(self.app, "read_now")
            what = "check the targets" if event.worker.group == "check" else "launch"
            self._told = safe(f"could not {what}: {event.worker.error}; {again} tries again")
            self._draw()

    # ------------------------------------------------------------------------------- the deed

    def action_trigger(self) -> None:
        """Send, when everything has been checked; what wipes data is typed out first."""
        intent = self._intent
        if not self._ready(intent):
            self.app.bell()
            return
        order = intent.order()
        question = launch_deed.question(order, intent.form, self._session.profile_name)
        if question is None:
            self._send(order)
        else:
            self.app.push_screen(question, lambda sure: self._send(order) if sure else None)

    def _send(self, order: Order) -> None:
        self._sending = True
        self._draw()
        self.run_worker(self._launch(order), group="launch", exit_on_error=False)

    async def _launch(self, order: Order) -> None:
        try:
            launch = await launch_deed.done(self.app, self._session, order, self._fields.form)
        except OrderRefused as refused:
            self._sending = False
            self._told = refused.text
            self._draw()
        else:
            leave(self, launch)

    def on_input_submitted(self) -> None:
        """Enter in a field means the same as everywhere on this screen."""
        self.action_trigger()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Do what the button says."""
        if event.button.id == "go":
            self.action_trigger()
        elif event.button.id == "plan":
            self.action_plan()
        else:
            self.action_back()

    def action_workflow(self) -> None:
        """Choose what is executed, of the shipped documents or one of one's own."""
        doing = self._fields.form.doing
        screen = WorkflowScreen(self._session, self._targets, doing, self._workflow)
        self.app.push_screen(screen, self._take_workflow)

    def _take_workflow(self, answer: Answer | None) -> None:
        if answer is None:
            return
        chosen = self._workflow = answer.chosen
        label, doing = (chosen.label, chosen.doing) if chosen else (None, Doing.SYNC)
        self._fields.show_workflow(label, doing)
        self._recheck()
        self._draw()

    def action_plan(self) -> None:
        """Save what is taken, and the form, under a name."""
        if self._fields.mistakes or not self._list.taken:
            self.app.bell()
        else:
            self.run_worker(self._save_plan(), group="plan", exclusive=True, exit_on_error=False)

    async def _save_plan(self) -> None:
        told = await plan_book.save(self.app, self._session, self._intent, self._plan)
        if told is not None:
            self._told = told
            self._draw()

    def action_copy(self) -> None:
        """Copy the command that does the same."""
        if self._fields.mistakes:
            self.app.bell()
            return
        self._told = launch_deed.copied(self.app, self._intent, self._session.profile_name)
        self._draw()

    def action_read_now(self) -> None:
        """Check the targets again."""
        self._recheck()
        self._draw()

    def action_back(self) -> None:
        """Go back; nothing was sent."""
        leave(self)

    action_leave = action_last_view = action_back
