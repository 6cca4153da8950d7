"""A journal is read where it cannot be written, and whoever only reads changes nothing."""

from __future__ import annotations

import asyncio
import hashlib
import os
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.sandbox import SteppedClock
from tests.unit.runs.test_journal_file import CREATED, RUN, changed
from workflow.runs.events import RunId
from workflow.runs.journal import Journal, JournalError, open_records, reader
from workflow.runs.journal.schema import APPLICATION_ID, MIGRATIONS, VERSION


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "journal.db"


async def written(path: Path) -> None:
    journal = await Journal.open(path, SteppedClock())
    await journal.append([CREATED, changed(2)], profile="p")
    await journal.aclose()


def everything(folder: Path) -> dict[str, str]:
    files = [file for file in folder.rglob("*") if file.is_file()]
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


async def refusal(path: Path) -> str:
    with pytest.raises(JournalError) as caught:
        async with open_records(path):
            pass
    return str(caught.value)


def without_writing(monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    """Let SQLite find neither the log's index nor a place for it, as on a read-only medium."""
    opened = reader._opened

    def refused(path: Path, how: str) -> sqlite3.Connection:
        if "immutable" in how:
            return opened(path, how)
        error = sqlite3.OperationalError("attempt to write a readonly database")
        error.sqlite_errorname = code
        raise error

    monkeypatch.setattr(reader, "_opened", refused)


async def test_reading_makes_and_changes_nothing(path: Path) -> None:
    await written(path)
    before = everything(path.parent)
    async with open_records(path) as records:
        assert [row.run for row in await records.runs(unfinished=True)] == [RUN]
        assert [event.seq for event in await records.events(RUN)] == [1, 2]
    assert everything(path.parent) == before


async def test_what_another_process_writes_is_read(path: Path) -> None:
    journal = await Journal.open(path, SteppedClock())
    async with open_records(path) as records:
        await journal.append([CREATED], profile="p")
        assert await records.run(RUN) is not None
        assert await records.run(RunId("r-none")) is None
    await journal.aclose()


@pytest.mark.parametrize("code", ["SQLITE_CANTOPEN", "SQLITE_READONLY_DIRECTORY"])
async def test_a_file_without_a_log_is_read_on_a_read_only_medium(
    path: Path, monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    await written(path)
    without_writing(monkeypatch, code)
    async with open_records(path) as records:
        assert [event.seq for event in await records.events(RUN)] == [1, 2]


async def test_a_file_of_somebody_else_is_read_without_a_trace(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await written(path)
    before = everything(path.parent)
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK)
    async with open_records(path) as records:
        assert await records.run(RUN) is not None
        assert everything(path.parent) == before


async def test_a_file_that_one_may_not_read_is_told_as_that(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await written(path)
    monkeypatch.setattr(os, "access", lambda file, mode: (file, mode) != (path, os.R_OK))
    assert await refusal(path) == (
        f"Cannot read the journal {path}: Permission denied. Ask its owner."
    )


async def test_newest_entries_that_cannot_be_read_are_not_passed_over(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await written(path)
    path.with_name("journal.db-wal").write_bytes(b"entries")
    without_writing(monkeypatch, "SQLITE_CANTOPEN")
    assert "newest entries are in journal.db-wal" in await refusal(path)


def nothing(path: Path) -> None:
    path.parent.mkdir()


def empty(path: Path) -> None:
    nothing(path)
    path.write_bytes(b"")


def garbage(path: Path) -> None:
    nothing(path)
    path.write_bytes(b"this is no database, it only looks as long as one" * 100)


def anothers(path: Path) -> None:
    nothing(path)
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE songs (name TEXT)")


def newer(path: Path) -> None:
    nothing(path)
    with closing(sqlite3.connect(path)) as db:
        db.execute(f"PRAGMA application_id={APPLICATION_ID}")
        db.execute(f"PRAGMA user_version={VERSION + 1}")


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (nothing, "There is no journal yet"),
        (empty, "There is no journal yet"),
        (garbage, "is damaged"),
        (anothers, "another program's database"),
        (newer, "a newer syncdeck wrote it"),
    ],
)
async def test_what_cannot_be_read_is_refused_and_left_as_it_is(
    path: Path, make: Callable[[Path], None], says: str
) -> None:
    await asyncio.to_thread(make, path)
    before = everything(path.parent)
    assert says in await refusal(path)
    assert everything(path.parent) == before


def first_version(path: Path) -> None:
    nothing(path)
    with closing(sqlite3.connect(path)) as db:
        db.executescript(MIGRATIONS[0])
        db.execute(f"PRAGMA application_id={APPLICATION_ID}")
        db.execute("PRAGMA user_version=1")
        db.execute(
            "INSERT INTO runs (run, profile, created, updated, seq, snapshot, snapshot_seq)"
            " VALUES ('r-a', 'p', ?1, ?1, 1, '{}', 1)",
            (CREATED.time.isoformat(),),
        )
        db.commit()


async def test_an_older_file_is_read_as_it_is(path: Path) -> None:
    await asyncio.to_thread(first_version, path)
    async with open_records(path) as records:
        assert [row.run for row in await records.runs()] == [RUN]
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (1,)


async def test_the_first_version_is_brought_forward_with_its_runs(path: Path) -> None:
    await asyncio.to_thread(first_version, path)
    journal = await Journal.open(path, SteppedClock())
    assert [row.run for row in await journal.runs()] == [RUN]
    assert (await journal.pasts([RUN], "1"))[RUN].snapshot is None
    await journal.aclose()


_COMES_AND_GOES = """
import sqlite3, sys
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute("BEGIN IMMEDIATE")
db.execute("ROLLBACK")
db.close()
"""


async def test_who_reads_its_own_journal_keeps_its_log_when_another_process_comes_and_goes(
    path: Path,
) -> None:
    """Any descriptor of the file that a process closes takes its locks with it: then whoever
    closes next thinks itself the last, and takes the log away that is still being written to."""
    journal = await Journal.open(path, SteppedClock())
    await journal.append([CREATED], profile="p")
    assert len(await journal.events(RUN)) == 1
    other = await asyncio.create_subprocess_exec(sys.executable, "-c", _COMES_AND_GOES, str(path))
    assert await other.wait() == 0
    await journal.append([changed(2)], profile="p")
    copy = path.parent / "copy.db"
    for end in ("", "-wal"):  # what a kill would leave
        copy.with_name(copy.name + end).write_bytes(path.with_name(path.name + end).read_bytes())
    async with open_records(copy) as records:
        assert len(await records.events(RUN)) == 2
    await journal.aclose()
