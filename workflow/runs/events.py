"""The vocabulary of facts about runs and launches.

An :class:`Event` is a frozen fact in an envelope: when, which run, which launch, the how-manieth.
The same form goes into the journal, to ``--json``, to ``--on-end`` commands and into a replay, so
whatever is shown anywhere was first one of these.

Facts are in :mod:`~workflow.runs.facts` and are had from here, with the words that they use. What
is not here: the JSON form (:mod:`~workflow.runs.wire`), how facts add up to a state
(:mod:`~workflow.runs.folding`), where they are kept (:mod:`~workflow.runs.journal`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType

from workflow.runs.facts import (
    CancelSent,
    CancelSettled,
    CancelWaits,
    CancelWished,
    Fact,
    FeedRate,
    Json,
    LaunchFinished,
    LaunchHeld,
    LaunchStarted,
    PollFailed,
    ReadingTaken,
    RunCreated,
    RunDetached,
    RunFinished,
    RunTaken,
    RunWaiting,
    StatusChanged,
    StepFinished,
    StepStarted,
    TriggerIntent,
    TriggerSettled,
    UnknownFact,
    Warned,
)

__all__ = [
    "CancelSent",
    "CancelSettled",
    "CancelWaits",
    "CancelWished",
    "Event",
    "Fact",
    "FeedRate",
    "Json",
    "LaunchFinished",
    "LaunchHeld",
    "LaunchId",
    "LaunchStarted",
    "Origin",
    "PollFailed",
    "ReadingTaken",
    "RunCreated",
    "RunDetached",
    "RunFinished",
    "RunId",
    "RunTaken",
    "RunWaiting",
    "Settled",
    "StatusChanged",
    "StepFinished",
    "StepStarted",
    "TriggerIntent",
    "TriggerSettled",
    "UnknownFact",
    "Verdict",
    "Warned",
]

RunId = NewType("RunId", str)
"""One execution of a workflow, for example ``r-01JD3K5V7Q``; unique within a journal."""

LaunchId = NewType("LaunchId", str)
"""What an operator started at once, for example ``l-01JD3K5V7Q``."""


class Verdict(StrEnum):
    """How a run ended. Written once."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    REJECTED = "rejected"
    """The server definitely refused: there is no job of ours."""
    SKIPPED = "skipped"
    """Not sent, as asked: the connection is inactive, or a job was already running."""
    EXPIRED = "expired"
    """We stopped waiting; the job goes on."""
    UNRESOLVED = "unresolved"
    """We cannot know, and say why."""


class Origin(StrEnum):
    """Whose job a run watches, and how surely."""

    STARTED = "started"
    """Our POST was answered with it."""
    JOINED = "joined"
    """Our POST was answered with a job that was there before."""
    ADOPTED = "adopted"
    """Our POST's answer was lost; this job is probably its effect."""
    ATTACHED = "attached"
    """The job was there already; we only watch."""


class Settled(StrEnum):
    """How a trigger came out."""

    STARTED = "started"
    JOINED = "joined"
    ADOPTED = "adopted"
    ATTACHED = "attached"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Event:
    """A fact in its envelope."""

    time: datetime
    """When it was learnt, aware, UTC."""
    seq: int
    """From 1 within its run (or within its launch, for a fact that belongs to no run)."""
    fact: Fact
    run: RunId | None = None
    launch: LaunchId | None = None
    connection_id: str | None = None
