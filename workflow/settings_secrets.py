"""From a reference to the secret itself: environment, keyring, or a file only its owner reads.

The value is read at the moment a session opens and goes from here straight into the wrapper that
the client's credentials are made of; nothing in the settings ever holds it.
"""

from __future__ import annotations

import importlib
import stat
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol, cast

from workflow.settings import (
    InEnvironment,
    InKeyring,
    InSecretsFile,
    Plain,
    Reference,
    SettingsError,
)
from workflow.settings_paths import write_private
from workflow.settings_toml import string
from workflow.text import safe

_SERVICE: Final = "syncdeck"
_WITHOUT_KEYRING: Final = "Without --keyring the secret goes into a file that only you can read."


class Keyring(Protocol):
    """What is used of the `keyring` package."""

    def get_password(self, service_name: str, username: str) -> str | None:
        """Return the entry's secret, or None when there is none."""

    def set_password(self, service_name: str, username: str, password: str) -> None:
        """Keep a secret under an entry."""

    def delete_password(self, service_name: str, username: str) -> None:
        """Forget an entry."""


def system_keyring() -> Keyring:
    """Return the system's keyring.

    Raises:
        SettingsError: the optional package is not installed.
    """
    try:
        module = importlib.import_module("keyring")
    except ImportError as error:
        raise SettingsError(
            "The keyring cannot be used: install it with `pip install 'syncdeck[keyring]'`."
        ) from error
    return cast("Keyring", module)


@dataclass(frozen=True, slots=True)
class SecretStore:
    """The three places a secret can be in."""

    environ: Mapping[str, str]
    file: Path
    keyring: Callable[[], Keyring] = system_keyring

    def reveal(self, reference: Reference, where: str) -> str:
        """Return the value behind a reference; `where` is the key it stands at, for errors.

        Raises:
            SettingsError: it is not there, or its place cannot be read. Never holds the secret.
        """
        match reference:
            case Plain(text):
                return text
            case InEnvironment(variable):
                value = self.environ.get(variable, "")
                if not value:
                    raise SettingsError(
                        f"{where} is to come from {safe(variable)}, which is not set."
                    )
            case InKeyring(entry):
                value = self._from_keyring(entry, where)
            case InSecretsFile(entry):
                value = self._entries().get(entry, "")
                if not value:
                    raise SettingsError(
                        f"{where} is to come from {self.file}, which has no {entry!r}."
                    )
        if any(character in value for character in "\r\n\0"):
            raise SettingsError(f"{where} has a line break in it: a secret is one line.")
        return value

    def keep(self, entry: str, secret: str, *, in_keyring: bool) -> Reference:
        """Keep a secret and return the reference to it.

        Raises:
            SettingsError: it cannot be written there.
        """
        if in_keyring:
            keyring = self.keyring()
            try:
                keyring.set_password(_SERVICE, entry, secret)
                kept = keyring.get_password(_SERVICE, entry)
            except Exception as error:  # noqa: BLE001 - each backend raises errors of its own
                why = safe(str(error), limit=200).rstrip(".…")
                raise SettingsError(f"The keyring refused: {why}. {_WITHOUT_KEYRING}") from None
            if kept != secret:  # a backend may take everything and keep nothing
                raise SettingsError(f"The keyring kept nothing. {_WITHOUT_KEYRING}")
            return InKeyring(entry)
        self._write({**self._entries(), entry: secret})
        return InSecretsFile(entry)

    def forget(self, reference: Reference) -> None:
        """Remove what :meth:`keep` kept; a secret that is not there is forgotten already.

        Raises:
            SettingsError: its place cannot be written.
        """
        match reference:
            case InSecretsFile(entry):
                entries = self._entries()
                if entries.pop(entry, None) is not None:
                    self._write(entries)
            case InKeyring(entry):
                keyring = self.keyring()
                try:
                    keyring.delete_password(_SERVICE, entry)
                except Exception as error:  # noqa: BLE001 - each backend raises errors of its own
                    raise SettingsError(
                        f"The keyring still holds {entry!r}: {safe(str(error), limit=200)}."
                    ) from None

    def _from_keyring(self, entry: str, where: str) -> str:
        keyring = self.keyring()
        try:
            value = keyring.get_password(_SERVICE, entry)
        except Exception as error:  # noqa: BLE001 - each backend raises errors of its own
            raise SettingsError(
                f"{where} cannot be read from the keyring: {safe(str(error), limit=200)}."
            ) from None
        if not value:
            raise SettingsError(f"{where} is to come from the keyring, which has no {entry!r}.")
        return value

    def _entries(self) -> dict[str, str]:
        try:
            with self.file.open("rb") as file:
                if stat.S_IMODE(self.file.stat().st_mode) & 0o077:
                    raise SettingsError(
                        f"{self.file} can be read by others: run `chmod 600` on it and change "
                        "the secrets in it."
                    )
                table = tomllib.load(file)
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise SettingsError(
                f"{self.file} cannot be read: {error.strerror or error}."
            ) from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError):
            # The parser's own message could quote a secret.
            raise SettingsError(
                f'{self.file} is not TOML: one `"entry" = "secret"` a line.'
            ) from None
        if not all(isinstance(value, str) for value in table.values()):
            raise SettingsError(
                f'{self.file} must hold texts only: one `"entry" = "secret"` a line.'
            )
        return table

    def _write(self, entries: Mapping[str, str]) -> None:
        lines = [f"{string(entry)} = {string(secret)}\n" for entry, secret in entries.items()]
        try:
            write_private(self.file, "".join(lines))
        except OSError as error:
            raise SettingsError(
                f"{self.file} cannot be written: {error.strerror or error}."
            ) from error
