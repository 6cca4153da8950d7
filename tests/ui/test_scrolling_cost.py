"""Scrolling costs a page, whatever the list and however long it is: counted, never timed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from textual.app import App, ComposeResult
from textual.pilot import Pilot

from tests.support.deck import StillClock, a_connection, an_app, the_fleet, told
from tests.support.screens import NOW, until
from tests.support.stand_ins import Host, StandInJournal, session
from tui import event_lines, filtering, themes
from tui.app import SyncdeckApp
from tui.happenings import MOST
from tui.screens import history
from tui.screens.history import HistoryScreen
from tui.widgets.events_pane import EventsPane
from tui.widgets.live_table import LiveTable
from tui.widgets.target_list import TargetList
from workflow.airbyte.models import ConnectionId
from workflow.runs.events import RunId, Warned
from workflow.runs.journal.rows import RunRow
from workflow.runs.launch import Target
from workflow.runs.watch import Loading
from workflow.text import safe

KEYS = ("pagedown", "pagedown", "j", "G", "k", "pageup", "ctrl+u", "g")


@dataclass
class Scrolled:
    """What scrolling cost: rows that were made and lines that were drawn, a key."""

    rows: list[int]
    lines: list[int]
    page: int


async def scrolled(pilot: Pilot[Any], table: LiveTable[Any]) -> Scrolled:
    made = 0
    draw = table._painter._draw

    def counting(*given: Any) -> Any:
        nonlocal made
        made += 1
        return draw(*given)

    table._painter._draw = counting
    cost = Scrolled([], [], table.size.height)
    for key in KEYS:
        rows, lines = made, table.drawn
        await pilot.press(key)
        await pilot.pause()
        cost.rows.append(made - rows)
        cost.lines.append(table.drawn - lines)
    return cost


Opened = AbstractAsyncContextManager[tuple[Pilot[Any], LiveTable[Any]]]


@asynccontextmanager
async def connections(count: int) -> AsyncIterator[tuple[Pilot[Any], LiveTable[Any]]]:
    fleet = the_fleet()
    views = [a_connection(f"stripe-{number:05} → snowflake") for number in range(count)]
    fleet.watch.connections = {view.connection.connection_id: view for view in views}
    fleet.watch.loading = Loading(count, done=True)
    app = an_app(fleet)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: app.session is not None)
        table = app.screen.query_one("#connections", LiveTable)
        await until(pilot, lambda: len(table.order) >= count)
        await pilot.press("2")
        await pilot.pause()
        yield pilot, table


@asynccontextmanager
async def events(count: int) -> AsyncIterator[tuple[Pilot[Any], LiveTable[Any]]]:
    fleet = the_fleet()
    app = an_app(fleet)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: app.session is not None)
        for number in range(count):
            fleet.tell(told(fleet, "stripe → snowflake", Warned("slow", f"told {number}"), 0))
        table = app.screen.query_one("#events", LiveTable)
        await pilot.press("3")
        app._hand_over()
        await until(pilot, lambda: len(table.order) >= min(count, MOST))
        await pilot.pause()
        yield pilot, table


def a_row(number: int) -> RunRow:
    created = NOW - timedelta(minutes=number)
    names = (f"id-{number}", f"stripe-{number:05} → snowflake")
    ended = created + timedelta(minutes=4)
    return RunRow(
        RunId(f"r-{number}"), None, "prod", *names, "sync", "poll", created, created,
        90_000 + number, "succeeded", "succeeded", "", ended,
    )  # fmt: skip


@asynccontextmanager
async def runs(count: int) -> AsyncIterator[tuple[Pilot[Any], LiveTable[Any]]]:
    journal = StandInJournal(rows=tuple(a_row(number) for number in range(count)))
    app = Host()
    async with app.run_test(size=(120, 40)) as pilot:
        screen = HistoryScreen(session(journal=journal))
        app.push_screen(screen)
        await until(pilot, lambda: screen.is_mounted and len(screen._table.order) == count)
        yield pilot, screen._table


class Targets(App[None]):
    CSS = "TargetList { height: 1fr; }"

    def __init__(self, count: int) -> None:
        super().__init__()
        self.count = count

    def get_css_variables(self) -> dict[str, str]:
        return themes.with_tones(super().get_css_variables(), ansi=False)

    def compose(self) -> ComposeResult:
        targets = [
            Target(ConnectionId(f"c-{number}"), safe(f"stripe-{number:05} → snowflake"))
            for number in range(self.count)
        ]
        yield TargetList(targets, {}, monotonic=StillClock().monotonic)

    def on_mount(self) -> None:
        table = self.query_one(TargetList)
        table.show([f"c-{number}" for number in range(self.count)])
        table.focus()


@asynccontextmanager
async def targets(count: int) -> AsyncIterator[tuple[Pilot[Any], LiveTable[Any]]]:
    app = Targets(count)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        yield pilot, app.query_one(TargetList)


@pytest.mark.parametrize("of", [connections, events, runs, targets])
async def test_a_key_costs_a_page_at_most_and_ten_thousand_cost_what_a_thousand_do(
    of: Callable[[int], Opened],
) -> None:
    async with of(1_000) as (pilot, table):
        few = await scrolled(pilot, table)
    async with of(10_000) as (pilot, table):
        many = await scrolled(pilot, table)
    assert max(many.rows) <= many.page
    assert max(many.lines) <= many.page
    assert many.lines == few.lines
    assert many.rows == few.rows


async def test_a_letter_of_a_filter_over_events_wraps_none_of_them_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with events(2_000) as (pilot, table):
        wrapped: list[object] = []
        monkeypatch.setattr(
            "tui.widgets.events_pane.wrapped",
            lambda *given: wrapped.append(given) or event_lines.wrapped(*given),
        )
        await pilot.press(*"/told 77")
        await pilot.pause()
        found = {key.number for key in table.order}
        assert (len(found), wrapped) == (38, [])


async def test_events_that_are_forgotten_leave_the_pane() -> None:
    async with events(MOST) as (pilot, table):
        assert isinstance(table, EventsPane)
        app = pilot.app
        assert isinstance(app, SyncdeckApp)
        for number in range(50):
            app._hear(told(the_fleet(), "stripe → snowflake", Warned("slow", f"more {number}"), 0))
        app._hand_over()
        await pilot.pause()
        assert len(table._entries) == MOST
        assert len(table._lines) == MOST
        assert all(table.entry(line) is not None for line in table._lines)


async def test_a_history_that_nobody_searches_is_searched_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with runs(200) as (pilot, table):
        screen = pilot.app.screen
        assert isinstance(screen, HistoryScreen)
        read: list[str] = []

        def counting(typed: str) -> filtering.Filter:
            read.append(typed)
            return filtering.read(typed)

        monkeypatch.setattr(history, "filtering", _Counting(counting))
        for _ in range(5):
            screen.refresh_from(screen._session)
        assert read == []
        await pilot.press(*"/19")
        await pilot.pause()
        assert read == ["1", "19"]
        assert len(table.order) < 200


@dataclass
class _Counting:
    read: Callable[[str], filtering.Filter]
    fields = staticmethod(filtering.fields)
