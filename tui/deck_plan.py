"""Where the parts of the deck are, for every size of terminal.

Below 100 columns there is one pane at a time, named by tabs; from there on connections stand
beside the runs with detail and events under them; from 170 on detail and events have a column of
their own. Rules take the place of boxes. Pure: a size in, regions out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from textual.geometry import Region


class Pane(StrEnum):
    """What can have the focus."""

    RUNS = "runs"
    CONNECTIONS = "connections"
    EVENTS = "events"


class Part(StrEnum):
    """Everything that has a place; the value is the widget's id."""

    HEADER = "header"
    LAUNCH = "launch"
    TOP = "rule-top"
    MIDDLE = "rule-middle"
    BOTTOM = "rule-bottom"
    LEFT_BAR = "bar-left"
    RIGHT_BAR = "bar-right"
    RUNS = "runs"
    CONNECTIONS = "connections"
    EVENTS = "events"
    DETAIL = "detail"
    LAST_EVENT = "last-event"
    GANTT = "gantt"
    GANTT_RULE = "rule-gantt"
    KEYS = "keys"
    TOO_SMALL = "too-small"


class Style(StrEnum):
    """How much is on the screen at once."""

    TABS = "tabs"
    PANES = "panes"
    COLUMNS = "columns"


@dataclass(frozen=True, slots=True)
class Wish:
    """What the operator wants to see of it."""

    pane: Pane = Pane.RUNS
    launch: bool = False
    """There is a launch to show."""
    wide: bool = False
    zoom: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """The places. A part that is not in `regions` is not shown."""

    style: Style
    regions: Mapping[Part, Region]
    left_bar: int | None = None
    """Where the bar between connections and the rest meets the rules."""
    right_bar: int | None = None
    """Where the bar between detail and events, or before their column, meets the rules."""


LEAST: Final = (30, 6)
"""Cells and lines below which nothing can be read."""
NARROW: Final = 100
COLUMNS_FROM: Final = 170
_CONNECTIONS: Final = 34
_CONNECTIONS_MOST: Final = 46
_SIDE: Final = 56
_GANTT: Final = 10
"""Lines of the strip of bars, its axis included."""


def plan(width: int, height: int, wish: Wish) -> Plan:
    """Return where everything is on a screen of this size."""
    if width < LEAST[0] or height < LEAST[1]:
        return Plan(Style.TABS, {Part.TOO_SMALL: Region(0, 0, width, height)})
    regions: dict[Part, Region] = {Part.HEADER: Region(0, 0, width, 1)}
    top = 1
    if wish.launch and height >= 12:
        regions[Part.LAUNCH] = Region(0, top, width, 1)
        top += 1
    regions[Part.TOP] = Region(0, top, width, 1)
    body = Region(0, top + 1, width, max(1, height - top - 2))
    regions[Part.KEYS] = Region(0, height - 1, width, 1)
    if wish.zoom:
        regions[Part(wish.pane.value)] = body
        return Plan(Style.TABS, regions)
    if width < NARROW:
        return _tabs(regions, body, wish)
    if width >= COLUMNS_FROM and height >= 24:
        return _columns(regions, body, wish)
    return _panes(regions, body, wish)


def _tabs(regions: dict[Part, Region], body: Region, wish: Wish) -> Plan:
    left, top, width, height = body
    if height >= 14:
        detail = 5 if height >= 19 else 3
        last = 1
        upper = height - detail - last - 1
        regions[Part.MIDDLE] = Region(left, top + upper, width, 1)
        regions[Part.DETAIL] = Region(left, top + upper + 1, width, detail)
        regions[Part.LAST_EVENT] = Region(left, top + height - 1, width, 1)
        height = upper
    regions[Part(wish.pane.value)] = Region(left, top, width, height)
    return Plan(Style.TABS, regions)


def _panes(regions: dict[Part, Region], body: Region, wish: Wish) -> Plan:
    left, top, width, height = body
    lower = 8 if height >= 26 else 6 if height >= 18 else 0
    upper = height - lower - 2 if lower else height
    right_bar = None
    if lower:
        right_bar = width * 57 // 100
        under = top + upper + 1
        regions[Part.MIDDLE] = Region(left, top + upper, width, 1)
        regions[Part.DETAIL] = Region(left, under, right_bar, lower)
        regions[Part.RIGHT_BAR] = Region(right_bar, under, 1, lower)
        regions[Part.EVENTS] = Region(right_bar + 1, under, width - right_bar - 1, lower)
        regions[Part.BOTTOM] = Region(left, under + lower, width, 1)
    left_bar = _upper(regions, Region(left, top, width, upper), wish, _beside(width))
    return Plan(Style.PANES, regions, left_bar, right_bar)


def _columns(regions: dict[Part, Region], body: Region, wish: Wish) -> Plan:
    left, top, width, height = body
    side = 0 if wish.wide else _SIDE
    height -= 1
    regions[Part.BOTTOM] = Region(left, top + height, width, 1)
    right_bar = None
    if side:
        right_bar = width - side
        detail = min(16, max(10, height // 3))
        column = right_bar + 1
        regions[Part.RIGHT_BAR] = Region(right_bar, top, 1, height)
        regions[Part.DETAIL] = Region(column, top, side - 1, detail)
        regions[Part.MIDDLE] = Region(column, top + detail, side - 1, 1)
        regions[Part.EVENTS] = Region(column, top + detail + 1, side - 1, height - detail - 1)
    middle = Region(left, top, width - side, height)
    left_bar = _upper(regions, middle, wish, _beside(width))
    if height >= 36 and Part.RUNS in regions:
        _under_runs(regions)
    return Plan(Style.COLUMNS, regions, left_bar, right_bar)


def _under_runs(regions: dict[Part, Region]) -> None:
    """Take the strip of bars from the foot of the runs."""
    left, top, width, height = regions[Part.RUNS]
    height -= _GANTT + 1
    regions[Part.RUNS] = Region(left, top, width, height)
    regions[Part.GANTT_RULE] = Region(left, top + height, width, 1)
    regions[Part.GANTT] = Region(left, top + height + 1, width, _GANTT)


def _beside(width: int) -> int:
    """Return how many cells the connections get: at 120 the least they are readable with."""
    return min(_CONNECTIONS_MOST, max(_CONNECTIONS, width * 29 // 100))


def _upper(regions: dict[Part, Region], place: Region, wish: Wish, cells: int) -> int | None:
    """Put connections and runs side by side, or the one wanted over the whole width."""
    left, top, width, height = place
    if wish.wide:
        wanted = Part.CONNECTIONS if wish.pane is Pane.CONNECTIONS else Part.RUNS
        regions[wanted] = place
        return None
    regions[Part.CONNECTIONS] = Region(left, top, cells, height)
    regions[Part.LEFT_BAR] = Region(left + cells, top, 1, height)
    regions[Part.RUNS] = Region(left + cells + 1, top, width - cells - 1, height)
    return cells
