"""The one JSON form of an event, for the journal, ``--json``, hooks and replay.

Envelope first, then the fact's own fields in camelCase::

    {"v": 1, "time": "2026-11-22T03:41:20.125Z", "seq": 7, "run": "r-...", "launch": "l-...",
     "connectionId": "...", "event": "status.changed", "from": "pending", "to": "running"}

Reading is lenient towards the future and strict towards nonsense: unknown kinds become
:class:`~workflow.runs.events.UnknownFact`, unknown fields are passed over, and a known kind with a
missing or mistyped field is a :class:`BadEventError`. `EVENTS.md` beside this module tells programs
of every kind, with an example each.
"""

from __future__ import annotations

import json
import re
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import datetime
from typing import Final, cast

from workflow.clock import rfc3339
from workflow.runs.events import Event, Fact, LaunchId, RunId, UnknownFact

VERSION: Final = 1
"""In every event as ``v``. Fields and kinds are added without a new one."""


class BadEventError(ValueError):
    """A line that is no event, or one whose known kind lacks what that kind always has."""


def to_json(event: Event) -> dict[str, object]:
    """Return the event's JSON object."""
    body: dict[str, object] = {"v": VERSION, "time": rfc3339(event.time), "seq": event.seq}
    if event.run is not None:
        body["run"] = event.run
    if event.launch is not None:
        body["launch"] = event.launch
    if event.connection_id is not None:
        body["connectionId"] = event.connection_id
    body["event"] = event.fact.kind
    if isinstance(event.fact, UnknownFact):
        body.update(event.fact.data)
        return body
    for field in _FORMS[event.fact.kind].fields:
        value = getattr(event.fact, field.name)
        body[field.wire] = list(value) if isinstance(value, tuple) else value
    return body


def to_line(event: Event) -> str:
    """Return the event as one line, ASCII, without its end."""
    return json.dumps(to_json(event), separators=(",", ":"), allow_nan=False)


def from_json(body: object) -> Event:
    """Read what :func:`to_json` wrote, in this version or a later one.

    Raises:
        BadEventError: the envelope, or a required field of a known kind, is missing or mistyped.
    """
    if not isinstance(body, Mapping):
        raise BadEventError("not an event: no JSON object")
    time, seq, kind = (body.get(name) for name in ("time", "seq", "event"))
    if not isinstance(time, str) or type(seq) is not int or not isinstance(kind, str):
        raise BadEventError("not an event: it needs a time, a seq and an event")
    run, launch, connection = (body.get(name) for name in ("run", "launch", "connectionId"))
    return Event(
        time=_instant(time),
        seq=seq,
        fact=_fact(kind, body),
        run=RunId(run) if isinstance(run, str) else None,
        launch=LaunchId(launch) if isinstance(launch, str) else None,
        connection_id=connection if isinstance(connection, str) else None,
    )


def _instant(text: str) -> datetime:
    try:
        instant = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadEventError(f"not an event: {text[:40]!r} is no time") from error
    if instant.tzinfo is None:
        raise BadEventError(f"not an event: {text[:40]!r} has no time zone")
    return instant


def _fact(kind: str, body: Mapping[str, object]) -> Fact:
    form = _FORMS.get(kind)
    if form is None:
        return UnknownFact(kind, {k: v for k, v in body.items() if k not in _ENVELOPE})
    values: dict[str, object] = {}
    for field in form.fields:
        if field.wire not in body:
            continue
        value = body[field.wire]
        stray = isinstance(value, bool) and bool not in field.accepts  # to Python, true is a number
        if stray or not isinstance(value, field.accepts):
            raise BadEventError(f"a {kind} event has a {field.wire} of the wrong type")
        values[field.name] = tuple(value) if isinstance(value, list) else value
    try:
        return form.build(**values)
    except TypeError as error:
        raise BadEventError(f"a {kind} event is not complete: {error}") from error


class _Field(typing.NamedTuple):
    name: str
    wire: str
    accepts: tuple[type, ...]


class _Form(typing.NamedTuple):
    build: Callable[..., Fact]
    fields: tuple[_Field, ...]


_ENVELOPE: Final = frozenset({"v", "time", "seq", "run", "launch", "connectionId", "event"})
# `from` is a keyword of Python's, so the field cannot have the wire's name.
_WIRE_NAMES: Final = {"from_status": "from", "to_status": "to"}
# Which JSON values a field of each Python type may come from.
_ACCEPTS: Final[Mapping[object, tuple[type, ...]]] = {
    str: (str,),
    int: (int,),
    float: (int, float),
    bool: (bool,),
    type(None): (type(None),),
    tuple: (list,),
    Mapping: (dict,),
}


def _camel(name: str) -> str:
    return _WIRE_NAMES.get(name) or re.sub(r"_(\w)", lambda match: match[1].upper(), name)


def _accepts(hint: object) -> tuple[type, ...]:
    if isinstance(hint, types.UnionType):
        return tuple(cls for part in typing.get_args(hint) for cls in _accepts(part))
    return _ACCEPTS[typing.get_origin(hint) or hint]


def _form(cls: type[Fact]) -> _Form:
    hints = typing.get_type_hints(cls)
    return _Form(
        cast("Callable[..., Fact]", cls),
        tuple(_Field(f.name, _camel(f.name), _accepts(hints[f.name])) for f in fields(cls)),
    )


_FORMS: Final[Mapping[str, _Form]] = {
    cls.kind: _form(cls) for cls in typing.get_args(Fact) if cls is not UnknownFact
}
