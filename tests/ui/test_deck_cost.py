"""What the deck does not do, however many runs and connections there are: counted, never timed."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from textual.pilot import Pilot

from tests.support.deck import StillClock, StillFleet, a_connection, an_app, the_fleet, told
from tests.support.screens import until
from tui import connection_rows
from tui.app import SyncdeckApp
from tui.screens import late
from tui.screens.deck import DeckScreen
from tui.screens.deck_frame import Frame
from tui.screens.opening import OpeningScreen
from tui.widgets.connections_pane import ConnectionsPane
from tui.widgets.key_line import KeyLine
from tui.widgets.runs_pane import RunsPane
from workflow.runs import launch as launches
from workflow.runs.connection_view import ConnectionView
from workflow.runs.events import ReadingTaken
from workflow.runs.run import RunState
from workflow.runs.watch import Loading

READING = ReadingTaken(90_447, "running", 1_240_000, 1)


@asynccontextmanager
async def opened(
    fleet: StillFleet, clock: StillClock
) -> AsyncIterator[tuple[SyncdeckApp, Pilot[int]]]:
    app = an_app(fleet, clock)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: app.session is not None)
        await pilot.pause()
        yield app, pilot


async def test_a_thousand_events_are_one_refresh(monkeypatch: pytest.MonkeyPatch) -> None:
    fleet = the_fleet()
    async with opened(fleet, StillClock()) as (app, pilot):
        refreshed: list[object] = []
        refresh = DeckScreen.refresh_from

        def counted(deck: DeckScreen, session: object) -> None:
            refreshed.append(session)
            refresh(deck, session)  # type: ignore[arg-type]

        monkeypatch.setattr(DeckScreen, "refresh_from", counted)
        for _ in range(1_000):
            fleet.tell(told(fleet, "stripe → snowflake", READING, 0))
        await until(pilot, lambda: bool(refreshed))
        app._hand_over()
        assert len(refreshed) == 1


async def test_a_reading_of_one_run_draws_one_line_of_the_runs() -> None:
    fleet = the_fleet()
    async with opened(fleet, StillClock()) as (app, pilot):
        pane = app.screen.query_one("#runs", RunsPane)
        state = next(one for one in fleet.runs.values() if one.name == "stripe → snowflake")
        before = pane.drawn
        fleet.runs[state.run] = replace(state, rows=1_999_000)
        fleet.tell(told(fleet, "stripe → snowflake", READING, 0))
        await until(pilot, lambda: pane.drawn > before)
        assert pane.drawn == before + 1


async def test_a_key_of_a_filter_lays_nothing_out(monkeypatch: pytest.MonkeyPatch) -> None:
    fleet = the_fleet()
    views = [a_connection(f"stripe-{number:04} → snowflake") for number in range(200)]
    fleet.watch.connections = {view.connection.connection_id: view for view in views}
    fleet.watch.loading = Loading(len(views), done=True)
    async with opened(fleet, StillClock()) as (_, pilot):
        await pilot.press("2", "slash")
        await pilot.pause()
        laid_out: list[object] = []
        layout = DeckScreen._refresh_layout

        def counted(deck: DeckScreen, *given: object, **named: object) -> None:
            laid_out.append(deck)
            layout(deck, *given, **named)  # type: ignore[arg-type]

        monkeypatch.setattr(DeckScreen, "_refresh_layout", counted)
        await pilot.press(*"stripe")  # all of them have it, so that no row comes or goes
        await pilot.pause()
        assert not laid_out


async def test_a_key_of_a_filter_is_one_picture_with_what_it_finds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fleet = the_fleet()
    views = [a_connection(f"stripe-{number:04} → snowflake") for number in range(10_000)]
    fleet.watch.connections = {view.connection.connection_id: view for view in views}
    fleet.watch.loading = Loading(len(views), done=True)
    async with opened(fleet, StillClock()) as (app, pilot):
        await pilot.press("2", "slash")
        await pilot.pause()
        field = app.screen.query_one(KeyLine)
        pane = app.screen.query_one("#connections", ConnectionsPane)
        pictures: list[tuple[str, str, int]] = []
        refresh = DeckScreen._compositor_refresh

        def counted(deck: DeckScreen) -> None:
            pictures.append((field.value, pane.words, len(pane.order)))
            refresh(deck)

        monkeypatch.setattr(DeckScreen, "_compositor_refresh", counted)
        for letter in "777":
            await pilot.press(letter)
            await pilot.pause()
        assert pictures == [("7", "7", 3_439), ("77", "77", 280), ("777", "777", 19)]


async def test_the_lines_around_the_tables_are_drawn_once_for_a_key_of_a_filter(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fleet = the_fleet()
    views = [a_connection(f"stripe-{number:04} → snowflake") for number in range(10_000)]
    fleet.watch.connections = {view.connection.connection_id: view for view in views}
    fleet.watch.loading = Loading(len(views), done=True)
    async with opened(fleet, StillClock()) as (app, pilot):
        await pilot.press("2", *"/stripe-")
        await pilot.pause()
        drawn: list[str] = []

        def counted(of: type, name: str) -> None:
            done = getattr(of, name)

            def counting(*given: object, **named: object) -> object:
                drawn.append(name)
                return done(*given, **named)

            monkeypatch.setattr(of, name, counting)

        counted(Frame, "draw")
        counted(Frame, "draw_choice")
        await pilot.press("7")  # other rows, and the cursor with them
        await pilot.pause()
        assert drawn == ["draw_choice"]
        assert app.screen.query_one("#connections", ConnectionsPane).cursor == "c-stripe-7000"


async def test_connections_are_looked_at_again_when_they_or_their_runs_changed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fleet = the_fleet()
    async with opened(fleet, StillClock()) as (app, _):
        made: list[str] = []
        entry = connection_rows.entry

        def counted(view: ConnectionView, run: RunState | None) -> connection_rows.Entry:
            made.append(view.connection.name)
            return entry(view, run)

        monkeypatch.setattr(connection_rows, "entry", counted)
        state = next(one for one in fleet.runs.values() if one.name == "stripe → snowflake")
        assert isinstance(app.screen, DeckScreen)
        assert app.session is not None
        fleet.runs[state.run] = replace(state, rows=1_999_000)
        app.screen.refresh_from(app.session)
        assert made == []
        fleet.runs[state.run] = replace(state, status="incomplete")
        app.screen.refresh_from(app.session)
        assert made == ["stripe → snowflake"]


async def test_what_a_launch_has_left_is_estimated_now_and_then(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fleet, clock = the_fleet(), StillClock()
    asked: list[object] = []
    estimate = launches.about_left

    def counted(*given: object) -> object:
        asked.append(given)
        return estimate(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(launches, "about_left", counted)
    async with opened(fleet, clock) as (app, _):
        assert isinstance(app.screen, DeckScreen)
        assert app.session is not None
        for _ in range(8):
            app.screen.refresh_from(app.session)
            clock.move(0.25)
        assert len(asked) == 1
        clock.move(3.0)
        app.screen.refresh_from(app.session)
        assert len(asked) == 2


LATE = (
    "httpx",
    "sqlite3",
    "yaml",
    "workflow.arazzo.program",
    "workflow.runs.events",
    "tui.session",
    "tui.screens.deck",
)


def test_it_is_painted_before_the_deck_and_a_sessions_rooms_are_imported() -> None:
    code = (
        "import sys, tui.app, tui.commands.deck, tui.log_file, tui.session_late\n"
        f"print([name for name in {LATE!r} if name in sys.modules])"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ended.stdout.strip() == "[]"


async def test_what_is_painted_first_says_where_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    app, imported = an_app(the_fleet()), asyncio.Event()

    async def awaited(*_: object) -> None:
        await imported.wait()

    monkeypatch.setattr(late, "listener", awaited)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        lines = [
            "".join(part.text for part in line) for line in app.screen._compositor.render_strips()
        ]
        assert lines[0].startswith(" PROD … ▸ api.airbyte.com")
        assert any(line.startswith("   opening prod …") for line in lines)


async def test_until_the_deck_is_there_nothing_opens_over_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    app, imported = an_app(the_fleet()), asyncio.Event()
    listener = late.listener

    async def awaited(*given: object) -> object:
        await imported.wait()
        return await listener(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(late, "listener", awaited)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("question_mark", "colon", "4")
        assert isinstance(app.screen, OpeningScreen)
        imported.set()
        await until(pilot, lambda: app.session is not None)
        assert isinstance(app.screen, DeckScreen)
        await pilot.press("question_mark")
        assert len(app.screen_stack) == 2


async def test_what_is_there_once_all_is_loaded_is_left_out_of_collections() -> None:
    fleet, settled = the_fleet(), []
    fleet.watch.loading = Loading(3, done=False)
    app = an_app(fleet)
    app._settle = lambda: settled.append(fleet.watch.loading.done)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.session is not None)
        assert settled == [False]  # the deck is painted
        fleet.watch.loading = Loading(12, done=True)
        for _ in range(3):
            app._dirty = True
            app._hand_over()
        assert settled == [False, True]
