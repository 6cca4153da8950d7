"""What is launched again: the launch that fills the form in, and what a form cannot repeat.

Pure but for asking the journal about a launch that the fleet has forgotten.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from tui.screens.launch_foot import WORKFLOW_KEY
from tui.session import Session
from workflow import documents
from workflow.runs import launch
from workflow.runs.events import LaunchId, LaunchStarted
from workflow.runs.launch import DESTRUCTIVE, LaunchState
from workflow.runs.run import RunState
from workflow.text import SafeText, safe

_NOTHING: Final = SafeText("")


@dataclass(frozen=True, slots=True)
class Again:
    """A launch, or some runs, to be launched again."""

    launch: LaunchState | None = None
    """The one they were all of."""
    unlike: SafeText = _NOTHING
    """What the form does otherwise, to be said before anybody sends it."""


async def again(session: Session, runs: Iterable[RunState]) -> Again:
    """Return what a launch of these runs' connections begins with."""
    those = tuple(runs)
    of = {run.launch for run in those}
    one = next(iter(of)) if len(of) == 1 else None
    found = None if one is None else session.fleet.launches.get(one)
    if one is not None and found is None:
        found = await _of_journal(session, one)
    return Again(found, unlike(those))


async def _of_journal(session: Session, of: LaunchId) -> LaunchState | None:
    events = await session.journal.launch_events(of)
    begun = next((event for event in events if isinstance(event.fact, LaunchStarted)), None)
    return None if begun is None else launch.begin(begun)


def unlike(runs: Iterable[RunState]) -> SafeText:
    """Return what runs did that a form filled in from them does not, empty when it does the same.

    A document of somebody's own is in their files, not in the journal. What wiped data once is not
    what anybody wants by default the second time.
    """
    those = tuple(runs)
    own = next((run.workflow_id for run in those if run.workflow_id not in documents.FILES), None)
    if own is not None:
        return safe(f"this ran {own}: {WORKFLOW_KEY} chooses its document; as it stands, a sync")
    wiped = next((run.job_type for run in those if run.job_type in DESTRUCTIVE), None)
    return safe(f"this was a {wiped}; as it stands, a sync") if wiped else _NOTHING
