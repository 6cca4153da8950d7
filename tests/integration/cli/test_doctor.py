"""`syncdeck doctor`: one sentence for each question, and what is wrong is named."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.integration.cli.conftest import Serve, Syncdeck, sent
from workflow.settings_paths import log_file, settings_file


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
    assert syncdeck("doctor").out.endswith("/health: Connection refused.\n")


@pytest.mark.parametrize(
    ("fault", "about"), [("no-tags", "tags"), ("no-filters", "jobs"), ("no-date", "clock")]
)
def test_what_an_older_server_lacks_is_said(
    serve: Serve, syncdeck: Syncdeck, fault: str, about: str
) -> None:
    serve(faults=(fault,))
    code, found = health(syncdeck)
    assert (code, found[about]) == (0, "warning")


def test_every_file_of_ours_is_named(serve: Serve, syncdeck: Syncdeck, journal: Path) -> None:
    serve()
    said = {one["about"]: one["text"] for one in json.loads(syncdeck("doctor", "--json").out)}
    assert said["settings"].startswith(f"{settings_file()}, ")
    assert said["log"] == str(log_file())
    assert said["journal"].startswith(f"{journal}, ")


def test_a_journal_that_cannot_be_made_is_found(
    serve: Serve, syncdeck: Syncdeck, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    serve()
    (tmp_path / "a file").write_text("")
    monkeypatch.setenv("SYNCDECK_JOURNAL", str(tmp_path / "a file" / "journal.db"))
    code, found = health(syncdeck)
    assert (code, found["journal"]) == (1, "ill")


@pytest.mark.parametrize(
    ("variable", "value"),
    [("ALL_PROXY", "gopher://user:secret@proxy.example"), ("SSL_CERT_FILE", "/not/there.pem")],
)
def test_a_network_that_cannot_be_set_up_is_one_sentence(
    syncdeck: Syncdeck, monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv("AIRBYTE_API_ROOT", "http://airbyte.invalid")
    monkeypatch.setenv(variable, value)
    code, found = health(syncdeck)
    assert (code, found["network"]) == (1, "ill")
    ended = syncdeck("run", "--all")
    assert ended.code == 2
    assert variable in ended.err
    assert "secret" not in ended.err


def test_a_proxy_is_named_without_its_password(
    syncdeck: Syncdeck, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRBYTE_API_ROOT", "http://airbyte.invalid")
    monkeypatch.setenv("http_proxy", "http://user:secret@127.0.0.1:9")
    ended = syncdeck("doctor")
    assert "✓ proxy: airbyte.invalid is asked through 127.0.0.1:9" in ended.out
    assert "secret" not in ended.out


def test_a_token_that_is_not_accepted_is_said_to_be_in_its_variable(
    serve: Serve, syncdeck: Syncdeck, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve(auth=True)
    monkeypatch.setenv("AIRBYTE_BEARER_TOKEN", "not-the-one")
    ended = syncdeck("doctor")
    assert ended.out.splitlines()[-1].endswith("The token is in AIRBYTE_BEARER_TOKEN.")
    assert "not-the-one" not in ended.out
    ended = syncdeck("run", "--all")
    assert ended.code == 2
    assert ended.err.splitlines()[-1].endswith("The token is in AIRBYTE_BEARER_TOKEN.")


def test_a_journal_on_a_full_disk_is_found(
    serve: Serve, syncdeck: Syncdeck, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve()
    assert syncdeck("attach").code == 0
    monkeypatch.setattr(
        "tui.headless_doctor_files.shutil.disk_usage", lambda _: SimpleNamespace(free=4096)
    )
    code, found = health(syncdeck)
    assert (code, found["journal"]) == (1, "ill")
    assert "no space is left on its disk" in syncdeck("doctor").out
