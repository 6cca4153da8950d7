"""What a connection's last jobs add up to: outcomes, how often well, how long, how much.

Pure: jobs in, figures out. A number over few jobs says over how many.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from textual.content import Content

from tui.formats import duration, exact, many
from tui.glyphs import UNKNOWN, Tone, of_status
from workflow.airbyte.models import Job
from workflow.text import SafeText

_QUIET: Final = Tone.QUIET.style


@dataclass(frozen=True, slots=True)
class Figures:
    """Of some jobs of one connection, newest first."""

    jobs: tuple[Job, ...] = ()
    succeeded: int = 0
    ended: int = 0
    median: timedelta | None = None
    """Of the jobs that succeeded."""
    p95: timedelta | None = None
    rows: float | None = None
    """Median of the rows of the jobs that succeeded and whose rows are known."""

    @property
    def success_rate(self) -> float | None:
        """Share of the ended jobs that succeeded, 0 to 1."""
        return self.succeeded / self.ended if self.ended else None


def figures(jobs: Iterable[Job]) -> Figures:
    """Add the jobs up; they come newest first."""
    listed = tuple(jobs)
    ended = [job for job in listed if job.is_terminal]
    good = [job for job in ended if job.status == "succeeded"]
    lasted = sorted(span for job in good if (span := took(job)) is not None)
    counted = [job.rows_synced for job in good if job.rows_synced is not None]
    return Figures(
        listed,
        succeeded=len(good),
        ended=len(ended),
        median=_seconds(statistics.median(span.total_seconds() for span in lasted))
        if lasted
        else None,
        p95=lasted[math.ceil(0.95 * len(lasted)) - 1] if lasted else None,
        rows=statistics.median(counted) if counted else None,
    )


def took(job: Job) -> timedelta | None:
    """Return how long an ended job took, None when its row does not tell."""
    if not job.is_terminal:
        return None
    if job.duration is not None:
        return job.duration
    if job.last_updated_at is not None and job.start_time is not None:
        return max(timedelta(0), job.last_updated_at - job.start_time)
    return None


def strip(jobs: Sequence[Job], cells: int) -> Content:
    """Return the outcomes as one glyph each, oldest first, the newest at the right."""
    shown = list(reversed(jobs[: max(0, cells)]))
    looks = [of_status(job.status) for job in shown]
    return Content.assemble(*((look.glyph, look.style) for look in looks))


def outcome(of: Figures, cells: int) -> Content:
    """Return the strip and how many succeeded: ``✓✓✗✓   8 of 9 succeeded``."""
    if not of.jobs:
        return Content.styled("no other job of it was found", _QUIET)
    return Content.assemble(strip(of.jobs, cells), f"   {of.succeeded} of {of.ended} succeeded")


def usual(of: Figures) -> Content:
    """Return how long its good jobs take: ``median 12m05   p95 19m00   (9 jobs)``."""
    if of.median is None:
        return Content.styled("no job of it succeeded within what was read", _QUIET)
    return Content.assemble(
        f"median {duration(of.median)}   p95 {duration(of.p95)}   ",
        (f"({many(of.succeeded, 'job')} that succeeded)", _QUIET),
    )


def rows_of(job: Job) -> SafeText:
    """Return a job's rows in full; a dash when they are not known."""
    return SafeText(UNKNOWN if job.rows_synced is None else exact(job.rows_synced))


def _seconds(seconds: float) -> timedelta:
    return timedelta(seconds=seconds)
