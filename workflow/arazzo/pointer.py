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
    """Whether :class:`Edited` finds the place of `pointer` in `value`."""
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


class Edited:
    """A value in which others are set one after the other; what it was made of stays as it is.

    Every list and object is copied once, when something in it is first set, so that thousands of
    replacements in one large payload cost no more than the payload and they do.
    """

    def __init__(self, value: Json) -> None:
        self.value: Json = value
        self._own: dict[int, Json] = {}
        """The copies by identity; kept, so that no identity is used again."""

    def put(self, pointer: Pointer, new: Json) -> None:
        """Set the value at `pointer`.

        The last token may name a member that is not there yet, or ``-`` for a list's end; what
        leads to it must exist (the targets of Arazzo's payload replacements are resolved, not
        created).

        Raises:
            ValueError: with a sentence, when the way does not exist. Nothing was set.
        """
        if not has_place(self.value, pointer):
            raise ValueError(f"the payload has no place {print_pointer(pointer)!r}")
        if not pointer:
            self.value = new
            return
        self.value = here = self._copy_of(self.value)
        for token in pointer[:-1]:
            if isinstance(here, dict):
                here[token] = inner = self._copy_of(here[token])
            elif isinstance(here, list):
                index = int(token)
                here[index] = inner = self._copy_of(here[index])
            here = inner
        if isinstance(here, dict):
            here[pointer[-1]] = new
        elif isinstance(here, list) and pointer[-1] == "-":
            here.append(new)
        elif isinstance(here, list):
            here[int(pointer[-1])] = new

    def _copy_of(self, value: Json) -> Json:
        if id(value) in self._own:
            return value
        copy: Json = value
        if isinstance(value, dict):
            copy = dict(value)
        elif isinstance(value, list):
            copy = list(value)
        self._own[id(copy)] = copy
        return copy
