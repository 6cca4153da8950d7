"""How long a connection's jobs usually take, by those that went well."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Final

from workflow.airbyte.models import CLEAR, RESET, SUCCEEDED, Job

_ENOUGH: Final = 3
"""Successes that make a usual duration."""
_WIPING: Final = frozenset({RESET, CLEAR})


def good_jobs(jobs: Iterable[Job]) -> list[Job]:
    """Return the jobs that moved data and succeeded; what wipes says nothing of how syncs go."""
    return [job for job in jobs if job.status == SUCCEEDED and job.job_type not in _WIPING]


def usual_duration(jobs: Sequence[Job]) -> tuple[timedelta | None, int]:
    """Return the median duration of a connection's good jobs, and of how many; None for too few."""
    lasted = [job.duration.total_seconds() for job in good_jobs(jobs) if job.duration is not None]
    if len(lasted) < _ENOUGH:
        return None, 0
    return timedelta(seconds=statistics.median(lasted)), len(lasted)
