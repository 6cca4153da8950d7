"""Which of the server's jobs are those of runs here, so that nobody shows them as strangers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from workflow.airbyte.models import Job, JobId
from workflow.clock import Clock
from workflow.runs.events import Event
from workflow.runs.ledger import Ledger
from workflow.runs.run import Phase

_SETTLES: Final = timedelta(seconds=5)
"""So soon after a trigger was sent, a job of its connection is taken to be the trigger's own."""


class OwnJobs:
    """Every job that a run here has or had. Hears the ledger; `watched` asks the relay."""

    def __init__(self, ledger: Ledger, watched: Callable[[JobId], bool], clock: Clock) -> None:
        self._ledger = ledger
        self._watched = watched
        self._clock = clock
        self._jobs: set[int] = set()
        self._triggering: dict[str, datetime] = {}
        """Since when a trigger of ours is on its way to a connection."""

    def __contains__(self, job: Job) -> bool:
        if job.job_id in self._jobs or self._watched(job.job_id):
            return True
        sent = self._triggering.get(job.connection_id)
        return sent is not None and self._clock.now() - sent < _SETTLES

    def take_over(self) -> None:
        """Take in the jobs of runs that were folded without anybody being told."""
        runs = self._ledger.runs.values()
        self._jobs |= {run.job_id for run in runs if run.job_id is not None}

    def hear(self, event: Event) -> None:
        """Take in what an event says of its run's job."""
        state = None if event.run is None else self._ledger.runs.get(event.run)
        if state is None:
            return
        if state.job_id is not None:
            self._jobs.add(state.job_id)
        if state.connection_id is not None:
            if state.phase is Phase.TRIGGERING:
                self._triggering.setdefault(state.connection_id, event.time)
            else:
                self._triggering.pop(state.connection_id, None)
