"""JSON Pointer (RFC 6901): find a value, or set one in a copy."""

from __future__ import annotations

import re
from typing import Final, TypeAlias

from workflow.arazzo.turns import Json

_INDEX = re.compile(r"(?:0|[1-9][0-9]{0,8})\Z")
_BAD_ESCAPE = re.compile(r"~(?![01])")

Pointer: TypeAlias = tuple[str, ...]
"""The unescaped tokens; empty for the whole document."""


class Missing:
    """The type of :data:`MISSING`."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "MISSING"


MISSING: Final = Missing()
"""What a reference gives that leads nowhere. Not null: null is a value."""

Value: TypeAlias = Json | Missing


def parse_pointer(text: str) -> Pointer:
    """Return the tokens of ``/a/b~1c``.

    Raises:
        ValueError: with a sentence, when it is not a pointer.
    """
    if not text:
        return ()
    if not text.startswith("/"):
        raise ValueError(f"the JSON Pointer {text!r} must begin with '/'")
    if _BAD_ESCAPE.search(text):
        raise ValueError(f"in the JSON Pointer {text!r} '~' must be written '~0'")
    return tuple(token.replace("~1", "/").replace("~0", "~") for token in text[1:].split("/"))


def print_pointer(pointer: Pointer) -> str:
    """Return the text of a pointer."""
    return "".join("/" + token.replace("~", "~0").replace("/", "~1") for token in pointer)


def index_of(token: str, length: int) -> int | None:
    """Return which item of a list of that length a token names, if any (RFC 6901, section 4)."""
    return int(token) if _INDEX.match(token) and int(token) < length else None


def find(value: Json, pointer: Pointer) -> Value:
    """Return what `pointer` names in `value`, or MISSING."""
    for token in pointer:
        if isinstance(value, dict):
            if token not in value:
                return MISSING
            value = value[token]
        elif isinstance(value, list) and (index := index_of(token, len(value))) is not None:
            value = value[index]
        else:
            return MISSING
    return value


def has_place(value: Json, pointer: Pointer) -> bool:
    """Whether :func:`replaced` finds the place of `pointer` in `value`."""
    for depth, token in enumerate(pointer):
        last = depth == len(pointer) - 1
        if isinstance(value, dict):
            if token not in value:
                return last
            value = value[token]
        elif isinstance(value, list):
            if token == "-":  # noqa: S105  (RFC 6901: the place after the last item)
                return last
            index = index_of(token, len(value))
            if index is None:
                return False
            value = value[index]
        else:
            return False
    return True


def replaced(value: Json, pointer: Pointer, new: Json) -> Json:
    """Return a copy of `value` with `new` at `pointer`.

    The last token may name a member that is not there yet, or ``-`` for a list's end; what leads
    to it must exist (the targets of Arazzo's payload replacements are resolved, not created).

    Raises:
        ValueError: with a sentence, when the way does not exist.
    """
    if not pointer:
        return new
    token, rest = pointer[0], pointer[1:]
    if isinstance(value, dict) and (token in value or not rest):
        return {**value, token: replaced(value.get(token), rest, new) if rest else new}
    if isinstance(value, list):
        if token == "-" and not rest:  # noqa: S105  (RFC 6901: the place after the last item)
            return [*value, new]
        if (index := index_of(token, len(value))) is not None:
            return [*value[:index], replaced(value[index], rest, new), *value[index + 1 :]]
    raise ValueError(f"the payload has no place {print_pointer(pointer)!r}")
