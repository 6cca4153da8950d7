"""`profiles.toml`: what it may say, how mistakes are told, how it is changed."""

from __future__ import annotations

import stat
from datetime import timedelta
from pathlib import Path

import pytest

from workflow.settings import (
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
    RetentionSettings,
    SettingsError,
)
from workflow.settings_file import load, parse
from workflow.settings_writing import add, remove

FILE = Path("/home/op/profiles.toml")


def test_a_profile_with_everything_is_read() -> None:
    settings = parse(
        """
        default = "prod"
        journal = "/var/lib/syncdeck/journal.db"
        [profiles.prod]
        url = "https://api.airbyte.com/v1"
        workspace = "ws"
        read_only = false
        web_url = "https://cloud.airbyte.com/"
        look = 600
        ca_bundle = "/etc/ca.pem"
        client_id = "abc"
        client_secret = { keyring = "prod" }
        """,
        FILE,
    )
    assert settings.default == "prod"
    assert settings.journal == Path("/var/lib/syncdeck/journal.db")
    assert settings.profiles["prod"] == Profile(
        "prod",
        "https://api.airbyte.com/v1",
        auth=ClientCredentialsAuth(Plain("abc"), InKeyring("prod")),
        workspace="ws",
        read_only=False,
        web_url="https://cloud.airbyte.com/",
        look=timedelta(seconds=600),
        ca_bundle=Path("/etc/ca.pem"),
    )


def test_a_saved_profile_starts_read_only() -> None:
    settings = parse('[profiles.a]\nurl = "http://localhost:8000"', FILE)
    assert settings.profiles["a"].read_only
    assert settings.profiles["a"].auth == NoAuth()


def test_the_decks_keys_can_be_bound_again() -> None:
    settings = parse('[deck]\nascii = true\ntheme = "nord"\n[deck.keys]\nlaunch = "ctrl+t"', FILE)
    assert settings.deck == DeckSettings({"launch": "ctrl+t"}, ascii_only=True, theme="nord")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", RetentionSettings(90, 20_000)),
        ("[retention]\ndays = 7", RetentionSettings(7, 20_000)),
        ("[retention]\nruns = 500\ndays = 365", RetentionSettings(365, 500)),
    ],
)
def test_how_long_runs_are_remembered_can_be_said(text: str, says: RetentionSettings) -> None:
    assert parse(text, FILE).retention == says


def test_a_file_that_is_not_there_says_nothing(tmp_path: Path) -> None:
    assert not load(tmp_path / "profiles.toml").profiles


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[profiles", "is not TOML"),
        ("[deck]\nascii = 1", "deck.ascii must be true or false"),
        ("[deck]\nslow_link = 1", "deck.slow_link must be true or false"),
        ("[deck]\ntheme = 1", "deck.theme must be a text that is not empty"),
        ("[deck]\nkeys = 1", "deck.keys must be a table"),
        ("[deck.keys]\nlaunch = 1", "deck.keys.launch must be a text"),
        ("retention = 90", "retention must be a table: write [retention]"),
        ("[retention]\ndays = 0", "retention.days must be a whole number of days from 1 to 36500"),
        ("[retention]\ndays = true", "retention.days must be a whole number of days"),
        ('[retention]\nruns = "many"', "retention.runs must be a whole number of runs"),
        ("[retention]\nday = 90", "retention.day is no setting; did you mean days?"),
        ("profile = 1", "profile is no setting; did you mean profiles?"),
        ("profiles = 3", "profiles must be tables"),
        ("[profiles.a]", "profiles.a.url is missing"),
        ("[profiles.a]\nurl = 7", "profiles.a.url must be a text"),
        ('[profiles.a]\nurl = "localhost:8000"', "profiles.a.url is no address"),
        ('[profiles.a]\nurl = "http://x:y@h"', "profiles.a.url holds a user name or password"),
        ('[profiles.a]\nurl = "http://h:99999"', "profiles.a.url is no address"),
        ('[profiles.a]\nurl = "http://h"\nread_only = "no"', "read_only must be true or false"),
        ('[profiles.a]\nurl = "http://h"\nreadonly = true', "did you mean read_only?"),
        ('[profiles.a]\nurl = "http://h"\nlook = 1', "profiles.a.look must be a whole number"),
        ('[profiles.a]\nurl = "http://h"\nclient_id = "x"', "profiles.a.client_secret is missing"),
        ('[profiles.a]\nurl = "http://h"\ntoken = {env = "T"}\nusername = "u"', "two kinds"),
        ('[profiles.env]\nurl = "http://h"', "cannot be called env"),
        ('[profiles."a b"]\nurl = "http://h"', "cannot be called"),
        ('default = "b"\n[profiles.a]\nurl = "http://h"', "default names no profile"),
    ],
)
def test_a_mistake_is_one_sentence_with_file_and_key(text: str, says: str) -> None:
    with pytest.raises(SettingsError) as caught:
        parse(text, FILE)
    assert says in str(caught.value)
    assert str(FILE) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert "?." not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("\n\n[profiles.a]\nurl = 7", 4),
        ('[profiles.a] # ours\nurl = "http://h"\n  "look" = 1', 3),
        ('[profiles."a.b"]\nurl = "http://h"\n[profiles.c]\nurl = "x"', 4),
        ('[profiles.a]\nurl = "http://h"\nclient_id = "x"', 1),
        ("profiles.a = {url = 7}", 1),
        ("\n[deck.keys]\nlaunch = 1", 3),
        ('\n[profiles.env]\nurl = "http://h"', 2),
        ('[profiles.a]\nurl = "http://a b"', 2),
        ('[profiles.a]\nurl = "http://a\\nb"', 2),
        ('[profiles.a]\nurl = "http://h"\ntoken = {env = "T-1"}', 3),
    ],
)
def test_a_mistake_is_told_with_its_line(text: str, place: int) -> None:
    with pytest.raises(SettingsError) as caught:
        parse(text, FILE)
    assert str(caught.value).startswith(f"{FILE}:{place}: ")


def test_the_half_of_a_pair_that_is_missing_is_named_with_the_other() -> None:
    with pytest.raises(SettingsError, match=r"client_secret is missing beside client_id\."):
        parse('[profiles.a]\nurl = "http://h"\nclient_id = "x"', FILE)


def test_a_token_in_the_place_of_its_variable_is_refused_without_repeating_it() -> None:
    with pytest.raises(SettingsError, match="environment variable") as caught:
        parse('[profiles.a]\nurl = "http://h"\ntoken = {env = "eyJ.canary-1"}', FILE)
    assert "canary" not in str(caught.value)


def test_a_secret_written_into_the_settings_is_refused_without_repeating_it() -> None:
    with pytest.raises(SettingsError, match="must say where the secret is") as caught:
        parse('[profiles.a]\nurl = "http://h"\ntoken = "canary"', FILE)
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize(
    "profile",
    [
        Profile("prod", "https://h/v1", auth=BearerAuth(InSecretsFile("prod.token"))),
        Profile("a.b", "https://h", auth=BasicAuth(Plain('u"\\\x7f'), InEnvironment("P"))),
        Profile(
            "c",
            "http://h",
            auth=ClientCredentialsAuth(InEnvironment("A"), InKeyring("c")),
            workspace="w",
            read_only=False,
            web_url="http://w",
            look=timedelta(seconds=9),
            ca_bundle=Path("/x/ca.pem"),
        ),
    ],
)
def test_what_is_added_is_read_back_the_same(tmp_path: Path, profile: Profile) -> None:
    path = tmp_path / "deep" / "profiles.toml"
    add(path, profile)
    assert load(path).profiles == {profile.name: profile}
    assert load(path).default == profile.name


def test_a_settings_file_is_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "profiles.toml"
    path.write_text("# mine\n")
    path.chmod(0o644)
    add(path, Profile("a", "http://h"))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [entry.name for entry in tmp_path.iterdir()] == ["profiles.toml"]


def test_changing_the_file_keeps_comments_and_what_others_wrote(tmp_path: Path) -> None:
    path = tmp_path / "profiles.toml"
    path.write_text(
        '# our servers\ndefault = "a"  # the safe one\n\n[profiles.a] # staging\n'
        'url = "http://a"\n\n[profiles.b]\n# the loud one\nurl = "http://b"\n'
    )
    add(path, Profile("c", "http://c"))
    remove(path, "b")
    text = path.read_text()
    assert "# our servers" in text
    assert "# staging" in text
    assert "loud" not in text
    assert list(load(path).profiles) == ["a", "c"]
    assert load(path).default == "a"


def test_removing_the_default_leaves_no_default(tmp_path: Path) -> None:
    path = tmp_path / "profiles.toml"
    add(path, Profile("a", "http://a"))
    add(path, Profile("b", "http://b"))
    assert remove(path, "a").default is None


def test_a_name_is_not_given_twice(tmp_path: Path) -> None:
    path = tmp_path / "profiles.toml"
    add(path, Profile("a", "http://a"))
    with pytest.raises(SettingsError, match="There is a profile a already"):
        add(path, Profile("a", "http://other"))


def test_a_file_of_another_style_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "profiles.toml"
    path.write_text('profiles = { a = { url = "http://a" } }\n')
    with pytest.raises(SettingsError, match="only you can edit"):
        add(path, Profile("b", "http://b"))
    assert "http://b" not in path.read_text()
