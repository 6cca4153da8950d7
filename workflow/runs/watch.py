"""What is going on at the server, whoever started it: its connections, joined with the feed.

The directory is loaded page by page, all of it; readings of jobs are laid over it as they come.
Nothing here sends anything but GETs, and nothing is guessed: what was not read yet says so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from workflow.airbyte.models import Connection, ConnectionId, JobId
from workflow.airbyte.readings import Reading
from workflow.text import SafeText

DueBy = Literal["schedule", "habit"]
"""How the next start is known: exactly, from a basic schedule, or from past starts."""


@dataclass(frozen=True, slots=True)
class ConnectionView:
    """A connection and what its jobs say about it."""

    connection: Connection
    read: bool = False
    """Whether its jobs have been read; until then nothing below means anything."""
    last_status: SafeText | None = None
    """Of its latest job, in the server's word; None when it has none."""
    last_job_id: JobId | None = None
    last_at: datetime | None = None
    """When its latest job last changed its status, or was created."""
    last_success_at: datetime | None = None
    """When it last ended well; None when not within what was looked at."""
    live_job: Reading | None = None
    next_due: datetime | None = None
    due_by: DueBy | None = None
    late: timedelta | None = None
    """How long a start has been due that did not come; None when none is."""
    usual: timedelta | None = None
    """Median duration of its past jobs that succeeded."""
    usual_of: int = 0
    """How many jobs that median is of."""


@dataclass(frozen=True, slots=True)
class Loading:
    """How far the directory of connections is."""

    loaded: int = 0
    done: bool = False


class Watch:
    """The server's connections and jobs, kept up to date while it runs."""

    @property
    def connections(self) -> Mapping[ConnectionId, ConnectionView]:
        """All connections loaded so far, live, in the server's order."""
        raise NotImplementedError

    @property
    def foreign(self) -> Mapping[JobId, Reading]:
        """Live or just-failed jobs that no run here watches."""
        raise NotImplementedError

    @property
    def loading(self) -> Loading:
        """How far the directory is."""
        raise NotImplementedError

    @property
    def error(self) -> SafeText | None:
        """Why the directory could not be read the last time; None when it could."""
        raise NotImplementedError

    def usual(self, connection_id: str) -> timedelta | None:
        """Return a connection's usual duration, None when there is no history to tell."""
        raise NotImplementedError

    def subscribe(self, changed: Callable[[], None]) -> Callable[[], None]:
        """Call `changed` after each change, at most once a turn of the loop; returns its end."""
        raise NotImplementedError

    async def reload(self) -> None:
        """Read the directory again, all pages."""
        raise NotImplementedError
