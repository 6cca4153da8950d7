"""The sandbox answers as the shipped OpenAPI description says."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files
from typing import Any

import httpx
import pytest
import yaml
from jsonschema import Draft202012Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from tests.integration.sandbox.rig import Rig, rig

_URN = "urn:description"


@pytest.fixture(scope="module")
def at() -> Iterator[Rig]:
    with rig() as made:
        yield made


def shipped() -> dict[str, Any]:
    """Return the description that is shipped with the documents."""
    text = files("workflow.documents").joinpath("airbyte.openapi.yaml").read_text("utf-8")
    return dict(yaml.safe_load(text))


@pytest.fixture(scope="module")
def description() -> dict[str, Any]:
    return shipped()


def resolved(description: dict[str, Any], found: dict[str, Any]) -> dict[str, Any]:
    """Return what a part of the description stands for, references followed."""
    while "$ref" in found:
        place: Any = description
        for part in found["$ref"].removeprefix("#/").split("/"):
            place = place[part]
        found = place
    return found


def absolute(schema: Any) -> Any:
    """Return a schema whose references start at the whole description."""
    if isinstance(schema, dict):
        return {
            key: _URN + value if key == "$ref" else absolute(value) for key, value in schema.items()
        }
    return [absolute(item) for item in schema] if isinstance(schema, list) else schema


def complaints(
    description: dict[str, Any], path: str, method: str, answer: httpx.Response
) -> list[str]:
    responses = description["paths"][path][method]["responses"]
    found = responses.get(str(answer.status_code), responses.get("default"))
    assert found is not None, f"{method} {path} does not describe a {answer.status_code}"
    schema = resolved(description, found)["content"]["application/json"]["schema"]
    registry = Registry[Any]().with_resource(_URN, DRAFT202012.create_resource(description))
    validator = Draft202012Validator(absolute(schema), registry=registry)
    return [error.message for error in validator.iter_errors(answer.json())]


@pytest.mark.parametrize(
    "path", ["/jobs", "/connections", "/workspaces", "/sources", "/destinations", "/tags"]
)
def test_lists_are_as_described(at: Rig, description: dict[str, Any], path: str) -> None:
    assert complaints(description, path, "get", at.get(path)) == []


def test_a_job_is_as_described_through_its_life(at: Rig, description: dict[str, Any]) -> None:
    posted = at.post(at.connection())
    job = posted.json()["jobId"]
    assert complaints(description, "/jobs", "post", posted) == []
    for _ in range(30):
        assert complaints(description, "/jobs/{jobId}", "get", at.get(f"/jobs/{job}")) == []
        at.pass_time(5)
    deleted = at.http.delete(f"/jobs/{job}")
    assert complaints(description, "/jobs/{jobId}", "delete", deleted) == []


def test_a_connection_is_as_described(at: Rig, description: dict[str, Any]) -> None:
    path, one = "/connections/{connectionId}", f"/connections/{at.connection()}"
    assert complaints(description, path, "get", at.get(one)) == []
    patched = at.http.patch(one, json={"status": "inactive"})
    assert complaints(description, path, "patch", patched) == []


def test_refusals_are_as_described(at: Rig, description: dict[str, Any]) -> None:
    refused = at.post(at.connection(), "refresh")
    assert complaints(description, "/jobs", "post", refused) == []
    assert complaints(description, "/jobs", "get", at.get("/jobs", limit=0)) == []
    assert complaints(description, "/jobs/{jobId}", "get", at.get("/jobs/99999999")) == []
