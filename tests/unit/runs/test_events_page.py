"""The page about events tells of every kind there is, in the form they really have."""

from __future__ import annotations

import typing

import pytest

from tests.support.events_page import examples, sections
from workflow.runs.events import Fact, UnknownFact
from workflow.runs.wire import from_json, to_json

KINDS = {one.kind for one in typing.get_args(Fact) if one is not UnknownFact}
OF_ALL = {"v", "time", "seq", "run", "launch", "connectionId", "event"}
PLAIN = {"jobId", "step", "visit", "status", "rows", "bytes", "name", "targets", "to", "text"}
"""Fields whose name says it all."""


def test_every_kind_is_told_once() -> None:
    assert set(sections()) == KINDS


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_an_example_is_read_and_written_as_it_stands(kind: str) -> None:
    example = examples()[kind]
    event = from_json(example)
    assert event.fact.kind == kind
    assert list(to_json(event).items()) == list(example.items())


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_field_that_does_not_say_it_all_is_explained(kind: str) -> None:
    own = examples()[kind].keys() - OF_ALL - PLAIN
    assert {name for name in own if f"`{name}`" not in sections()[kind]} == set()
