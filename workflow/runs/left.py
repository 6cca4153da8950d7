"""What an earlier process left of its runs, read from the journal and folded.

In slices: a thousand runs are a second of work, and the screen has its turns meanwhile. What is
then done with a run is :mod:`~workflow.runs.recovery`'s.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeVar

from workflow.runs.events import Event, Json, RunCreated, RunId
from workflow.runs.folding import begin, fold
from workflow.runs.journal import Past, Records
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


@dataclass(frozen=True, slots=True)
class Left:
    """A run as the journal has it, and what is needed to go on with it."""

    state: RunState
    server: str | None
    """Where it was started; None where an early version did not write that down."""
    checkpoint: Json = field(repr=False)
    sent: bool
    """A POST of its may have left."""


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
                state = await _folded(past, past.first, known.get(run))
            except BadSnapshotError as error:
                _log.error("run %s is folded from its beginning: %s", run, error)
                found |= await read_left(journal, [run], known, _NO_FORM)
                continue
            sent = not all(map(_came_to_nothing, past.intents))
            found[run] = Left(state, past.first.fact.server, past.checkpoint, sent)
    return found


async def _folded(past: Past, first: Event, known: RunState | None) -> RunState:
    """Return what a run's past adds up to, from what is known of it or from its snapshot on."""
    state = begin(first) if past.snapshot is None else load(past.snapshot)
    if known is not None and known.seq > state.seq:
        state = known
    for some in slices(_FOLDED_AT_ONCE, past.events):
        for event in some:
            if event.seq > state.seq:
                state = fold(state, event)
        await asyncio.sleep(0)
    return state


def slices(size: int, things: Sequence[T]) -> Iterator[Sequence[T]]:
    """Cut a sequence into pieces of at most this size."""
    return (things[start : start + size] for start in range(0, len(things), size))


def _came_to_nothing(record: IntentRecord) -> bool:
    """Whether an intent's POST never left, or was refused and was to be tried again."""
    if record.how is Became.REFUSED:
        return record.answer is None
    return record.how is Became.NOT_SENT
