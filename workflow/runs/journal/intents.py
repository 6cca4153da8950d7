"""The journal's record that a POST is about to leave, and what became of it.

An intent begins as a *gate* (nobody else may send to this connection), becomes *open* just before
the POST leaves, is *settled* when we know as much as we ever will, and *closed* when the
connection is free again. A clean answer settles and closes at once; after a lost one the intent
stays open, so that later jobs can be shown as suspects. Kept by :mod:`~workflow.runs.journal`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from workflow.runs.events import Json, RunId, Settled

SUSPECT_FOR: Final = timedelta(hours=24)
"""How long after an unanswered POST later jobs of its connection are shown as suspects."""


NO_LIST: Final = -1
"""The base of an intent before which no jobs were listed: nobody knows which were there."""


class Became(StrEnum):
    """What became of an intent's POST."""

    STARTED = "started"
    JOINED = "joined"
    ADOPTED = "adopted"
    UNKNOWN = "unknown"
    REFUSED = "refused"
    NOT_SENT = "not-sent"
    """The POST certainly never left this machine."""

    @property
    def settled(self) -> Settled | None:
        """The word for it in events; None when there is nothing to tell of."""
        return None if self is Became.NOT_SENT else Settled(self.value)

    @property
    def leaves_open(self) -> bool:
        """Whether the connection stays closed to other triggers, and suspects are looked for."""
        return self in {Became.ADOPTED, Became.UNKNOWN}


@dataclass(frozen=True, slots=True)
class IntentKey:
    """Which POST of which run: the same after a restart."""

    run: RunId
    step: str
    visit: int


@dataclass(frozen=True, slots=True)
class Intent:
    """A POST that is about to leave."""

    key: IntentKey
    profile: str
    connection_id: str
    job_type: str
    base: int
    """The highest job id of the connection at the preflight, 0 for none; `NO_LIST`."""
    at: datetime
    """Our clock when the preflight's list arrived."""
    server_date: datetime | None
    """The server's clock then; None when it does not tell."""
    look: timedelta

    @property
    def born(self) -> datetime:
        """The instant the look window is counted from, on the server's clock if it has one."""
        return self.server_date or self.at


@dataclass(frozen=True, slots=True)
class IntentRecord:
    """An intent as the journal has it."""

    intent: Intent
    open: bool
    how: Became | None = None
    """None: not settled."""
    job_id: int | None = None
    """What it was settled with, or, before that, the job claimed for it."""
    suspects: tuple[int, ...] = ()
    answer: Json = field(default=None, repr=False)
    """The answer's JSON body, so that a restart can give it to the document again."""


@dataclass(frozen=True, slots=True)
class GateTaken:
    """No other trigger of this journal is open for the connection, and none can be now."""


@dataclass(frozen=True, slots=True)
class GateBusy:
    """Another run's trigger is still open for the connection."""

    run: RunId
    since: datetime
    settled: bool
    """False while its POST or its look is under way; True when only suspects are awaited."""
