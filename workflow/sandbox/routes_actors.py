"""Sources, destinations and workspaces: list, get, create, change, delete."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final, TypeVar

from workflow.sandbox.answers import Answer, no_content, ok
from workflow.sandbox.auth import Role
from workflow.sandbox.build import definition_id
from workflow.sandbox.call import Call, Operation
from workflow.sandbox.model import (
    Destination,
    DestinationId,
    Json,
    Source,
    SourceId,
    Workspace,
    WorkspaceId,
)
from workflow.sandbox.pages import list_filters, page_links
from workflow.sandbox.params import Body
from workflow.sandbox.wire import destination_json, source_json, workspace_json

_T = TypeVar("_T", Source, Destination, Workspace)


def list_workspaces(call: Call) -> Answer:
    """GET /workspaces."""
    return _page(call, "/workspaces", call.world.catalogue.workspaces.values())


def list_sources(call: Call) -> Answer:
    """GET /sources."""
    return _page(call, "/sources", call.world.catalogue.sources.values())


def list_destinations(call: Call) -> Answer:
    """GET /destinations."""
    return _page(call, "/destinations", call.world.catalogue.destinations.values())


def _page(call: Call, path: str, everything: Iterable[_T]) -> Answer:
    query = call.query()
    with_deleted = query.flag("includeDeleted")
    limit, offset = query.limit(), query.offset()
    # Last, because what cannot be read is refused before anything is looked up.
    workspaces = call.workspaces(query.uuids("workspaceIds"))
    matching = [
        thing
        for thing in everything
        if (with_deleted or not thing.deleted)
        and (workspaces is None or _workspace_of(thing) in workspaces)
    ]
    data: list[Json] = [_json(thing) for thing in matching[offset : offset + limit]]
    links = page_links(call, path, list_filters(query), limit=limit, offset=offset, found=len(data))
    return ok({**links, "data": data})


def _workspace_of(thing: Source | Destination | Workspace) -> WorkspaceId:
    return thing.id if isinstance(thing, Workspace) else thing.workspace_id


def _json(thing: Source | Destination | Workspace) -> dict[str, Json]:
    match thing:
        case Source():
            return source_json(thing)
        case Destination():
            return destination_json(thing)
        case Workspace():
            return workspace_json(thing)


# -- one workspace -----------------------------------------------------------------------------


def _workspace(call: Call, workspace_id: str) -> Workspace:
    found = call.world.catalogue.workspace(workspace_id)
    if found is None or not call.principal.sees(found.id):
        raise call.missing("workspace", workspace_id)
    return found


def get_workspace(call: Call) -> Answer:
    """GET /workspaces/{workspaceId}."""
    return ok(workspace_json(_workspace(call, call.uuid("workspaceId"))))


def _check_unused(body: Body) -> None:
    """Refuse what the real server could not read either, though nothing is done with it here."""
    body.mapping("notifications")
    body.mapping("resourceAllocation")
    body.optional_uuid("organizationId")
    body.optional_text("regionId")


def create_workspace(call: Call) -> Answer:
    """POST /workspaces."""
    body, catalogue = call.body(), call.world.catalogue
    _check_unused(body)
    made = Workspace(
        id=WorkspaceId(catalogue.fresh_uuid("workspace")),
        name=body.name("name"),
        data_residency=body.optional_text("dataResidency") or "auto",
    )
    return ok(workspace_json(catalogue.add_workspace(made)))


def update_workspace(call: Call) -> Answer:
    """PATCH /workspaces/{workspaceId}."""
    workspace, body = _workspace(call, call.uuid("workspaceId")), call.body()
    _check_unused(body)
    changed = replace(
        workspace,
        name=body.name("name") if body.has("name") else workspace.name,
        data_residency=body.optional_text("dataResidency") or workspace.data_residency,
    )
    return ok(workspace_json(call.world.catalogue.add_workspace(changed)))


def delete_workspace(call: Call) -> Answer:
    """DELETE /workspaces/{workspaceId}: takes all that is in it along."""
    workspace, catalogue = _workspace(call, call.uuid("workspaceId")), call.world.catalogue
    for source in list(catalogue.sources.values()):
        if source.workspace_id == workspace.id:
            catalogue.add_source(replace(source, deleted=True))
    for destination in list(catalogue.destinations.values()):
        if destination.workspace_id == workspace.id:
            catalogue.add_destination(replace(destination, deleted=True))
    call.world.retire(c for c in catalogue.connections.values() if c.workspace_id == workspace.id)
    catalogue.add_workspace(replace(workspace, deleted=True))
    return no_content()


# -- one source --------------------------------------------------------------------------------


def _source(call: Call) -> Source:
    source_id = call.uuid("sourceId")
    found = call.world.catalogue.source(source_id)
    if found is None or not call.principal.sees(found.workspace_id):
        raise call.missing("source", source_id)
    return found


def get_source(call: Call) -> Answer:
    """GET /sources/{sourceId}; there are no secrets here whose coordinates could be left out."""
    call.query().flag("includeSecretCoordinates")
    return ok(source_json(_source(call)))


def create_source(call: Call) -> Answer:
    """POST /sources."""
    body, catalogue = call.body(), call.world.catalogue
    workspace = _workspace(call, body.uuid("workspaceId"))
    configuration, kind, definition = _configuration(body, "source", "sourceType")
    made = Source(
        id=SourceId(catalogue.fresh_uuid("source")),
        workspace_id=workspace.id,
        name=body.name("name"),
        kind=kind,
        created_at=call.world.now,
        definition_id=definition,
        configuration=configuration,
    )
    return ok(source_json(catalogue.add_source(made)))


def patch_source(call: Call) -> Answer:
    """PATCH /sources/{sourceId}: what is sent changes, in the configuration key by key."""
    source, body = _source(call), call.body()
    _check_unused(body)
    changed = replace(
        source,
        name=body.name("name") if body.has("name") else source.name,
        configuration={**source.configuration, **_without(body, "sourceType")},
    )
    return ok(source_json(call.world.catalogue.add_source(changed)))


def put_source(call: Call) -> Answer:
    """PUT /sources/{sourceId}: name and configuration are replaced whole."""
    source, body = _source(call), call.body()
    _check_unused(body)
    if not body.has("configuration"):
        raise body.wrong("configuration", "must not be null")
    configuration = _without(body, "sourceType")
    changed = replace(source, name=body.name("name"), configuration=configuration)
    return ok(source_json(call.world.catalogue.add_source(changed)))


def delete_source(call: Call) -> Answer:
    """DELETE /sources/{sourceId}: its connections become deprecated."""
    source, catalogue = _source(call), call.world.catalogue
    catalogue.add_source(replace(source, deleted=True))
    call.world.retire(c for c in catalogue.connections.values() if c.source_id == source.id)
    return no_content()


# -- one destination ---------------------------------------------------------------------------


def _destination(call: Call) -> Destination:
    destination_id = call.uuid("destinationId")
    found = call.world.catalogue.destination(destination_id)
    if found is None or not call.principal.sees(found.workspace_id):
        raise call.missing("destination", destination_id)
    return found


def get_destination(call: Call) -> Answer:
    """GET /destinations/{destinationId}."""
    call.query().flag("includeSecretCoordinates")
    return ok(destination_json(_destination(call)))


def create_destination(call: Call) -> Answer:
    """POST /destinations."""
    body, catalogue = call.body(), call.world.catalogue
    workspace = _workspace(call, body.uuid("workspaceId"))
    configuration, kind, definition = _configuration(body, "destination", "destinationType")
    made = Destination(
        id=DestinationId(catalogue.fresh_uuid("destination")),
        workspace_id=workspace.id,
        name=body.name("name"),
        kind=kind,
        created_at=call.world.now,
        definition_id=definition,
        configuration=configuration,
    )
    return ok(destination_json(catalogue.add_destination(made)))


def patch_destination(call: Call) -> Answer:
    """PATCH /destinations/{destinationId}."""
    destination, body = _destination(call), call.body()
    _check_unused(body)
    changed = replace(
        destination,
        name=body.name("name") if body.has("name") else destination.name,
        configuration={**destination.configuration, **_without(body, "destinationType")},
    )
    return ok(destination_json(call.world.catalogue.add_destination(changed)))


def put_destination(call: Call) -> Answer:
    """PUT /destinations/{destinationId}."""
    destination, body = _destination(call), call.body()
    _check_unused(body)
    if not body.has("configuration"):
        raise body.wrong("configuration", "must not be null")
    configuration = _without(body, "destinationType")
    changed = replace(destination, name=body.name("name"), configuration=configuration)
    return ok(destination_json(call.world.catalogue.add_destination(changed)))


def delete_destination(call: Call) -> Answer:
    """DELETE /destinations/{destinationId}: its connections become deprecated."""
    destination, catalogue = _destination(call), call.world.catalogue
    catalogue.add_destination(replace(destination, deleted=True))
    gone = destination.id
    call.world.retire(c for c in catalogue.connections.values() if c.destination_id == gone)
    return no_content()


def _configuration(body: Body, role: str, type_key: str) -> tuple[dict[str, Json], str, str]:
    """Return configuration, connector and definition id of a source or destination to be made.

    The connector is named by ``sourceType``/``destinationType`` in the configuration, or by a
    definition id. As on the real server, that key is not kept in the configuration.
    """
    _check_unused(body)
    configuration = body.mapping("configuration")
    if configuration is None:
        raise body.wrong("configuration", "must not be null")
    kind = configuration.pop(type_key, None)
    definition = body.optional_uuid("definitionId")
    if not isinstance(kind, str) or not kind:
        if definition is None:
            raise body.wrong(f"configuration.{type_key}", "must not be null without a definitionId")
        kind = "custom"
    return configuration, kind, definition or definition_id(role, kind)


def _without(body: Body, type_key: str) -> dict[str, Json]:
    """Return the configuration that was sent without the connector's name."""
    configuration = body.mapping("configuration") or {}
    return {key: value for key, value in configuration.items() if key != type_key}


LIST_WORKSPACES: Final = Operation("listWorkspaces", list_workspaces)
CREATE_WORKSPACE: Final = Operation("createWorkspace", create_workspace, Role.ADMIN)
GET_WORKSPACE: Final = Operation("getWorkspace", get_workspace)
UPDATE_WORKSPACE: Final = Operation("updateWorkspace", update_workspace, Role.ADMIN)
DELETE_WORKSPACE: Final = Operation("deleteWorkspace", delete_workspace, Role.ADMIN)
LIST_SOURCES: Final = Operation("listSources", list_sources)
CREATE_SOURCE: Final = Operation("createSource", create_source, Role.EDITOR)
GET_SOURCE: Final = Operation("getSource", get_source)
PATCH_SOURCE: Final = Operation("patchSource", patch_source, Role.EDITOR)
PUT_SOURCE: Final = Operation("putSource", put_source, Role.EDITOR)
DELETE_SOURCE: Final = Operation("deleteSource", delete_source, Role.EDITOR)
LIST_DESTINATIONS: Final = Operation("listDestinations", list_destinations)
CREATE_DESTINATION: Final = Operation("createDestination", create_destination, Role.EDITOR)
GET_DESTINATION: Final = Operation("getDestination", get_destination)
PATCH_DESTINATION: Final = Operation("patchDestination", patch_destination, Role.EDITOR)
PUT_DESTINATION: Final = Operation("putDestination", put_destination, Role.EDITOR)
DELETE_DESTINATION: Final = Operation("deleteDestination", delete_destination, Role.EDITOR)
