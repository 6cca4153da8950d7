"""Which process keeps others from writing a journal, as far as the system tells.

SQLite's lock is one byte of the file beside the journal, and Linux lists who holds which. A process
that was stopped in the middle of a write (Ctrl-Z, a debugger) holds it until it is woken or ended,
and whoever waits should be told which one it is.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_LOCKS: Final = Path("/proc/locks")
_WRITER: Final = 120
"""The byte of the ``-shm`` file that the one writer of a write-ahead log locks (wal.c)."""


@dataclass(frozen=True, slots=True)
class Holder:
    """A process that is writing, or stopped while it was."""

    pid: int
    stopped: bool


def holder_of(path: Path, locks: Path = _LOCKS) -> Holder | None:
    """Return who is writing the journal at `path`; None when nobody is, or the system is silent."""
    try:
        inode = path.with_name(path.name + "-shm").stat().st_ino
        listed = locks.read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return None
    for line in listed:
        pid = _writer(line, inode)
        if pid is not None and pid != os.getpid():
            return Holder(pid, _is_stopped(pid))
    return None


def _writer(line: str, inode: int) -> int | None:
    """Return whose lock a line tells of, if it is the one for writing in that file.

    ``1: POSIX  ADVISORY  WRITE 4711 08:01:131 120 120``; who waits for a lock has ``->`` in front.
    """
    fields = line.split()
    if len(fields) != 8 or fields[1] != "POSIX" or fields[3] != "WRITE":
        return None
    try:
        pid, where, first, last = int(fields[4]), fields[5], int(fields[6]), fields[7]
        covers = first <= _WRITER and (last == "EOF" or int(last) >= _WRITER)
        return pid if covers and int(where.rpartition(":")[2]) == inode and pid > 0 else None
    except ValueError:
        return None


def _is_stopped(pid: int) -> bool:
    try:
        told = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return told.rpartition(")")[2].split()[:1] in (["T"], ["t"])
