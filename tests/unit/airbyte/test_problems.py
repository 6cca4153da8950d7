"""Every error body becomes one problem with a sentence for people."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from workflow.airbyte.problems import ApiProblem, ProblemKind, problem_from
from workflow.http.messages import Headers, Response

NOON = datetime(2026, 3, 25, 12, 0, tzinfo=UTC)


def problem(status: int, body: object, *headers: tuple[str, str]) -> ApiProblem:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    response = Response(status, Headers(headers), content, NOON, NOON, 0.1)
    return problem_from(response, "triggering a job")


def conflict(name: str, message: str) -> dict[str, object]:
    return {
        "type": f"https://reference.airbyte.com/reference/errors#{name}",
        "title": name,
        "status": 409,
        "detail": None,
        "data": {"message": message},
    }


@pytest.mark.parametrize(
    ("status", "body", "kind", "says"),
    [
        (
            403,
            {"type": "x", "title": "forbidden", "data": {"message": "no role"}},
            "forbidden",
            "no role",
        ),
        (
            403,
            {"type": "x", "title": "forbidden", "data": None, "detail": None},
            "forbidden",
            "forbidden",
        ),
        (400, {"errorId": "6f1c-e2"}, "bad_request", "error id 6f1c-e2"),
        (500, {"message": "boom", "exceptionClassName": "java.X"}, "server_error", "boom"),
        (
            400,
            {"message": "Bad Request", "_embedded": {"errors": [{"message": "limit: too big"}]}},
            "bad_request",
            "limit: too big",
        ),
        (429, {"message": "You are being rate limited."}, "rate_limited", "rate limited"),
        (502, b"<html><h1>502 Bad Gateway</h1></html>", "server_error", "502"),
        (503, b"", "server_error", "503"),
        (404, [1, 2], "not_found", "404"),
        (401, {"message": "Unauthorized"}, "unauthorized", "credentials"),
        (407, b"", "other", "a proxy on the way wants a user name and password"),
        (
            422,
            {"detail": "Refreshes are not supported in the public API"},
            "unprocessable",
            "Refreshes",
        ),
        (418, {"data": {"message": 7}, "title": ["x"]}, "other", "418"),
        (
            409,
            conflict("try-again-later", "A sync is already running for: 9c2a"),
            "try_again_later",
            "9c2a",
        ),
        (409, conflict("state-conflict", "Could not fulfill request"), "state_conflict", "fulfill"),
        (409, {"message": "A sync is already running for: 9c2a"}, "try_again_later", "9c2a"),
        (409, b"<html>conflict, already running</html>", "state_conflict", "409"),
        (409, {"message": "Job is not currently running"}, "state_conflict", "not currently"),
    ],
)
def test_each_shape_is_understood(status: int, body: object, kind: str, says: str) -> None:
    found = problem(status, body)

    assert found.kind == ProblemKind(kind)
    assert found.status == status
    assert says in found.sentence
    assert found.sentence.startswith("Triggering a job was answered with")
    assert found.sentence.endswith(".")


def test_text_of_the_server_is_harmless_and_short() -> None:
    found = problem(500, {"message": "\x1b]0;owned\x07" + "x" * 100_000})

    assert "\x1b" not in found.sentence + found.answer
    assert len(found.sentence) < 500
    assert len(found.answer) <= 2_000


def test_the_servers_wish_to_wait_is_kept() -> None:
    assert problem(429, {}, ("Retry-After", "12")).retry_after == 12.0
    assert problem(429, {}).retry_after is None


def test_a_broken_encoding_is_no_trouble() -> None:
    assert problem(500, b'{"message": "\xff\xfe"}').kind is ProblemKind.SERVER_ERROR
