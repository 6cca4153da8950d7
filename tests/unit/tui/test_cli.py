"""The command line as it is parsed: what is refused, and with which sentence."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import click
import pytest

from tui import __version__, cli
from tui.commands.common import SPAN, Common, common_options, on_a_terminal


def called(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = cli.run(arguments)
    out, err = capsys.readouterr()
    return code, out, err


@pytest.mark.parametrize(
    "arguments",
    [
        ("nonsense",),
        ("run",),
        ("run", "x", "--job-type", "snyc"),
        ("run", "x", "--max-parallel", "0"),
        ("run", "x", "--deadline", "2"),
        ("run", "x", "--deadline", "0s"),
        ("run", "x", "--look", "-3"),
        ("run", "x", "--on-conflict", "maybe"),
        ("cancel",),
        ("attach", "--start-waiting", "--drop-waiting"),
        ("workflow", "run"),
        ("workflow", "validate"),
        ("sandbox", "--port", "70000"),
        ("profile", "show", "nowhere"),
        ("profile", "add", "env", "--url", "http://h"),
        ("profile", "add", "x", "--url", "h"),
        ("runs", "resolve", "r-1", "--job", "1", "--dismiss"),
    ],
)
def test_a_mistake_in_usage_ends_with_2_and_a_sentence(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]
) -> None:
    code, out, err = called(capsys, *arguments)
    assert code == 2
    assert out == ""
    assert err.strip()
    assert "Traceback" not in err


def test_the_version_is_the_packages(capsys: pytest.CaptureFixture[str]) -> None:
    assert called(capsys, "--version") == (0, f"syncdeck {__version__}\n", "")


def test_help_names_every_command_and_each_has_its_own(
    capsys: pytest.CaptureFixture[str],
) -> None:
    _, listed, _ = called(capsys, "--help")
    context = click.Context(cli.cli)
    for name in cli.cli.list_commands(context):
        command = cli.cli.get_command(context, name)
        assert command is not None
        assert f"  {name} " in listed
        assert command.get_short_help_str(200) in listed


def commands(within: click.Group) -> Iterator[click.Command]:
    """Every command and group, at any depth."""
    context = click.Context(within)
    for name in within.list_commands(context):
        command = within.get_command(context, name)
        assert command is not None
        yield command
        if isinstance(command, click.Group):
            yield from commands(command)


def test_every_option_says_what_it_is_for() -> None:
    silent = [
        f"{command.name} {option.opts[0]}"
        for command in commands(cli.cli)
        for option in command.params
        if isinstance(option, click.Option) and not option.help
    ]
    assert silent == []


@pytest.mark.parametrize("group", ["runs", "profile", "workflow"])
def test_no_line_about_a_command_is_cut_off(capsys: pytest.CaptureFixture[str], group: str) -> None:
    assert "..." not in called(capsys, group, "--help")[1].split("Commands:")[1]


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("90s", timedelta(seconds=90)),
        ("30m", timedelta(minutes=30)),
        ("2h", timedelta(hours=2)),
        ("1h30m", timedelta(hours=1, minutes=30)),
    ],
)
def test_a_time_is_read_with_its_unit(text: str, span: timedelta) -> None:
    assert SPAN.convert(text, None, None) == span


@pytest.mark.parametrize("text", ["", "2", "2d", "h", "1.5h", "-1s", "9999999h", "2h x", "0s"])
def test_a_time_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(click.BadParameter):
        SPAN.convert(text, None, None)


def test_common_options_may_stand_before_or_after_the_command() -> None:
    seen: list[Common] = []

    @click.group()
    @common_options
    def outer() -> None:
        """Have the options."""

    @outer.command()
    @common_options
    @click.pass_context
    def inner(context: click.Context) -> None:
        seen.append(Common.of(context))

    outer.main(["--profile", "a", "inner", "--read-only"], standalone_mode=False)
    outer.main(["--journal", "x", "inner", "--profile", "b"], standalone_mode=False)
    assert seen == [
        Common(profile="a", read_only=True),
        Common(profile="b", journal=Path("x")),
    ]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--profile", "prod", "demo"), "--profile means nothing here"),
        (("demo", "--read-only"), "--read-only means nothing here"),
        (("--journal", "x", "sandbox"), "--journal means nothing here"),
        (("--log-level", "debug", "sandbox"), "--log-level means nothing here"),
        (("workflow", "validate", "x", "--profile", "p"), "--profile means nothing here"),
        (("--read-only", "workflow", "validate", "x"), "--read-only means nothing here"),
        (("workflow", "--journal", "x", "validate", "x"), "--journal means nothing here"),
        (("workflow", "validate", "x", "--log-level", "debug"), "--log-level means nothing here"),
        (("profile", "add", "x", "--url", "http://h", "--read-only"), "unless --writable"),
        (("profile", "--profile", "x", "list"), "every profile"),
        (("profile", "remove", "x", "--profile", "x"), "NAME"),
        (("profile", "show", "--journal", "x"), "--journal means nothing here"),
    ],
)
def test_an_option_that_would_be_ignored_is_refused(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], says: str
) -> None:
    code, out, err = called(capsys, *arguments)
    assert (code, out) == (2, "")
    assert says in err


def test_help_shows_only_options_that_mean_something(capsys: pytest.CaptureFixture[str]) -> None:
    assert "--read-only" not in called(capsys, "demo", "--help")[1]
    assert "--read-only" in called(capsys, "run", "--help")[1]


def test_a_journal_without_a_name_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = called(capsys, "--journal", "", "runs")
    assert code == 2
    assert "a file's name is needed" in err


@pytest.mark.parametrize("away", ["stdin", "stdout", "stderr"])
def test_a_screen_needs_all_three_ends_on_a_terminal(
    monkeypatch: pytest.MonkeyPatch, away: str
) -> None:
    for end in ("stdin", "stdout", "stderr"):
        monkeypatch.setattr(f"sys.{end}", SimpleNamespace(isatty=lambda end=end: end != away))
    assert not on_a_terminal()


def test_the_first_screen_says_what_to_set_and_offers_the_demo(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setattr("tui.commands.deck.on_a_terminal", lambda: True)
    offered: list[str] = []
    monkeypatch.setattr("click.confirm", lambda text, **_: bool(offered.append(text)))
    code, out, _ = called(capsys)
    assert code == 0
    assert "AIRBYTE_API_ROOT" in out
    assert "syncdeck profile add" in out
    assert "demo" in offered[0]


@pytest.mark.parametrize(
    ("deck", "told"),
    [
        (
            '[deck.keys]\nlanch = "t"',
            "deck.keys.lanch is nothing the deck does; did you mean launch?",
        ),
        ('[deck.keys]\nlaunch = "x"', "x would do two things, launch and cancel"),
        ('[deck]\ntheme = "norf"', "deck.theme: 'norf' is no theme; did you mean nord?"),
    ],
)
def test_settings_of_the_deck_that_mean_nothing_are_refused(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    deck: str,
    told: str,
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setattr("tui.commands.deck.on_a_terminal", lambda: True)
    (tmp_path / "syncdeck").mkdir()
    settings = f'[profiles.a]\nurl = "http://127.0.0.1:9"\n{deck}\n'
    (tmp_path / "syncdeck" / "profiles.toml").write_text(settings)
    code, _, err = called(capsys)
    assert code == 2
    assert told in err


@pytest.mark.parametrize(
    ("settings", "theme", "notice"),
    [
        ('[deck]\ntheme = "nord"', "nord", None),
        ("[deck", None, "is not TOML"),
        ('[deck]\ntheme = "norf"', None, "'norf' is no theme"),
    ],
)
def test_the_demo_is_shown_as_somebody_likes_it_whatever_the_settings(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    settings: str,
    theme: str | None,
    notice: str | None,
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setattr("tui.commands.deck.on_a_terminal", lambda: True)
    opened: list[dict[str, Any]] = []
    monkeypatch.setattr("tui.cli.open_deck", lambda _, **how: opened.append(how) or 0)
    (tmp_path / "syncdeck").mkdir()
    (tmp_path / "syncdeck" / "profiles.toml").write_text(settings)
    assert called(capsys, "demo")[0] == 0
    assert getattr(opened[0]["settings"], "theme", None) == theme
    assert notice in opened[0]["notice"] if notice else opened[0]["notice"] is None
    assert "kept" not in opened[0]


def test_the_deck_opens_again_on_the_profile_it_was_left_for(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setattr("tui.commands.deck.on_a_terminal", lambda: True)
    (tmp_path / "syncdeck").mkdir()
    (tmp_path / "syncdeck" / "profiles.toml").write_text(
        'default = "a"\n[profiles.a]\nurl = "http://127.0.0.1:9"\n'
        '[profiles.b]\nurl = "http://127.0.0.1:8"\n'
    )
    opened: list[str] = []

    def opens(_: object, **how: Any) -> int:
        opened.append(how["profile_name"])
        ((other, server),) = how["switch"].others(opened[-1])
        assert server == ("127.0.0.1:8" if other == "b" else "127.0.0.1:9")
        how["switch"].wanted = other if len(opened) < 3 else None
        return len(opened)

    monkeypatch.setattr("tui.cli.open_deck", opens)
    assert called(capsys)[0] == 3
    assert opened == ["a", "b", "a"]
