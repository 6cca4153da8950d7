"""The events pane: what happened, newest first, each entry on as many lines as it needs."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Final, NamedTuple

from tui import filtering, keymap
from tui.deck_plan import Pane
from tui.event_lines import Entry, wrapped
from tui.filtering import Filter
from tui.formats import clock
from tui.glyphs import Tone
from tui.happenings import MOST, Happenings
from tui.saved_views import NO_NAME, SavedView
from tui.widgets.columns import Column
from tui.widgets.line_painter import Cell, Row
from tui.widgets.live_table import LiveTable
from workflow.clock import Clock
from workflow.text import SafeText

_COLUMNS: Final = ((Column("time", "TIME", 8), Column("text", "EVENT", 8, grows=True)),)


class LineOf(NamedTuple):
    """One line of one entry."""

    number: int
    part: int


class _Wrapped(NamedTuple):
    """An entry as it stands at the width there is."""

    entry: Entry
    searched: str
    lines: tuple[SafeText, ...]


class EventsPane(LiveTable[LineOf]):
    """The list of what happened."""

    # Lines are wrapped to what is left beside a scrollbar, whether or not there is one yet.
    DEFAULT_CSS = "EventsPane { padding: 0; scrollbar-gutter: stable; }"

    def __init__(self, clock_: Clock, *, id: str) -> None:  # noqa: A002 - Textual's name
        super().__init__(
            self._row,
            _COLUMNS,
            monotonic=clock_.monotonic,
            markable=lambda _: False,
            titled=False,
            gutter=1,
            id=id,
        )
        self._entries: dict[int, _Wrapped] = {}
        self._lines: deque[LineOf] = deque(maxlen=2 * MOST)
        self._happened: Happenings | None = None
        self._heard = 0
        """The number of the newest entry there was at the last :meth:`take`."""
        self._taken = 0
        """The number of the newest entry that stands in the lines; 0 to read all anew."""
        self._width = 0
        self.words = ""
        self.chip = NO_NAME
        """The name of the saved view that is shown."""
        self.problems = False

    @property
    def title(self) -> SafeText:
        """What the pane's rule says of it, beside its name."""
        if self.chip:
            return self.chip
        if self.words:
            return SafeText(f"/{self.words}")
        return SafeText("problems" if self.problems else "all")

    def take(self, happened: Happenings) -> None:
        """Take in what is new."""
        self._happened, self._heard = happened, happened.count
        self._read(happened)

    def _read(self, happened: Happenings) -> None:
        """Read on to the newest entry heard of; at another width or filter, everything again."""
        width = self.scrollable_content_region.width
        if not width:
            return
        asked = self._taken == 0 and width == self._width  # for another view
        if width != self._width:
            self._width, self._taken = width, 0
            self._entries.clear()
        anew = self._taken == 0
        if anew:
            self._lines.clear()
        wanted, fresh = filtering.read(self.words), False
        for number, entry in happened.since(self._taken):
            if number > self._heard:
                break  # the picture is held still
            self._taken = number
            known = self._entries.get(number) or self._wrap(number, entry)
            if self._passes(known, wanted):
                fresh = True
                parts = reversed(range(len(known.lines)))
                self._lines.extendleft([LineOf(number, part) for part in parts])
        while self._lines and self._lines[-1].number not in self._entries:
            self._lines.pop()  # as old as what is forgotten
        if fresh or len(self.order) != len(self._lines):
            self.show(tuple(self._lines), None if anew else (), at_once=asked)
        self.say(self._told())

    def _told(self) -> tuple[Cell, ...]:
        """Say why there is no line, for when there is none."""
        if self.words:
            shows = keymap.key_at(self.app, "back")
            return (Cell("nothing here has these words"), Cell(f"{shows} shows all", Tone.QUIET))
        if self.problems:
            shows = keymap.key_at(self.app, "problems")
            return (Cell("no problems", Tone.SUCCEEDED), Cell(f"{shows} shows all", Tone.QUIET))
        return (Cell("nothing has happened yet", Tone.QUIET),)

    def _wrap(self, number: int, entry: Entry) -> _Wrapped:
        """Keep an entry with its lines, for as long as anybody can scroll to it."""
        searched = f"{entry.name or ''} {entry.text}".lower()
        known = self._entries[number] = _Wrapped(entry, searched, wrapped(entry, self._width - 1))
        self._entries.pop(number - MOST, None)
        return known

    def on_resize(self) -> None:
        """Wrap anew at once: half a line is no use to anybody."""
        if self._happened is not None:
            self._read(self._happened)

    def _anew(self) -> None:
        """Read everything again, of what has been heard so far."""
        self._taken = 0
        if self._happened is not None:
            self._read(self._happened)

    @property
    def view(self) -> SavedView:
        """What is shown now, to be saved."""
        return SavedView(Pane.EVENTS, self.words, self.problems)

    def take_view(self, view: SavedView) -> None:
        """Show a saved view."""
        self.words, self.problems, self.chip = view.words, view.problems, view.name
        self._anew()

    def filter(self, words: str) -> None:
        """Show what passes this filter."""
        self.words, self.chip = words, NO_NAME
        self._anew()

    def toggle_problems(self) -> None:
        """Show problems only, or all again."""
        self.chip = NO_NAME
        self.problems = not self.problems
        self._anew()

    def next_sort(self) -> None:
        """Keep the one order there is: the newest first."""

    def entry(self, line: LineOf) -> Entry | None:
        """Return the entry a line belongs to."""
        known = self._entries.get(line.number)
        return None if known is None else known.entry

    def _passes(self, known: _Wrapped, wanted: Filter) -> bool:
        entry = known.entry
        if self.problems and not entry.problem:
            return False
        if not wanted.finds(known.searched):
            return False
        if not wanted.on_fields:
            return True
        return wanted.fits(filtering.fields(entry.name or "", status=(entry.text,)))

    def _row(self, key: LineOf, _columns: Sequence[Column]) -> Row:
        known = self._entries.get(key.number)
        if known is None or key.part >= len(known.lines):
            return Row((Cell(""), Cell("")))
        entry = known.entry
        time = Cell(clock(entry.at) if key.part == 0 else "", Tone.QUIET)
        return Row((time, Cell(known.lines[key.part], entry.tone)))
