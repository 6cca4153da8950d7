"""The answers that faults put in place of good ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from http import HTTPStatus

from workflow.sandbox.answers import Answer, older_uncaught, proxy_page, uncaught
from workflow.sandbox.faults import Fault


def error_answer(fault: Fault, error_id: Callable[[], str]) -> Answer:
    """Return the error that a `server-error` asks for."""
    status = fault.number("status")
    match fault.word("body"):
        case "html":
            return proxy_page(status, _reason(status))
        case "older":
            return older_uncaught(status, _reason(status))
        case "empty":
            return Answer(status, b"")
        case _:
            return uncaught(status, error_id())


def garbage_answer(fault: Fault, answer: Answer) -> Answer:
    """Return a 200 that is not the JSON it should be."""
    match fault.word("body"):
        case "broken":
            return replace(answer, status=200, body=answer.body[: len(answer.body) // 2] + b'{"')
        case "binary":
            return replace(answer, status=200, body=b"\xff\xfe\x00garbage\x80")
        case _:
            return proxy_page(200, "OK")


def _reason(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Error"
