"""What goes on beside the runs of a fleet: tasks of its own, none forgotten, none silent."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine

_log = logging.getLogger(__name__)


class Background:
    """Tasks that go on until they are stopped. One that breaks is told in the log."""

    def __init__(self) -> None:
        self._tasks: list[asyncio.Task[None]] = []

    def add(self, work: Coroutine[None, None, None], name: str) -> asyncio.Task[None]:
        """Begin to do something beside everything else."""
        task = asyncio.create_task(work, name=name)
        task.add_done_callback(_log_mistake)
        self._tasks.append(task)
        return task

    async def stop(self) -> None:
        """End all of it."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()


def _log_mistake(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        _log.error("%s ended by a mistake of ours", task.get_name(), exc_info=error)
