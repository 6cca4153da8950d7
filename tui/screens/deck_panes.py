"""The deck's panes as they are looked at: which has the keys, how wide, filtered, ordered, marked.

Its keys change the picture and nothing else. What is in the panes, and what keys do to what is
chosen there, is :mod:`tui.screens.deck`'s business.
"""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar, Final

from textual import events, on
from textual.app import ComposeResult
from textual.reactive import Reactive
from textual.screen import Screen
from textual.widget import Widget

from tui.deck_plan import Pane, Part
from tui.happenings import Happenings
from tui.kept import kept_by
from tui.key_queue import beside
from tui.screens.deck_choice import Choice
from tui.screens.deck_frame import Frame, Panes, Table
from tui.screens.deck_views import Views
from tui.widgets.connections_pane import ConnectionsPane
from tui.widgets.events_pane import EventsPane
from tui.widgets.live_table import LiveTable
from tui.widgets.rules import Rule
from tui.widgets.runs_pane import RunsPane
from tui.widgets.selection import Selection
from workflow.clock import Clock
from workflow.text import SafeText

_PANES: Final = tuple(Pane)


class PanesScreen(Screen[None]):
    """Three panes in their frame."""

    AUTO_FOCUS: ClassVar[str | None] = "#runs"
    # Who has it, and who had it, draw themselves; Textual's own draws the whole screen.
    focused: Reactive[Widget | None] = Reactive(None, repaint=False)

    def __init__(self, clock: Clock, happened: Happenings, profile: SafeText) -> None:
        super().__init__()
        self._happened = happened
        self._profile = profile
        self._runs = RunsPane(clock, id=Part.RUNS)
        self._connections = ConnectionsPane(clock, id=Part.CONNECTIONS)
        self._events = EventsPane(clock, id=Part.EVENTS)
        self._panes = Panes(self._runs, self._connections, self._events)
        self._choice = Choice(self._panes)
        self._frame = Frame(clock, self._panes, happened)

    def again(self) -> None:
        """Take in and draw what is new."""
        raise NotImplementedError

    def say(self) -> None:
        """Say why a pane has no rows, for when it has none."""
        raise NotImplementedError

    def compose(self) -> ComposeResult:
        """All parts; the frame says which of them are shown, and where."""
        yield from self._frame.parts

    def on_mount(self) -> None:
        """Put everything where it belongs."""
        self._frame.place(self.size)
        self.watch(self._frame.keys, "words", self._filter, init=False)

    def on_resize(self) -> None:
        """Put everything where it belongs at the new size."""
        self._frame.place(self.size)
        self.call_after_refresh(self.again)

    # ------------------------------------------------------------------------------ where it is

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
        self.again()

    @on(LiveTable.Moved)
    @on(LiveTable.MarksChanged)
    def _moved(self) -> None:
        self._frame.follow()

    @on(LiveTable.TitleClicked)
    def _title_clicked(self, event: LiveTable.TitleClicked) -> None:
        if event.table is self._runs:
            self._runs.sort_by(event.column)
        elif event.table is self._connections:
            self._connections.sort_by(event.column)
        self.again()

    @on(Rule.Chosen)
    def _chosen_pane(self, event: Rule.Chosen) -> None:
        if event.pane == "history":
            self.app.call_later(self.run_action, "history")
        else:
            self.action_pane(event.pane)

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

    def action_sort(self) -> None:
        """Take the pane's next order."""
        self._table.next_sort()
        self.again()

    def action_problems(self) -> None:
        """Show problems only, or everything again."""
        self._table.toggle_problems()
        self.again()

    async def action_views(self) -> None:
        """Show a saved view, or save what is shown."""
        await beside(self, self._choose_view(), group="views", exclusive=True)

    async def _choose_view(self) -> None:
        views = Views(self.app, kept_by(self.app), self._profile)
        view = await views.ask(self._table.view)
        if view is not None:
            self.action_pane(view.pane)
            self._table.take_view(view)
            self.again()

    def action_filter(self) -> None:
        """Let the pane's filter be typed."""
        self._frame.keys.ask(self._table.words)

    def _filter(self, words: str) -> None:
        """Filter at once; what else is new can wait for the next flush."""
        self._table.filter(words)
        self.say()
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
