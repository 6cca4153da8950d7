"""The words between the cancel machine and its driver: commands out, answers in, all frozen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from workflow.runs.trigger import JobSeen
from workflow.text import SafeText

How = Literal["cancelled", "already-ended", "not-cancelled", "newer-job", "not-sent"]

# ------------------------------------------------------------------ commands


@dataclass(frozen=True, slots=True)
class GetJob:
    """Read our job. Answer: `JobRead`, `Gone` or `Unasked`."""


@dataclass(frozen=True, slots=True)
class ListNewer:
    """List the connection's newest jobs. Answer: `JobsRead`, `Gone` (no such list) or `Unasked`."""


@dataclass(frozen=True, slots=True)
class Delete:
    """Send one DELETE.

    Answer: `Deleted`, whatever came back, `Refused` or `NoDelete`; with nothing sent `Stale` or
    `Unasked`.
    """

    number: int


@dataclass(frozen=True, slots=True)
class Pause:
    """Let time pass. Answer: `Passed`."""

    seconds: float
    why: SafeText | None = None
    """What is waited for, when it is that the server can be asked."""


@dataclass(frozen=True, slots=True)
class Finish:
    """It is over."""

    how: How
    text: SafeText


Command: TypeAlias = GetJob | ListNewer | Delete | Pause | Finish

# ------------------------------------------------------------------ answers


@dataclass(frozen=True, slots=True)
class JobRead:
    """Our job as it is now."""

    job: JobSeen


@dataclass(frozen=True, slots=True)
class JobsRead:
    """The connection's newest jobs."""

    jobs: tuple[JobSeen, ...]


@dataclass(frozen=True, slots=True)
class Gone:
    """The server says that there is no such thing, or not for us."""

    why: SafeText


@dataclass(frozen=True, slots=True)
class Unasked:
    """The server could not be asked now."""

    why: SafeText
    seconds: float = 0.0
    """How long it wants to be left alone."""


@dataclass(frozen=True, slots=True)
class Deleted:
    """A DELETE was sent. What it was answered with proves nothing."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A DELETE was sent, and turned away at the door: it had no effect, and may be sent again."""

    why: SafeText
    seconds: float = 0.0
    """How long the server wants to be left alone."""


@dataclass(frozen=True, slots=True)
class NoDelete:
    """The server has no way to cancel, or does not let us."""

    why: SafeText


@dataclass(frozen=True, slots=True)
class Stale:
    """Nothing was sent: what the look told is old, and something else may run by now."""


@dataclass(frozen=True, slots=True)
class Passed:
    """The time has passed."""


Answer: TypeAlias = (
    JobRead | JobsRead | Gone | Unasked | Deleted | Refused | NoDelete | Stale | Passed
)
