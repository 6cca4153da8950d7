"""A journal file that cannot be used is refused with a sentence, and nothing in it is lost."""

from __future__ import annotations

import asyncio
import functools
import os
import sqlite3
import stat
import threading
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.support.sandbox import SteppedClock
from workflow.runs.events import Event, RunCreated, RunFinished, RunId, StatusChanged
from workflow.runs.journal import Journal, JournalError, ownership
from workflow.runs.journal import opening as journal_opening
from workflow.runs.journal import writer as journal_writer
from workflow.runs.journal.intents import GateTaken, Intent, IntentKey
from workflow.runs.journal.schema import APPLICATION_ID, VERSION

NOW = datetime(2026, 3, 25, 1, 30, tzinfo=UTC)
RUN = RunId("r-a")
KEY = IntentKey(RUN, "trigger", 1)
CREATED = Event(NOW, 1, RunCreated("p", "w", ("trigger",)), RUN, None, "c-1")


def changed(seq: int, text: str = "running") -> Event:
    return Event(NOW, seq, StatusChanged(None, text), RUN, None, "c-1")


def full(db: sqlite3.Connection) -> None:
    """Let the file grow no more."""
    pages = db.execute("PRAGMA page_count").fetchone()[0]
    db.execute(f"PRAGMA max_page_count={pages}")


def roomy(db: sqlite3.Connection) -> None:
    db.execute("PRAGMA max_page_count=1000000")


async def on_thread(journal: Journal, work: object) -> None:
    await journal._threads.alone(work)  # type: ignore[arg-type]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "journal.db"


@pytest.fixture
async def journal(path: Path) -> AsyncIterator[Journal]:
    opened = await Journal.open(path, SteppedClock())
    await opened.append([CREATED], profile="p")
    yield opened
    await opened.aclose()


def put(path: Path, content: bytes) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)


def content(path: Path) -> bytes | None:
    return path.read_bytes() if path.exists() else None


async def refusal(path: Path) -> str:
    with pytest.raises(JournalError) as caught:
        await Journal.open(path, SteppedClock())
    return str(caught.value)


async def test_the_file_and_its_folder_are_for_their_owner_alone(journal: Journal) -> None:
    assert journal.path is not None
    assert stat.S_IMODE(journal.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(journal.path.parent.stat().st_mode) == 0o700


async def test_the_names_of_a_new_file_and_of_its_folders_are_on_the_disk_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sync, synced = os.fsync, list[tuple[int, int]]()

    def seen(number: int) -> None:
        known = os.fstat(number)
        synced.append((known.st_dev, known.st_ino))
        sync(number)

    monkeypatch.setattr(os, "fsync", seen)
    path = tmp_path / "home" / "state" / "journal.db"
    folders = [path.parent, path.parent.parent, tmp_path]
    for expected in (3, 0):
        await (await Journal.open(path, SteppedClock())).aclose()
        names = {(folder.stat().st_dev, folder.stat().st_ino) for folder in folders}
        assert len(names & set(synced)) == expected
        synced.clear()


async def test_a_network_file_system_is_refused(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_opening, "network_file_system", lambda folder: "nfs4")
    assert "network file system (nfs4)" in await refusal(path)
    assert content(path) is None


async def test_a_damaged_file_is_refused_and_left_as_it_is(path: Path) -> None:
    put(path, before := b"this is no database, it only looks as long as one" * 100)
    assert "is damaged" in await refusal(path)
    assert content(path) == before


async def test_another_programs_database_is_refused_and_left_as_it_is(path: Path) -> None:
    put(path, b"")
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE songs (name TEXT)")
    other.close()
    before = content(path)
    assert "another program's database" in await refusal(path)
    assert content(path) == before


async def test_a_newer_schema_is_refused_and_left_as_it_is(journal: Journal) -> None:
    assert journal.path is not None
    with sqlite3.connect(journal.path) as later:
        later.execute(f"PRAGMA user_version={VERSION + 1}")
    later.close()
    assert "a newer syncdeck wrote it" in await refusal(journal.path)


async def test_a_process_that_is_overtaken_by_a_newer_one_stops_writing(journal: Journal) -> None:
    assert journal.path is not None
    with sqlite3.connect(journal.path) as later:
        later.execute(f"PRAGMA user_version={VERSION + 1}")
    later.close()
    with pytest.raises(JournalError, match="newer syncdeck"):
        await journal.append([changed(2)], profile="p", durable=True)


async def test_a_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("")
    assert "Cannot open the journal" in await refusal(tmp_path / "state" / "journal.db")


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is read-only for root")
async def test_a_read_only_file_is_refused(path: Path) -> None:
    opened = await Journal.open(path, SteppedClock())
    await opened.aclose()
    await asyncio.to_thread(path.chmod, 0o400)
    assert "read-only" in await refusal(path)


async def test_a_file_that_becomes_read_only_refuses_triggers(journal: Journal) -> None:
    await on_thread(journal, lambda db: db.execute("PRAGMA query_only=ON"))
    with pytest.raises(JournalError, match="read-only"):
        await journal.take_gate(KEY, "c-1", "p")
    assert "read-only" in (journal.healthy or "")
    await on_thread(journal, lambda db: db.execute("PRAGMA query_only=OFF"))


async def test_showing_goes_on_when_the_disk_is_full_and_nothing_is_lost(journal: Journal) -> None:
    await on_thread(journal, full)
    big = [changed(n, "x" * 3000) for n in range(2, 30)]
    assert not await journal.append(big, profile="p")
    assert "No space is left" in (journal.healthy or "")
    await on_thread(journal, roomy)
    assert await journal.append([changed(30)], profile="p")
    assert journal.healthy is None
    assert [event.seq for event in await journal.events(RUN)] == list(range(1, 31))


async def test_nothing_is_triggered_when_the_disk_is_full(journal: Journal) -> None:
    assert isinstance(await journal.take_gate(KEY, "c-1", "p"), GateTaken)
    await on_thread(journal, full)
    intent = Intent(KEY, "p", "c-1", "sync", 0, NOW, NOW, timedelta(seconds=300))
    with pytest.raises(JournalError, match="No space is left"):
        await journal.open_intent(intent, [changed(n, "x" * 3000) for n in range(2, 30)])
    await on_thread(journal, roomy)
    assert await journal.open_intents() == ()


async def test_a_verdict_that_cannot_be_written_now_counts_and_is_written_later(
    journal: Journal,
) -> None:
    await on_thread(journal, full)
    end = Event(NOW, 2, RunFinished("succeeded", "x" * 20_000, {}), RUN, None, "c-1")
    assert await journal.finish(RUN, end)
    await on_thread(journal, roomy)
    await journal.append([], profile="p", checkpoints={RUN: "s"})
    row = await journal.run(RUN)
    assert row is not None
    assert row.verdict == "succeeded"


async def test_a_disk_that_does_not_answer_holds_nobody_up(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_writer, "STALLED_AFTER", 0.01)
    held, go = threading.Event(), threading.Event()

    def stall(db: sqlite3.Connection) -> None:
        held.set()
        go.wait()

    stuck = asyncio.create_task(on_thread(journal, stall))
    await asyncio.to_thread(held.wait)
    assert not await journal.append([changed(2)], profile="p")
    assert "has not answered" in (journal.healthy or "")
    go.set()
    await stuck
    await journal.append([changed(3)], profile="p", durable=True)
    assert journal.healthy is None
    assert [event.seq for event in await journal.events(RUN)] == [1, 2, 3]


async def test_what_could_never_be_written_is_told_in_the_log(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    opened = await Journal.open(path, SteppedClock())
    await on_thread(opened, lambda db: db.execute("PRAGMA query_only=ON"))
    assert not await opened.append([CREATED], profile="p")
    await opened.aclose()
    await opened.aclose()
    assert "Entries never written: 1." in caplog.text


async def test_an_entry_that_is_refused_takes_no_other_with_it(journal: Journal) -> None:
    results = await asyncio.gather(
        journal.append([changed(2)], profile="p"),
        journal.append([changed(2)], profile="p", durable=True),
        journal.append([changed(3)], profile="p"),
        return_exceptions=True,
    )
    assert [isinstance(result, JournalError) for result in results] == [False, True, False]
    assert [event.seq for event in await journal.events(RUN)] == [1, 2, 3]


async def test_an_entry_that_cannot_be_written_at_all_leaves_nobody_waiting(
    journal: Journal,
) -> None:
    with pytest.raises(JournalError, match="cannot hold an entry"):
        await journal.append([changed(2)], profile="p", checkpoints={RUN: object()})
    await journal.append([changed(2)], profile="p")
    assert [event.seq for event in await journal.events(RUN)] == [1, 2]


async def test_half_a_character_in_a_name_is_kept_as_far_as_it_goes(journal: Journal) -> None:
    fact = RunCreated("p", "w", (), connection_name="Bad \ud83d name")
    await journal.append([Event(NOW, 1, fact, RunId("r-9"), None, None)], profile="p")
    row = await journal.run(RunId("r-9"))
    assert row is not None
    assert row.name == "Bad ? name"
    (event,) = await journal.events(RunId("r-9"))
    assert event.fact == fact


async def test_many_can_make_the_same_new_journal_at_once(path: Path) -> None:
    opened = await asyncio.gather(*(Journal.open(path, SteppedClock()) for _ in range(8)))
    for number, one in enumerate(opened):
        event = Event(NOW, 1, RunCreated("p", "w", ()), RunId(f"r-{number}"), None, None)
        await one.append([event], profile="p", durable=True)
    assert len(await opened[0].runs()) == 8
    await asyncio.gather(*(one.aclose() for one in opened))


class Contended(sqlite3.Connection):
    """As when two begin at once: SQLite says at once, without waiting, that the file is held."""

    held = 2

    def execute(self, sql: str, *values: object) -> sqlite3.Cursor:
        if sql == "PRAGMA journal_mode=WAL" and Contended.held:
            Contended.held -= 1
            error = sqlite3.OperationalError("database is locked")
            error.sqlite_errorcode = sqlite3.SQLITE_BUSY
            error.sqlite_errorname = "SQLITE_BUSY"
            raise error
        return super().execute(sql, *values)


async def test_a_file_that_another_program_is_making_is_waited_for(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect = functools.partial(sqlite3.connect, factory=Contended)
    monkeypatch.setattr(journal_opening.sqlite3, "connect", connect)
    await (await Journal.open(path, SteppedClock())).aclose()
    assert Contended.held == 0


async def test_an_older_file_is_brought_forward(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = await Journal.open(path, SteppedClock())
    await opened.append([CREATED], profile="p")
    await opened.aclose()
    more = (*journal_opening.MIGRATIONS, "ALTER TABLE runs ADD COLUMN note TEXT")
    monkeypatch.setattr(journal_opening, "MIGRATIONS", more)
    for module in (journal_opening, journal_writer):
        monkeypatch.setattr(module, "VERSION", len(more))
    again = await Journal.open(path, SteppedClock())
    assert [row.run for row in await again.runs()] == [RUN]
    await again.aclose()
    with sqlite3.connect(path) as db:
        assert db.execute("SELECT note FROM runs").fetchall() == [(None,)]
        assert db.execute("PRAGMA user_version").fetchone()[0] == VERSION + 1
    db.close()


async def test_a_migration_that_fails_leaves_the_file_as_it_was(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = await Journal.open(path, SteppedClock())
    await opened.append([CREATED], profile="p")
    await opened.aclose()
    broken = (*journal_opening.MIGRATIONS, "ALTER TABLE runs ADD COLUMN note TEXT; DROP TABLE nix")
    with monkeypatch.context() as patch:
        patch.setattr(journal_opening, "MIGRATIONS", broken)
        patch.setattr(journal_opening, "VERSION", len(broken))
        await refusal(path)
    again = await Journal.open(path, SteppedClock())
    assert [row.run for row in await again.runs()] == [RUN]
    await again.aclose()


async def test_the_header_says_whose_file_it_is(journal: Journal) -> None:
    assert journal.path is not None
    with sqlite3.connect(journal.path) as db:
        assert db.execute("PRAGMA application_id").fetchone()[0] == APPLICATION_ID
        assert db.execute("PRAGMA user_version").fetchone()[0] == VERSION
        assert db.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
    db.close()


def test_the_sentence_for_a_fact_never_shows_what_cannot_be_shown() -> None:
    text = JournalError("bad \x1b]0;owned\x07 path").text
    assert text.isprintable()


def test_network_file_systems_are_told_by_the_deepest_mount(tmp_path: Path) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(
        "/dev/vda / ext4 rw 0 0\n"
        f"server:/home {tmp_path} nfs4 rw 0 0\n"
        f"/dev/vdb {tmp_path}/local\\040disk ext4 rw 0 0\n"
    )
    assert ownership.network_file_system(tmp_path / "a", mounts) == "nfs4"
    assert ownership.network_file_system(tmp_path / "local disk" / "b", mounts) is None
    assert ownership.network_file_system(Path("/"), mounts) is None
    assert ownership.network_file_system(tmp_path, tmp_path / "no such list") is None
