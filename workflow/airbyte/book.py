"""The last accepted reading of each job, and the rule by which readings are accepted.

Answers arrive in another order than they were asked for, and a list page may be older than the
answer to a DELETE. A reading that is not terminal is taken only if its request left after the last
accepted answer for that job had arrived; nothing follows a terminal one. So each job's readings
are a subsequence of what the server's row went through.

A server that has lost its database begins its numbers anew. A job of another connection, or one
that was created at another time, is another job under an old number: what was known does not count.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from datetime import datetime, timedelta
from operator import attrgetter
from types import MappingProxyType
from typing import Final

from workflow.airbyte.models import Job, JobId
from workflow.airbyte.readings import Origin, Reading, ReadingTaken

MOST_ENDED: Final = 5_000
"""Ended jobs that are remembered; more than an hour's worth on a busy server."""
_ROUNDING: Final = timedelta(seconds=1)
_seen_of: Final = attrgetter("connection_id", "status", "job_type", "rows_synced", "bytes_synced")
"""What an operator can see of a job."""


class Book:
    """Readings by job. Not shared between threads."""

    def __init__(self, most_ended: int = MOST_ENDED) -> None:
        self._most_ended = most_ended
        self._readings: dict[JobId, Reading] = {}
        self._changed: dict[JobId, int] = {}
        self._live: dict[JobId, None] = {}
        self._ended: dict[JobId, None] = {}
        self._serial = 0
        self._newest: datetime | None = None

    @property
    def readings(self) -> Mapping[JobId, Reading]:
        """All of them, a live view."""
        return MappingProxyType(self._readings)

    @property
    def newest(self) -> datetime | None:
        """The newest stamp of any row ever seen, by the server's clocks."""
        return self._newest

    @property
    def live(self) -> Iterator[JobId]:
        """Jobs whose last reading is not terminal."""
        return iter(self._live)

    @property
    def any_live(self) -> bool:
        """Whether any job is live."""
        return bool(self._live)

    def has_ended(self, job_id: JobId) -> bool:
        """Say whether a terminal reading was taken."""
        return job_id in self._ended

    def changed_serial(self, job_id: JobId) -> int:
        """Return the serial of the last reading that differed from the one before; 0 for none."""
        return self._changed.get(job_id, 0)

    def take(
        self, job: Job, left: datetime, arrived: datetime, origin: Origin
    ) -> ReadingTaken | None:
        """Accept an observation, or return None if it may be older than what is known."""
        stamp = job.stamp
        if stamp is not None and (self._newest is None or stamp > self._newest):
            self._newest = stamp
        previous = self._readings.get(job.job_id)
        if previous is not None:
            anew = is_another(previous.job, job)
            if not (left >= previous.arrived if anew else _follows(previous, job, left)):
                return None
            previous = None if anew else previous
        self._serial += 1
        reading = Reading(job, left, arrived, self._serial, origin)
        changed = previous is None or _seen_of(previous.job) != _seen_of(job)
        self._readings[job.job_id] = reading
        if changed:
            self._changed[job.job_id] = self._serial
        self._file(job)
        return ReadingTaken(reading, changed, previous, _was_touched(previous, job))

    def shelve(self, job_id: JobId) -> None:
        """Keep a job's last reading, and do not think of it as live any more."""
        if job_id in self._live:
            del self._live[job_id]
            self._ended[job_id] = None

    def trim(self, keep: Container[JobId]) -> None:
        """Forget the ended jobs that were read longest ago, but those in `keep`."""
        surplus = len(self._ended) - self._most_ended
        if surplus <= 0:
            return
        dropped = [job_id for job_id in self._ended if job_id not in keep][:surplus]
        for job_id in dropped:
            self._forget(job_id)

    def _forget(self, job_id: JobId) -> None:
        for shelf in (self._readings, self._changed, self._live, self._ended):
            shelf.pop(job_id, None)

    def _file(self, job: Job) -> None:
        if job.is_terminal:
            self._live.pop(job.job_id, None)
            self._ended[job.job_id] = None
        else:
            self._ended.pop(job.job_id, None)
            self._live[job.job_id] = None


def is_another(known: Job, job: Job) -> bool:
    """Say whether two jobs of one number are not the same: a job's birth never changes."""
    elsewhere = known.connection_id != job.connection_id
    return elsewhere or is_another_birth(known.start_time, job.start_time)


def is_another_birth(known: datetime | None, told: datetime | None) -> bool:
    """Say whether these cannot be the instant of one job's creation, however it was rounded."""
    return known is not None and told is not None and abs(told - known) > _ROUNDING


def _follows(previous: Reading, job: Job, left: datetime) -> bool:
    if previous.job.is_terminal:
        return False
    return job.is_terminal or left >= previous.arrived


def _was_touched(previous: Reading | None, job: Job) -> bool:
    if previous is None or previous.job.status != job.status or job.is_terminal:
        return False
    before, after = previous.job.stamp, job.stamp
    return before is not None and after is not None and after > before
