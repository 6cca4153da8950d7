"""What is asked before harm: who and what it is about, and what would follow, in one dialog each.

Pure words. Who asks, and what an answer leads to, is :mod:`tui.screens.deck_acts`' business.
"""

from __future__ import annotations

from collections.abc import Sequence

from tui.formats import clock, elide, listed, many
from tui.screens.dialogs import ConfirmDialog
from tui.screens.subjects import NAME
from workflow.airbyte.models import Connection
from workflow.runs.run import RunState
from workflow.runs.suspects import Suspicion
from workflow.text import SafeText, safe


def cancel(jobs: Sequence[str], profile: str) -> ConfirmDialog:
    """Whether these jobs, as they are named, are to stop."""
    what = many(len(jobs), "job")
    return _question(
        f"Cancel {what} on {profile}?",
        f"{listed(jobs)}. Cancelling stops whatever runs on the connection now and can take "
        "minutes; a schedule may start a new sync right after.",
        yes=f"Cancel {what}",
    )


def dismiss(run: RunState, suspicion: Suspicion) -> ConfirmDialog:
    """Whether it is sure that a trigger whose answer was lost had no effect."""
    jobs = [job.job_id for job in suspicion.suspects]
    none = f"None of {listed([f'job {job}' for job in jobs])}" if jobs else "No job"
    return _question(
        f"Is no job of {elide(run.name, NAME)} this run's?",
        f"{none} is taken for its own, and one that still comes is nobody's here. The connection "
        f"takes triggers again at once, not at {clock(suspicion.until)}: if the lost one still "
        "acts, there are two jobs.",
        yes="It had no effect",
    )


def unsent(runs: Sequence[RunState]) -> ConfirmDialog:
    """Whether runs that an earlier start left unsent are to be sent or dropped."""
    names = listed([elide(run.name, NAME) for run in runs])
    return _question(
        f"Send {many(len(runs), 'run')} that an earlier start left unsent?",
        f"{names}. Nothing has been sent for them. Dropped, they count as skipped.",
        yes="Send",
        no="Drop",
        later="Leave unsent",
    )


def switch(connections: Sequence[Connection], profile: str, *, active: bool) -> ConfirmDialog:
    """Whether connections are to be enabled (`active`), or disabled."""
    verb = "Enable" if active else "Disable"
    names = listed([elide(connection.name, NAME) for connection in connections])
    return _question(
        f"{verb} {many(len(connections), 'connection')} on {profile}?",
        f"{names}: {_after(connections, active=active)}.",
        yes=verb,
    )


def _after(connections: Sequence[Connection], *, active: bool) -> str:
    """Say what follows for those with a schedule, and for those without."""
    manual = {_is_manual(connection) for connection in connections}
    if active:
        starts = {True: "launches", False: "the schedule and launches"}
        told = starts[manual.pop()] if len(manual) == 1 else "schedules and launches"
        return f"{told} can start syncs again"
    if manual == {True}:
        return "no launch starts a sync any more, and there is no schedule to do it"
    return "no schedule and no launch starts a sync any more"


def _is_manual(connection: Connection) -> bool:
    return connection.schedule is None or connection.schedule.kind == "manual"


def _question(
    title: str, body: str, *, yes: str, no: str = "No", later: str | None = None
) -> ConfirmDialog:
    # Our own words around names that are safe.
    return ConfirmDialog(safe(title), SafeText(body), yes=yes, no=no, later=later, danger=True)
