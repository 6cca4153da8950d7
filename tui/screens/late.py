"""Screens that are imported when they are first opened, so that the deck is there sooner."""

# ruff: noqa: PLC0415 - that is what this module is for

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

from textual.screen import ModalScreen, Screen

from workflow.runs.events import LaunchId, RunId
from workflow.text import safe

if TYPE_CHECKING:
    from tui.screens.suspects import Answer
    from tui.session import Session
    from workflow.airbyte.models import JobId
    from workflow.runs.launch import Target
    from workflow.runs.run import RunState
    from workflow.runs.suspects import Suspicion


def launch_screen(
    session: Session, targets: tuple[Target, ...], rerun_of: LaunchId | None
) -> Screen[LaunchId | None]:
    """Return the form that starts runs."""
    from tui.screens.launch import LaunchScreen

    return LaunchScreen(session, targets, rerun_of)


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


def arm_dialog(session: Session) -> ModalScreen[timedelta | None]:
    """Return the question for how long to arm."""
    from tui.screens.arm_dialog import ArmDialog

    arming = session.fleet.arming
    return ArmDialog(safe(session.profile_name), session.server, arming.left)


def suspects_dialog(
    session: Session, run: RunState, suspicion: Suspicion, open_page: Callable[[JobId], object]
) -> ModalScreen[Answer]:
    """Return the question which job was the effect of a run's trigger."""
    from tui.screens.suspects import SuspectsDialog

    return SuspectsDialog(run, suspicion, session.clock.now(), open_page)


def help_screen() -> Screen[None]:
    """Return all keys and glyphs."""
    from tui.screens.help import HelpScreen

    return HelpScreen()


def palette_screen() -> Screen[None]:
    """Return the palette: go to anything, do anything."""
    from tui.screens.palette import Palette

    return Palette()
