"""Opening the journal file without harming what is there.

A newer shape (:mod:`~workflow.runs.journal.schema`), another program's database and a damaged file
are refused with a sentence and left as they are. Older shapes are brought forward step by step,
each step in one transaction.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Final

from tenacity import Retrying, retry_if_exception, stop_after_delay, wait_random

from workflow.runs.journal.ownership import network_file_system
from workflow.runs.journal.problems import JournalError, name_of, newer, sentence
from workflow.runs.journal.schema import APPLICATION_ID, MIGRATIONS, VERSION

PATIENCE: Final = 5.0
"""Seconds to wait for another process to let go of the file."""

read_text: Final = partial(str, encoding="utf-8", errors="replace")
"""How columns are read: bytes that are no text make their own entry unreadable, and no other."""


def connect(path: Path | None) -> sqlite3.Connection:
    """Open the journal at `path` (None: in memory) and bring its tables up to date.

    Raises:
        JournalError: on a network file system, another program's, newer, damaged, or not writable.
    """
    name = name_of(path)
    try:
        if path is not None:
            _prepare(path)
        connection = sqlite3.connect(
            ":memory:" if path is None else path,
            timeout=PATIENCE,
            isolation_level=None,
            check_same_thread=False,  # one thread at a time, but not always the one that opened it
        )
    except (OSError, sqlite3.Error) as error:
        raise JournalError(sentence(name, error, path)) from error
    connection.text_factory = read_text
    try:
        _settle_in(connection, name)
    except sqlite3.Error as error:
        connection.close()
        raise JournalError(sentence(name, error, path)) from error
    except JournalError:
        connection.close()
        raise
    return connection


def refuse_network(path: Path) -> None:
    """Raise JournalError when the journal at `path` would be on a network file system."""
    kind = network_file_system(path.parent)
    if kind is not None:
        raise JournalError(
            f"The journal {path} is on a network file system ({kind}), where its locks cannot be"
            " trusted. Name a local file with --journal or SYNCDECK_JOURNAL."
        )


def _prepare(path: Path) -> None:
    refuse_network(path)
    missing = [name for name in (path, *path.parents) if not name.exists()]
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # It holds names and texts of somebody's data platform: for its owner's eyes.
    path.touch(mode=0o600, exist_ok=True)
    for name in missing:
        _sync(name.parent)


def _sync(folder: Path) -> None:
    """Put on the disk itself what a folder holds, so that a new name in it survives power loss."""
    with suppress(OSError):  # not every system lets a folder be opened, nor every file system this
        number = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(number)
        finally:
            os.close(number)


def _settle_in(connection: sqlite3.Connection, name: str) -> None:
    _migrate(connection, name)
    _keep_a_log(connection)
    connection.execute("PRAGMA synchronous=NORMAL")
    connection.execute("PRAGMA journal_size_limit=16777216")
    # A file that cannot be written is better found out about now than at the first trigger.
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("ROLLBACK")


def _keep_a_log(connection: sqlite3.Connection) -> None:
    """Switch a file to WAL. Here SQLite does not wait until others let go, as it does elsewhere."""
    for attempt in Retrying(
        retry=retry_if_exception(_is_held),
        stop=stop_after_delay(PATIENCE),
        wait=wait_random(0.005, 0.05),
        reraise=True,
    ):
        with attempt:
            connection.execute("PRAGMA journal_mode=WAL")


def _is_held(error: BaseException) -> bool:
    return getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_BUSY


def _migrate(connection: sqlite3.Connection, name: str) -> None:
    if version_of(connection) == VERSION and _is_ours(connection):
        return
    if version_of(connection) == 0 and not _has_tables(connection):
        connection.execute("PRAGMA auto_vacuum=INCREMENTAL")  # only an empty file takes this
    connection.execute("BEGIN IMMEDIATE")
    try:
        version = version_of(connection)  # another process may have been quicker
        refuse_foreign(connection, name, version)
        for number, script in enumerate(MIGRATIONS[version:], version + 1):
            for statement in script.split(";"):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version={number}")
        connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def refuse_foreign(connection: sqlite3.Connection, name: str, version: int) -> None:
    """Raise JournalError for what a newer syncdeck or another program wrote."""
    if version > VERSION and _is_ours(connection):
        raise JournalError(newer(name, version))
    if not _is_ours(connection) and (version != 0 or _has_tables(connection)):
        raise JournalError(
            f"Not opening {name}: it is another program's database. Name another file with"
            " --journal; nothing in this one was changed."
        )


def version_of(connection: sqlite3.Connection) -> int:
    """Return the version of the tables; 0 for an empty file."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _is_ours(connection: sqlite3.Connection) -> bool:
    return bool(connection.execute("PRAGMA application_id").fetchone()[0] == APPLICATION_ID)


def _has_tables(connection: sqlite3.Connection) -> bool:
    return connection.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone() is not None
