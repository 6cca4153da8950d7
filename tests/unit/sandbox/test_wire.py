"""Instants, durations and parameters as they are on the wire."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflow.sandbox.answers import Refused, encode
from workflow.sandbox.params import Body, Query, parse_instant, path_job_id, path_uuid
from workflow.sandbox.spans import parse_span
from workflow.sandbox.wire import instant, span

START = 1_774_402_200.0


@pytest.mark.parametrize(
    ("epoch", "text"),
    [
        (START, "2026-03-25T01:30Z"),
        (START + 0.999, "2026-03-25T01:30Z"),
        (START + 1, "2026-03-25T01:30:01Z"),
        (START + 59, "2026-03-25T01:30:59Z"),
    ],
)
def test_an_instant_loses_its_seconds_when_they_are_zero(epoch: float, text: str) -> None:
    assert instant(epoch) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "PT0S"),
        (40, "PT40S"),
        (60, "PT1M"),
        (130_000, "PT36H6M40S"),
        (7_200, "PT2H"),
        (-5, "PT-5S"),
    ],
)
def test_a_duration_has_hours_but_never_days(seconds: int, text: str) -> None:
    assert span(seconds) == text


@given(st.integers(0, 4_000_000_000))
def test_an_instant_on_the_wire_can_be_sent_back(epoch: int) -> None:
    assert parse_instant(instant(epoch)) == epoch


@pytest.mark.parametrize(
    ("text", "epoch"),
    [
        ("2026-03-25T01:30:00Z", START),
        ("2026-03-25T01:30:00.250Z", START + 0.25),
        ("2026-03-25T03:30:00+02:00", START),
        ("2026-03-24T20:00:00-05:30", START),
        ("2026-03-25T01:30:00", None),
        ("2026-03-25", None),
        ("2026-02-30T00:00:00Z", None),
        ("1687450500000", None),
        ("2026-03-25T01:30:00 00:00", None),
        ("٢٠٢٦-03-25T01:30:00Z", None),
    ],
)
def test_date_times_need_an_offset(text: str, epoch: float | None) -> None:
    assert parse_instant(text) == epoch


@given(st.text())
def test_no_text_breaks_the_reading_of_instants(text: str) -> None:
    parse_instant(text)


@given(st.text(max_size=20))
def test_no_text_breaks_the_reading_of_spans(text: str) -> None:
    seconds = parse_span(text)
    assert seconds is None or seconds >= 0


def status_of(read: Callable[[], object]) -> int:
    """Return the status with which reading is refused, 200 when it is not."""
    try:
        read()
    except Refused as refusal:
        return refusal.answer.status
    return 200


@given(st.binary(max_size=80))
def test_no_bytes_break_the_reading_of_a_query(raw: bytes) -> None:
    def read() -> None:
        query = Query(raw, "/", lambda: "x")
        query.limit()
        query.uuids("workspaceIds")

    assert status_of(read) in {200, 400}


@given(st.binary(max_size=80))
def test_no_bytes_break_the_reading_of_a_body(raw: bytes) -> None:
    assert status_of(lambda: Body(raw, "/").text("name")) in {200, 400}


@given(st.text(max_size=40))
def test_no_text_breaks_the_reading_of_path_ids(text: str) -> None:
    assert status_of(lambda: path_job_id(text, "/")) in {200, 400}
    assert status_of(lambda: path_uuid(text, "id", "/")) in {200, 400}


def test_a_job_id_is_an_int64() -> None:
    assert path_job_id(str(2**63 - 1), "/") == 2**63 - 1
    with pytest.raises(Refused):
        path_job_id(str(2**63), "/")


@given(st.text() | st.just("\ud800 lone surrogate"))
def test_every_text_that_json_allows_survives_encoding(text: str) -> None:
    assert json.loads(encode({"name": text})) == {"name": text}
