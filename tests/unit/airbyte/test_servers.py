"""Base URLs as people paste them, and what they prove themselves with."""

from __future__ import annotations

import pickle

import pytest

from workflow.airbyte.credentials import (
    BadCredentials,
    Basic,
    Bearer,
    ClientCredentials,
    Secret,
    fixed_header,
)
from workflow.airbyte.servers import CLOUD, BadAddress, normalise_base_url

LOCAL = "http://localhost:8000/api/public/v1"
OWN = "https://airbyte.example.com/api/public/v1"


@pytest.mark.parametrize(
    ("pasted", "base"),
    [
        ("https://api.airbyte.com/v1", CLOUD),
        ("https://api.airbyte.com/", CLOUD),
        ("api.airbyte.com", CLOUD),
        ("https://cloud.airbyte.com/workspaces/6f1c/connections", CLOUD),
        ("http://localhost:8000", LOCAL),
        ("http://localhost:8000/api/public/v1/", LOCAL),
        ("localhost:8000", LOCAL),
        ("  https://airbyte.example.com  ", OWN),
        ("https://airbyte.example.com/", OWN),
        ("https://airbyte.example.com/api/v1", OWN),
        ("https://airbyte.example.com/api/public", OWN),
        ("HTTPS://Airbyte.Example.com:443/api/public/v1//", OWN),
        ("https://airbyte.example.com/api/public/v1?x=1#top", OWN),
        ("https://proxy.example/airbyte/v1/", "https://proxy.example/airbyte/v1"),
        ("http://[::1]:8000", "http://[::1]:8000/api/public/v1"),
        ("http://127.0.0.1:5055/v1", "http://127.0.0.1:5055/v1"),
    ],
)
def test_what_people_paste_becomes_the_apis_base(pasted: str, base: str) -> None:
    assert normalise_base_url(pasted) == base
    assert normalise_base_url(base) == base


@pytest.mark.parametrize(
    "pasted", ["", "   ", "https://", "ftp://x.example", "http://[::1", "a b://c"]
)
def test_what_is_no_address_is_said(pasted: str) -> None:
    with pytest.raises(BadAddress, match="is not a server's address"):
        normalise_base_url(pasted)


def test_a_password_in_an_address_is_refused_and_not_repeated() -> None:
    with pytest.raises(BadAddress, match="password") as caught:
        normalise_base_url("https://me:canary@airbyte.example.com")
    assert "canary" not in str(caught.value)


def test_a_secret_does_not_show_and_is_not_written_down() -> None:
    secret = Secret("canary")
    shown = f"{secret} {secret!r} {ClientCredentials('id', secret)} {Bearer(secret)}"

    assert "canary" not in shown
    with pytest.raises(TypeError):
        pickle.dumps(secret)


def test_headers_are_made_of_credentials() -> None:
    assert fixed_header(Bearer(Secret(" tok-en\n"))) == "Bearer tok-en"
    assert fixed_header(Basic("ada", Secret("pass:wörd"))) == "Basic YWRhOnBhc3M6d8O2cmQ="


@pytest.mark.parametrize("token", ["", "  ", "two words", "line\nbreak", "bell\x07", "ümlaut"])
def test_a_token_that_no_header_can_carry_is_refused(token: str) -> None:
    with pytest.raises(BadCredentials) as caught:
        fixed_header(Bearer(Secret(token)))
    assert token.strip() == "" or token not in str(caught.value)
