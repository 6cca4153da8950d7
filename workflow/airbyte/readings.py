"""What the feed gives: readings of jobs, and facts about its own state.

Plain frozen words; how they come about is in :mod:`~workflow.airbyte.planner` and
:mod:`~workflow.airbyte.feed`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

from workflow.airbyte.models import Job, JobId, Status
from workflow.text import SafeText

Origin = Literal["delta", "sweep", "progress", "get_job", "post", "delete", "cold_start"]
"""Which request showed the job. ``post`` and ``delete`` answers carry no rows and bytes."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One accepted observation of a job."""

    job: Job
    left: datetime
    """When its request left, by our clock: the job was like this then or later."""
    arrived: datetime
    serial: int
    """Counts the feed's accepted readings up from 1."""
    origin: Origin

    @property
    def job_id(self) -> JobId:
        """The job's id."""
        return self.job.job_id

    @property
    def status(self) -> Status:
        """The job's status."""
        return self.job.status


@dataclass(frozen=True, slots=True)
class ReadingTaken:
    """A reading was accepted. Older or out-of-order answers never become one."""

    reading: Reading
    changed: bool
    """Something an operator can see differs from the reading before: status, rows or bytes."""
    previous: Reading | None = None
    touched: bool = False
    """The row's stamp moved and its status did not: at least one short status was missed."""


@dataclass(frozen=True, slots=True)
class PollFailed:
    """A request of the feed failed. No run fails by it; readings grow old."""

    reason: SafeText
    retry_in: float
    """Seconds until the feed asks again."""
    count: int
    """Failures in a row, from 1."""
    job_id: JobId | None = None
    """The one job that could not be read while others can be; None where it is the server."""


@dataclass(frozen=True, slots=True)
class PollRecovered:
    """The first good answer after failures."""

    after: int
    """How many failures there were."""


@dataclass(frozen=True, slots=True)
class RateChanged:
    """The number of requests in the last minute, of everything that goes to this server."""

    per_minute: int


@dataclass(frozen=True, slots=True)
class JobGone:
    """A tracked job was answered with 403 or 404, twice, some seconds apart."""

    job_id: JobId
    reason: SafeText


@dataclass(frozen=True, slots=True)
class ColdStartDone:
    """The first status lists are in: what is red and what runs is known."""

    jobs: int


FeedFact: TypeAlias = (
    ReadingTaken | PollFailed | PollRecovered | RateChanged | JobGone | ColdStartDone
)

Listener: TypeAlias = Callable[[FeedFact], None]
"""Called on the event loop; must be quick and must not raise."""


@dataclass(frozen=True, slots=True)
class FeedStatus:
    """How fresh everything is that the feed shows."""

    read_at: datetime | None
    """When the last good answer arrived, by our clock; None before the first."""
    requests_per_minute: int
    failing: SafeText | None
    """What the last failure was, while it lasts."""
    failures: int
    """Failures in a row."""
    next_at: datetime | None
    """When the feed asks next."""
    brief: SafeText | None = None
    """The last failure in a word or three, for example ``HTTP 503``."""
    took: float | None = None
    """Seconds from the last good request to its answer."""
