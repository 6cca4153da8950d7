"""How things look in answers: Airbyte's JSON shapes, its instants and its durations.

Null fields are left out. `startTime` loses its seconds when they are zero, because the server
prints a Java `OffsetDateTime`; durations have hours, minutes and seconds but never days.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from workflow.sandbox.catalogue import Catalogue
from workflow.sandbox.model import (
    TERMINAL,
    Actor,
    Connection,
    ConnectionId,
    JobId,
    JobStatus,
    JobType,
    Json,
    Tag,
    Workspace,
)
from workflow.sandbox.schedule import Cron, Every, Manual, Schedule


def instant(epoch: float) -> str:
    """Print an instant as Airbyte does: ``2026-03-25T01:30Z``, seconds only unless zero."""
    return _whole_instant(math.floor(epoch))


@lru_cache(maxsize=4_096)
def _whole_instant(epoch: int) -> str:
    year, month, day, hour, minute, second, *_ = time.gmtime(epoch)
    text = f"{year:04d}-{month:02d}-{day:02d}T{hour:02d}:{minute:02d}"
    return f"{text}:{second:02d}Z" if second else f"{text}Z"


@lru_cache(maxsize=4_096)
def span(seconds: int) -> str:
    """Print a duration as ISO 8601 without days: ``PT36H6M40S``."""
    if seconds == 0:
        return "PT0S"
    sign, rest = ("-", -seconds) if seconds < 0 else ("", seconds)
    hours, rest = divmod(rest, 3_600)
    minutes, rest = divmod(rest, 60)
    parts = ((hours, "H"), (minutes, "M"), (rest, "S"))
    return "PT" + "".join(f"{sign}{number}{unit}" for number, unit in parts if number)


class JobHead(NamedTuple):
    """What a JobResponse says beside bytes and rows; `status` is the word that is shown."""

    id: JobId
    status: str
    type: JobType
    connection_id: ConnectionId
    created_at: float
    shown_status: JobStatus
    """The status that decides which fields are there, whatever word is shown for it."""
    shown_updated_at: float


def job_json(head: JobHead) -> dict[str, Json]:
    """Return a JobResponse without bytes and rows."""
    answer: dict[str, Json] = {
        "jobId": head.id,
        "status": head.status,
        "jobType": head.type.value,
        "startTime": instant(head.created_at),
        "connectionId": head.connection_id,
    }
    if head.shown_status in TERMINAL:
        answer["lastUpdatedAt"] = instant(head.shown_updated_at)
    if head.shown_status is not JobStatus.PENDING:
        answer["duration"] = span(int(head.shown_updated_at) - int(head.created_at))
    return answer


def schedule_json(schedule: Schedule) -> dict[str, Json]:
    """Return a connection's schedule object."""
    match schedule:
        case Manual():
            return {"scheduleType": "manual"}
        case Every(units, unit):
            return {"scheduleType": "basic", "basicTiming": f"Every {units} {unit.upper()}"}
        case Cron(text):
            return {"scheduleType": "cron", "cronExpression": text}


def connection_json(connection: Connection, catalogue: Catalogue) -> dict[str, Json]:
    """Return a ConnectionResponse; there is no last job in it."""
    streams: list[Json] = [
        {"name": stream.name, "syncMode": stream.sync_mode} for stream in connection.streams
    ]
    tags = (catalogue.tags.get(tag_id) for tag_id in connection.tag_ids)
    answer: dict[str, Json] = {
        "connectionId": connection.id,
        "name": connection.name,
        "sourceId": connection.source_id,
        "destinationId": connection.destination_id,
        "workspaceId": connection.workspace_id,
        "status": connection.status,
        "schedule": schedule_json(connection.schedule),
        "dataResidency": "auto",
        "configurations": {"streams": streams},
        "createdAt": int(connection.created_at),
        "tags": [tag_json(tag) for tag in tags if tag is not None],
        "nonBreakingSchemaUpdatesBehavior": "ignore",
        "namespaceDefinition": "destination",
    }
    answer.update(connection.extras)
    return answer


def tag_json(tag: Tag) -> dict[str, Json]:
    """Return a TagResponse."""
    return {
        "tagId": tag.id,
        "workspaceId": tag.workspace_id,
        "name": tag.name,
        "color": tag.color,
    }


def workspace_json(workspace: Workspace) -> dict[str, Json]:
    """Return a WorkspaceResponse."""
    return {
        "workspaceId": workspace.id,
        "name": workspace.name,
        "dataResidency": workspace.data_residency,
        "notifications": {},
    }


def actor_json(actor: Actor) -> dict[str, Json]:
    """Return a SourceResponse or a DestinationResponse."""
    return {
        f"{actor.role}Id": actor.id,
        "name": actor.name,
        f"{actor.role}Type": actor.kind,
        "definitionId": actor.definition_id,
        "workspaceId": actor.workspace_id,
        "configuration": dict(actor.configuration),
        "createdAt": int(actor.created_at),
    }


def streams_json(names: Iterable[str]) -> list[Json]:
    """Return the StreamProperties of some streams: a bare array."""
    return [
        {
            "streamName": name,
            "syncModes": [
                "full_refresh_overwrite",
                "full_refresh_append",
                "incremental_append",
                "incremental_deduped_history",
            ],
            "defaultCursorField": ["updated_at"],
            "sourceDefinedCursorField": True,
            "sourceDefinedPrimaryKey": [["id"]],
            "propertyFields": [["id"], ["updated_at"]],
        }
        for name in names
    ]
