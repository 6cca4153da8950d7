"""What comes back of a credential is struck out, in every form, and nothing else is touched."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from workflow.http.echoes import credentials_in, without
from workflow.http.messages import Headers, Response

NOW = datetime(2026, 3, 25, tzinfo=UTC)
SECRET = 'to/ken+"with=all'


def answer(content: bytes, *headers: tuple[str, str]) -> Response:
    return Response(500, Headers(headers), content, NOW, NOW, 0.1)


@pytest.mark.parametrize(
    "said",
    [
        'to/ken+"with=all',
        r"to/ken+\"with=all",
        r"to\/ken+\"with=all",
        "to%2Fken%2B%22with%3Dall",
    ],
)
def test_a_secret_is_struck_out_however_it_is_written(said: str) -> None:
    struck = without(answer(f'{{"message": "{said}"}}'.encode(), ("x-told", said)), [SECRET])
    assert struck.content == b'{"message": "***"}'
    assert struck.headers["x-told"] == "***"


def test_an_answer_without_secrets_stays_as_it_is() -> None:
    given = answer(b'{"key": "value"}', ("etag", "1"))
    assert without(given, [SECRET]) is given


def test_what_is_so_short_that_it_occurs_by_chance_is_left() -> None:
    given = answer(b'{"password": 1}')
    assert without(given, ["pass"]) is given


def test_credentials_are_found_in_the_headers_that_carry_them() -> None:
    headers = {
        "authorization": "Bearer abc",
        "X-Api-Key": "def",
        "accept": "application/json",
        "cookie": "ghi",
    }
    assert sorted(credentials_in(headers)) == ["abc", "def", "ghi"]
