"""`syncdeck` and `syncdeck demo`: the deck, and what is there instead before it can open."""

# ruff: noqa: PLC0415 - imported when needed, so that `--help` stays quick

from __future__ import annotations

import difflib
import os
from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import click

from tui.commands.common import (
    Common,
    Refusal,
    chosen,
    journal_path,
    load_settings,
    on_a_terminal,
    without,
)
from tui.own_server import YOUR_OWN
from workflow.text import SafeText, safe

if TYPE_CHECKING:
    from workflow.settings import DeckSettings, Settings

_FIRST_SCREEN = """
syncdeck launches Airbyte jobs and watches them to their verdicts.
It does not know your server yet. Either set

  AIRBYTE_API_ROOT        https://api.airbyte.com/v1, or your own server
  AIRBYTE_CLIENT_ID       of an application, with
  AIRBYTE_CLIENT_SECRET   (or AIRBYTE_BEARER_TOKEN; neither for a server without)
  AIRBYTE_WORKSPACE_ID    to narrow it, if you like

or save it as a profile:  syncdeck profile add NAME --url URL --client-id ID
"""


def deck(common: Common) -> int:
    """Open the deck on the chosen profile.

    Raises:
        Refusal: there is no profile, or no terminal.
    """
    from workflow.settings import NoProfileError, SettingsError

    try:
        choice = chosen(common)
        journal = journal_path(common)
        settings = load_settings()
    except NoProfileError as error:
        if not on_a_terminal():
            raise Refusal(str(error)) from error
        return _first_screen()
    except SettingsError as error:
        raise Refusal(str(error)) from error
    if not on_a_terminal():
        raise Refusal(
            "The deck needs a terminal; without one use `syncdeck run`, `syncdeck attach` "
            "or `syncdeck runs`."
        )
    from tui.cli import open_deck
    from tui.log_file import log_to_file
    from tui.session_late import open_session_late
    from tui.switching import Switch
    from workflow.settings_paths import kept_file, log_file

    log_to_file(log_file(), common.log_level)
    likes, may_arm = _checked(settings), not common.read_only
    here = choice.profile
    switch = Switch({here.name: here.server, **_servers(settings)})
    while True:
        opener = partial(
            open_session_late, here, journal=journal, keep=settings.retention, may_arm=may_arm
        )
        code = open_deck(
            opener,
            profile_name=here.name,
            server=here.server,
            settings=likes,
            kept=kept_file(),
            switch=switch,
        )
        wanted = switch.take()
        if wanted is None:
            return code
        try:
            here = chosen(replace(common, profile=wanted)).profile
        except SettingsError as error:  # the file may be another one by now
            raise Refusal(str(error)) from error


def _servers(settings: Settings) -> dict[str, SafeText]:
    """Return the server of every profile there is, that of the environment included."""
    from workflow.settings_choice import from_environment

    own = from_environment(os.environ)
    profiles = [*([] if own is None else [own]), *settings.profiles.values()]
    return {profile.name: profile.server for profile in profiles}


def _checked(settings: Settings) -> DeckSettings:
    """Return the deck's settings; refuse what the deck does not know.

    Raises:
        Refusal: a key for nothing, a key for two things, or no theme.
    """
    from tui.keymap import BY_ID, clashes, unknown_ids
    from tui.themes import names

    def refused(name: str, what: str, known: Iterable[str]) -> Refusal:
        near = difflib.get_close_matches(name, known, n=1)
        hint = f"did you mean {near[0]}?" if near else f"known: {', '.join(known)}"
        return Refusal(f"{settings.path}: {what}; {hint}")

    for name in unknown_ids(settings.deck.keys):
        raise refused(name, f"deck.keys.{safe(name)} is nothing the deck does", tuple(BY_ID))
    for key, one, other in clashes(settings.deck.keys):
        told = f"deck.keys: {safe(key)} would do two things, {one} and {other}"
        raise Refusal(f"{settings.path}: {told}; give one of them another key")
    theme = settings.deck.theme
    if theme is not None and theme not in names():
        raise refused(theme, f"deck.theme: {safe(theme)!r} is no theme", names())
    return settings.deck


@click.command(short_help="The deck on an embedded sandbox: no set-up, nothing kept.")
@without(
    "profile",
    "read_only",
    "journal",
    "log_level",
    because="the demo has a server and files of its own, of which nothing is kept",
)
def demo() -> int:
    """Open the deck on an embedded sandbox, with a launch under way.

    It needs no set-up and no network; nothing of it is kept.
    """
    return open_demo_deck()


def open_demo_deck() -> int:
    """Open the demo and say afterwards how to go on.

    Raises:
        Refusal: there is no terminal.
    """
    if not on_a_terminal():
        raise Refusal(
            "The demo needs a terminal; `syncdeck sandbox` serves its server without one."
        )
    from tui.cli import open_deck
    from tui.session_late import open_demo_late

    settings, notice = _for_demo()
    code = open_deck(
        open_demo_late,
        profile_name="demo",
        server=SafeText("sandbox"),
        settings=settings,
        notice=notice,
    )
    click.echo(YOUR_OWN)
    return code


def _for_demo() -> tuple[DeckSettings | None, str | None]:
    """Return how somebody likes the deck; a mistake there is told, and keeps nobody from a demo."""
    from workflow.settings import SettingsError

    try:
        return _checked(load_settings()), None
    except (SettingsError, Refusal) as error:
        return None, str(error)


def _first_screen() -> int:
    click.echo(_FIRST_SCREEN)
    if click.confirm("Look at the demo now? It needs no server", default=True):
        return open_demo_deck()
    return 0
