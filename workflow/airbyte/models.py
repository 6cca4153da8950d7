"""The server's things: jobs, connections and what they belong to.

Frozen, with the ids as types of their own. Unknown fields survive in `raw`, the server's own JSON
object, and so do unknown statuses and job types: Airbyte adds words (``queued`` came in 2026),
and a word this program does not know is neither an end nor a failure. Each ``parse_*`` raises
:class:`~workflow.airbyte.shapes.BadAnswer`, with one sentence, and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Generic, NewType, TypeVar

from workflow.airbyte import shapes
from workflow.airbyte.shapes import BadAnswer, Raw
from workflow.http.strict_json import Json
from workflow.text import SafeText, safe, short_id

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
ItemT = TypeVar("ItemT")


@dataclass(frozen=True, slots=True)
class Page(Generic[ItemT_co]):
    """One page of a list. One bad row does not hide the others, and is not passed over."""

    items: tuple[ItemT_co, ...]
    size: int
    """Rows the server sent, readable or not: what paging counts by."""
    unreadable: tuple[SafeText, ...] = ()
    """A sentence for each row that could not be read."""


def parse_page(value: Json, what: str, parse: Callable[[Json], ItemT]) -> Page[ItemT]:
    """Read ``{data: [...]}``; `next` and `previous` are not looked at, since they are wrong."""
    raw = shapes.an_object(value, f"the list of {what}")
    if "data" not in raw:
        raise BadAnswer(f"the list of {what} has no data")
    rows = shapes.a_list(raw, "data", f"the list of {what}")
    items: list[ItemT] = []
    unreadable: list[SafeText] = []
    for row in rows:
        try:
            items.append(parse(row))
        except BadAnswer as problem:
            unreadable.append(
                safe(f"The list of {what} has a row that cannot be read: {problem.text}.")
            )
    return Page(tuple(items), len(rows), tuple(unreadable))


def parse_job(value: Json) -> Job:
    """Read a JobResponse."""
    raw = shapes.an_object(value, "the job")
    number = shapes.count(raw, "jobId", "the job")
    if number is None:
        raise BadAnswer("the job has no jobId")
    what = f"job {number}"
    return Job(
        job_id=JobId(number),
        connection_id=ConnectionId(shapes.identifier(raw, "connectionId", what)),
        status=Status(shapes.word(raw, "status", what)),
        job_type=JobType(shapes.word(raw, "jobType", what)),
        start_time=shapes.instant(raw, "startTime", what),
        last_updated_at=shapes.instant(raw, "lastUpdatedAt", what),
        duration=shapes.duration(raw, "duration", what),
        rows_synced=shapes.count(raw, "rowsSynced", what),
        bytes_synced=shapes.count(raw, "bytesSynced", what),
        raw=raw,
    )


def parse_connection(value: Json) -> Connection:
    """Read a ConnectionResponse."""
    raw = shapes.an_object(value, "the connection")
    number = shapes.identifier(raw, "connectionId", "the connection")
    what = f"connection {number}"
    raw_name = shapes.text(raw, "name", what) or ""
    return Connection(
        connection_id=ConnectionId(number),
        name=_shown(raw_name, number),
        raw_name=raw_name or number,
        status=shapes.word(raw, "status", what),
        source_id=_id(SourceId, raw, "sourceId", what),
        destination_id=_id(DestinationId, raw, "destinationId", what),
        workspace_id=_id(WorkspaceId, raw, "workspaceId", what),
        schedule=_schedule(raw, what),
        tags=tuple(parse_tag(tag) for tag in shapes.a_list(raw, "tags", what)),
        created_at=shapes.instant(raw, "createdAt", what),
        stream_count=_stream_count(raw, what),
        raw=raw,
    )


def parse_tag(value: Json) -> Tag:
    """Read a TagResponse."""
    raw = shapes.an_object(value, "the tag")
    number = shapes.identifier(raw, "tagId", "the tag")
    what = f"tag {number}"
    return Tag(
        tag_id=TagId(number),
        name=_name(raw, number, what),
        workspace_id=_id(WorkspaceId, raw, "workspaceId", what),
        color=_optional(raw, "color", what),
    )


def parse_workspace(value: Json) -> Workspace:
    """Read a WorkspaceResponse."""
    raw = shapes.an_object(value, "the workspace")
    number = shapes.identifier(raw, "workspaceId", "the workspace")
    return Workspace(WorkspaceId(number), _name(raw, number, f"workspace {number}"))


def parse_source(value: Json) -> Source:
    """Read a SourceResponse."""
    raw = shapes.an_object(value, "the source")
    number = shapes.identifier(raw, "sourceId", "the source")
    what = f"source {number}"
    return Source(
        SourceId(number),
        _name(raw, number, what),
        _optional(raw, "sourceType", what),
        _id(WorkspaceId, raw, "workspaceId", what),
    )


def parse_destination(value: Json) -> Destination:
    """Read a DestinationResponse."""
    raw = shapes.an_object(value, "the destination")
    number = shapes.identifier(raw, "destinationId", "the destination")
    what = f"destination {number}"
    return Destination(
        DestinationId(number),
        _name(raw, number, what),
        _optional(raw, "destinationType", what),
        _id(WorkspaceId, raw, "workspaceId", what),
    )


IdT = TypeVar("IdT")


def _id(make: Callable[[str], IdT], raw: Raw, name: str, what: str) -> IdT | None:
    return None if raw.get(name) is None else make(shapes.identifier(raw, name, what))


def _name(raw: Raw, otherwise: str, what: str) -> SafeText:
    return _shown(shapes.text(raw, "name", what) or "", otherwise)


def _shown(name: str, number: str) -> SafeText:
    """Return a name that can be seen: one of blanks or of nothing visible gives way to the id."""
    seen = SafeText(safe(name, limit=300).strip())
    return seen or short_id(number)


def _optional(raw: Raw, name: str, what: str) -> SafeText | None:
    found = shapes.text(raw, name, what)
    return None if found is None else safe(found, limit=300)


def _schedule(raw: Raw, what: str) -> Schedule | None:
    if raw.get("schedule") is None:
        return None
    schedule = shapes.an_object(raw["schedule"], f"schedule of {what}")
    return Schedule(
        kind=shapes.word(schedule, "scheduleType", f"schedule of {what}"),
        cron=_optional(schedule, "cronExpression", f"schedule of {what}"),
        basic_timing=_optional(schedule, "basicTiming", f"schedule of {what}"),
    )


def _stream_count(raw: Raw, what: str) -> int | None:
    if raw.get("configurations") is None:
        return None
    configurations = shapes.an_object(raw["configurations"], f"configurations of {what}")
    return len(shapes.a_list(configurations, "streams", f"configurations of {what}"))
