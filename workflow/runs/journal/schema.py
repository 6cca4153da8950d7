"""The journal file: its tables, their version, and opening it without harming what is there.

The file says whose it is (``application_id``) and which shape it has (``user_version``). A newer
shape, another program's database and a damaged file are refused with a sentence and left as they
are. Older shapes are brought forward step by step, each step in one transaction.
"""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from tenacity import Retrying, retry_if_exception, stop_after_delay, wait_random

from workflow.runs.journal.holder import Holder, holder_of
from workflow.runs.journal.ownership import network_file_system
from workflow.text import SafeText, safe

APPLICATION_ID: Final = 0x53594E43
"""``SYNC``, in the header of the file."""

_FIRST: Final = """
CREATE TABLE runs (
  run TEXT PRIMARY KEY,
  launch TEXT,
  profile TEXT NOT NULL,
  connection_id TEXT,
  name TEXT,
  job_type TEXT,
  workflow_id TEXT,
  created TEXT NOT NULL,
  updated TEXT NOT NULL,
  seq INTEGER NOT NULL,
  owner TEXT,
  job_id INTEGER,
  status TEXT,
  checkpoint TEXT,
  snapshot TEXT,
  snapshot_seq INTEGER,
  verdict TEXT,
  why TEXT,
  ended TEXT
) STRICT;
CREATE INDEX runs_unfinished ON runs (profile) WHERE verdict IS NULL;
CREATE INDEX runs_created ON runs (created);
CREATE TABLE events (
  id INTEGER PRIMARY KEY,
  run TEXT,
  launch TEXT,
  profile TEXT NOT NULL,
  seq INTEGER NOT NULL,
  time TEXT NOT NULL,
  kind TEXT NOT NULL,
  body TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX events_of_run ON events (run, seq) WHERE run IS NOT NULL;
CREATE INDEX events_of_launch ON events (launch, id) WHERE launch IS NOT NULL AND run IS NULL;
CREATE TABLE intents (
  id INTEGER PRIMARY KEY,
  run TEXT NOT NULL,
  step TEXT NOT NULL,
  visit INTEGER NOT NULL,
  profile TEXT NOT NULL,
  connection_id TEXT NOT NULL,
  owner TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('gate', 'open', 'closed')),
  since TEXT NOT NULL,
  job_type TEXT,
  base INTEGER,
  server_date TEXT,
  look REAL,
  how TEXT,
  job_id INTEGER,
  suspects TEXT,
  answer TEXT,
  closed_why TEXT
) STRICT;
CREATE UNIQUE INDEX one_gate ON intents (connection_id) WHERE state IN ('gate', 'open');
CREATE UNIQUE INDEX one_post ON intents (run, step, visit)
  WHERE how IS NULL OR how NOT IN ('refused', 'not-sent');
CREATE TABLE claims (
  connection_id TEXT NOT NULL,
  job_id INTEGER NOT NULL,
  run TEXT NOT NULL,
  since TEXT NOT NULL,
  PRIMARY KEY (connection_id, job_id)
) STRICT, WITHOUT ROWID;
"""

_FOLLOWED: Final = """
CREATE TABLE followed (
  profile TEXT NOT NULL,
  connection_id TEXT NOT NULL,
  PRIMARY KEY (profile, connection_id)
) STRICT, WITHOUT ROWID
"""

# What a run's events add up to is kept beside its row, for rows are read by the thousand; and there
# are ways to what belongs to one run, to one launch and to the oldest.
_SNAPSHOTS: Final = """
ALTER TABLE runs DROP COLUMN snapshot;
ALTER TABLE runs DROP COLUMN snapshot_seq;
CREATE TABLE snapshots (
  run TEXT PRIMARY KEY,
  seq INTEGER NOT NULL,
  form TEXT NOT NULL,
  body TEXT NOT NULL
) STRICT;
CREATE INDEX runs_ended ON runs (ended) WHERE verdict IS NOT NULL;
CREATE INDEX runs_launch ON runs (launch) WHERE launch IS NOT NULL;
CREATE INDEX intents_of_run ON intents (run);
CREATE INDEX claims_of_run ON claims (run);
"""

MIGRATIONS: Final[Sequence[str]] = (_FIRST, _FOLLOWED, _SNAPSHOTS)
"""What makes version n of version n - 1, from an empty file on. Never edited, only added to."""

VERSION: Final = len(MIGRATIONS)

PATIENCE: Final = 5.0
"""Seconds to wait for another process to let go of the file."""


class JournalError(Exception):
    """The journal cannot be used for what was asked. One sentence, for people."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text: SafeText = safe(text)


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
    try:
        _settle_in(connection, name)
    except sqlite3.Error as error:
        connection.close()
        raise JournalError(sentence(name, error, path)) from error
    except JournalError:
        connection.close()
        raise
    return connection


def name_of(path: Path | None) -> str:
    """How sentences call the journal at `path`."""
    return "the journal in memory" if path is None else f"the journal {path}"


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


def newer(name: str, version: int) -> str:
    """The sentence for a file that a later version of this program wrote."""
    return (
        f"Not opening {name}: a newer syncdeck wrote it (version {version}, this one knows"
        f" {VERSION}). Update syncdeck, or name another file with --journal."
    )


def version_of(connection: sqlite3.Connection) -> int:
    """Return the version of the tables; 0 for an empty file."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _is_ours(connection: sqlite3.Connection) -> bool:
    return bool(connection.execute("PRAGMA application_id").fetchone()[0] == APPLICATION_ID)


def _has_tables(connection: sqlite3.Connection) -> bool:
    return connection.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone() is not None


def sentence(name: str, error: Exception, path: Path | None = None) -> str:
    """Say what is wrong with the journal called `name`, at `path`, and what to do about it."""
    code = getattr(error, "sqlite_errorname", "") or ""
    number = getattr(error, "errno", None)
    if code.startswith("SQLITE_FULL") or number in {errno.ENOSPC, errno.EDQUOT}:
        return f"No space is left for {name}. Free some; nothing is triggered until then."
    read_only = {errno.EACCES, errno.EPERM, errno.EROFS}
    if code.startswith(("SQLITE_READONLY", "SQLITE_PERM")) or number in read_only:
        return f"Cannot write to {name}: it is read-only. Make it writable, or use --journal FILE."
    if code.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
        return (
            f"Cannot read {name}: it is damaged. Move it away to begin a new one, or use"
            " --journal FILE; nothing in it was changed."
        )
    if code.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return _locked(name, None if path is None else holder_of(path))
    if code.startswith("SQLITE_CANTOPEN") or isinstance(error, OSError):
        why = getattr(error, "strerror", None) or error
        return f"Cannot open {name}: {why}. Check the path, or use --journal FILE."
    return f"Cannot use {name}: {error}. Check its disk, or use --journal FILE."


def _locked(name: str, holder: Holder | None) -> str:
    if holder is None:
        return f"Another program keeps {name} locked. End it, or use --journal FILE."
    if holder.stopped:
        return (
            f"Process {holder.pid} was stopped while it wrote and keeps {name} locked. Wake it"
            f" (fg, or kill -CONT {holder.pid}) or end it; nothing is lost."
        )
    return f"Process {holder.pid} keeps {name} locked. End it, or use --journal FILE."
