"""The half of the deck's benchmark that is measured, in a process of its own.

``deck`` is the real application at 200×50, told of a new reading of every run four times a second;
``typing`` the same with a filter being typed over 10,000 connections, five keys a second;
``datatable`` and ``datatable-typing`` the same with Textual's DataTable as the pane of the runs.
What they draw ends in a driver that makes terminal output and drops it. ``folding`` makes states of
as many readings, with no screen. One line of JSON: CPU as a part of one core, milliseconds that the
event loop was late.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import os
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from textual import events
from textual.app import App
from textual.driver import Driver
from textual.drivers.headless_driver import HeadlessDriver

from tests.benchmarks.common import percentile
from tests.benchmarks.deck_on_datatable import TableRuns
from tests.support.deck import StillFleet, a_connection, a_session
from tui.app import SyncdeckApp
from tui.screens import deck_panes
from tui.session import Session
from workflow.airbyte.models import ConnectionId
from workflow.airbyte.readings import FeedStatus
from workflow.clock import SystemClock
from workflow.runs import folding
from workflow.runs import launch as launches
from workflow.runs.events import (
    Event,
    Fact,
    LaunchId,
    LaunchStarted,
    ReadingTaken,
    RunCreated,
    RunId,
    StepFinished,
    StepStarted,
    TriggerSettled,
)
from workflow.runs.run import RunState
from workflow.runs.watch import Loading
from workflow.text import safe

SIZE: Final = (200, 50)
TICK: Final = 0.25
PAGE: Final = 100
"""As many jobs as an answer of the server has."""
CONNECTIONS: Final = 10_000
WARM: Final = 2.0
GRID: Final = 0.01
TURNS: Final = 8
STEPS: Final = ("triggerJob", "pollJob")
KEY_EVERY: Final = 0.2
"""Five keys a second, a practised hand's 60 words a minute. With the data's four draws that is
nine a second, if a key is drawn once."""
TYPED: Final = (*"/sales99", *["backspace"] * 7, "escape")
WAYS: Final = ("folding", "deck", "typing", "datatable", "datatable-typing")
LAUNCH: Final = LaunchId("l-bench")

_CLOCK: Final = SystemClock()
_SCHEDSTAT: Final = Path("/proc/self/schedstat")
"""Of the main thread, in which the loop is."""
_SCHEDULED: Final = os.open(_SCHEDSTAT, os.O_RDONLY) if _SCHEDSTAT.exists() else None


class Sink(HeadlessDriver):
    """Takes what would go to a terminal, and drops it; what makes it is measured."""

    taken = 0
    draws = 0

    @property
    def is_headless(self) -> bool:
        return False

    def write(self, data: str) -> None:
        Sink.taken += len(data)
        Sink.draws += 1


class Lateness:
    """How late the loop would be for whoever wants a turn, at instants 10 ms apart.

    A loop that is blocked for 80 ms makes eight of these instants late, not one. What the process
    itself waited for a core, because neighbours were busy, is kept apart.
    """

    def __init__(self) -> None:
        self.late: list[float] = []
        self.own: list[float] = []

    async def watch(self) -> None:
        due, waited = time.perf_counter() + GRID, waited_for_a_core()
        while True:
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            before, waited = waited, waited_for_a_core()
            now = time.perf_counter()
            while due <= now:
                self.late.append(now - due)
                self.own.append(max(0.0, now - due - (waited - before)))
                due += GRID


def waited_for_a_core() -> float:
    """Return the seconds the loop's thread was ready and not run, 0 where nobody tells.

    Asked a hundred times a second, so the file stays open: the deck is charged for this, too.
    """
    if _SCHEDULED is None:
        return 0.0
    return int(os.pread(_SCHEDULED, 64, 0).split()[1]) / 1e9


class Source:
    """The runs, and what happens to them.

    States are made by folding events, beforehand: what is measured is the deck, and thousands of
    readings a second are more than any server gives. ``folding`` measures the fold.
    """

    def __init__(self, count: int) -> None:
        self.count = count
        self.told = 0
        self.fleet = StillFleet()
        self._events: list[list[Event]] = []
        self._states: list[list[RunState]] = []

    def begin(self) -> None:
        """Make all runs live, with what will happen to them."""
        began = _CLOCK.now() - timedelta(seconds=200)
        launch = launches.begin(
            Event(began, 1, LaunchStarted("nightly", self.count, self.count, "sync"), None, LAUNCH)
        )
        for number in range(self.count):
            job = 1_000 + number
            facts: list[Fact] = [
                RunCreated("prod", "syncAndPoll", STEPS, name_of(number), "sync"),
                StepStarted("triggerJob", 1, 1, 2),
                TriggerSettled("started", job),
                StepFinished("triggerJob", 1, succeeded=True, http_status=200, ms=400),
                StepStarted("pollJob", 1, 2, 2),
                *(reading(number, 1_000 * back, "running") for back in range(1, 9)),
            ]
            events = [
                event_of(number, began + timedelta(seconds=20 * at), at, fact)
                for at, fact in enumerate(facts, 1)
            ]
            state = folding.replay(events)
            launch = launches.fold(launch, events[-1], None, state)
            self.fleet.runs[state.run] = state
            self._prepare(number, state)
        self.fleet.launches[LAUNCH] = launch
        # What is prepared for the measurement is no part of what is measured: a deck does not hold
        # eight states of every run, and its collector need not look at them.
        gc.collect()
        gc.freeze()

    def _prepare(self, number: int, state: RunState) -> None:
        events, states = [], []
        for turn in range(TURNS):
            # Some rows change places in every flush: their jobs fail an attempt and try again.
            again = number < TURNS and (turn + number) % TURNS < TURNS // 2
            status = "incomplete" if again else "running"
            fact = reading(number, 9_000 + 250 * turn, status)
            event = event_of(number, _CLOCK.now(), state.seq + 1, fact)
            state = folding.fold(state, event)
            events.append(event)
            states.append(state)
        self._events.append(events)
        self._states.append(states)

    def connect(self) -> None:
        """Give the watch its connections."""
        views = [a_connection(name_of(number)) for number in range(CONNECTIONS)]
        self.fleet.watch.connections = {view.connection.connection_id: view for view in views}
        self.fleet.watch.loading = Loading(len(views), done=True)

    async def feed(self) -> None:
        """Tell of a reading of every run in each tick, page by page, as answers come."""
        due, turn = time.perf_counter(), 0
        pages = range(0, self.count, PAGE)
        while True:
            turn = (turn + 1) % TURNS
            self.fleet.feed.status = FeedStatus(_CLOCK.now(), 40, None, 0, None)
            for page in pages:
                for number in range(page, min(self.count, page + PAGE)):
                    state = self._states[number][turn]
                    self.fleet.runs[state.run] = state
                    self.fleet.tell(self._events[number][turn])
                self.told += min(self.count, page + PAGE) - page
                due += TICK / len(pages)
                await asyncio.sleep(max(0.0, due - time.perf_counter()))

    async def fold(self) -> None:
        """Fold as many readings a second as the deck is given."""
        due = time.perf_counter()
        states = list(self.fleet.runs.values())
        while True:
            for number, state in enumerate(states):
                fact = reading(number, 9_000 + self.told % 10_000, "running")
                states[number] = folding.fold(state, event_of(number, _CLOCK.now(), 20, fact))
                self.told += 1
                if number % PAGE == 0:
                    await asyncio.sleep(0)
            due += TICK
            await asyncio.sleep(max(0.0, due - time.perf_counter()))


def reading(number: int, rows: int, status: str) -> ReadingTaken:
    moved = rows * (1 + number % 7)
    return ReadingTaken(1_000 + number, status, moved, moved * 450, age=0.1)


def event_of(number: int, at: datetime, seq: int, fact: Fact) -> Event:
    return Event(at, seq, fact, run_of(number), LAUNCH, connection_of(number))


def name_of(number: int) -> str:
    kinds = ("stripe", "salesforce", "hubspot", "mysql", "jira")
    return f"{kinds[number % len(kinds)]}-{number:05} → snowflake"


def connection_of(number: int) -> ConnectionId:
    return ConnectionId("c-" + name_of(number).split(" ", maxsplit=1)[0])


def run_of(number: int) -> RunId:
    return RunId(f"r-{number:010}")


class Measured(SyncdeckApp):
    """The deck on a driver that drops its output."""

    def get_driver_class(self) -> type[Driver]:
        return Sink


async def measured(source: Source, app: App[int] | None, seconds: float, typing: bool) -> Any:
    """Feed for a while and return what it cost."""
    late = Lateness()
    work = [asyncio.create_task(source.fold() if app is None else source.feed())]
    if typing and app is not None:
        work.append(asyncio.create_task(type_in(app)))
    await asyncio.sleep(WARM)
    work.append(asyncio.create_task(late.watch()))
    began, told, written, draws = time.perf_counter(), source.told, Sink.taken, Sink.draws
    cpu = time.process_time()
    await asyncio.sleep(seconds)
    cpu = time.process_time() - cpu
    took = time.perf_counter() - began
    for task in work:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    return {
        "cpu": cpu / took,
        "p50": percentile(late.own, 0.50) * 1_000,
        "p99": percentile(late.own, 0.99) * 1_000,
        "p99_wall": percentile(late.late, 0.99) * 1_000,
        "events": (source.told - told) / took,
        "bytes": (Sink.taken - written) / took,
        "writes": (Sink.draws - draws) / took,
    }


async def type_in(app: App[int]) -> None:
    """Filter the connections by a word, take it back, and again."""
    driver = app._driver
    assert driver is not None

    def press(key: str) -> None:
        name, character = ("slash", "/") if key == "/" else (key, key if len(key) == 1 else None)
        driver.process_message(events.Key(name, character))

    press("2")
    while True:
        for key in TYPED:
            await asyncio.sleep(KEY_EVERY)
            press(key)


def run_deck(source: Source, seconds: float, typing: bool) -> Any:
    """Measure the real application."""
    source.connect()
    measuring: list[asyncio.Task[Any]] = []

    @asynccontextmanager
    async def opener() -> AsyncIterator[Session]:
        source.begin()
        task = asyncio.create_task(measured(source, app, seconds, typing))
        task.add_done_callback(lambda _: app.exit(0))
        measuring.append(task)
        yield a_session(source.fleet, _CLOCK)  # type: ignore[arg-type]  # any clock does

    app = Measured(
        opener,
        profile_name="prod",
        server=safe("api.airbyte.com"),
        clock=_CLOCK,
        settle=gc.freeze,
    )
    app.run(size=SIZE)
    for task in measuring:
        return task.result()
    raise RuntimeError("the deck ended before its session was open")


def run_folding(source: Source, seconds: float) -> Any:
    """Measure what comes in, with nobody looking."""

    async def body() -> Any:
        source.begin()
        return await measured(source, None, seconds, typing=False)

    return asyncio.run(body())


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("way", choices=WAYS)
    parser.add_argument("--runs", type=int, default=1_000)
    parser.add_argument("--seconds", type=float, default=6.0)
    given = parser.parse_args(arguments)
    source = Source(given.runs)
    if given.way == "folding":
        told = run_folding(source, given.seconds)
    else:
        if given.way.startswith("datatable"):
            # The deck takes its pane from its module; for users there is no choice.
            deck_panes.RunsPane = TableRuns  # type: ignore[assignment, misc]
        told = run_deck(source, given.seconds, given.way.endswith("typing"))
    print(json.dumps(told))


if __name__ == "__main__":
    main()
