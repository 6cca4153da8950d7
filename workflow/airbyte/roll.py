"""Which jobs somebody waits for, and how urgently."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import islice
from typing import Final

from workflow.airbyte.book import Book
from workflow.airbyte.models import JobId

MOST_SINGLES: Final = 2
"""As many awaited jobs are asked for by id; more are read from lists."""

_NEAR: Final = timedelta(seconds=30)
_FEW_NEAR: Final = 4
"""As many near their ends make one end in 15 seconds, the slowest rhythm: a job is near for 60."""


class Roll:
    """The tracked jobs. What they were last read as is in the book."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._tracked: dict[JobId, timedelta | None] = {}
        self.were_many = False
        """Whether there were more than a few since the last time nothing was awaited."""

    def __contains__(self, job_id: object) -> bool:
        return job_id in self._tracked

    @property
    def ids(self) -> frozenset[JobId]:
        """All that are tracked, ended or not."""
        return frozenset(self._tracked)

    @property
    def awaited(self) -> list[JobId]:
        """Those that have not been read as ended."""
        return [job_id for job_id in self._tracked if not self._book.has_ended(job_id)]

    @property
    def are_few(self) -> bool:
        """Whether getJob alone tells all that is waited for."""
        return 1 <= len(self.awaited) <= MOST_SINGLES

    def add(self, job_id: JobId, usual: timedelta | None) -> None:
        """Wait for a job; `usual` is how long jobs of its connection take."""
        self._tracked[job_id] = usual

    def remove(self, job_id: JobId) -> None:
        """Wait for it no longer."""
        self._tracked.pop(job_id, None)

    def take_stock(self) -> None:
        """Note how many there are now."""
        count = len(self.awaited)
        self.were_many = count > 0 and (self.were_many or count > MOST_SINGLES)

    def expects_an_end(self, server_now: datetime) -> bool:
        """Say whether an end is to be expected about now that nothing else would announce.

        That is when some awaited job is about as old as its connection's jobs get, but not when
        more than a few are: then ends come all the time, and each one quickens the rhythm.
        """
        near = (job_id for job_id in self.awaited if self._is_near_its_end(job_id, server_now))
        return 1 <= len(list(islice(near, _FEW_NEAR + 1))) <= _FEW_NEAR

    def _is_near_its_end(self, job_id: JobId, server_now: datetime) -> bool:
        usual = self._tracked[job_id]
        reading = self._book.readings.get(job_id)
        if usual is None or reading is None or reading.job.start_time is None:
            return False
        age = server_now - reading.job.start_time
        return abs(age - usual) <= min(usual / 10, _NEAR)
