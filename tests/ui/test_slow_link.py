"""Over a slow link new data is drawn once a second, keys at once, and nothing behind what waits."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from textual.driver import Driver
from textual.drivers.headless_driver import HeadlessDriver
from textual.pilot import Pilot

from tests.support.deck import StillClock, StillFleet, an_app, the_fleet, told
from tests.support.screens import until
from tui.app import SyncdeckApp
from tui.link import EVERY, STALLED, Waited
from tui.screens.deck import DeckScreen
from tui.widgets.runs_pane import RunsPane
from workflow.runs.events import ReadingTaken

NAME = "stripe → snowflake"
TEN_SECONDS = int(10 / EVERY)


class Line(HeadlessDriver):
    """A terminal at the end of a line that a test makes slow."""

    wait = Waited()

    def waited(self) -> Waited:
        return Line.wait


@asynccontextmanager
async def watched(
    monkeypatch: pytest.MonkeyPatch, **options: Any
) -> AsyncIterator[tuple[SyncdeckApp, Pilot[int], StillFleet, StillClock]]:
    monkeypatch.setenv("SSH_CONNECTION", "10.0.0.1 50000 10.0.0.2 22")
    monkeypatch.setattr(Line, "wait", Waited())
    fleet, clock = the_fleet(), StillClock()
    app = an_app(fleet, clock, **options)
    monkeypatch.setattr("textual.drivers.headless_driver.HeadlessDriver", Line)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: app.session is not None)
        assert isinstance(app._driver, Driver)
        assert isinstance(app._driver, Line)
        yield app, pilot, fleet, clock


def flushes(app: SyncdeckApp, fleet: StillFleet, clock: StillClock, ticks: int) -> int:
    """Let something happen before every tick of the timer, and return how often it was drawn."""
    drawn = 0
    refresh = DeckScreen.refresh_from

    def counting(deck: DeckScreen, session: Any) -> None:
        nonlocal drawn
        drawn += 1
        refresh(deck, session)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DeckScreen, "refresh_from", counting)
        for tick in range(ticks):
            state = next(one for one in fleet.runs.values() if one.name == NAME)
            fleet.runs[state.run] = replace(state, rows=1_000_000 + tick)
            fleet.tell(told(fleet, NAME, ReadingTaken(90_447, "running", 1, 1), 0))
            app._look()
            clock.move(EVERY)
    return drawn


async def test_a_quick_link_is_drawn_over_four_times_a_second(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with watched(monkeypatch) as (app, _, fleet, clock):
        assert flushes(app, fleet, clock, TEN_SECONDS) == 40


async def test_a_link_on_which_pictures_wait_is_drawn_over_once_a_second_and_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with watched(monkeypatch) as (app, _, fleet, clock):
        Line.wait = Waited(STALLED)
        assert 9 <= flushes(app, fleet, clock, TEN_SECONDS) <= 11
        first = app.screen._compositor.render_strips()[0].text
        assert "slow link" in first


async def test_a_link_that_gets_quick_again_is_drawn_over_four_times_a_second_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with watched(monkeypatch) as (app, _, fleet, clock):
        Line.wait = Waited(STALLED)
        flushes(app, fleet, clock, 4)
        Line.wait = Waited()
        flushes(app, fleet, clock, TEN_SECONDS + 4)
        assert flushes(app, fleet, clock, TEN_SECONDS) == 40


async def test_a_key_is_drawn_at_once_over_a_slow_link(monkeypatch: pytest.MonkeyPatch) -> None:
    async with watched(monkeypatch, slow_link=True) as (app, pilot, fleet, clock):
        flushes(app, fleet, clock, 1)
        pane = app.screen.query_one("#runs", RunsPane)
        before = pane.cursor
        pictures = []
        refresh = DeckScreen._compositor_refresh

        def counting(deck: DeckScreen) -> None:
            pictures.append(pane.cursor)
            refresh(deck)

        monkeypatch.setattr(DeckScreen, "_compositor_refresh", counting)
        await pilot.press("j")
        # The clock stands still: until it is a second later nothing but the key is drawn.
        await until(pilot, lambda: any(cursor != before for cursor in pictures))


async def test_nothing_is_drawn_behind_a_picture_that_waits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with watched(monkeypatch, slow_link=False) as (app, _, fleet, clock):
        Line.wait = Waited(60.0, 60.0)  # somebody pressed ctrl-s
        assert flushes(app, fleet, clock, TEN_SECONDS) == 0
        Line.wait = Waited()
        assert flushes(app, fleet, clock, 1) == 1


_CHILD = """
import asyncio, os, sys
from textual.app import App
from tui.outlet import TimedDriver

class Talks(App):
    def on_ready(self):
        self.run_worker(self.talk())
    async def talk(self):
        for _ in range(8):
            self._driver.write("x" * 65_536)
        while self._driver.waited().still < 0.3:
            await asyncio.sleep(0.02)
        os.write(int(sys.argv[1]), b"waits ")
        while self._driver.waited().still:
            await asyncio.sleep(0.02)
        os.write(int(sys.argv[1]), b"left ")
        self.exit()

Talks(driver_class=TimedDriver).run()
"""


@contextmanager
def a_terminal() -> Iterator[tuple[int, int]]:
    ours, theirs = pty.openpty()
    try:
        yield ours, theirs
    finally:
        os.close(ours)


def test_a_terminal_that_nobody_reads_keeps_pictures_waiting() -> None:
    told_by, tells = os.pipe()
    with a_terminal() as (ours, theirs):
        child = subprocess.Popen(
            [sys.executable, "-c", _CHILD, str(tells)],
            cwd=Path(__file__).parents[2],
            env={**os.environ, "TERM": "xterm-256color"},
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            pass_fds=[tells],
            start_new_session=True,
        )
        os.close(theirs)
        os.close(tells)
        try:
            assert os.read(told_by, 64) == b"waits "

            def read_all() -> None:
                try:
                    while os.read(ours, 65_536):
                        pass
                except OSError:
                    pass  # its other end is gone

            reader = threading.Thread(target=read_all)
            reader.start()
            assert os.read(told_by, 64) == b"left "
            assert child.wait(30) == 0
            reader.join(30)
        finally:
            child.kill()
            child.wait()
            os.close(told_by)
