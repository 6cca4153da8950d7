"""Which events a journal writes at once, and which wait: what a poll says is not worth a write.

A reading is about 200 bytes, and a step that polls starts and finishes once for each: a thousand
runs read every 15 s would be several gigabytes a day. What only repeats waits, and the latest of it
is written once a minute, before whatever else happens to the run, with the run's next checkpoint,
and when the journal closes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, TypeAlias

from workflow.runs.events import (
    Event,
    Fact,
    ReadingTaken,
    RunDetached,
    RunFinished,
    RunId,
    StepFinished,
    StepStarted,
)

THIN: Final = 60.0
"""Seconds between two times that what repeats of a run is written down."""

_Outcome: TypeAlias = tuple[bool, int | None]


@dataclass(slots=True)
class _Repeats:
    """What one run does again and again."""

    step: str | None = None
    """The one that it is at."""
    outcome: _Outcome | None = None
    """How its visits end; None before the first has ended."""
    written: datetime | None = None
    """When a repetition was last written."""
    waiting: dict[type[Fact], Event] = field(default_factory=dict)
    """The latest of each kind, if it was not."""

    def is_plain(self, fact: Fact) -> bool:
        """Say whether a fact only repeats, and take in how far the run is."""
        match fact:
            case ReadingTaken():
                return True
            case StepStarted(step=step):
                again, self.step = step == self.step, step
                if not again:
                    self.outcome = None
                return again
            case StepFinished(step=step, succeeded=succeeded, http_status=status):
                outcome = (succeeded, status)
                again = step == self.step and outcome == self.outcome
                self.step, self.outcome = step, outcome
                return again
        return False

    def is_due(self, now: datetime) -> bool:
        """Say whether what repeats is to be written now."""
        return self.written is None or (now - self.written).total_seconds() >= THIN

    def rest(self) -> list[Event]:
        """Give out what waits, in the order in which it happened."""
        rest = sorted(self.waiting.values(), key=lambda event: event.seq)
        self.waiting.clear()
        return rest


@dataclass(slots=True)
class Thinning:
    """Readings, and visits of a step that end as the one before: one a minute, and the last."""

    _runs: dict[RunId, _Repeats] = field(default_factory=dict)

    def pass_on(self, events: Iterable[Event], saved: Collection[RunId] = ()) -> list[Event]:
        """Return what is to be written now, in order; keep the rest back.

        Of the runs in `saved` a checkpoint is written as well, and all that led to it with it.
        """
        out = [event for run in saved if run in self._runs for event in self._runs[run].rest()]
        for event in events:
            run = event.run
            if run is None:
                out.append(event)
                continue
            repeats = self._runs.setdefault(run, _Repeats())
            if repeats.is_plain(event.fact):
                repeats.waiting[type(event.fact)] = event
                if run in saved or repeats.is_due(event.time):
                    repeats.written = event.time
                    out.extend(repeats.rest())
                continue
            # What a status changed to, or where a run went, needs what it came from.
            out.extend(repeats.rest())
            out.append(event)
            if isinstance(event.fact, RunFinished | RunDetached):
                del self._runs[run]
        return out

    def rest(self) -> list[Event]:
        """Give out everything that waits."""
        return [event for repeats in self._runs.values() for event in repeats.rest()]
