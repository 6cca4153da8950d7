"""A journal's reading half: a thread with a connection that writes nothing.

The file may be on a medium that cannot be written, or belong to somebody else. SQLite keeps an
index of its write-ahead log beside the file; where that can neither be found nor made, a file
without a log is read as one that nobody changes.
"""

from __future__ import annotations

import asyncio
import errno
import os
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, TypeVar

from workflow.runs.journal.damage import UNREADABLE
from workflow.runs.journal.opening import (
    read_text,
    refuse_foreign,
    refuse_network,
    version_of,
)
from workflow.runs.journal.problems import (
    DamagedEntryError,
    JournalError,
    name_of,
    sentence,
)

T = TypeVar("T")

_AS_IT_IS: Final = "mode=ro&immutable=1"
_NOTHING_YET: Final = "There is no journal yet at {}: nothing has been run."


class Reader:
    """Reads what is committed to the file at `path`; opened at the first reading."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="journal-read")
        self._db: sqlite3.Connection | None = None

    async def read(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Return what the work makes of the file.

        Raises:
            JournalError: it cannot be read, or something in it is none of ours.
        """

        def reading() -> T:
            try:
                if self._db is None:
                    self._db = connect_to_read(self._path)
                return work(self._db)
            except sqlite3.Error as error:
                raise JournalError(sentence(name_of(self._path), error)) from error
            except UNREADABLE as error:
                raise DamagedEntryError(
                    f"Cannot read {name_of(self._path)}: an entry is damaged ({error})."
                    " Move it away to begin a new one, or use --journal FILE; nothing in it was"
                    " changed."
                ) from error

        return await asyncio.get_running_loop().run_in_executor(self._thread, reading)

    async def close(self) -> None:
        """Close the connection."""
        if self._db is not None:
            await asyncio.get_running_loop().run_in_executor(self._thread, self._db.close)
        self._thread.shutdown(wait=False)


def connect_to_read(path: Path) -> sqlite3.Connection:
    """Open the journal at `path` without making or changing anything.

    Raises:
        JournalError: not there, on a network file system, another program's or newer.
        sqlite3.Error: damaged, locked, or out of reach.
    """
    refuse_network(path)
    try:
        if not path.exists():
            raise JournalError(_NOTHING_YET.format(path))
        _refuse_unreadable(path)  # SQLite would not say why it cannot
        if not os.access(path, os.W_OK) and not _log_of(path).exists():
            # SQLite would leave an index of ours beside a file that is somebody else's.
            return _opened(path, _AS_IT_IS)
    except OSError as error:
        why = error.strerror or error
        raise JournalError(f"Cannot read {name_of(path)}: {why}. Ask its owner.") from error
    try:
        return _opened(path, "mode=rw")  # for SQLite: as far as it is allowed to
    except sqlite3.OperationalError as error:
        code = error.sqlite_errorname
        if not code.startswith(("SQLITE_CANTOPEN", "SQLITE_READONLY")):
            raise
        if not _log_of(path).exists() or _log_of(path).stat().st_size == 0:
            return _opened(path, _AS_IT_IS)
        raise JournalError(
            f"Cannot read {name_of(path)}: its newest entries are in {path.name}-wal, and to read"
            " them its folder has to be writable. Copy both files elsewhere and use --journal FILE."
        ) from error


def _refuse_unreadable(path: Path) -> None:
    """Raise OSError unless the file can be read, without opening it.

    Closing a file lets go of every lock that this process has on it (POSIX), those of SQLite's
    open connections too: the next process to end would take itself for the last one, fold the log
    into the file and remove it, under the hands of this one.
    """
    why = errno.EISDIR if path.is_dir() else None if os.access(path, os.R_OK) else errno.EACCES
    if why is not None:
        raise OSError(why, os.strerror(why))


def _opened(path: Path, how: str) -> sqlite3.Connection:
    db = sqlite3.connect(
        f"{path.absolute().as_uri()}?{how}",
        uri=True,
        timeout=5.0,
        isolation_level=None,
        check_same_thread=False,  # one thread at a time, but not always the one that opened it
    )
    db.text_factory = read_text
    try:
        db.execute("PRAGMA query_only=ON")
        # Reads the file for the first time. An older version can be read; an empty file is none.
        version = version_of(db)
        refuse_foreign(db, name_of(path), version)
        if version == 0:
            raise JournalError(_NOTHING_YET.format(path))
    except BaseException:
        db.close()
        raise
    return db


def _log_of(path: Path) -> Path:
    return path.with_name(f"{path.name}-wal")
