"""The jobs that are to be asked for by id, each at its time, and those that may be gone."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Final

from workflow.airbyte.models import JobId

RECHECK: Final = 10.0
"""Seconds until a job that was answered as unknown is asked for again."""


class Singles:
    """A queue by due time, in seconds of the monotonic clock; first come, first served."""

    def __init__(self) -> None:
        self._due: dict[JobId, float] = {}
        self._suspected: dict[JobId, float] = {}

    @property
    def earliest(self) -> float:
        """When the first of them is due; infinite for none."""
        return min(self._due.values(), default=math.inf)

    @property
    def any_suspected(self) -> bool:
        """Whether some job is believed to be gone, without being sure yet."""
        return bool(self._suspected)

    def next(self, now: float) -> JobId | None:
        """Return a job that is due."""
        return next((job_id for job_id, due in self._due.items() if due <= now), None)

    def want(self, job_ids: Iterable[JobId], now: float) -> None:
        """Ask for these now, but for those that have a time of their own."""
        for job_id in job_ids:
            self._due.setdefault(job_id, now)

    def postpone(self, job_id: JobId, until: float) -> None:
        """Ask for a job then, after those that were in the queue before."""
        self._due.pop(job_id, None)
        self._due[job_id] = until

    def hurry(self) -> None:
        """Make all of them due."""
        self._due = dict.fromkeys(self._due, -math.inf)

    def drop(self, job_id: JobId) -> None:
        """Do not ask for it."""
        self._due.pop(job_id, None)
        self._suspected.pop(job_id, None)

    def missing(self, job_id: JobId, now: float, listed_at: float) -> bool:
        """Note that the server does not know the job; say whether it is surely gone.

        It is when it is missing a second time and a list could be read since the first: else it
        may be the credentials or the server that is at fault.
        """
        since = self._suspected.setdefault(job_id, now)
        if listed_at > since:
            self.drop(job_id)
            return True
        self.postpone(job_id, now + RECHECK)
        return False
