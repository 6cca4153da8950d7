"""Who is asking: applications and their expiring tokens, fixed bearer tokens, HTTP basic, roles.

Tokens live in wall time, which the sandbox's speed leaves alone. With auth disabled everybody is
an instance admin, as in Airbyte's own local edition.
"""

from __future__ import annotations

import base64
import binascii
import random
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final, Literal

FIXED_CLIENT_ID: Final = "syncdeck-sandbox"
FIXED_CLIENT_SECRET: Final = "not-a-secret-sandbox"  # noqa: S105 - public on purpose
FIXED_BEARER_TOKEN: Final = "not-a-secret-sandbox-token"  # noqa: S105 - public on purpose
FIXED_BASIC: Final = ("airbyte", "password")
_MOST_TOKENS: Final = 10_000


class Role(IntEnum):
    """What somebody may do; each role may do what the ones below it may."""

    READER = 1
    RUNNER = 2
    EDITOR = 3
    ADMIN = 4
    INSTANCE_ADMIN = 5


@dataclass(frozen=True, slots=True)
class Principal:
    """Somebody who asks, and may."""

    name: str
    role: Role
    workspaces: frozenset[str] | None = None
    """The ids of the workspaces that exist for this sender; None: all."""

    def sees(self, workspace_id: str) -> bool:
        """Say whether a workspace, and what is in it, exists for this sender."""
        return self.workspaces is None or workspace_id in self.workspaces


ANYBODY: Final = Principal("anybody", Role.INSTANCE_ADMIN)
NOBODY: Final = Principal("", Role.READER)
"""Who asks without credentials where none are needed."""


@dataclass(frozen=True, slots=True)
class Application:
    """A pair of client id and secret; `created_at` is epoch seconds."""

    id: str
    name: str
    client_id: str
    client_secret: str
    role: Role
    created_at: float = 0.0
    workspaces: frozenset[str] | None = None


WrongCredentials = Literal[400, 401, 500]
"""What wrong client credentials are answered with, by edition."""


@dataclass(frozen=True, slots=True)
class AuthSettings:
    """How one server's auth behaves; editions differ in each of these."""

    token_lifetime: float = 900.0
    """Seconds; 180, 900 and 86,400 were seen."""
    wrong_credentials: WrongCredentials = 401
    form_tokens: bool = True
    """Whether the token endpoint takes form encoding; some editions answer 401 to it."""
    say_expiry: bool = True
    """Old servers leave `expires_in` out."""


@dataclass(frozen=True, slots=True)
class _Token:
    principal: Principal
    expires_at: float


class Auth:
    """The credentials a sandbox knows and the tokens it gave out."""

    def __init__(
        self,
        *,
        seed: int = 0,
        applications: Sequence[Application] = (),
        bearers: Sequence[tuple[str, Role]] = (),
        basics: Sequence[tuple[str, str, Role]] = (),
        settings: AuthSettings | None = None,
        disabled: bool = False,
    ) -> None:
        self.disabled = disabled
        self.settings = settings or AuthSettings()
        self.applications = {application.id: application for application in applications}
        self._bearers = dict(bearers)
        self._basics = {(user, password): role for user, password, role in basics}
        self._tokens: dict[str, _Token] = {}
        self._rng = random.Random(f"{seed}/tokens")  # noqa: S311 - tokens for tests, repeatable

    def __repr__(self) -> str:
        return f"Auth({len(self.applications)} applications)"

    def principal(self, authorization: str | None, now: float) -> Principal | None:
        """Return who an Authorization header stands for at `now`, or None."""
        if self.disabled:
            return ANYBODY
        scheme, _, rest = (authorization or "").partition(" ")
        secret = rest.strip()
        if scheme.lower() == "basic":
            return self._basic(secret)
        if scheme.lower() != "bearer":
            return None
        if secret in self._bearers:
            return Principal("bearer", self._bearers[secret])
        token = self._tokens.get(secret)
        return token.principal if token is not None and now < token.expires_at else None

    def grant(self, client_id: str, client_secret: str, now: float) -> str | None:
        """Return a fresh access token for right credentials, or None."""
        for application in self.applications.values():
            if (application.client_id, application.client_secret) == (client_id, client_secret):
                principal = Principal(application.name, application.role, application.workspaces)
                break
        else:
            if not self.disabled:
                return None
            principal = ANYBODY
        text = f"sbx.{self._rng.getrandbits(256):064x}"
        if len(self._tokens) >= _MOST_TOKENS:
            self._tokens.pop(next(iter(self._tokens)))
        self._tokens[text] = _Token(principal, now + self.settings.token_lifetime)
        return text

    def revoke_all(self) -> None:
        """Make every token that was given out worthless."""
        self._tokens.clear()

    def _basic(self, encoded: str) -> Principal | None:
        try:
            user, colon, password = base64.b64decode(encoded, validate=True).decode().partition(":")
        except (binascii.Error, ValueError):
            return None
        role = self._basics.get((user, password)) if colon else None
        return None if role is None else Principal(user, role)


def fixed_auth(
    *,
    seed: int = 0,
    extra: Sequence[Application] = (),
    settings: AuthSettings | None = None,
) -> Auth:
    """Return the auth of `syncdeck sandbox --auth`: fixed credentials of a workspace admin."""
    fixed = Application(
        id="00000000-0000-4000-8000-000000000001",
        name="syncdeck sandbox",
        client_id=FIXED_CLIENT_ID,
        client_secret=FIXED_CLIENT_SECRET,
        role=Role.ADMIN,
    )
    return Auth(
        seed=seed,
        applications=(fixed, *extra),
        bearers=((FIXED_BEARER_TOKEN, Role.ADMIN),),
        basics=((*FIXED_BASIC, Role.ADMIN),),
        settings=settings,
    )
