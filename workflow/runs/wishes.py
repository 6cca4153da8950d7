"""Standing wishes that a job stop: written down, then seen to until it is known what came of them.

A wish belongs to a run and outlives whoever uttered it. It may be uttered while nobody knows yet
which job is the run's: then it stands until that is known, or until the run is over without a job
of its own, for which nothing is sent. One that an earlier process left unsettled is taken up
again. How a cancel is done safely is :mod:`~workflow.runs.cancel`'s business.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Final

from workflow.runs.cancelling import Canceller
from workflow.runs.events import CancelSettled, CancelWished, Event, Origin, RunId, Verdict
from workflow.runs.ledger import Voice
from workflow.runs.relay import is_another
from workflow.runs.run import CancelState, RunState
from workflow.runs.tasks import end

PATIENCE: Final = timedelta(seconds=60)
"""How long a run that is over waits for its wish to be settled: its verdict comes last."""
_UNRESOLVED: Final = (
    "Nothing was cancelled: nobody knows which job is this run's. Pick its job first, then cancel"
    " that one."
)
_NO_JOB: Final = "Nothing was cancelled: the run has no job."
_NOT_OURS: Final = (
    "Nothing was cancelled: job {job} was there already, which was not known when the cancel was"
    " asked for. Cancel the run again if that job is to stop."
)


class Wishes:
    """The wishes of a fleet's runs, one a run at a time."""

    def __init__(self, canceller: Canceller) -> None:
        self._canceller = canceller
        self._pending: dict[RunId, asyncio.Task[CancelSettled]] = {}
        self._over: dict[RunId, asyncio.Future[Verdict]] = {}
        """Of the runs whose wishes wait for a job: done when the run is about to end."""

    async def wish(self, voice: Voice, job_id: int | None, by: str) -> CancelSettled:
        """Wish that a run's job stop; returns when it is known what came of it.

        `job_id` None: it is not known yet which job is the run's. Going away does not take the
        wish back. A run's own cancel of a job does not wait for a wish that waits for its job.
        """
        over = self._over.get(voice.run)
        if job_id is not None and over is not None and not over.done():
            # That one may wait for the run's end, and so for whoever asks here.
            return await self._cancel(voice, job_id, None)
        task = self._pending.get(voice.run) or self._begin(voice, job_id, by)
        return await asyncio.shield(task)

    def take_up(self, voice: Voice, job_id: int | None) -> None:
        """See to a wish that is written down already."""
        self._begin(voice, job_id, None)

    def _begin(
        self, voice: Voice, job_id: int | None, by: str | None
    ) -> asyncio.Task[CancelSettled]:
        # Known before anything is awaited, so that two who wish at once share one cancel.
        task = asyncio.create_task(self._see_to(voice, job_id, by), name=f"cancel {voice.run}")
        self._pending[voice.run] = task
        if job_id is None:
            self._over[voice.run] = asyncio.get_running_loop().create_future()
        return task

    async def settled(self, run: RunId, verdict: Verdict) -> None:
        """Wait until the run, about to end so, has no wish that is being seen to.

        For :data:`PATIENCE` at most.
        """
        if (over := self._over.get(run)) is not None and not over.done():
            over.set_result(verdict)
        task = self._pending.get(run)
        if task is not None and task is not asyncio.current_task():
            await asyncio.wait({task}, timeout=PATIENCE.total_seconds())

    async def drop(self, run: RunId) -> None:
        """Leave a wish to whoever takes the run up again."""
        task = self._pending.pop(run, None)
        self._over.pop(run, None)
        if task is not None:
            await end(task)

    async def _see_to(self, voice: Voice, job_id: int | None, by: str | None) -> CancelSettled:
        """See to a wish; `by` is None for one that is written down already."""
        try:
            before = voice.state.cancel if by is None else None
            if by is not None:
                await voice.tell(CancelWished(job_id, by))
            settled = await self._settle(voice, job_id, before)
            await voice.tell(settled)
            return settled
        finally:
            if self._pending.get(voice.run) is asyncio.current_task():
                del self._pending[voice.run]
                self._over.pop(voice.run, None)

    async def _settle(
        self, voice: Voice, job_id: int | None, before: CancelState | None
    ) -> CancelSettled:
        if job_id is None:
            found = await self._its_job(voice)
            if isinstance(found, CancelSettled):
                return found
            job_id = found
            by = voice.state.cancel.by if voice.state.cancel is not None else "operator"
            await voice.tell(CancelWished(job_id, by))
        return await self._cancel(voice, job_id, before)

    async def _cancel(self, voice: Voice, job_id: int, before: CancelState | None) -> CancelSettled:
        state = voice.state
        # A document may cancel any job, and what matters is that one's connection.
        own = state.origin is not None and state.job_id == job_id
        return await self._canceller.cancel(
            job_id,
            state.connection_id if own else None,
            tell=voice.tell,
            before=before,
            is_another=lambda job: is_another(voice.state, job),
        )

    async def _its_job(self, voice: Voice) -> int | CancelSettled:
        """Wait until it is known which job is the run's, or that it has none to be cancelled."""
        over = self._over[voice.run]

        def heard(event: Event) -> None:
            if event.run == voice.run and not _is_looking(voice.state) and not over.done():
                over.set_result(voice.state.verdict or Verdict.UNRESOLVED)

        unsubscribe = voice.ledger.subscribe(heard)
        try:
            if _is_looking(voice.state):
                await over
        finally:
            unsubscribe()
            self._over.pop(voice.run, None)
        return _found(voice.state, over.result() if over.done() else Verdict.UNRESOLVED)


def _is_looking(state: RunState) -> bool:
    """Whether it may still become known which job is the run's."""
    return state.origin is None and state.verdict is None


def _found(state: RunState, verdict: Verdict) -> int | CancelSettled:
    job = state.job_id
    if state.origin in {Origin.ATTACHED, Origin.JOINED} and job is not None:
        return CancelSettled("not-sent", _NOT_OURS.format(job=job), job)
    if state.origin is not None and job is not None:
        return job
    return nothing_to_cancel(verdict)


def nothing_to_cancel(verdict: Verdict) -> CancelSettled:
    """Say what became of a wish whose run ends so, without a job of its own."""
    return CancelSettled("not-sent", _UNRESOLVED if verdict is Verdict.UNRESOLVED else _NO_JOB)
