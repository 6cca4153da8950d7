"""What every command shares: its common options, how it refuses, how it talks to people.

Imports nothing heavier than click: every command line is parsed through here.
"""

# ruff: noqa: PLC0415 - imported when needed, so that `--help` stays quick

from __future__ import annotations

import functools
import os
import re
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, TextIO, TypeVar, cast

import click

from workflow.text import SafeText, safe

if TYPE_CHECKING:
    from pathlib import Path

    from click.shell_completion import CompletionItem

    from workflow.settings import Settings
    from workflow.settings_choice import Choice

USAGE: Final = 2
"""Exit code for a mistake in usage, settings or a document: nothing was sent."""
INTERRUPTED: Final = 130

AnyFunction = TypeVar("AnyFunction", bound=Callable[..., Any])


class Refusal(click.ClickException):
    """The command does nothing, and says in one sentence why.

    `listed` is what the sentence is about when that is more than a sentence: a line for each.
    """

    exit_code = USAGE

    def __init__(self, message: str, listed: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.listed = tuple(listed)

    def show(self, file: Any = None) -> None:
        """Print it all on stderr."""
        del file
        for line in self.listed:
            tell(safe(line))
        tell(safe(f"syncdeck: {self.message}"))


def tell(text: SafeText) -> None:
    """Print a line for people on stderr; if nobody can read it any more, that is all right."""
    try:
        click.echo(text, err=True)
    except OSError:
        return


def why_unwritable(error: OSError) -> SafeText:
    """Say that stdout takes no more, and why."""
    return safe(f"syncdeck: stdout cannot be written: {error.strerror or error}.")


def to_nowhere(stream: TextIO) -> None:
    """Let a stream that takes no more lead nowhere.

    What Python still holds for it would be tried again, and complained about, at exit.
    """
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


@dataclass(frozen=True, slots=True)
class Common:
    """The options that every command has."""

    profile: str | None = None
    read_only: bool = False
    journal: Path | None = None
    log_level: str = "warning"

    @classmethod
    def of(cls, context: click.Context) -> Common:
        """Return what was given before or after the command's name."""
        given = context.find_root().obj
        return given if isinstance(given, Common) else cls()


def _remember(context: click.Context, option: click.Parameter, value: object) -> None:
    if value is None or option.name is None:
        return
    root = context.find_root()
    change: dict[str, Any] = {option.name: value}
    root.obj = replace(Common.of(context), **change)


def _remember_file(context: click.Context, option: click.Parameter, value: str | None) -> None:
    from pathlib import Path

    if value is not None and not value.strip():
        raise click.BadParameter("a file's name is needed.", context, option)
    _remember(context, option, None if value is None else Path(value))


def _complete_profile(_context: object, _option: object, start: str) -> list[CompletionItem]:
    from click.shell_completion import CompletionItem

    from workflow.settings import SettingsError

    try:
        names = ["env", *load_settings().profiles]
    except SettingsError:
        return []
    return [CompletionItem(name) for name in names if name.startswith(start)]


def common_options(command: AnyFunction) -> AnyFunction:
    """Give a command the options that all have; read them with :meth:`Common.of`."""
    return _with_options(command, hidden=frozenset())


def without(*names: str, because: str) -> Callable[[AnyFunction], AnyFunction]:
    """Give a command the common options, but refuse those that would be ignored there.

    `names` are fields of :class:`Common`. Help does not show them; the refusal says why.
    """

    def decorate(command: AnyFunction) -> AnyFunction:
        @functools.wraps(command)
        def checked(*arguments: Any, **options: Any) -> Any:
            common, usual = Common.of(click.get_current_context()), Common()
            for name in names:
                if getattr(common, name) != getattr(usual, name):
                    flag = f"--{name.replace('_', '-')}"
                    raise Refusal(f"{flag} means nothing here: {because}.")
            return command(*arguments, **options)

        return _with_options(cast("AnyFunction", checked), hidden=frozenset(names))

    return decorate


def _with_options(command: AnyFunction, *, hidden: frozenset[str]) -> AnyFunction:
    # The last one applied is the first in the help.
    for option in (
        click.option(
            "--log-level",
            type=click.Choice(["debug", "info", "warning", "error"]),
            help=f"How much goes into syncdeck.log. [default: {Common().log_level}]",
            expose_value=False,
            callback=_remember,
            hidden="log_level" in hidden,
        ),
        click.option(
            "--journal",
            metavar="FILE",
            type=click.Path(dir_okay=False),
            help="Where runs are written down. [default: $SYNCDECK_JOURNAL, else as set up]",
            expose_value=False,
            callback=_remember_file,
            hidden="journal" in hidden,
        ),
        click.option(
            "--read-only",
            is_flag=True,
            default=None,
            help="Send nothing but reads.",
            expose_value=False,
            callback=_remember,
            hidden="read_only" in hidden,
        ),
        click.option(
            "--profile",
            metavar="NAME",
            help="Which server: a saved profile, or env.",
            expose_value=False,
            callback=_remember,
            shell_complete=_complete_profile,
            hidden="profile" in hidden,
        ),
    ):
        command = option(command)
    return command


def load_settings() -> Settings:
    """Read the settings file; raises SettingsError."""
    from workflow.settings_file import load
    from workflow.settings_paths import settings_file

    return load(settings_file())


def chosen(common: Common, *, server: str | None = None) -> Choice:
    """Say which profile is meant, and make it read-only if that was asked for.

    Raises:
        SettingsError: none is, or the settings have a mistake.
    """
    from workflow.settings import SettingsError
    from workflow.settings_choice import Choice, ad_hoc, choose

    if server is not None:
        if common.profile is not None:
            raise SettingsError("--server and --profile both name a server: give one of them.")
        choice = Choice(ad_hoc(server), "server")
    else:
        choice = choose(load_settings(), flag=common.profile, environ=os.environ)
    if common.read_only:
        choice = replace(choice, profile=replace(choice.profile, read_only=True))
    return choice


def journal_path(common: Common) -> Path:
    """Say which file the journal is; raises SettingsError."""
    from workflow.settings_paths import journal_file

    return journal_file(common.journal, os.environ, load_settings().journal)


def on_a_terminal() -> bool:
    """Whether a person can see a screen and type.

    Screens are drawn on stderr: with that in a file the keys would still act, on a deck that
    nobody sees.
    """
    return sys.stdin.isatty() and sys.stdout.isatty() and sys.stderr.isatty()


class Span(click.ParamType[timedelta]):
    """A length of time with its unit: ``90s``, ``30m``, ``2h``, ``1h30m``."""

    name = "time"
    _PART = re.compile(r"(\d{1,7})([smh])")
    _UNITS: Final = {"s": 1, "m": 60, "h": 3600}

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> timedelta:
        """Return the span; fails with one sentence."""
        if isinstance(value, timedelta):
            return value
        text = str(value)
        parts = self._PART.findall(text)
        if not parts or "".join(f"{count}{unit}" for count, unit in parts) != text:
            self.fail("give a number with its unit, s, m or h: 90s, 30m, 2h.", param, ctx)
        span = timedelta(seconds=sum(int(count) * self._UNITS[unit] for count, unit in parts))
        if not timedelta(0) < span <= timedelta(days=365):
            self.fail("give a time between 1s and a year.", param, ctx)
        return span


SPAN: Final = Span()
