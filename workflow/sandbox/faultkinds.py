"""The kinds of fault: every name, what it does, and what it can be told.

:data:`KINDS` is the table that reading a fault (:mod:`workflow.sandbox.faults`) checks against.
Spans of faults are wall time: they are not made shorter by the sandbox's speed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from workflow.sandbox.spans import parse_span

Value = str | int | float | bool | tuple[float, float] | None


class FaultName(StrEnum):
    """Every fault the sandbox knows; what each does is in :data:`KINDS`."""

    LATENCY = "latency"
    RATE_LIMIT = "rate-limit"
    SERVER_ERROR = "server-error"
    CUT_BEFORE = "cut-before"
    CUT_AFTER = "cut-after"
    CUT_BODY = "cut-body"
    GARBAGE = "garbage"
    SLOW = "slow"
    SLOW_POST = "slow-post"
    HANG_DELETE = "hang-delete"
    REVOKE_TOKENS = "revoke-tokens"
    DATE_OFFSET = "date-offset"
    NO_DATE = "no-date"
    WRITER_SKEW = "writer-skew"
    LATE_COMMIT = "late-commit"
    LOST_TRIGGER = "lost-trigger"
    SWALLOWED_TRIGGER = "swallowed-trigger"
    DOUBLE_JOB = "double-job"
    FAILED_CLEAR = "failed-clear"
    PHANTOM_RUNNING = "phantom-running"
    CANCEL_IGNORED = "cancel-ignored"
    SYNC_AFTER_CANCEL = "sync-after-cancel"
    UNKNOWN_STATUS = "unknown-status"
    WRONG_NEXT = "wrong-next"
    OLD_JOB_TYPES = "old-job-types"
    NO_FILTERS = "no-filters"
    NO_TAGS = "no-tags"
    NO_EXPIRY = "no-expiry"
    NO_FORM = "no-form"
    WRONG_CREDENTIALS = "wrong-credentials"
    FEW_THREADS = "few-threads"
    RESTART = "restart"


@dataclass(frozen=True, slots=True)
class Key:
    """One thing a fault can be told: how it is read, and what it is when left out.

    `read` returns None for text that does not fit.
    """

    read: Callable[[str], Value]
    default: Value
    shape: str


@dataclass(frozen=True, slots=True)
class Kind:
    """What a fault does, which endpoints it makes sense on (all: None), and its own keys."""

    summary: str
    only: frozenset[str] | None = None
    keys: Mapping[str, Key] = field(default_factory=dict)


def _range(text: str) -> Value:
    low, dash, high = text.partition("-")
    first = parse_span(low)
    second = parse_span(high) if dash else first
    return None if first is None or second is None or second < first else (first, second)


def _signed(text: str) -> Value:
    seconds = parse_span(text.removeprefix("-"))
    return None if seconds is None else (-seconds if text.startswith("-") else seconds)


def _delay(text: str) -> Value:
    return "never" if text == "never" else parse_span(text)


def _boolean(text: str) -> Value:
    return {"true": True, "false": False}.get(text)


def _words(*options: str) -> Callable[[str], Value]:
    return lambda text: text if text in options else None


def whole(low: int, high: int) -> Callable[[str], Value]:
    """Return a reader of whole numbers between the two, inclusive."""

    def read(text: str) -> Value:
        fits = text.isascii() and text.isdigit() and len(text) < 19 and low <= int(text) <= high
        return int(text) if fits else None

    return read


def _any(text: str) -> Value:
    return text or None


def _header(text: str) -> Value:
    return text if text and text.isascii() and text.isprintable() else None


def _seconds_key(low: float, high: float) -> Key:
    return Key(_range, (low, high), "a span such as 2s, or a range such as 30s-130s")


_POST: Final = frozenset({"createJob"})
_DELETE: Final = frozenset({"cancelJob"})
_LISTS: Final = frozenset(
    {"listJobs", "listConnections", "listWorkspaces", "listSources", "listDestinations"}
)
_TOKEN: Final = frozenset({"createAccessToken"})
_STATUS: Final = Key(whole(400, 599), 503, "a status from 400 to 599")
_SIGNED: Final = Key(_signed, 30.0, "seconds such as 30s or -5s")
_AFTER: Final = Key(_delay, 0.0, "a span such as 2m, or never")
_ANSWERS: Final = ("cut", "state-conflict", "unprocessable", "error", "gateway")

KINDS: Final[Mapping[FaultName, Kind]] = {
    FaultName.LATENCY: Kind(
        "answers late, before any effect",
        keys={
            "seconds": _seconds_key(0.1, 0.5),
            "dist": Key(
                _words("uniform", "normal", "lognormal", "exponential"),
                "uniform",
                "uniform, normal, lognormal or exponential",
            ),
        },
    ),
    FaultName.RATE_LIMIT: Kind(
        "429, without effect",
        keys={"retry_after": Key(_header, None, "seconds, or an HTTP date")},
    ),
    FaultName.SERVER_ERROR: Kind(
        "an error status as JSON or a proxy's HTML",
        keys={
            "status": _STATUS,
            "body": Key(
                _words("json", "html", "older", "empty"), "json", "json, html, older or empty"
            ),
            "effect": Key(_words("none", "done"), "none", "none or done"),
        },
    ),
    FaultName.CUT_BEFORE: Kind("the connection is reset before the request has any effect"),
    FaultName.CUT_AFTER: Kind("the connection is reset after the request took effect"),
    FaultName.CUT_BODY: Kind("the connection ends in the middle of the answer's body"),
    FaultName.GARBAGE: Kind(
        "200 with a body that is not the JSON it should be",
        keys={"body": Key(_words("html", "broken", "binary"), "html", "html, broken or binary")},
    ),
    FaultName.SLOW: Kind("takes effect, then answers late", keys={"seconds": _seconds_key(5, 5)}),
    FaultName.SLOW_POST: Kind(
        "POST /jobs blocks after its effect", _POST, {"seconds": _seconds_key(30, 130)}
    ),
    FaultName.HANG_DELETE: Kind(
        "DELETE hangs after its effect", _DELETE, {"seconds": _seconds_key(600, 600)}
    ),
    FaultName.REVOKE_TOKENS: Kind("every token given out so far becomes worthless"),
    FaultName.DATE_OFFSET: Kind("the Date header is off", keys={"seconds": _SIGNED}),
    FaultName.NO_DATE: Kind("no Date header"),
    FaultName.WRITER_SKEW: Kind(
        "the writers of job stamps have clocks that differ by up to so much",
        keys={"seconds": _SIGNED},
    ),
    FaultName.LATE_COMMIT: Kind(
        "what happened to a job becomes visible late, with its old stamp",
        keys={"seconds": _seconds_key(3, 3)},
    ),
    FaultName.LOST_TRIGGER: Kind(
        "POST /jobs gets no useful answer; its effect comes now, later or never",
        _POST,
        {
            "after": _AFTER,
            "answer": Key(_words(*_ANSWERS), "cut", ", ".join(_ANSWERS)),
            "hold": _seconds_key(0, 0),
        },
    ),
    FaultName.SWALLOWED_TRIGGER: Kind(
        "a schedule fires first and the POST is answered with the schedule's job", _POST
    ),
    FaultName.DOUBLE_JOB: Kind("a retried activity makes two jobs of one POST", _POST),
    FaultName.FAILED_CLEAR: Kind(
        "a reset or clear fails, but the connection's next job becomes a reset",
        _POST,
        {"status": Key(whole(400, 599), 500, "a status from 400 to 599")},
    ),
    FaultName.PHANTOM_RUNNING: Kind("409 try-again-later with nothing running", _POST),
    FaultName.CANCEL_IGNORED: Kind(
        "DELETE answers 200 and cancels nothing, always or only before and between attempts",
        _DELETE,
        {"when": Key(_words("always", "waiting"), "always", "always or waiting")},
    ),
    FaultName.SYNC_AFTER_CANCEL: Kind("a scheduled sync starts right after a cancel", _DELETE),
    FaultName.UNKNOWN_STATUS: Kind(
        "jobs show a status nobody has heard of",
        keys={
            "status": Key(_any, "paused", "any word"),
            "when": Key(_any, "running", "the status it is shown in place of"),
        },
    ),
    FaultName.WRONG_NEXT: Kind(
        "next and previous point to another host",
        _LISTS,
        {"host": Key(_any, "http://airbyte-server-svc:8001", "a URL without a path")},
    ),
    FaultName.OLD_JOB_TYPES: Kind(
        "a list of jobs without jobType holds only syncs and resets", frozenset({"listJobs"})
    ),
    FaultName.NO_FILTERS: Kind(
        "a list of jobs ignores its date filters and its order", frozenset({"listJobs"})
    ),
    FaultName.NO_TAGS: Kind(
        "no tags: 404 for the endpoint, none in connections",
        frozenset({"listTags", "listConnections", "getConnection"}),
    ),
    FaultName.NO_EXPIRY: Kind("token answers leave out expires_in", _TOKEN),
    FaultName.NO_FORM: Kind("form encoding at the token endpoint gets 401", _TOKEN),
    FaultName.WRONG_CREDENTIALS: Kind(
        "right credentials are refused as wrong ones are, with this status",
        _TOKEN,
        {"status": Key(whole(400, 599), 401, "a status from 400 to 599")},
    ),
    FaultName.FEW_THREADS: Kind(
        "requests wait for one of so few threads, as on the local edition",
        keys={"threads": Key(whole(1, 1_000), 5, "a number of threads")},
    ),
    FaultName.RESTART: Kind(
        "refuses connections for a while, and comes back with or without its jobs",
        keys={
            "seconds": _seconds_key(2, 2),
            "keep": Key(_boolean, True, "true or false"),
        },
    ),
}

JOB_FAULTS: Final = frozenset(
    {FaultName.WRITER_SKEW, FaultName.LATE_COMMIT, FaultName.UNKNOWN_STATUS}
)
"""These strike jobs rather than requests: `probability` draws once for each job."""


def _probability(text: str) -> Value:
    try:
        value = float(text[:-1]) / 100 if text.endswith("%") else float(text)
    except ValueError:
        return None
    return value if 0 <= value <= 1 else None


PROBABILITY: Final = Key(_probability, 1.0, "a number from 0 to 1")
