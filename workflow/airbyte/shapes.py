"""Reading fields out of JSON that somebody else wrote.

Each reader gives a typed value, or raises :class:`BadAnswer` with a sentence that names the thing
and the field. Absent and null are the same: the server leaves null fields out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from workflow.http.strict_json import Json
from workflow.text import SafeText, safe

Raw = Mapping[str, Json]
"""The server's own JSON object, unknown fields included."""

# Ids go into URLs, rows and shell commands: what needs quoting there is not an id.
_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,127}", re.ASCII)
_DURATION: Final = re.compile(
    r"(?P<sign>[+-]?)P(?:(?P<days>[+-]?\d{1,9})D)?"
    r"(?:T(?:(?P<hours>[+-]?\d{1,12})H)?(?:(?P<minutes>[+-]?\d{1,12})M)?"
    r"(?:(?P<seconds>[+-]?\d{1,12}(?:\.\d{1,9})?)S)?)?",
    re.ASCII,
)
_INT64: Final = 2**63


class BadAnswer(ValueError):  # noqa: N818 - a statement about the answer, not about this program
    """An answer of the right status whose content makes no sense; one sentence."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text: SafeText = safe(text, limit=300)


def an_object(value: Json, what: str) -> Raw:
    """Return `value` as an object; `what` names it in the sentence if it is none."""
    if not isinstance(value, dict):
        raise BadAnswer(f"{what} is not an object but {_kind(value)}")
    return value


def a_list(raw: Raw, name: str, what: str) -> list[Json]:
    """Return the field as a list; absent is empty."""
    value = raw.get(name)
    if value is None:
        return []
    if not isinstance(value, list):
        raise BadAnswer(f"{name} of {what} is not a list but {_kind(value)}")
    return value


def text(raw: Raw, name: str, what: str) -> str | None:
    """Return the field as it came, or None."""
    value = raw.get(name)
    if value is None or isinstance(value, str):
        return value
    raise BadAnswer(f"{name} of {what} is not text but {_kind(value)}")


def word(raw: Raw, name: str, what: str) -> SafeText:
    """Return a word of the server's (a status, a type) that must be there."""
    found = safe(text(raw, name, what) or "", limit=40).strip()
    if not found:
        raise BadAnswer(f"{what} has no {name}")
    return SafeText(found)


def identifier(raw: Raw, name: str, what: str) -> str:
    """Return an id that must be there and is safe to put in a path."""
    found = text(raw, name, what)
    if found is None:
        raise BadAnswer(f"{what} has no {name}")
    if not _ID.fullmatch(found):
        raise BadAnswer(f"{name} of {what} is not an id: {found[:60]!r}")
    return found


def whole(raw: Raw, name: str, what: str) -> int | None:
    """Return a number of 64 bits, or None."""
    value = raw.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int):
        raise BadAnswer(f"{name} of {what} is not a whole number but {_kind(value)}")
    if not -_INT64 <= value < _INT64:
        raise BadAnswer(f"{name} of {what} does not fit 64 bits")
    return value


def count(raw: Raw, name: str, what: str) -> int | None:
    """Return a number that cannot be negative, or None."""
    value = whole(raw, name, what)
    if value is not None and value < 0:
        raise BadAnswer(f"{name} of {what} is negative")
    return value


def instant(raw: Raw, name: str, what: str) -> datetime | None:
    """Return an instant in UTC, or None.

    The server prints RFC 3339, without the seconds when they are zero (``2026-03-25T01:30Z``), or
    seconds since the epoch (a connection's ``createdAt``).
    """
    value = raw.get(name)
    if value is None:
        return None
    try:
        if isinstance(value, str) and 10 < len(value) < 50:
            found = datetime.fromisoformat(value)
            return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError):
        pass
    raise BadAnswer(f"{name} of {what} is not a time: {str(value)[:60]!r}")


def duration(raw: Raw, name: str, what: str) -> timedelta | None:
    """Return an ISO 8601 duration as Java prints it (``PT36H6M40.5S``), or None."""
    value = text(raw, name, what)
    if value is None:
        return None
    match = _DURATION.fullmatch(value)
    parts = match.groupdict() if match else {}
    numbers = {unit: float(parts[unit]) for unit in _UNITS if parts.get(unit)}
    if not numbers:
        raise BadAnswer(f"{name} of {what} is not a duration: {value[:60]!r}")
    try:
        found = timedelta(**numbers)
    except OverflowError:
        raise BadAnswer(f"{name} of {what} is longer than all time") from None
    return -found if parts["sign"] == "-" else found


_UNITS: Final = ("days", "hours", "minutes", "seconds")


def _kind(value: Json) -> str:
    match value:
        case None:
            return "nothing"
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
        case str():
            return "text"
        case list():
            return "a list"
        case _:
            return "an object"
