"""What an earlier process left of its runs, read from the journal and folded.

In slices: a thousand runs are a second of work, and the screen has its turns meanwhile. What is
then done with a run is :mod:`~workflow.runs.recovery`'s.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from typing import Final, TypeVar

from workflow.runs.events import Event, Json, RunCreated, RunId
from workflow.runs.folding import begin, fold
from workflow.runs.journal import Past, Records
from workflow.runs.journal.damage import UNREADABLE, Damage
from workflow.runs.journal.intents import Became, IntentRecord
from workflow.runs.run import RunState
from workflow.runs.snapshots import FORM, BadSnapshotError, load

T = TypeVar("T")

_READ_AT_ONCE: Final = 8
"""Runs that are read with one visit to the journal's thread."""
_FOLDED_AT_ONCE: Final = 250
"""Events between two turns of everybody else."""
_NO_FORM: Final = ""
"""Of no snapshot: all events are read."""

_log: Final = logging.getLogger(__name__)


class Sent(Enum):
    """Whether a POST of a run may have left."""

    NO = auto()
    PERHAPS = auto()
    """Its intents tell what is known of it."""
    LOST = auto()
    """One of its intents cannot be read, or is not there though its events tell of one."""


@dataclass(frozen=True, slots=True)
class Left:
    """A run as the journal has it, and what is needed to go on with it."""

    state: RunState
    server: str | None
    """Where it was started; None where an early version did not write that down."""
    checkpoint: Json = field(repr=False)
    sent: Sent


async def read_left(
    journal: Records,
    runs: Iterable[RunId],
    known: Mapping[RunId, RunState],
    form: str = FORM,
) -> dict[RunId, Left]:
    """Return what is left of these runs, in their order; what the journal has not whole is not.

    `known` are the states of runs that this process knows; those are only brought up to date.
    """
    found: dict[RunId, Left] = {}
    for some in slices(_READ_AT_ONCE, sorted(runs)):
        for run, past in (await journal.pasts(some, form)).items():
            if past.first is None or not isinstance(past.first.fact, RunCreated):
                _log.error("run %s has no beginning in the journal; it is left alone", run)
                continue
            try:
                state = await _folded(past, past.first, known.get(run), journal.damage)
            except BadSnapshotError as error:
                _log.error("run %s is folded from its beginning: %s", run, error)
                found |= await read_left(journal, [run], known, _NO_FORM)
                continue
            found[run] = Left(state, past.first.fact.server, past.checkpoint, _sent(past, state))
    return found


async def _folded(past: Past, first: Event, known: RunState | None, damage: Damage) -> RunState:
    """Return what a run's past adds up to, from what is known of it or from its snapshot on."""
    state = begin(first) if past.snapshot is None else load(past.snapshot)
    if past.snapshot is not None and (state.run, state.seq) != (first.run, past.snapshot_seq):
        raise BadSnapshotError(f"it is of run {state.run}, up to event {state.seq}")
    if known is not None and known.seq > state.seq:
        state = known
    for some in slices(_FOLDED_AT_ONCE, past.events):
        for event in some:
            if event.seq > state.seq:
                state = _folded_in(state, event, damage)
        await asyncio.sleep(0)
    return replace(state, seq=past.last_seq) if past.last_seq > state.seq else state


def _folded_in(state: RunState, event: Event, damage: Damage) -> RunState:
    try:
        return fold(state, event)
    except UNREADABLE as error:  # a number that is none of a time or a span
        damage.note(f"event {event.seq} of run {event.run}", error)
        return state


def _sent(past: Past, state: RunState) -> Sent:
    """Say what the journal knows of a run's POSTs."""
    if past.intents is None or (state.sent is not None and not past.intents):
        return Sent.LOST
    return Sent.NO if all(map(_came_to_nothing, past.intents)) else Sent.PERHAPS


def slices(size: int, things: Sequence[T]) -> Iterator[Sequence[T]]:
    """Cut a sequence into pieces of at most this size."""
    return (things[start : start + size] for start in range(0, len(things), size))


def _came_to_nothing(record: IntentRecord) -> bool:
    """Whether an intent's POST never left, or was refused and was to be tried again."""
    if record.how is Became.REFUSED:
        return record.answer is None
    return record.how is Became.NOT_SENT
