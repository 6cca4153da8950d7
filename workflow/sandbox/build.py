"""From a world's plan to a world: gives ids, shares sources and destinations, makes many.

The ids depend on the seed and the names alone, so that the same seed and world file give the same
ids at every start.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from workflow.sandbox.catalogue import Catalogue, seeded_uuid
from workflow.sandbox.model import (
    Actor,
    ActorId,
    ActorRole,
    Connection,
    ConnectionId,
    Stream,
    Tag,
    TagId,
    Workspace,
    WorkspaceId,
)
from workflow.sandbox.options import SandboxOptions, WorldSettings
from workflow.sandbox.world import World
from workflow.sandbox.worldfile import (
    ActorPlan,
    ConnectionPlan,
    WorldPlan,
    builtin_world,
    load_world_file,
)

_AGE: Final = 200 * 86_400.0
_REGIONS: Final = ("EU", "US", "APAC", "UK", "DE", "FR", "BR", "IN", "JP", "CA", "AU", "MX")


def plan_of(options: SandboxOptions) -> WorldPlan:
    """Return the plan that the options name: a file's or the built-in one, sized as asked."""
    plan = load_world_file(options.world_file) if options.world_file else builtin_world()
    if options.connections is not None:
        plan = replace(plan, connections=tuple(_many(plan, options.connections, options.seed)))
    return plan


def build(plan: WorldPlan, options: SandboxOptions, start: float) -> World:
    """Build the world of a plan as it is at `start`, in epoch seconds."""
    catalogue = Catalogue(options.seed)
    maker = _Maker(catalogue, options.seed, start)
    for name in plan.workspaces:
        maker.workspace(name)
    for tag in plan.tags:
        maker.tag(tag.workspace, tag.name, tag.color)
    for number, connection in enumerate(plan.connections):
        maker.connection(number, connection)
    settings = WorldSettings(
        seed=options.seed,
        start=start,
        speed=options.speed,
        capacity=options.capacity if options.capacity is not None else plan.capacity,
        first_job_id=plan.first_job_id,
        schedules=plan.schedules if options.schedules is None else options.schedules,
        colleagues=plan.colleagues if options.colleagues is None else options.colleagues,
    )
    return World(settings, catalogue)


class _Maker:
    """Fills a catalogue from plans; everything made is as old as the world pretends to be."""

    def __init__(self, catalogue: Catalogue, seed: int, start: float) -> None:
        self._catalogue = catalogue
        self._seed = seed
        self._born = float(int(start - _AGE))

    def workspace(self, name: str) -> None:
        self._catalogue.add_workspace(Workspace(self._workspace_id(name), name))

    def tag(self, workspace: str, name: str, color: str) -> None:
        self._catalogue.add_tag(
            Tag(self._tag_id(workspace, name), self._workspace_id(workspace), name, color)
        )

    def connection(self, number: int, plan: ConnectionPlan) -> None:
        source = self._actor("source", plan.workspace, plan.source)
        destination = self._actor("destination", plan.workspace, plan.destination)
        self._catalogue.add_connection(
            Connection(
                # The number keeps two connections of one name apart.
                id=ConnectionId(self._id("connection", plan.workspace, plan.name, number)),
                name=plan.name,
                workspace_id=self._workspace_id(plan.workspace),
                source_id=source.id,
                destination_id=destination.id,
                status=plan.status,
                created_at=self._born + 3_600.0 * number,
                schedule=plan.schedule,
                streams=tuple(Stream(name) for name in plan.streams),
                tag_ids=tuple(self._tag_id(plan.workspace, tag) for tag in plan.tags),
                behaviour=plan.behaviour,
            )
        )

    def _actor(self, role: ActorRole, workspace: str, plan: ActorPlan) -> Actor:
        actor_id = ActorId(self._id(role, workspace, plan.kind, plan.name))
        found = self._catalogue.actors[role].get(actor_id)
        return found or self._catalogue.add_actor(
            Actor(
                role=role,
                id=actor_id,
                workspace_id=self._workspace_id(workspace),
                name=plan.name,
                kind=plan.kind,
                created_at=self._born,
                definition_id=definition_id(role, plan.kind),
            )
        )

    def _workspace_id(self, name: str) -> WorkspaceId:
        return WorkspaceId(self._id("workspace", name))

    def _tag_id(self, workspace: str, name: str) -> TagId:
        return TagId(self._id("tag", workspace, name))

    def _id(self, *parts: str | int) -> str:
        return seeded_uuid(self._seed, *parts)


def definition_id(role: ActorRole, kind: str) -> str:
    """Return the id of a connector's definition: the same on every server."""
    return seeded_uuid(0, "definition", role, kind)


def _many(plan: WorldPlan, count: int, seed: int) -> Iterator[ConnectionPlan]:
    """Yield `count` connections: the plan's own first, then variations on them."""
    rng = random.Random(f"{seed}/many")  # noqa: S311 - names, not secrets
    templates = plan.connections or builtin_world().connections
    for number in range(count):
        template = templates[number % len(templates)]
        if number < len(templates):
            yield template
            continue
        region = _REGIONS[rng.randrange(len(_REGIONS))]
        round_ = number // len(templates)
        behaviour = template.behaviour
        yield replace(
            template,
            name=f"{template.name} {region}-{round_}",
            behaviour=replace(
                behaviour,
                duration=behaviour.duration * rng.uniform(0.5, 1.6),
                rows=round(behaviour.rows * rng.uniform(0.2, 2.0)),
                past_jobs=min(behaviour.past_jobs, 2),
            ),
        )
