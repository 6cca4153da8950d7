"""`profiles.toml`, read: every mistake is one sentence with file, line and key.

A profile's table::

    default = "prod"

    [profiles.prod]
    url = "https://api.airbyte.com/v1"
    client_id = "6f1c..."
    client_secret = { env = "PROD_SECRET" }   # or { keyring = "..." }, { stored = "..." }
    workspace = "..."
    read_only = true

    [retention]
    days = 90        # of runs that have ended
    runs = 20000

    [deck]
    ascii = false
    slow_link = true # drawn once a second; left out: when an SSH link is seen to be slow
    theme = "terminal"
    [deck.keys]
    launch = "t"

Which keys it has says how it authenticates: `client_id` and `client_secret`, `token`, `username`
and `password`, or none of them. Changing the file is in :mod:`~workflow.settings_writing`.
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Final

from workflow.settings import (
    DEFAULT_LOOK,
    Auth,
    BasicAuth,
    BearerAuth,
    ClientCredentialsAuth,
    DeckSettings,
    InEnvironment,
    InKeyring,
    InSecretsFile,
    NoAuth,
    Plain,
    Profile,
    Reference,
    RetentionSettings,
    Settings,
    SettingsError,
    check_name,
    check_url,
    check_variable,
)
from workflow.settings_toml import line_of
from workflow.text import safe

_TOP_KEYS: Final = ("default", "journal", "retention", "deck", "profiles")
_RETENTION_KEYS: Final = ("days", "runs")
_MOST_DAYS: Final = 36_500
_MOST_RUNS: Final = 10_000_000
_DECK_KEYS: Final = ("keys", "ascii", "slow_link", "theme")
_PROFILE_KEYS: Final = (
    "url", "workspace", "read_only", "web_url", "look", "ca_bundle",
    "client_id", "client_secret", "token", "username", "password",
)  # fmt: skip
_SECRET_KEYS: Final = frozenset({"client_secret", "token", "password"})
_KINDS: Final = (("client_id", "client_secret"), ("token",), ("username", "password"))
_REFERENCES: Final[Mapping[str, type[InEnvironment | InKeyring | InSecretsFile]]] = {
    "env": InEnvironment,
    "keyring": InKeyring,
    "stored": InSecretsFile,
}
_LARGEST: Final = 1_000_000


def load(path: Path) -> Settings:
    """Read the settings; a file that is not there says nothing.

    Raises:
        SettingsError: the first mistake, with file, line and key.
    """
    text = read_text(path)
    return Settings(path) if text is None else parse(text, path)


def read_text(path: Path) -> str | None:
    """Return the file's text, or None when there is no file.

    Raises:
        SettingsError: it cannot be read, or is not a settings file by its size or encoding.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {error.strerror or error}.") from error
    if len(content) > _LARGEST:
        raise SettingsError(f"{path} is larger than {_LARGEST} bytes: that is no settings file.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SettingsError(f"{path} is not UTF-8 text: save it as that.") from error


def parse(text: str, path: Path) -> Settings:
    """Read the text of a settings file.

    Raises:
        SettingsError: the first mistake, with file, line and key.
    """
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path} is not TOML: {error}.") from error
    return _Reader(path, text).settings(table)


class _Reader:
    """Turns tables into settings, and knows which file to blame."""

    def __init__(self, path: Path, text: str) -> None:
        self._path = path
        self._written = text

    def settings(self, table: Mapping[str, object]) -> Settings:
        self._known("", table, _TOP_KEYS)
        tables = table.get("profiles", {})
        if not isinstance(tables, dict):
            raise self._mistake("profiles", "must be tables: write [profiles.NAME]")
        profiles = {name: self._profile(name, body) for name, body in tables.items()}
        default = self._text("default", table.get("default"))
        if default is not None and default not in profiles:
            raise self._mistake("default", f"names no profile of this file: {default!r}")
        journal = self._text("journal", table.get("journal"))
        return Settings(
            self._path,
            profiles=profiles,
            default=default,
            journal=Path(journal).expanduser() if journal else None,
            deck=self._deck(table.get("deck", {})),
            retention=self._retention(table.get("retention", {})),
        )

    def _retention(self, body: object) -> RetentionSettings:
        if not isinstance(body, dict):
            raise self._mistake("retention", "must be a table: write [retention]")
        self._known("retention.", body, _RETENTION_KEYS)
        usual = RetentionSettings()
        days, runs = body.get("days", usual.days), body.get("runs", usual.runs)
        return RetentionSettings(
            self._whole("retention.days", days, (1, _MOST_DAYS), "days"),
            self._whole("retention.runs", runs, (1, _MOST_RUNS), "runs"),
        )

    def _deck(self, body: object) -> DeckSettings:
        if not isinstance(body, dict):
            raise self._mistake("deck", "must be a table: write [deck]")
        self._known("deck.", body, _DECK_KEYS)
        ascii_only, keys = body.get("ascii", False), body.get("keys", {})
        slow_link = body.get("slow_link")
        for key, value in (("ascii", ascii_only), ("slow_link", slow_link)):
            if not isinstance(value, bool) and (value is not None or key == "ascii"):
                raise self._mistake(f"deck.{key}", "must be true or false")
        if not isinstance(keys, dict):
            raise self._mistake("deck.keys", "must be a table: write [deck.keys]")
        named = {name: self._text(f"deck.keys.{safe(name)}", keys[name]) for name in keys}
        theme = self._text("deck.theme", body.get("theme"))
        named_keys = {name: text for name, text in named.items() if text}
        return DeckSettings(named_keys, ascii_only, theme, slow_link)

    def _profile(self, name: str, body: object) -> Profile:
        where = f"profiles.{safe(name, limit=60)}"
        if not isinstance(body, dict):
            raise self._mistake(where, "must be a table")
        self._known(f"{where}.", body, _PROFILE_KEYS)

        def text(key: str) -> str | None:
            return self._text(f"{where}.{key}", body.get(key))

        url, web_url, bundle = text("url"), text("web_url"), text("ca_bundle")
        if url is None:
            raise self._mistake(f"{where}.url", "is missing: it says which server is meant")
        read_only = body.get("read_only", True)
        if not isinstance(read_only, bool):
            raise self._mistake(f"{where}.read_only", "must be true or false")
        try:
            check_name(name)
        except SettingsError as error:
            raise SettingsError(f"{self._place(where)}: {error}") from error
        check_url(url, self._at(f"{where}.url"))
        if web_url is not None:
            check_url(web_url, self._at(f"{where}.web_url"))
        return Profile(
            name,
            url,
            auth=self._auth(where, body),
            workspace=text("workspace"),
            read_only=read_only,
            web_url=web_url,
            look=self._look(f"{where}.look", body.get("look")),
            ca_bundle=Path(bundle).expanduser() if bundle else None,
        )

    def _auth(self, where: str, body: Mapping[str, object]) -> Auth:
        kinds = [kind for kind in _KINDS if any(key in body for key in kind)]
        if not kinds:
            return NoAuth()
        if len(kinds) > 1:
            both = " and ".join(" / ".join(kind) for kind in kinds)
            raise self._mistake(where, f"has two kinds of credentials, {both}: keep one")
        for key in kinds[0]:
            if key not in body:
                (other,) = set(kinds[0]) - {key}
                raise self._mistake(f"{where}.{key}", f"is missing beside {other}")
        values = [self._reference(f"{where}.{key}", key, body[key]) for key in kinds[0]]
        match values:
            case [token]:
                return BearerAuth(token)
            case [first, second] if kinds[0] == _KINDS[0]:
                return ClientCredentialsAuth(first, second)
            case [first, second]:
                return BasicAuth(first, second)
        raise AssertionError(kinds)  # every kind has one key or two

    def _reference(self, where: str, key: str, value: object) -> Reference:
        if isinstance(value, dict) and len(value) == 1:
            ((kind, name),) = value.items()
            build = _REFERENCES.get(kind)
            if build is not None and isinstance(name, str) and name:
                if build is InEnvironment:
                    check_variable(name, self._at(where))
                return build(name)
        if isinstance(value, str) and value and key not in _SECRET_KEYS:
            return Plain(value)
        forms = '{ env = "VARIABLE" }, { keyring = "ENTRY" } or { stored = "ENTRY" }'
        if key in _SECRET_KEYS:  # whatever stands there may be the secret: it is not repeated
            raise self._mistake(where, f"must say where the secret is, not be it: {forms}")
        raise self._mistake(where, f"must be a text or one of {forms}")

    def _look(self, where: str, value: object) -> timedelta:
        if value is None:
            return DEFAULT_LOOK
        return timedelta(seconds=self._whole(where, value, (5, 86_400), "seconds"))

    def _whole(self, where: str, value: object, between: tuple[int, int], unit: str) -> int:
        least, most = between
        # To Python, true is a number.
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise self._mistake(where, f"must be a whole number of {unit} from {least} to {most}")
        return value

    def _text(self, where: str, value: object) -> str | None:
        if value is None:
            return None
        if not isinstance(value, str) or not value.strip() or "\0" in value:
            raise self._mistake(where, "must be a text that is not empty")
        return value.strip()

    def _known(self, prefix: str, table: Iterable[str], keys: tuple[str, ...]) -> None:
        for key in table:
            if key not in keys:
                near = difflib.get_close_matches(key, keys, n=1)
                hint = f"did you mean {near[0]}?" if near else f"known: {', '.join(keys)}"
                raise self._mistake(f"{prefix}{safe(key, limit=60)}", f"is no setting; {hint}")

    def _mistake(self, where: str, what: str) -> SettingsError:
        return SettingsError(f"{self._at(where)} {what}{'' if what.endswith('?') else '.'}")

    def _at(self, where: str) -> str:
        return f"{self._place(where)}: {where}"

    def _place(self, where: str) -> str:
        """Return the file, with the line at which a key stands or should."""
        line = line_of(self._written, where)
        return str(self._path) if line is None else f"{self._path}:{line}"
