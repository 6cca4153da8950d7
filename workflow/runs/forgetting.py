"""Which runs that have ended a fleet need not know any more: the journal has them.

A deck stays open for weeks, and each run it knows takes some kilobytes and a look at every draw.
The newest stay; a launch is forgotten whole, so that its report never lacks a run of it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from workflow.runs.events import LaunchId, RunId, Verdict
from workflow.runs.launch import LaunchState
from workflow.runs.run import RunState

MOST_ENDED: Final = 2_000
"""So many ended runs are known at least, if there were so many."""


def to_forget(
    runs: Mapping[RunId, RunState],
    launches: Mapping[LaunchId, LaunchState],
    most: int = MOST_ENDED,
) -> frozenset[RunId]:
    """Return runs to forget, those that ended first, so that `most` ended ones or more are left.

    A run that is not over or unresolved stays, and so does all of its launch; of a launch nothing
    goes before it has finished.
    """
    groups: defaultdict[RunId | LaunchId, list[RunState]] = defaultdict(list)
    for state in runs.values():
        groups[state.launch or state.run].append(state)
    over: list[tuple[datetime, list[RunState]]] = []
    for group in groups.values():
        launch = launches.get(group[0].launch or LaunchId(""))
        if all(map(_is_settled, group)) and (launch is None or launch.finished is not None):
            over.append((max(state.ended or state.created for state in group), group))
    over.sort(key=lambda one: one[0])
    spare = sum(state.verdict is not None for state in runs.values()) - most
    gone: set[RunId] = set()
    for _, group in over:
        if len(group) > spare:
            break
        spare -= len(group)
        gone.update(state.run for state in group)
    return frozenset(gone)


def _is_settled(state: RunState) -> bool:
    return state.verdict not in {None, Verdict.UNRESOLVED}
