"""`syncdeck profile`: servers and their credentials, without a secret on any command line."""

from __future__ import annotations

import os
import sys
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
from tui.commands.credentials_told import Told
from workflow.settings import (
    InEnvironment,
    InKeyring,
    InSecretsFile,
    NoProfileError,
    Plain,
    Profile,
    Reference,
    Settings,
    SettingsError,
    check_name,
    check_url,
)
from workflow.settings_choice import choose, from_environment, no_such_profile
from workflow.settings_paths import secrets_file, settings_file
from workflow.settings_secrets import SecretStore
from workflow.settings_writing import add as write
from workflow.settings_writing import refuse_taken
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
    """Save a profile.

    Its secret is asked for, read from stdin as one line when that is no terminal, or stays in the
    variable you name.
    """
    try:
        check_name(name)
        check_url(url, "--url")
        if web_url is not None:
            check_url(web_url, "--web-url")
        if ca_bundle is not None:
            _check_bundle(ca_bundle)
        refuse_taken(load_settings(), name)
        told = Told(
            client_id, client_secret_env, bearer, bearer_env, username, password_env, keyring
        )
        saved = Profile(
            name,
            url,
            auth=told.auth_of(name, _store()),
            workspace=workspace,
            read_only=not writable,
            web_url=web_url,
            ca_bundle=ca_bundle,
        )
        settings = _written(saved, default=default)
    except SettingsError as error:
        raise Refusal(str(error)) from error
    usual = "; it is the default" if settings.default == name else ""
    tell(safe(f"Saved {name} in {settings.path}{usual}."))
    tell(safe(f"See whether it works: syncdeck doctor --profile {name}"))
    if not writable:
        how = "W in the deck arms it for a while, read_only = false in that file for good"
        tell(safe(f"It is read-only: {how}."))
    return 0


def _check_bundle(bundle: Path) -> None:
    """Raise SettingsError unless the file holds certificates."""
    from workflow.http.lines import DoorSetupError, tls_context  # noqa: PLC0415 - for this alone

    try:
        tls_context(bundle)
    except DoorSetupError as error:
        raise SettingsError(str(error)) from error


@profile.command("list", short_help="List the profiles: one a line, the one in use marked.")
@without("profile", "read_only", "journal", because="list shows every profile as it is saved")
def list_() -> int:
    """List the profiles: one a line, the one that is used when none is named marked with *."""
    try:
        settings = load_settings()
    except SettingsError as error:
        raise Refusal(str(error)) from error
    usual, own = None, None
    try:
        own = from_environment(os.environ)
        usual = choose(settings, flag=None, environ=os.environ).profile.name
    except NoProfileError:
        pass  # none is used, so none is marked
    except SettingsError as error:  # what is saved can be listed all the same
        tell(safe(f"syncdeck: {error}"))
    known = [*([] if own is None else [own]), *settings.profiles.values()]
    if not known:
        tell(safe(f"No profile is saved in {settings.path}; run `syncdeck profile add`."))
    for one in known:
        mark = "*" if one.name == usual else " "
        access = "read-only" if one.read_only else "writable"
        click.echo(safe(f"{mark} {one.name}  {one.server}  {access}"))
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
        before = load_settings()
        saved = before.profiles.get(name)
        if saved is None:
            raise no_such_profile(before, name)
        if not yes:
            _confirmed(saved)
        take_out(settings_file(), name)
        _forget(saved)
    except SettingsError as error:
        raise Refusal(str(error)) from error
    left = ", ".join(one for one in before.profiles if one != name)
    was = f" None is the default now: {left}." if before.default == name and left else ""
    tell(safe(f"Removed {name}.{was}"))
    return 0


def _confirmed(saved: Profile) -> None:
    if not sys.stdin.isatty():
        raise Refusal("Without a terminal to ask on, removing needs --yes; nothing was changed.")
    click.confirm(f"Remove profile {saved.name} ({saved.server})?", abort=True, err=True)


def _written(saved: Profile, *, default: bool) -> Settings:
    """Save a profile; a secret kept for one that cannot be saved is not left behind."""
    try:
        return write(settings_file(), saved, default=default)
    except SettingsError:
        _forget(saved)
        raise


def _forget(saved: Profile) -> None:
    for _, reference in saved.references:
        _store().forget(reference)


def _store() -> SecretStore:
    return SecretStore(os.environ, secrets_file())


def _lines(saved: Profile) -> list[tuple[str, str]]:
    lines = [("name", saved.name), ("url", saved.url)]
    lines += [(key, _where(reference)) for key, reference in saved.references]
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
