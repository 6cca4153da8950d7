"""The deck, and who listens to its session for it.

All that knows of events comes in with this module, so the app imports it behind its first picture.
"""

from __future__ import annotations

from typing import Any, Final

from textual.app import App

from tui import event_lines
from tui.happenings import Happenings
from tui.screens.deck import DeckScreen
from tui.telling import Teller
from tui.widgets.header import Facts
from workflow.clock import Clock
from workflow.runs.events import Event
from workflow.runs.run import RunState


class Listener:
    """Takes in events: as entries of the deck, and as ends to be told."""

    def __init__(self, app: App[Any], clock: Clock, opening: Facts) -> None:
        self._happened = Happenings()
        self.teller: Final = Teller(app)
        self.deck: Final = DeckScreen(clock, self._happened, opening)

    def hear(self, event: Event, run: RunState | None) -> None:
        """Take in an event; `run` is its run's state after it."""
        entry = event_lines.entry(event, run)
        if entry is not None:
            self._happened.add(entry)
        self.teller.hear(event, run)
