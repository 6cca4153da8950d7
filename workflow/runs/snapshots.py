"""What a run's events add up to, as JSON, so that a start need not fold them all again.

The events stay what is true. A snapshot is a shortcut past those up to its `seq`, and only for a
program that folds as the one that wrote it did: :data:`FORM` names that, and a snapshot of another
form is passed over. Keeping them is :mod:`~workflow.runs.journal`'s, reading them
:mod:`~workflow.runs.recovery`'s.
"""

from __future__ import annotations

import hashlib
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, NamedTuple, Protocol, cast

from workflow.runs.events import Event, Json, RunDetached, RunFinished, RunId, RunTaken
from workflow.runs.run import RunState
from workflow.text import SafeText, safe

EVERY: Final = timedelta(minutes=5)
"""Between two snapshots of a run. The journal thins what repeats: a start folds a dozen events."""
FIRST: Final = 64
"""Number of the event from which on a run is worth its first snapshot."""
FOLD: Final = 2
"""To be raised when a fold makes something else of the same events; new fields tell themselves."""


class BadSnapshotError(ValueError):
    """What was read is no snapshot of this form."""


class Keeps(Protocol):
    """What snapshots need of a journal."""

    def keep_snapshot(self, run: RunId, seq: int, form: str, body: Json) -> None:
        """Write it with what is written next; a newer one of the same run takes its place."""


@dataclass(slots=True)
class Snapshots:
    """Takes a run's snapshot now and then, and when it ends or is let go. Hears the ledger."""

    runs: Mapping[RunId, RunState]
    """Has folded an event before it is heard here."""
    journal: Keeps
    _taken: dict[RunId, datetime] = field(default_factory=dict, init=False)

    def hear(self, event: Event) -> None:
        """Take a snapshot if it is time for one."""
        state = None if event.run is None else self.runs.get(event.run)
        if state is None:
            return
        if isinstance(event.fact, RunTaken):  # what it was left with will do for a while
            self._taken[state.run] = event.time
            return
        over = isinstance(event.fact, RunFinished | RunDetached)
        if over or self._is_due(state, event.time):
            self.journal.keep_snapshot(state.run, state.seq, FORM, dump(state))
            self._taken[state.run] = event.time
        if over:
            del self._taken[state.run]

    def _is_due(self, state: RunState, now: datetime) -> bool:
        last = self._taken.get(state.run)
        return state.seq >= FIRST if last is None else now - last >= EVERY


def dump(state: RunState) -> Json:
    """Return a state's JSON."""
    return _STATE.write(state)


def load(saved: Json) -> RunState:
    """Read what :func:`dump` wrote.

    Raises:
        BadSnapshotError: it is not of this form.
    """
    try:
        return cast("RunState", _STATE.read(saved))
    except (TypeError, ValueError) as error:
        raise BadSnapshotError(f"not a snapshot of this form: {error}") from error


class _Codec(NamedTuple):
    write: Callable[[object], Json]
    read: Callable[[Json], object]
    shape: str


def _codec(hint: object) -> _Codec:
    """Return how values of a type are written and read."""
    if typing.get_origin(hint) in {types.UnionType, typing.Union}:
        (inner,) = (part for part in typing.get_args(hint) if part is not type(None))
        return _optional(_codec(inner))
    if typing.get_origin(hint) is tuple:
        return _row(_codec(typing.get_args(hint)[0]))
    if hint is SafeText:
        return _Codec(_same, _text, "text")
    if hint is datetime:
        return _Codec(_instant, lambda text: datetime.fromisoformat(cast("str", text)), "time")
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        word: type[StrEnum] = hint
        return _Codec(_same, lambda text: word(cast("str", text)), "|".join(word))
    if isinstance(hint, type) and is_dataclass(hint):
        return _record(hint)
    return _Codec(_same, lambda value: value, getattr(hint, "__name__", str(hint)))


def _same(value: object) -> Json:
    return value


def _instant(value: object) -> Json:
    return cast("datetime", value).isoformat()


def _text(saved: Json) -> object:
    if not isinstance(saved, str):
        raise TypeError(f"a text is a {type(saved).__name__}")
    return safe(saved)  # it was when it was written; the file may have been in other hands since


def _optional(inner: _Codec) -> _Codec:
    write, read, shape = inner
    return _Codec(
        lambda value: None if value is None else write(value),
        lambda saved: None if saved is None else read(saved),
        f"{shape}?",
    )


def _row(inner: _Codec) -> _Codec:
    write, read, shape = inner
    return _Codec(
        lambda value: [write(one) for one in cast("tuple[object, ...]", value)],
        lambda saved: tuple([read(one) for one in cast("list[Json]", saved)]),
        f"{shape}*",
    )


def _record(cls: type) -> _Codec:
    hints = typing.get_type_hints(cls)
    names = [one.name for one in fields(cls)]
    codecs = [_codec(hints[name]) for name in names]
    writers = [(name, codec.write) for name, codec in zip(names, codecs, strict=True)]
    readers = [codec.read for codec in codecs]
    told = [f"{name} {codec.shape}" for name, codec in zip(names, codecs, strict=True)]
    return _Codec(
        lambda value: [write(getattr(value, name)) for name, write in writers],
        lambda saved: cls(
            *[read(one) for read, one in zip(readers, cast("list[Json]", saved), strict=True)]
        ),
        f"({', '.join(told)})",
    )


_STATE: Final = _codec(RunState)
FORM: Final = hashlib.sha256(f"{FOLD} {_STATE.shape}".encode()).hexdigest()[:16]
"""Of the snapshots that can be read here: of the fold, and of every field of the state."""
