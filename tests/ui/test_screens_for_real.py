"""The screens over the deck, on the real fleet and a real server in a thread."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from textual.command import CommandList
from textual.pilot import Pilot
from textual.widgets import Button

from tests.support import screens
from tui.app import SyncdeckApp
from tui.screens.connection import ConnectionScreen
from tui.screens.dialogs import TypedDialog
from tui.screens.history import HistoryScreen
from tui.screens.launch import LaunchScreen
from tui.screens.run import RunScreen
from tui.session import Session
from tui.session_demo import open_demo
from tui.widgets.form_fields import Choice
from tui.widgets.live_table import LiveTable
from workflow.runs.events import Verdict
from workflow.sandbox.options import SandboxOptions
from workflow.text import SafeText


async def until(pilot: Pilot[Any], condition: Callable[[], bool]) -> None:
    """Wait for a real server, which on a busy machine takes its time."""
    await screens.until(pilot, condition, turns=20_000)


@asynccontextmanager
async def quick() -> AsyncIterator[Session]:
    async with open_demo(options=SandboxOptions(seed=7, speed=200.0), launch=False) as session:
        yield session


def app() -> SyncdeckApp:
    return SyncdeckApp(quick, profile_name="demo", server=SafeText("sandbox"))


async def opened(pilot: Pilot[Any]) -> Session:
    deck = pilot.app
    assert isinstance(deck, SyncdeckApp)
    await until(pilot, lambda: deck.session is not None)
    session = deck.session
    assert session is not None
    await until(pilot, lambda: len(session.fleet.watch.connections) >= 20)
    table = deck.screen.query_one("#connections", LiveTable)
    await until(pilot, lambda: len(table.order) >= 20)
    return session


async def on(pilot: Pilot[Any], kind: type) -> None:
    await until(pilot, lambda: isinstance(pilot.app.screen, kind) and pilot.app.screen.is_mounted)


async def test_connections_are_launched_followed_and_found_again() -> None:
    async with app().run_test(size=(120, 40)) as pilot:
        session = await opened(pilot)
        await pilot.press("2", "g", "space", "space", "t")
        await on(pilot, LaunchScreen)
        button = pilot.app.screen.query_one("#go", Button)
        await until(pilot, lambda: not button.disabled)
        await pilot.press("enter")
        await until(pilot, lambda: len(session.fleet.runs) == 2)
        runs = session.fleet.runs
        await until(pilot, lambda: all(run.verdict for run in runs.values()))
        assert all(isinstance(run.verdict, Verdict) for run in runs.values())

        await until(pilot, lambda: len(pilot.app.screen_stack) == 1)
        await pilot.press("4")
        await on(pilot, HistoryScreen)
        await pilot.press("enter")
        await on(pilot, RunScreen)
        await pilot.press("escape", "escape")
        await until(pilot, lambda: len(pilot.app.screen_stack) == 1)


async def test_a_clear_and_then_sync_is_typed_out_and_ends_with_a_full_sync() -> None:
    async with app().run_test(size=(80, 24)) as pilot:
        session = await opened(pilot)
        await pilot.press("2", "slash", *"hubspot", "enter", "t")
        await on(pilot, LaunchScreen)
        screen = pilot.app.screen
        screen.query_one("#doing", Choice).chosen = "clear-then-sync"
        button = screen.query_one("#go", Button)
        await until(pilot, lambda: not button.disabled and "Clear 1" in str(button.label))
        await pilot.press("enter")
        await on(pilot, TypedDialog)
        dialog = pilot.app.screen
        assert isinstance(dialog, TypedDialog)
        await until(pilot, lambda: dialog.armed)
        await pilot.press(*"clear 1 demo", "enter")
        await until(pilot, lambda: len(session.fleet.runs) == 1)
        await until(pilot, lambda: all(run.verdict for run in session.fleet.runs.values()))
        (run,) = session.fleet.runs.values()
        assert run.verdict is Verdict.SUCCEEDED
        assert run.outputs is not None
        assert run.outputs["clearStatus"] == run.outputs["finalStatus"] == "succeeded"


async def test_the_palette_goes_to_a_connection() -> None:
    async with app().run_test(size=(120, 40)) as pilot:
        await opened(pilot)
        await pilot.press("colon")
        await until(pilot, lambda: len(pilot.app.screen_stack) == 2)
        await pilot.press(*"hubspot")
        await until(pilot, lambda: pilot.app.screen.query_one(CommandList).option_count > 0)
        await pilot.press("down", "enter")
        await on(pilot, ConnectionScreen)
