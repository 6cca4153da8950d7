"""How long a run's job took, for every face; what cannot be known is None, never a guess."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from workflow.runs.events import Origin
from workflow.runs.run import RunState

_TERMINAL: Final = frozenset({"succeeded", "failed", "cancelled"})


def lasted(state: RunState, now: datetime) -> timedelta | None:
    """Return how long a run's job took, or has taken by now.

    None before anything began, and for a job that was over when it was attached: the run ended
    when somebody looked, which says nothing of when the job did.
    """
    start = state.job_started or state.begun
    if start is None or _was_over(state):
        return None
    return max(timedelta(0), (state.ended or now) - start)


def _was_over(state: RunState) -> bool:
    return (
        state.origin is Origin.ATTACHED
        and bool(state.transitions)
        and state.transitions[0].status in _TERMINAL
    )
