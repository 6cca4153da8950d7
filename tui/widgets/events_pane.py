"""The events pane: what happened, newest first, each entry on as many lines as it needs."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Final, NamedTuple

from tui import filtering
from tui.deck_plan import Pane
from tui.event_lines import Entry, wrapped
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
        self._entries: dict[int, tuple[Entry, tuple[SafeText, ...]]] = {}
        self._lines: deque[LineOf] = deque(maxlen=2 * MOST)
        self._happened: Happenings | None = None
        self._taken = 0
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
        """Take in what is new; at another width or filter, everything again."""
        self._happened = happened
        width = self.scrollable_content_region.width
        if not width:
            return
        if width != self._width:
            self._width, self._taken = width, 0
        anew = self._taken == 0
        if anew:
            self._entries.clear()
            self._lines.clear()
        fresh = False
        for number, entry in happened.since(self._taken):
            self._taken = number
            if not self._passes(entry):
                continue
            fresh = True
            lines = wrapped(entry, width - 1)
            self._entries[number] = (entry, lines)
            self._lines.extendleft(LineOf(number, part) for part in reversed(range(len(lines))))
        if fresh or len(self.order) != len(self._lines):
            self.show(tuple(self._lines), None if anew else ())
        self.say((Cell("nothing has happened yet", Tone.QUIET),))

    def on_resize(self) -> None:
        """Wrap anew at once: half a line is no use to anybody."""
        if self._happened is not None:
            self.take(self._happened)

    @property
    def view(self) -> SavedView:
        """What is shown now, to be saved."""
        return SavedView(Pane.EVENTS, self.words, self.problems)

    def take_view(self, view: SavedView) -> None:
        """Show a saved view, from the next :meth:`take` on."""
        self.words, self.problems, self.chip = view.words, view.problems, view.name
        self._taken = 0

    def filter(self, words: str) -> None:
        """Show what passes this filter, from the next :meth:`take` on."""
        self.words, self.chip = words, NO_NAME
        self._taken = 0

    def toggle_problems(self) -> None:
        """Show problems only, or all again, from the next :meth:`take` on."""
        self.chip = NO_NAME
        self.problems = not self.problems
        self._taken = 0

    def next_sort(self) -> None:
        """Keep the one order there is: the newest first."""

    def entry(self, line: LineOf) -> Entry | None:
        """Return the entry a line belongs to."""
        known = self._entries.get(line.number)
        return None if known is None else known[0]

    def _passes(self, entry: Entry) -> bool:
        if self.problems and not entry.problem:
            return False
        wanted, name = filtering.read(self.words), entry.name or ""
        has = filtering.fields(name, status=(entry.text,)) if wanted.on_fields else ""
        return wanted.passes(f"{name} {entry.text}".lower(), has)

    def _row(self, key: LineOf, _columns: Sequence[Column]) -> Row:
        known = self._entries.get(key.number)
        if known is None or key.part >= len(known[1]):
            return Row((Cell(""), Cell("")))
        entry, lines = known
        time = Cell(clock(entry.at) if key.part == 0 else "", Tone.QUIET)
        return Row((time, Cell(lines[key.part], entry.tone)))
