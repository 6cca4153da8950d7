"""The deck's frame: where its parts are, and the lines around its tables.

Header, launch, rules, detail and the last event are drawn from session and panes; a part is
shown where :mod:`tui.deck_plan` has a place for it. What keys do is :mod:`tui.screens.deck`'s.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Final

from textual.content import Content
from textual.geometry import Size
from textual.widget import Widget
from textual.widgets import Static

from tui import deck_plan, keymap
from tui.deck_plan import Pane, Part, Style, Wish
from tui.gantt import gantt
from tui.glyphs import Tone
from tui.happenings import Happenings
from tui.rows import Key, RunKey
from tui.screens import deck_view
from tui.widgets.connections_pane import ConnectionsPane
from tui.widgets.detail import Detail, Lines
from tui.widgets.events_pane import EventsPane
from tui.widgets.header import Facts, Header
from tui.widgets.key_line import KeyLine, hints
from tui.widgets.launch_bar import LaunchBar, progress
from tui.widgets.rules import Bar, Rule, Title
from tui.widgets.runs_pane import RunsPane
from tui.widgets.still import Still
from tui.widgets.too_small import TooSmall
from workflow.clock import Clock
from workflow.text import SafeText

if TYPE_CHECKING:
    from tui.session import Session
    from workflow.runs.events import LaunchId
    from workflow.runs.launch import LaunchState

_ESTIMATE_EVERY: Final = timedelta(seconds=3)
"""It says "about", and looks at every run there is."""
_MOST_BARS: Final = 50
"""Runs that are looked at for bars; some of them may not have begun."""
_RULES: Final = (Part.TOP, Part.MIDDLE, Part.BOTTOM, Part.GANTT_RULE)
Table = RunsPane | ConnectionsPane | EventsPane


@dataclass(frozen=True, slots=True)
class Panes:
    """The three tables."""

    runs: RunsPane
    connections: ConnectionsPane
    events: EventsPane

    def of(self, pane: Pane) -> Table:
        """Return a pane's table."""
        match pane:
            case Pane.RUNS:
                return self.runs
            case Pane.CONNECTIONS:
                return self.connections
        return self.events


@dataclass(frozen=True, slots=True)
class _Estimate:
    """How long a launch still takes, as it was told at an instant."""

    launch: LaunchId
    at: datetime
    left: timedelta | None


def _estimated(session: Session, state: LaunchState, now: datetime) -> _Estimate:
    # Late, like all that only an open session needs: the first picture did without.
    from workflow.runs.launch import about_left  # noqa: PLC0415

    runs = [run for run in session.fleet.runs.values() if run.launch == state.launch]
    left = about_left(runs, session.fleet.watch.usual, state.max_parallel, now)
    return _Estimate(state.launch, now, left)


class LastEvent(Still, Static):
    """What happened last, on one line."""


class Frame:
    """Everything of the deck that is no table, and the places of all of it."""

    def __init__(self, clock: Clock, panes: Panes, happened: Happenings) -> None:
        self._clock = clock
        self._panes = panes
        self._happened = happened
        self.wish = Wish()
        self.keys: Final = KeyLine(id=Part.KEYS)
        self._plan = deck_plan.plan(80, 24, self.wish)
        self._size = Size(80, 24)
        self._header = Header(id=Part.HEADER)
        self._launch = LaunchBar(id=Part.LAUNCH)
        self._detail = Detail(id=Part.DETAIL)
        self._last = LastEvent("", id=Part.LAST_EVENT, markup=False)
        self._last_drawn = ""
        self._estimate: _Estimate | None = None
        self._launched: LaunchState | None = None
        """The launch that is shown."""
        self._stale = False
        self._choice: tuple[object, ...] = ()
        self._barred: tuple[Key, ...] | None = None
        self._rules = {part: Rule(id=part) for part in _RULES}
        self._about = deck_view.DetailView(panes.runs, panes.connections, panes.events, self.hint)
        self._gantt = Lines(id=Part.GANTT)
        small = TooSmall(*deck_plan.LEAST, "What runs goes on.", id=Part.TOO_SMALL)
        shown = (self._header, self._launch, self._detail, self._last, self._gantt, self.keys)
        others = (small, *shown)
        bars = (Bar(id=Part.LEFT_BAR), Bar(id=Part.RIGHT_BAR))
        tables = (panes.connections, panes.runs, panes.events)
        self.parts: Final[tuple[Widget, ...]] = (*others, *bars, *self._rules.values(), *tables)
        """All parts, tables included; which of them are shown is the plan's to say."""
        for part in self.parts:
            part.add_class("part", update=False)  # it is not on the screen yet

    def hint(self, id_: str) -> str:
        """Return the key in force for an id."""
        return keymap.key_at(self.keys.app, id_)

    def want(self, wish: Wish) -> None:
        """Arrange the parts another way."""
        self.wish = wish
        self.place(self._size)

    def place(self, size: Size) -> None:
        """Put every part where it belongs on a screen of this size."""
        if not size.width or not size.height:
            return
        self._size = size
        self._plan = deck_plan.plan(size.width, size.height, self.wish)
        for widget in self.parts:
            region = self._plan.regions.get(Part(widget.id or ""))
            widget.display = region is not None
            if region is not None:
                widget.styles.offset = region.offset
                widget.styles.width, widget.styles.height = region.size
        self.keys.show(hints(size.width, self.keys.app))

    def opening(self, facts: Facts) -> None:
        """Draw what is known before anything has been read."""
        self._header.show(facts)

    def draw(self, session: Session, *, frozen: bool, slow_link: bool) -> None:
        """Draw the lines around the tables, as far as they have changed."""
        now = self._clock.now()
        held = self.hint("freeze") if frozen else None
        facts = deck_view.facts(session, self._panes.runs, now, held, slow_link=slow_link)
        for pane in Pane:
            self._panes.of(pane).dim(facts.stale)
        self._stale = facts.stale
        self._header.show(facts)
        self._draw_launch(session)
        self._barred = None
        self.draw_choice()
        self._draw_last_event()

    def draw_choice(self) -> None:
        """Draw what depends on filter, cursor and marks: titles, detail, and which runs' bars."""
        now, pane, runs = self._clock.now(), self.wish.pane, self._panes.runs
        self._choice = self._chosen()
        width, wide = self._detail.content_size.width, self._plan.style is not Style.PANES
        title, lines = self._about.of(pane, now, width, wide=wide)
        self._detail.show(lines, dimmed=self._stale)
        titles = {pane: self._panes.of(pane).title for pane in Pane}
        number = None if self._launched is None else self._launched.number
        tops = deck_view.top_titles(self._plan, pane, titles, title, number)
        self._draw_rule(Part.TOP, tops)
        middle = deck_view.middle_titles(self._plan, title, titles[Pane.EVENTS], pane)
        self._draw_rule(Part.MIDDLE, middle)
        self._draw_rule(Part.BOTTOM, [])
        if runs.order is not self._barred:
            self._barred = runs.order
            self._draw_gantt(now)

    def follow(self) -> None:
        """Draw it if cursor or marks are others than when it was drawn."""
        if self._choice != self._chosen():
            self.draw_choice()

    def _chosen(self) -> tuple[object, ...]:
        table = self._panes.of(self.wish.pane)
        return self.wish.pane, table.cursor, table.marks

    def _draw_launch(self, session: Session) -> None:
        """Draw the launch to show, if there is one."""
        shown = progress(session.fleet.launches, self._launched)
        self._launched = None if shown is None else shown.state
        if (shown is not None) is not self.wish.launch:
            self.want(replace(self.wish, launch=shown is not None))
        if shown is None:
            return
        left = None
        if shown.state.finished is None:
            now = self._clock.now()
            known = self._estimate
            other = known is None or known.launch != shown.state.launch
            if known is None or other or now - known.at >= _ESTIMATE_EVERY:
                known = self._estimate = _estimated(session, shown.state, now)
            left = known.left
        self._launch.show(replace(shown, left=left), self.hint("hold"))

    def _draw_rule(self, part: Part, titles: Sequence[Title]) -> None:
        region = self._plan.regions.get(part)
        if region is None:
            return
        across = region.width == self._size.width
        joints = deck_view.joints(self._plan, part) if across else {}
        self._rules[part].show(region.width, titles, joints)

    def _draw_gantt(self, now: datetime) -> None:
        """Draw the bars of the runs on the screen, where there is room for them."""
        region = self._plan.regions.get(Part.GANTT)
        if region is None:
            return
        self._draw_rule(Part.GANTT_RULE, [Title(0, SafeText("When"))])
        runs = self._panes.runs
        keys = islice((key for key in runs.order if isinstance(key, RunKey)), _MOST_BARS)
        states = [state for key in keys if (state := runs.board.run(key.run)) is not None]
        lines = gantt(states, now, region.width, region.height)
        self._gantt.show(lines, dimmed=self._stale)

    def _draw_last_event(self) -> None:
        latest = self._happened.latest
        if latest is not None and latest.line != self._last_drawn:
            self._last_drawn = latest.line
            self._last.update(
                Content(f" {latest.line}").stylize(Tone.QUIET.style, 0, 9), layout=False
            )
