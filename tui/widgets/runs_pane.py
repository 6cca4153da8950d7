"""The runs pane: every live or just-failed job of the server, and every run of ours.

Keeps how the operator wants the rows (filter, problems only, order, folds); which rows that makes
is :mod:`tui.rows`' business, what they say :mod:`tui.run_cells`'.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from tui import keymap, rows, run_cells
from tui.board import RunBoard, job_name
from tui.deck_plan import Pane
from tui.filtering import tag_lines
from tui.glyphs import Sign, Tone
from tui.rows import Fold, JobKey, Key, LineKey, Opened, RunKey, View
from tui.saved_views import NO_NAME, SavedView
from tui.widgets.columns import Column
from tui.widgets.line_painter import Cell, Row
from tui.widgets.live_table import LiveTable
from workflow.airbyte.models import ConnectionId
from workflow.clock import Clock
from workflow.runs.events import RunId
from workflow.runs.run import RunState
from workflow.text import SafeText

if TYPE_CHECKING:
    from workflow.airbyte.readings import Reading
    from workflow.runs.watch import Watch

LOW: Final = 24
"""Fewer lines than that: what ended shares one line, and nothing is half open."""
_SORTS: Final = tuple(rows.Sort)
_SORTS_BY: Final = {
    "name": rows.Sort.NAME,
    "status": rows.Sort.PROBLEMS,
    "time": rows.Sort.NEWEST,
}


class RunsPane(LiveTable[Key]):
    """The table of runs and jobs."""

    def __init__(self, clock: Clock, *, id: str) -> None:  # noqa: A002 - Textual's name
        super().__init__(
            self._row,
            run_cells.COLUMNS,
            monotonic=clock.monotonic,
            markable=lambda key: not isinstance(key, LineKey),
            id=id,
        )
        self.board: Final = RunBoard()
        self._clock = clock
        self._watch: Watch | None = None
        self._view = View(opened={Fold.SUCCEEDED: Opened.PEEK})
        self._arranged = rows.Arrangement((), {}, 0)
        self._now = clock.now()
        self.chip = NO_NAME
        """The name of the saved view that is shown."""

    @property
    def words(self) -> str:
        """The filter."""
        return self._view.words

    @property
    def problems(self) -> bool:
        """Whether only problems are shown."""
        return self._view.problems

    @property
    def title(self) -> SafeText:
        """What the pane's rule says of it, beside its name."""
        parts = [f"{self._arranged.shown:,}"]
        if self.marks:
            parts.append(f"{len(self.marks)} marked")
        if self.chip:
            parts.append(self.chip)
        elif self._view.words:
            parts.append(f"/{self._view.words}")
        if self._view.problems and not self.chip:
            parts.append("problems only")
        narrowed = self._view.words or self._view.problems
        if self._view.sort is not rows.Sort.PROBLEMS or not narrowed:  # the usual order goes first
            parts.append(f"{self._view.sort.value} ▾")
        return SafeText(" · ".join(parts))

    def take(
        self,
        runs: Mapping[RunId, RunState],
        watch: Watch,
        suspected: Collection[RunId] = (),
        *,
        tick: bool,
    ) -> None:
        """Take in how things are; `tick` when a second has passed, so that times move.

        `suspected` are the runs of which nobody has said yet what their triggers did.
        """
        self._watch = watch
        self._now = self._clock.now()
        changed, moves = self.board.update(runs, watch.foreign, watch.connections, suspected)
        hold_key = keymap.key_at(self.app, "hold")
        if hold_key != self._view.hold_key:
            self._view = replace(self._view, hold_key=hold_key)
        low = self.size.height < LOW
        if low != self._view.low:
            opened = {**self._view.opened}
            if opened.get(Fold.SUCCEEDED, Opened.CLOSED) is not Opened.FULL:
                opened[Fold.SUCCEEDED] = Opened.CLOSED if low else Opened.PEEK
            self._view = replace(self._view, low=low, opened=opened)
            moves = True
        if moves:
            self.forget(lambda key: not self.board.has(key))
            self._arrange(changed, at_once=False)
        elif tick:
            self.touch(None)
        elif changed:
            self.touch(changed)

    @property
    def view(self) -> SavedView:
        """What is shown now, to be saved."""
        return SavedView(Pane.RUNS, self.words, self.problems, self._view.sort.value)

    def take_view(self, view: SavedView) -> None:
        """Show a saved view."""
        sort = next((sort for sort in _SORTS if sort.value == view.order), rows.Sort.PROBLEMS)
        self.chip = view.name
        self._want(replace(self._view, words=view.words, problems=view.problems, sort=sort))

    def filter(self, words: str) -> None:
        """Show what passes this filter."""
        self.chip = NO_NAME
        self._want(replace(self._view, words=words, shut=frozenset()))

    def toggle_problems(self) -> None:
        """Show problems only, or everything again."""
        self.chip = NO_NAME
        self._want(replace(self._view, problems=not self._view.problems))

    def next_sort(self) -> None:
        """Take the next order."""
        place = _SORTS.index(self._view.sort)
        self._want(replace(self._view, sort=_SORTS[(place + 1) % len(_SORTS)]))

    def sort_by(self, column: str) -> None:
        """Take the order that a column stands for, or the next one."""
        sort = _SORTS_BY.get(column)
        if sort is None:
            self.next_sort()
        else:
            self._want(replace(self._view, sort=sort))

    def toggle(self, line: LineKey) -> None:
        """Fold or unfold what a line stands for."""
        self._want(self._view.toggled(line))

    def _want(self, view: View) -> None:
        self._view = view
        self._arrange(None, at_once=True)

    def _arrange(self, changed: set[Key] | None, *, at_once: bool) -> None:
        before = self._arranged.lines
        self._arranged = rows.arrange(self.board.items, self._view, self._tags)
        if changed is not None:
            changed |= {
                key for key, text in self._arranged.lines.items() if before.get(key) != text
            }
        self.show(self._arranged.order, changed, at_once=at_once)

    def _tags(self, connection_id: str | None) -> str:
        known = {} if self._watch is None else self._watch.connections
        view = known.get(ConnectionId(connection_id or ""))
        return "" if view is None else tag_lines(tag.name for tag in view.connection.tags)

    @staticmethod
    def _job_name(reading: Reading, watch: Watch) -> SafeText:
        """Name a job's connection; its id says that the name has still to be read."""
        name = job_name(reading, watch.connections)
        unread = reading.job.connection_id not in watch.connections and not watch.loading.done
        return SafeText(f"{Sign.UNREAD.value} {name}") if unread else name

    def _row(self, key: Key, columns: Sequence[Column]) -> Row:
        match key:
            case RunKey(run=run):
                state = self.board.run(run)
                if state is not None:
                    return run_cells.run_row(state, self._now, columns)
            case JobKey(job=job):
                reading = self.board.job(job)
                if reading is not None and self._watch is not None:
                    name = self._job_name(reading, self._watch)
                    return run_cells.job_row(reading, name, self._now, columns)
            case LineKey():
                text = self._arranged.lines.get(key, SafeText(""))
                return run_cells.line_row(text, more=key.more)
        # It went while the order it stands in still waits for the operator's hands to rest.
        return Row((Cell("gone", Tone.QUIET),))
