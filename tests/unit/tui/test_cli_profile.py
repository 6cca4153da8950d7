"""`syncdeck profile`: saved, listed, shown, removed; a secret only where it belongs."""

from __future__ import annotations

import io
import stat
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.support.cli import Ended
from tui import cli
from workflow.settings import SettingsError


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


def test_the_list_marks_what_is_used_when_none_is_named(
    config: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    called(capsys, "profile", "add", "prod", "--url", "https://air.example.com")
    monkeypatch.setenv("AIRBYTE_API_ROOT", "http://localhost:8000")
    listed = called(capsys, "profile", "list")
    assert listed.out == "* env  localhost:8000  writable\n  prod  air.example.com  read-only\n"
    monkeypatch.setenv("AIRBYTE_CLIENT_ID", "half")
    half = called(capsys, "profile", "list")
    assert (half.code, half.out) == (0, "  prod  air.example.com  read-only\n")
    assert "AIRBYTE_CLIENT_SECRET is not" in half.err


def test_a_bundle_without_a_certificate_is_refused_before_anything_is_saved(
    config: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    bundle = tmp_path / "bundle.pem"
    bundle.write_text("no certificate")
    named = ("--url", "https://air.example.com", "--ca-bundle", str(bundle))
    added = called(capsys, "profile", "add", "prod", *named)
    assert added.code == 2
    assert f"The CA bundle {bundle} cannot be used: it holds no certificate." in added.err
    assert not config.exists()


def test_a_secret_that_was_typed_goes_into_a_file_of_its_own(
    config: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", SimpleNamespace(isatty=lambda: True))
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


def test_without_a_terminal_the_secret_is_a_line_of_stdin(
    config: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("canary\n"))
    added = called(capsys, "profile", "add", "p", "--url", "http://h", "--bearer")
    assert (added.code, added.out) == (0, "")
    assert "Warning" not in added.err
    assert 'p.token" = "canary"' in (config / "secrets.toml").read_text()


def test_without_a_terminal_and_a_line_nothing_is_saved(
    config: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    added = called(capsys, "profile", "add", "p", "--url", "http://h", "--bearer")
    assert added.code == 2
    assert "name its variable with --bearer-env" in added.err
    assert not config.exists()


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--keyring",), "--keyring is for a secret that is asked for"),
        (("--keyring", "--bearer-env", "T"), "--keyring is for a secret that is asked for"),
        (("--bearer", "--keyring", "--bearer-env", "T"), "keep one"),
        (("--bearer-env", "eyJ.canary-1"), "--bearer-env is to name an environment variable"),
        (("--client-secret-env", "S"), "needs --client-id"),
        (("--password-env", "P"), "needs --username"),
        (("--url", "http://a b"), "--url is no address"),
    ],
)
def test_options_that_make_no_profile_are_refused(
    config: Path, capsys: pytest.CaptureFixture[str], options: tuple[str, ...], says: str
) -> None:
    added = called(capsys, "profile", "add", "p", "--url", "http://h", *options)
    assert added.code == 2
    assert says in added.err
    assert "canary" not in added.err
    assert not config.exists()


def test_a_secret_is_not_left_behind_by_a_profile_that_could_not_be_saved(
    config: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object, **__: object) -> None:
        raise SettingsError("The disk is full.")

    monkeypatch.setattr("sys.stdin", io.StringIO("canary\n"))
    monkeypatch.setattr("tui.commands.profile.write", refused)
    assert called(capsys, "profile", "add", "p", "--url", "http://h", "--bearer").code == 2
    assert "canary" not in (config / "secrets.toml").read_text()


def test_removing_asks_on_a_terminal_and_else_needs_yes(
    config: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    called(capsys, "profile", "add", "p", "--url", "http://h")
    called(capsys, "profile", "add", "q", "--url", "http://h")
    before = (config / "profiles.toml").read_text()
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))
    ended = called(capsys, "profile", "remove", "p")
    assert ended.code == 2
    assert "--yes" in ended.err
    assert (config / "profiles.toml").read_text() == before
    assert "None is the default now: q." in called(capsys, "profile", "remove", "p", "--yes").err
    assert "did you mean" in called(capsys, "profile", "remove", "qq", "--yes").err.lower()


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
