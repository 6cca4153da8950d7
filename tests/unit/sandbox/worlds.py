"""Small worlds for the tests of the world."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from workflow.sandbox.behaviour import Behaviour
from workflow.sandbox.catalogue import Catalogue, seeded_uuid
from workflow.sandbox.model import (
    ActorId,
    Connection,
    ConnectionId,
    Workspace,
    WorkspaceId,
)
from workflow.sandbox.options import SandboxError, WorldSettings
from workflow.sandbox.world import World

START = 1_774_402_200.0
"""2026-03-25T01:30:00Z."""

HOME = WorkspaceId(seeded_uuid(0, "home"))
STEADY = Behaviour(duration=100.0, spread=0.0, rows=1_000, past_jobs=0, pending=4.0)


def connection(number: int = 0, behaviour: Behaviour = STEADY, **changes: object) -> Connection:
    made = Connection(
        id=ConnectionId(seeded_uuid(0, "connection", number)),
        name=f"connection {number}",
        workspace_id=HOME,
        source_id=ActorId(seeded_uuid(0, "source")),
        destination_id=ActorId(seeded_uuid(0, "destination")),
        status="active",
        created_at=START - 1_000.0,
        behaviour=behaviour,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def world(*connections: Connection, **settings: object) -> World:
    catalogue = Catalogue(0)
    catalogue.add_workspace(Workspace(HOME, "Home"))
    for one in connections:
        catalogue.add_connection(one)
    base = WorldSettings(seed=0, start=START)
    return World(replace(base, **settings), catalogue)  # type: ignore[arg-type]


def complaint(read: Callable[[], object]) -> str:
    """Return the sentence with which reading fails, empty when it does not."""
    try:
        read()
    except SandboxError as error:
        return str(error)
    return ""
