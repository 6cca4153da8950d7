"""What happened, in a sentence that fits a line: the events pane.

One event is one entry, or none: what every poll repeats is not news. An entry is wrapped to the
pane's width when that is known. Which events there are is :mod:`workflow.runs.events`' business.
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from tui import glyphs
from tui.cancel_words import is_said_again, is_said_by_the_verdict
from tui.formats import clock, duration, exact, fit, many
from tui.glyphs import Tone
from workflow.runs.events import (
    CancelSettled,
    CancelWaits,
    CancelWished,
    Event,
    LaunchFinished,
    LaunchHeld,
    LaunchId,
    LaunchStarted,
    PollFailed,
    ReadingTaken,
    RunDetached,
    RunFinished,
    RunId,
    RunTaken,
    RunWaiting,
    StatusChanged,
    StepFinished,
    StepStarted,
    TriggerSettled,
    Verdict,
    Warned,
)
from workflow.runs.lasting import lasted
from workflow.runs.run import RunState
from workflow.text import SafeText, safe

_NO_NEWS: Final = frozenset({"pending", "succeeded", "failed", "cancelled"})
"""Said by the trigger before, or by the end after."""
_EVERY_POLL: Final = (ReadingTaken, StepStarted, StepFinished)
_OF_A_LAUNCH: Final = (LaunchStarted, LaunchHeld, LaunchFinished)
_NAME_CELLS: Final = 11
_WIDE: Final = 70
_WHOLE_NAME_CELLS: Final = 26
"""What a name has in a pane that is at least so wide."""
_TIME_CELLS: Final = 8


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened."""

    at: datetime
    name: SafeText | None
    """The connection; None for what concerns all."""
    text: SafeText
    tone: Tone | None = None
    problem: bool = False
    run: RunId | None = None
    """The run it is of; None for what concerns all."""
    launch: LaunchId | None = None
    """The launch whose start, hold or end it is."""

    @property
    def line(self) -> SafeText:
        """The entry on one line, with the connection's whole name."""
        name = "" if self.name is None else f"{self.name} "
        return SafeText(f"{clock(self.at)} {name}{self.text}")


def entry(event: Event, run: RunState | None) -> Entry | None:
    """Return what an event says to an operator; None when it is not news.

    `run` is the state of the event's run after it.
    """
    if isinstance(event.fact, _EVERY_POLL):
        return None  # before anything else: there are thousands of them to every piece of news
    said = _said(event, run)
    if said is None:
        return None
    if said.name is not None:
        return replace(said, run=event.run)
    return replace(said, launch=event.launch) if isinstance(event.fact, _OF_A_LAUNCH) else said


def _said(event: Event, run: RunState | None) -> Entry | None:
    name = None if run is None else run.name
    match event.fact:
        case RunFinished() as fact:
            return _finished(event.time, name, fact, run)
        case TriggerSettled() as fact:
            return Entry(event.time, name, safe(_settled(fact)))
        case StatusChanged(to_status=status) if status not in _NO_NEWS:
            look = glyphs.of_status(safe(status))
            return Entry(event.time, name, look.word, look.tone)
        case Warned(text=text):
            return Entry(event.time, name, safe(text), Tone.WARNING, problem=True)
        case CancelWished(job_id=job, by=by):
            if is_said_again(event.time, run):
                return None
            when = "" if job is not None else ", when it is known which job is its own"
            return Entry(event.time, name, safe(f"cancel asked for by {by}{when}"), Tone.WARNING)
        case CancelWaits(reason=reason, next=seconds):
            told = f"cancel waits, again in {seconds:.0f}s: {reason}"
            return Entry(event.time, name, safe(told), Tone.WARNING)
        case CancelSettled(how=how, text=text):
            if is_said_by_the_verdict(how, run):
                return None
            return Entry(event.time, name, safe(text), Tone.WARNING)
        case RunDetached(reason=reason):
            left = "" if run is None else f"; {what_is_left(run)}"
            return Entry(event.time, name, safe(f"detached ({reason}){left}"))
        case RunTaken():
            return Entry(event.time, name, safe("watched again"))
        case RunWaiting(reason="conflict", job_id=job):
            return Entry(event.time, name, safe(f"waits for job {job}"))
        case PollFailed(reason=reason, next=seconds):
            again = "" if seconds is None else f", again in {seconds:.0f}s"
            return Entry(event.time, None, safe(f"{reason}{again}"), Tone.WARNING, problem=True)
        case LaunchStarted(name=launch, targets=targets):
            told = f"launch {launch or event.launch} started: {many(targets, 'target')}"
            return Entry(event.time, None, safe(told))
        case LaunchHeld(held=held, why=why):
            told = f"launch held: {why}" if held else "launch goes on"
            return Entry(event.time, None, safe(told), Tone.WARNING if held else None)
        case LaunchFinished() as fact:
            return Entry(event.time, None, safe(_launch_finished(fact)))
    return None


def what_is_left(run: RunState) -> SafeText:
    """Return what goes on at the server when nobody here watches a run any more."""
    if run.origin is None and run.sent is not None:
        return SafeText("what became of its trigger is not known yet")
    if run.job_id is None:
        return SafeText("nothing was triggered for it")
    return SafeText("its job goes on")


def wrapped(item: Entry, width: int) -> tuple[SafeText, ...]:
    """Return an entry's lines for a pane so many cells wide, without the time."""
    room = max(8, width - _TIME_CELLS - 2)
    cells = _WHOLE_NAME_CELLS if width >= _WIDE else _NAME_CELLS
    first, indent = str(item.text), " " * (cells + 1)
    if item.name is not None:
        # In a narrow column of events the source's name tells enough.
        name = item.name if width >= _WIDE else SafeText(item.name.split(" → ")[0])
        first = f"{fit(name, cells)} {item.text}"
    if len(first) <= room:
        return (SafeText(first.rstrip()),)  # as most do; there may be thousands
    lines = textwrap.wrap(
        first,
        room,
        subsequent_indent=indent if room > 2 * cells else "",
        drop_whitespace=True,
        max_lines=3,
        placeholder=" …",
    )
    return tuple(SafeText(line) for line in lines) or (SafeText(""),)


def _finished(
    at: datetime, name: SafeText | None, fact: RunFinished, run: RunState | None
) -> Entry:
    state = None if run is None else run.verdict
    look = glyphs.of_verdict(state or Verdict.UNRESOLVED)
    if run is None or state is not Verdict.SUCCEEDED:
        why = f": {fact.why}" if fact.why else ""
        return Entry(at, name, safe(f"{look.word}{why}"), look.tone, problem=True)
    parts: list[str] = [look.word]
    if run.rows is not None:
        parts.append(f"{exact(run.rows)} rows")
    span = lasted(run, at)
    if span is not None:
        parts.append(duration(span))
    return Entry(at, name, safe(" ".join(parts)), look.tone)


def _settled(fact: TriggerSettled) -> str:
    match fact.how:
        case "started":
            return f"triggered, job {fact.job_id}"
        case "refused":
            return f"refused: {fact.text or 'the server gave no reason'}"
        case "unknown":
            return fact.text or "the POST's effect is unknown; not sent again"
    return f"{fact.how}, job {fact.job_id}"


def _launch_finished(fact: LaunchFinished) -> str:
    ended = ", ".join(f"{count} {verdict}" for verdict, count in fact.verdicts.items())
    unknown = f", {fact.rows_unknown} unknown" if fact.rows_unknown else ""
    left = f"{fact.detached} let go" if fact.detached else ""
    ended = ", ".join(part for part in (ended, left) if part)
    return f"launch ended: {ended}; {exact(fact.rows)} rows{unknown}; {duration(fact.seconds)}"
