"""Which profile is meant, and what people are told of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from workflow.settings import (
    BearerAuth,
    ClientCredentialsAuth,
    InEnvironment,
    NoAuth,
    NoProfileError,
    Profile,
    Settings,
    SettingsError,
    is_clear_text,
    web_of,
)
from workflow.settings_choice import ad_hoc, choose, from_environment

A = Profile("a", "https://a.example")
B = Profile("b", "https://b.example:8443", read_only=False)
SAVED = Settings(Path("profiles.toml"), profiles={"a": A, "b": B}, default="a")
NONE = Settings(Path("profiles.toml"))
ENV = {"AIRBYTE_API_ROOT": "http://env.example"}


def test_the_flag_comes_before_the_environment() -> None:
    choice = choose(SAVED, flag="b", environ=ENV)
    assert choice.profile is B
    assert choice.sentence == "b (as asked): b.example:8443"


def test_the_environment_comes_before_the_settings() -> None:
    choice = choose(SAVED, flag=None, environ=ENV)
    assert (choice.profile.name, choice.profile.read_only) == ("env", False)
    assert choice.sentence == "env (from the environment): env.example"


def test_the_settings_default_is_last_and_said_to_be_read_only() -> None:
    choice = choose(SAVED, flag=None, environ={})
    assert choice.sentence == "a (the settings' default): a.example, read-only"


def test_a_sole_profile_needs_no_default() -> None:
    settings = Settings(Path("p"), profiles={"b": B})
    assert choose(settings, flag=None, environ={}).profile is B


def test_several_profiles_without_a_default_are_not_guessed_between() -> None:
    settings = Settings(Path("p"), profiles={"a": A, "b": B})
    with pytest.raises(NoProfileError, match="one of a, b"):
        choose(settings, flag=None, environ={})


def test_with_nothing_set_people_are_told_what_to_set() -> None:
    with pytest.raises(NoProfileError, match="set AIRBYTE_API_ROOT"):
        choose(NONE, flag=None, environ={})


def test_credentials_without_a_server_are_not_sent_anywhere() -> None:
    with pytest.raises(NoProfileError, match="The environment names no server"):
        choose(NONE, flag=None, environ={"AIRBYTE_BEARER_TOKEN": "t"})


def test_a_flag_that_names_nothing_lists_what_there_is() -> None:
    with pytest.raises(SettingsError, match=r"no profile .c. in profiles\.toml; known: a, b"):
        choose(SAVED, flag="c", environ=ENV)


def test_a_flag_that_is_mistyped_is_told_the_nearest_name() -> None:
    saved = Settings(NONE.path, profiles={"staging": A, "prod": B})
    with pytest.raises(SettingsError, match=r"Did you mean prod\?"):
        choose(saved, flag="prdo", environ=ENV)


def test_the_environment_profile_holds_references_and_no_secrets() -> None:
    environ = ENV | {
        "AIRBYTE_CLIENT_ID": "i",
        "AIRBYTE_CLIENT_SECRET": "canary",
        "AIRBYTE_WORKSPACE_ID": "w",
    }
    profile = from_environment(environ)
    assert profile is not None
    assert profile.auth == ClientCredentialsAuth(
        InEnvironment("AIRBYTE_CLIENT_ID"), InEnvironment("AIRBYTE_CLIENT_SECRET")
    )
    assert profile.workspace == "w"
    assert "canary" not in repr(profile)


def test_a_bearer_token_in_the_environment_is_used() -> None:
    profile = from_environment(ENV | {"AIRBYTE_BEARER_TOKEN": "t"})
    assert profile is not None
    assert profile.auth == BearerAuth(InEnvironment("AIRBYTE_BEARER_TOKEN"))


@pytest.mark.parametrize(
    ("environ", "says"),
    [
        ({"AIRBYTE_API_ROOT": "example.com"}, "AIRBYTE_API_ROOT is no address"),
        (ENV | {"AIRBYTE_CLIENT_ID": "i"}, "AIRBYTE_CLIENT_SECRET is not: set both"),
        (ENV | {"AIRBYTE_CLIENT_SECRET": "s"}, "AIRBYTE_CLIENT_ID is not: set both"),
        (ENV | {"AIRBYTE_CLIENT_ID": "i", "AIRBYTE_BEARER_TOKEN": "t"}, "unset one"),
    ],
)
def test_a_contradictory_environment_is_refused(environ: dict[str, str], says: str) -> None:
    with pytest.raises(SettingsError, match=says):
        choose(NONE, flag=None, environ=environ)


def test_a_server_from_the_command_line_has_no_credentials() -> None:
    profile = ad_hoc("http://127.0.0.1:8000/v1")
    assert (profile.name, profile.auth) == ("127.0.0.1:8000", NoAuth())


@pytest.mark.parametrize(
    ("api", "web"),
    [
        ("https://api.airbyte.com/v1", "https://cloud.airbyte.com"),
        ("http://localhost:8000/api/public/v1", "http://localhost:8000"),
        ("https://air.example.com/tools/api/public/v1/", "https://air.example.com/tools"),
        ("https://air.example.com", "https://air.example.com"),
    ],
)
def test_the_pages_of_airbyte_are_found_from_its_api(api: str, web: str) -> None:
    assert web_of(api) == web


def test_credentials_over_plain_http_are_noticed_but_for_this_machine() -> None:
    token = BearerAuth(InEnvironment("T"))
    assert is_clear_text(Profile("a", "http://air.example.com", auth=token))
    assert not is_clear_text(Profile("a", "http://localhost:8000", auth=token))
    assert not is_clear_text(Profile("a", "http://air.example.com"))
