"""What `profile add` is told about credentials: which kind, and where its secret is to come from.

A secret never stands on a command line. It is typed, read as one line of stdin, or stays in a
variable that is named.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass

import click

from workflow.settings import (
    Auth,
    BasicAuth,
    BearerAuth,
    ClientCredentialsAuth,
    InEnvironment,
    NoAuth,
    Plain,
    Reference,
    SettingsError,
    check_variable,
)
from workflow.settings_secrets import SecretStore


@dataclass(frozen=True, slots=True)
class Told:
    """The options about credentials."""

    client_id: str | None = None
    client_secret_env: str | None = None
    bearer: bool = False
    bearer_env: str | None = None
    username: str | None = None
    password_env: str | None = None
    keyring: bool = False

    def auth_of(self, name: str, store: SecretStore) -> Auth:
        """Return how a profile authenticates, keeping the secret that was asked for.

        Raises:
            SettingsError: the options contradict each other, or no secret came.
        """
        client = (self.client_id, self.client_secret_env)
        bearer = (self.bearer, self.bearer_env)
        basic = (self.username, self.password_env)
        if sum(any(kind) for kind in (client, bearer, basic)) > 1:
            raise SettingsError("Two kinds of credentials were given: keep one.")
        if self.keyring and not (self.client_id or self.bearer or self.username):
            raise SettingsError(
                "--keyring is for a secret that is asked for: give --client-id, --bearer or "
                "--username beside it."
            )
        if any(client):
            if not self.client_id:
                raise SettingsError("--client-secret-env needs --client-id beside it.")
            secret = self._secret(name, "client_secret", "--client-secret-env", client[1], store)
            return ClientCredentialsAuth(Plain(self.client_id), secret)
        if any(bearer):
            return BearerAuth(self._secret(name, "token", "--bearer-env", bearer[1], store))
        if any(basic):
            if not self.username:
                raise SettingsError("--password-env needs --username beside it.")
            secret = self._secret(name, "password", "--password-env", basic[1], store)
            return BasicAuth(Plain(self.username), secret)
        return NoAuth()

    def _secret(
        self, name: str, key: str, option: str, variable: str | None, store: SecretStore
    ) -> Reference:
        if variable is None:
            text = _asked(f"{key} of {name}", option)
            return store.keep(f"{name}.{key}", text, in_keyring=self.keyring)
        check_variable(variable, option)
        if self.keyring:
            raise SettingsError(f"--keyring and {option} both say where the secret is: keep one.")
        return InEnvironment(variable)


def _asked(what: str, option: str) -> str:
    """Ask on a terminal, without showing what is typed; else take a line of stdin."""
    if sys.stdin.isatty():
        return str(click.prompt(what, hide_input=True, err=True))
    line = sys.stdin.readline().rstrip("\r\n")
    if not line.strip():
        raise SettingsError(
            f"No {what} came: write it to stdin as one line, or name its variable with {option}."
        )
    return line
