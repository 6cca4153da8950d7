"""The one JSON form: what is written is read again, by this version and by others."""

from __future__ import annotations

import dataclasses
import json
import typing
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.run_events import LAUNCH, RUN, START
from workflow.clock import rfc3339
from workflow.runs.events import (
    Event,
    Fact,
    LaunchId,
    PollFailed,
    ReadingTaken,
    RunFinished,
    RunId,
    StatusChanged,
    StepFinished,
    TriggerSettled,
    UnknownFact,
)
from workflow.runs.wire import BadEventError, from_json, to_json

KINDS = [cls for cls in typing.get_args(Fact) if cls is not UnknownFact]
# What JSON carries without loss: no lone surrogates, integers of 64 bits, finite numbers.
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
WHOLE = st.integers(-(2**63), 2**63 - 1)
JSON = st.recursive(
    st.none() | st.booleans() | WHOLE | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
INSTANTS = st.datetimes(datetime(1971, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)).map(
    lambda instant: instant.replace(microsecond=instant.microsecond // 1000 * 1000)
)


def values_of(hint: object) -> st.SearchStrategy[object]:
    """Return a strategy for a field of this type."""
    parts = typing.get_args(hint)
    match typing.get_origin(hint) or hint:
        case t if t is str:
            return TEXT
        case t if t is bool:
            return st.booleans()
        case t if t is int:
            return WHOLE
        case t if t is float:
            return st.floats(allow_nan=False, allow_infinity=False)
        case t if t is type(None):
            return st.none()
        case t if t is tuple:
            return st.lists(values_of(parts[0]), max_size=4).map(tuple)
        case t if t is typing.get_origin(typing.Mapping[str, int]):
            numeric = parts[1] is int
            return st.dictionaries(TEXT, WHOLE if numeric else JSON, max_size=3)
    return st.one_of(*(values_of(part) for part in parts))


def facts_of(kind: type[Fact]) -> st.SearchStrategy[Fact]:
    hints = typing.get_type_hints(kind)
    names = [field.name for field in dataclasses.fields(kind)]
    fields = {name: values_of(hints[name]) for name in names}
    return typing.cast("st.SearchStrategy[Fact]", st.builds(kind, **fields))


def events_of(fact: st.SearchStrategy[Fact]) -> st.SearchStrategy[Event]:
    return st.builds(
        Event,
        time=INSTANTS,
        seq=st.integers(1, 10**9),
        fact=fact,
        run=st.none() | TEXT.map(RunId),
        launch=st.none() | TEXT.map(LaunchId),
        connection_id=st.none() | TEXT,
    )


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.kind)
def test_every_kind_comes_back_as_it_was_written(kind: type[Fact]) -> None:
    @settings(max_examples=25, deadline=None)
    @given(events_of(facts_of(kind)))
    def comes_back(event: Event) -> None:
        line = json.dumps(to_json(event))
        assert from_json(json.loads(line)) == event

    comes_back()


def test_kinds_have_names_of_their_own() -> None:
    names = [kind.kind for kind in KINDS]
    assert len(set(names)) == len(names)


def test_the_envelope_comes_first_and_names_are_camel_case() -> None:
    event = Event(START, 7, StepFinished("pollJob", 3, True, 200, 41), RUN, LAUNCH, "c-1")
    assert json.dumps(to_json(event)) == (
        '{"v": 1, "time": "2026-11-22T03:41:20.125Z", "seq": 7, "run": "r-01JD3K5V7Q", '
        '"launch": "l-01JD3K5V7Q", "connectionId": "c-1", "event": "step.finished", '
        '"step": "pollJob", "visit": 3, "succeeded": true, "httpStatus": 200, "ms": 41}'
    )


def test_a_change_of_status_says_from_and_to() -> None:
    body = to_json(Event(START, 1, StatusChanged("pending", "running", 7), RUN))
    assert (body["from"], body["to"]) == ("pending", "running")


def test_times_are_written_in_utc() -> None:
    there = timezone(timedelta(hours=5, minutes=30))
    assert rfc3339(datetime(2026, 1, 1, 5, 30, tzinfo=there)) == "2026-01-01T00:00:00.000Z"


def test_a_kind_of_a_later_version_is_kept_as_it_is() -> None:
    body = {"v": 1, "time": rfc3339(START), "seq": 3, "run": RUN, "event": "run.paused", "why": 1}
    event = from_json(body)
    assert event.fact == UnknownFact("run.paused", {"why": 1})
    assert to_json(event) == body


def test_a_field_of_a_later_version_is_passed_over() -> None:
    body = to_json(Event(START, 1, PollFailed("cut", 2.0), RUN)) | {"colour": "red"}
    assert from_json(body).fact == PollFailed("cut", 2.0)


def test_a_field_with_a_default_may_be_missing() -> None:
    body = to_json(Event(START, 1, TriggerSettled("started", 7), RUN))
    del body["suspects"]
    assert from_json(body).fact == TriggerSettled("started", 7)


@pytest.mark.parametrize("missing", ["jobId", "status"])
def test_a_field_that_a_kind_always_has_may_not_be_missing(missing: str) -> None:
    body = to_json(Event(START, 1, ReadingTaken(7, "running"), RUN))
    del body[missing]
    with pytest.raises(BadEventError, match="reading event is not complete"):
        from_json(body)


@pytest.mark.parametrize(
    "change",
    [
        {"jobId": "7"},
        {"jobId": True},
        {"rows": 1.5},
        {"status": None},
        {"time": "yesterday"},
        {"time": "2026-11-22T03:41:20"},
        {"time": 5},
        {"seq": "1"},
        {"seq": True},
        {"event": None},
    ],
)
def test_a_value_of_the_wrong_type_is_refused(change: dict[str, object]) -> None:
    body = to_json(Event(START, 1, ReadingTaken(7, "running", 5), RUN)) | change
    with pytest.raises(BadEventError):
        from_json(body)


def test_outputs_keep_their_types() -> None:
    outputs = {"jobId": 7, "finalStatus": "succeeded", "rowsSynced": None}
    event = Event(START, 9, RunFinished("succeeded", "so", outputs, 7), RUN)
    assert json.loads(json.dumps(to_json(event)))["outputs"] == outputs
