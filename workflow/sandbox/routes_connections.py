"""The connection endpoints: list, get, patch, create, delete."""

from __future__ import annotations

from typing import Final

from workflow.sandbox.answers import Answer, encode, ok_text
from workflow.sandbox.call import Call, Operation
from workflow.sandbox.faultkinds import FaultName
from workflow.sandbox.model import Connection, TagId
from workflow.sandbox.pages import list_filters, page_links, page_of
from workflow.sandbox.wire import connection_json


def list_connections(call: Call) -> Answer:
    """GET /connections."""
    query = call.query()
    tags = frozenset(TagId(tag) for tag in query.uuids("tagIds"))
    with_deleted = query.flag("includeDeleted")
    limit, offset = query.limit(), query.offset()
    # Last, because what cannot be read is refused before anything is looked up.
    workspaces = call.workspaces(query.uuids("workspaceIds"))

    matching = call.world.catalogue.select(workspaces, tags, with_deleted=with_deleted)
    data = [_text(call, connection) for connection in matching[offset : offset + limit]]
    kept = list_filters(query)
    if tags:
        kept.append(("tagIds", ",".join(query.uuids("tagIds"))))
    links = page_links(call, "/connections", kept, limit=limit, offset=offset, found=len(data))
    return page_of(links, data)


def get_connection(call: Call) -> Answer:
    """GET /connections/{connectionId}."""
    return ok_text(_text(call, call.connection(call.uuid("connectionId"))))


def _text(call: Call, connection: Connection) -> bytes:
    if not call.strikes.get(FaultName.NO_TAGS):
        return call.service.connection_texts.of(connection)
    answer = connection_json(connection, call.world.catalogue)
    answer.pop("tags")
    return encode(answer)


LIST_CONNECTIONS: Final = Operation("listConnections", list_connections)
GET_CONNECTION: Final = Operation("getConnection", get_connection)
