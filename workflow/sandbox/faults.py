"""Faults: what they are called, what they can be told, and how their text is read.

``NAME`` or ``NAME:key=value,...`` describes one. Common keys say where it strikes: `endpoint`
(an operationId), `probability`, `count` (how often at most), `skip` (how many matching requests
pass first), `job`, `connection` (an id or a name). The other keys belong to the fault; `syncdeck
sandbox` with a wrong one names those that exist. Which faults strike a request is decided in
:mod:`workflow.sandbox.faultbox`.

Spans of faults are wall time: they are not made shorter by the sandbox's speed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Final

from workflow.sandbox.options import SandboxError
from workflow.sandbox.spans import parse_span
from workflow.sandbox.yamlread import Field, read_yaml_file
from workflow.text import safe

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


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault with all it was told; `params` holds every key of its kind, defaults filled in."""

    name: FaultName
    endpoint: str | None = None
    probability: float = 1.0
    count: int | None = None
    skip: int = 0
    job: int | None = None
    connection: str | None = None
    params: Mapping[str, Value] = field(default_factory=dict)

    def span(self, key: str) -> tuple[float, float]:
        """Return a range of seconds."""
        value = self._value(key)
        return value if isinstance(value, tuple) else (0.0, 0.0)

    def number(self, key: str) -> int:
        """Return a whole number."""
        value = self._value(key)
        return value if isinstance(value, int) else 0

    def seconds(self, key: str) -> float | None:
        """Return seconds, None for ``never``."""
        value = self._value(key)
        return float(value) if isinstance(value, int | float) else None

    def word(self, key: str) -> str:
        """Return a word, empty when it was left out."""
        value = self._value(key)
        return value if isinstance(value, str) else ""

    def flag(self, key: str) -> bool:
        """Return a boolean."""
        return self._value(key) is True

    def _value(self, key: str) -> Value:
        # A fault made in code may leave out what its kind has a default for.
        return self.params[key] if key in self.params else KINDS[self.name].keys[key].default


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


def _whole(low: int, high: int) -> Callable[[str], Value]:
    def read(text: str) -> Value:
        fits = text.isascii() and text.isdigit() and len(text) < 19 and low <= int(text) <= high
        return int(text) if fits else None

    return read


def _any(text: str) -> Value:
    return text or None


def _seconds_key(low: float, high: float) -> Key:
    return Key(_range, (low, high), "a span such as 2s, or a range such as 30s-130s")


_POST: Final = frozenset({"createJob"})
_DELETE: Final = frozenset({"cancelJob"})
_LISTS: Final = frozenset(
    {"listJobs", "listConnections", "listWorkspaces", "listSources", "listDestinations"}
)
_TOKEN: Final = frozenset({"createAccessToken"})
_STATUS: Final = Key(_whole(400, 599), 503, "a status from 400 to 599")
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
        keys={"retry_after": Key(_any, None, "seconds, or an HTTP date")},
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
        {"status": Key(_whole(400, 599), 500, "a status from 400 to 599")},
    ),
    FaultName.PHANTOM_RUNNING: Kind("409 try-again-later with nothing running", _POST),
    FaultName.CANCEL_IGNORED: Kind("DELETE answers 200 and cancels nothing", _DELETE),
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
        {"status": Key(_whole(400, 599), 401, "a status from 400 to 599")},
    ),
    FaultName.RESTART: Kind(
        "the server is gone for a while, and comes back with or without its jobs",
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

_COMMON: Final = ("endpoint", "probability", "count", "skip", "job", "connection")


def parse_fault(text: str) -> Fault:
    """Read ``NAME:key=value,...``; raise :class:`SandboxError` in one sentence.

    A value may be in double quotes when it holds a comma.
    """
    name, _, rest = text.partition(":")
    pairs: dict[str, str] = {}
    for part in _split(rest):
        key, equals, value = part.partition("=")
        if not equals or not key.strip():
            raise SandboxError(
                safe(f"The fault {text[:80]!r} has {part[:40]!r} where key=value should be.")
            )
        pairs[key.strip()] = value.strip().strip('"')
    return make_fault(name.strip(), pairs)


def make_fault(name: str, pairs: Mapping[str, str]) -> Fault:
    """Build a fault from its name and the text of each key."""
    try:
        known = FaultName(name)
    except ValueError:
        names = ", ".join(FaultName)
        raise SandboxError(safe(f"There is no fault {name[:40]!r}; there are {names}.")) from None
    kind = KINDS[known]
    params: dict[str, Value] = {key: spec.default for key, spec in kind.keys.items()}
    for key, text in pairs.items():
        if key in _COMMON:
            continue
        if key not in kind.keys:
            keys = ", ".join((*kind.keys, *_COMMON))
            raise SandboxError(safe(f"The fault {name} has no key {key[:40]!r}; it has {keys}."))
        params[key] = _read(name, key, text, kind.keys[key])
    probability = _read(name, "probability", pairs.get("probability", "1"), _PROBABILITY)
    endpoint = pairs.get("endpoint")
    if kind.only is not None and endpoint is not None and endpoint not in kind.only:
        only = ", ".join(sorted(kind.only))
        raise SandboxError(safe(f"The fault {name} works on {only}, not on {endpoint[:40]!r}."))
    return Fault(
        name=known,
        endpoint=endpoint,
        probability=probability if isinstance(probability, float) else 1.0,
        count=_optional_whole(name, "count", pairs),
        skip=_optional_whole(name, "skip", pairs) or 0,
        job=_optional_whole(name, "job", pairs),
        connection=pairs.get("connection"),
        params=params,
    )


def load_faults(path: Path) -> tuple[Fault, ...]:
    """Read a scenario file: YAML with a list `faults`, of texts or of mappings with a `name`."""
    top = read_yaml_file(path).mapping("faults")
    return tuple(fault_of(item) for item in top["faults"].items()) if "faults" in top else ()


def fault_of(item: Field) -> Fault:
    """Read one fault of a scenario or world file; errors name the line."""
    try:
        if item.is_text:
            return parse_fault(item.text())
        keys = item.mapping()
        if "name" not in keys:
            raise item.wrong("needs a name")
        texts = {key: value.text() for key, value in keys.items() if key != "name"}
        return make_fault(keys["name"].text(), texts)
    except SandboxError as error:
        if ":" in str(error).split(" ")[0]:
            raise
        raise item.wrong(str(error)) from None


def _probability(text: str) -> Value:
    try:
        value = float(text[:-1]) / 100 if text.endswith("%") else float(text)
    except ValueError:
        return None
    return value if 0 <= value <= 1 else None


_PROBABILITY: Final = Key(_probability, 1.0, "a number from 0 to 1")


def _read(name: str, key: str, text: str, spec: Key) -> Value:
    value = spec.read(text)
    if value is None:
        raise SandboxError(
            safe(f"The fault {name} has {key}={text[:40]!r}, which is not {spec.shape}.")
        )
    return value


def _optional_whole(name: str, key: str, pairs: Mapping[str, str]) -> int | None:
    if key not in pairs:
        return None
    value = _read(name, key, pairs[key], Key(_whole(0, 2**62), None, "a whole number"))
    return value if isinstance(value, int) else None


def _split(text: str) -> Iterator[str]:
    """Split at commas outside double quotes."""
    part, quoted = "", False
    for character in text:
        if character == '"':
            quoted = not quoted
        if character == "," and not quoted:
            yield part
            part = ""
        else:
            part += character
    if part:
        yield part
