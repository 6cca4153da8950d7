"""What is said of a connection: from its jobs, its schedule and its habits, and no more."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from workflow.airbyte.models import (
    CLEAR,
    RESET,
    Connection,
    ConnectionId,
    Job,
    JobId,
    JobType,
    Schedule,
    Status,
)
from workflow.airbyte.readings import Reading
from workflow.runs.connection_view import MOST_HISTORY, ConnectionView, merged, view_of
from workflow.runs.schedules import due, habit, interval, late
from workflow.text import safe

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def basic(text: str) -> Schedule:
    return Schedule(safe("basic"), basic_timing=safe(text))


CRON = Schedule(safe("cron"), cron=safe("0 0 * * * ?"))
MANUAL = Schedule(safe("manual"))


def job(
    number: int,
    status: str = "succeeded",
    hours_ago: float = 1.0,
    minutes: float = 10.0,
    rows: int | None = 5,
) -> Job:
    start = NOW - hours_ago * HOUR
    return Job(
        JobId(number),
        ConnectionId("c-1"),
        Status(safe(status)),
        JobType(safe("sync")),
        start_time=start,
        duration=timedelta(minutes=minutes),
        rows_synced=rows,
    )


def view(
    *jobs: Job, schedule: Schedule | None = None, status: str = "active", live: Job | None = None
) -> ConnectionView:
    connection = Connection(ConnectionId("c-1"), safe("c"), "c", safe(status), schedule=schedule)
    reading = None if live is None else Reading(live, NOW, NOW, 1, "delta")
    return view_of(connection, jobs, reading, NOW, read=True)


@pytest.mark.parametrize(
    ("text", "every"),
    [
        ("Every 24 HOURS", timedelta(hours=24)),
        ("Every 1 HOUR", timedelta(hours=1)),
        ("every 5 minutes", timedelta(minutes=5)),
        ("Every 2 WEEKS", timedelta(weeks=2)),
        ("Every blue moon", None),
        ("", None),
    ],
)
def test_a_basic_schedule_is_read_from_the_servers_words(
    text: str, every: timedelta | None
) -> None:
    assert interval(basic(text)) == every


def test_a_basic_schedule_is_due_so_long_after_the_last_job_was_created() -> None:
    expected = due(basic("Every 6 HOURS"), [NOW - HOUR, NOW - 7 * HOUR])
    assert expected is not None
    assert (expected.at, expected.by) == (NOW + 5 * HOUR, "schedule")


def test_a_cron_schedule_is_due_by_habit_and_says_so() -> None:
    starts = [NOW - n * HOUR for n in range(1, 6)]
    expected = due(CRON, starts)
    assert expected is not None
    assert (expected.at, expected.by) == (NOW, "habit")


def test_starts_without_a_rhythm_are_no_habit() -> None:
    starts = [NOW - n * HOUR for n in (1, 2, 9, 10, 30, 31, 80)]
    assert habit(starts) is None


def test_two_starts_are_no_habit() -> None:
    assert habit([NOW, NOW - HOUR]) is None


@pytest.mark.parametrize("schedule", [MANUAL, None, basic("Every blue moon")])
def test_nothing_is_due_where_nothing_can_be_told(schedule: Schedule | None) -> None:
    assert due(schedule, [NOW - HOUR, NOW - 2 * HOUR]) is None


def test_nothing_is_due_of_a_connection_that_never_ran() -> None:
    assert due(basic("Every 6 HOURS"), []) is None


def test_a_start_that_did_not_come_is_late_after_a_grace() -> None:
    expected = due(basic("Every 1 HOUR"), [NOW - HOUR])
    assert late(expected, NOW + timedelta(minutes=4)) is None
    assert late(expected, NOW + timedelta(minutes=61)) == timedelta(minutes=61)


def test_the_usual_duration_is_the_median_of_what_succeeded() -> None:
    seen = view(job(4, minutes=12), job(3, "failed", minutes=1), job(2, minutes=10), job(1))
    assert (seen.usual, seen.usual_of) == (timedelta(minutes=10), 3)


def test_what_wipes_is_no_success_of_a_sync_and_says_nothing_of_its_time() -> None:
    wiped = [
        replace(job(number, hours_ago=1, minutes=1), job_type=kind)
        for number, kind in ((9, RESET), (8, CLEAR))
    ]
    seen = view(*wiped, *(job(number, hours_ago=8, minutes=10) for number in (3, 2, 1)))
    assert (seen.usual, seen.usual_of) == (timedelta(minutes=10), 3)
    assert seen.last_success_at == NOW - 8 * HOUR + timedelta(minutes=10)
    assert seen.last_job_id == 9


def test_two_successes_are_not_enough_for_a_usual_duration() -> None:
    assert view(job(2), job(1)).usual is None


def test_the_last_success_may_be_older_than_the_last_job() -> None:
    seen = view(job(3, "failed", 1), job(2, "failed", 2), job(1, "succeeded", 8, minutes=0))
    assert (seen.last_status, seen.last_job_id) == ("failed", 3)
    assert seen.last_success_at == NOW - 8 * HOUR


def test_a_connection_whose_job_runs_is_not_late() -> None:
    running = job(2, "running", 3)
    schedule = basic("Every 1 HOUR")
    assert view(job(1, hours_ago=9), schedule=schedule).late == 8 * HOUR
    assert view(running, job(1, hours_ago=9), schedule=schedule, live=running).late is None


def test_an_inactive_connection_is_never_late() -> None:
    assert view(job(1, hours_ago=9), schedule=basic("Every 1 HOUR"), status="inactive").late is None


def test_nothing_is_said_of_a_connection_whose_jobs_were_not_read() -> None:
    connection = Connection(ConnectionId("c-1"), safe("c"), "c", safe("active"))
    seen = view_of(connection, (), None, NOW, read=False)
    assert (seen.read, seen.last_status, seen.next_due) == (False, None, None)


def test_histories_are_joined_newest_first_each_job_once() -> None:
    joined = merged([job(2, "running"), job(1)], [job(3, "pending"), job(2)])
    assert [(one.job_id, one.status) for one in joined] == [
        (3, "pending"),
        (2, "succeeded"),
        (1, "succeeded"),
    ]


def test_an_answer_without_rows_does_not_take_known_ones_away() -> None:
    joined = merged([job(1, "cancelled", rows=7)], [job(1, "cancelled", rows=None)])
    assert joined[0].rows_synced == 7


def test_a_history_is_bounded() -> None:
    assert len(merged([], [job(number) for number in range(200)])) == MOST_HISTORY
