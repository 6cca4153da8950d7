"""Workspaces: list, get, create, change, delete; and the page of things that are in them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Final, TypeVar

from workflow.sandbox.answers import Answer, no_content, ok
from workflow.sandbox.auth import Role
from workflow.sandbox.call import Call, Operation
from workflow.sandbox.model import Actor, Json, Workspace, WorkspaceId
from workflow.sandbox.pages import list_filters, page_links
from workflow.sandbox.params import Body
from workflow.sandbox.wire import workspace_json

_T = TypeVar("_T", Actor, Workspace)


def page(
    call: Call, path: str, everything: Iterable[_T], to_json: Callable[[_T], dict[str, Json]]
) -> Answer:
    """Return a page of what the caller sees in the workspaces that are asked for."""
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
    data: list[Json] = [to_json(thing) for thing in matching[offset : offset + limit]]
    links = page_links(call, path, list_filters(query), limit=limit, offset=offset, found=len(data))
    return ok({**links, "data": data})


def _workspace_of(thing: Actor | Workspace) -> WorkspaceId:
    return thing.id if isinstance(thing, Workspace) else thing.workspace_id


def find_workspace(call: Call, workspace_id: str) -> Workspace:
    """Return a workspace that the caller sees.

    Raises:
        Refused: there is none of that id.
    """
    found = call.world.catalogue.workspace(workspace_id)
    if found is None or not call.principal.sees(found.id):
        raise call.missing("workspace", workspace_id)
    return found


def check_unused(body: Body) -> None:
    """Refuse what the real server could not read either, though nothing is done with it here."""
    body.mapping("notifications")
    body.mapping("resourceAllocation")
    body.optional_uuid("organizationId")
    body.optional_text("regionId")


def list_workspaces(call: Call) -> Answer:
    """GET /workspaces."""
    return page(call, "/workspaces", call.world.catalogue.workspaces.values(), workspace_json)


def get_workspace(call: Call) -> Answer:
    """GET /workspaces/{workspaceId}."""
    return ok(workspace_json(find_workspace(call, call.uuid("workspaceId"))))


def create_workspace(call: Call) -> Answer:
    """POST /workspaces."""
    body, catalogue = call.body(), call.world.catalogue
    check_unused(body)
    made = Workspace(
        id=WorkspaceId(catalogue.fresh_uuid("workspace")),
        name=body.name("name"),
        data_residency=body.optional_text("dataResidency") or "auto",
    )
    return ok(workspace_json(catalogue.add_workspace(made)))


def update_workspace(call: Call) -> Answer:
    """PATCH /workspaces/{workspaceId}."""
    workspace, body = find_workspace(call, call.uuid("workspaceId")), call.body()
    check_unused(body)
    changed = replace(
        workspace,
        name=body.name("name") if body.has("name") else workspace.name,
        data_residency=body.optional_text("dataResidency") or workspace.data_residency,
    )
    return ok(workspace_json(call.world.catalogue.add_workspace(changed)))


def delete_workspace(call: Call) -> Answer:
    """DELETE /workspaces/{workspaceId}: takes all that is in it along."""
    workspace = find_workspace(call, call.uuid("workspaceId"))
    catalogue = call.world.catalogue
    for actors in catalogue.actors.values():
        for actor in [each for each in actors.values() if each.workspace_id == workspace.id]:
            catalogue.add_actor(replace(actor, deleted=True))
    call.world.retire(c for c in catalogue.connections.values() if c.workspace_id == workspace.id)
    catalogue.add_workspace(replace(workspace, deleted=True))
    return no_content()


LIST: Final = Operation("listWorkspaces", list_workspaces)
CREATE: Final = Operation("createWorkspace", create_workspace, Role.ADMIN)
GET: Final = Operation("getWorkspace", get_workspace)
UPDATE: Final = Operation("updateWorkspace", update_workspace, Role.ADMIN)
DELETE: Final = Operation("deleteWorkspace", delete_workspace, Role.ADMIN)
