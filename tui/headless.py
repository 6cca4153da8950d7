"""The fleet without screens: JSON lines or plain lines, and an exit code.

A command begins something (a launch, an attach) and follows the runs that came of it to their
verdicts. What it begins is the command's business; here is the following: which events are shown,
when it is over, what being interrupted means.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import Final, Protocol

from tui.commands.common import INTERRUPTED, tell
from tui.headless_detached import detached
from tui.headless_exit import exit_code
from tui.headless_lines import PlainLines, summary
from tui.headless_output import Output
from workflow.clock import Clock
from workflow.runs.events import Event, LaunchId, RunFinished, RunId, Warned
from workflow.runs.fleet import Fleet
from workflow.runs.run import Phase, RunState
from workflow.runs.wire import to_line
from workflow.text import SafeText, safe

_PATIENCE: Final = 2.0
"""Seconds that a reader gets for what is left, when whoever asked for it wants to end."""


class Face(Protocol):
    """How what happens is told."""

    def show(self, event: Event, fleet: Fleet) -> str | None:
        """Return the line for an event, None for none."""


class JsonFace:
    """One event a line, as :mod:`workflow.runs.wire` writes it, ASCII only."""

    def show(self, event: Event, fleet: Fleet) -> str | None:
        """Return the event's JSON."""
        del fleet
        return to_line(event)


class PlainFace:
    """A sentence for what people want to know."""

    def __init__(self) -> None:
        self._lines = PlainLines()

    def show(self, event: Event, fleet: Fleet) -> str | None:
        """Return the sentence for an event, if there is one."""
        state = fleet.runs.get(event.run) if event.run is not None else None
        launch = fleet.launches.get(event.launch) if event.launch is not None else None
        return self._lines.line(event, state, len(fleet.runs) if launch is None else launch.live)


class QuietFace:
    """Says only which runs did not end well, or cannot run, and what to look at in the others."""

    def __init__(self) -> None:
        self._lines = PlainLines()

    def show(self, event: Event, fleet: Fleet) -> str | None:
        """Return a line for a verdict or a warning that somebody has to know of."""
        state = fleet.runs.get(event.run) if event.run is not None else None
        if isinstance(event.fact, Warned):
            return self._lines.line(event, state, 1)
        if not isinstance(event.fact, RunFinished) or state is None:
            return None
        asleep = any(warning.kind == "inactive" for warning in state.warnings)
        return self._lines.line(event, state, 1) if asleep or exit_code([state.verdict]) else None


def face_for(*, as_json: bool, quiet: bool) -> Face:
    """Choose the face by a command's flags."""
    if as_json:
        return JsonFace()
    return QuietFace() if quiet else PlainFace()


@dataclass(frozen=True, slots=True)
class Begun:
    """What a command has begun: the runs and launches it is about."""

    runs: frozenset[RunId] = frozenset()
    launches: frozenset[LaunchId] = frozenset()


@dataclass(slots=True)
class Following:
    """Shows the events of what a command has begun, and knows when all of it has ended."""

    fleet: Fleet
    face: Face
    output: Output
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    _begun: Begun | None = None
    _early: list[Event] = field(default_factory=list)
    _open: set[RunId] = field(default_factory=set)
    _trouble: SafeText | None = None

    def hear(self, event: Event) -> None:
        """Take an event in; the fleet's listener."""
        self._tell_trouble()
        if self._begun is None:
            # Until it is known what was begun, nobody can say whose event this is.
            self._early.append(event)
        elif self._is_ours(event, self._begun):
            self._show(event)
            self._note(event)

    def begin(self, begun: Begun) -> None:
        """Say what was begun; what was heard so far is shown now."""
        self._begun = begun
        self._open = {state.run for state in self.runs() if not is_over(state)}
        for event in self._early:
            if self._is_ours(event, begun):
                self._show(event)
        self._early.clear()
        if not self._open:
            self.ended.set()

    def runs(self) -> list[RunState]:
        """Return the states of the runs that this command is about."""
        begun = self._begun or Begun()
        return [
            state
            for state in self.fleet.runs.values()
            if state.run in begun.runs or state.launch in begun.launches
        ]

    def _is_ours(self, event: Event, begun: Begun) -> bool:
        if event.run is None and event.launch is None:
            return True  # the feed's own, such as its rate
        return event.run in begun.runs or event.launch in begun.launches

    def _show(self, event: Event) -> None:
        line = self.face.show(event, self.fleet)
        if line is not None:
            self.output.put(line)

    def _tell_trouble(self) -> None:
        """Say that the journal cannot be written, and that it can again, once each."""
        before, self._trouble = self._trouble, self.fleet.trouble
        if self._trouble is not None and self._trouble != before:
            tell(safe(f"syncdeck: {self._trouble} Watching goes on."))
        elif before is not None and self._trouble is None:
            tell(safe("syncdeck: the journal is written again."))

    def _note(self, event: Event) -> None:
        if event.run is None:
            return
        state = self.fleet.runs.get(event.run)
        if state is not None and not is_over(state):
            self._open.add(event.run)
            return
        self._open.discard(event.run)
        if not self._open:
            self.ended.set()


def is_over(state: RunState) -> bool:
    """Whether nothing more happens to a run here unless somebody does something."""
    asked = state.phase is Phase.WAITING and state.waiting_for == "asked"
    return state.verdict is not None or state.phase is Phase.DETACHED or asked


async def follow(
    fleet: Fleet,
    clock: Clock,
    face: Face,
    begin: Callable[[], Awaitable[Begun]],
    *,
    finish: Callable[[], Awaitable[None]] | None = None,
    meanwhile: Callable[[], Awaitable[None]] | None = None,
) -> int:
    """Begin something, show what happens until all of it has ended, and return the exit code.

    The fleet is started here, when somebody listens; it must not run yet. `meanwhile` is awaited
    when events are shown already. `finish` is called once, when all runs have ended; not after an
    interruption. Being cancelled, or a stdout that nobody reads any more, is an
    interruption: whoever opened the fleet detaches the runs by closing it.
    """
    output = Output(sys.stdout)
    following = Following(fleet, face, output)
    started = clock.now()
    unsubscribe = fleet.subscribe(following.hear)
    try:
        await fleet.start()
        following.begin(await begin())
        _say([fleet.damage] if fleet.damage is not None else [])
        if meanwhile is not None:
            await meanwhile()
        if await _first(following.ended, output.closed) is output.closed:
            _say([*_trouble(output), *detached(following.runs())])
            return INTERRUPTED
        states = following.runs()
        if finish is not None:
            await finish()
        if isinstance(face, PlainFace) and len(states) > 1:
            output.put(summary(states, clock.now() - started))
        await output.finish()
        _say(_trouble(output))
    except asyncio.CancelledError:
        _say(detached(following.runs()))
        raise
    finally:
        unsubscribe()
        await output.finish(_PATIENCE)
    return exit_code(state.verdict for state in states if state.waiting_for != "asked")


async def _first(*events: asyncio.Event) -> asyncio.Event:
    """Wait until one of the events is set and return it; the first given, when several are."""
    waits = [asyncio.create_task(event.wait()) for event in events]
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for one in waits:
            one.cancel()
    return next(event for event in events if event.is_set())


def _trouble(output: Output) -> list[SafeText]:
    return [] if output.trouble is None else [output.trouble]


def _say(sentences: Iterable[SafeText]) -> None:
    for sentence in sentences:
        tell(sentence)
