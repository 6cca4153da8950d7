"""When a job began and ended, and how long it took, as one reading of it tells.

The server's own word: its duration is frozen at the last change of status, so that of a job that
has ended says when it did, however long nobody looked.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from workflow.airbyte.models import Status, is_terminal
from workflow.runs.events import ReadingTaken
from workflow.text import safe


def job_ended(fact: ReadingTaken) -> datetime | None:
    """Return when the job of a reading ended: its duration stands still from then on."""
    span = job_lasted(fact)
    start = None if span is None else instant(fact.start_time)
    if span is None or start is None:
        return None
    try:
        return start + span
    except OverflowError:
        return None


def job_lasted(fact: ReadingTaken) -> timedelta | None:
    """Return how long the job of a reading took; None while it goes on, or when it tells not."""
    if fact.duration is None or not is_terminal(Status(safe(fact.status))):
        return None
    try:
        return timedelta(seconds=max(0.0, fact.duration))
    except OverflowError:
        return None


def instant(text: str | None) -> datetime | None:
    """Read an instant as events write it; None for what is none, or has no time zone."""
    if text is None:
        return None
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        return None
    return read if read.tzinfo is not None else None
