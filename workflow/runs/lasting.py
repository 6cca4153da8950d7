"""How long a run's job took and when it ended, for every face; what cannot be known is None.

What the server tells of its job comes before what this program saw: a job that ended while nobody
looked did not go on until somebody did.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from workflow.runs.events import Origin, Verdict
from workflow.runs.run import RunState

_TERMINAL: Final = frozenset({"succeeded", "failed", "cancelled"})
_THE_JOBS: Final = frozenset({Verdict.SUCCEEDED, Verdict.FAILED, Verdict.CANCELLED})
"""Verdicts that are the job's own end."""


def lasted(state: RunState, now: datetime) -> timedelta | None:
    """Return how long a run's job took, or has taken by now.

    None before anything began, and for a job that was over when it was attached and does not tell:
    the run ended when somebody looked, which says nothing of when the job did.
    """
    start = state.job_started or state.begun
    if start is None:
        return None
    if state.job_ended is not None:
        return max(timedelta(0), state.job_ended - start)
    if _was_over(state):
        return None
    return max(timedelta(0), (state.ended or now) - start)


def ended(state: RunState) -> datetime | None:
    """Return when a run ended: its job's end where that is the verdict, and is known."""
    if state.verdict in _THE_JOBS and state.job_ended is not None:
        return state.job_ended
    return state.ended


def _was_over(state: RunState) -> bool:
    return (
        state.origin is Origin.ATTACHED
        and bool(state.transitions)
        and state.transitions[0].status in _TERMINAL
    )
