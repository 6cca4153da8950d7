"""Which profile is meant: the flag, else the environment, else the settings' default.

Whatever was chosen says by what, so that nobody starts a job on a server they did not mean.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias
from urllib.parse import urlsplit

from workflow.settings import (
    CLOUD_API,
    ENV_PROFILE,
    Auth,
    BearerAuth,
    ClientCredentialsAuth,
    InEnvironment,
    NoAuth,
    NoProfileError,
    Profile,
    Settings,
    SettingsError,
    check_url,
)
from workflow.text import SafeText, safe

Chosen: TypeAlias = Literal["flag", "environment", "default", "server", "demo"]


@dataclass(frozen=True, slots=True)
class Choice:
    """A profile, and what it was chosen by, so that people can be told."""

    profile: Profile
    by: Chosen

    @property
    def sentence(self) -> SafeText:
        """For the first line on a terminal: which server, and why this one."""
        why = {
            "flag": "as asked",
            "environment": "from the environment",
            "default": "the settings' default",
            "server": "as asked",
            "demo": "a sandbox",
        }[self.by]
        only = ", read-only" if self.profile.read_only else ""
        name, server = self.profile.name, self.profile.server
        return safe(f"{name} ({why}){'' if name == server else f': {server}'}{only}")


def choose(settings: Settings, *, flag: str | None, environ: Mapping[str, str]) -> Choice:
    """Choose a profile: the flag, else the environment, else the settings' default.

    Raises:
        NoProfileError: none of the three says anything.
        SettingsError: the flag names no profile, or the environment is contradictory.
    """
    if flag == ENV_PROFILE:
        profile = from_environment(environ)
        if profile is None:
            raise SettingsError(_INCOMPLETE_ENVIRONMENT)
        return Choice(profile, "flag")
    if flag is not None:
        return Choice(_named(settings, flag), "flag")
    profile = from_environment(environ)
    if profile is not None:
        return Choice(profile, "environment")
    if settings.default is not None:
        return Choice(_named(settings, settings.default), "default")
    if len(settings.profiles) == 1:
        return Choice(next(iter(settings.profiles.values())), "default")
    if settings.profiles:
        names = ", ".join(settings.profiles)
        raise NoProfileError(
            f"No profile was named and none is the default: use --profile with one of {names}."
        )
    if any(environ.get(name) for name in _CREDENTIAL_VARIABLES):
        raise NoProfileError(_INCOMPLETE_ENVIRONMENT)
    raise NoProfileError(
        "No server is known yet: set AIRBYTE_API_ROOT (with AIRBYTE_CLIENT_ID and "
        "AIRBYTE_CLIENT_SECRET, or AIRBYTE_BEARER_TOKEN), or run `syncdeck profile add`."
    )


_CREDENTIAL_VARIABLES: Final = (
    "AIRBYTE_CLIENT_ID",
    "AIRBYTE_CLIENT_SECRET",
    "AIRBYTE_BEARER_TOKEN",
)
_INCOMPLETE_ENVIRONMENT: Final = (
    "The environment names no server: set AIRBYTE_API_ROOT as well, for Airbyte Cloud to "
    f"{CLOUD_API}."
)


def from_environment(environ: Mapping[str, str]) -> Profile | None:
    """Return the profile that the ``AIRBYTE_*`` variables make, or None without a server there.

    Raises:
        SettingsError: the address is none, or the credentials are half or doubly given.
    """
    url = environ.get("AIRBYTE_API_ROOT", "").strip()
    if not url:
        return None
    check_url(url, "AIRBYTE_API_ROOT")
    given = {name for name in _CREDENTIAL_VARIABLES if environ.get(name)}
    halves = {"AIRBYTE_CLIENT_ID", "AIRBYTE_CLIENT_SECRET"}
    auth: Auth = NoAuth()
    if "AIRBYTE_BEARER_TOKEN" in given:
        if given & halves:
            raise SettingsError(
                "AIRBYTE_BEARER_TOKEN and AIRBYTE_CLIENT_ID / AIRBYTE_CLIENT_SECRET are both "
                "set: unset one of the two kinds."
            )
        auth = BearerAuth(InEnvironment("AIRBYTE_BEARER_TOKEN"))
    elif given:
        if given != halves:
            (missing,) = halves - given
            raise SettingsError(f"{given.pop()} is set but {missing} is not: set both.")
        auth = ClientCredentialsAuth(
            InEnvironment("AIRBYTE_CLIENT_ID"), InEnvironment("AIRBYTE_CLIENT_SECRET")
        )
    return Profile(
        ENV_PROFILE,
        url,
        auth=auth,
        workspace=environ.get("AIRBYTE_WORKSPACE_ID", "").strip() or None,
        read_only=False,
    )


def ad_hoc(url: str) -> Profile:
    """Return the profile of a server that was named on the command line: no credentials.

    Raises:
        SettingsError: the address is none.
    """
    check_url(url, "--server")
    return Profile(name=urlsplit(url).netloc.lower(), url=url, read_only=False)


def _named(settings: Settings, name: str) -> Profile:
    profile = settings.profiles.get(name)
    if profile is None:
        raise no_such_profile(settings, name)
    return profile


def no_such_profile(settings: Settings, name: str) -> SettingsError:
    """Return what is said of a name that no profile has, with the nearest that one has."""
    known = ", ".join(settings.profiles) or "none is saved"
    near = difflib.get_close_matches(name, settings.profiles, n=1)
    meant = f" Did you mean {near[0]}?" if near else ""
    return SettingsError(
        f"There is no profile {safe(name, limit=60)!r} in {settings.path}; known: {known}.{meant}"
    )
