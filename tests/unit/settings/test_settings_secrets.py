"""From a reference to a secret, and nothing of it in an error."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from workflow.settings import InEnvironment, InKeyring, InSecretsFile, Plain, SettingsError
from workflow.settings_secrets import Keyring, SecretStore


class MemoryKeyring:
    """A keyring that lives as long as the test."""

    def __init__(self) -> None:
        self.entries: dict[tuple[str, str], str] = {}

    def get_password(self, service_name: str, username: str) -> str | None:
        return self.entries.get((service_name, username))

    def set_password(self, service_name: str, username: str, password: str) -> None:
        self.entries[service_name, username] = password

    def delete_password(self, service_name: str, username: str) -> None:
        del self.entries[service_name, username]


class LockedKeyring(MemoryKeyring):
    """A keyring whose owner did not give its password."""

    def get_password(self, service_name: str, username: str) -> str | None:
        raise RuntimeError("locked\x1b[31m")


def store(
    tmp_path: Path, environ: dict[str, str] | None = None, keyring: Keyring | None = None
) -> SecretStore:
    ring = keyring or MemoryKeyring()
    return SecretStore(environ or {}, tmp_path / "secrets.toml", lambda: ring)


def test_an_environment_variable_is_read_when_needed(tmp_path: Path) -> None:
    assert store(tmp_path, {"T": "s3"}).reveal(InEnvironment("T"), "token") == "s3"


def test_a_variable_that_is_not_set_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="token is to come from T, which is not set"):
        store(tmp_path, {"T": ""}).reveal(InEnvironment("T"), "token")


def test_a_plain_value_is_itself(tmp_path: Path) -> None:
    assert store(tmp_path).reveal(Plain("id"), "client_id") == "id"


@pytest.mark.parametrize("in_keyring", [True, False])
def test_what_is_kept_can_be_revealed_and_forgotten(tmp_path: Path, *, in_keyring: bool) -> None:
    secrets = store(tmp_path)
    reference = secrets.keep("prod.token", 'can"ary\\', in_keyring=in_keyring)
    assert secrets.reveal(reference, "token") == 'can"ary\\'
    secrets.forget(reference)
    with pytest.raises(SettingsError, match=r"has no 'prod\.token'"):
        secrets.reveal(reference, "token")


def test_the_secrets_file_is_for_its_owner_only(tmp_path: Path) -> None:
    store(tmp_path).keep("a", "s", in_keyring=False)
    assert stat.S_IMODE((tmp_path / "secrets.toml").stat().st_mode) == 0o600


def test_a_secrets_file_that_others_can_read_is_refused(tmp_path: Path) -> None:
    secrets = store(tmp_path)
    secrets.keep("a", "s", in_keyring=False)
    (tmp_path / "secrets.toml").chmod(0o640)
    with pytest.raises(SettingsError, match="can be read by others"):
        secrets.reveal(InSecretsFile("a"), "token")


def test_a_broken_secrets_file_is_told_without_quoting_it(tmp_path: Path) -> None:
    file = tmp_path / "secrets.toml"
    file.write_text("canary")
    file.chmod(0o600)
    with pytest.raises(SettingsError, match="is not TOML") as caught:
        store(tmp_path).reveal(InSecretsFile("a"), "token")
    assert "canary" not in str(caught.value)


class NullKeyring(MemoryKeyring):
    """A keyring that takes everything and keeps nothing, as keyring's own null backend."""

    def set_password(self, service_name: str, username: str, password: str) -> None:
        pass


def test_a_keyring_that_keeps_nothing_is_found_out(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"kept nothing\. Without --keyring") as caught:
        store(tmp_path, keyring=NullKeyring()).keep("a", "canary", in_keyring=True)
    assert "canary" not in str(caught.value)


def test_a_keyring_that_refuses_is_told_harmlessly(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read from the keyring: locked") as caught:
        store(tmp_path, keyring=LockedKeyring()).reveal(InKeyring("a"), "token")
    assert "\x1b" not in str(caught.value)


def test_a_secret_of_two_lines_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="token has a line break") as caught:
        store(tmp_path, {"T": "canary\nX-Other: 1"}).reveal(InEnvironment("T"), "token")
    assert "canary" not in str(caught.value)
