"""The journal's writing half: one thread, where works that wait share a commit.

A work is a function of the connection. Each gets a savepoint, so that one that is refused takes
no other with it. When the file itself cannot be written, works that may wait are kept and written
before the next ones; the others are told. What the works do is not known here.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar, cast

from workflow.runs.journal.opening import version_of
from workflow.runs.journal.problems import JournalError, name_of, newer, sentence
from workflow.runs.journal.reader import Reader
from workflow.runs.journal.schema import VERSION
from workflow.text import SafeText, safe

T = TypeVar("T")

STALLED_AFTER: Final = 5.0
"""Seconds without an answer from the disk after which showing goes on without it."""

_log: Final = logging.getLogger(__name__)

MOST_KEPT: Final = 5_000
"""Works kept while nothing can be written; the oldest go first after that."""

Work = Callable[[sqlite3.Connection], object]
Result = object


@dataclass(frozen=True, slots=True)
class _Failure:
    error: Exception


@dataclass(eq=False, slots=True)
class _Item:
    work: Work
    durable: bool
    """On the disk itself, not only with the operating system, before the answer."""
    keep: bool
    """May be written later when it cannot be written now."""
    answer: asyncio.Future[object]

    def tell(self, result: Result) -> None:
        if self.answer.done():  # the asker was cancelled, or was told before
            if isinstance(result, _Failure):
                _log.warning("An entry that had waited was not written: %s", result.error)
            return
        if isinstance(result, _Failure):
            self.answer.set_exception(result.error)
        else:
            self.answer.set_result(result)


class NotYet:
    """The answer of a work that is kept until the file can be written again."""


class Writer:
    """Runs works on one thread, several in one transaction when several wait."""

    def __init__(self, db: sqlite3.Connection, path: Path | None) -> None:
        self._db = db
        self._path = path
        self._name = name_of(path)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="journal")
        self._queue: list[_Item] = []
        self._kept: list[_Item] = []
        self._flushing: asyncio.Task[None] | None = None
        self._full = False
        self.trouble: SafeText | None = None
        """Why the latest commit failed; None when it did not."""

    def submit(self, work: Work, *, durable: bool, keep: bool = False) -> asyncio.Future[object]:
        """Queue a work; the future has its result once it is committed.

        The result is a :class:`NotYet` when the file could not be written and `keep` was given;
        otherwise that is a :class:`JournalError`.
        """
        answer: asyncio.Future[object] = asyncio.get_running_loop().create_future()
        self._queue.append(_Item(work, durable, keep, answer))
        if self._flushing is None or self._flushing.done():
            self._flushing = asyncio.create_task(self._flush(), name="journal")
        return answer

    async def alone(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run something that cannot be inside a transaction, between two commits."""
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, work, self._db)
        except sqlite3.Error as error:
            raise JournalError(sentence(self._name, error, self._path)) from error

    async def close(self) -> None:
        """Write what waits, then close the connection."""
        while self._flushing is not None and not self._flushing.done():
            await self._flushing
        if self._kept:
            await self._flush_once()
        if self._kept:
            _log.warning("Entries never written: %d. %s", len(self._kept), self.trouble)
        await asyncio.get_running_loop().run_in_executor(self._thread, self._db.close)
        self._thread.shutdown(wait=False)

    async def _flush(self) -> None:
        while self._queue:
            await self._flush_once()

    async def _flush_once(self) -> None:
        batch = [*self._kept, *self._queue]
        self._kept, self._queue = [], []
        loop = asyncio.get_running_loop()
        results = await loop.run_in_executor(self._thread, self._commit, batch)
        if isinstance(results, JournalError):
            self.trouble = results.text
            self._kept = [item for item in batch if item.keep][-MOST_KEPT:]
            for item in batch:
                item.tell(NotYet() if item.keep else _Failure(results))
            return
        self.trouble = None
        for item, result in zip(batch, results, strict=True):
            item.tell(result)

    def _commit(self, batch: Sequence[_Item]) -> list[Result] | JournalError:
        """In the thread: all works in one transaction. The error when there was none."""
        db = self._db
        try:
            self._synchronous(full=any(item.durable for item in batch))
            db.execute("BEGIN IMMEDIATE")
            version = version_of(db)
            if version != VERSION:
                raise JournalError(newer(self._name, version))
            results = [self._attempt(item.work) for item in batch]
            db.execute("COMMIT")
        except sqlite3.Error as error:
            self._roll_back()
            return JournalError(sentence(self._name, error, self._path))
        except JournalError as error:
            self._roll_back()
            return error
        return results

    def _attempt(self, work: Work) -> Result:
        db = self._db
        db.execute("SAVEPOINT work")
        try:
            result: Result = work(db)
        except JournalError as error:  # refused: this work's own affair
            result = _refused(db, error)
        except sqlite3.IntegrityError as error:
            why = f"The journal refused an entry it has already: {error}."
            result = _refused(db, JournalError(why))
        except sqlite3.Error:  # the file's affair
            raise
        except Exception as error:  # noqa: BLE001 - a mistake of ours must not take others with it
            _log.exception("an entry cannot be written")
            why = f"The journal cannot hold an entry ({type(error).__name__}); see the log."
            result = _refused(db, JournalError(why))
        db.execute("RELEASE work")
        return result

    def _synchronous(self, *, full: bool) -> None:
        # Not to be changed inside a transaction, and not worth a statement when nothing changes.
        if full != self._full:
            self._db.execute(f"PRAGMA synchronous={'FULL' if full else 'NORMAL'}")
            self._full = full

    def _roll_back(self) -> None:
        if self._db.in_transaction:  # after some errors SQLite has rolled back by itself
            try:
                self._db.execute("ROLLBACK")
            except sqlite3.Error as error:
                self.trouble = JournalError(sentence(self._name, error, self._path)).text


def _refused(db: sqlite3.Connection, error: JournalError) -> Result:
    db.execute("ROLLBACK TO work")
    return _Failure(error)


class Threads:
    """The writer and a reader. In WAL mode they do not wait for each other."""

    def __init__(self, db: sqlite3.Connection, path: Path | None) -> None:
        self._name = name_of(path)
        self._writer = Writer(db, path)
        self._reader = None if path is None else Reader(path)
        self._stalled: SafeText | None = None

    @property
    def trouble(self) -> SafeText | None:
        """Why nothing can be written at the moment; None when it can."""
        return self._writer.trouble or self._stalled

    async def now(self, work: Callable[[sqlite3.Connection], T], *, durable: bool = True) -> T:
        """Write, or raise; `durable`: on the disk itself before this returns."""
        return cast("T", await self._writer.submit(work, durable=durable))

    async def later(
        self, work: Callable[[sqlite3.Connection], T], *, durable: bool = False
    ) -> T | NotYet:
        """Write; when that cannot be done now, write it before anything else that is written.

        Raises:
            JournalError: the entry itself is refused, now and for ever.
        """
        answer = self._writer.submit(work, durable=durable, keep=True)
        done, _ = await asyncio.wait({answer}, timeout=STALLED_AFTER)
        if not done:
            self._stalled = safe(
                f"The disk of {self._name} has not answered for {STALLED_AFTER:.0f} s."
                " Nothing is triggered until it does."
            )
            answer.add_done_callback(self._moves_again)
            return NotYet()
        return cast("T | NotYet", await answer)

    def _moves_again(self, answer: asyncio.Future[object]) -> None:
        self._stalled = None
        if not answer.cancelled():
            answer.exception()  # seen: whoever asked has gone on without it

    async def read(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Read what is committed."""
        if self._reader is None:  # memory has one connection
            return await self.now(work, durable=False)
        return await self._reader.read(work)

    async def alone(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run something that cannot be inside a transaction."""
        return await self._writer.alone(work)

    async def close(self) -> None:
        """Write what waits, then close both connections."""
        await self._writer.close()
        if self._reader is not None:
            await self._reader.close()
