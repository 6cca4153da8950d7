"""`syncdeck profile`: servers and their credentials, without a secret on any command line."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import click

from tui.commands.common import (
    Common,
    Refusal,
    chosen,
    common_options,
    load_settings,
    tell,
    without,
)
from workflow.settings import (
    Auth,
    BasicAuth,
    BearerAuth,
    ClientCredentialsAuth,
    InEnvironment,
    InKeyring,
    InSecretsFile,
    NoAuth,
    Plain,
    Profile,
    Reference,
    SettingsError,
    check_name,
    check_url,
)
from workflow.settings_paths import secrets_file, settings_file
from workflow.settings_secrets import SecretStore
from workflow.settings_writing import add as write
from workflow.settings_writing import remove as take_out
from workflow.text import safe


@click.group(short_help="Servers and their credentials.")
@common_options
def profile() -> None:
    """Add, list, show and remove profiles: servers and where their credentials are."""


@profile.command()
@click.argument("name")
@click.option("--url", required=True, help="The server, as you have it in the browser.")
@click.option("--workspace", metavar="ID", help="Narrow everything to one workspace.")
@click.option("--client-id", metavar="ID", help="Of an application; its secret is asked for.")
@click.option("--client-secret-env", metavar="VAR", help="The variable that holds the secret.")
@click.option("--bearer", is_flag=True, help="A ready token; it is asked for.")
@click.option("--bearer-env", metavar="VAR", help="The variable that holds the token.")
@click.option("--username", help="For HTTP basic; the password is asked for.")
@click.option("--password-env", metavar="VAR", help="The variable that holds the password.")
@click.option("--keyring", is_flag=True, help="Keep the secret in the system's keyring.")
@click.option("--web-url", metavar="URL", help="Airbyte's pages, if they are elsewhere.")
@click.option(
    "--writable", is_flag=True, help="Jobs may be started; otherwise the profile is read-only."
)
@click.option(
    "--ca-bundle",
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False, resolve_path=True, path_type=Path),
    help="Certificates to trust instead of the system's.",
)
@click.option("--default", "default", is_flag=True, help="Use it when nothing else is named.")
@without(
    "profile",
    "read_only",
    "journal",
    because="add takes the profile's NAME, and makes it read-only unless --writable is given",
)
def add(
    *,
    name: str,
    url: str,
    workspace: str | None,
    client_id: str | None,
    client_secret_env: str | None,
    bearer: bool,
    bearer_env: str | None,
    username: str | None,
    password_env: str | None,
    keyring: bool,
    web_url: str | None,
    writable: bool,
    ca_bundle: Path | None,
    default: bool,
) -> int:
    """Save a profile. Secrets are asked for, or read from the variables you name."""
    try:
        check_name(name)
        check_url(url, "--url")
        if web_url is not None:
            check_url(web_url, "--web-url")
        if name in load_settings().profiles:
            raise SettingsError(f"There is a profile {name} already; remove it first.")
        auth = _auth(
            name,
            client=(client_id, client_secret_env),
            bearer=(bearer, bearer_env),
            basic=(username, password_env),
            in_keyring=keyring,
        )
        saved = Profile(
            name,
            url,
            auth=auth,
            workspace=workspace,
            read_only=not writable,
            web_url=web_url,
            ca_bundle=ca_bundle,
        )
        settings = write(settings_file(), saved, default=default)
    except SettingsError as error:
        raise Refusal(str(error)) from error
    tell(safe(f"Saved {name} in {settings.path}."))
    tell(safe(f"See whether it works: syncdeck doctor --profile {name}"))
    if not writable:
        how = "W in the deck arms it for a while, read_only = false in that file for good"
        tell(safe(f"It is read-only: {how}."))
    return 0


@profile.command("list")
@without("profile", "read_only", "journal", because="list shows every profile as it is saved")
def list_() -> int:
    """List the profiles: one a line, the default marked."""
    try:
        settings = load_settings()
    except SettingsError as error:
        raise Refusal(str(error)) from error
    if not settings.profiles:
        tell(safe(f"No profile is saved in {settings.path}; run `syncdeck profile add`."))
    for saved in settings.profiles.values():
        mark = "*" if saved.name == settings.default else " "
        access = "read-only" if saved.read_only else "writable"
        click.echo(safe(f"{mark} {saved.name}  {saved.server}  {access}"))
    return 0


@profile.command(short_help="Show one profile; secrets only by where they are.")
@click.argument("name", required=False)
@without("journal", because="a profile has none of its own")
@click.pass_context
def show(context: click.Context, *, name: str | None) -> int:
    """Show one profile, the chosen one if none is named; secrets only by where they are."""
    common = Common.of(context)
    try:
        choice = chosen(common if name is None else replace(common, profile=name))
    except SettingsError as error:
        raise Refusal(str(error)) from error
    for key, value in _lines(choice.profile):
        click.echo(safe(f"{key}: {value}"))
    click.echo(safe(f"chosen: {choice.sentence}"))
    return 0


@profile.command()
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
@without("profile", "read_only", "journal", because="remove takes the profile's NAME")
def remove(*, name: str, yes: bool) -> int:
    """Remove a profile and the secrets that were kept for it."""
    try:
        saved = load_settings().profiles.get(name)
        if saved is not None and not yes:
            click.confirm(f"Remove profile {name} ({saved.server})?", abort=True, err=True)
        take_out(settings_file(), name)
        store = _store()
        for _, reference in _references(saved) if saved is not None else ():
            store.forget(reference)
    except SettingsError as error:
        raise Refusal(str(error)) from error
    tell(safe(f"Removed {name}."))
    return 0


def _store() -> SecretStore:
    return SecretStore(os.environ, secrets_file())


def _auth(
    name: str,
    *,
    client: tuple[str | None, str | None],
    bearer: tuple[bool, str | None],
    basic: tuple[str | None, str | None],
    in_keyring: bool,
) -> Auth:
    if sum(any(kind) for kind in (client, bearer, basic)) > 1:
        raise SettingsError("Two kinds of credentials were given: keep one.")

    def secret(key: str, variable: str | None) -> Reference:
        if variable:
            return InEnvironment(variable)
        text = click.prompt(f"{key} of {name}", hide_input=True, err=True)
        return _store().keep(f"{name}.{key}", text, in_keyring=in_keyring)

    if any(client):
        if not client[0]:
            raise SettingsError("--client-secret-env needs --client-id beside it.")
        return ClientCredentialsAuth(Plain(client[0]), secret("client_secret", client[1]))
    if any(bearer):
        return BearerAuth(secret("token", bearer[1]))
    if any(basic):
        if not basic[0]:
            raise SettingsError("--password-env needs --username beside it.")
        return BasicAuth(Plain(basic[0]), secret("password", basic[1]))
    return NoAuth()


def _references(saved: Profile) -> tuple[tuple[str, Reference], ...]:
    match saved.auth:
        case ClientCredentialsAuth(client_id, client_secret):
            return (("client_id", client_id), ("client_secret", client_secret))
        case BearerAuth(token):
            return (("token", token),)
        case BasicAuth(username, password):
            return (("username", username), ("password", password))
    return ()


def _lines(saved: Profile) -> list[tuple[str, str]]:
    lines = [("name", saved.name), ("url", saved.url)]
    lines += [(key, _where(reference)) for key, reference in _references(saved)]
    lines += [
        ("workspace", saved.workspace or "all"),
        ("read_only", "true" if saved.read_only else "false"),
        ("web_url", saved.web),
        ("look", f"{saved.look.total_seconds():.0f} seconds"),
    ]
    if saved.ca_bundle:
        lines.append(("ca_bundle", str(saved.ca_bundle)))
    return lines


def _where(reference: Reference) -> str:
    match reference:
        case Plain(text):
            return text
        case InEnvironment(variable):
            return f"from the environment, {variable}"
        case InKeyring(entry):
            return f"from the keyring, {entry}"
        case InSecretsFile(entry):
            return f"from secrets.toml, {entry}"
