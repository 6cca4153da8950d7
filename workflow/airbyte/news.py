"""Who is told what the feed finds out: listeners, and who waits for one job's next reading."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from typing import Final

from workflow.airbyte.book import Book
from workflow.airbyte.models import JobId
from workflow.airbyte.readings import FeedFact, Listener, Reading, ReadingTaken

_log: Final = logging.getLogger(__name__)


class News:
    """Hands on facts about what is in the book."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._listeners: list[Listener] = []
        self._awaited: dict[JobId, asyncio.Event] = {}

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` with every fact; returns what ends it."""
        self._listeners.append(listener)

        def unsubscribe() -> None:
            with contextlib.suppress(ValueError):
                self._listeners.remove(listener)

        return unsubscribe

    def tell(self, fact: FeedFact) -> None:
        """Hand a fact on."""
        if isinstance(fact, ReadingTaken) and fact.changed:
            awaited = self._awaited.pop(fact.reading.job_id, None)
            if awaited is not None:
                awaited.set()
        for listener in tuple(self._listeners):
            try:
                listener(fact)
            except Exception:  # noqa: BLE001 - one broken listener must not end everybody's readings
                _log.exception("a listener of the feed failed")

    async def next_reading(self, job_id: JobId, after: int | None, heartbeat: float) -> Reading:
        """Return the next reading that differs from the one with serial `after`.

        None for `after`: the last one there is, or else the first that comes. After `heartbeat`
        seconds without a difference the last reading is returned, which may be the same again;
        while there is none at all, the wait goes on.
        """
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(heartbeat):
                return await self._difference(job_id, after)
        latest = self._book.readings.get(job_id)
        return latest if latest is not None else await self._difference(job_id, None)

    async def _difference(self, job_id: JobId, after: int | None) -> Reading:
        while True:
            latest = self._book.readings.get(job_id)
            serial = self._book.changed_serial(job_id)
            if latest is not None and (after is None or serial > after):
                return latest
            await self._awaited.setdefault(job_id, asyncio.Event()).wait()
