"""A file layer over the very SQLite that the product uses, which tells what is really synced.

:func:`recorded` puts a VFS of ours over the real one: every write, truncation, sync, creation and
deletion below a folder is written down in order and passed on. What a power loss would leave of it
is :mod:`tests.support.power_disk`'s to say.

The layer is the real VFS's own structures with four functions replaced, so nothing of SQLite's
locking or shared memory is played. A SQLite whose functions are not to be found (hidden in a
static build) gives :class:`NoSuchLayerError`, and its tests are skipped.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, Final, TypeAlias

from tests.support.power_disk import Delete, Op, Opened, Record, Sync, Truncate, Write


class NoSuchLayerError(Exception):
    """This Python's SQLite does not let itself be layered; says why."""


class _Methods(ctypes.Structure):
    """``sqlite3_io_methods``; only what is replaced has a type of its own."""

    _fields_ = (
        ("iVersion", ctypes.c_int),
        ("xClose", ctypes.c_void_p),
        ("xRead", ctypes.c_void_p),
        ("xWrite", ctypes.c_void_p),
        ("xTruncate", ctypes.c_void_p),
        ("xSync", ctypes.c_void_p),
        ("others", ctypes.c_void_p * 13),
    )


class _File(ctypes.Structure):
    """``sqlite3_file``: the real one's own fields follow."""

    _fields_ = (("methods", ctypes.POINTER(_Methods)),)


class _Vfs(ctypes.Structure):
    """``sqlite3_vfs``."""

    _fields_ = (
        ("iVersion", ctypes.c_int),
        ("szOsFile", ctypes.c_int),
        ("mxPathname", ctypes.c_int),
        ("pNext", ctypes.c_void_p),
        ("zName", ctypes.c_char_p),
        ("pAppData", ctypes.c_void_p),
        ("xOpen", ctypes.c_void_p),
        ("xDelete", ctypes.c_void_p),
        ("others", ctypes.c_void_p * 14),
    )


_Pointer: TypeAlias = Any  # what ctypes gives for an address
_OPEN = ctypes.CFUNCTYPE(
    ctypes.c_int,
    ctypes.c_void_p,
    ctypes.c_void_p,
    ctypes.c_void_p,
    ctypes.c_int,
    ctypes.c_void_p,
)
_DELETE = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int)
_WRITE = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int, ctypes.c_int64
)
_TRUNCATE = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int64)
_SYNC = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int)
_CREATED_JOURNAL: Final = 0x00000800 | 0x00004000 | 0x00080000
"""Main journal, super-journal, WAL: the first sync of a new one syncs its folder (os_unix.c)."""
_CREATE: Final = 0x00000004


class _Layer:
    """The VFS. One for the process, since connections keep pointing at it."""

    def __init__(self) -> None:
        self._sqlite = _library()
        self._real: _Pointer = self._sqlite.sqlite3_vfs_find(None)
        if not self._real or self._real.contents.zName != b"unix":
            raise NoSuchLayerError("the default file layer of SQLite is not the one of Unix")
        self.record: Record | None = None
        self._files: dict[int, str] = {}
        self._new: set[int] = set()
        """Files whose first sync will sync their folder."""
        self._methods: dict[int, _Methods] = {}
        real = self._real.contents
        self._real_open = _OPEN(real.xOpen)
        self._real_delete = _DELETE(real.xDelete)
        self._ours = _Vfs.from_buffer_copy(real)
        self._ours.zName = b"powerloss"
        self._kept: list[Any] = [_OPEN(self._open), _DELETE(self._delete)]
        self._ours.xOpen = ctypes.cast(self._kept[0], ctypes.c_void_p)
        self._ours.xDelete = ctypes.cast(self._kept[1], ctypes.c_void_p)

    def begin(self, record: Record) -> None:
        self.record = record
        self._sqlite.sqlite3_vfs_register(ctypes.byref(self._ours), 1)

    def end(self) -> None:
        self._sqlite.sqlite3_vfs_register(self._real, 1)
        self._sqlite.sqlite3_vfs_unregister(ctypes.byref(self._ours))
        self.record = None

    def _note(self, op: Op) -> None:
        if self.record is not None:
            self.record.add(op)

    def _open(self, vfs: int, name: int | None, file: int, flags: int, out: int | None) -> int:
        result: int = self._real_open(vfs, name, file, flags, out)
        path = ctypes.string_at(name).decode() if name is not None else ""
        short = self.record.short(path) if self.record is not None else None
        self._files.pop(file, None)
        self._new.discard(file)
        if result == 0 and short is not None:
            self._files[file] = short
            if flags & _CREATE and flags & _CREATED_JOURNAL:
                self._new.add(file)
            opened = _File.from_address(file)
            opened.methods = ctypes.pointer(self._over(opened.methods))
            self._note(Opened(short))
        return result

    def _delete(self, vfs: int, name: int, sync_folder: int) -> int:
        result: int = self._real_delete(vfs, name, sync_folder)
        path = ctypes.string_at(name).decode()
        short = self.record.short(path) if self.record is not None else None
        if result == 0 and short is not None:
            self._note(Delete(short, bool(sync_folder)))
        return result

    def _over(self, real: _Pointer) -> _Methods:
        """Return a file's methods with ours in front; the real VFS has several sets of them."""
        where = ctypes.addressof(real.contents)
        if where in self._methods:
            return self._methods[where]
        write = _WRITE(real.contents.xWrite)
        truncate, sync = _TRUNCATE(real.contents.xTruncate), _SYNC(real.contents.xSync)

        def on_write(file: int, data: int, amount: int, offset: int) -> int:
            self._note(Write(self._files[file], offset, ctypes.string_at(data, amount)))
            result: int = write(file, data, amount, offset)
            return result

        def on_truncate(file: int, size: int) -> int:
            self._note(Truncate(self._files[file], size))
            result: int = truncate(file, size)
            return result

        def on_sync(file: int, flags: int) -> int:
            result: int = sync(file, flags)
            self._note(Sync(self._files[file], file in self._new))
            self._new.discard(file)
            return result

        ours = _Methods.from_buffer_copy(real.contents)
        kept = (_WRITE(on_write), _TRUNCATE(on_truncate), _SYNC(on_sync))
        ours.xWrite, ours.xTruncate, ours.xSync = (ctypes.cast(k, ctypes.c_void_p) for k in kept)
        self._kept.extend(kept)
        self._methods[where] = ours
        return ours


def _library() -> ctypes.CDLL:
    """Return the SQLite that this Python's own module uses."""
    if sys.platform == "win32":
        raise NoSuchLayerError("the layer is one for Unix")
    import _sqlite3  # noqa: PLC0415 - not there in every Python

    # The module's file leads to the library it was linked with, be it another file or inside.
    library = ctypes.CDLL(getattr(_sqlite3, "__file__", None))
    try:
        library.sqlite3_vfs_find.restype = ctypes.POINTER(_Vfs)
        library.sqlite3_vfs_find.argtypes = (ctypes.c_char_p,)
    except AttributeError:
        raise NoSuchLayerError("this Python hides its SQLite's functions") from None
    return library


@cache
def _layer() -> _Layer:
    return _Layer()


@contextmanager
def recorded(folder: Path) -> Iterator[Record]:
    """Record what SQLite does to files in `folder`, from connections opened in the block.

    Raises:
        NoSuchLayerError: not with this Python's SQLite.
    """
    layer = _layer()
    record = Record(folder.resolve())
    layer.begin(record)
    try:
        yield record
    finally:
        layer.end()
