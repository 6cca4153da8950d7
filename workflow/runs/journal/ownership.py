"""Which process looks after a run: a file lock that dies with the process, never a lease.

A lease with a time can expire while its holder is paused; the holder wakes up and acts. An
``flock`` is given back by the operating system when the process is gone and not a moment before.
Each process holds one lock file of its own beside the journal; a run names its owner by it.

Also here: finding out that a folder is on a network file system, where such locks and SQLite's
write-ahead log cannot be trusted.
"""

from __future__ import annotations

import random
import sys
from contextlib import suppress
from pathlib import Path
from typing import Final, NewType

from filelock import FileLock, SoftFileLock, Timeout

OwnerId = NewType("OwnerId", str)
"""Names a process (more exactly: one opened journal) for as long as its file is there."""

NETWORK_FILE_SYSTEMS: Final = frozenset(
    {"9p", "afpfs", "afs", "ceph", "cifs", "davfs", "gfs", "gfs2", "glusterfs", "lustre", "ncpfs"}
    | {"nfs", "nfs4", "ocfs2", "smb2", "smb3", "smbfs", "webdav"}
    | {"fuse.davfs2", "fuse.gcsfuse", "fuse.glusterfs", "fuse.rclone", "fuse.s3fs", "fuse.sshfs"}
)
_MOUNTS: Final = Path("/proc/self/mounts")
_LONGEST_NAME: Final = 64
_SWEPT_IN: Final = 5.0
"""Seconds in which somebody else's look at a lock file is over."""


class NoLocksError(OSError):
    """The file system cannot lock files in a way that ends with the process."""


class Owner:
    """This process's lock. Held from :meth:`hold` until :meth:`give_up` or the process's end."""

    def __init__(self, folder: Path, rng: random.Random) -> None:
        self._folder = folder
        self.id = OwnerId(f"{rng.getrandbits(80):020x}")
        # Taken in the journal's thread, given up in whichever closes it.
        self._lock = FileLock(_lock_file(folder, self.id), thread_local=False)

    def hold(self) -> None:
        """Take the lock. Until then nobody else has heard of its name.

        Raises:
            NoLocksError: this file system has no such locks.
            OSError: the folder cannot be written to.
        """
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._lock.acquire(timeout=_SWEPT_IN)  # another's sweep may have it for a moment
        if isinstance(self._lock, SoftFileLock):
            self._lock.release()
            raise NoLocksError(f"{self._folder} is on a file system without file locks")

    def give_up(self) -> None:
        """Let go; every run that names this owner is free from now on."""
        self._lock.release()
        with suppress(OSError):  # a file that stays is only litter: the next start sweeps it
            _lock_file(self._folder, self.id).unlink()

    def alive(self, other: OwnerId) -> bool:
        """Whether the process that is called `other` still holds its lock.

        What can be no process's name, as in a damaged entry, is nobody's.
        """
        if not (other.isalnum() and other.isascii() and len(other) <= _LONGEST_NAME):
            return False
        return other == self.id or _is_held(_lock_file(self._folder, other))

    def sweep(self) -> None:
        """Remove the lock files of processes that are gone. Names are never used again."""
        for file in self._folder.glob("*.lock"):
            if file.stem != self.id:
                _sweep(file)


class SoleOwner:
    """The owner of a journal that no other process can see."""

    id: Final = OwnerId("memory")

    def hold(self) -> None:
        """Nothing to take."""

    def give_up(self) -> None:
        """Nothing to let go."""

    def alive(self, other: OwnerId) -> bool:
        """Only this process is there."""
        return other == self.id

    def sweep(self) -> None:
        """Nothing lies about."""


def network_file_system(folder: Path, mounts: Path = _MOUNTS) -> str | None:
    """Return the type of the network file system `folder` is on; None when it is a local one.

    Where the system keeps no list of mounts to read (macOS), it is taken for local.
    """
    try:
        lines = mounts.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return None
    where = folder.resolve()
    best, kind = -1, ""
    for line in lines:
        fields = line.split(" ")
        if len(fields) < 3:
            continue
        point = Path(fields[1].replace("\\040", " "))
        # The deepest mount wins, and of those on one point the latest.
        if len(point.parts) >= best and (where == point or point in where.parents):
            best, kind = len(point.parts), fields[2]
    return kind if kind in NETWORK_FILE_SYSTEMS else None


def _lock_file(folder: Path, owner: OwnerId) -> Path:
    return folder / f"{owner}.lock"


def _sweep(file: Path) -> None:
    lock = FileLock(file, thread_local=False)
    # Unlinked while held: a process that is just about to take this very file notices, and makes
    # it anew. Released before, it would hold a lock that nobody can find.
    with suppress(OSError):
        lock.acquire(blocking=False)
        with suppress(OSError):
            file.unlink()
        lock.release()


def _is_held(file: Path) -> bool:
    if not file.exists():
        return False
    probe = FileLock(file, thread_local=False)
    try:
        probe.acquire(blocking=False)
    except Timeout:
        return True
    except PermissionError:  # somebody else's process: better too careful than two owners
        return sys.platform != "win32"
    probe.release()
    return False
