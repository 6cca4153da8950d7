"""Jobs and connections out of the server's JSON, whatever it writes."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workflow.airbyte.models import (
    CLEAR,
    REFRESH,
    RESET,
    RUNNING,
    SUCCEEDED,
    SYNC,
    JobType,
    Status,
    is_terminal,
    same_kind,
)
from workflow.airbyte.parsing import (
    parse_connection,
    parse_job,
    parse_page,
    parse_tag,
    parse_workspace,
)
from workflow.airbyte.shapes import BadAnswer
from workflow.http.strict_json import Json
from workflow.text import SafeText

JOB: dict[str, Json] = {
    "jobId": 90431,
    "status": "running",
    "jobType": "sync",
    "startTime": "2026-03-25T01:30Z",
    "connectionId": "9c2a1f",
    "duration": "PT36H6M40.5S",
    "rowsSynced": 1_204_118,
    "bytesSynced": 642_111_000_000,
    "attempts": [1, 2],
}


def test_a_start_without_seconds_is_read() -> None:
    assert parse_job(JOB).start_time == datetime(2026, 3, 25, 1, 30, tzinfo=UTC)


def test_unknown_fields_survive() -> None:
    assert parse_job(JOB).raw == JOB


@pytest.mark.parametrize(
    ("fields", "stamp"),
    [
        ({"lastUpdatedAt": "2026-03-25T05:00:01Z"}, datetime(2026, 3, 25, 5, 0, 1, tzinfo=UTC)),
        ({}, datetime(2026, 3, 26, 13, 36, 40, 500_000, tzinfo=UTC)),
        ({"duration": None}, datetime(2026, 3, 25, 1, 30, tzinfo=UTC)),
        ({"duration": None, "startTime": None}, None),
        ({"startTime": "9999-12-31T00:00Z"}, datetime(9999, 12, 31, tzinfo=UTC)),
    ],
)
def test_the_stamp_is_the_last_change_of_the_row(
    fields: dict[str, Json], stamp: datetime | None
) -> None:
    assert parse_job({**JOB, **fields}).stamp == stamp


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("PT0S", timedelta()),
        ("PT1H2M3.25S", timedelta(hours=1, minutes=2, seconds=3.25)),
        ("P2DT3H", timedelta(days=2, hours=3)),
        ("PT-5S", timedelta(seconds=-5)),
        ("-PT5S", timedelta(seconds=-5)),
    ],
)
def test_durations_are_read_as_java_prints_them(text: str, span: timedelta) -> None:
    assert parse_job({**JOB, "duration": text}).duration == span


def test_an_unknown_status_is_kept_and_is_not_the_end() -> None:
    job = parse_job({**JOB, "status": "hibernating\x1b[31m"})

    assert job.status == "hibernating[31m"
    assert not job.is_terminal


def test_only_three_statuses_end_a_job() -> None:
    words = ("pending", "queued", "running", "incomplete", "succeeded", "failed", "cancelled")

    ends = [word for word in words if is_terminal(Status(SafeText(word)))]

    assert ends == ["succeeded", "failed", "cancelled"]


def test_a_clear_comes_back_as_a_reset() -> None:
    assert same_kind(CLEAR, RESET)
    assert same_kind(SYNC, JobType(SafeText("sync")))
    assert not same_kind(SYNC, CLEAR)
    assert not same_kind(REFRESH, RESET)


def test_absent_numbers_are_unknown_and_not_zero() -> None:
    answer_to_post = {name: JOB[name] for name in ("jobId", "status", "jobType", "connectionId")}

    job = parse_job(answer_to_post)

    assert (job.rows_synced, job.bytes_synced, job.duration) == (None, None, None)


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"jobId": None}, "the job has no jobId"),
        ({"jobId": "90431"}, "jobId of the job is not a whole number but text"),
        ({"jobId": True}, "not a whole number but true or false"),
        ({"jobId": 2**63}, "does not fit 64 bits"),
        ({"jobId": -1}, "negative"),
        ({"status": None}, "job 90431 has no status"),
        ({"status": "\x1b\x07"}, "job 90431 has no status"),
        ({"status": 3}, "status of job 90431 is not text but a number"),
        ({"connectionId": "../../secrets"}, "connectionId of job 90431 is not an id"),
        ({"startTime": "yesterday"}, "startTime of job 90431 is not a time: 'yesterday'"),
        ({"startTime": 1e300}, "is not a time"),
        ({"startTime": "0001-01-01T00:00:00+23:59"}, "is not a time"),
        ({"duration": "PT"}, "is not a duration"),
        ({"duration": "PT999999999999H"}, "longer than all time"),
        ({"rowsSynced": 1.5}, "rowsSynced of job 90431 is not a whole number"),
        ({"rowsSynced": 10**30}, "does not fit 64 bits"),
    ],
)
def test_what_makes_no_sense_is_one_sentence(fields: dict[str, Json], why: str) -> None:
    with pytest.raises(BadAnswer) as caught:
        parse_job({**JOB, **fields})
    assert why in caught.value.text


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(st.sampled_from([*sorted(JOB), "lastUpdatedAt"]), JSON_VALUES))
def test_no_job_raises_anything_but_a_bad_answer(odd: dict[str, Json]) -> None:
    try:
        job = parse_job({**JOB, **odd})
    except BadAnswer as problem:
        told = problem.text
    else:
        told = SafeText(f"{job.status}, {job.stamp}")
    assert "\n" not in told


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(["name", "status", "schedule", "tags", "createdAt", "configurations"]),
        JSON_VALUES,
    )
)
def test_no_connection_raises_anything_but_a_bad_answer(odd: dict[str, Json]) -> None:
    whole: dict[str, Json] = {"connectionId": "9c2a1f", "status": "active", **odd}
    try:
        told = parse_connection(whole).name
    except BadAnswer as problem:
        told = problem.text
    assert "\n" not in told


def test_a_connection_is_read_whole() -> None:
    connection = parse_connection(
        {
            "connectionId": "9c2a1f",
            "name": "[bold red]x[/] \x1b]0;owned\x07",
            "sourceId": "s1",
            "destinationId": "d1",
            "workspaceId": "w1",
            "status": "active",
            "schedule": {"scheduleType": "cron", "cronExpression": "0 0 * * * ?"},
            "configurations": {"streams": [{}, {}, {}]},
            "createdAt": 1_774_402_200,
            "tags": [{"tagId": "t1", "workspaceId": "w1", "name": "critical", "color": "FF0000"}],
        }
    )

    assert connection.name == "[bold red]x[/] ]0;owned"
    assert connection.raw_name == "[bold red]x[/] \x1b]0;owned\x07"
    assert connection.is_active
    assert connection.schedule is not None
    assert (connection.schedule.kind, connection.schedule.cron) == ("cron", "0 0 * * * ?")
    assert connection.stream_count == 3
    assert connection.created_at == datetime(2026, 3, 25, 1, 30, tzinfo=UTC)
    assert [tag.name for tag in connection.tags] == ["critical"]


def test_one_bad_row_does_not_hide_the_others() -> None:
    page = parse_page({"data": [JOB, {**JOB, "jobId": "x"}, 7, JOB]}, "jobs", parse_job)

    assert (len(page.items), page.size, len(page.unreadable)) == (2, 4, 2)
    assert all(text.startswith("The list of jobs has a row that") for text in page.unreadable)
    assert all(text.endswith(".") for text in page.unreadable)


@pytest.mark.parametrize("body", [None, [], {}, {"data": 3}, {"jobs": []}, "text"])
def test_a_list_without_data_is_said(body: Json) -> None:
    with pytest.raises(BadAnswer, match="list of jobs"):
        parse_page(body, "jobs", parse_job)


def test_a_nameless_workspace_goes_by_its_id() -> None:
    assert parse_workspace({"workspaceId": "w1"}).name == "w1"
    assert parse_tag({"tagId": "t1", "name": "a\nb"}).name == "a b"


@pytest.mark.parametrize("name", ["", "   ", "\u200b\u202e", "\n\t"])
def test_a_name_that_nobody_can_see_gives_way_to_the_short_id(name: str) -> None:
    number = "6f1c83a0-5b4e-4a69-9ce9-930c9f2600e2"
    found = parse_connection({"connectionId": number, "name": name, "status": "active"})
    assert found.name == "6f1c83a0…e2"


def test_a_terminal_job_says_so() -> None:
    assert parse_job({**JOB, "status": SUCCEEDED}).is_terminal
    assert not parse_job({**JOB, "status": RUNNING}).is_terminal
    assert json.dumps(parse_job(JOB).raw)
