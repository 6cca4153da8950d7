"""What the deck does not do, however many runs and connections there are: counted, never timed."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
from rich.segment import Segment
from textual._compositor import Compositor
from textual.pilot import Pilot

from tests.support.deck import (
    StillClock,
    StillFleet,
    a_connection,
    a_story,
    an_app,
    the_fleet,
    told,
)
from tests.support.screens import until
from tui import connection_rows, narrowing, rows, run_cells
from tui.app import SyncdeckApp
from tui.connection_rows import Entry
from tui.deck_plan import Part
from tui.screens import late
from tui.screens.deck import DeckScreen
from tui.screens.deck_frame import Frame
from tui.screens.opening import OpeningScreen
from tui.widgets.connections_pane import ConnectionsPane
from tui.widgets.key_line import KeyLine
from tui.widgets.runs_pane import RunsPane
from tui.widgets.still import Still
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


@asynccontextmanager
async def filtering(
    count: int, name: str = "stripe-{:04} → snowflake"
) -> AsyncIterator[tuple[SyncdeckApp, Pilot[int]]]:
    """The deck on its connections, of which there are `count`."""
    fleet = the_fleet()
    views = [a_connection(name.format(number)) for number in range(count)]
    fleet.watch.connections = {view.connection.connection_id: view for view in views}
    fleet.watch.loading = Loading(len(views), done=True)
    async with opened(fleet, StillClock()) as (app, pilot):
        await pilot.press("2")
        await pilot.pause()
        yield app, pilot


def counted(monkeypatch: pytest.MonkeyPatch, of: Any, name: str) -> list[Any]:
    """Return a list that grows by whose method it was at each call."""
    calls: list[Any] = []
    done = getattr(of, name)

    def counting(*given: Any, **named: Any) -> Any:
        calls.append(given[0] if given else None)
        return done(*given, **named)

    monkeypatch.setattr(of, name, counting)
    return calls


@pytest.mark.parametrize("words", ["stripe", "0007", "none"])
async def test_a_filter_lays_nothing_out_from_its_key_to_its_end(
    monkeypatch: pytest.MonkeyPatch, words: str
) -> None:
    async with filtering(200) as (app, pilot):
        laid_out = counted(monkeypatch, DeckScreen, "_refresh_layout")
        await pilot.press("slash", *words)
        await pilot.pause()
        pane = app.screen.query_one("#connections", ConnectionsPane)
        assert len(pane.order) == {"stripe": 200, "0007": 1, "none": 0}[words]
        await pilot.press("escape")
        await pilot.pause()
        assert len(pane.order) == 200
        assert not laid_out


async def test_a_filter_that_begins_and_ends_does_not_draw_the_whole_screen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with filtering(200) as (app, pilot):
        whole = counted(monkeypatch, Compositor, "render_full_update")
        pane = app.screen.query_one("#connections", ConnectionsPane)
        before = pane.drawn
        await pilot.press("slash")
        await pilot.pause()
        await pilot.press("escape")
        await pilot.pause()
        assert not whole
        assert pane.drawn - before == 2  # the cursor's line, with and without the focus


async def test_a_letter_of_a_filter_draws_nothing_anew_that_it_does_not_change(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with filtering(200) as (app, pilot):
        await pilot.press("slash", *"strip")
        await pilot.pause()
        drawn = counted(monkeypatch, Still, "draw_lines")
        await pilot.press("e")
        await pilot.pause()
        parts = {widget.id for widget in drawn}
        assert parts <= {Part.TOP, Part.KEYS}  # the filter and the pane's title, which says it
        assert app.screen.query_one(KeyLine).value == "stripe"


async def test_a_letter_more_is_looked_for_among_what_the_others_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with filtering(10_000) as (_, pilot):
        looked_at: list[int] = []
        passing = narrowing.passing

        def counting(entries: Sequence[Entry], *given: Any, **named: Any) -> Sequence[Entry]:
            looked_at.append(len(entries))
            return passing(entries, *given, **named)

        monkeypatch.setattr(narrowing, "passing", counting)
        await pilot.press(*"/77", "backspace", "7")
        await pilot.pause()
        assert looked_at == [10_000, 3_439, 3_439]


async def test_a_flush_in_which_all_figures_change_makes_what_is_on_the_screen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fleet = the_fleet()
    for number in range(1_000):
        story = a_story(f"run-{number:04} → snowflake", 100 + number, 60).triggered()
        fleet.take(story.read(20, "running", 100))
    async with opened(fleet, StillClock()) as (app, pilot):
        assert isinstance(app.screen, DeckScreen)
        assert app.session is not None
        pane = app.screen.query_one("#runs", RunsPane)
        items = counted(monkeypatch, rows, "item_of_run")
        rows_made = counted(monkeypatch, run_cells, "run_row")
        divided = counted(monkeypatch, Segment, "divide")
        for run, state in list(fleet.runs.items()):
            if state.live and state.rows is not None:
                fleet.runs[run] = replace(state, rows=state.rows + 77)
        before = pane.drawn
        app.screen.refresh_from(app.session)
        await pilot.pause()
        assert pane.show_vertical_scrollbar
        assert 0 < pane.drawn - before <= pane.size.height
        assert len(rows_made) <= pane.size.height
        assert all(state.warnings for state in items)  # these come and go with the figures
        assert not divided  # no line is cut where the scrollbar begins


async def test_a_key_of_a_filter_is_one_picture_with_what_it_finds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with filtering(10_000) as (app, pilot):
        await pilot.press("slash")
        await pilot.pause()
        field = app.screen.query_one(KeyLine)
        pane = app.screen.query_one("#connections", ConnectionsPane)
        pictures: list[tuple[str, str, int]] = []
        refresh = DeckScreen._compositor_refresh

        def counting(deck: DeckScreen) -> None:
            pictures.append((field.value, pane.words, len(pane.order)))
            refresh(deck)

        monkeypatch.setattr(DeckScreen, "_compositor_refresh", counting)
        for letter in "777":
            await pilot.press(letter)
            await pilot.pause()
        assert pictures == [("7", "7", 3_439), ("77", "77", 280), ("777", "777", 19)]


async def test_the_lines_around_the_tables_are_drawn_once_for_a_key_of_a_filter(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with filtering(10_000) as (app, pilot):
        await pilot.press(*"/stripe-")
        await pilot.pause()
        whole = counted(monkeypatch, Frame, "draw")
        choice = counted(monkeypatch, Frame, "draw_choice")
        await pilot.press("7")  # other rows, and the cursor with them
        await pilot.pause()
        assert (len(whole), len(choice)) == (0, 1)
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
