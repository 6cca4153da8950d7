"""Requests made from the shipped description: what it allows is taken, what it forbids refused.

A small fuzzer of its own rather than a package of thirty: it reads the description's parameters
and bodies, makes whole requests of them, spoils one value of some, and holds each answer against
the description again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.integration.sandbox.rig import Rig, rig
from tests.integration.sandbox.test_description import complaints, resolved, shipped

DESCRIPTION = shipped()
OPERATIONS = [
    (path, method)
    for path, table in DESCRIPTION["paths"].items()
    for method in table
    if method != "parameters" and path != "/health"
]
# Of every sort but a text, which a text parameter would take.
SPOILED = ["\x00", "[]", "1e9", "-1", "9" * 30, "None", "2026-13-45", "0x10", "[object]"]


@dataclass(frozen=True)
class Drawn:
    """One request; `spoiled` names the value that the description forbids, if there is one."""

    path: dict[str, Any]
    query: dict[str, Any]
    body: dict[str, Any] | None
    spoiled: str | None


@pytest.fixture(scope="module")
def at() -> Iterator[Rig]:
    with rig() as made:
        yield made


def known_ids() -> dict[str, list[str]]:
    """Return ids that exist: the same for the same seed, so they may be drawn before."""
    with rig() as other:
        catalogue = other.server.world.catalogue
        return {
            "connectionId": list(catalogue.connections),
            "workspaceIds": list(catalogue.workspaces),
            "tagIds": list(catalogue.tags),
            "sourceId": list(catalogue.actors["source"]),
            "jobId": [str(job.id) for job in other.server.world.jobs],
        }


KNOWN = known_ids()


def values(name: str, schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Return what a schema allows; ids mostly exist."""
    schema = resolved(DESCRIPTION, schema)
    if name in KNOWN and schema["type"] != "array":
        unknown = st.integers(0, 2**63 - 1) if name == "jobId" else st.uuids().map(str)
        return st.sampled_from(KNOWN[name]) | unknown
    if "const" in schema:
        return st.just(schema["const"])
    for listed in ("enum", "examples"):
        if listed in schema:
            return st.sampled_from(schema[listed])
    match schema["type"], schema.get("format"):
        case "array", _:
            one = values(name, {"type": "string", "format": "uuid"})
            return st.lists(one, max_size=3)
        case "boolean", _:
            return st.sampled_from(["true", "false"])
        case "integer", _:
            return st.integers(schema.get("minimum", 0), schema.get("maximum", 2**31 - 1))
        case _, "date-time":
            return st.datetimes(timezones=st.just(UTC)).map(lambda when: when.isoformat())
        case _, "uuid":
            return st.uuids().map(str)
        case _:
            return st.text(max_size=20)


@st.composite
def requests(draw: st.DrawFn, path: str, method: str) -> Drawn:
    table = DESCRIPTION["paths"][path]
    parameters = [
        resolved(DESCRIPTION, one)
        for one in (*table.get("parameters", ()), *table[method].get("parameters", ()))
    ]
    places: dict[str, dict[str, Any]] = {"path": {}, "query": {}}
    for one in parameters:
        if one.get("required") or draw(st.booleans()):
            places[one["in"]][one["name"]] = draw(values(one["name"], one["schema"]))
    body: dict[str, Any] | None = None
    if "requestBody" in table[method]:
        schema = table[method]["requestBody"]["content"]["application/json"]["schema"]
        body = {
            name: draw(values(name, field))
            for name, field in schema["properties"].items()
            if name in schema.get("required", ()) or draw(st.booleans())
        }
    spoilable = [
        one["name"]
        for one in parameters
        if one["name"] in places["query"]
        and resolved(DESCRIPTION, one["schema"])["type"] != "boolean"
    ]
    spoiled = draw(st.none() | st.sampled_from(spoilable)) if spoilable else None
    if spoiled is not None:
        places["query"][spoiled] = draw(st.sampled_from(SPOILED))
    return Drawn(places["path"], places["query"], body, spoiled)


def answer_to(at: Rig, path: str, method: str, drawn: Drawn) -> httpx.Response:
    url = path.format(**drawn.path)
    return at.http.request(method, url, params=drawn.query, json=drawn.body)


@pytest.mark.parametrize(("path", "method"), OPERATIONS, ids=[f"{m} {p}" for p, m in OPERATIONS])
def test_what_is_described_is_taken_and_answered_as_described(
    at: Rig, path: str, method: str
) -> None:
    @settings(max_examples=25, deadline=None)
    @given(requests(path, method))
    def check(drawn: Drawn) -> None:
        answer = answer_to(at, path, method, drawn)

        assert complaints(DESCRIPTION, path, method, answer) == []
        if drawn.spoiled is None:
            assert answer.status_code in {200, 403, 404, 409, 422}, answer.text
        else:
            assert answer.status_code == 400, (drawn, answer.status_code)

    check()
