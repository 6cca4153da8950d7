"""Reading what a request carries: query, path ids and JSON bodies, each refusal as documented.

What does not convert (a word for a number, a broken UUID or date, JSON that is none) is refused
by Micronaut with a HAL body; a limit out of range by an `errorId`. The first of a repeated
single parameter counts, unknown ones are ignored.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from enum import Enum
from typing import Final, TypeVar
from urllib.parse import parse_qsl

from workflow.sandbox.answers import Refused, hal, uncaught
from workflow.sandbox.model import Json

_E = TypeVar("_E", bound=Enum)

_UUID: Final = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_INTEGER: Final = re.compile(r"[+-]?[0-9]{1,25}")
_INSTANT: Final = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)(?::(\d\d)(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)", re.ASCII
)
_CONNECTION_SENT: Final = re.compile(rb"connectionId[\"'=:\s]{1,8}([0-9a-fA-F-]{36})")
_MOST_PARAMETERS: Final = 1_000


def unreadable(path: str, message: str) -> Refused:
    """Return the refusal of a request that does not convert."""
    return Refused(hal(400, "Bad Request", message, path))


class Query:
    """The parameters of one request, read as types."""

    def __init__(self, raw: bytes, path: str, error_id: Callable[[], str]) -> None:
        self._path = path
        self._error_id = error_id
        self._values: dict[str, list[str]] = {}
        try:
            pairs = parse_qsl(
                raw.decode("ascii"),
                keep_blank_values=True,
                errors="strict",
                max_num_fields=_MOST_PARAMETERS,
            )
        except ValueError:
            raise unreadable(path, "Malformed query string") from None
        for name, value in pairs:
            self._values.setdefault(name, []).append(value)

    def text(self, name: str) -> str | None:
        """Return the first value, or None when it is absent or blank."""
        values = self._values.get(name)
        return values[0] if values and values[0] else None

    def uuid(self, name: str) -> str | None:
        """Return a UUID in lower case."""
        value = self.text(name)
        return None if value is None else self._as_uuid(name, value)

    def uuids(self, name: str) -> tuple[str, ...]:
        """Return the UUIDs of a repeatable parameter; commas separate as well."""
        parts = (part for value in self._values.get(name, ()) for part in value.split(","))
        return tuple(self._as_uuid(name, part) for part in parts if part)

    def flag(self, name: str) -> bool:
        """Return a boolean, false when absent."""
        value = self.text(name)
        if value is None:
            return False
        if value.lower() not in {"true", "false"}:
            raise self._refusal(name, value, "not a boolean")
        return value.lower() == "true"

    def choice(self, name: str, options: type[_E]) -> _E | None:
        """Return a member of an enumeration by its value."""
        value = self.text(name)
        if value is None:
            return None
        for option in options:
            if option.value == value:
                return option
        raise self._refusal(name, value, f"unexpected value '{value[:40]}'")

    def instant(self, name: str) -> float | None:
        """Return an RFC 3339 date-time with an offset, as epoch seconds."""
        value = self.text(name)
        if value is None:
            return None
        epoch = parse_instant(value)
        if epoch is None:
            raise self._refusal(
                name, value, "Text could not be parsed as a date-time with an offset"
            )
        return epoch

    def limit(self) -> int:
        """Return `limit`: 1 to 100, 20 when absent."""
        return self._ranged("limit", 20, 1, 100)

    def offset(self) -> int:
        """Return `offset`: 0 or more, 0 when absent."""
        return self._ranged("offset", 0, 0, 2**31 - 1)

    def _ranged(self, name: str, default: int, low: int, high: int) -> int:
        value = self.text(name)
        if value is None:
            return default
        if _INTEGER.fullmatch(value) is None or not -(2**31) <= int(value) < 2**31:
            raise self._refusal(name, value, f'For input string: "{value[:40]}"')
        if not low <= int(value) <= high:
            raise Refused(uncaught(400, self._error_id()))
        return int(value)

    def _as_uuid(self, name: str, value: str) -> str:
        if _UUID.fullmatch(value) is None:
            raise self._refusal(name, value, f"Invalid UUID string: {value[:60]}")
        return value.lower()

    def _refusal(self, name: str, value: str, why: str) -> Refused:
        return unreadable(
            self._path,
            f"Failed to convert argument [{name}] for value [{value[:60]}] due to: {why}",
        )


def parse_instant(text: str) -> float | None:
    """Read a date-time with an offset, to the microsecond; None when it is not one."""
    match = _INSTANT.fullmatch(text)
    if match is None:
        return None
    year, month, day, hour, minute = (int(part) for part in match.groups()[:5])
    zone = match[8]
    try:
        naive = datetime(year, month, day, hour, minute, int(match[6] or 0), tzinfo=UTC)
    except ValueError:
        return None
    epoch = naive.timestamp() + float(match[7] or 0)
    if zone == "Z":
        return epoch
    sign = -1 if zone[0] == "-" else 1
    return epoch - sign * (int(zone[1:3]) * 3_600 + int(zone[4:6]) * 60)


def path_uuid(value: str, name: str, path: str) -> str:
    """Read an id of the path that must be a UUID."""
    if _UUID.fullmatch(value) is None:
        raise unreadable(
            path,
            f"Failed to convert argument [{name}] for value [{value[:60]}]"
            f" due to: Invalid UUID string: {value[:60]}",
        )
    return value.lower()


def path_job_id(value: str, path: str) -> int:
    """Read a job id of the path: an int64, not a UUID."""
    if _INTEGER.fullmatch(value) is None or not -(2**63) <= int(value) < 2**63:
        raise unreadable(
            path,
            f"Failed to convert argument [jobId] for value [{value[:60]}]"
            f' due to: For input string: "{value[:60]}"',
        )
    return int(value)


class Body:
    """A JSON object that was sent, read as types; the first thing wrong refuses the request."""

    def __init__(self, raw: bytes, path: str) -> None:
        self._path = path
        try:
            value = json.loads(raw.decode("utf-8"))
        except (ValueError, RecursionError):
            # RecursionError: thousands of brackets are no request body either.
            raise unreadable(path, "Invalid JSON: the request body could not be read") from None
        if not isinstance(value, dict):
            raise unreadable(path, "Failed to convert argument: a JSON object is required")
        self._value: dict[str, Json] = value

    def has(self, name: str) -> bool:
        """Say whether the key is there and not null."""
        return self._value.get(name) is not None

    def raw(self, name: str) -> Json:
        """Return the value as it was sent, None when absent."""
        return self._value.get(name)

    def text(self, name: str) -> str:
        """Return a required text."""
        value = self.optional_text(name)
        if value is None:
            raise self.wrong(name, "must not be null")
        return value

    def optional_text(self, name: str) -> str | None:
        """Return a text, None when absent or null."""
        value = self._value.get(name)
        if value is None or isinstance(value, str):
            return value
        raise self.wrong(name, "must be a string")

    def name(self, key: str) -> str:
        """Return a required text that is not blank."""
        value = self.text(key)
        if not value.strip():
            raise self.wrong(key, "must not be blank")
        return value

    def uuid(self, name: str) -> str:
        """Return a required UUID in lower case."""
        value = self.text(name)
        if _UUID.fullmatch(value) is None:
            raise self.wrong(name, f"Invalid UUID string: {value[:60]}")
        return value.lower()

    def optional_uuid(self, name: str) -> str | None:
        """Return a UUID in lower case, None when absent or null."""
        return self.uuid(name) if self.has(name) else None

    def choice(self, name: str, options: Sequence[str]) -> str:
        """Return a required word of an enumeration."""
        value = self.text(name)
        if value not in options:
            raise self.wrong(name, f"Unexpected value '{value[:60]}'")
        return value

    def mapping(self, name: str) -> dict[str, Json] | None:
        """Return an object, None when absent or null."""
        value = self._value.get(name)
        if value is None or isinstance(value, dict):
            return value
        raise self.wrong(name, "must be an object")

    def items(self, name: str) -> list[Json] | None:
        """Return an array, None when absent or null."""
        value = self._value.get(name)
        if value is None or isinstance(value, list):
            return value
        raise self.wrong(name, "must be an array")

    def texts_but(self, *left_out: str) -> dict[str, str]:
        """Return all other keys with their values as text, nulls left out."""
        return {
            key: value if isinstance(value, str) else json.dumps(value)
            for key, value in self._value.items()
            if key not in left_out and value is not None
        }

    def wrong(self, name: str, why: str) -> Refused:
        """Return the refusal because of one key."""
        return unreadable(self._path, f"{name}: {why}")


def aimed_at(
    path_values: Mapping[str, str], raw_query: bytes, raw_body: bytes | None
) -> tuple[int | None, str | None]:
    """Return the job and the connection a request is about, as far as it says; never refuses."""
    job = path_values.get("jobId", "")
    if _INTEGER.fullmatch(job):
        return int(job), None
    if "connectionId" in path_values:
        return None, path_values["connectionId"].lower()
    match = _CONNECTION_SENT.search(raw_query) or _CONNECTION_SENT.search(raw_body or b"")
    return None, match[1].decode("ascii").lower() if match else None
