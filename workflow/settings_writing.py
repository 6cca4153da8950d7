"""`profiles.toml`, changed: by hand, in one piece, and without losing anybody's comments.

A profile is added at the end and taken out by its lines; whatever else the file says stays as
people wrote it. The result is parsed before it is written.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from workflow.settings import (
    DEFAULT_LOOK,
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
    Settings,
    SettingsError,
    check_name,
)
from workflow.settings_choice import no_such_profile
from workflow.settings_file import parse, read_text
from workflow.settings_paths import write_private
from workflow.settings_toml import header, string


def add(path: Path, profile: Profile, *, default: bool = False) -> Settings:
    """Write a new profile at the end of the file; the first one becomes the default.

    Raises:
        SettingsError: there is one of that name, or the file is not as it should be.
    """
    check_name(profile.name)
    text = read_text(path) or ""
    before = parse(text, path)
    refuse_taken(before, profile.name)
    if text.strip():
        text = text.rstrip("\n") + "\n\n"
    text += _table(profile)
    if default or not before.profiles:
        text = _with_default(text, profile.name)
    return _replace(path, text, {*before.profiles, profile.name})


def refuse_taken(settings: Settings, name: str) -> None:
    """Raise SettingsError when there is a profile of that name."""
    if name in settings.profiles:
        raise SettingsError(
            f"There is a profile {name} already; run `syncdeck profile remove {name}` first, or "
            f"edit {settings.path}."
        )


def remove(path: Path, name: str) -> Settings:
    """Take a profile out of the file, with the comments inside its table.

    Raises:
        SettingsError: there is none of that name, or the file is not as it should be.
    """
    text = read_text(path) or ""
    before = parse(text, path)
    if name not in before.profiles:
        raise no_such_profile(before, name)
    kept: list[str] = []
    inside = False
    for line in text.splitlines(keepends=True):
        if (begun := header(line)) is not None:
            inside = begun == f"profiles.{name}"
        if not inside:
            kept.append(line)
    text = "".join(kept)
    if before.default == name:
        text = _DEFAULT.sub("", text, count=1).lstrip("\n")
    return _replace(path, text, set(before.profiles) - {name})


_DEFAULT: Final = re.compile(r"^default\s*=.*\n?", re.MULTILINE)


def _with_default(text: str, name: str) -> str:
    line = f"default = {string(name)}\n"
    replaced, count = _DEFAULT.subn(lambda _: line, text, count=1)
    return replaced if count else f"{line}\n{text}"


def _replace(path: Path, text: str, expected: set[str]) -> Settings:
    """Write the text if it still says what it should; text surgery can miss, a parser cannot."""
    try:
        settings = parse(text, path)
    except SettingsError as error:
        raise SettingsError(f"{path} is written in a way only you can edit by hand.") from error
    if set(settings.profiles) != expected:
        raise SettingsError(f"{path} is written in a way only you can edit by hand.")
    try:
        write_private(path, text)
    except OSError as error:
        raise SettingsError(f"{path} cannot be written: {error.strerror or error}.") from error
    return settings


def _table(profile: Profile) -> str:
    lines = [f"[profiles.{_key(profile.name)}]", f"url = {string(profile.url)}"]
    match profile.auth:
        case ClientCredentialsAuth(client_id, client_secret):
            lines += [
                f"client_id = {_value(client_id)}",
                f"client_secret = {_value(client_secret)}",
            ]
        case BearerAuth(token):
            lines.append(f"token = {_value(token)}")
        case BasicAuth(username, password):
            lines += [f"username = {_value(username)}", f"password = {_value(password)}"]
        case NoAuth():
            pass
    if profile.workspace:
        lines.append(f"workspace = {string(profile.workspace)}")
    lines.append(f"read_only = {'true' if profile.read_only else 'false'}")
    if profile.web_url:
        lines.append(f"web_url = {string(profile.web_url)}")
    if profile.look != DEFAULT_LOOK:
        lines.append(f"look = {int(profile.look.total_seconds())}")
    if profile.ca_bundle:
        lines.append(f"ca_bundle = {string(str(profile.ca_bundle))}")
    return "\n".join(lines) + "\n"


def _value(reference: Reference) -> str:
    match reference:
        case Plain(text):
            return string(text)
        case InEnvironment(variable):
            return f"{{ env = {string(variable)} }}"
        case InKeyring(entry):
            return f"{{ keyring = {string(entry)} }}"
        case InSecretsFile(entry):
            return f"{{ stored = {string(entry)} }}"


def _key(name: str) -> str:
    return string(name) if "." in name else name
