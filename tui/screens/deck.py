"""The deck: what runs, what is wrong, how far it is, on one screen.

Puts panes where :mod:`tui.deck_plan` says, hands them what is new at each flush, and turns keys
into views of the panes or orders to :mod:`tui.screens.deck_acts`. It holds no rule about runs.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import ClassVar, Final

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Static

from tui import deck_plan, keymap, rows
from tui.connection_rows import NoteKey
from tui.deck_plan import Pane, Part, Style, Wish
from tui.glyphs import Tone
from tui.happenings import Happenings
from tui.screens import deck_view
from tui.screens.deck_acts import Acts, Subject
from tui.screens.late import connection_screen, run_screen
from tui.session import Session
from tui.widgets.connections_pane import ConnectionsPane
from tui.widgets.detail import Detail
from tui.widgets.events_pane import EventsPane
from tui.widgets.header import Facts, Header
from tui.widgets.key_line import KeyLine
from tui.widgets.launch_bar import LaunchBar, progress
from tui.widgets.line_painter import Cell
from tui.widgets.live_table import LiveTable
from tui.widgets.rules import Bar, Rule
from tui.widgets.runs_pane import RunsPane
from tui.widgets.selection import Selection
from workflow.clock import Clock
from workflow.runs import launch as launches
from workflow.text import SafeText

Table = RunsPane | ConnectionsPane | EventsPane

_PANES: Final = tuple(Pane)


class DeckScreen(Screen[None]):
    """The first screen, and the one everything comes back to."""

    BINDINGS: ClassVar[list[BindingType]] = keymap.bindings(
        key.id
        for key in keymap.KEYS
        if key.group is not keymap.Group.DETAIL and key.id not in keymap.TABLE_KEYS
    )
    AUTO_FOCUS: ClassVar[str | None] = "#runs"

    def __init__(
        self,
        clock: Clock,
        happened: Happenings,
        *,
        profile: SafeText,
        server: SafeText,
        rebound: Mapping[str, str],
    ) -> None:
        super().__init__()
        self._clock = clock
        self._happened = happened
        self._rebound = rebound
        self._session: Session | None = None
        self._acts: Acts | None = None
        self._wish = Wish()
        self._plan = deck_plan.plan(80, 24, self._wish)
        self._frozen = False
        self._second = -1
        self._opening = Facts(profile, False, server, None, {}, clock.now())
        self._runs = RunsPane(clock, id=Part.RUNS)
        self._connections = ConnectionsPane(clock, id=Part.CONNECTIONS)
        self._events = EventsPane(clock, id=Part.EVENTS)
        self._tables: dict[Pane, Table] = {
            Pane.RUNS: self._runs,
            Pane.CONNECTIONS: self._connections,
            Pane.EVENTS: self._events,
        }
        self._header = Header(id=Part.HEADER)
        self._launch = LaunchBar(id=Part.LAUNCH)
        self._detail = Detail(id=Part.DETAIL)
        self._keys = KeyLine(id=Part.KEYS)
        self._rules = {part: Rule(id=part) for part in (Part.TOP, Part.MIDDLE, Part.BOTTOM)}
        self._last = Static("", id=Part.LAST_EVENT, markup=False)
        self._about = deck_view.DetailView(self._runs, self._connections, self._events, self.hint)

    def compose(self) -> ComposeResult:
        """All parts; the plan says which of them are shown."""
        yield self._header
        yield self._launch
        yield from self._rules.values()
        yield self._connections
        yield Bar(id=Part.LEFT_BAR)
        yield self._runs
        yield self._detail
        yield Bar(id=Part.RIGHT_BAR)
        yield self._events
        yield self._last
        yield self._keys

    def hint(self, id_: str) -> str:
        """Return the key in force for an id."""
        return keymap.keys_of(keymap.BY_ID[id_], self._rebound)[0]

    # ------------------------------------------------------------------------------- what is new

    def on_mount(self) -> None:
        """Show what there is to show before anything has been read."""
        for part in Part:
            self.query_one(f"#{part}").add_class("part")
        self._place()
        self._header.show(self._opening)
        self._runs.say((Cell(f"opening {self._opening.profile} …", Tone.QUIET),))
        self._connections.say((Cell("reading connections …", Tone.QUIET),))

    def failed(self, sentence: SafeText) -> None:
        """Say why there is nothing to show."""
        self._runs.say(
            (
                Cell(f"{self._opening.profile} cannot be opened:", Tone.FAILED),
                Cell(sentence),
                Cell(f"{self.hint('quit')} quits; syncdeck doctor finds out more", Tone.QUIET),
            )
        )

    def refresh_from(self, session: Session) -> None:
        """Take in what is new. Called at each flush while this is the screen one sees."""
        if self._session is not session:
            self._session, self._acts = session, Acts(self.app, session)
        now = self._clock.now()
        second = int(now.timestamp())
        tick, self._second = second != self._second, second
        if not self._frozen:
            fleet = session.fleet
            self._runs.take(fleet.runs, fleet.watch, tick=tick)
            self._connections.take(fleet.watch, self._runs.board.latest, tick=tick)
            self._events.take(self._happened)
            told = deck_view.runs_message(session, self._runs)
            self._runs.say([Cell(text, tone) for text, tone in told])
        self._lines(session)

    def _lines(self, session: Session) -> None:
        """Draw the lines around the tables."""
        now = self._clock.now()
        facts = deck_view.facts(session, self._runs, now, frozen=self._frozen)
        for table in self._tables.values():
            table.dim(facts.stale)
        self._header.show(facts)
        shown = progress(session.fleet.launches)
        if (shown is not None) is not self._wish.launch:
            self._want(replace(self._wish, launch=shown is not None))
        if shown is not None:
            state = shown.state
            runs = [run for run in session.fleet.runs.values() if run.launch == state.launch]
            left = launches.about_left(runs, session.fleet.watch.usual, state.max_parallel, now)
            self._launch.show(replace(shown, left=left), self.hint("hold"))
        self._titles(None if shown is None else shown.number, dimmed=facts.stale)

    def _titles(self, launch: int | None, *, dimmed: bool) -> None:
        places, pane, now = self._plan, self._wish.pane, self._clock.now()
        wide = places.style is not Style.PANES
        title, lines = self._about.of(pane, now, self._detail.content_size.width, wide=wide)
        self._detail.show(lines, dimmed=dimmed)
        titles = {
            Pane.RUNS: self._runs.title,
            Pane.CONNECTIONS: self._connections.title,
            Pane.EVENTS: self._events.title,
        }
        tops = deck_view.top_titles(places, pane, titles, title, launch)
        width = self.size.width
        self._rules[Part.TOP].show(width, tops, deck_view.joints(places, "top"))
        middle = deck_view.middle_titles(places, title, self._events.title, pane)
        region = places.regions.get(Part.MIDDLE)
        joints = deck_view.joints(places, "middle") if places.style is not Style.COLUMNS else {}
        self._rules[Part.MIDDLE].show(region.width if region else width, middle, joints)
        self._rules[Part.BOTTOM].show(width, (), deck_view.joints(places, "bottom"))
        latest = self._happened.latest
        if latest is not None:
            line = Content(f" {latest.line}").stylize(Tone.QUIET.style, 0, 9)
            self._last.update(line.truncate(width, ellipsis=True), layout=False)

    # ------------------------------------------------------------------------------ where it is

    def on_resize(self) -> None:
        """Put everything where it belongs at the new size."""
        self._place()
        self.call_after_refresh(self._again)

    def on_screen_resume(self) -> None:
        """Catch up with what happened while another screen was on top."""
        self._second = -1
        self._again()

    def _again(self) -> None:
        if self._session is not None:
            self.refresh_from(self._session)

    def _want(self, wish: Wish) -> None:
        self._wish = wish
        self._place()

    def _place(self) -> None:
        width, height = self.size
        if not width or not height:
            return
        self._plan = deck_plan.plan(width, height, self._wish)
        for part in Part:
            widget = self.query_one(f"#{part}", Widget)
            region = self._plan.regions.get(part)
            widget.display = region is not None
            if region is not None:
                widget.styles.offset = region.offset
                widget.styles.width, widget.styles.height = region.size
        self._keys.show(width, self._rebound)

    @on(events.DescendantFocus)
    def _focused(self, event: events.DescendantFocus) -> None:
        pane = next((of for of, table in self._tables.items() if table is event.widget), None)
        if pane is not None and pane is not self._wish.pane:
            self._want(replace(self._wish, pane=pane))
            self._again()

    @property
    def _table(self) -> Table:
        return self._tables[self._wish.pane]

    @on(LiveTable.Moved)
    @on(LiveTable.MarksChanged)
    def _moved(self) -> None:
        if self._session is not None:
            self._lines(self._session)

    @on(LiveTable.Opened)
    def _opened(self) -> None:
        self.action_open()

    @on(Rule.Chosen)
    def _chosen_pane(self, event: Rule.Chosen) -> None:
        if event.pane == "history":
            self.app.call_later(self.run_action, "history")
        else:
            self.action_pane(event.pane)

    # ------------------------------------------------------------------------------ moving, views

    def action_pane(self, name: str) -> None:
        """Go to a pane; where only one is shown, it is that one from now on."""
        pane = Pane(name)
        if pane is not self._wish.pane:
            self._want(replace(self._wish, pane=pane))
        self._tables[pane].focus()
        self._again()

    def action_pane_next(self) -> None:
        """Go to the next pane."""
        self.action_pane(_PANES[(_PANES.index(self._wish.pane) + 1) % len(_PANES)])

    def action_pane_previous(self) -> None:
        """Go to the pane before."""
        self.action_pane(_PANES[_PANES.index(self._wish.pane) - 1])

    def action_wide(self) -> None:
        """Give the pane the whole width, or give it back."""
        self._want(replace(self._wish, wide=not self._wish.wide))
        self._again()

    def action_zoom(self) -> None:
        """Give the pane the whole screen, or give it back."""
        self._want(replace(self._wish, zoom=not self._wish.zoom))
        self._again()

    def action_freeze(self) -> None:
        """Hold the picture still, or let it go on."""
        self._frozen = not self._frozen
        self._again()

    def action_sort(self) -> None:
        """Take the pane's next order."""
        self._table.next_sort()
        self._again()

    def action_problems(self) -> None:
        """Show problems only, or everything again."""
        self._table.toggle_problems()
        self._again()

    def action_filter(self) -> None:
        """Let the pane's filter be typed."""
        self._keys.ask(self._table.words)

    def _filter(self, words: str) -> None:
        self._table.filter(words)
        self._again()

    @on(KeyLine.Typed)
    def _typed(self, event: KeyLine.Typed) -> None:
        self._filter(event.words)

    @on(KeyLine.Done)
    def _typing_done(self, event: KeyLine.Done) -> None:
        if not event.kept:
            self._filter("")
        self._table.focus()

    def action_back(self) -> None:
        """Drop what narrows the view: typing, filter, problems only, marks, zoom."""
        if self._keys.typing:
            self._keys.close(kept=False)
        elif self._table.words:
            self._filter("")
        elif self._table.problems:
            self.action_problems()
        elif self._table.marks:
            self._table.mark(Selection.clear)
        elif self._wish.zoom:
            self.action_zoom()

    # --------------------------------------------------------------------------------- marking

    def action_mark(self) -> None:
        """Mark the row, or take its mark away, and go on to the next."""
        self._table.mark(Selection.toggle)
        self._table.action_cursor_down()

    def action_mark_range(self) -> None:
        """Begin a range here, or end it."""
        self._table.mark(Selection.toggle_range)

    def action_mark_all(self) -> None:
        """Mark everything the pane shows."""
        self._table.mark(Selection.mark_all)

    def action_mark_invert(self) -> None:
        """Mark what is not marked."""
        self._table.mark(Selection.invert)

    def action_mark_none(self) -> None:
        """Drop the pane's marks."""
        self._table.mark(Selection.clear)

    # ---------------------------------------------------------------------------------- acting

    @property
    def _subjects(self) -> tuple[Subject, ...]:
        """What an action is for: the marked rows of the pane, or the one with the cursor."""
        if self._wish.pane is Pane.CONNECTIONS:
            return tuple(k for k in self._connections.chosen if not isinstance(k, NoteKey))
        return tuple(k for k in self._runs.chosen if not isinstance(k, rows.LineKey))

    def _act(self, act: Callable[[Acts], Awaitable[object]]) -> None:
        """Do something that takes time, beside the screen."""
        if self._acts is None:
            self.notify("still opening; nothing can be done yet", markup=False)
            return
        acts = self._acts

        async def done() -> None:
            await act(acts)

        self.run_worker(done(), group="act", exit_on_error=False)

    def action_open(self) -> None:
        """Open what the cursor is on; fold or unfold a line."""
        if self._keys.typing or self._session is None:
            return
        session = self._session
        if self._wish.pane is Pane.CONNECTIONS:
            key = self._connections.cursor
            if key is not None and not isinstance(key, NoteKey):
                self.app.push_screen(connection_screen(session, key))
            return
        match self._runs.cursor:
            case rows.LineKey() as line:
                self._runs.toggle(line)
                self._again()
            case rows.RunKey(run=run):
                order = tuple(k.run for k in self._runs.order if isinstance(k, rows.RunKey))
                self.app.push_screen(run_screen(session, run, order))
            case rows.JobKey(job=job) if (reading := self._runs.board.job(job)) is not None:
                self.app.push_screen(connection_screen(session, reading.job.connection_id))

    def action_launch(self) -> None:
        """Launch the chosen connections."""
        subjects = self._subjects
        self._act(lambda acts: self._launched(acts, subjects, again=False))

    def action_rerun(self) -> None:
        """Launch the chosen again, filled in."""
        subjects = self._subjects
        self._act(lambda acts: self._launched(acts, subjects, again=True))

    async def _launched(self, acts: Acts, subjects: tuple[Subject, ...], *, again: bool) -> None:
        if await acts.launch(subjects, again=again) is not None:
            self._table.mark(Selection.clear)
            self.action_pane(Pane.RUNS)

    def action_attach(self) -> None:
        """Watch the chosen jobs."""
        subjects = self._subjects
        self._act(lambda acts: acts.attach(subjects))

    def action_detach(self) -> None:
        """Stop watching the chosen runs."""
        subjects = self._subjects
        self._act(lambda acts: acts.detach(subjects))

    def action_cancel(self) -> None:
        """Cancel the chosen jobs."""
        subjects = self._subjects
        self._act(lambda acts: acts.cancel(subjects))

    def action_hold(self) -> None:
        """Hold the launch, or let it go on."""
        subjects = self._subjects
        self._act(lambda acts: acts.hold(subjects))

    def action_enable(self) -> None:
        """Enable or disable the chosen connections."""
        subjects = self._subjects
        self._act(lambda acts: acts.enable(subjects))

    def action_log(self) -> None:
        """Open the log of what the cursor is on."""
        subjects = self._subjects
        self._act(lambda acts: acts.log(subjects[0] if subjects else None))

    def action_copy(self) -> None:
        """Copy the chosen rows."""
        if self._acts is not None:
            self._acts.copy(self._subjects)

    def action_read_now(self) -> None:
        """Ask the server now."""
        if self._session is not None:
            self._session.fleet.feed.look_now()
            if self._session.fleet.watch.error is not None:
                self.run_worker(
                    self._session.fleet.watch.reload(), group="act", exit_on_error=False
                )
