"""The server's JSON read into the things of :mod:`~workflow.airbyte.models`.

Each ``parse_*`` raises :class:`~workflow.airbyte.shapes.BadAnswer`, with one sentence, and nothing
else.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from workflow.airbyte import shapes
from workflow.airbyte.models import (
    Connection,
    ConnectionId,
    Destination,
    DestinationId,
    Job,
    JobId,
    JobType,
    Page,
    Schedule,
    Source,
    SourceId,
    Status,
    Tag,
    TagId,
    Workspace,
    WorkspaceId,
)
from workflow.airbyte.shapes import BadAnswer, Raw
from workflow.http.strict_json import Json
from workflow.text import SafeText, safe, short_id

ItemT = TypeVar("ItemT")
IdT = TypeVar("IdT")
ActorT = TypeVar("ActorT", Source, Destination)


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
    raw, number, what = _identified(value, "connection")
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
    raw, number, what = _identified(value, "tag")
    return Tag(
        tag_id=TagId(number),
        name=_name(raw, number, what),
        workspace_id=_id(WorkspaceId, raw, "workspaceId", what),
        color=_optional(raw, "color", what),
    )


def parse_workspace(value: Json) -> Workspace:
    """Read a WorkspaceResponse."""
    raw, number, what = _identified(value, "workspace")
    return Workspace(WorkspaceId(number), _name(raw, number, what))


def parse_source(value: Json) -> Source:
    """Read a SourceResponse."""
    return _actor(value, "source", SourceId, Source)


def parse_destination(value: Json) -> Destination:
    """Read a DestinationResponse."""
    return _actor(value, "destination", DestinationId, Destination)


def _actor(
    value: Json,
    role: str,
    as_id: Callable[[str], IdT],
    make: Callable[[IdT, SafeText, SafeText | None, WorkspaceId | None], ActorT],
) -> ActorT:
    """Read what the server says of either end of a connection, whose keys name its role."""
    raw, number, what = _identified(value, role)
    return make(
        as_id(number),
        _name(raw, number, what),
        _optional(raw, f"{role}Type", what),
        _id(WorkspaceId, raw, "workspaceId", what),
    )


def _identified(value: Json, kind: str) -> tuple[Raw, str, str]:
    """Return a thing's fields, its id, and what a complaint calls it."""
    raw = shapes.an_object(value, f"the {kind}")
    number = shapes.identifier(raw, f"{kind}Id", f"the {kind}")
    return raw, number, f"{kind} {number}"


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
