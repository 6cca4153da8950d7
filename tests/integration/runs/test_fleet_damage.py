"""A journal with one damaged row: every other run is taken up, and nothing is sent."""

from __future__ import annotations

import logging
import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import pytest

from tests.support.fleets import STEADY, Scene, scene
from tests.support.virtual_time import run_virtual
from workflow.airbyte.models import ConnectionId
from workflow.runs.events import RunId, Verdict
from workflow.runs.launch import Order

NEVER: Final = "lost-trigger:after=never,answer=gateway,count=1"
LONG: Final = replace(STEADY, duration=1e6)
BAD: Final = {
    "TEXT": (
        "CAST(x'ff00fe80' AS TEXT)",
        "''",
        "'null'",
        "'2026-11-22T03:41:20'",
        "replace(hex(zeroblob(50000)), '00', '[')",
    ),
    "INTEGER": ("-1", "9223372036854775807"),
    "REAL": ("9e999", "-1.0"),
}
"""Random bytes, and what is harder to tell from a good value: by the type of a column."""


@dataclass(frozen=True)
class Left:
    """What an earlier process left, and which of its runs have to be there again."""

    world: Scene
    journal: Path
    unfinished: frozenset[RunId]
    unresolved: frozenset[RunId]


async def left_behind(folder: Path) -> Left:
    """Leave two runs under way, one that waits, two unresolved ones and one that succeeded."""
    world = scene(connections=1, journal=folder / "left.db")
    lost, followed, *three = world.connections(5, LONG)
    async with world.deck() as deck:
        deck.fleet.shown = True
        await deck.run_one(world.connection())
        with world.fault(NEVER):
            first = await deck.run_one(lost)
        with world.fault(NEVER):
            second = await deck.run_one(world.connection())
        await deck.fleet.following.follow(ConnectionId(followed.connection_id))
        launch = await deck.fleet.launch(Order(tuple(three), max_parallel=2))
        await deck.clock.sleep(400.0)
        unfinished = frozenset(run.run for run in deck.of_launch(launch))
    return Left(world, folder / "left.db", unfinished, frozenset({first.run, second.run}))


def columns(journal: Path, table: str) -> list[tuple[str, str]]:
    with closing(sqlite3.connect(journal)) as db:
        found = db.execute(f"PRAGMA table_info({table})").fetchall()
    return [(name, kind) for _, name, kind, *_ in found]


def copied(left: Left, name: str) -> Path:
    work = left.journal.with_name(name)
    shutil.copy(left.journal, work)
    return work


def births(journal: Path) -> list[int]:
    """Return which of the events are creations of runs: these are always read."""
    with closing(sqlite3.connect(journal)) as db:
        kinds = [kind for (kind,) in db.execute("SELECT kind FROM events ORDER BY id")]
    return [number for number, kind in enumerate(kinds) if kind == "run.created"]


def damaged(work: Path, table: str, number: int, change: str) -> RunId | None:
    """Damage a row; returns the run it was of. Raises IntegrityError when the table refuses."""
    key = {"claims": "job_id", "followed": "connection_id"}.get(table, "rowid")
    with closing(sqlite3.connect(work)) as db, db:
        keys = [one for (one,) in db.execute(f"SELECT {key} FROM {table} ORDER BY {key}")]
        where = (keys[number % len(keys)],)
        of = None
        if table != "followed":
            of = db.execute(f"SELECT run FROM {table} WHERE {key} = ?", where).fetchone()[0]
        db.execute(f"UPDATE {table} SET {change} WHERE {key} = ?", where)
    return of


async def lost_of(left: Left, work: Path, hit: RunId | None) -> set[RunId]:
    """Start a deck on a journal, and return the runs it lost, the damaged row's own aside."""
    async with left.world.deck(journal=work) as deck:
        deck.fleet.shown = True
        await deck.clock.sleep(5.0)
        known = {run for run, state in deck.fleet.runs.items() if state.run == run}
        await deck.journal.runs(-1)
        for run in left.unfinished | left.unresolved:
            await deck.journal.events(run)
            await deck.journal.run(run)
    return set((left.unfinished | left.unresolved) - known - {hit})


@pytest.mark.parametrize("table", ["runs", "events", "intents", "claims", "followed", "snapshots"])
def test_a_damaged_row_costs_no_other_run_and_no_second_trigger(
    tmp_path: Path, table: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def story() -> None:
        left = await left_behind(tmp_path)
        posts, lost, tried = left.world.posts(), {}, 0
        for offset, (column, kind) in enumerate(columns(left.journal, table)):
            for number, bad in enumerate(BAD[kind][offset % 2 :: 2]):
                work = copied(left, f"{column}-{number}.db")
                try:
                    hit = damaged(work, table, number, f"{column} = {bad}")
                except sqlite3.IntegrityError:
                    continue
                if gone := await lost_of(left, work, hit):
                    lost[column, bad] = gone
                tried += 1
        assert lost == {}
        assert tried >= len(columns(left.journal, table))
        assert left.world.posts() == posts

    caplog.set_level(logging.WARNING)
    run_virtual(story())
    assert [record.getMessage() for record in caplog.records if record.exc_info] == []


@pytest.mark.parametrize("table", ["runs", "events", "intents", "snapshots"])
def test_a_row_of_random_bytes_is_told_in_one_sentence(tmp_path: Path, table: str) -> None:
    """All but what says whose it is: of that nobody knows any more, and nobody asks for it."""

    async def story() -> None:
        left = await left_behind(tmp_path)
        kept = {"run", "profile", "state", "form"}
        texts = {name for name, kind in columns(left.journal, table) if kind == "TEXT"} - kept
        changes = ", ".join(f"{one} = CAST(x'ff00fe80' AS TEXT)" for one in sorted(texts))
        number = -1 if table != "events" else births(left.journal)[-1]
        hit = damaged(left.journal, table, number, changes)
        async with left.world.deck() as deck:
            deck.fleet.shown = True
            await deck.clock.sleep(5.0)
            await deck.journal.runs(-1)
            told = deck.fleet.damage
        assert told is not None
        assert told.startswith(f"In the journal {left.journal} ")
        assert f"run {hit}. All else is read, and nothing was changed; the log says more." in told

    run_virtual(story())


def test_a_trigger_whose_intent_is_gone_is_never_taken_for_unsent(tmp_path: Path) -> None:
    """Its events say that it was about to leave: that is enough not to send it again."""

    async def story() -> None:
        world = scene(connections=1, journal=tmp_path / "journal.db")
        target = world.connection(LONG)
        async with world.deck() as deck:
            with world.fault("slow:seconds=100,endpoint=createJob"):
                launch = await deck.fleet.launch(Order((target,)))
                (run,) = deck.of_launch(launch)
                await deck.until(lambda: "trigger.intent" in deck.kinds(run.run))
                await deck.fleet.close()
        posts = world.posts()
        with closing(sqlite3.connect(tmp_path / "journal.db")) as db, db:
            db.execute("UPDATE intents SET run = 'r-nobody'")
        async with world.deck() as deck:
            (run,) = deck.fleet.runs.values()
            assert run.verdict is Verdict.UNRESOLVED
            assert run.why == (
                "its trigger may have been sent, and the journal's record of that is damaged"
            )
        assert world.posts() == posts

    run_virtual(story())
