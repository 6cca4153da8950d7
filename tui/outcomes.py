"""What is worth interrupting for: ends, gathered, and how far things are for the title.

A launch is told of once, when it has ended; of its runs only the deck's rows tell. Runs of no
launch are told of one by one, up to three, and counted beyond that.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from tui.event_lines import Entry, entry
from tui.glyphs import of_verdict
from workflow.runs.events import Event, LaunchFinished, LaunchId, RunFinished, RunId, Verdict
from workflow.text import SafeText

if TYPE_CHECKING:
    from workflow.runs.launch import LaunchState
    from workflow.runs.run import RunState

ONE_BY_ONE: Final = 3
Severity = Literal["information", "warning", "error"]
_BAD: Final = {Verdict.FAILED, Verdict.REJECTED, Verdict.UNRESOLVED}
_IN_TITLE: Final = (Verdict.FAILED, Verdict.REJECTED, Verdict.UNRESOLVED, Verdict.EXPIRED)


@dataclass(frozen=True, slots=True)
class Told:
    """A notice."""

    text: SafeText
    severity: Severity = "information"
    launch: LaunchId | None = None
    """The launch that ended, if it is one."""


class Outcomes:
    """Gathers what ended between two flushes."""

    def __init__(self) -> None:
        self._ended: list[tuple[Verdict, Entry]] = []
        self._launches: list[Told] = []
        self._known: set[RunId] = set()

    def know(self, run: RunState) -> None:
        """Take note of a run that was there before anybody listened: its end is old."""
        if run.verdict is not None:
            self._known.add(run.run)

    def hear(self, event: Event, run: RunState | None) -> None:
        """Take in an event; `run` is its run's state after it."""
        told = None
        match event.fact:
            case LaunchFinished(verdicts=verdicts):
                told = entry(event, run)
                bad = any(verdicts.get(verdict) for verdict in _BAD)
                if told is not None:
                    severity: Severity = "warning" if bad else "information"
                    self._launches.append(Told(told.text, severity, event.launch))
            case RunFinished() if run is not None and run.launch is None:
                told = entry(event, run)
                if told is not None and run.verdict is not None and run.run not in self._known:
                    self._known.add(run.run)
                    self._ended.append((run.verdict, told))

    def gathered(self) -> tuple[Told, ...]:
        """Return what is to be told now, and forget it."""
        ended, launches = self._ended, self._launches
        if not ended and not launches:
            return ()
        self._ended, self._launches = [], []
        if len(ended) <= ONE_BY_ONE:
            told = [
                Told(
                    SafeText(f"{one.name or ''} {one.text}".strip()),
                    "warning" if verdict in _BAD else "information",
                )
                for verdict, one in ended
            ]
        else:
            counts = Counter(verdict for verdict, _ in ended)
            parts = [f"{of_verdict(verdict).text} {count}" for verdict, count in counts.items()]
            bad = any(verdict in _BAD for verdict in counts)
            text = SafeText(f"{len(ended)} runs ended: {', '.join(parts)}")
            told = [Told(text, "warning" if bad else "information")]
        return (*launches, *told)

    def title(self, profile: str, launches: Mapping[LaunchId, LaunchState]) -> str:
        """Return the terminal's title: profile, and how far the youngest launch is."""
        if not launches:
            return f"syncdeck {profile}"
        latest = tuple(launches.values())[-1]
        bad = Counter[str]()
        for verdict in _IN_TITLE:
            bad[of_verdict(verdict).glyph] += latest.verdicts.get(verdict, 0)
        failed = "".join(f" {glyph}{count}" for glyph, count in bad.items() if count)
        done = "ended" if latest.finished is not None else f"{latest.ended}/{latest.targets}"
        return f"syncdeck {profile}: {done}{failed}"
