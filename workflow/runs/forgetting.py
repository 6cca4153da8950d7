"""Which runs that have ended a fleet need not know any more: the journal has them.

A deck stays open for weeks, and each run it knows takes some kilobytes and a look at every draw.
The newest stay; a launch is forgotten whole, so that its report never lacks a run of it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Final

from workflow.runs.events import LaunchId, RunId, Verdict
from workflow.runs.journal.intents import SUSPECT_FOR
from workflow.runs.launch import LaunchState
from workflow.runs.run import RunState

MOST_ENDED: Final = 2_000
"""So many ended runs are known at least, if there were so many."""


def to_forget(
    runs: Mapping[RunId, RunState],
    launches: Mapping[LaunchId, LaunchState],
    now: datetime,
    most: int = MOST_ENDED,
) -> frozenset[RunId]:
    """Return runs to forget, those that ended first, so that `most` ended ones or more are left.

    A run stays while it is not over, or unresolved and its suspects are still looked for; so do all
    of its launch, and later runs of its connection, of which one may have taken its place. Of a
    launch nothing goes before it has finished.
    """
    groups: defaultdict[RunId | LaunchId, list[RunState]] = defaultdict(list)
    questions: set[str | None] = set()
    for state in runs.values():
        groups[state.launch or state.run].append(state)
        if _is_question(state, now):
            questions.add(state.connection_id)
    questions.discard(None)
    over: list[tuple[datetime, list[RunState]]] = []
    for group in groups.values():
        launch = launches.get(group[0].launch or LaunchId(""))
        finished = launch is None or launch.finished is not None
        if finished and not any(_stays(state, now, questions) for state in group):
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


def _is_question(state: RunState, now: datetime) -> bool:
    unresolved = state.verdict is Verdict.UNRESOLVED
    return unresolved and (state.ended is None or now - state.ended < SUSPECT_FOR)


def _stays(state: RunState, now: datetime, questions: Collection[str | None]) -> bool:
    return state.verdict is None or _is_question(state, now) or state.connection_id in questions
