"""A launch: what an operator starts at once, and how far it is.

Here are the words (an :class:`Order` and what a check says of its targets) and the fold that makes
a :class:`LaunchState` of events. Sending is :mod:`~workflow.runs.fleet`'s business, a finished
launch's report :mod:`~workflow.runs.report`'s.
"""

from __future__ import annotations

import heapq
import statistics
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Final, Literal

from workflow.arazzo.program import Program
from workflow.arazzo.turns import Json
from workflow.runs.events import (
    Event,
    LaunchFinished,
    LaunchHeld,
    LaunchId,
    LaunchStarted,
    RunTaken,
    Verdict,
)
from workflow.runs.run import Phase, RunState
from workflow.runs.trigger import LOOK, OnConflict
from workflow.text import SafeText, safe

__all__ = [
    "LaunchState",
    "OnConflict",
    "Order",
    "OrderRefused",
    "Target",
    "TargetCheck",
    "about_left",
    "begin",
    "fold",
    "restore",
    "with_run",
]

DESTRUCTIVE: Final = frozenset({"reset", "clear"})
"""Job types that wipe the destination's data."""

_NOTHING: Final = SafeText("")


class OrderRefused(Exception):  # noqa: N818 - what happened to the order
    """Nothing was launched. One sentence: why, and what to do."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text: SafeText = safe(text)


@dataclass(frozen=True, slots=True)
class Target:
    """A connection a launch is for."""

    connection_id: str
    name: SafeText


@dataclass(frozen=True, slots=True)
class Order:
    """What to start, and how."""

    targets: tuple[Target, ...] = ()
    """Empty only for a workflow of one's own, which then runs once."""
    job_type: str = "sync"
    program: Program | None = None
    """What each run executes; None: the shipped trigger-and-poll."""
    inputs: Mapping[str, Json] = field(default_factory=dict)
    """Inputs beside ``connectionId`` and ``jobType``."""
    max_parallel: int = 5
    """Runs under way at once, attached ones included."""
    on_conflict: OnConflict = OnConflict.ATTACH
    over_running: bool = False
    """A reset or clear may be sent although it cancels a running sync."""
    deadline: timedelta | None = None
    """Stop waiting that long after a run has got its slot; the job goes on."""
    cancel_on_deadline: bool = False
    look: timedelta = LOOK
    """How long the effect of a POST without a clean answer is looked for."""
    one_first: bool = False
    """One run alone; the rest when it has succeeded."""
    hold_after: int | None = None
    """Start no more after so many failures in a row."""
    allow_retrigger: bool = False
    """The document may trigger again in a run that has a job already."""
    name: str = ""


Will = Literal["send", "attach", "wait", "skip", "fail", "blocked"]


@dataclass(frozen=True, slots=True)
class TargetCheck:
    """What would happen to a target if the order were launched now. Nothing was sent for it."""

    target: Target
    will: Will
    """``blocked``: it cannot be told, or something has to be chosen first; `why` says what."""
    why: SafeText = _NOTHING
    job_id: int | None = None
    """The job that is on its way, or the last one."""
    last: SafeText = _NOTHING
    """For people: ``failed 12m ago``, ``running 4m``."""
    status: SafeText | None = None
    """That job's status in the server's word."""


@dataclass(frozen=True, slots=True)
class LaunchState:
    """How far a launch is. Counts are of runs; every target has one from the beginning."""

    launch: LaunchId
    name: SafeText
    job_type: SafeText | None
    started: datetime
    targets: int
    max_parallel: int
    on_conflict: str = "attach"
    one_first: bool = False
    hold_after: int | None = None
    held: bool = False
    held_why: SafeText = _NOTHING
    waiting: int = 0
    """Nothing of theirs has been sent, and nothing is watched."""
    live: int = 0
    detached: int = 0
    ended: int = 0
    verdicts: Mapping[Verdict, int] = field(default_factory=dict)
    proved: bool = False
    """A run has succeeded that did not only watch a job which was there."""
    failures_in_a_row: int = 0
    """Of the runs in the order they ended; a success begins anew."""
    rows: int = 0
    """Of all runs whose rows are known."""
    rows_unknown: int = 0
    """Ended runs with a job (or perhaps one) whose rows nobody knows."""
    finished: datetime | None = None
    seq: int = 0
    """Of the latest event of the launch's own."""
    number: int = 1
    """Counted from 1 in this process; it stays when others are forgotten."""

    @property
    def awaits_first(self) -> bool:
        """Whether the waiting runs wait for the first one's success, not for a slot."""
        return self.one_first and not self.proved and self.waiting > 0


_BAD: Final = frozenset({Verdict.FAILED, Verdict.REJECTED, Verdict.UNRESOLVED})


def begin(event: Event) -> LaunchState:
    """Return the state after ``launch.started``.

    Raises:
        ValueError: it is another event.
    """
    fact = event.fact
    if not isinstance(fact, LaunchStarted) or event.launch is None:
        raise ValueError(f"a launch begins with launch.started, not with {fact.kind}")
    return LaunchState(
        launch=event.launch,
        name=safe(fact.name),
        job_type=safe(fact.job_type) if fact.job_type else None,
        started=event.time,
        targets=fact.targets,
        max_parallel=fact.max_parallel,
        on_conflict=fact.on_conflict,
        one_first=fact.one_first,
        hold_after=fact.hold_after,
        seq=event.seq,
    )


def restore(launch: LaunchId, started: datetime, job_type: SafeText | None) -> LaunchState:
    """Return a launch of which only its runs are known, as after a restart, before any of them."""
    return LaunchState(
        launch=launch,
        name=_NOTHING,
        job_type=job_type,
        started=started,
        targets=0,
        max_parallel=1,
    )


def fold(
    state: LaunchState, event: Event, before: RunState | None, after: RunState | None
) -> LaunchState:
    """Return `state` with one more event taken in.

    For an event of one of its runs, `before` and `after` are that run's states around it (`before`
    is None for its creation); for an event of the launch's own both are None.
    """
    if after is not None:
        state = with_run(state, before, after)
        # One that had been let go is looked after again, and so is its launch.
        return replace(state, finished=None) if isinstance(event.fact, RunTaken) else state
    match event.fact:
        case LaunchHeld(held=held, why=why):
            state = replace(state, held=held, held_why=safe(why), seq=event.seq)
            if held:
                return state
            # Whoever lets it go on has seen the failures and the first run: all begins anew.
            return replace(state, failures_in_a_row=0, one_first=False)
        case LaunchFinished():
            return replace(state, finished=event.time, held=False, seq=event.seq)
    return replace(state, seq=event.seq)


def with_run(state: LaunchState, before: RunState | None, after: RunState) -> LaunchState:
    """Return `state` with a run of its own being `after` what was `before`, None when unknown."""
    if before is not None and _counted_by(before) == _counted_by(after):
        return state
    old, new = _share(before), _share(after)
    verdicts, failures, proved = state.verdicts, state.failures_in_a_row, state.proved
    if after.verdict is not None and (before is None or before.verdict is None):
        verdicts = {**verdicts, after.verdict: verdicts.get(after.verdict, 0) + 1}
        if after.verdict is Verdict.SUCCEEDED:
            failures, proved = 0, proved or not after.attached
        elif after.verdict in _BAD:
            failures += 1
    waiting, live, detached, ended, rows, unknown = (n - o for n, o in zip(new, old, strict=True))
    return replace(
        state,
        waiting=state.waiting + waiting,
        live=state.live + live,
        detached=state.detached + detached,
        ended=state.ended + ended,
        rows=state.rows + rows,
        rows_unknown=state.rows_unknown + unknown,
        verdicts=verdicts,
        proved=proved,
        failures_in_a_row=failures,
    )


_Share = tuple[int, int, int, int, int, int]

_counted_by: Final = attrgetter("verdict", "phase", "job_id", "rows")
"""All of a run that its share depends on. Most events change none of it."""


def _share(run: RunState | None) -> _Share:
    """What a run adds to its launch: waiting, live, detached, ended, rows, rows unknown."""
    if run is None:
        return (0, 0, 0, 0, 0, 0)
    ended = run.verdict is not None
    detached = not ended and run.phase is Phase.DETACHED
    waiting = not ended and run.phase is Phase.WAITING
    live = not (ended or detached or waiting)
    perhaps_a_job = run.job_id is not None or run.verdict is Verdict.UNRESOLVED
    unknown = ended and run.rows is None and perhaps_a_job
    return (int(waiting), int(live), int(detached), int(ended), run.rows or 0, int(unknown))


def about_left(
    runs: Iterable[RunState],
    usual: Callable[[str], timedelta | None],
    max_parallel: int,
    now: datetime,
) -> timedelta | None:
    """Estimate how long a launch still takes, by its connections' usual durations.

    `usual` gives a connection's median duration, None for one that has no history; for those the
    median of the others is taken. None when nothing is known at all.
    """
    live: list[tuple[timedelta | None, timedelta]] = []
    waiting: list[timedelta | None] = []
    for run in runs:
        lasts = usual(run.connection_id) if run.connection_id else None
        if run.phase is Phase.WAITING:
            waiting.append(lasts)
        elif run.live:
            live.append((lasts, now - (run.job_started or run.begun or now)))
    known = [lasts for lasts in (*(one for one, _ in live), *waiting) if lasts is not None]
    if not known:
        return None
    middle = timedelta(seconds=statistics.median(one.total_seconds() for one in known))
    zero = timedelta(0)
    busy = [max(zero, (lasts or middle) - elapsed) for lasts, elapsed in live]
    slots = busy + [zero] * max(0, max_parallel - len(busy))
    heapq.heapify(slots)
    for lasts in waiting:
        heapq.heapreplace(slots, slots[0] + (lasts or middle))
    return max(slots)
