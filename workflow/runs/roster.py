"""The tasks of the runs that are looked after: one a run, none forgotten."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from workflow.runs.events import RunId

_log = logging.getLogger(__name__)

Mistake = Callable[[RunId, Exception], Awaitable[None]]


class Roster:
    """Runs a task for each run. A run whose task breaks is handed to `mistake`, never dropped."""

    def __init__(self, mistake: Mistake) -> None:
        self._mistake = mistake
        self._tasks: dict[RunId, asyncio.Task[None]] = {}
        self._empty = asyncio.Event()
        self._empty.set()

    def __contains__(self, run: RunId) -> bool:
        return run in self._tasks

    def __len__(self) -> int:
        return len(self._tasks)

    @property
    def runs(self) -> tuple[RunId, ...]:
        """The runs that are looked after now."""
        return tuple(self._tasks)

    def add(self, run: RunId, work: Callable[[], Awaitable[object]]) -> None:
        """Look after a run from now on."""
        self._empty.clear()
        task = self._tasks[run] = asyncio.create_task(self._guard(run, work), name=f"run {run}")
        # Not a `finally` in the task: one that is cancelled before its first turn has none.
        task.add_done_callback(lambda ended: self._forget(run, ended))

    async def stop(self, *runs: RunId) -> None:
        """Let runs go: cancel their tasks and wait until they have ended."""
        tasks = [self._tasks[run] for run in runs if run in self._tasks]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
            await asyncio.sleep(0)  # for the callbacks of the last one

    async def ended(self) -> None:
        """Wait until no run is looked after."""
        await self._empty.wait()

    def _forget(self, run: RunId, ended: asyncio.Task[None]) -> None:
        if self._tasks.get(run) is ended:
            del self._tasks[run]
        if not self._tasks:
            self._empty.set()

    async def _guard(self, run: RunId, work: Callable[[], Awaitable[object]]) -> None:
        try:
            await work()
        except Exception as error:  # noqa: BLE001 - a mistake of ours must not lose the run
            _log.exception("run %s broke", run)
            await self._mistake(run, error)
