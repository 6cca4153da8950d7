"""From the bytes of a file to its characters, and which of them no file may hold."""

from __future__ import annotations

import re
from typing import Final

from workflow.arazzo.problems import START, Findings, Place

REFUSED: Final = re.compile(
    "[^\\t\\n\\r\\x20-\\x7e\\x85\\xa0-\\ud7ff\\ue000-\\ufffd\\U00010000-\\U0010ffff]"
)
"""What YAML refuses anywhere in a text (chapter 5.1)."""

# JSON writes characters beyond the BMP as two escapes, which YAML does not know.
_SURROGATES = re.compile(r"(?<!\\)((?:\\\\)*)\\u([dD][89abAB]..)\\u([dD][c-fC-F]..)")


def decoded(text: bytes, findings: Findings) -> str | None:
    """Return a text's characters, without its byte order mark; None, reported, if it is no UTF-8.

    In JSON, surrogate pairs are put together: YAML does not know them.
    """
    if b"\0" in text[:4]:
        findings.error(START, "encoding", "The file is not UTF-8; save it as UTF-8.")
        return None
    try:
        characters = text.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = text.count(b"\n", 0, error.start) + 1
        column = error.start - text.rfind(b"\n", 0, error.start)
        findings.error(Place(line, column), "encoding", "The file is not UTF-8; save it as UTF-8.")
        return None
    if characters.lstrip().startswith("{") and "\\u" in characters:
        characters = _SURROGATES.sub(_join_surrogates, characters)
    return characters


def tell_refused(characters: str, findings: Findings) -> None:
    """Report the first character that YAML refuses anywhere, at its place."""
    found = REFUSED.search(characters)
    if found is None:
        findings.error(START, "syntax", "The file holds characters that YAML refuses.")
        return
    before = characters[: found.start()]
    place = Place(before.count("\n") + 1, found.start() - before.rfind("\n"))
    code = f"U+{ord(found[0]):04X}"
    findings.error(place, "syntax", f"The character {code} may not stand in a file.")


def _join_surrogates(match: re.Match[str]) -> str:
    try:
        high, low = int(match[2], 16), int(match[3], 16)
    except ValueError:
        return match[0]
    return f"{match[1]}\\U{0x10000 + (high - 0xD800) * 0x400 + (low - 0xDC00):08X}"
