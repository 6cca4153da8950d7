"""The server's things: jobs, connections and what they belong to.

Frozen, with the ids as types of their own. Unknown fields survive in `raw`, the server's own JSON
object, and so do unknown statuses and job types: Airbyte adds words (``queued`` came in 2026),
and a word this program does not know is neither an end nor a failure. How they are read from
JSON is in :mod:`~workflow.airbyte.parsing`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Generic, NewType, TypeVar

from workflow.airbyte.shapes import Raw
from workflow.text import SafeText

JobId = NewType("JobId", int)
ConnectionId = NewType("ConnectionId", str)
WorkspaceId = NewType("WorkspaceId", str)
SourceId = NewType("SourceId", str)
DestinationId = NewType("DestinationId", str)
TagId = NewType("TagId", str)

Status = NewType("Status", SafeText)
"""A job's status in the server's own word."""

PENDING: Final = Status(SafeText("pending"))
QUEUED: Final = Status(SafeText("queued"))
RUNNING: Final = Status(SafeText("running"))
INCOMPLETE: Final = Status(SafeText("incomplete"))
"""An attempt failed and Airbyte will try again: people call it retrying."""
SUCCEEDED: Final = Status(SafeText("succeeded"))
FAILED: Final = Status(SafeText("failed"))
CANCELLED: Final = Status(SafeText("cancelled"))

TERMINAL: Final = frozenset({SUCCEEDED, FAILED, CANCELLED})
"""The only statuses nothing follows. An unknown one is not among them."""
LIVE: Final = (RUNNING, INCOMPLETE, PENDING, QUEUED)
"""The statuses known to be followed by others, in the order of interest."""

JobType = NewType("JobType", SafeText)

SYNC: Final = JobType(SafeText("sync"))
RESET: Final = JobType(SafeText("reset"))
CLEAR: Final = JobType(SafeText("clear"))
REFRESH: Final = JobType(SafeText("refresh"))
JOB_TYPES: Final = (SYNC, RESET, CLEAR, REFRESH)


def is_terminal(status: Status) -> bool:
    """Say whether nothing can follow this status."""
    return status in TERMINAL


def same_kind(one: JobType, other: JobType) -> bool:
    """Say whether two types name the same work: a ``clear`` comes back as a ``reset``."""
    wiping = {RESET, CLEAR}
    return one == other or {one, other} == wiping


@dataclass(frozen=True, slots=True)
class Job:
    """One job as one answer showed it."""

    job_id: JobId
    connection_id: ConnectionId
    status: Status
    job_type: JobType
    start_time: datetime | None = None
    """When the job was created, whatever the name says."""
    last_updated_at: datetime | None = None
    """Only on terminal jobs."""
    duration: timedelta | None = None
    """From creation to the last change of status; frozen in between."""
    rows_synced: int | None = None
    """Committed rows. None where the answer has none; may fall when a new attempt begins."""
    bytes_synced: int | None = None
    raw: Raw = field(default_factory=dict, repr=False, compare=False)

    @property
    def is_terminal(self) -> bool:
        """Whether the server will not change this job any more."""
        return is_terminal(self.status)

    @property
    def stamp(self) -> datetime | None:
        """When the server last changed the row, by its own clock, as well as the row tells.

        The duration is updatedAt minus createdAt, so live rows carry a stamp as well.
        """
        if self.last_updated_at is not None:
            return self.last_updated_at
        if self.start_time is None or self.duration is None:
            return self.start_time
        try:
            return self.start_time + self.duration
        except OverflowError:
            return self.start_time


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a connection starts by itself."""

    kind: SafeText
    """``manual``, ``cron``, ``basic`` or a word to come."""
    cron: SafeText | None = None
    basic_timing: SafeText | None = None
    """In the server's words, e.g. ``Every 24 HOURS``."""


@dataclass(frozen=True, slots=True)
class Tag:
    """A label on connections, within one workspace."""

    tag_id: TagId
    name: SafeText
    workspace_id: WorkspaceId | None = None
    color: SafeText | None = None


@dataclass(frozen=True, slots=True)
class Connection:
    """What syncs: a source, a destination and when."""

    connection_id: ConnectionId
    name: SafeText
    raw_name: str
    """The name as the server has it; for JSON output and comparison, never for a screen."""
    status: SafeText
    """``active``, ``inactive``, ``deprecated``, ``locked`` or a word to come."""
    source_id: SourceId | None = None
    destination_id: DestinationId | None = None
    workspace_id: WorkspaceId | None = None
    schedule: Schedule | None = None
    tags: tuple[Tag, ...] = ()
    created_at: datetime | None = None
    stream_count: int | None = None
    raw: Raw = field(default_factory=dict, repr=False, compare=False)

    @property
    def is_active(self) -> bool:
        """Whether the server takes triggers for it."""
        return self.status == "active"


@dataclass(frozen=True, slots=True)
class Workspace:
    """What connections live in."""

    workspace_id: WorkspaceId
    name: SafeText


@dataclass(frozen=True, slots=True)
class Source:
    """Where rows come from."""

    source_id: SourceId
    name: SafeText
    source_type: SafeText | None = None
    workspace_id: WorkspaceId | None = None


@dataclass(frozen=True, slots=True)
class Destination:
    """Where rows go."""

    destination_id: DestinationId
    name: SafeText
    destination_type: SafeText | None = None
    workspace_id: WorkspaceId | None = None


ItemT_co = TypeVar("ItemT_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Page(Generic[ItemT_co]):
    """One page of a list. One bad row does not hide the others, and is not passed over."""

    items: tuple[ItemT_co, ...]
    size: int
    """Rows the server sent, readable or not: what paging counts by."""
    unreadable: tuple[SafeText, ...] = ()
    """A sentence for each row that could not be read."""
