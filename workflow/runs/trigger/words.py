"""What a trigger is asked and how it can come out: the words between the fleet and the protocol.

A trigger is one POST of a job, sent once and settled by looking, never by sending again. Whoever
wants one fills in a :class:`TriggerOrder` and gets one :data:`TriggerOutcome` back. The rules are
a pure machine in :mod:`~workflow.runs.trigger.machine` (its judgements in
:mod:`~workflow.runs.trigger.rules`); :mod:`~workflow.runs.trigger.driver` drives it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Literal, TypeAlias

from workflow.runs.events import Json, Origin, RunId
from workflow.text import SafeText

LOOK: Final = timedelta(seconds=300)
"""How long after a POST without a clean answer its effect is looked for."""
_NOTHING: Final = SafeText("")


class OnConflict(StrEnum):
    """What to do when a job of the connection is already on its way."""

    ATTACH = "attach"
    """Watch that job, when it is of the kind that was asked for."""
    SKIP = "skip"
    WAIT = "wait"
    """Send when it has ended."""
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class TriggerOrder:
    """One POST that a run's document asks for."""

    run: RunId
    step: str
    """The step, with its workflow's frames in front when it is a sub-workflow's own."""
    visit: int
    profile: str
    connection_id: str
    job_type: str
    on_conflict: OnConflict = OnConflict.ATTACH
    over_running: bool = False
    """A reset or clear may be sent although it cancels a job of another kind that is running."""
    look: timedelta = LOOK
    deadline: datetime | None = None
    """Nothing is sent after it; a look that is under way ends as unresolved."""
    body: Mapping[str, Json] | None = field(default=None, repr=False)
    """The JSON object the document wants to send; None: connection id and job type alone."""
    partial_server: bool = False
    """The server may have nothing but the document's own endpoints: a check that answers 404 or
    405 is left out, with a warning."""


@dataclass(frozen=True, slots=True)
class JobSeen:
    """A job as the server showed it: what the rules look at."""

    job_id: int
    job_type: str
    status: str
    live: bool
    """Not in a terminal status; unknown statuses are live."""
    created: datetime | None = None
    by_type: bool = False
    """It was listed only when asked for by its type, so it may have been there unseen before."""
    raw: Json = field(default=None, repr=False, compare=False)
    """The server's own JSON object."""


@dataclass(frozen=True, slots=True)
class Answered:
    """The POST has a job: `how` says how surely it is ours."""

    job: JobSeen
    how: Literal[Origin.STARTED, Origin.JOINED, Origin.ADOPTED]
    body: Json = field(repr=False)
    """The answer for the document; for an adopted job the job itself, as listed."""
    status: int = 200
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    why: SafeText = _NOTHING


@dataclass(frozen=True, slots=True)
class Attached:
    """Nothing of ours is running: the job was there, and the run watches it, as asked."""

    job: JobSeen
    why: SafeText

    @property
    def body(self) -> Json:
        """The answer for the document: the job as the server showed it."""
        return self.job.raw


@dataclass(frozen=True, slots=True)
class Refused:
    """The server definitely refused: there is no job of ours. For the document's failure actions.

    When the refusal came from a check before the POST, nothing was sent.
    """

    why: SafeText
    status: int
    body: Json = field(repr=False)
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Skipped:
    """Not sent, as asked: the connection is inactive, or something was already on its way."""

    why: SafeText
    reason: Literal["inactive", "running", "gate"]
    job_id: int | None = None


@dataclass(frozen=True, slots=True)
class Conflict:
    """Not sent: something is in the way, and nobody has said what to do about it."""

    why: SafeText
    job_id: int | None
    choose: bool
    """Attaching was asked for and cannot be done (a job of another kind), so somebody has to
    choose; otherwise `OnConflict.FAIL` was asked for."""


@dataclass(frozen=True, slots=True)
class NotStarted:
    """Nothing was sent but what was refused, and that refusal is not why it was given up.

    ``deadline``: it passed before the POST. ``unreachable``: the server could not be asked, or the
    POST certainly never left. ``journal``: the intent could not be written down. ``locked``:
    the profile was made read-only meanwhile. ``cancelled``: somebody wished that the run's job
    stop before a POST that could count had left.
    """

    why: SafeText
    because: Literal["deadline", "unreachable", "journal", "locked", "cancelled"]


@dataclass(frozen=True, slots=True)
class Unresolved:
    """The POST may have acted, and nobody can tell. Its intent stays open and visible."""

    why: SafeText
    suspects: tuple[JobSeen, ...] = ()


TriggerOutcome: TypeAlias = (
    Answered | Attached | Refused | Skipped | Conflict | NotStarted | Unresolved
)
