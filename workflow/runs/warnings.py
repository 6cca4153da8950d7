"""What an operator would want pointed out about a run, as pure rules over its state.

Each rule says a thing once, for as long as it stands; the fold takes a standing warning away when
the reason is gone.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from workflow.runs.events import Verdict, Warned
from workflow.runs.run import Phase, RunState
from workflow.text import SafeText

NO_ROWS_FOR: Final = timedelta(minutes=10)
"""A running sync whose committed rows stand still that long is pointed out."""
TIMES_USUAL: Final = 3.0
"""So is a job that has run for that many times its connection's usual duration."""
_NEVER_LESS: Final = timedelta(minutes=2)
"""Three times four seconds is nothing to point out."""


def while_live(
    state: RunState, now: datetime, usual: timedelta | None, quiet: timedelta = NO_ROWS_FOR
) -> Iterator[Warned]:
    """Give what is to be said of a run that goes on, and has not been said."""
    if state.phase is not Phase.WATCHING or state.status is None:
        return
    said = {warning.kind for warning in state.warnings}
    still = no_rows_for(state)
    if "no-rows" not in said and still is not None and still >= quiet:
        yield Warned(
            "no-rows",
            f"no new rows for {_minutes(still)}; the last were seen at {state.rows or 0:,}",
            still.total_seconds(),
        )
    if "slow" not in said and usual and state.job_started is not None:
        lasts = now - state.job_started
        times = lasts / usual
        if times >= TIMES_USUAL and lasts >= _NEVER_LESS:
            yield Warned("slow", f"{times:.0f} times its usual {_minutes(usual)}", round(times, 1))


def no_rows_for(state: RunState) -> timedelta | None:
    """Return how long a running sync's rows have stood still, as far as they were read.

    None when that says nothing.
    """
    if state.status != "running" or state.job_type not in {None, "sync"}:
        return None
    since = state.rows_moved or _running_since(state)
    return None if since is None or state.read_at is None else state.read_at - since


def _running_since(state: RunState) -> datetime | None:
    return state.transitions[-1].at if state.transitions else None


def at_end(state: RunState, verdict: Verdict) -> Iterator[Warned]:
    """Give what is to be said of a run that is about to get this verdict."""
    if verdict is Verdict.SUCCEEDED and state.rows == 0 and state.job_type in {None, "sync"}:
        yield Warned("zero-rows", "succeeded without a single row", 0.0)


def successor(job_id: int, status: SafeText) -> Warned:
    """Say that the connection began another job right after its job was cancelled."""
    return Warned(
        "successor",
        f"the connection went on with job {job_id} ({status}) right after the cancel",
        float(job_id),
    )


def _minutes(span: timedelta) -> str:
    seconds = int(span.total_seconds())
    return f"{seconds // 60}m{seconds % 60:02}" if seconds >= 60 else f"{seconds}s"
