"""What the feed can ask the server, and what may come back: the words of its planner."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

from workflow.airbyte.models import Job, JobId, JobType, Page, Status
from workflow.text import SafeText

ListOrigin = Literal["delta", "sweep", "progress", "cold_start"]


@dataclass(frozen=True, slots=True)
class ListJobs:
    """One page of jobs, 100 rows, newest first by the one or the other date."""

    origin: ListOrigin
    order_by: Literal["createdAt|DESC", "updatedAt|DESC"] = "createdAt|DESC"
    status: Status | None = None
    created_at_start: datetime | None = None
    updated_at_start: datetime | None = None
    job_type: JobType | None = None
    offset: int = 0

    @property
    def is_narrowed(self) -> bool:
        """Whether it names a word that an older server may not know."""
        return self.status is not None or self.job_type is not None


@dataclass(frozen=True, slots=True)
class GetJob:
    """One job by its id."""

    job_id: JobId


Ask: TypeAlias = ListJobs | GetJob


@dataclass(frozen=True, slots=True)
class Idle:
    """Nothing to ask before `until`, in seconds of the monotonic clock."""

    until: float


@dataclass(frozen=True, slots=True)
class Times:
    """When an answer's request left, when it arrived (our clock), and the server's ``Date``."""

    left: datetime
    arrived: datetime
    date: datetime | None


@dataclass(frozen=True, slots=True)
class Listed:
    """A page came."""

    page: Page[Job]
    times: Times


@dataclass(frozen=True, slots=True)
class Got:
    """A job came."""

    job: Job
    times: Times


@dataclass(frozen=True, slots=True)
class Refused:
    """No page and no job came."""

    reason: SafeText
    status: int | None = None
    """None when there was no answer at all."""
    retry_after: float | None = None
