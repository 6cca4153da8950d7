"""One trigger, one POST: the protocol that settles a lost answer by looking.

The words between the fleet and the protocol are here (:mod:`~workflow.runs.trigger.words`). The
rules are a pure machine (:mod:`~workflow.runs.trigger.machine` and what it uses: ``preflight``,
``look``, ``rules``, ``moves``, ``state``); :mod:`~workflow.runs.trigger.driver` plays it on
server, journal and clock.
"""

from workflow.runs.trigger.words import (
    LOOK,
    Answered,
    Attached,
    Conflict,
    JobSeen,
    NotStarted,
    OnConflict,
    Refused,
    Skipped,
    TriggerOrder,
    TriggerOutcome,
    Unresolved,
)

__all__ = [
    "LOOK",
    "Answered",
    "Attached",
    "Conflict",
    "JobSeen",
    "NotStarted",
    "OnConflict",
    "Refused",
    "Skipped",
    "TriggerOrder",
    "TriggerOutcome",
    "Unresolved",
]
