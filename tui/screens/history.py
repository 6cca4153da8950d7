"""Every run in the journal, newest first, searchable; enter replays one from its events.

What a run was is read from the journal, thinned as it was written: the run screen shows a replay
by the same fold as a live run.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Final, TypeAlias

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.screen import Screen
from textual.widgets import Static

from tui import filtering, keymap
from tui.formats import age, duration, many
from tui.glyphs import TRIGGERING, WAITING, Look, Tone, of_status, of_verdict
from tui.screens.late import help_screen, run_screen
from tui.screens.leaving import leave
from tui.session import Session
from tui.widgets.columns import Column
from tui.widgets.key_line import KeyLine
from tui.widgets.line_painter import Cell, Row
from tui.widgets.lines import hint_line, titled_rule
from tui.widgets.live_table import LiveTable
from tui.widgets.place_line import place_line
from workflow.runs.events import RunId, Verdict
from workflow.runs.journal.rows import RunRow
from workflow.text import SafeText, safe

MOST: Final = 10_000
_HINTS: Final = ("open", "filter", "problems", "copy", "read_now", "back", "help")
_NAME: Final = Column("name", "CONNECTION", 22, grows=True)
_STATUS: Final = Column("status", "VERDICT", 13)
_WHEN: Final = Column("when", "CREATED", 16)
_TOOK: Final = Column("took", "TIME", 6, right=True)
COLUMNS: Final = (
    (_NAME, _STATUS),
    (_NAME, _STATUS, _WHEN, _TOOK),
    (
        _NAME,
        Column("type", "TYPE", 7),
        _STATUS,
        _WHEN,
        _TOOK,
        Column("job", "JOB", 9, right=True),
        Column("why", "WHY", 28),
    ),
    (
        _NAME,
        Column("type", "TYPE", 7),
        _STATUS,
        _WHEN,
        _TOOK,
        Column("job", "JOB", 9, right=True),
        Column("why", "WHY", 60),
        Column("run", "RUN", 13),
    ),
)


def look_of(row: RunRow) -> Look:
    """Return what a row of the journal looks like."""
    if row.verdict in set(Verdict):
        return of_verdict(Verdict(row.verdict))
    if row.status is not None:
        return of_status(safe(row.status))
    return TRIGGERING if row.unsettled else WAITING


def searched(row: RunRow) -> str:
    """Return the text in lower case that a search looks into."""
    parts = (row.name, row.connection_id, row.run, row.launch, row.job_type, row.verdict, row.why)
    return " ".join([*(part for part in parts if part), str(row.job_id or "")]).lower()


def fields_of(row: RunRow) -> str:
    """Return what it has by :mod:`tui.filtering`; the journal knows no tags."""
    status = (row.status, row.verdict, look_of(row).word)
    return filtering.fields(row.name or "", status=status, job_type=row.job_type)


_Stand: TypeAlias = tuple[frozenset[RunId], frozenset[RunId]]


def _stand(session: Session) -> _Stand:
    """Return the runs of this process, and those that have ended.

    Not their numbers: where runs are forgotten too, those may be the same with other runs.
    """
    runs = session.fleet.runs
    return frozenset(runs), frozenset(run for run, at in runs.items() if at.verdict is not None)


class HistoryScreen(Screen[None]):
    """The list."""

    AUTO_FOCUS: ClassVar[str | None] = "#rows"
    BINDINGS: ClassVar[list[BindingType]] = keymap.bindings(
        ("open", "back", "quit", "last_view", "filter", "problems", "copy", "help", "read_now")
    )
    DEFAULT_CSS = """
    HistoryScreen {
        layout: vertical;
        .line { height: 1; text-wrap: nowrap; text-overflow: clip; }
        #rows { height: 1fr; }
    }
    """

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._rows: dict[RunId, RunRow] = {}
        self._texts: dict[RunId, tuple[str, str]] = {}
        self._words = ""
        self._problems = False
        self._found: tuple[str, bool, list[RunId]] | None = None
        self._read = False
        self._seen: _Stand = (frozenset(), frozenset())
        """Which runs of this process there were, and had ended, when the journal was read."""

    def compose(self) -> ComposeResult:
        """Where this is, the rows, the keys or the search."""
        yield Static(id="where", classes="line")
        yield Static(id="title", classes="line")
        yield LiveTable[RunId](
            self._row, COLUMNS, monotonic=self._session.clock.monotonic, id="rows"
        )
        yield KeyLine()

    @property
    def _table(self) -> LiveTable[RunId]:
        return self.query_one("#rows", LiveTable)

    def on_mount(self) -> None:
        """Read the journal."""
        self._table.say((Cell("reading the journal …", Tone.QUIET),))
        self.watch(self.query_one(KeyLine), "words", self._search, init=False)
        self.action_read_now()

    def on_resize(self) -> None:
        """Use the width there is."""
        self._draw()

    def refresh_from(self, session: Session) -> None:
        """Draw the ages anew; read again when runs of this process began or ended meanwhile."""
        if self._read and self._seen != _stand(session):
            self.action_read_now()
        self._draw()

    def action_read_now(self) -> None:
        """Read the journal again."""
        self.run_worker(self._load(), group="read", exclusive=True, exit_on_error=False)

    async def _load(self) -> None:
        self._seen = _stand(self._session)  # of before: what comes meanwhile is read for as well
        found = await self._session.journal.runs(MOST, self._session.profile_name)
        self._rows = {row.run: row for row in found}
        self._texts = {row.run: (searched(row), fields_of(row)) for row in found}
        self._read, self._found = True, None
        self._table.redraw()
        self._draw()

    def _shown(self) -> list[RunId]:
        """Return what passes; looked for again only when something else is asked for."""
        asked = (self._words, self._problems)
        if self._found is None or self._found[:2] != asked:
            self._found = (*asked, self._passing())
        return self._found[2]

    def _passing(self) -> list[RunId]:
        wanted = filtering.read(self._words)
        bad = {"failed", "rejected", "unresolved", "expired"}
        return [
            run
            for run, text in self._texts.items()
            if wanted.passes(*text) and (not self._problems or self._rows[run].verdict in bad)
        ]

    def _draw(self) -> None:
        if not self.is_attached or not self.size.width:
            return
        width = self.size.width
        shown = self._shown()
        where = place_line(self._session, SafeText("history"), width)
        self.query_one("#where", Static).update(where, layout=False)
        told = f"4 History {many(len(self._rows), 'run')}"
        if self._words or self._problems:
            chips = ["problems"] * self._problems + [f"/{self._words}"] * bool(self._words)
            told = f"{told} · {len(shown):,} shown · {' '.join(chips)}"
        self.query_one("#title", Static).update(titled_rule(told, width), layout=False)
        self._table.show(shown, at_once=True)
        if self._read:
            back, launch = (keymap.key_at(self.app, id_) for id_ in ("back", "launch"))
            none = f"no run yet: {launch} on the deck launches"
            if self._rows:
                none = f"no run fits: {back} drops the search"
            self._table.say((Cell(none, Tone.QUIET),))
        self.query_one(KeyLine).show(hint_line(keymap.hints_at(self.app, _HINTS), width))

    def _row(self, key: RunId, columns: Sequence[Column]) -> Row:
        row = self._rows.get(key)
        if row is None:  # the journal has dropped it, and its line is about to go
            return Row((Cell("gone", Tone.QUIET),))
        look = look_of(row)
        now = self._session.clock.now()
        took, ago = row.lasted(now), age(now - row.created)
        cells = {
            "name": Cell(safe(row.name or row.connection_id or row.workflow_id or row.run)),
            "type": Cell(safe(row.job_type or ""), Tone.QUIET),
            "status": Cell(look.text, look.tone),
            "when": Cell(f"{row.created.astimezone():%d %b %H:%M} {ago:>3}", Tone.QUIET),
            "took": Cell("" if took is None else duration(took)),
            "job": Cell(str(row.job_id or "—"), None if row.job_id else Tone.QUIET),
            "why": Cell(safe(row.why or ""), Tone.QUIET),
            "run": Cell(safe(row.run), Tone.QUIET),
        }
        return Row(tuple(cells[column.key] for column in columns))

    # ----------------------------------------------------------------------------------- keys

    def on_live_table_opened(self) -> None:
        """Open the row that was clicked twice."""
        self.action_open()

    def action_open(self) -> None:
        """Replay the run under the cursor."""
        run = self._table.cursor
        if run is not None and not self.query_one(KeyLine).typing:
            self.app.push_screen(run_screen(self._session, run, self._table.order))

    def action_filter(self) -> None:
        """Search."""
        self.query_one(KeyLine).ask(self._words)

    def action_problems(self) -> None:
        """Show only what ended badly, or everything again."""
        self._problems = not self._problems
        self._draw()

    def _search(self, words: str) -> None:
        """Search with every keystroke."""
        self._words = words
        self._draw()

    def action_copy(self) -> None:
        """Copy the row under the cursor as a line."""
        run = self._table.cursor
        if run is not None:
            row = self._rows[run]
            parts = (row.name, row.job_id, row.verdict or row.status, row.why, row.run)
            self.app.copy_to_clipboard("  ".join(safe(str(part)) for part in parts if part))
            self.notify("copied 1 line", markup=False)

    def action_help(self) -> None:
        """All keys and glyphs."""
        self.app.push_screen(help_screen())

    def action_back(self) -> None:
        """Drop the search, else go back."""
        key_line = self.query_one(KeyLine)
        if key_line.typing:
            key_line.close(kept=False)
        elif self._words or self._problems:
            self._words, self._problems = "", False
            self._draw()
        else:
            leave(self)

    def action_leave(self) -> None:
        """Go back: only the deck quits."""
        leave(self)

    def action_last_view(self) -> None:
        """Go back."""
        leave(self)
