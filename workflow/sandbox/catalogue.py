"""What is provisioned: workspaces, sources, destinations, connections, tags.

A store of frozen values by id. It keeps references whole (nothing points at what was never
there) and hands out ids that depend on the seed alone. What may be sent to change it, and what a
refusal looks like, is decided in the routes.
"""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import replace
from typing import Final

from workflow.sandbox.model import (
    Actor,
    ActorId,
    ActorRole,
    Connection,
    ConnectionId,
    Tag,
    TagId,
    Workspace,
    WorkspaceId,
)


def seeded_uuid(seed: int, *parts: str | int) -> str:
    """Return a UUID (shaped like a random one) that is the same for the same words."""
    text = "\x1f".join(str(part) for part in (seed, *parts))
    return str(
        uuid.UUID(
            bytes=hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:16], version=4
        )
    )


_MOST_SELECTIONS: Final = 16
_Selection = tuple[frozenset[WorkspaceId] | None, frozenset[TagId], bool]


class Catalogue:
    """All provisioned things of one server, in the order in which they came."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._made = 0
        self.workspaces: dict[WorkspaceId, Workspace] = {}
        self.actors: dict[ActorRole, dict[ActorId, Actor]] = {"source": {}, "destination": {}}
        self.connections: dict[ConnectionId, Connection] = {}
        self.tags: dict[TagId, Tag] = {}
        self.tag_changes = 0
        """How often a tag came or changed; connections show their tags whole."""
        self._selections: dict[_Selection, tuple[Connection, ...]] = {}

    def fresh_uuid(self, kind: str) -> str:
        """Return the id for something that is created while the server runs."""
        self._made += 1
        return seeded_uuid(self._seed, "made", kind, self._made)

    def workspace(self, workspace_id: str) -> Workspace | None:
        """Return a workspace that was not deleted."""
        found = self.workspaces.get(WorkspaceId(workspace_id))
        return None if found is None or found.deleted else found

    def actor(self, role: ActorRole, actor_id: str) -> Actor | None:
        """Return a source or destination that was not deleted."""
        found = self.actors[role].get(ActorId(actor_id))
        return None if found is None or found.deleted else found

    def connection(self, connection_id: str) -> Connection | None:
        """Return a connection, a deprecated (deleted) one too."""
        return self.connections.get(ConnectionId(connection_id))

    def add_workspace(self, workspace: Workspace) -> Workspace:
        """Put a workspace in, new or changed."""
        self.workspaces[workspace.id] = workspace
        return workspace

    def add_actor(self, actor: Actor) -> Actor:
        """Put a source or destination in, new or changed."""
        self.actors[actor.role][actor.id] = actor
        return actor

    def add_connection(self, connection: Connection) -> Connection:
        """Put a connection in, new or changed."""
        self.connections[connection.id] = connection
        self._selections.clear()
        return connection

    def select(
        self,
        workspaces: frozenset[WorkspaceId] | None,
        tags: frozenset[TagId],
        *,
        with_deleted: bool,
    ) -> tuple[Connection, ...]:
        """Return the connections in any of the workspaces with any of the tags.

        No workspaces and no tags given (None, empty) means all.
        Kept until a connection changes: a client pages through 10,000 of them in 100 requests.
        """
        key = (workspaces, tags, with_deleted)
        if key not in self._selections:
            if len(self._selections) >= _MOST_SELECTIONS:
                self._selections.clear()
            self._selections[key] = tuple(
                connection
                for connection in self.connections.values()
                if (workspaces is None or connection.workspace_id in workspaces)
                and (with_deleted or connection.status != "deprecated")
                and (not tags or not tags.isdisjoint(connection.tag_ids))
            )
        return self._selections[key]

    def add_tag(self, tag: Tag) -> Tag:
        """Put a tag in, new or changed."""
        self.tags[tag.id] = tag
        self.tag_changes += 1
        return tag

    def remove_tag(self, tag_id: TagId) -> None:
        """Delete a tag and take it off every connection."""
        del self.tags[tag_id]
        for connection in list(self.connections.values()):
            if tag_id in connection.tag_ids:
                kept = tuple(tag for tag in connection.tag_ids if tag != tag_id)
                self.add_connection(replace(connection, tag_ids=kept))
