"""An answer before it is sent, and Airbyte's four error bodies (with the proxies' HTML).

A handler returns an :class:`Answer` or raises :class:`Refused` with one. The shapes: Problem
(RFC 9457 with `documentationUrl` and `data`, but sent as plain JSON), `errorId` of something
uncaught, Micronaut's HAL for requests that do not fit, and the bare `message` of a rate limit.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Final

from workflow.sandbox.model import Json

_ERRORS: Final = "https://reference.airbyte.com/reference/errors"
_JSON: Final = "application/json"


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, encoded body and headers; `Date` and `Content-Length` are added when sent."""

    status: int
    body: bytes
    media_type: str = _JSON
    headers: tuple[tuple[str, str], ...] = ()


class Refused(Exception):  # noqa: N818 - it carries an answer, it is not a mistake
    """Ends a handler early with this answer."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


def encode(value: Json) -> bytes:
    """Encode JSON as UTF-8, as the real server does; a lone surrogate stays an escape."""
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    except UnicodeEncodeError:
        return json.dumps(value, separators=(",", ":")).encode()


def ok(value: Json) -> Answer:
    """Return a 200 with a JSON body."""
    return Answer(200, encode(value))


def ok_text(body: bytes) -> Answer:
    """Return a 200 with a JSON body that is encoded already."""
    return Answer(200, body)


def no_content() -> Answer:
    """Return a 204."""
    return Answer(204, b"")


def problem(status: int, name: str, detail: str, message: str | None = None) -> Answer:
    """Return a Problem body; what is useful to people is often only `data.message`."""
    body: dict[str, Json] = {
        "status": status,
        "type": f"{_ERRORS}#{name}",
        "title": name,
        "detail": detail,
        "documentationUrl": None,
        "data": {"message": message} if message is not None else None,
    }
    return Answer(status, encode(body))


def forbidden(message: str | None = None) -> Answer:
    """Return the 403 for a missing permission, or for what the caller may not know of."""
    return problem(403, "forbidden", "The request is forbidden.", message)


def not_found(kind: str, identifier: str) -> Answer:
    """Return the 404 that an instance admin gets for what is not there."""
    body: dict[str, Json] = {
        "status": 404,
        "type": f"{_ERRORS}#resource-not-found",
        "title": "resource-not-found",
        "detail": "The requested resource could not be found.",
        "documentationUrl": None,
        "data": {"resourceType": kind, "resourceId": identifier},
    }
    return Answer(404, encode(body))


def state_conflict(message: str) -> Answer:
    """Return the 409 whose reason is nearly always dropped."""
    return problem(409, "state-conflict", "State conflict", message)


def try_again_later(message: str) -> Answer:
    """Return the 409 that comes before any effect."""
    return problem(409, "try-again-later", "Please try again later.", message)


def bad_request(message: str) -> Answer:
    """Return the Problem form of a 400."""
    detail = "The request could not be understood by the server due to malformed syntax."
    return problem(400, "bad-request", detail, message)


def unprocessable(message: str | None) -> Answer:
    """Return a 422."""
    detail = "The body of the request was not understood"
    return problem(422, "unprocessable-entity", detail, message)


def uncaught(status: int, error_id: str) -> Answer:
    """Return the body of an exception that Airbyte's server did not foresee."""
    return Answer(status, encode({"errorId": error_id}))


def older_uncaught(status: int, message: str) -> Answer:
    """Return what older servers answered in the same case."""
    body: dict[str, Json] = {
        "message": message,
        "exceptionClassName": "java.lang.IllegalStateException",
        "exceptionStack": [],
    }
    return Answer(status, encode(body))


def hal(status: int, reason: str, message: str, path: str) -> Answer:
    """Return Micronaut's HAL body, for requests that never reach Airbyte's own code."""
    body: dict[str, Json] = {
        "message": reason,
        "_links": {"self": {"href": path, "templated": False}},
        "_embedded": {"errors": [{"message": message}]},
    }
    return Answer(status, encode(body))


def rate_limited(retry_after: str | None = None) -> Answer:
    """Return a 429, often without a Retry-After."""
    headers = () if retry_after is None else (("Retry-After", retry_after),)
    return Answer(429, encode({"message": "You are being rate limited."}), headers=headers)


def proxy_page(status: int, reason: str) -> Answer:
    """Return the HTML that a proxy in front of the server answers with."""
    page = (
        f"<html>\r\n<head><title>{status} {reason}</title></head>\r\n<body>\r\n"
        f"<center><h1>{status} {reason}</h1></center>\r\n<hr><center>nginx</center>\r\n"
        "</body>\r\n</html>\r\n"
    )
    return Answer(status, page.encode(), "text/html")
