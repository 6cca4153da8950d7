"""When a connection starts by itself: never, every so often, or by a Quartz cron expression.

Pure calendar work: :func:`next_after` says when; starting the job is
:mod:`workflow.sandbox.life`'s. A cron's times are wall time; an interval is a span like a job's
duration, so the sandbox's speed shortens it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Literal

TimeUnit = Literal["minutes", "hours", "days", "weeks", "months"]

_UNIT_SECONDS: Final[dict[TimeUnit, float]] = {
    "minutes": 60.0,
    "hours": 3_600.0,
    "days": 86_400.0,
    "weeks": 604_800.0,
    "months": 2_592_000.0,
}
_LONGEST_SEARCH: Final = 366 * 5


class ScheduleError(ValueError):
    """Text that is no schedule; the message is one sentence."""


@dataclass(frozen=True, slots=True)
class Manual:
    """Starts only when asked."""


@dataclass(frozen=True, slots=True)
class Every:
    """Starts that long after its last start."""

    units: int
    unit: TimeUnit

    @property
    def seconds(self) -> float:
        """The nominal interval."""
        return self.units * _UNIT_SECONDS[self.unit]


@dataclass(frozen=True, slots=True)
class Cron:
    """Starts at wall-clock times; `text` is kept as it was written, fields are parsed sets."""

    text: str
    seconds: frozenset[int]
    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]


Schedule = Manual | Every | Cron
MANUAL: Final = Manual()

_MONTHS: Final = (
    "JAN",
    "FEB",
    "MAR",
    "APR",
    "MAY",
    "JUN",
    "JUL",
    "AUG",
    "SEP",
    "OCT",
    "NOV",
    "DEC",
)
_WEEKDAYS: Final = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_EVERY: Final = re.compile(r"every (?:(\d{1,5}) )?(minute|hour|day|week|month)s?", re.IGNORECASE)


def parse_schedule(text: str) -> Schedule:
    """Read ``manual``, ``every 6 hours`` or ``cron 0 0 3 * * ?``; raise :class:`ScheduleError`."""
    words = text.strip()
    if words.lower() == "manual":
        return MANUAL
    if words.lower().startswith("cron "):
        return parse_cron(words[5:])
    match = _EVERY.fullmatch(words)
    if match is None or match[1] == "0":
        raise ScheduleError(
            f"{text[:80]!r} is not a schedule; write manual, every 6 hours, or cron 0 0 3 * * ?"
        )
    return Every(int(match[1] or 1), _unit(match[2]))


def _unit(word: str) -> TimeUnit:
    for unit in _UNIT_SECONDS:
        if unit.startswith(word.lower()):
            return unit
    raise ScheduleError(f"{word!r} is not a unit of time")  # pragma: no cover - the pattern forbids


def parse_cron(text: str) -> Cron:
    """Read a Quartz cron expression (seconds first; a time zone at the end must be UTC)."""
    fields = text.split()
    if len(fields) == 7 and fields[-1].upper() in {"UTC", "GMT", "ETC/UTC"}:
        fields.pop()
    if len(fields) != 6:
        raise ScheduleError(
            f"{text[:80]!r} is not a Quartz cron expression: six fields, seconds first, UTC"
        )
    weekdays = _field(fields[5], 1, 7, _WEEKDAYS)
    return Cron(
        text=text.strip(),
        seconds=_field(fields[0], 0, 59),
        minutes=_field(fields[1], 0, 59),
        hours=_field(fields[2], 0, 23),
        days=_field(fields[3], 1, 31),
        months=_field(fields[4], 1, 12, _MONTHS),
        weekdays=weekdays,
    )


def _field(text: str, low: int, high: int, names: tuple[str, ...] = ()) -> frozenset[int]:
    values: set[int] = set()
    for part in text.split(","):
        span, _, step = part.partition("/")
        first, dash, last = span.partition("-")
        if span in {"*", "?"}:
            start, end = low, high
        else:
            start = _number(first, low, high, names)
            end = _number(last, low, high, names) if dash else (high if step else start)
        stride = int(step) if step.isascii() and step.isdigit() and len(step) < 4 else 0
        if start > end or (step and stride == 0):
            raise ScheduleError(f"{part[:40]!r} is not a cron field between {low} and {high}")
        values.update(range(start, end + 1, stride or 1))
    return frozenset(values)


def _number(text: str, low: int, high: int, names: tuple[str, ...]) -> int:
    if text.upper() in names:
        return names.index(text.upper()) + low
    if text.isascii() and text.isdigit() and len(text) < 4 and low <= int(text) <= high:
        return int(text)
    raise ScheduleError(f"{text[:40]!r} is not a cron value between {low} and {high}")


def next_after(schedule: Schedule, last: float, speed: float) -> float | None:
    """Return the instant of the next start after `last`, or None when there is none.

    `last` and the answer are seconds since the epoch.
    """
    if isinstance(schedule, Manual):
        return None
    if isinstance(schedule, Every):
        return last + schedule.seconds / speed
    return _next_cron(schedule, last)


def _next_cron(cron: Cron, last: float) -> float | None:
    moment = datetime.fromtimestamp(int(last) + 1, UTC)
    day = moment.replace(hour=0, minute=0, second=0)
    floor = (moment.hour, moment.minute, moment.second)
    for _ in range(_LONGEST_SEARCH):
        if _on_day(cron, day):
            for hour in sorted(h for h in cron.hours if h >= floor[0]):
                for minute in sorted(cron.minutes):
                    for second in sorted(cron.seconds):
                        if (hour, minute, second) >= floor:
                            return day.replace(hour=hour, minute=minute, second=second).timestamp()
        day += timedelta(days=1)
        floor = (0, 0, 0)
    return None


def _on_day(cron: Cron, day: datetime) -> bool:
    # Quartz counts Sunday as 1.
    weekday = day.isoweekday() % 7 + 1
    return day.month in cron.months and day.day in cron.days and weekday in cron.weekdays
