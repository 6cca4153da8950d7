"""TOML as text: at which line a key stands, and how a string is written.

Python's parser tells values, not their lines, and writes nothing. Pure. A line that only looks
like a key, inside a text of several lines, can be taken for one; the worst of it is a wrong number
in the sentence about a mistake.
"""

from __future__ import annotations

import json
import re
from typing import Final

_HEADER: Final = re.compile(r"\s*\[([^\[\]]+)\]\s*(?:#.*)?$")
_KEY: Final = re.compile(
    r"""\s*((?:[\w-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[\w-]+|"[^"]*"|'[^']*'))*)\s*="""
)
_PART: Final = re.compile(r"""[\w-]+|"[^"]*"|'[^']*'""")


def header(line: str) -> str | None:
    """Return the dotted name of the table that a line begins, None when it begins none."""
    found = _HEADER.match(line)
    return _dotted(found[1]) if found else None


def line_of(text: str, where: str) -> int | None:
    """Return the line, from 1, of a dotted key such as ``profiles.prod.url``.

    Of a key that is not there, or stands inside another's value, the line of the nearest around it.
    """
    places: dict[str, int] = {}
    table = ""
    for number, line in enumerate(text.splitlines(), 1):
        begun = header(line)
        if begun is not None:
            table = begun
            places.setdefault(table, number)
        elif key := _KEY.match(line):
            path = _dotted(key[1])
            places.setdefault(f"{table}.{path}" if table else path, number)
    while where:
        if where in places:
            return places[where]
        where = where.rpartition(".")[0]
    return None


def _dotted(written: str) -> str:
    return ".".join(part.strip("\"'") for part in _PART.findall(written))


def string(text: str) -> str:
    """Write a basic string. JSON's escapes are all TOML's as well, but for DEL."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
