"""A journal that cannot be written and mistakes of our own: the show goes on, nothing is lost."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from pathlib import Path

import pytest

from tests.support.documents import KNOWS_NO_QUEUE, compiled
from tests.support.fleets import scene
from tests.support.virtual_time import run_virtual
from workflow.arazzo.program import Program
from workflow.runs.events import Verdict
from workflow.runs.journal import Journal, JournalError
from workflow.runs.launch import Order, OrderRefused
from workflow.text import safe

FULL = safe("No space is left for the journal. Free some; nothing is triggered until then.")


def test_a_journal_that_cannot_be_written_refuses_triggers_and_stops_no_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def story() -> None:
        world = scene()
        running, waiting, other = world.connections(3)
        async with world.deck() as deck:
            launch = await deck.fleet.launch(Order((running, waiting), max_parallel=1))
            await deck.until(lambda: any(r.status == "running" for r in deck.of_launch(launch)))
            monkeypatch.setattr(Journal, "healthy", FULL)
            assert deck.fleet.trouble == FULL
            with pytest.raises(OrderRefused, match="No space is left"):
                await deck.fleet.launch(Order((other,)))
            await deck.fleet.end()
            first, second = deck.of_launch(launch)
        assert first.verdict is Verdict.SUCCEEDED
        assert first.rows == 1_000
        assert (second.verdict, second.why) == (Verdict.FAILED, FULL)
        assert world.posts() == 1

    run_virtual(story())


def full(db: sqlite3.Connection) -> None:
    """Let the file grow no more."""
    (pages,) = db.execute("PRAGMA page_count").fetchone()
    db.execute(f"PRAGMA max_page_count={pages}")


def test_a_full_disk_fails_what_was_not_sent_wherever_it_is_met_and_in_the_same_words(
    tmp_path: Path,
) -> None:
    """At the gate, and before anything is asked; the server has refused nothing."""

    async def story() -> None:
        world = scene(journal=tmp_path / "journal.db")
        async with world.deck() as deck:
            launch = await deck.fleet.launch(Order(world.connections(40), max_parallel=3))
            await deck.journal._threads.alone(full)
            await deck.fleet.end()
            states = deck.of_launch(launch)
            trouble = deck.fleet.trouble
        assert trouble is not None
        unsent = [run for run in states if run.job_id is None]
        assert len(unsent) > 30
        assert {(run.verdict, run.why) for run in unsent} == {(Verdict.FAILED, trouble)}
        assert world.posts() == len(states) - len(unsent)
        assert "No space is left" in trouble

    run_virtual(story())


def test_a_run_that_the_journal_refuses_sends_nothing() -> None:
    """Without its row no restart would take the run up, and its job would be forgotten."""
    refusing = (
        "CREATE TRIGGER refusing BEFORE INSERT ON runs BEGIN SELECT RAISE(ABORT, 'refused'); END"
    )

    async def story() -> None:
        world = scene()
        async with world.deck() as deck:
            await deck.journal._threads.now(lambda db: db.execute(refusing))
            run = await deck.run_one(world.connection())
        assert run.verdict is Verdict.FAILED
        assert "The journal has not taken run" in (run.why or "")
        assert world.posts() == 0

    run_virtual(story())


def test_a_fleet_that_cannot_start_leaves_no_task_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(_: Journal, *__: object) -> None:
        raise JournalError("The journal cannot be read.")

    async def story() -> None:
        world = scene()
        monkeypatch.setattr(Journal, "own_all", broken)
        before = asyncio.all_tasks()
        with pytest.raises(JournalError):
            async with world.deck():
                pass
        assert {task.get_name() for task in asyncio.all_tasks() - before} == set()

    run_virtual(story())


def test_a_mistake_of_ours_ends_one_run_honestly_and_no_other(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    broken = compiled(KNOWS_NO_QUEUE)

    def breaks(self: Program, *_: object) -> None:
        raise ZeroDivisionError

    async def story() -> None:
        world = scene()
        one, other = world.connections(2)
        async with world.deck() as deck:
            launch = await deck.fleet.launch(Order((one,), program=broken))
            good = await deck.fleet.launch(Order((other,)))
            monkeypatch.setattr(broken, "advance", breaks.__get__(broken))
            await deck.fleet.end()
            (run,) = deck.of_launch(launch)
            assert run.verdict is Verdict.UNRESOLVED
            assert run.why is not None
            assert "a mistake in syncdeck" in run.why
            assert deck.of_launch(good)[0].verdict is Verdict.SUCCEEDED
            assert deck.fleet.launches[launch].finished is not None

    with caplog.at_level(logging.CRITICAL):
        run_virtual(story())


def test_a_run_that_is_detached_makes_room_for_the_next() -> None:
    async def story() -> None:
        world = scene()
        async with world.deck() as deck:
            launch = await deck.fleet.launch(Order(world.connections(2), max_parallel=1))
            await deck.until(lambda: any(r.status == "running" for r in deck.of_launch(launch)))
            first, second = deck.of_launch(launch)
            await deck.fleet.detach(first.run)
            await deck.fleet.end()
            assert deck.fleet.runs[second.run].verdict is Verdict.SUCCEEDED
            assert deck.fleet.launches[launch].detached == 1

    run_virtual(story())


def test_an_unknown_status_is_kept_and_shown_and_is_no_end() -> None:
    async def story() -> None:
        world = scene()
        with world.fault("unknown-status:status=paused,when=running"):
            async with world.deck() as deck:
                run = await deck.run_one(world.connection())
        assert run.verdict is Verdict.SUCCEEDED
        assert "paused" in [one.status for one in run.transitions]

    run_virtual(story())


def test_a_name_with_control_characters_is_harmless_in_an_attached_run() -> None:
    async def story() -> None:
        world = scene()
        job = world.foreign_job(world.connection(name="[bold red]x[/] \x1b]0;owned\x07"))
        async with world.deck() as deck:
            deck.fleet.shown = True
            while not deck.fleet.watch.loading.done:
                await deck.clock.sleep(1)
            run = await deck.fleet.attach(job)
            assert deck.fleet.runs[run].name == "[bold red]x[/] ]0;owned"

    run_virtual(story())
