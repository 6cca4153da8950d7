"""Which of the server's jobs are those of runs here, so that nobody shows them as strangers."""

from __future__ import annotations

from collections.abc import Callable, Container
from datetime import datetime, timedelta
from typing import Final

from workflow.airbyte.models import Job, JobId
from workflow.clock import Clock
from workflow.runs.events import Event
from workflow.runs.ledger import Ledger
from workflow.runs.run import Phase

_SETTLES: Final = timedelta(seconds=5)
"""So soon after a trigger was sent, a job of its connection is taken to be the trigger's own."""
_SPARE: Final = 64
"""So many jobs that nobody asks about any more are no reason to look for them."""


class OwnJobs:
    """Every job that a run here has or had, until both the run and the job are forgotten.

    Hears the ledger; `watched` asks the relay, and `read` are the jobs that the feed still knows.
    """

    def __init__(
        self,
        ledger: Ledger,
        watched: Callable[[JobId], bool],
        read: Container[JobId],
        clock: Clock,
    ) -> None:
        self._ledger = ledger
        self._watched = watched
        self._read = read
        self._clock = clock
        self._jobs: set[int] = set()
        self._many = _SPARE
        """With so many it is worth a look which of them are forgotten."""
        self._triggering: dict[str, datetime] = {}
        """Since when a trigger of ours is on its way to a connection."""

    def __contains__(self, job: Job) -> bool:
        if job.job_id in self._jobs or self._watched(job.job_id):
            return True
        sent = self._triggering.get(job.connection_id)
        return sent is not None and self._clock.now() - sent < _SETTLES

    def take_over(self) -> None:
        """Take in the jobs of runs that were folded without anybody being told."""
        self._jobs |= self._of_runs()

    def _of_runs(self) -> set[int]:
        return {run.job_id for run in self._ledger.runs.values() if run.job_id is not None}

    def hear(self, event: Event) -> None:
        """Take in what an event says of its run's job."""
        state = None if event.run is None else self._ledger.runs.get(event.run)
        if state is None:
            return
        if state.job_id is not None:
            self._jobs.add(state.job_id)
            if len(self._jobs) > self._many:
                self._let_go()
        if state.connection_id is not None:
            if state.phase is Phase.TRIGGERING:
                self._triggering.setdefault(state.connection_id, event.time)
            else:
                self._triggering.pop(state.connection_id, None)

    def _let_go(self) -> None:
        """Forget the jobs that nobody can ask about: the feed has them no more, nor has a run."""
        self._jobs = {job for job in self._jobs if JobId(job) in self._read} | self._of_runs()
        self._many = 2 * len(self._jobs) + _SPARE
