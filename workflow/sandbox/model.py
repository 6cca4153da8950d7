"""The nouns of the sandbox's world: ids, statuses, and the things that only get provisioned.

Everything here is frozen; a change is a new value put in the old one's place by
:mod:`workflow.sandbox.catalogue`. How a job lives is in :mod:`workflow.sandbox.life`, how any of
this looks on the wire in :mod:`workflow.sandbox.wire`. Instants are seconds since the epoch, UTC.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Literal, NewType, TypeAlias

from workflow.sandbox.behaviour import Behaviour
from workflow.sandbox.schedule import MANUAL, Schedule

WorkspaceId = NewType("WorkspaceId", str)
ActorId = NewType("ActorId", str)
ConnectionId = NewType("ConnectionId", str)
TagId = NewType("TagId", str)
JobId = NewType("JobId", int)

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
"""What a JSON text can hold, once parsed."""

ActorRole: TypeAlias = Literal["source", "destination"]


class JobType(StrEnum):
    """What a job does; `clear` is asked for but comes back as `reset`."""

    SYNC = "sync"
    RESET = "reset"
    REFRESH = "refresh"
    CLEAR = "clear"


class JobStatus(StrEnum):
    """Where a job is in its life, in Airbyte's words."""

    PENDING = "pending"
    QUEUED = "queued"
    RUNNING = "running"
    INCOMPLETE = "incomplete"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


_S = JobStatus
TERMINAL: Final = frozenset({_S.SUCCEEDED, _S.FAILED, _S.CANCELLED})
LEGAL_MOVES: Final[Mapping[JobStatus, frozenset[JobStatus]]] = {
    _S.PENDING: frozenset({_S.QUEUED, _S.RUNNING, _S.FAILED, _S.CANCELLED, _S.INCOMPLETE}),
    _S.QUEUED: frozenset({_S.PENDING, _S.RUNNING, _S.CANCELLED, _S.FAILED}),
    _S.RUNNING: frozenset({_S.INCOMPLETE, *TERMINAL}),
    _S.INCOMPLETE: frozenset({_S.PENDING, _S.RUNNING, *TERMINAL}),
    _S.SUCCEEDED: frozenset(),
    _S.FAILED: frozenset(),
    _S.CANCELLED: frozenset(),
}
"""The moves Airbyte's own server allows."""

ConnectionStatus = Literal["active", "inactive", "deprecated", "locked"]

CauseKind = Literal["request", "schedule", "colleague", "history"]


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a job exists: the truth that Airbyte never tells and the control endpoint does.

    `request` is the number of the request in the sandbox's log, for a job that a POST began.
    """

    kind: CauseKind
    request: int | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Workspace:
    """A workspace; a deleted one stays and is listed only when asked for."""

    id: WorkspaceId
    name: str
    data_residency: str = "auto"
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class Actor:
    """A source or a destination: where connections read from or write to.

    `kind` is the connector, such as ``stripe`` or ``snowflake``.
    """

    role: ActorRole
    id: ActorId
    workspace_id: WorkspaceId
    name: str
    kind: str
    created_at: float
    definition_id: str
    configuration: Mapping[str, Json] = field(default_factory=dict)
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class Tag:
    """A label that connections of one workspace can carry; `color` is six hex digits."""

    id: TagId
    workspace_id: WorkspaceId
    name: str
    color: str


@dataclass(frozen=True, slots=True)
class Stream:
    """One table or object that a connection copies."""

    name: str
    sync_mode: str = "incremental_deduped_history"


@dataclass(frozen=True, slots=True)
class Connection:
    """A pipe from a source to a destination, and how its jobs behave."""

    id: ConnectionId
    name: str
    workspace_id: WorkspaceId
    source_id: ActorId
    destination_id: ActorId
    status: ConnectionStatus
    created_at: float
    schedule: Schedule = MANUAL
    streams: tuple[Stream, ...] = ()
    tag_ids: tuple[TagId, ...] = ()
    behaviour: Behaviour = field(default_factory=Behaviour)
    extras: Mapping[str, Json] = field(default_factory=dict)
    """Settings that are kept and shown but change nothing here: prefix, namespace and such."""
