"""The words between the trigger machine and its driver: commands out, answers in, notes beside.

The machine says what it wants (a :data:`Command`), the driver does it and comes back with an
:data:`Answer`. Frozen data only; neither knows how the other works.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, TypeAlias

from workflow.runs.events import Json, RunId
from workflow.runs.journal.intents import Became, GateBusy, GateTaken, Intent
from workflow.runs.trigger import Answered, Attached, JobSeen, TriggerOutcome
from workflow.text import SafeText

# ------------------------------------------------------------------ commands


@dataclass(frozen=True, slots=True)
class TakeGate:
    """Close the connection to other triggers. Answer: `GateTaken`, `GateBusy` or `NotWritten`."""


@dataclass(frozen=True, slots=True)
class LeaveGate:
    """Open the connection again. Answer: `Done`."""


@dataclass(frozen=True, slots=True)
class ReadConnection:
    """GET the connection. Answer: `ConnectionRead` or one of the troubles."""


@dataclass(frozen=True, slots=True)
class ListJobs:
    """GET the connection's newest jobs. Answer: `Listed` or one of the troubles."""

    by_type: bool
    """Ask once for each job type: the server shows only syncs and resets otherwise."""


@dataclass(frozen=True, slots=True)
class OpenIntent:
    """Put the intent on the disk. Answer: `Done`, `NotWritten` or `Locked`."""

    intent: Intent


@dataclass(frozen=True, slots=True)
class Post:
    """Send it, once. Answer: `Replied` or `Lost`."""

    intent: Intent


@dataclass(frozen=True, slots=True)
class ClaimJob:
    """Make the run the job's owner. Answer: `Claimed`."""

    job_id: int


@dataclass(frozen=True, slots=True)
class Settle:
    """Write what became of the POST. Answer: `Done`, also when it can only be written later."""

    how: Became
    job_id: int | None = None
    suspects: tuple[int, ...] = ()
    text: str = ""
    answer: Answered | None = None
    """For the checkpoint that goes into the same transaction."""
    refusal: Json = field(default=None, repr=False, compare=False)
    """A final refusal, so that a restart can tell the document of it."""


@dataclass(frozen=True, slots=True)
class WatchIt:
    """Write that the run watches a job that is not of its making. Answer: `Done`."""

    answer: Attached


@dataclass(frozen=True, slots=True)
class Pause:
    """Let time pass until this instant of our clock. Answer: `Done`."""

    until: datetime


@dataclass(frozen=True, slots=True)
class AwaitGate:
    """Let time pass until this instant: another run's trigger is open. Answer: `Done`."""

    until: datetime


@dataclass(frozen=True, slots=True)
class AwaitJob:
    """Wait until the job has ended, or for some time. Answer: `Done`; then all is asked again."""

    job_id: int
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Finish:
    """There is nothing more to do."""

    outcome: TriggerOutcome


Command: TypeAlias = (
    TakeGate
    | LeaveGate
    | ReadConnection
    | ListJobs
    | OpenIntent
    | Post
    | ClaimJob
    | Settle
    | WatchIt
    | Pause
    | AwaitGate
    | AwaitJob
    | Finish
)

# ------------------------------------------------------------------ answers


@dataclass(frozen=True, slots=True)
class Done:
    """It is done."""


@dataclass(frozen=True, slots=True)
class NotWritten:
    """The journal cannot take it."""

    why: SafeText


@dataclass(frozen=True, slots=True)
class Locked:
    """Nothing but GETs may be sent for the profile any more; nothing was written."""

    why: SafeText


@dataclass(frozen=True, slots=True)
class ConnectionRead:
    """The connection is there."""

    status: str
    """``active`` or something that takes no triggers."""
    left: datetime
    """When the request for it left, by our clock."""


@dataclass(frozen=True, slots=True)
class Listed:
    """The connection's newest jobs, in any order."""

    jobs: tuple[JobSeen, ...]
    left: datetime
    """When the first request for it left, by our clock; its answer may have lain unread since."""
    arrived: datetime
    """When the last answer was there, by our clock: before it was read, if we stood still."""
    date: datetime | None
    """By the server's."""
    missing: bool = False
    """The server has no such list."""


@dataclass(frozen=True, slots=True)
class CheckMissing:
    """A server that is less than Airbyte has no such endpoint."""

    status: int


@dataclass(frozen=True, slots=True)
class CheckRefused:
    """The server refused to be asked, and would again."""

    status: int
    why: SafeText
    body: Json = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class CheckFailed:
    """The server could not be asked now."""

    why: SafeText
    retry_after: float | None = None


Refusal: TypeAlias = Literal["none", "try-again-later", "other"]
"""What sort of a 409 it is; ``none`` for any other status."""


@dataclass(frozen=True, slots=True)
class Replied:
    """The POST was answered."""

    status: int
    job: JobSeen | None = None
    """With a 200 that could be read and speaks of this connection."""
    conflict: Refusal = "none"
    why: SafeText = field(default=SafeText(""))
    retry_after: float | None = None
    body: Json = field(default=None, repr=False)
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Lost:
    """The POST got no answer that could be read."""

    why: SafeText
    sent: bool
    """False only when it is certain that nothing left."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """Who owns the job; None: this run does now."""

    other: RunId | None


Trouble: TypeAlias = CheckMissing | CheckRefused | CheckFailed
Answer: TypeAlias = (
    Done
    | NotWritten
    | Locked
    | GateTaken
    | GateBusy
    | ConnectionRead
    | Listed
    | CheckMissing
    | CheckRefused
    | CheckFailed
    | Replied
    | Lost
    | Claimed
)

# ------------------------------------------------------------------ notes


@dataclass(frozen=True, slots=True)
class Waiting:
    """Nothing is sent until something else is over."""

    reason: Literal["gate", "conflict", "slot"]
    job_id: int | None = None


@dataclass(frozen=True, slots=True)
class Struggling:
    """The server could not be asked; it will be, in so many seconds."""

    why: SafeText
    seconds: float


@dataclass(frozen=True, slots=True)
class Warn:
    """Something to point out to the operator."""

    kind: Literal["server", "inactive", "unsettled"]
    text: SafeText


@dataclass(frozen=True, slots=True)
class Suspected:
    """The jobs that may be the POST's effect are others than before."""

    jobs: tuple[JobSeen, ...]
    provisional: int | None
    """A sole one of the right type: watched from now on, as probably ours."""


Note: TypeAlias = Waiting | Struggling | Warn | Suspected
