"""Text from outside made safe for a terminal.

A connection's name, a server's error text, a line of somebody's YAML: each can hold escape
sequences, bidirectional overrides or zero-width tricks. :func:`safe` takes those away and gives
the result a type of its own, so that mypy finds the widget or printer that forgot. Markup is not
a matter of characters and stays: a `SafeText` goes into `rich.text.Text`, `Content(...)` or a
widget with ``markup=False``.
"""

from __future__ import annotations

import unicodedata
from typing import Final, NewType

SafeText = NewType("SafeText", str)
"""A string without control, escape, bidi or zero-width characters, on one line."""

REPLACEMENT: Final = "\N{REPLACEMENT CHARACTER}"

_ELLIPSIS: Final = "…"

# Cc controls (ESC, BEL, C1 ...), Cf format (bidi, zero-width, tags), Cs lone surrogates,
# Co private use (fonts draw what they like), Cn unassigned (width unknown), Zl/Zp line breaks.
_UNSAFE_CATEGORIES: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_BLANKS: Final = frozenset("\t\n\v\f\r\x85\u2028\u2029")
# Combining marks stack without end ("zalgo"); three over one letter is all that scripts need.
_MOST_MARKS: Final = 3
# Letters with no ink that some terminals draw zero cells wide.
_INVISIBLE: Final = frozenset("\u115f\u1160\u3164\uffa0\u2800\u034f\u180b\u180c\u180d\u17b4\u17b5")


def safe(text: str, *, limit: int = 2_000) -> SafeText:
    """Return `text` as one harmless line of at most `limit` characters.

    Line breaks and tabs become a space, every other control, format, private-use or unassigned
    character is removed, and what is longer than `limit` ends in an ellipsis. The work is bounded
    by `limit`, not by what the other side sent.
    """
    if text.isascii() and text.isprintable() and len(text) <= limit:
        return SafeText(text)
    kept: list[str] = []
    marks = 0
    for character in text[: limit * 4]:
        if character in _BLANKS:
            kept.append(" ")
            marks = 0
            continue
        category = unicodedata.category(character)
        if category in _UNSAFE_CATEGORIES or character in _INVISIBLE:
            continue
        if category in {"Mn", "Me"}:
            # Variation selectors change a neighbour's width behind the layout's back.
            if marks == _MOST_MARKS or "\ufe00" <= character <= "\ufe0f":
                continue
            marks += 1
        else:
            marks = 0
        kept.append(character)
        if len(kept) > limit:
            break
    if len(kept) > limit:
        kept[limit - 1 :] = [_ELLIPSIS]
    return SafeText("".join(kept))


def short_id(text: str) -> SafeText:
    """Return an id as people tell it from others, ``6f1c83a0…e2``; a short one whole."""
    whole = safe(text, limit=200)
    return whole if len(whole) <= 12 else SafeText(f"{whole[:8]}{_ELLIPSIS}{whole[-2:]}")


def elide(text: SafeText, width: int) -> SafeText:
    """Shorten `text` to `width` characters by taking out its middle: ``stripe → sn…flake``."""
    if len(text) <= width:
        return text
    if width <= 1:
        return SafeText(_ELLIPSIS[:width])
    tail = (width - 1) // 2
    head = width - 1 - tail
    return SafeText(text[:head] + _ELLIPSIS + (text[-tail:] if tail else ""))
