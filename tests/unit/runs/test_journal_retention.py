"""A journal forgets what its retention says, in small steps, and never what is not over."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from tests.support.virtual_time import clock as virtual_clock
from tests.support.virtual_time import run_virtual
from tests.unit.runs.test_journal import (
    CONNECTION,
    NOW,
    A,
    B,
    SetClock,
    created,
    event,
    finished,
    key,
    opened_intent,
)
from workflow.runs.chores import FORGET_EVERY, forget_what_is_old
from workflow.runs.events import (
    Event,
    LaunchFinished,
    LaunchId,
    LaunchStarted,
    RunId,
    StatusChanged,
)
from workflow.runs.journal import Journal, JournalError, Retention, retention
from workflow.runs.journal.intents import Became
from workflow.runs.tasks import end

MONTH = Retention(timedelta(days=30))
LONG_AFTER = timedelta(days=400)
LAUNCH = LaunchId("l-1")


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
async def journal(tmp_path: Path, clock: SetClock) -> AsyncIterator[Journal]:
    opened = await Journal.open(tmp_path / "journal.db", clock)
    yield opened
    await opened.aclose()


async def ended(journal: Journal, *runs: RunId, events: int = 0, text: str = "x") -> None:
    """Write runs that have ended, one after the other."""
    for run in runs:
        more = [event(run, 2 + n, StatusChanged(None, f"{text}{n}")) for n in range(events)]
        await journal.append([created(run), *more], profile="p")
        await journal.finish(run, finished(run, seq=events + 2))


async def left(journal: Journal) -> list[RunId]:
    return sorted(row.run for row in await journal.runs(-1))


async def count(journal: Journal, table: str) -> int:
    statement = f"SELECT count(*) FROM {table}"
    return await journal._threads.read(lambda db: int(db.execute(statement).fetchone()[0]))


async def test_old_runs_are_forgotten_and_unfinished_ones_never(
    journal: Journal, clock: SetClock
) -> None:
    await ended(journal, A)
    await journal.append([created(B)], profile="p")
    clock.at += LONG_AFTER
    assert await journal.retain(MONTH) == 1
    assert await left(journal) == [B]
    assert await journal.events(A) == ()


async def test_only_the_newest_of_many_runs_are_kept(journal: Journal) -> None:
    runs = [RunId(f"r-{n}") for n in range(6)]
    await ended(journal, *runs)
    assert await journal.retain(Retention(runs=2)) == 4
    assert await left(journal) == runs[-2:]


async def test_unfinished_runs_are_kept_however_many_there_are(journal: Journal) -> None:
    await journal.append([created(A), created(B)], profile="p")
    assert await journal.retain(Retention(runs=1)) == 0
    assert await left(journal) == [A, B]


async def test_a_run_whose_suspects_are_awaited_is_not_forgotten(
    journal: Journal, clock: SetClock
) -> None:
    await journal.append([created(A)], profile="p")
    await opened_intent(journal)
    await journal.settle_intent(key(), Became.UNKNOWN)
    await journal.finish(A, finished(verdict="unresolved"))
    clock.at += LONG_AFTER
    assert await journal.retain(Retention(timedelta(days=1), runs=1)) == 0
    assert await left(journal) == [A]


async def test_all_that_belongs_to_a_run_goes_with_it(journal: Journal, clock: SetClock) -> None:
    await journal.append([created(A)], profile="p")
    await opened_intent(journal)
    await journal.claim_job(A, CONNECTION, 7)
    await journal.settle_intent(key(), Became.STARTED, job_id=7)
    journal.keep_snapshot(A, 1, "1", "state")
    await journal.append([event(A, 2, StatusChanged(None, "running"))], profile="p")
    await journal.finish(A, finished())
    clock.at += LONG_AFTER
    await journal.retain(MONTH)
    tables = ("runs", "events", "intents", "claims", "snapshots")
    assert [await count(journal, table) for table in tables] == [0] * len(tables)


async def test_a_launch_goes_with_the_last_of_its_runs(journal: Journal, clock: SetClock) -> None:
    def of_launch(run: RunId) -> Event:
        first = created(run)
        return Event(first.time, first.seq, first.fact, run, LAUNCH, CONNECTION)

    await journal.append([event(None, 1, LaunchStarted("nightly", 2, 5))], profile="p")
    await journal.append([of_launch(A), of_launch(B)], profile="p")
    await journal.append([event(None, 2, LaunchFinished({}, 0, 0, 1.0))], profile="p")
    await journal.finish(A, finished(A))
    clock.at += LONG_AFTER
    await journal.retain(MONTH)
    assert len(await journal.launch_events(LAUNCH)) == 2
    await journal.finish(B, finished(B))
    await journal.retain(MONTH)
    assert await journal.launch_events(LAUNCH) == ()


async def test_nothing_is_forgotten_unless_somebody_says_what_to_keep(
    journal: Journal, clock: SetClock
) -> None:
    await ended(journal, A)
    clock.at += LONG_AFTER
    assert await journal.retain() == 0
    assert await left(journal) == [A]


async def test_what_was_said_at_the_opening_is_what_is_kept(
    journal: Journal, clock: SetClock
) -> None:
    await ended(journal, A)
    clock.at += LONG_AFTER
    assert journal.path is not None
    again = await Journal.open(journal.path, clock, keep=MONTH)
    assert await again.retain() == 1
    await again.aclose()


async def test_a_run_longer_than_a_step_goes_from_its_end(
    journal: Journal, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    await ended(journal, A, B, events=25)
    monkeypatch.setattr(retention, "ROWS_A_STEP", 10)
    due = (A, B)
    done, gone = await journal._threads.now(lambda db: retention.forget(db, due), durable=False)
    assert (done, gone) == (0, 0)
    assert [one.seq for one in await journal.events(A)] == list(range(1, 18))
    clock.at += LONG_AFTER
    assert await journal.retain(MONTH) == 2
    assert await left(journal) == []


async def test_others_write_between_two_steps(
    journal: Journal, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    await ended(journal, A, events=300)
    clock.at += LONG_AFTER
    monkeypatch.setattr(retention, "ROWS_A_STEP", 10)
    seen: list[int] = []
    slept = clock.sleep

    async def looking(seconds: float) -> None:
        await journal.append([created(RunId(f"r-{len(seen)}"))], profile="p")
        seen.append(await count(journal, "events"))
        await slept(seconds)

    monkeypatch.setattr(clock, "sleep", looking)
    await journal.retain(MONTH)
    assert len(seen) > 30
    assert max(before - after for before, after in pairwise(seen)) <= 10


async def test_the_file_gets_smaller_again(journal: Journal, clock: SetClock) -> None:
    assert journal.path is not None
    await ended(journal, A, events=3_000, text="x" * 500)
    await journal.retain(Retention(timedelta(days=9999)))
    before = await asyncio.to_thread(lambda path: path.stat().st_size, journal.path)
    clock.at += LONG_AFTER
    await journal.retain(MONTH)
    assert journal.path.stat().st_size < before / 10
    assert journal.path.with_name("journal.db-wal").stat().st_size == 0


async def test_a_reader_who_is_not_done_holds_nobody_up(journal: Journal, clock: SetClock) -> None:
    assert journal.path is not None
    await ended(journal, A, events=500)
    reading = await Journal.open(journal.path, clock)
    await reading._threads.read(lambda db: db.execute("BEGIN"))
    assert len(await reading.events(A)) == 502
    clock.at += LONG_AFTER
    assert await journal.retain(MONTH) == 1
    assert len(await reading.events(A)) == 502
    await reading.aclose()


async def test_a_file_that_cannot_be_written_says_so_and_keeps_all(
    journal: Journal, clock: SetClock
) -> None:
    await ended(journal, A)
    clock.at += LONG_AFTER
    await journal._threads.alone(lambda db: db.execute("PRAGMA query_only=ON"))
    with pytest.raises(JournalError, match="read-only"):
        await journal.retain(MONTH)
    await journal._threads.alone(lambda db: db.execute("PRAGMA query_only=OFF"))
    assert await left(journal) == [A]


async def test_a_year_of_runs_stays_within_its_retention(journal: Journal, clock: SetClock) -> None:
    assert journal.path is not None
    sizes = []
    for fortnight in range(24):
        later = timedelta(days=15 * fortnight)
        clock.at = NOW + later
        for n in range(5):
            run = RunId(f"r-{fortnight:02}-{n}")
            changes = [event(run, 2 + i, StatusChanged(None, str(i))) for i in range(60)]
            told = [replace(one, time=one.time + later) for one in (created(run), *changes)]
            await journal.append(told, profile="p")
            end = finished(run, seq=99)
            await journal.finish(run, replace(end, time=end.time + later))
        await journal.retain(Retention(timedelta(days=90), runs=20))
        sizes.append(journal.path.stat().st_size)
        assert len(await left(journal)) <= 20
    assert max(sizes[12:]) <= 1.2 * max(sizes[4:12])


def test_what_gets_old_while_a_deck_stays_open_is_forgotten(tmp_path: Path) -> None:
    async def story() -> None:
        clock = virtual_clock()
        keep = Retention(timedelta(days=2))
        journal = await Journal.open(tmp_path / "journal.db", clock, keep=keep)
        now = clock.now()
        await journal.append([replace(created(A), time=now)], profile="p")
        await journal.finish(A, replace(finished(A), time=now))
        chore = asyncio.create_task(forget_what_is_old(journal, clock))
        await clock.sleep(timedelta(days=1.5).total_seconds())
        assert await left(journal) == [A]
        await clock.sleep(timedelta(days=2).total_seconds())
        assert await left(journal) == []
        await end(chore)
        await journal.aclose()

    run_virtual(story())


async def test_a_day_on_which_nothing_can_be_forgotten_is_told_and_not_the_last(
    journal: Journal, clock: SetClock, caplog: pytest.LogCaptureFixture
) -> None:
    days: list[float] = []

    async def sleep(seconds: float) -> None:
        days.append(seconds)
        if len(days) == 2:
            raise asyncio.CancelledError

    clock.sleep = sleep  # type: ignore[method-assign]
    await journal.aclose()
    broken = await Journal.open(journal.path, clock, keep=MONTH)
    await broken._threads.alone(lambda db: db.execute("PRAGMA query_only=ON"))
    with pytest.raises(asyncio.CancelledError):
        await forget_what_is_old(broken, clock)
    assert days == [FORGET_EVERY] * 2
    assert caplog.text.count("nothing more was forgotten") == 2
    await broken.aclose()
