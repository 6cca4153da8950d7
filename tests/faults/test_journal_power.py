"""The power fails at any moment of a journal's writing: what was promised is on the disk.

The file layer (:mod:`tests.support.powerloss`) tells what SQLite really does; after every
operation the disk is looked at as a power loss would leave it: nothing of what was not synced, all
of it, the first part, or sectors by chance.
"""

from __future__ import annotations

import asyncio
import random
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.power_disk import Leaves, Record, Sync, Write
from tests.support.power_stories import Told, moments, triggers, wrong_after
from tests.support.powerloss import NoSuchLayerError, recorded
from workflow.runs.journal import writer as journal_writer

NEVER_HALF = pytest.mark.parametrize("leaves", Leaves, ids=lambda leaves: leaves.value)


@pytest.fixture
def quick_disk(tmp_path: Path) -> Iterator[Path]:
    """A folder in memory where there is one: what is synced is the layer's business here."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else tmp_path) as folder:
        for name in ("before", "after"):
            Path(folder, name).mkdir()
        yield Path(folder)


def told_by(folder: Path, count: int, **story: Any) -> tuple[Record, list[Told]]:
    try:
        with recorded(folder / "before") as record:
            told = asyncio.run(triggers(folder / "before" / "journal.db", record, count, **story))
    except NoSuchLayerError as why:
        pytest.skip(str(why))
    assert told
    return record, told


def losses(
    record: Record, told: list[Told], folder: Path, leaves: Leaves, every: int = 1
) -> Iterator[str]:
    """Let the power fail after each operation (or every so many) and say what went wrong."""
    rng = random.Random(1)
    for moment, disk in moments(record):
        if moment % every:
            continue
        due = [one for one in told if one.moment <= moment]
        for wrong in wrong_after(disk, due, folder / "after", leaves, rng):
            yield f"after {moment} of {len(record.ops)}: {wrong}"


@NEVER_HALF
def test_what_was_promised_survives_a_power_loss_at_any_moment(
    quick_disk: Path, leaves: Leaves
) -> None:
    record, told = told_by(quick_disk, 6)
    assert len(record.ops) > 150
    assert list(losses(record, told, quick_disk, leaves)) == []


@NEVER_HALF
def test_no_moment_is_bad_while_the_log_is_copied_and_space_given_back(
    quick_disk: Path, leaves: Leaves
) -> None:
    record, told = told_by(quick_disk, 60, retain=10)
    copied = [op for op in record.ops if isinstance(op, Write) and op.file == "journal.db"]
    assert len(copied) > 40
    assert list(losses(record, told, quick_disk, leaves, every=17)) == []


def never_synced(patch: pytest.MonkeyPatch) -> None:
    """Leave out what makes an intent durable."""
    patch.setattr(journal_writer.Writer, "_synchronous", lambda writer, full: None)


def synchronous_off(patch: pytest.MonkeyPatch) -> None:
    def off(writer: Any, *, full: bool) -> None:
        writer._db.execute("PRAGMA synchronous=OFF")

    patch.setattr(journal_writer.Writer, "_synchronous", off)


@pytest.mark.parametrize("instead", [never_synced, synchronous_off])
def test_a_journal_that_does_not_sync_its_intents_is_caught(
    quick_disk: Path, instead: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    instead(monkeypatch)
    record, told = told_by(quick_disk, 3)
    found = list(losses(record, told, quick_disk, Leaves.NOTHING))
    assert any("is lost, and its POST may have left" in wrong for wrong in found)


def test_a_layer_that_loses_synced_writes_is_caught(quick_disk: Path) -> None:
    """The other way round: syncs that do not happen are noticed at the level of the file."""
    record, told = told_by(quick_disk, 3)
    record.ops = [op for op in record.ops if not isinstance(op, Sync)]
    assert any("is lost" in wrong for wrong in losses(record, told, quick_disk, Leaves.NOTHING))


def test_the_file_is_damaged_when_it_is_copied_to_without_a_sync(
    quick_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synchronous_off(monkeypatch)
    record, _ = told_by(quick_disk, 60, retain=10)
    found = list(losses(record, [], quick_disk, Leaves.TORN, every=17))
    assert any("damaged" in wrong or "cannot be read" in wrong for wrong in found)


def test_the_layer_is_over_the_sqlite_of_this_python_and_leaves_its_files_whole(
    quick_disk: Path,
) -> None:
    record, _ = told_by(quick_disk, 3)
    kept = record.disk().after_power_loss(Leaves.ALL, random.Random(1))
    assert kept == {"journal.db": (quick_disk / "before" / "journal.db").read_bytes()}
    with sqlite3.connect(quick_disk / "plain.db") as db:
        db.execute("CREATE TABLE after_it (one)")
    db.close()
    assert record.disk().after_power_loss(Leaves.ALL, random.Random(1)) == kept
