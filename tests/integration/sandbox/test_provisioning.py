"""The calls of a provisioning workflow: made, read, changed, deleted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.integration.sandbox.rig import Rig, bearer, message, rig, title


@pytest.fixture(scope="module")
def at() -> Iterator[Rig]:
    with rig() as made:
        yield made


def made(at: Rig, path: str, **body: Any) -> dict[str, Any]:
    answer = at.http.post(path, json=body)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


@pytest.fixture
def workspace(at: Rig) -> str:
    return str(made(at, "/workspaces", name="Fresh")["workspaceId"])


@pytest.fixture
def source(at: Rig, workspace: str) -> str:
    configuration = {"sourceType": "postgres", "host": "db"}
    body = {"name": "Source", "workspaceId": workspace, "configuration": configuration}
    return str(made(at, "/sources", **body)["sourceId"])


@pytest.fixture
def destination(at: Rig, workspace: str) -> str:
    configuration = {"destinationType": "duckdb"}
    body = {"name": "Destination", "workspaceId": workspace, "configuration": configuration}
    return str(made(at, "/destinations", **body)["destinationId"])


@pytest.fixture
def connection(at: Rig, source: str, destination: str) -> str:
    made_one = made(at, "/connections", sourceId=source, destinationId=destination)
    return str(made_one["connectionId"])


def test_the_connector_is_named_beside_the_configuration_and_not_in_it(
    at: Rig, source: str, destination: str
) -> None:
    made_source = at.get(f"/sources/{source}").json()
    made_destination = at.get(f"/destinations/{destination}").json()

    assert (made_source["sourceType"], made_source["configuration"]) == ("postgres", {"host": "db"})
    assert made_destination["destinationType"] == "duckdb"
    assert made_destination["configuration"] == {}


def test_a_whole_pipeline_can_be_made_and_run(at: Rig, connection: str) -> None:
    job = at.started(connection)

    assert at.statuses(job, step=20)[-1] in {"succeeded", "failed"}


def test_a_new_connection_is_active_manual_and_named_after_its_ends(
    at: Rig, connection: str
) -> None:
    row = at.get(f"/connections/{connection}").json()

    assert (row["status"], row["name"]) == ("active", "Source → Destination")
    assert row["schedule"] == {"scheduleType": "manual"}


def test_a_connection_is_made_with_all_it_can_have(
    at: Rig, workspace: str, source: str, destination: str
) -> None:
    tag = made(at, "/tags", workspaceId=workspace, name="gold", color="FFD700")
    row = made(
        at,
        "/connections",
        name="\x1b]0;owned\x07 [bold red]x[/]",
        sourceId=source,
        destinationId=destination,
        status="inactive",
        schedule={"scheduleType": "cron", "cronExpression": "0 0 3 * * ?"},
        configurations={"streams": [{"name": "users", "syncMode": "full_refresh_append"}]},
        prefix="raw_",
        namespaceDefinition="source",
        tags=[tag],
    )

    assert row["name"] == "\x1b]0;owned\x07 [bold red]x[/]"
    assert row["status"] == "inactive"
    assert row["schedule"]["cronExpression"] == "0 0 3 * * ?"
    assert row["configurations"]["streams"][0]["name"] == "users"
    assert (row["prefix"], row["namespaceDefinition"]) == ("raw_", "source")
    assert row["tags"] == [tag]


@pytest.mark.parametrize(
    "change",
    [
        {"status": "asleep"},
        {"status": "locked"},
        {"schedule": {"scheduleType": "basic"}},
        {"schedule": {"scheduleType": "cron"}},
        {"schedule": {"scheduleType": "cron", "cronExpression": "every hour"}},
        {"schedule": "manual"},
        {"configurations": {"streams": [{"syncMode": "full_refresh_append"}]}},
        {"configurations": {"streams": [{"name": "a", "syncMode": "sometimes"}]}},
        {"configurations": {"streams": [{"name": "a"}, {"name": "a"}]}},
        {"namespaceDefinition": "nowhere"},
        {"tags": [{"tagId": "00000000-0000-4000-8000-000000000000"}]},
        {"tags": ["gold"]},
        {"name": "  "},
    ],
)
def test_a_wrong_change_is_refused_and_changes_nothing(
    at: Rig, connection: str, change: dict[str, Any]
) -> None:
    before = at.get(f"/connections/{connection}").json()
    answer = at.http.patch(f"/connections/{connection}", json=change)

    assert answer.status_code == 400
    assert at.get(f"/connections/{connection}").json() == before


def test_ends_in_different_workspaces_cannot_be_connected(at: Rig, source: str) -> None:
    elsewhere = at.get("/destinations").json()["data"][0]["destinationId"]
    answer = at.http.post("/connections", json={"sourceId": source, "destinationId": elsewhere})

    assert answer.status_code == 400
    assert "different workspaces" in message(answer)


def test_an_end_that_is_not_there_is_told(at: Rig, source: str) -> None:
    body = {"sourceId": source, "destinationId": str(uuid4())}
    answer = at.http.post("/connections", json=body)

    assert (answer.status_code, title(answer)) == (404, "resource-not-found")


def test_deleting_a_connection_cancels_what_runs_on_it(at: Rig) -> None:
    connection, job = at.running()
    assert at.http.delete(f"/connections/{connection}").status_code == 204

    assert at.statuses(job)[-1] == "cancelled"
    assert at.get(f"/connections/{connection}").json()["status"] == "deprecated"


@pytest.mark.parametrize("kind", ["source", "destination"])
def test_an_end_is_patched_key_by_key_and_put_whole(
    at: Rig, kind: str, request: pytest.FixtureRequest
) -> None:
    path = f"/{kind}s/{request.getfixturevalue(kind)}"
    at.http.patch(path, json={"configuration": {"host": "db"}})
    patched = at.http.patch(path, json={"configuration": {"port": 5432}}).json()
    assert patched["configuration"] == {"host": "db", "port": 5432}

    put = at.http.put(path, json={"name": "New", "configuration": {"port": 1}}).json()
    assert (put["name"], put["configuration"]) == ("New", {"port": 1})
    assert at.http.put(path, json={"name": "New"}).status_code == 400


@pytest.mark.parametrize("kind", ["source", "destination"])
def test_a_deleted_end_takes_its_connections_along(
    at: Rig, kind: str, connection: str, request: pytest.FixtureRequest
) -> None:
    path = f"/{kind}s/{request.getfixturevalue(kind)}"
    assert at.http.delete(path).status_code == 204

    assert at.get(path).status_code == 404
    assert at.get(f"/connections/{connection}").json()["status"] == "deprecated"


@pytest.mark.parametrize("kind", ["source", "destination"])
def test_an_end_needs_a_type_or_a_definition(at: Rig, kind: str, workspace: str) -> None:
    body: dict[str, Any] = {"name": "x", "workspaceId": workspace, "configuration": {}}
    assert at.http.post(f"/{kind}s", json=body).status_code == 400

    body["definitionId"] = str(uuid4())
    assert made(at, f"/{kind}s", **body)["definitionId"] == body["definitionId"]


def test_a_workspace_is_renamed_and_deleted_with_all_that_is_in_it(
    at: Rig, workspace: str, source: str, connection: str
) -> None:
    path = f"/workspaces/{workspace}"
    assert at.http.patch(path, json={"name": "Renamed"}).json()["name"] == "Renamed"
    assert at.http.delete(path).status_code == 204

    assert at.get(path).status_code == 404
    assert at.get(f"/sources/{source}").status_code == 404
    assert at.get(f"/connections/{connection}").json()["status"] == "deprecated"
    listed = {row["workspaceId"] for row in at.get("/workspaces", limit=100).json()["data"]}
    assert workspace not in listed


def test_a_tag_is_made_changed_and_deleted_from_its_connections(
    at: Rig, workspace: str, connection: str
) -> None:
    tag = made(at, "/tags", workspaceId=workspace, name="gold", color="FFD700")
    path = f"/tags/{tag['tagId']}"
    at.http.patch(f"/connections/{connection}", json={"tags": [tag]})
    change = {"name": "gold", "color": "000000"}
    assert at.http.patch(path, json=change).json()["color"] == "000000"
    assert at.http.patch(path, json={"color": "000000"}).status_code == 400
    assert at.get(f"/connections/{connection}").json()["tags"][0]["color"] == "000000"

    assert at.http.delete(path).status_code == 204
    assert at.get(f"/connections/{connection}").json()["tags"] == []
    assert at.get(path).status_code == 404


def test_a_tag_needs_a_colour_and_a_name_of_its_own(at: Rig, workspace: str) -> None:
    made(at, "/tags", workspaceId=workspace, name="gold", color="FFD700")
    twin = {"workspaceId": workspace, "name": "gold", "color": "FFD701"}
    assert at.http.post("/tags", json=twin).status_code == 409
    assert at.http.post("/tags", json=twin | {"name": "x", "color": "red"}).status_code == 400


def test_an_application_that_was_made_can_log_in_until_it_is_deleted() -> None:
    with rig(auth=True) as at:
        header = bearer(at.token().json()["access_token"])
        made_one = at.http.post("/applications", json={"name": "ci"}, headers=header).json()
        path = f"/applications/{made_one['id']}"
        listed = at.http.get("/applications", headers=header).json()["applications"]
        assert made_one in listed
        assert at.token(made_one["clientId"], made_one["clientSecret"]).status_code == 200

        gone: httpx.Response = at.http.delete(path, headers=header)
        assert (gone.status_code, gone.json()) == (200, made_one)
        assert at.token(made_one["clientId"], made_one["clientSecret"]).status_code == 401
        assert at.http.get(path, headers=header).status_code == 404


def test_the_same_calls_make_the_same_ids() -> None:
    def ids() -> list[str]:
        with rig() as at:
            return [made(at, "/workspaces", name=name)["workspaceId"] for name in ("a", "b")]

    assert ids() == ids()
