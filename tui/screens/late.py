"""Screens that are imported when they are first opened, so that the first picture comes sooner."""

# ruff: noqa: PLC0415 - that is what this module is for

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from textual.app import App
from textual.screen import ModalScreen, Screen

from workflow.clock import Clock
from workflow.text import SafeText, safe

if TYPE_CHECKING:
    from tui.listening import Listener
    from tui.screens.launch_again import Again
    from tui.screens.quitting import Leaving
    from tui.screens.suspects import Answer
    from tui.session import Session
    from tui.widgets.header import Facts
    from workflow.airbyte.models import JobId
    from workflow.runs.events import LaunchId, RunId
    from workflow.runs.launch import Target
    from workflow.runs.run import RunState
    from workflow.runs.suspects import Suspicion


async def listener(app: App[Any], clock: Clock, opening: Facts) -> Listener:
    """Return the deck with its listener; it is imported in a thread, so that keys are heard."""
    await asyncio.to_thread(importlib.import_module, "tui.listening")
    from tui.listening import Listener

    return Listener(app, clock, opening)


def launch_screen(
    session: Session, targets: tuple[Target, ...], again: Again | None
) -> Screen[LaunchId | None]:
    """Return the form that starts runs."""
    from tui.screens.launch import LaunchScreen

    return LaunchScreen(session, targets, again)


def run_screen(session: Session, run: RunId, order: tuple[RunId, ...]) -> Screen[None]:
    """Return everything about one run; `order` is that of the rows, for the next and the last."""
    from tui.screens.run import RunScreen

    return RunScreen(session, run, order)


def connection_screen(session: Session, connection_id: str) -> Screen[None]:
    """Return everything about one connection."""
    from tui.screens.connection import ConnectionScreen

    return ConnectionScreen(session, connection_id)


def history_screen(session: Session) -> Screen[None]:
    """Return the list of every run in the journal."""
    from tui.screens.history import HistoryScreen

    return HistoryScreen(session)


def report_screen(session: Session, launch: LaunchId) -> Screen[None]:
    """Return what became of every target of a launch."""
    from tui.screens.report import ReportScreen

    return ReportScreen(session, launch)


def arm_dialog(session: Session) -> ModalScreen[timedelta | None]:
    """Return the question for how long to arm."""
    from tui.screens.arm_dialog import ArmDialog

    arming = session.fleet.arming
    return ArmDialog(safe(session.profile_name), session.server, arming.left)


def quit_dialog(live: int, *, unsent: int, demo: bool) -> ModalScreen[Leaving]:
    """Return the question what becomes of the live runs."""
    from tui.screens.quitting import QuitDialog

    return QuitDialog(live, unsent=unsent, demo=demo)


def suspects_dialog(
    session: Session, run: RunState, suspicion: Suspicion, open_page: Callable[[JobId], object]
) -> ModalScreen[Answer]:
    """Return the question which job was the effect of a run's trigger."""
    from tui.screens.suspects import SuspectsDialog

    return SuspectsDialog(run, suspicion, session.clock.now(), open_page)


def profile_dialog(
    others: Sequence[tuple[str, SafeText]], here: SafeText, live: int
) -> ModalScreen[str]:
    """Return the question which profile to change to; `live` runs here are detached by that."""
    from tui.formats import many
    from tui.screens.picking import ProfileDialog

    told = f"{many(live, 'run')} here: detached, and watched again by the next deck on {here}."
    body = SafeText(told if live else "Nothing is under way here.")
    return ProfileDialog(others, here, body)


def help_screen() -> Screen[None]:
    """Return all keys and glyphs."""
    from tui.screens.help import HelpScreen

    return HelpScreen()


def palette_screen() -> Screen[None]:
    """Return the palette: go to anything, do anything."""
    from tui.screens.palette import Palette

    return Palette()
