"""The connection endpoints: list, get, patch, create, delete."""

from __future__ import annotations

from typing import Final

from workflow.sandbox.answers import Answer, ok
from workflow.sandbox.call import Call, Operation
from workflow.sandbox.faultkinds import FaultName
from workflow.sandbox.model import Connection, Json, TagId
from workflow.sandbox.pages import list_filters, page_links
from workflow.sandbox.wire import connection_json


def list_connections(call: Call) -> Answer:
    """GET /connections."""
    query = call.query()
    workspaces = call.workspaces(query.uuids("workspaceIds"))
    tags = frozenset(TagId(tag) for tag in query.uuids("tagIds"))
    with_deleted = query.flag("includeDeleted")
    limit, offset = query.limit(), query.offset()

    matching = call.world.catalogue.select(workspaces, tags, with_deleted=with_deleted)
    data: list[Json] = [_json(call, c) for c in matching[offset : offset + limit]]
    kept = list_filters(query)
    if tags:
        kept.append(("tagIds", ",".join(query.uuids("tagIds"))))
    links = page_links(call, "/connections", kept, limit=limit, offset=offset, found=len(data))
    return ok({**links, "data": data})


def get_connection(call: Call) -> Answer:
    """GET /connections/{connectionId}."""
    return ok(_json(call, call.connection(call.uuid("connectionId"))))


def _json(call: Call, connection: Connection) -> dict[str, Json]:
    answer = connection_json(connection, call.world.catalogue)
    if call.strikes.get(FaultName.NO_TAGS):
        answer.pop("tags")
    return answer


LIST_CONNECTIONS: Final = Operation("listConnections", list_connections)
GET_CONNECTION: Final = Operation("getConnection", get_connection)
