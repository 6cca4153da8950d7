"""`syncdeck doctor`: one sentence for each question, and what is wrong is named."""

from __future__ import annotations

import json

import pytest

from tests.integration.cli.conftest import Serve, Syncdeck, sent


def health(syncdeck: Syncdeck) -> tuple[int, dict[str, str]]:
    ended = syncdeck("doctor", "--json")
    return ended.code, {one["about"]: one["health"] for one in json.loads(ended.out)}


def test_a_profile_that_works_is_well(serve: Serve, syncdeck: Syncdeck) -> None:
    server = serve()
    ended = syncdeck("doctor")
    assert ended.code == 0
    assert "✓ server: " in ended.out
    assert "✓ credentials: " in ended.out
    assert "✗" not in ended.out
    assert sent(server, "createJob") == 0


def test_missing_credentials_are_found(serve: Serve, syncdeck: Syncdeck) -> None:
    serve(auth=True)
    ended = syncdeck("doctor")
    assert ended.code == 1
    assert "the server wants some" in ended.out


def test_a_workspace_that_is_not_there_is_found(
    serve: Serve, syncdeck: Syncdeck, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve()
    monkeypatch.setenv("AIRBYTE_WORKSPACE_ID", "00000000-0000-0000-0000-000000000000")
    code, found = health(syncdeck)
    assert (code, found["workspace"]) == (1, "ill")


def test_a_server_that_is_not_there_is_found(
    syncdeck: Syncdeck, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRBYTE_API_ROOT", "http://127.0.0.1:9")
    code, found = health(syncdeck)
    assert (code, found["server"]) == (1, "ill")


@pytest.mark.parametrize(
    ("fault", "about"), [("no-tags", "tags"), ("no-filters", "jobs"), ("no-date", "clock")]
)
def test_what_an_older_server_lacks_is_said(
    serve: Serve, syncdeck: Syncdeck, fault: str, about: str
) -> None:
    serve(faults=(fault,))
    code, found = health(syncdeck)
    assert (code, found[about]) == (0, "warning")


@pytest.mark.parametrize("command", [("doctor",), ("run", "anything")])
def test_a_proxy_that_cannot_be_used_is_said_in_a_sentence_without_its_password(
    syncdeck: Syncdeck, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    monkeypatch.setenv("AIRBYTE_API_ROOT", "http://airbyte.example")
    monkeypatch.setenv("ALL_PROXY", "gopher://user:open-sesame@proxy.example")
    ended = syncdeck(*command)
    said = ended.out + ended.err
    assert ended.code == (1 if command == ("doctor",) else 2)
    assert "ALL_PROXY) cannot be used" in said
    assert "open-sesame" not in said
