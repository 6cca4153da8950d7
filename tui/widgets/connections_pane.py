"""The connections pane: what syncs, when it last did, when it will, and what is to be launched.

Keeps the filter, the order and, by id, the marks; what a row says is
:mod:`tui.connection_rows`' business.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Final

from tui import connection_rows, glyphs, keymap
from tui.board import ConnectionBoard, RunBoard
from tui.connection_order import Order, Sort
from tui.connection_rows import Key, NoteKey
from tui.deck_plan import Pane
from tui.formats import waiting
from tui.glyphs import Tone
from tui.narrowing import Narrowing
from tui.saved_views import NO_NAME, SavedView
from tui.widgets.columns import Column
from tui.widgets.line_painter import Cell, Row
from tui.widgets.live_table import LiveTable
from workflow.airbyte.models import ConnectionId
from workflow.clock import Clock
from workflow.runs.connection_view import ConnectionView
from workflow.runs.run import Phase
from workflow.text import SafeText

if TYPE_CHECKING:
    from workflow.runs.watch import Watch

_WIDE: Final = 70
"""From so many cells on a note has room for a whole name."""
_SORTS: Final = tuple(Sort)
_SORTS_BY: Final = {"name": Sort.NAME, "status": Sort.STATE, "last": Sort.OLDEST}


class ConnectionsPane(LiveTable[Key]):
    """The table of connections."""

    def __init__(self, clock: Clock, *, id: str) -> None:  # noqa: A002 - Textual's name
        super().__init__(
            self._row,
            connection_rows.COLUMNS,
            monotonic=clock.monotonic,
            markable=lambda key: not isinstance(key, NoteKey),
            id=id,
        )
        self.board: Final = ConnectionBoard()
        self.followed: frozenset[ConnectionId] = frozenset()
        self._clock = clock
        self._now = self._since = clock.now()
        self.words = ""
        self.chip = NO_NAME
        """The name of the saved view that is shown."""
        self.problems = False
        self._order = Order(Sort.STATE)
        self._narrowing = Narrowing()
        self._shown = 0
        self._total = 0
        self._loading = True

    @property
    def title(self) -> SafeText:
        """What the pane's rule says of it, beside its name."""
        more = "…" if self._loading else ""
        filtered = self._shown != self._total
        count = f"{self._shown:,}/{self._total:,}" if filtered else f"{self._total:,}"
        parts = [count + more]
        if self.followed:
            parts.append(f"{len(self.followed):,} followed")
        if self.marks:
            parts.append(f"{len(self.marks)} marked")
        if self.chip:
            parts.append(self.chip)
        elif self.words:
            parts.append(f"/{self.words}")
        if self.problems and not self.chip:
            parts.append("problems")
        if self.sort is not Sort.STATE:
            parts.append(self.sort.value)
        return SafeText(" · ".join(parts))

    def take(self, watch: Watch, runs: RunBoard, *, tick: bool) -> None:
        """Take in how things are; `tick` when a second has passed, so that ages move."""
        self._now = self._clock.now()
        changed, moves = self.board.update(watch.connections, runs.newest, runs.turned())
        self._loading = not watch.loading.done
        self._total = len(watch.connections)
        if moves:
            self.forget(lambda key: isinstance(key, NoteKey) or self.board.entry(key) is None)
            self._order.take({key: self.board.entry(key) for key in changed})
            self._select(changed, at_once=False)
        elif tick:
            self.touch(None)
        elif changed:
            self.touch(changed)
        shown = [key for key in self.in_view if not isinstance(key, NoteKey)]
        # One that is gone stands there until the operator's hands rest.
        views = [view for key in shown if (view := watch.connections.get(key)) is not None]
        unread = [view.connection.connection_id for view in views if not view.read]
        if unread and tick:
            watch.look_at(unread)
        self.say(self._told(watch.error))

    def follow(self, followed: frozenset[ConnectionId]) -> None:
        """Show which of them are followed."""
        if followed != self.followed:
            self.followed = followed
            self._select(set(self.order), at_once=False)

    @property
    def view(self) -> SavedView:
        """What is shown now, to be saved."""
        return SavedView(Pane.CONNECTIONS, self.words, self.problems, self.sort.value)

    def take_view(self, view: SavedView) -> None:
        """Show a saved view."""
        self.words, self.problems, self.chip = view.words, view.problems, view.name
        self._arrange(next((sort for sort in _SORTS if sort.value == view.order), Sort.STATE))

    def filter(self, words: str) -> None:
        """Show what passes this filter."""
        self.words, self.chip = words, NO_NAME
        self._filter((), at_once=True)

    def toggle_problems(self) -> None:
        """Show problems only, or all again."""
        self.chip = NO_NAME
        self.problems = not self.problems
        self._select((), at_once=True)

    def next_sort(self) -> None:
        """Take the next order."""
        self._arrange(_SORTS[(_SORTS.index(self.sort) + 1) % len(_SORTS)])

    def sort_by(self, column: str) -> None:
        """Take the order that a column stands for, or the next one."""
        if column not in _SORTS_BY:
            self.next_sort()
            return
        self._arrange(_SORTS_BY[column])

    @property
    def sort(self) -> Sort:
        """The order they stand in."""
        return self._order.sort

    def _arrange(self, sort: Sort) -> None:
        self._order = Order(sort, self.board.entries)
        self._select((), at_once=True)

    def _select(self, changed: Collection[Key], *, at_once: bool) -> None:
        """Look again at what passes of the order there is."""
        entries = self._order.entries
        self._narrowing = Narrowing(entries, problems=self.problems, followed=self.followed)
        self._filter(changed, at_once=at_once)

    def _filter(self, changed: Collection[Key], *, at_once: bool) -> None:
        """Show what passes: a key that is typed sorts nothing."""
        board = self.board
        shown = tuple([entry.connection_id for entry in self._narrowing.passing(self.words)])
        self._shown = len(shown)
        among: list[ConnectionView] = []
        if board.late:
            named = set(shown)
            among = [view for key, view in board.late.items() if key in named]
        wide = self.size.width >= _WIDE
        notes = connection_rows.notes(among, board.unread, wide=wide) if shown else ()
        blank = (NoteKey(SafeText("")),) if notes else ()
        self.show((*shown, *blank, *notes) if notes else shown, changed, at_once=at_once)

    def _row(self, key: Key, columns: Sequence[Column]) -> Row:
        if isinstance(key, NoteKey):
            return connection_rows.note_row(key)
        view, entry, run = self.board.view(key), self.board.entry(key), self.board.run(key)
        if view is None or entry is None:
            return Row((Cell("gone", Tone.QUIET),))
        waits = run is not None and run.verdict is None and run.phase is Phase.WAITING
        followed = key in self.followed
        return connection_rows.row(
            view, entry.look, self._now, columns, waits=waits, followed=followed
        )

    def look(self, key: Key) -> glyphs.Look:
        """Return a connection's glyph and word."""
        entry = None if isinstance(key, NoteKey) else self.board.entry(key)
        return glyphs.UNREAD if entry is None else entry.look

    def _key(self, id_: str) -> str:
        return keymap.key_at(self.app, id_)

    def _told(self, error: SafeText | None) -> tuple[Cell, ...]:
        if error is not None and not self._total:
            told = Cell("not read:", Tone.WARNING), Cell(error, Tone.WARNING)
            again = f"tried again by itself; {self._key('read_now')} tries now"
            return (*told, Cell(again, Tone.QUIET))
        if self._loading and not self._total:
            waited = waiting(self._now - self._since)
            return (Cell(f"reading connections …{waited}", Tone.QUIET),)
        if not self._total:
            return (Cell("no connections here yet", Tone.QUIET),)
        shows = self._key("back" if self.words else "problems")
        if self.words:
            return (Cell("none has these words"), Cell(f"{shows} shows all", Tone.QUIET))
        return (Cell("no problems", Tone.SUCCEEDED), Cell(f"{shows} shows all", Tone.QUIET))
