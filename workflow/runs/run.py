"""What is known of a run: everything that a face shows of it, and nothing that grows.

A state comes about in one way only, by its events being folded (:mod:`~workflow.runs.folding`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from workflow.runs.events import (
    Json,
    LaunchId,
    Origin,
    RunId,
    Verdict,
)
from workflow.text import SafeText


class Phase(StrEnum):
    """Where a run is in its life, whatever its job's status says."""

    WAITING = "waiting"
    TRIGGERING = "triggering"
    """A POST is on its way, or its effect is being looked for."""
    WATCHING = "watching"
    DETACHED = "detached"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class StepState:
    """What happened at one step of the document, over all its visits."""

    step: SafeText
    visits: int = 0
    succeeded: bool | None = None
    """The latest visit's; None while it is under way or before the first."""
    http_status: int | None = None
    ms: int | None = None
    """The latest request's, milliseconds."""
    started: datetime | None = None
    """The first visit's."""
    finished: datetime | None = None
    """The latest visit's."""


@dataclass(frozen=True, slots=True)
class Transition:
    """The job's status from an instant on, as far as readings tell."""

    status: SafeText
    at: datetime


@dataclass(frozen=True, slots=True)
class Sample:
    """Committed rows at an instant; what trend and rate are computed from."""

    at: datetime
    rows: int


@dataclass(frozen=True, slots=True)
class StandingWarning:
    """A warning that still stands."""

    kind: str
    text: SafeText
    measure: float | None
    at: datetime


@dataclass(frozen=True, slots=True)
class CancelState:
    """A standing wish that the job stop, and what became of it."""

    wished: datetime
    by: str
    deletes: int = 0
    """How many requests have left for it."""
    deleted: datetime | None = None
    """When the latest did."""
    waits: SafeText | None = None
    """Why the server could not be asked."""
    until: datetime | None = None
    """When it is asked again."""
    how: str | None = None
    text: SafeText | None = None
    settled: datetime | None = None


@dataclass(frozen=True, slots=True)
class RunState:
    """Everything a face shows about a run. All texts are safe."""

    run: RunId
    launch: LaunchId | None
    profile: SafeText
    workflow_id: SafeText
    connection_id: str | None
    name: SafeText
    """The connection's name, or the workflow's id for a run of no connection."""
    job_type: SafeText | None
    created: datetime
    steps: tuple[StepState, ...]
    phase: Phase = Phase.WAITING
    waiting_for: str | None = None
    """Why, while the phase is waiting: ``slot``, ``conflict``, ``gate`` or ``asked``."""
    current: int | None = None
    """Index into `steps` of the latest step that started."""
    watch_only: bool = False
    origin: Origin | None = None
    job_id: int | None = None
    suspects: tuple[int, ...] = ()
    begun: datetime | None = None
    """When the first step started."""
    sent: datetime | None = None
    """When its latest POST was about to leave."""
    status: SafeText | None = None
    """The job's status in the server's word; None before the first reading."""
    rows: int | None = None
    """None is not known, 0 is a zero that was read."""
    bytes: int | None = None
    readings: int = 0
    read_at: datetime | None = None
    rows_moved: datetime | None = None
    """When rows were last seen to change (or first seen)."""
    job_started: datetime | None = None
    """When the server created the job."""
    job_ended: datetime | None = None
    """When the job ended, by the server; None while it goes on, or when no reading tells."""
    transitions: tuple[Transition, ...] = ()
    samples: tuple[Sample, ...] = ()
    warnings: tuple[StandingWarning, ...] = ()
    failing: SafeText | None = None
    """Why the latest look at the server failed; None when it did not."""
    cancel: CancelState | None = None
    verdict: Verdict | None = None
    why: SafeText | None = None
    outputs: dict[str, Json] | None = None
    ended: datetime | None = None
    seq: int = 0
    """Of the latest event folded in."""

    @property
    def live(self) -> bool:
        """Whether this run may still change by itself."""
        return self.verdict is None and self.phase is not Phase.DETACHED

    @property
    def attached(self) -> bool:
        """Whether it watches a job that no trigger of its own made."""
        return self.watch_only or self.origin is Origin.ATTACHED
