"""Schedules: how they are read and when they fire."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from workflow.sandbox.schedule import (
    MANUAL,
    Every,
    ScheduleError,
    next_after,
    parse_cron,
    parse_schedule,
)


def _next(text: str, last: str) -> str:
    when = next_after(parse_cron(text), datetime.fromisoformat(last).timestamp(), 1.0)
    assert when is not None
    return datetime.fromtimestamp(when, UTC).strftime("%Y-%m-%dT%H:%M:%S")


@pytest.mark.parametrize(
    ("text", "last", "expected"),
    [
        ("0 0 3 * * ?", "2026-03-25T01:30:00+00:00", "2026-03-25T03:00:00"),
        ("0 0 3 * * ?", "2026-03-25T03:00:00+00:00", "2026-03-26T03:00:00"),
        ("0 */15 * * * ?", "2026-03-25T01:31:10+00:00", "2026-03-25T01:45:00"),
        ("30 59 23 31 12 ?", "2026-12-31T23:59:30+00:00", "2027-12-31T23:59:30"),
        ("0 0 9 ? * MON-FRI", "2026-03-27T09:00:00+00:00", "2026-03-30T09:00:00"),
        ("0 0 0 29 2 ?", "2026-03-01T00:00:00+00:00", "2028-02-29T00:00:00"),
        ("0 10,40 4/8 * * ? UTC", "2026-03-25T04:10:00+00:00", "2026-03-25T04:40:00"),
    ],
)
def test_a_cron_fires_next(text: str, last: str, expected: str) -> None:
    assert _next(text, last) == expected


def test_a_day_that_never_comes_never_fires() -> None:
    assert next_after(parse_cron("0 0 0 31 2 ?"), 1.7e9, 1.0) is None


@pytest.mark.parametrize(
    "text",
    ["", "* * * *", "0 0 25 * * ?", "0 0 x * * ?", "0 5-1 * * * ?", "0 */0 * * * ?", "٣ * * * * ?"],
)
def test_what_is_no_cron_is_refused(text: str) -> None:
    with pytest.raises(ScheduleError):
        parse_cron(text)


def test_an_interval_is_shortened_by_the_speed() -> None:
    assert next_after(Every(6, "hours"), 1_000.0, 60.0) == 1_360.0


def test_a_manual_schedule_never_fires() -> None:
    assert next_after(MANUAL, 0.0, 1.0) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("manual", MANUAL),
        ("every 6 hours", Every(6, "hours")),
        ("every hour", Every(1, "hours")),
        ("every 24 hours", Every(24, "hours")),
        ("every 2 weeks", Every(2, "weeks")),
    ],
)
def test_schedules_are_read_as_people_write_them(text: str, expected: object) -> None:
    assert parse_schedule(text) == expected


@pytest.mark.parametrize("text", ["sometimes", "every 0 hours", "every", "every 6 moons"])
def test_what_is_no_schedule_is_refused(text: str) -> None:
    with pytest.raises(ScheduleError):
        parse_schedule(text)
