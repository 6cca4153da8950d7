"""One request on its way to its handler, and the operation that answers it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from workflow.sandbox.answers import Answer, Refused, forbidden, hal, not_found
from workflow.sandbox.auth import Auth, Principal, Role
from workflow.sandbox.faultbox import FaultBox, Strikes
from workflow.sandbox.log import RequestLog
from workflow.sandbox.model import Connection, WorkspaceId
from workflow.sandbox.outage import Outage
from workflow.sandbox.params import Body, Query, path_uuid
from workflow.sandbox.rendered import ConnectionTexts
from workflow.sandbox.world import World


@dataclass(frozen=True, slots=True)
class Service:
    """What every handler works on: the world and what surrounds it."""

    world: World
    auth: Auth
    faults: FaultBox
    log: RequestLog
    outage: Outage
    connection_texts: ConnectionTexts


@dataclass(frozen=True, slots=True)
class Call:
    """A request whose sender is known and allowed; handlers are plain functions of it."""

    service: Service
    operation: Operation
    number: int
    path: str
    path_values: Mapping[str, str]
    raw_query: bytes
    raw_body: bytes
    content_type: str
    base_url: str
    """Where this mount is, as the client addressed it: ``http://127.0.0.1:8000/v1``."""
    principal: Principal
    strikes: Strikes

    @property
    def world(self) -> World:
        """The world."""
        return self.service.world

    @property
    def is_instance_admin(self) -> bool:
        """Whether the sender is told that something does not exist."""
        return self.principal.role is Role.INSTANCE_ADMIN

    def query(self) -> Query:
        """Read the query."""
        return Query(self.raw_query, self.path, self.fresh_error_id)

    def body(self) -> Body:
        """Read the JSON body."""
        media_type = self.content_type.partition(";")[0].strip().lower()
        if media_type and not media_type.endswith("json"):
            allowed = f"Content Type [{media_type[:60]}] not allowed. Allowed: [application/json]"
            raise Refused(hal(415, "Unsupported Media Type", allowed, self.path))
        return Body(self.raw_body, self.path)

    def uuid(self, name: str) -> str:
        """Read an id of the path."""
        return path_uuid(self.path_values[name], name, self.path)

    def fresh_error_id(self) -> str:
        """Return an id for an `errorId` body."""
        return self.world.catalogue.fresh_uuid("error")

    def require(self, role: Role) -> None:
        """Refuse who may not do this."""
        if self.principal.role < role:
            needed = f"workspace_{role.name.lower()}"
            raise Refused(
                forbidden(f"User does not have any of the required permissions: {needed}")
            )

    def workspaces(self, asked: tuple[str, ...]) -> frozenset[WorkspaceId] | None:
        """Return the workspaces a list is limited to (None: no limit), or refuse one asked for.

        An instance admin may ask for one that is not there, and finds nothing in it.
        """
        if not asked:
            mine = self.principal.workspaces
            return None if mine is None else frozenset(WorkspaceId(one) for one in mine)
        for workspace_id in asked:
            known = self.world.catalogue.workspace(workspace_id) is not None
            if not self.principal.sees(workspace_id) or not (known or self.is_instance_admin):
                raise self.missing("workspace", workspace_id)
        return frozenset(WorkspaceId(workspace_id) for workspace_id in asked)

    def missing(self, kind: str, identifier: str) -> Refused:
        """Return the refusal for what is not there: 403, for an instance admin 404."""
        if self.is_instance_admin:
            return Refused(not_found(kind, identifier))
        return Refused(forbidden("User does not have access to the requested resource"))

    def connection(self, connection_id: str) -> Connection:
        """Return the connection of that id, or refuse."""
        found = self.world.catalogue.connection(connection_id)
        if found is None or not self.principal.sees(found.workspace_id):
            raise self.missing("connection", connection_id)
        return found


Handler = Callable[[Call], Answer]


@dataclass(frozen=True, slots=True)
class Operation:
    """One endpoint: its operationId, who may use it (None: anybody at all), and its handler.

    An `internal` one is no part of the API: no fault strikes it and nobody counts it.
    """

    name: str
    handler: Handler
    role: Role | None = Role.READER
    internal: bool = False
