"""What the deck's keys are for: what cursor and marks of the focused pane stand for.

A key acts on what can be seen: in the events pane on the run the event is of, never on the row
that the cursor of another pane happens to be on.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from textual.screen import Screen

from tui import rows
from tui.connection_rows import NoteKey
from tui.deck_plan import Pane
from tui.screens.deck_frame import Panes
from tui.screens.late import connection_screen, report_screen, run_screen
from workflow.text import SafeText

if TYPE_CHECKING:
    from tui.event_lines import Entry
    from tui.screens.subjects import Subject
    from tui.session import Session
    from workflow.runs.events import RunId

Opens = Callable[[], Screen[None]]
"""Makes the screen about something."""


class Choice:
    """What is chosen in each pane."""

    def __init__(self, panes: Panes) -> None:
        self._panes = panes

    def subjects(self, pane: Pane) -> tuple[Subject, ...]:
        """Return what an action is for: the pane's marked rows, or what the cursor is on."""
        match pane:
            case Pane.CONNECTIONS:
                chosen = self._panes.connections.chosen
                return tuple(key for key in chosen if not isinstance(key, NoteKey))
            case Pane.EVENTS:
                event = self.event
                return () if event is None or event.run is None else (rows.RunKey(event.run),)
        return tuple(key for key in self._panes.runs.chosen if not isinstance(key, rows.LineKey))

    @property
    def event(self) -> Entry | None:
        """What happened, where the cursor of the events pane is."""
        events = self._panes.events
        return None if events.cursor is None else events.entry(events.cursor)

    @property
    def line(self) -> rows.LineKey | None:
        """The line of many that the cursor of the runs pane is on."""
        cursor = self._panes.runs.cursor
        return cursor if isinstance(cursor, rows.LineKey) else None

    def opens(self, pane: Pane, session: Session) -> Opens | None:
        """Return what makes the screen about what the cursor is on; None where there is none."""
        match pane:
            case Pane.CONNECTIONS:
                key = self._panes.connections.cursor
                if key is None or isinstance(key, NoteKey):
                    return None
                return partial(connection_screen, session, key)
            case Pane.EVENTS:
                return self._opens_event(session)
        match self._panes.runs.cursor:
            case rows.RunKey(run=run):
                return partial(run_screen, session, run, self._order)
            case rows.JobKey(job=job) if (found := self._panes.runs.board.job(job)) is not None:
                return partial(connection_screen, session, found.job.connection_id)
        return None

    def _opens_event(self, session: Session) -> Opens | None:
        event = self.event
        if event is None:
            return None
        if event.run is not None:
            return partial(run_screen, session, event.run, self._order)
        return None if event.launch is None else partial(report_screen, session, event.launch)

    def seek(self, pane: Pane, by: int) -> None:
        """Go to the next of what the pane's filter found, or to the one before."""
        match pane:
            case Pane.CONNECTIONS:
                self._panes.connections.seek(lambda key: not isinstance(key, NoteKey), by)
            case Pane.EVENTS:
                self._panes.events.seek(lambda line: line.part == 0, by)
            case Pane.RUNS:
                self._panes.runs.seek(lambda key: not isinstance(key, rows.LineKey), by)

    def copied(self) -> tuple[SafeText, ...]:
        """Return the event under the cursor as the line that is copied."""
        event = self.event
        return () if event is None else (event.line,)

    @property
    def _order(self) -> tuple[RunId, ...]:
        """The runs in the order of their rows, for the next and the one before."""
        order = self._panes.runs.order
        return tuple(key.run for key in order if isinstance(key, rows.RunKey))
