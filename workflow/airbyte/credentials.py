"""What a profile proves itself with. Secrets show as ``***`` wherever they turn up by mistake."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import TypeAlias

from workflow.text import SafeText


class Secret:
    """Text that is told only to who asks for it by name."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """Return the secret itself; for the request that carries it and nothing else."""
        return self._text

    def __repr__(self) -> str:
        return "***"

    def __str__(self) -> str:
        return "***"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        return hash((Secret, self._text))

    def __reduce__(self) -> str:
        raise TypeError("a secret is not written down")


@dataclass(frozen=True, slots=True)
class ClientCredentials:
    """An application's id and secret, exchanged for short-lived tokens."""

    client_id: str
    client_secret: Secret
    place: SafeText = field(default=SafeText("the profile"))
    """Where they are written, for whoever has to correct them."""


@dataclass(frozen=True, slots=True)
class Bearer:
    """A token that was made elsewhere."""

    token: Secret


@dataclass(frozen=True, slots=True)
class Basic:
    """User name and password, for old self-managed servers and proxies."""

    user: str
    password: Secret


@dataclass(frozen=True, slots=True)
class NoAuth:
    """A server with authentication switched off."""


Credentials: TypeAlias = ClientCredentials | Bearer | Basic | NoAuth


class BadCredentials(ValueError):  # noqa: N818 - said of what was given
    """Credentials that no HTTP header can carry; one sentence, without them in it."""


def fixed_header(credentials: Bearer | Basic) -> str:
    """Return the ``Authorization`` value that never changes; raises BadCredentials."""
    match credentials:
        case Bearer(token):
            return bearer_header(token.reveal())
        case Basic(user, password):
            pair = f"{user}:{password.reveal()}".encode()
            return f"Basic {base64.b64encode(pair).decode('ascii')}"


def bearer_header(token: str) -> str:
    """Return the header for a token; raises BadCredentials for line breaks and the like."""
    stripped = token.strip()
    if not stripped or not all("!" <= character <= "~" for character in stripped):
        raise BadCredentials(
            "The bearer token is empty or holds characters that no token has; copy it again."
        )
    return f"Bearer {stripped}"
