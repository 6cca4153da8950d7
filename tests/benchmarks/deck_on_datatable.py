"""The baseline: the same deck, whose runs pane is a DataTable of Textual's own.

Everything else is the deck's: its other panes, header, launch, detail, bars, and its flush. The
pane keeps the deck's own board and arrangement; its cells are the deck's, in the columns of that
width. What is left to the table is what a table is for: cells that change, rows that change
places, the cursor. Off the screen it is told of changes as well, since it cannot ask for a row.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from textual.widgets import DataTable

from tui import rows, run_cells
from tui.board import RunBoard
from tui.rows import Fold, Key, LineKey, Opened, RunKey, View
from tui.saved_views import NO_NAME
from tui.widgets.columns import Column, fitted
from tui.widgets.line_painter import Cell, Row
from workflow.clock import Clock
from workflow.runs.events import RunId
from workflow.runs.run import RunState
from workflow.text import SafeText


class TableRuns(DataTable[str]):
    """What the deck asks of its runs pane, as far as a run of it goes that nobody steers."""

    DEFAULT_CSS = "TableRuns { scrollbar-size-vertical: 1; }"
    words = ""
    problems = False
    chip = NO_NAME
    marks: frozenset[Key] = frozenset()

    def __init__(self, clock: Clock, *, id: str) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id, cursor_type="row", cell_padding=0)
        self.board: Final = RunBoard()
        self.order: tuple[Key, ...] = ()
        self._clock = clock
        self._view = View(opened={Fold.SUCCEEDED: Opened.PEEK})
        self._told: dict[Key, tuple[str, ...]] = {}
        self._fitted: tuple[Column, ...] = ()

    @property
    def title(self) -> SafeText:
        return SafeText(f"{len(self.order):,} · {self._view.sort.value} ▾")

    @property
    def cursor(self) -> Key | None:
        return self.order[self.cursor_row] if self.cursor_row < len(self.order) else None

    def say(self, message: Sequence[Cell]) -> None:
        """Nothing: this one has rows."""

    def dim(self, dimmed: bool) -> None:
        """Nothing: what it shows is fresh."""

    def take(
        self,
        runs: Mapping[RunId, RunState],
        watch: Any,
        suspected: Collection[RunId] = frozenset(),
        *,
        tick: bool,
    ) -> None:
        """Take in how things are, as the deck's own pane does."""
        changed, moves = self.board.update(runs, watch.foreign, watch.connections, suspected)
        if not self._fitted:
            if not self.size.width:
                return
            self._fitted = fitted(run_cells.COLUMNS, self.size.width - 1, gutter=0)
            for column in self._fitted:
                self.add_column(column.title, width=column.width + column.gap, key=column.key)
            moves = True
        self._update(self._told if tick else changed)
        if moves:
            self._arrange(rows.arrange(self.board.items, self._view).order)

    def _arrange(self, order: tuple[Key, ...]) -> None:
        for key in self._told.keys() - set(order):
            del self._told[key]
            self.remove_row(repr(key))
        for key in order:
            if key not in self._told:
                self._told[key] = cells = self._cells(key)
                self.add_row(*cells, key=repr(key))
        if order != self.order:
            self.order = order
            places = {self._told[key][0]: place for place, key in enumerate(order)}
            self.sort("name", key=places.__getitem__)

    def _update(self, changed: Collection[Key]) -> None:
        """Update each cell that has changed; never the widths."""
        for key in changed:
            old = self._told.get(key)
            if old is None:
                continue
            fresh = self._cells(key)
            for column, before, now in zip(self._fitted, old, fresh, strict=True):
                if before != now:
                    self.update_cell(repr(key), column.key, now, update_width=False)
            self._told[key] = fresh

    def _cells(self, key: Key) -> tuple[str, ...]:
        state = self.board.run(key.run) if isinstance(key, RunKey) else None
        if state is None:
            text = SafeText("") if not isinstance(key, LineKey) else SafeText(str(key))
            row = Row((Cell(text), *(Cell("") for _ in self._fitted[1:])))
        else:
            row = run_cells.run_row(state, self._clock.now(), self._fitted)
        return tuple(cell.text for cell in row.cells)
