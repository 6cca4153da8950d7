"""Changing connections: create, patch, delete, and the validation of what is sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final, cast

from workflow.sandbox.answers import Answer, Refused, bad_request, no_content, ok, problem
from workflow.sandbox.auth import Role
from workflow.sandbox.call import Call, Operation
from workflow.sandbox.model import (
    Connection,
    ConnectionId,
    ConnectionStatus,
    Json,
    Stream,
    TagId,
    WorkspaceId,
)
from workflow.sandbox.params import Body
from workflow.sandbox.schedule import MANUAL, Schedule, ScheduleError, parse_cron
from workflow.sandbox.wire import connection_json

_STATUSES: Final = ("active", "inactive", "deprecated")
_SYNC_MODES: Final = frozenset(
    {
        "full_refresh_overwrite",
        "full_refresh_overwrite_deduped",
        "full_refresh_append",
        "full_refresh_update",
        "full_refresh_soft_delete",
        "incremental_append",
        "incremental_deduped_history",
        "incremental_update",
        "incremental_soft_delete",
    }
)
_CHOICES: Final[Mapping[str, tuple[str, ...]]] = {
    "namespaceDefinition": ("source", "destination", "custom_format"),
    "nonBreakingSchemaUpdatesBehavior": (
        "ignore",
        "disable_connection",
        "propagate_columns",
        "propagate_fully",
    ),
    "dataResidency": ("auto", "us", "eu"),
}
_TEXTS: Final = ("namespaceFormat", "prefix")


def create_connection(call: Call) -> Answer:
    """POST /connections."""
    body, catalogue = call.body(), call.world.catalogue
    source_id, destination_id = body.uuid("sourceId"), body.uuid("destinationId")
    source = catalogue.actor("source", source_id)
    if source is None or not call.principal.sees(source.workspace_id):
        raise call.missing("source", source_id)
    destination = catalogue.actor("destination", destination_id)
    if destination is None or not call.principal.sees(destination.workspace_id):
        raise call.missing("destination", destination_id)
    if source.workspace_id != destination.workspace_id:
        raise Refused(bad_request("The source and the destination are in different workspaces"))
    name = body.name("name") if body.has("name") else f"{source.name} → {destination.name}"
    made = Connection(
        id=ConnectionId(catalogue.fresh_uuid("connection")),
        name=name,
        workspace_id=source.workspace_id,
        source_id=source.id,
        destination_id=destination.id,
        status=_status(body, "active"),
        created_at=call.world.now,
        schedule=_schedule(body, MANUAL),
        streams=_streams(body, ()),
        tag_ids=_tags(call, body, source.workspace_id, ()),
        extras=_extras(body, {}),
    )
    return ok(connection_json(call.world.change_connection(made), catalogue))


def patch_connection(call: Call) -> Answer:
    """PATCH /connections/{connectionId}: `status` enables and disables it."""
    connection, body = call.connection(call.uuid("connectionId")), call.body()
    changed = replace(
        connection,
        name=body.name("name") if body.has("name") else connection.name,
        status=_status(body, connection.status),
        schedule=_schedule(body, connection.schedule),
        streams=_streams(body, connection.streams),
        tag_ids=_tags(call, body, connection.workspace_id, connection.tag_ids),
        extras=_extras(body, connection.extras),
    )
    return ok(connection_json(call.world.change_connection(changed), call.world.catalogue))


def delete_connection(call: Call) -> Answer:
    """DELETE /connections/{connectionId}: it stays, deprecated."""
    call.world.retire([call.connection(call.uuid("connectionId"))])
    return no_content()


def _status(body: Body, default: ConnectionStatus) -> ConnectionStatus:
    if not body.has("status"):
        return default
    return cast("ConnectionStatus", body.choice("status", _STATUSES))


def _schedule(body: Body, default: Schedule) -> Schedule:
    schedule = body.mapping("schedule")
    if schedule is None:
        return default
    kind = schedule.get("scheduleType")
    if kind == "manual":
        return MANUAL
    # "basic" can be read but, as on the real server, not be sent.
    if kind != "cron":
        raise body.wrong("schedule.scheduleType", f"Unexpected value '{str(kind)[:40]}'")
    expression = schedule.get("cronExpression")
    if not isinstance(expression, str) or not expression:
        raise Refused(
            problem(400, "error:cron-validation/missing-cron-data", "Cron data is missing")
        )
    try:
        return parse_cron(expression)
    except ScheduleError as error:
        raise Refused(
            problem(
                400,
                "error:cron-validation/invalid-expression",
                "The cron expression is invalid",
                str(error),
            )
        ) from None


def _streams(body: Body, default: tuple[Stream, ...]) -> tuple[Stream, ...]:
    configurations = body.mapping("configurations")
    if configurations is None or configurations.get("streams") is None:
        return default
    sent = configurations["streams"]
    if not isinstance(sent, list):
        raise body.wrong("configurations.streams", "must be an array")
    streams: list[Stream] = []
    for number, item in enumerate(sent):
        key = f"configurations.streams[{number}]"
        name = item.get("name") if isinstance(item, dict) else None
        if not isinstance(item, dict) or not isinstance(name, str) or not name:
            raise body.wrong(f"{key}.name", "must not be null")
        mode = item.get("syncMode") or "full_refresh_overwrite"
        if not isinstance(mode, str) or mode not in _SYNC_MODES:
            raise body.wrong(f"{key}.syncMode", f"Unexpected value '{str(mode)[:40]}'")
        streams.append(Stream(name, mode))
    if len({stream.name for stream in streams}) < len(streams):
        raise Refused(bad_request("Duplicate streams found in the configuration"))
    return tuple(streams)


def _tags(
    call: Call, body: Body, workspace_id: WorkspaceId, default: tuple[TagId, ...]
) -> tuple[TagId, ...]:
    sent = body.items("tags")
    if sent is None:
        return default
    ids: list[TagId] = []
    for number, item in enumerate(sent):
        tag_id = item.get("tagId") if isinstance(item, dict) else None
        if not isinstance(tag_id, str):
            raise body.wrong(f"tags[{number}].tagId", "must not be null")
        tag = call.world.catalogue.tags.get(TagId(tag_id.lower()))
        if tag is None or tag.workspace_id != workspace_id:
            raise Refused(bad_request(f"The tag {tag_id[:40]} is not one of this workspace"))
        ids.append(tag.id)
    return tuple(dict.fromkeys(ids))


def _extras(body: Body, default: Mapping[str, Json]) -> Mapping[str, Json]:
    extras = dict(default)
    for key, options in _CHOICES.items():
        if body.has(key):
            extras[key] = body.choice(key, options)
    for key in _TEXTS:
        if body.has(key):
            extras[key] = body.text(key)
    return extras


CREATE_CONNECTION: Final = Operation("createConnection", create_connection, Role.EDITOR)
PATCH_CONNECTION: Final = Operation("patchConnection", patch_connection, Role.EDITOR)
DELETE_CONNECTION: Final = Operation("deleteConnection", delete_connection, Role.EDITOR)
