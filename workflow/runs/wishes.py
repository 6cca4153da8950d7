"""Standing wishes that a job stop: written down, then seen to until it is known what came of them.

A wish belongs to a run and outlives whoever uttered it; one that an earlier process left unsettled
is taken up again, which begins with a look. How a cancel is done safely is
:mod:`~workflow.runs.cancel`'s business.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Final

from workflow.runs.cancelling import Canceller
from workflow.runs.events import CancelSettled, CancelWished, RunId
from workflow.runs.ledger import Voice
from workflow.runs.tasks import end

PATIENCE: Final = timedelta(seconds=60)
"""How long a run that is over waits for its wish to be settled: its verdict comes last."""


class Wishes:
    """The wishes of a fleet's runs, one a run at a time."""

    def __init__(self, canceller: Canceller) -> None:
        self._canceller = canceller
        self._pending: dict[RunId, asyncio.Task[CancelSettled]] = {}

    async def wish(self, voice: Voice, job_id: int, by: str) -> CancelSettled:
        """Wish that a run's job stop; returns when it is known what came of it.

        Going away does not take the wish back.
        """
        task = self._pending.get(voice.run) or self._begin(voice, job_id, by)
        return await asyncio.shield(task)

    def take_up(self, voice: Voice, job_id: int) -> None:
        """See to a wish that is written down already."""
        self._begin(voice, job_id, None)

    def _begin(self, voice: Voice, job_id: int, by: str | None) -> asyncio.Task[CancelSettled]:
        # Known before anything is awaited, so that two who wish at once share one cancel.
        task = asyncio.create_task(self._see_to(voice, job_id, by), name=f"cancel {voice.run}")
        self._pending[voice.run] = task
        return task

    async def settled(self, run: RunId) -> None:
        """Wait until the run has no wish that is being seen to, or for :data:`PATIENCE`."""
        task = self._pending.get(run)
        if task is not None and task is not asyncio.current_task():
            await asyncio.wait({task}, timeout=PATIENCE.total_seconds())

    async def drop(self, run: RunId) -> None:
        """Leave a wish to whoever takes the run up again."""
        task = self._pending.pop(run, None)
        if task is not None:
            await end(task)

    async def _see_to(self, voice: Voice, job_id: int, by: str | None) -> CancelSettled:
        """See to a wish; `by` is None for one that is written down already."""
        try:
            if by is not None:
                await voice.tell(CancelWished(job_id, by))
            settled = await self._canceller.cancel(
                job_id,
                voice.state.connection_id,
                sent=voice.tell,
                before=voice.state.cancel if by is None else None,
            )
            await voice.tell(settled)
            return settled
        finally:
            if self._pending.get(voice.run) is asyncio.current_task():
                del self._pending[voice.run]
