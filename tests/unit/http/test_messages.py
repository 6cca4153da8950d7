"""JSON that can be relied on, headers, dates."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from workflow.http.failures import BadBody
from workflow.http.messages import Headers, Response, parse_http_date, retry_after
from workflow.http.steady import SteadyClock
from workflow.http.strict_json import parse

NOON = datetime(2026, 3, 25, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "empty"),
        (b"  \n", "empty"),
        (b"\xff\xfe{\x00}\x00", "not UTF-8"),
        ('{"name": "é"}'.encode("latin-1"), "not UTF-8"),
        (b'{"jobId": 1', "not JSON"),
        (b'{"jobId": 1} trailing', "not JSON"),
        (b"{'jobId': 1}", "not JSON"),
        (b"<!doctype html><title>502</title>", "web page"),
        (b"[NaN]", "NaN"),
        (b"[-Infinity]", "Infinity"),
        (b"[1e999]", "beyond all bounds"),
        (b"[" + b"9" * 5_000 + b"]", "5000 digits"),
        (b'{"status": "running", "status": "failed"}', "'status' twice"),
        (b"[" * 200_000, "nested"),
        (b'{"a":' * 100_000, "nested"),
    ],
)
def test_what_is_not_json_is_one_sentence(content: bytes, why: str) -> None:
    with pytest.raises(BadBody, match=why) as caught:
        parse(content)
    assert "\n" not in caught.value.text
    assert len(caught.value.text) < 200


def test_json_keeps_its_types() -> None:
    assert parse(b'\xef\xbb\xbf{"a": [1, 2.5, true, null, "\\u00e9"]}') == {
        "a": [1, 2.5, True, None, "é"]
    }


def test_headers_match_whatever_their_case_and_hide_their_values() -> None:
    headers = Headers([("Retry-After", "5"), ("Set-Cookie", "canary=1"), ("SET-COOKIE", "b=2")])

    assert headers["retry-after"] == "5"
    assert headers["set-cookie"] == "canary=1, b=2"
    assert "canary" not in repr(headers)


@pytest.mark.parametrize(
    ("value", "date"),
    [
        ("Wed, 25 Mar 2026 12:00:00 GMT", NOON),
        ("Wed, 25 Mar 2026 13:00:00 +0100", NOON),
        ("yesterday", None),
        ("", None),
        (None, None),
        ("Wed, 99 Mar 2026 99:00:00 GMT", None),
        ("x" * 10_000, None),
    ],
)
def test_a_date_header_is_read_or_left(value: str | None, date: datetime | None) -> None:
    assert parse_http_date(value) == date


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7.0),
        ("0", 0.0),
        ("Wed, 25 Mar 2026 12:00:30 GMT", 30.0),
        ("Wed, 25 Mar 2026 11:00:00 GMT", 0.0),
        ("soon", None),
        ("-5", None),
        ("²", None),
        ("9" * 50, None),
    ],
)
def test_retry_after_is_a_number_or_a_date(value: str, seconds: float | None) -> None:
    assert retry_after(Headers([("Retry-After", value)]), NOON) == seconds


def test_a_response_shows_no_body_in_its_repr() -> None:
    response = Response(200, Headers(), b"canary", NOON, NOON, 0.1)

    assert "canary" not in repr(response)


def test_a_wall_clock_that_is_set_back_stands_still() -> None:
    class Jumping:
        def __init__(self) -> None:
            self.times = [NOON, NOON.replace(hour=10), NOON.replace(hour=13)]

        def now(self) -> datetime:
            return self.times.pop(0)

        def monotonic(self) -> float:
            return 0.0

        async def sleep(self, seconds: float) -> None:
            return

    steady = SteadyClock(Jumping())

    assert [steady.now() for _ in range(3)] == [NOON, NOON, NOON.replace(hour=13)]
