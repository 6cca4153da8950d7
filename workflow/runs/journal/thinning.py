"""Which events a journal writes at once, and which wait: a reading is not worth a write each.

A reading is about 200 bytes; a thousand runs read every 15 s would be more than a gigabyte a day.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from workflow.runs.events import (
    Event,
    ReadingTaken,
    RunDetached,
    RunFinished,
    RunId,
    StatusChanged,
)

THIN: Final = 60.0
"""Seconds between two plain readings of a run that are written down."""


@dataclass(slots=True)
class Thinning:
    """Plain readings that wait: one a minute is written, and the last."""

    _written: dict[RunId, datetime] = field(default_factory=dict)
    _waiting: dict[RunId, Event] = field(default_factory=dict)

    def pass_on(self, events: Iterable[Event]) -> list[Event]:
        """Return what is to be written now, in order; keep the rest back."""
        out: list[Event] = []
        for event in events:
            run = event.run
            if run is None:
                out.append(event)
            elif isinstance(event.fact, ReadingTaken):
                last = self._written.get(run)
                if last is None or (event.time - last).total_seconds() >= THIN:
                    self._waiting.pop(run, None)
                    self._written[run] = event.time
                    out.append(event)
                else:
                    self._waiting[run] = event
            else:
                # What a status changed to, and how a run ended, needs the reading that said so.
                if isinstance(event.fact, StatusChanged | RunFinished | RunDetached):
                    out.extend(self.last_of(run))
                if isinstance(event.fact, RunFinished | RunDetached):
                    self._written.pop(run, None)
                out.append(event)
        return out

    def last_of(self, run: RunId) -> list[Event]:
        """Give out the reading of `run` that waits, if one does."""
        event = self._waiting.pop(run, None)
        return [] if event is None else [event]

    def rest(self) -> list[Event]:
        """Give out everything that waits."""
        out = list(self._waiting.values())
        self._waiting.clear()
        return out
