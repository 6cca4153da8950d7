"""Tokens, basic, bearer and roles."""

from __future__ import annotations

import base64

from workflow.sandbox.auth import (
    FIXED_BASIC,
    FIXED_BEARER_TOKEN,
    FIXED_CLIENT_ID,
    FIXED_CLIENT_SECRET,
    Auth,
    Role,
    fixed_auth,
)


def token_of(auth: Auth, now: float = 0.0) -> str:
    token = auth.grant(FIXED_CLIENT_ID, FIXED_CLIENT_SECRET, now)
    assert token is not None
    return token


def test_a_token_stands_for_its_application_until_it_expires() -> None:
    auth = fixed_auth()
    header = f"Bearer {token_of(auth)}"
    principal = auth.principal(header, 899.0)

    assert principal is not None
    assert principal.role is Role.ADMIN
    assert auth.principal(header, 900.0) is None


def test_a_revoked_token_stands_for_nobody() -> None:
    auth = fixed_auth()
    header = f"Bearer {token_of(auth)}"
    auth.revoke_all()

    assert auth.principal(header, 0.0) is None


def test_wrong_credentials_get_no_token() -> None:
    assert fixed_auth().grant(FIXED_CLIENT_ID, "wrong", 0.0) is None


def test_a_ready_bearer_token_never_expires() -> None:
    assert fixed_auth().principal(f"bearer {FIXED_BEARER_TOKEN}", 1e12) is not None


def test_basic_takes_the_right_pair_only() -> None:
    def header(pair: str) -> str:
        return "Basic " + base64.b64encode(pair.encode()).decode()

    auth = fixed_auth()
    assert auth.principal(header(":".join(FIXED_BASIC)), 0.0) is not None
    assert auth.principal(header("airbyte:wrong"), 0.0) is None
    assert auth.principal("Basic ???", 0.0) is None
    assert auth.principal("Basic", 0.0) is None


def test_nothing_and_nonsense_stand_for_nobody() -> None:
    auth = fixed_auth()

    assert auth.principal(None, 0.0) is None
    assert auth.principal("Digest x", 0.0) is None
    assert auth.principal("", 0.0) is None


def test_without_auth_everybody_is_an_instance_admin() -> None:
    principal = Auth(disabled=True).principal(None, 0.0)

    assert principal is not None
    assert principal.role is Role.INSTANCE_ADMIN


def test_the_same_seed_gives_the_same_tokens() -> None:
    assert token_of(fixed_auth(seed=3)) == token_of(fixed_auth(seed=3))


def test_secrets_are_not_in_a_repr() -> None:
    assert FIXED_CLIENT_SECRET not in repr(fixed_auth())
