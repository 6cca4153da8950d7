"""The lines every screen is made of: a rule with a title, a line of keys, a header with crumbs.

Pure; a rule instead of a box gives columns back and copies cleanly out of a terminal.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from textual.content import Content

from tui.signs import FOLDED, Tone

_RULE: Final = "─"
_LONGEST: Final = 240
"""A rule is cut by its column; it only has to be long enough."""


def titled_rule(title: str, width: int = _LONGEST) -> Content:
    """Return ``─ Steps ───────…`` of `width` cells."""
    head = f"{_RULE} {title} " if title else ""
    tail = _RULE * max(0, width - len(head))
    return Content.assemble((head[:1], _LINE), (head[1:], "bold"), (tail, _LINE))


def hint_line(hints: Iterable[tuple[str, str]], width: int) -> Content:
    """Return the line of keys at the bottom, key and what it does, for `width` cells.

    What matters most comes first and stays longest; the last one is the way to all others and
    stays whatever the width.
    """
    *others, last = (
        Content.assemble(" ", (key, Tone.RUNNING.style), f" {label} ") for key, label in hints
    )
    while others and sum(hint.cell_length for hint in (*others, last)) > width:
        others.pop()
    return Content("").join((*others, last))


def crumbs(*parts: Content | str) -> Content:
    """Join where the screen is: ``PROD rw ▸ analytics ▸ job 90377``."""
    between = Content.styled(f" {FOLDED} ", _QUIET)
    return between.join([part if isinstance(part, Content) else Content(part) for part in parts])


def spread(left: Content, right: Content, width: int) -> Content:
    """Put `left` and `right` at the two ends of a line; the left one gives way."""
    room = width - right.cell_length - 1
    if room < 8:
        return left.truncate(width, ellipsis=True)
    return left.truncate(room, ellipsis=True, pad=True).append(" ").append(right)


def hung(line: Content, width: int, indent: int = 3) -> tuple[Content, ...]:
    """Break a line that is too long; what follows its first part stands a little to the right."""
    if line.cell_length <= width:
        return (line,)
    first, *rest = line.wrap(max(8, width - indent))
    return (first, *(Content(" " * indent).append(part) for part in rest))


def stacked(lines: Sequence[Content]) -> Content:
    """Put lines under each other."""
    return Content("\n").join(lines)


_QUIET: Final = Tone.QUIET.style
_LINE: Final = "$rule"
