"""`syncdeck profile`: saved, listed, shown, removed; a secret only where it belongs."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from tests.support.cli import Ended
from tui import cli


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    return tmp_path / "syncdeck"


def called(capsys: pytest.CaptureFixture[str], *arguments: str) -> Ended:
    code = cli.run(arguments)
    return Ended(code, *capsys.readouterr())


def test_a_profile_is_saved_listed_shown_and_removed(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    url = ("--url", "https://air.example.com")
    added = called(
        capsys, "profile", "add", "prod", *url, "--client-id", "abc", "--client-secret-env", "S"
    )
    assert added.code == 0
    assert stat.S_IMODE((config / "profiles.toml").stat().st_mode) == 0o600
    assert called(capsys, "profile", "list").out == "* prod  air.example.com  read-only\n"
    shown = called(capsys, "profile", "show").out
    assert "client_secret: from the environment, S" in shown
    assert "chosen: prod (the settings' default): air.example.com, read-only" in shown
    assert called(capsys, "profile", "remove", "prod", "--yes").code == 0
    assert called(capsys, "profile", "list").out == ""


def test_a_secret_that_was_typed_goes_into_a_file_of_its_own(
    config: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("click.prompt", lambda *_, **__: "canary")
    added = called(capsys, "profile", "add", "p", "--url", "http://localhost:8000", "--bearer")
    shown = called(capsys, "profile", "show", "p")
    assert added.code == 0
    assert "canary" not in added.out + added.err + shown.out + shown.err
    assert "canary" not in (config / "profiles.toml").read_text()
    secrets = config / "secrets.toml"
    assert "canary" in secrets.read_text()
    assert stat.S_IMODE(secrets.stat().st_mode) == 0o600
    assert called(capsys, "profile", "remove", "p", "--yes").code == 0
    assert "canary" not in secrets.read_text()


def test_two_kinds_of_credentials_are_refused(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ended = called(
        capsys,
        *("profile", "add", "p", "--url", "http://h", "--bearer-env", "A", "--client-id", "b"),
    )
    assert ended.code == 2
    assert "keep one" in ended.err
    assert not config.exists()


def test_a_broken_settings_file_is_told_by_file_line_and_key(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config.mkdir()
    (config / "profiles.toml").write_text('[profiles.a]\nurl = "http://h"\nreadonly = 1\n')
    ended = called(capsys, "run", "x")
    assert ended.code == 2
    assert f"{config / 'profiles.toml'}:3: profiles.a.readonly is no setting" in ended.err
