"""What can happen to a run, to a launch and to the feed: frozen facts, in their own words.

They hold text as it came from outside, raw; whoever shows it makes it safe. They never hold a
secret. When a fact was learnt, and of which run, is its envelope's to say: that is an
:class:`~workflow.runs.events.Event`, and facts are had from there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

Json = object
"""What `json` reads and writes; narrowed where it is used."""

# --------------------------------------------------------------------------- facts about a run


@dataclass(frozen=True, slots=True)
class RunCreated:
    """A run exists. Nothing has been sent for it."""

    kind: ClassVar[str] = "run.created"
    profile: str
    workflow_id: str
    steps: tuple[str, ...]
    """The document's step ids in their order."""
    connection_name: str | None = None
    job_type: str | None = None
    server: str | None = None
    """The API's base URL: a job id means nothing anywhere else."""
    watch_only: bool = False
    """Attached to a job that is there: the run's own trigger step is answered, never sent."""


@dataclass(frozen=True, slots=True)
class RunWaiting:
    """Nothing is sent until something else is over, or somebody says go."""

    kind: ClassVar[str] = "run.waiting"
    reason: str
    """``slot``, ``conflict`` (a job is in the way), ``gate`` (another run's trigger is still open)
    or ``asked`` (an earlier process left it unsent; somebody has to say go)."""
    job_id: int | None = None


@dataclass(frozen=True, slots=True)
class TriggerIntent:
    """A POST is about to leave. On disk before it does."""

    kind: ClassVar[str] = "trigger.intent"
    step: str
    visit: int
    job_type: str
    base: int
    """The highest job id the connection had, 0 for none: a job of ours is younger."""
    server_date: str | None = None
    """The server's own clock at the preflight, RFC 3339."""


@dataclass(frozen=True, slots=True)
class TriggerSettled:
    """What became of the POST, as far as anybody can tell."""

    kind: ClassVar[str] = "trigger.settled"
    how: str
    """One of :class:`~workflow.runs.events.Settled`."""
    job_id: int | None = None
    suspects: tuple[int, ...] = ()
    """Jobs that may be the POST's effect."""
    text: str | None = None


@dataclass(frozen=True, slots=True)
class StepStarted:
    """A step of the document is about to make its request."""

    kind: ClassVar[str] = "step.started"
    step: str
    visit: int
    position: int
    """From 1."""
    count: int


@dataclass(frozen=True, slots=True)
class StepFinished:
    """A step has its answer and the document has looked at it."""

    kind: ClassVar[str] = "step.finished"
    step: str
    visit: int
    succeeded: bool
    http_status: int | None = None
    """None when there was no answer."""
    ms: int | None = None
    """How long the request took, in milliseconds; None when no request was made for it."""


@dataclass(frozen=True, slots=True)
class ReadingTaken:
    """One observation of the job."""

    kind: ClassVar[str] = "reading"
    job_id: int
    status: str
    rows: int | None = None
    bytes: int | None = None
    age: float = 0.0
    """Seconds between the server's answer and this event."""
    start_time: str | None = None
    """When the server created the job, RFC 3339."""
    duration: float | None = None
    """Seconds, as the server tells it: frozen at the last change of status."""


@dataclass(frozen=True, slots=True)
class StatusChanged:
    """The job's status is another one than at the reading before."""

    kind: ClassVar[str] = "status.changed"
    from_status: str | None
    to_status: str
    job_id: int | None = None


@dataclass(frozen=True, slots=True)
class PollFailed:
    """A look at the server failed. The run is stale, not failed."""

    kind: ClassVar[str] = "poll.failed"
    reason: str
    next: float | None = None
    """Seconds until the next try."""


@dataclass(frozen=True, slots=True)
class Warned:
    """Something an operator would want pointed out."""

    kind: ClassVar[str] = "warning"
    warning: str
    """``no-rows``, ``zero-rows``, ``slow``, ``successor``, ``workflow``, ``server``,
    ``inactive`` or ``unsettled``; more may come."""
    text: str
    measure: float | None = None


@dataclass(frozen=True, slots=True)
class CancelWished:
    """Somebody wants the job to stop. Said again, with the job, once that is known."""

    kind: ClassVar[str] = "cancel.wished"
    job_id: int | None = None
    """None while it is being looked for what the run's trigger came to."""
    by: str = "operator"
    """``operator``, ``deadline`` or ``workflow``."""


@dataclass(frozen=True, slots=True)
class CancelSent:
    """A DELETE is about to leave for the wish. Written before it does: there are three at most."""

    kind: ClassVar[str] = "cancel.sent"
    job_id: int
    number: int
    """From 1 within the wish."""


@dataclass(frozen=True, slots=True)
class CancelWaits:
    """The server cannot be asked about the job that is to stop, or to stop it; it is again."""

    kind: ClassVar[str] = "cancel.waits"
    job_id: int
    reason: str
    next: float
    """In how many seconds."""


@dataclass(frozen=True, slots=True)
class CancelSettled:
    """What became of that wish."""

    kind: ClassVar[str] = "cancel.settled"
    how: str
    """``cancelled``, ``already-ended``, ``not-cancelled``, ``newer-job``, ``not-sent``."""
    text: str
    job_id: int | None = None


@dataclass(frozen=True, slots=True)
class RunDetached:
    """Nobody here watches any more; the job goes on and can be attached again."""

    kind: ClassVar[str] = "run.detached"
    reason: str = "operator"


@dataclass(frozen=True, slots=True)
class RunTaken:
    """A process looks after the run again, after a detach or a new start."""

    kind: ClassVar[str] = "run.taken"
    reason: str = "start"


@dataclass(frozen=True, slots=True)
class RunFinished:
    """The run is over. Its last event."""

    kind: ClassVar[str] = "run.finished"
    verdict: str
    why: str
    outputs: Mapping[str, Json]
    """As the document declares them; what could not be resolved is null."""
    job_id: int | None = None


# ----------------------------------------------------------- facts about a launch, and the feed


@dataclass(frozen=True, slots=True)
class LaunchStarted:
    """Several runs begin together."""

    kind: ClassVar[str] = "launch.started"
    name: str
    targets: int
    max_parallel: int
    job_type: str | None = None
    on_conflict: str = "attach"
    one_first: bool = False
    hold_after: int | None = None


@dataclass(frozen=True, slots=True)
class LaunchHeld:
    """The launch starts no more runs until somebody says go on; or goes on."""

    kind: ClassVar[str] = "launch.held"
    held: bool
    why: str


@dataclass(frozen=True, slots=True)
class LaunchFinished:
    """All runs of the launch have ended or were let go.

    When one that was let go is taken up again, so is the launch, and it ends once more.
    """

    kind: ClassVar[str] = "launch.finished"
    verdicts: Mapping[str, int]
    """How many runs ended with each verdict."""
    rows: int
    rows_unknown: int
    """Runs whose rows nobody knows; never counted as 0."""
    seconds: float
    detached: int = 0
    """Runs that were let go: they have no verdict, and their jobs go on."""


@dataclass(frozen=True, slots=True)
class FeedRate:
    """How many requests this profile makes."""

    kind: ClassVar[str] = "feed.rate"
    per_minute: int


@dataclass(frozen=True, slots=True)
class UnknownFact:
    """A kind that a later version wrote. Kept, shown by its name, otherwise ignored."""

    kind: str
    data: Mapping[str, Json]


Fact = (
    RunCreated
    | RunWaiting
    | TriggerIntent
    | TriggerSettled
    | StepStarted
    | StepFinished
    | ReadingTaken
    | StatusChanged
    | PollFailed
    | Warned
    | CancelWished
    | CancelSent
    | CancelWaits
    | CancelSettled
    | RunDetached
    | RunTaken
    | RunFinished
    | LaunchStarted
    | LaunchHeld
    | LaunchFinished
    | FeedRate
    | UnknownFact
)
