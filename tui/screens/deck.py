"""The deck: what runs, what is wrong, how far it is, on one screen.

Puts panes where :mod:`tui.deck_plan` says, hands them what is new at each flush, and turns keys
into views of the panes or orders to :mod:`tui.screens.deck_acts`. It holds no rule about runs.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar, Final

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.reactive import Reactive
from textual.screen import Screen
from textual.widget import Widget

from tui import keymap
from tui.deck_plan import Pane, Part
from tui.glyphs import Tone
from tui.happenings import Happenings
from tui.kept import kept_by
from tui.link import Paced
from tui.screens import deck_view
from tui.screens.deck_choice import Choice, Opens
from tui.screens.deck_frame import Frame, Panes, Table
from tui.screens.deck_views import Views
from tui.widgets.connections_pane import ConnectionsPane
from tui.widgets.events_pane import EventsPane
from tui.widgets.header import Facts
from tui.widgets.line_painter import Cell
from tui.widgets.live_table import LiveTable
from tui.widgets.rules import Rule
from tui.widgets.runs_pane import RunsPane
from tui.widgets.selection import Selection
from workflow.clock import Clock
from workflow.text import SafeText

if TYPE_CHECKING:
    from tui.screens.deck_acts import Acts
    from tui.screens.subjects import Subject
    from tui.session import Session

_PANES: Final = tuple(Pane)
_FIRST: Final = frozenset({"filter", "palette", *(f"pane.{pane.value}" for pane in Pane)})
"""Keys behind which something is typed that is for what they lead to."""
_TEXT: Final = frozenset({"filter", "palette", "pane"})
"""What they do. In a filter they are letters."""


class DeckScreen(Screen[None]):
    """The first screen, and the one everything comes back to."""

    BINDINGS: ClassVar[list[BindingType]] = [
        # These take what is typed behind their keys, so that waits in no table's queue.
        replace(key.binding(), priority=key.id in _FIRST)
        for key in keymap.KEYS
        if key.group is not keymap.Group.DETAIL and key.id not in keymap.TABLE_KEYS
    ]
    AUTO_FOCUS: ClassVar[str | None] = "#runs"
    # Who has it, and who had it, draw themselves; Textual's own draws the whole screen.
    focused: Reactive[Widget | None] = Reactive(None, repaint=False)

    def __init__(
        self,
        clock: Clock,
        happened: Happenings,
        *,
        opening: Facts,
        rebound: Mapping[str, str],
    ) -> None:
        super().__init__()
        self._clock = clock
        self._since = clock.now()
        """Since when the first answer is waited for."""
        self._happened = happened
        self._session: Session | None = None
        self._acts: Acts | None = None
        self._frozen = False
        self._second = -1
        self._last_view: Opens | None = None
        self._opening = opening
        self._runs = RunsPane(clock, id=Part.RUNS)
        self._connections = ConnectionsPane(clock, id=Part.CONNECTIONS)
        self._events = EventsPane(clock, id=Part.EVENTS)
        self._panes = Panes(self._runs, self._connections, self._events)
        self._choice = Choice(self._panes)
        self._frame = Frame(clock, self._panes, happened, rebound)

    def compose(self) -> ComposeResult:
        """All parts; the frame says which of them are shown, and where."""
        yield from self._frame.parts

    # ------------------------------------------------------------------------------- what is new

    def on_mount(self) -> None:
        """Show what there is to show before anything has been read."""
        self._frame.place(self.size)
        self._frame.opening(self._opening)
        self.watch(self._frame.keys, "words", self._filter, init=False)
        self._runs.say((Cell(f"opening {self._opening.profile} …", Tone.QUIET),))
        self._connections.say((Cell("reading connections …", Tone.QUIET),))

    def failed(self, sentence: SafeText) -> None:
        """Say why there is nothing to show."""
        leaves = self._frame.hint("quit")
        self._runs.say(
            (
                Cell(f"{self._opening.profile} cannot be opened:", Tone.FAILED),
                Cell(sentence),
                Cell(f"{leaves} quits; syncdeck doctor finds out more", Tone.QUIET),
            )
        )

    def refresh_from(self, session: Session) -> None:
        """Take in what is new. Called at each flush while this is the screen one sees."""
        if self._session is not session:
            # With the session come the rooms it is made of; the first picture did without.
            from tui.screens.deck_acts import Acts  # noqa: PLC0415

            self._session, self._acts = session, Acts(self.app, session)
        now = self._clock.now()
        second = int(now.timestamp())
        tick, self._second = second != self._second, second
        if not self._frozen:
            fleet = session.fleet
            suspected = frozenset(one.run for one in fleet.suspicions)
            self._runs.take(fleet.runs, fleet.watch, suspected, tick=tick)
            self._connections.follow(fleet.following.connections)
            self._connections.take(fleet.watch, self._runs.board, tick=tick)
            self._events.take(self._happened)
            self._say(session)
        slow_link = isinstance(self.app, Paced) and self.app.slow_link
        self._frame.draw(session, frozen=self._frozen, slow_link=slow_link)

    def _say(self, session: Session) -> None:
        """Say why the runs pane has no rows, for when it has none."""
        waited = self._clock.now() - self._since
        told = deck_view.runs_message(session, self._runs, waited, self._frame.hint)
        self._runs.say([Cell(text, tone) for text, tone in told])

    # ------------------------------------------------------------------------------ where it is

    def on_resize(self) -> None:
        """Put everything where it belongs at the new size."""
        self._frame.place(self.size)
        self.call_after_refresh(self._again)

    def on_screen_resume(self) -> None:
        """Catch up with what happened while another screen was on top."""
        self._second = -1
        self._again()

    def _again(self) -> None:
        if self._session is not None:
            self.refresh_from(self._session)

    @on(events.DescendantFocus)
    def _focused(self, event: events.DescendantFocus) -> None:
        if event.widget is not self.focused:
            return  # it has gone on since
        pane = next((pane for pane in Pane if self._panes.of(pane) is event.widget), None)
        if pane is not None and pane is not self._pane:
            self._want(pane=pane)

    @property
    def _pane(self) -> Pane:
        return self._frame.wish.pane

    @property
    def _table(self) -> Table:
        return self._panes.of(self._pane)

    def _want(self, **change: bool | Pane) -> None:
        self._frame.want(replace(self._frame.wish, **change))  # type: ignore[arg-type]
        self._again()

    @on(LiveTable.Moved)
    @on(LiveTable.MarksChanged)
    def _moved(self) -> None:
        self._frame.follow()

    @on(LiveTable.Opened)
    def _opened(self) -> None:
        self.action_open()

    @on(LiveTable.TitleClicked)
    def _title_clicked(self, event: LiveTable.TitleClicked) -> None:
        if event.table is self._runs:
            self._runs.sort_by(event.column)
        elif event.table is self._connections:
            self._connections.sort_by(event.column)
        self._again()

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
        self._want(pane=pane)
        self.set_focus(self._panes.of(pane))  # at once: what is typed ahead is for the pane

    def action_pane_next(self) -> None:
        """Go to the next pane."""
        self.action_pane(_PANES[(_PANES.index(self._pane) + 1) % len(_PANES)])

    def action_pane_previous(self) -> None:
        """Go to the pane before."""
        self.action_pane(_PANES[_PANES.index(self._pane) - 1])

    def action_wide(self) -> None:
        """Give the pane the whole width, or give it back."""
        self._want(wide=not self._frame.wish.wide)

    def action_zoom(self) -> None:
        """Give the pane the whole screen, or give it back."""
        self._want(zoom=not self._frame.wish.zoom)

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

    def action_views(self) -> None:
        """Show a saved view, or save what is shown."""
        self.run_worker(self._choose_view(), group="views", exclusive=True, exit_on_error=False)

    async def _choose_view(self) -> None:
        views = Views(self.app, kept_by(self.app), self._opening.profile)
        view = await views.ask(self._table.view)
        if view is not None:
            self.action_pane(view.pane)
            self._table.take_view(view)
            self._again()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Say no to some keys while a filter is typed: they are letters of it then."""
        del parameters
        return action not in _TEXT or not self._frame.keys.typing

    async def action_palette(self) -> None:
        """Go to anything, do anything."""
        await self.app.run_action("app.palette")

    def action_filter(self) -> None:
        """Let the pane's filter be typed."""
        self._frame.keys.ask(self._table.words)

    def _filter(self, words: str) -> None:
        """Filter at once; what else is new can wait for the next flush."""
        self._table.filter(words)
        if self._session is not None:
            self._say(self._session)
        if self._pane is Pane.EVENTS:
            self._events.take(self._happened)
        self._frame.draw_choice()

    def action_match_next(self) -> None:
        """Go to the next row that was found."""
        self._seek(1)

    def action_match_previous(self) -> None:
        """Go to the row before that was found."""
        self._seek(-1)

    def _seek(self, by: int) -> None:
        if not (self._table.words or self._table.problems):
            keys = [self._frame.hint(id_) for id_ in ("filter", "match.next", "match.previous")]
            told = f"{keys[0]} filters; {keys[1]} and {keys[2]} go through what it finds"
            self.notify(told, markup=False)
        else:
            self._choice.seek(self._pane, by)

    def action_back(self) -> None:
        """Drop what narrows the view: typing, filter, problems only, marks, zoom."""
        if self._frame.keys.typing:
            self._frame.keys.close(kept=False)
        elif self._table.words:
            self._filter("")
        elif self._table.problems:
            self.action_problems()
        elif self._table.marks:
            self._table.mark(Selection.clear)
        elif self._frame.wish.zoom:
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
        """What an action is for."""
        return self._choice.subjects(self._pane)

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
        if self._frame.keys.typing or self._session is None:
            return
        line = self._choice.line if self._pane is Pane.RUNS else None
        if line is not None:
            self._runs.toggle(line)
            self._again()
            return
        opens = self._choice.opens(self._pane, self._session)
        if opens is not None:
            self._last_view = opens
            self.app.push_screen(opens())

    def action_last_view(self) -> None:
        """Open again what was opened last."""
        if self._last_view is None:
            opens = self._frame.hint("open")
            self.notify(f"nothing has been opened yet: {opens} opens a row", markup=False)
        else:
            self.app.push_screen(self._last_view())

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

    def action_follow(self) -> None:
        """Follow the chosen connections, or stop following them."""
        subjects = self._subjects
        self._act(lambda acts: acts.follow(subjects))

    def action_log(self) -> None:
        """Open the log of what the cursor is on."""
        subjects = self._subjects
        self._act(lambda acts: acts.log(subjects[0] if subjects else None))

    def action_copy(self) -> None:
        """Copy the chosen rows."""
        if self._acts is None:
            return
        if self._pane is Pane.EVENTS:
            self._acts.copy_lines(self._choice.copied())
        else:
            self._acts.copy(self._subjects)

    def action_read_now(self) -> None:
        """Ask the server now."""
        if self._session is not None:
            self._session.fleet.feed.look_now()
            if self._session.fleet.watch.error is not None:
                self.run_worker(
                    self._session.fleet.watch.reload(), group="act", exit_on_error=False
                )
