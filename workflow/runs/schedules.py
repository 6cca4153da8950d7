"""When a connection is due next, and whether it is late: pure arithmetic on past starts.

A basic schedule is exact: so long after its last job was created. A cron expression is not read
(its dialect is Quartz's, and a wrong answer is worse than none): what is said of it comes from
habit, the usual distance between past starts, and says so.
"""

from __future__ import annotations

import itertools
import re
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from workflow.airbyte.models import Schedule

DueBy = Literal["schedule", "habit"]
"""How the next start is known: exactly, from a basic schedule, or from past starts."""

_BASIC: Final = re.compile(r"every\s+(\d{1,5})\s+(minute|hour|day|week|month)s?", re.IGNORECASE)
_UNITS: Final = {
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(weeks=1),
    "month": timedelta(days=30),
}
_ENOUGH: Final = 4
"""Starts that make a habit."""
_STEADY: Final = 0.2
"""How far distances may stray from their median, as a part of it, to be a habit."""
GRACE: Final = timedelta(minutes=5)
"""A start may be that much after it was due before it counts as late."""


@dataclass(frozen=True, slots=True)
class Due:
    """When the next start is expected."""

    at: datetime
    by: DueBy


def due(schedule: Schedule | None, starts: Sequence[datetime]) -> Due | None:
    """Return when the next job is due; None for manual ones and where nothing can be told.

    `starts` are when past jobs were created, newest first.
    """
    if schedule is None or not starts:
        return None
    if schedule.kind == "basic" and (every := interval(schedule)) is not None:
        return Due(starts[0] + every, "schedule")
    if schedule.kind == "cron" and (every := habit(starts)) is not None:
        return Due(starts[0] + every, "habit")
    return None


def interval(schedule: Schedule) -> timedelta | None:
    """Return a basic schedule's interval, from words such as ``Every 24 HOURS``."""
    match = _BASIC.search(schedule.basic_timing or "")
    return None if match is None else int(match[1]) * _UNITS[match[2].lower()]


def habit(starts: Sequence[datetime]) -> timedelta | None:
    """Return the usual distance between starts, newest first; None when there is no habit."""
    gaps = [(a - b).total_seconds() for a, b in itertools.pairwise(starts)]
    if len(gaps) < _ENOUGH - 1:
        return None
    middle = statistics.median(gaps)
    near = sum(abs(gap - middle) <= _STEADY * middle for gap in gaps)
    return timedelta(seconds=middle) if middle > 0 and near * 2 > len(gaps) else None


def late(expected: Due | None, now: datetime) -> timedelta | None:
    """Return for how long a start has been due that did not come; None when none is."""
    if expected is None or now - expected.at <= GRACE:
        return None
    return now - expected.at
