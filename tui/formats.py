"""Numbers, spans and names as they stand in a narrow cell.

Times carry their unit (``8m55``, ``9h04``), counts take SI suffixes and at most three figures, and
what is not known is ``—``: an honest cell is never a zero that nobody read. Pure; whoever needs
the exact number shows it with :func:`exact`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from rich.cells import cell_len, set_cell_size

from workflow.text import SafeText

UNKNOWN: Final = "—"
LONG: Final = timedelta(seconds=3)
"""For so long an answer may be waited for without a word about it."""
_ELLIPSIS: Final = "…"
_MINUTE: Final = 60
_HOUR: Final = 3600
_DAY: Final = 86_400
_SUFFIXES: Final = "kMGTP"
_NAMED: Final = 6
"""How many are named in a question."""


def duration(span: timedelta | float | None) -> str:
    """Write a span with two units: ``58s``, ``8m55``, ``9h04``, ``3d``, ``3d07h``."""
    seconds = _seconds(span)
    if seconds is None:
        return UNKNOWN
    if seconds < _MINUTE:
        return f"{seconds}s"
    if seconds < _HOUR:
        return f"{seconds // _MINUTE}m{seconds % _MINUTE:02}"
    if seconds < _DAY:
        return f"{seconds // _HOUR}h{seconds % _HOUR // _MINUTE:02}"
    days, hours = seconds // _DAY, seconds % _DAY // _HOUR
    return f"{days}d{hours:02}h" if hours else f"{days}d"


def age(span: timedelta | float | None) -> str:
    """Write a span with its one largest unit, rounded down: ``58s``, ``8m``, ``9h``, ``32d``."""
    seconds = _seconds(span)
    if seconds is None:
        return UNKNOWN
    for unit, letter in ((_DAY, "d"), (_HOUR, "h"), (_MINUTE, "m")):
        if seconds >= unit:
            return f"{seconds // unit}{letter}"
    return f"{seconds}s"


def minutes(span: timedelta) -> str:
    """Write a span in minutes up to two hours, by age beyond: ``61m``, ``3h``."""
    seconds = span.total_seconds()
    return f"{int(seconds // _MINUTE)}m" if _MINUTE <= seconds < 2 * _HOUR else age(span)


def roughly(span: timedelta | float | None) -> str:
    """Write a span that is only an estimate, no finer than it is: ``4m``, ``2h10``."""
    seconds = _seconds(span)
    if seconds is None or seconds < _MINUTE:
        return duration(seconds)
    if seconds < _HOUR:
        return f"{round(seconds / _MINUTE)}m"
    return duration(round(seconds / (10 * _MINUTE)) * 10 * _MINUTE)


def ago(then: datetime | None, now: datetime) -> str:
    """Write how long ago an instant was: ``2s``; an instant still to come is ``0s``."""
    return UNKNOWN if then is None else age(now - then)


def waiting(span: timedelta) -> str:
    """Write for how long an answer has been waited for: `` 12s``; nothing while that is short."""
    return "" if span < LONG else f" {duration(span)}"


def clock(instant: datetime | None) -> str:
    """Write the local time of day: ``03:41:20``."""
    return UNKNOWN if instant is None else instant.astimezone().strftime("%H:%M:%S")


def access(*, read_only: bool, armed: timedelta | None) -> str:
    """Write whether a profile may send: ``ro``, ``rw``, or ``rw 14m`` while it is armed.

    Rounded up: it may do so for no longer than this says.
    """
    if read_only:
        return "ro"
    if armed is None:
        return "rw"
    seconds = math.ceil(armed.total_seconds())
    return f"rw {seconds}s" if seconds <= _MINUTE else f"rw {age(seconds + _MINUTE - 1)}"


def short_clock(instant: datetime | None) -> str:
    """Write the local time of day without seconds: ``03:41``."""
    return UNKNOWN if instant is None else instant.astimezone().strftime("%H:%M")


def si(count: int | None) -> str:
    """Write a count with three figures: ``512``, ``9.10k``, ``402k``, ``1.24M``."""
    if count is None:
        return UNKNOWN
    return _scaled(count, 3) if abs(count) >= 1000 else str(count)


def rate(per_second: float | None) -> str:
    """Write rows per second with two figures below ten: ``0/s``, ``12/s``, ``8.1k/s``."""
    if per_second is None:
        return UNKNOWN
    if per_second >= 999.5:
        return f"{_scaled(per_second, 2)}/s"
    if 0 < per_second < 1:
        return "<1/s"
    return f"{per_second:.0f}/s"


def exact(count: int | None) -> str:
    """Write a count in full: ``1,204,118``."""
    return UNKNOWN if count is None else f"{count:,}"


def bytes_(count: int | None) -> str:
    """Write an amount of data in decimal units: ``512 B``, ``4.1 MB``."""
    if count is None:
        return UNKNOWN
    value = float(count)
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if abs(value) < 999.95:
            return f"{value:.0f} B" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} PB"


def elide(text: SafeText, cells: int) -> SafeText:
    """Shorten `text` to `cells` terminal cells by taking out its middle."""
    if cell_len(text) <= cells:
        return text
    if cells <= 1:
        return SafeText(_ELLIPSIS[: max(0, cells)])
    tail_cells = (cells - 1) // 2
    head = set_cell_size(text, cells - 1 - tail_cells)
    tail = _last_cells(text, tail_cells)
    return SafeText(head + _ELLIPSIS + tail)


def cut(text: str, cells: int) -> str:
    """Pad `text` to exactly `cells` cells, or take away its end."""
    if cell_len(text) > cells:
        text = set_cell_size(text, max(0, cells - 1)) + _ELLIPSIS[:cells]
    return text + " " * (cells - cell_len(text))


def fit(text: str, cells: int, *, right: bool = False) -> str:
    """Pad or elide `text` to exactly `cells` cells."""
    length = len(text) if text.isascii() else cell_len(text)
    if length > cells:
        text = elide(SafeText(text), cells)
        length = cell_len(text)
    gap = " " * (cells - length)
    return gap + text if right else text + gap


def listed(names: Sequence[str]) -> str:
    """Name what a question is about, the first of them; the rest are counted."""
    shown, rest = ", ".join(names[:_NAMED]), len(names) - _NAMED
    return f"{shown} and {rest:,} more" if rest > 0 else shown


def many(count: int, one: str, several: str | None = None) -> str:
    """Write a count with its noun: ``1 run``, ``3 runs``."""
    return f"{count:,} {one if count == 1 else several or one + 's'}"


def _seconds(span: timedelta | float | None) -> int | None:
    if span is None:
        return None
    seconds = span.total_seconds() if isinstance(span, timedelta) else span
    return max(0, int(seconds))


def _scaled(value: float, figures: int) -> str:
    """Scale by thousands to `figures` figures, at least: 999,999 becomes ``1.00M``, not 1000k."""
    scaled, power = value / 1000, 0
    while abs(scaled) >= 999.5 and power < len(_SUFFIXES) - 1:
        scaled, power = scaled / 1000, power + 1
    # 99.96 with one digit behind the point would be 100.0, a figure too many.
    digits = next(
        d
        for d in range(figures - 1, -1, -1)
        if len(f"{abs(scaled):.{d}f}") <= figures + (d > 0) or d == 0
    )
    return f"{scaled:.{digits}f}{_SUFFIXES[power]}"


def _last_cells(text: str, cells: int) -> str:
    kept = ""
    for character in reversed(text):
        if cell_len(character + kept) > cells:
            break
        kept = character + kept
    # A wide character may not fit the last cell; a blank keeps the column.
    return " " * (cells - cell_len(kept)) + kept
