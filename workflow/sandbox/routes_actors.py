"""Sources and destinations: list, get, create, change, delete, the same for either role."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Final

from workflow.sandbox.answers import Answer, no_content, ok
from workflow.sandbox.auth import Role
from workflow.sandbox.build import definition_id
from workflow.sandbox.call import Call, Operation
from workflow.sandbox.model import Actor, ActorId, ActorRole, Connection, Json
from workflow.sandbox.params import Body
from workflow.sandbox.routes_workspaces import check_unused, find_workspace, page
from workflow.sandbox.wire import actor_json


def _find(role: ActorRole, call: Call) -> Actor:
    actor_id = call.uuid(f"{role}Id")
    found = call.world.catalogue.actor(role, actor_id)
    if found is None or not call.principal.sees(found.workspace_id):
        raise call.missing(role, actor_id)
    return found


def list_actors(role: ActorRole, call: Call) -> Answer:
    """GET /sources, /destinations."""
    return page(call, f"/{role}s", call.world.catalogue.actors[role].values(), actor_json)


def get_actor(role: ActorRole, call: Call) -> Answer:
    """GET /sources/{sourceId}, /destinations/{destinationId}."""
    return ok(actor_json(_find(role, call)))


def create_actor(role: ActorRole, call: Call) -> Answer:
    """POST /sources, /destinations."""
    body, catalogue = call.body(), call.world.catalogue
    workspace = find_workspace(call, body.uuid("workspaceId"))
    configuration, kind, definition = _configuration(body, role)
    made = Actor(
        role=role,
        id=ActorId(catalogue.fresh_uuid(role)),
        workspace_id=workspace.id,
        name=body.name("name"),
        kind=kind,
        created_at=call.world.now,
        definition_id=definition,
        configuration=configuration,
    )
    return ok(actor_json(catalogue.add_actor(made)))


def patch_actor(role: ActorRole, call: Call) -> Answer:
    """PATCH one: what is sent changes, in the configuration key by key."""
    actor, body = _find(role, call), call.body()
    check_unused(body)
    changed = replace(
        actor,
        name=body.name("name") if body.has("name") else actor.name,
        configuration={**actor.configuration, **_without_type(body, role)},
    )
    return ok(actor_json(call.world.catalogue.add_actor(changed)))


def put_actor(role: ActorRole, call: Call) -> Answer:
    """PUT one: name and configuration are replaced whole."""
    actor, body = _find(role, call), call.body()
    check_unused(body)
    if not body.has("configuration"):
        raise body.wrong("configuration", "must not be null")
    configuration = _without_type(body, role)
    changed = replace(actor, name=body.name("name"), configuration=configuration)
    return ok(actor_json(call.world.catalogue.add_actor(changed)))


def delete_actor(role: ActorRole, call: Call) -> Answer:
    """DELETE one: its connections become deprecated."""
    actor, catalogue = _find(role, call), call.world.catalogue
    catalogue.add_actor(replace(actor, deleted=True))
    call.world.retire(c for c in catalogue.connections.values() if _end(role, c) == actor.id)
    return no_content()


def _end(role: ActorRole, connection: Connection) -> ActorId:
    return connection.source_id if role == "source" else connection.destination_id


def _configuration(body: Body, role: ActorRole) -> tuple[dict[str, Json], str, str]:
    """Return configuration, connector and definition id of a source or destination to be made.

    The connector is named by ``sourceType``/``destinationType`` in the configuration, or by a
    definition id. As on the real server, that key is not kept in the configuration.
    """
    check_unused(body)
    type_key = f"{role}Type"
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


def _without_type(body: Body, role: ActorRole) -> dict[str, Json]:
    """Return the configuration that was sent without the connector's name."""
    configuration = body.mapping("configuration") or {}
    return {key: value for key, value in configuration.items() if key != f"{role}Type"}


def _operation(
    name: str,
    handler: Callable[[ActorRole, Call], Answer],
    role: ActorRole,
    allowed: Role = Role.EDITOR,
) -> Operation:
    return Operation(name, partial(handler, role), allowed)


LIST_SOURCES: Final = _operation("listSources", list_actors, "source", Role.READER)
CREATE_SOURCE: Final = _operation("createSource", create_actor, "source")
GET_SOURCE: Final = _operation("getSource", get_actor, "source", Role.READER)
PATCH_SOURCE: Final = _operation("patchSource", patch_actor, "source")
PUT_SOURCE: Final = _operation("putSource", put_actor, "source")
DELETE_SOURCE: Final = _operation("deleteSource", delete_actor, "source")
LIST_DESTINATIONS: Final = _operation("listDestinations", list_actors, "destination", Role.READER)
CREATE_DESTINATION: Final = _operation("createDestination", create_actor, "destination")
GET_DESTINATION: Final = _operation("getDestination", get_actor, "destination", Role.READER)
PATCH_DESTINATION: Final = _operation("patchDestination", patch_actor, "destination")
PUT_DESTINATION: Final = _operation("putDestination", put_actor, "destination")
DELETE_DESTINATION: Final = _operation("deleteDestination", delete_actor, "destination")
