"""Profiles: which server, how to show who we are, and what may be done there.

The words. Which profile is meant is decided in :mod:`~workflow.settings_choice`; `profiles.toml`
is read in :mod:`~workflow.settings_file` and changed in :mod:`~workflow.settings_writing`, its
text is known to :mod:`~workflow.settings_toml`; a reference becomes a secret in
:mod:`~workflow.settings_secrets`; folders and file names are in :mod:`~workflow.settings_paths`.

A profile never holds a secret, only where to find it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Final, TypeAlias
from urllib.parse import urlsplit

from workflow.text import SafeText, safe

ENV_PROFILE: Final = "env"
DEMO_PROFILE: Final = "demo"
RESERVED: Final = frozenset({ENV_PROFILE, DEMO_PROFILE})
"""Names that no saved profile can have: they are made, not saved."""

CLOUD_API: Final = "https://api.airbyte.com/v1"
_CLOUD_WEB: Final = "https://cloud.airbyte.com"
_API_PATH: Final = re.compile(r"(/api)?(/public)?(/v1)?/*\Z")
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}\Z")
_VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})

DEFAULT_LOOK: Final = timedelta(seconds=300)
"""How long an unanswered trigger is looked for, unless a profile or a flag says otherwise."""


class SettingsError(Exception):
    """A mistake in the settings or the environment, as one sentence for people."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence: SafeText = safe(sentence)

    def __str__(self) -> str:
        return self.sentence


class NoProfileError(SettingsError):
    """Nothing says which server is meant."""


@dataclass(frozen=True, slots=True)
class Plain:
    """A value that is no secret, such as a client id, written where everybody may see it."""

    text: str


@dataclass(frozen=True, slots=True)
class InEnvironment:
    """The value of an environment variable, read when it is needed."""

    variable: str


@dataclass(frozen=True, slots=True)
class InKeyring:
    """An entry of the system's keyring, under the service ``syncdeck``."""

    entry: str


@dataclass(frozen=True, slots=True)
class InSecretsFile:
    """An entry of `secrets.toml`, a file that only its owner can read."""

    entry: str


Reference: TypeAlias = Plain | InEnvironment | InKeyring | InSecretsFile
"""Where a value is. Of these only :class:`Plain` is the value itself."""


@dataclass(frozen=True, slots=True)
class ClientCredentialsAuth:
    """An application of Airbyte's: its id and secret are exchanged for tokens."""

    client_id: Reference
    client_secret: Reference


@dataclass(frozen=True, slots=True)
class BearerAuth:
    """A token that somebody else obtained."""

    token: Reference


@dataclass(frozen=True, slots=True)
class BasicAuth:
    """User name and password, as old self-managed servers want them."""

    username: Reference
    password: Reference


@dataclass(frozen=True, slots=True)
class NoAuth:
    """A server with authentication switched off."""


Auth: TypeAlias = ClientCredentialsAuth | BearerAuth | BasicAuth | NoAuth


@dataclass(frozen=True, slots=True)
class Profile:
    """One Airbyte server with credentials and preferences."""

    name: str
    url: str
    """As it was pasted; the client normalises it."""
    auth: Auth = field(default_factory=NoAuth)
    workspace: str | None = None
    """Narrows everything to one workspace; None: all that the credentials may see."""
    read_only: bool = True
    """Sends nothing but GETs and its token request."""
    web_url: str | None = None
    """Airbyte's own pages, when they are not where the address of the API suggests."""
    look: timedelta = DEFAULT_LOOK
    ca_bundle: Path | None = None
    """Certificates to trust instead of the system's."""

    @property
    def references(self) -> tuple[tuple[str, Reference], ...]:
        """Where the values of its credentials are, each with its key in the settings."""
        return tuple((one.name, getattr(self.auth, one.name)) for one in fields(self.auth))

    @property
    def server(self) -> SafeText:
        """The host as people are shown it, with its port if it has one."""
        return safe(urlsplit(self.url).netloc.rpartition("@")[2] or self.url)

    @property
    def web(self) -> str:
        """Where Airbyte's own pages are, without a slash at the end."""
        return (self.web_url or web_of(self.url)).rstrip("/")


@dataclass(frozen=True, slots=True)
class DeckSettings:
    """How somebody likes the deck."""

    keys: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Keys by the id of what they do, several with commas."""
    ascii_only: bool = False
    """Draw with ASCII, for fonts without the glyphs."""
    theme: str | None = None
    """By name; None leaves it to what was chosen last."""
    slow_link: bool | None = None
    """Draw new data once a second; None: over SSH, when pictures are seen to wait."""


@dataclass(frozen=True, slots=True)
class RetentionSettings:
    """How long the journal remembers runs that have ended; what is not over is never forgotten."""

    days: int = 90
    """Since a run's end."""
    runs: int = 20_000
    """At most so many runs, the newest."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What `profiles.toml` says."""

    path: Path
    profiles: Mapping[str, Profile] = field(default_factory=lambda: MappingProxyType({}))
    default: str | None = None
    journal: Path | None = None
    deck: DeckSettings = field(default_factory=DeckSettings)
    retention: RetentionSettings = field(default_factory=RetentionSettings)


def check_name(name: str) -> None:
    """Raise SettingsError unless a saved profile can have this name."""
    if name in RESERVED:
        raise SettingsError(f"A profile cannot be called {name}: that name is taken by syncdeck.")
    if not _NAME.match(name):
        raise SettingsError(
            f"A profile cannot be called {safe(name, limit=60)!r}: use up to 40 letters, digits, "
            "dots, hyphens and underscores."
        )


def check_variable(name: str, where: str) -> None:
    """Raise SettingsError, naming `where` it stands, unless a variable can be called so.

    What is no name may be the secret itself, so it is not repeated.
    """
    if not _VARIABLE.match(name):
        raise SettingsError(
            f"{where} is to name an environment variable, in letters, digits and underscores; the "
            "secret itself belongs into that variable."
        )


def check_url(url: str, where: str) -> None:
    """Raise SettingsError, naming `where` it stands, unless `url` is a server's address."""
    try:
        parts = urlsplit(url)
        port = parts.port  # a property that raises for what is no port
    except ValueError:
        parts, port = urlsplit(""), None
    # urlsplit passes over line breaks and keeps blanks; no server has either in its address.
    broken = any(character.isspace() or not character.isprintable() for character in url)
    if broken or parts.scheme not in {"http", "https"} or not parts.hostname or port == 0:
        raise SettingsError(
            f"{where} is no address: it must look like https://airbyte.example.com."
        )
    if parts.username is not None or parts.password is not None:
        raise SettingsError(
            f"{where} holds a user name or password: take it out of the address and give it as "
            "credentials of a profile."
        )


def is_clear_text(profile: Profile) -> bool:
    """Whether credentials would cross a network unencrypted."""
    parts = urlsplit(profile.url)
    return (
        parts.scheme == "http"
        and parts.hostname not in _LOOPBACK
        and not isinstance(profile.auth, NoAuth)
    )


def web_of(url: str) -> str:
    """Guess where Airbyte's own pages are from the address of its API."""
    parts = urlsplit(url)
    if parts.hostname == "api.airbyte.com":
        return _CLOUD_WEB
    return f"{parts.scheme}://{parts.netloc}{_API_PATH.sub('', parts.path)}"
