"""Where a trigger stands between two moves, and how a move is put together.

A state is frozen and holds everything, so a search can branch from it. Most moves are either the
question of a new phase (:func:`enter`) or a series of commands that need no judgement in between
(:func:`series`).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import Enum, auto
from typing import TypeVar

from workflow.runs.journal.intents import Intent
from workflow.runs.trigger import JobSeen, NotStarted, TriggerOrder
from workflow.runs.trigger.moves import (
    AwaitGate,
    AwaitJob,
    Command,
    Finish,
    LeaveGate,
    Listed,
    ListJobs,
    Note,
    Pause,
    ReadConnection,
    Replied,
    TakeGate,
)
from workflow.text import SafeText, safe

ThingT = TypeVar("ThingT")


class Phase(Enum):
    """What was asked last."""

    SERIES = auto()
    """Something that only has to be done; `rest` and `resume` say what follows."""
    GATE = auto()
    BUSY = auto()
    """The gate is another run's; may there be a job to attach to?"""
    CONNECTION = auto()
    JOBS = auto()
    INTENT = auto()
    POST = auto()
    CLAIM = auto()
    """Of the job that the POST was answered with."""
    CONFLICT = auto()
    """The server says that something runs: what?"""
    LOOK = auto()
    ADOPT = auto()
    """Claim the only job that may be ours."""


BEFORE_POST = frozenset({Phase.GATE, Phase.BUSY, Phase.CONNECTION, Phase.JOBS})
SENDING_NOTHING = BEFORE_POST | {Phase.CONFLICT}
"""Where a trigger can be called off: no POST of its own may have acted."""


@dataclass(frozen=True, slots=True)
class State:
    """Everything the rules need to know. Frozen: a state may be advanced any number of times."""

    order: TriggerOrder
    phase: Phase = Phase.GATE
    by_type: bool = False
    """The server's lists have to be asked for by job type."""
    gated: bool = False
    """The gate is ours and its intent is not open yet."""
    rest: tuple[Command, ...] = ()
    resume: Phase | None = None
    checked: datetime | None = None
    """When the preflight's request for the connection left; None when there is no such check."""
    listed: Listed | None = None
    """The preflight's list."""
    intent: Intent | None = None
    tries: int = 0
    """How often the gate was found closed."""
    struggling: datetime | None = None
    """Since when the server could not be asked."""
    new_credentials: bool = False
    """A 401 was answered with another try already."""
    overloads: int = 0
    """How often a POST was answered with 429."""
    unsent: datetime | None = None
    """Since when POSTs could not even leave."""
    outdated: datetime | None = None
    """Since when preflights were too old by the time they were judged."""
    stale: int = 0
    """How often the intent took so long to be written that the preflight was too old."""
    reply: Replied | None = None
    why: SafeText = field(default=SafeText(""))
    """Why nobody knows what the POST did."""
    looking: datetime | None = None
    """Since when, by our clock."""
    seen: tuple[JobSeen, ...] = ()
    """The candidates of all looks so far."""
    younger: tuple[JobSeen, ...] = ()
    """All jobs of these looks that were not there at the preflight."""
    claimed: int | None = None
    """After a restart: the job that was taken for ours before it."""
    unwanted: bool = False
    """The run's job is to be cancelled, so no POST leaves any more."""

    @property
    def sent(self) -> Intent:
        """The intent; there is one from its opening on."""
        return _there(self.intent)

    @property
    def said(self) -> Replied:
        """What the POST was answered; there is something when its answer is worked on."""
        return _there(self.reply)

    @property
    def looked_since(self) -> datetime:
        """When the look began; it has in the look's phases."""
        return _there(self.looking)


def _there(value: ThingT | None) -> ThingT:
    if value is None:
        raise ValueError("a trigger's state lacks what its phase implies")
    return value


@dataclass(frozen=True, slots=True)
class Move:
    """What the machine wants now."""

    state: State
    command: Command
    notes: tuple[Note, ...] = ()


def enter(state: State, phase: Phase, now: datetime, *notes: Note) -> Move:
    """Ask a phase's question; before the POST, only while the deadline has not passed."""
    if phase in SENDING_NOTHING and state.unwanted:
        return called_off(state, *notes)
    if phase in BEFORE_POST and is_late(state.order, now):
        return too_late(state, *notes)
    state = replace(state, phase=phase, rest=(), resume=None)
    match phase:
        case Phase.GATE:
            return Move(state, TakeGate(), notes)
        case Phase.CONNECTION:
            return Move(state, ReadConnection(), notes)
        case _:
            return Move(state, ListJobs(state.by_type), notes)


def series(
    state: State, *commands: Command, then: Phase | None = None, notes: tuple[Note, ...] = ()
) -> Move:
    """Do these one after the other, then finish (with a `Finish` at the end) or ask on."""
    first, *rest = commands
    gated = state.gated and not isinstance(first, LeaveGate)
    state = replace(state, phase=Phase.SERIES, rest=tuple(rest), resume=then, gated=gated)
    return Move(state, first, notes)


def go_on(state: State, now: datetime) -> Move:
    """Take the next of a series."""
    if state.unwanted and state.resume in SENDING_NOTHING:
        rest = tuple(one for one in state.rest if not isinstance(one, Pause | AwaitGate | AwaitJob))
        state = replace(state, rest=rest)
    if state.rest:
        return series(state, *state.rest, then=state.resume)
    if state.resume is None:
        raise ValueError("a trigger that has finished was asked to go on")
    return enter(state, state.resume, now)


def stop(state: State, *commands: Command, notes: tuple[Note, ...] = ()) -> Move:
    """Leave the gate, if it is ours, and then do these."""
    first = (LeaveGate(),) if state.gated else ()
    return series(state, *first, *commands, notes=notes)


def is_late(order: TriggerOrder, now: datetime) -> bool:
    """Say whether the deadline has passed."""
    return order.deadline is not None and now >= order.deadline


def too_late(state: State, *notes: Note) -> Move:
    """End with nothing sent, because of the deadline."""
    why = SafeText("the deadline passed before anything was sent")
    if state.reply is not None:
        why = safe(f"the deadline passed; {sent_so_far(state)}")
    return stop(state, Finish(NotStarted(why, "deadline")), notes=notes)


def sent_so_far(state: State) -> str:
    """Say what has left of a trigger that ends before a POST of it could count."""
    if state.reply is None:
        return "nothing was sent"
    return f"its trigger had been refused ({state.reply.status}) and was not sent again"


def called_off(state: State, *notes: Note) -> Move:
    """End with nothing sent that could count, because the run's job is to be cancelled."""
    why = SafeText("cancelled before a trigger of its had any effect")
    return stop(state, Finish(NotStarted(why, "cancelled")), notes=notes)
