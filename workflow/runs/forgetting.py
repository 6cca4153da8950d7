"""Which runs that have ended a fleet need not know any more: the journal has them.

A deck stays open for weeks, and each run it knows takes some kilobytes and a look at every draw.
The newest stay; a launch is forgotten whole, so that its report never lacks a run of it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Final

from workflow.runs.events import LaunchId, RunId, Verdict
from workflow.runs.launch import LaunchState
from workflow.runs.run import RunState

MOST_ENDED: Final = 2_000
"""So many ended runs are known at least, if there were so many."""

_SETTLING: Final = timedelta(minutes=5)
"""So long after a run has ended unresolved, whether it keeps something open may not be known."""
_PROBLEMS: Final = frozenset({Verdict.FAILED, Verdict.EXPIRED, Verdict.UNRESOLVED})

_Group = LaunchId | RunId
"""What is forgotten together: a launch, or a run that belongs to none."""


def to_forget(
    runs: Mapping[RunId, RunState],
    launches: Mapping[LaunchId, LaunchState],
    questions: Collection[RunId],
    now: datetime,
    most: int = MOST_ENDED,
) -> frozenset[RunId]:
    """Return runs to forget, those that ended first, so that `most` ended ones or more are left.

    A run stays while it is not over, or one of the `questions`: those that keep an intent open. So
    do all of its launch, and what has taken the place of a problem that stays: the run with the
    newest job of its connection. Of a launch nothing goes before it has finished.
    """
    groups: defaultdict[_Group, list[RunState]] = defaultdict(list)
    for state in runs.values():
        groups[state.launch or state.run].append(state)
    staying = {
        key
        for key, group in groups.items()
        if not _has_finished(key, launches)
        or any(_is_open(state, questions, now) for state in group)
    }
    _keep_successors(groups, staying)
    over = sorted(
        (group for key, group in groups.items() if key not in staying),
        key=lambda group: max(state.ended or state.created for state in group),
    )
    spare = sum(state.verdict is not None for state in runs.values()) - most
    gone: set[RunId] = set()
    for group in over:
        if len(group) > spare:
            break
        spare -= len(group)
        gone.update(state.run for state in group)
    return frozenset(gone)


def _has_finished(key: _Group, launches: Mapping[LaunchId, LaunchState]) -> bool:
    launch = launches.get(LaunchId(key))
    return launch is None or launch.finished is not None


def _is_open(state: RunState, questions: Collection[RunId], now: datetime) -> bool:
    if state.verdict is not Verdict.UNRESOLVED:
        return state.verdict is None
    return state.run in questions or state.ended is None or now - state.ended < _SETTLING


def _is_problem(state: RunState) -> bool:
    """Whether an operator sees its row as a problem until a later run has taken its place."""
    return state.verdict in _PROBLEMS or any(one.kind == "zero-rows" for one in state.warnings)


def _keep_successors(groups: Mapping[_Group, list[RunState]], staying: set[_Group]) -> None:
    """Add to `staying` what has taken the place of problems in it: they would be red again."""
    newest: dict[str | None, RunState] = {}
    for group in groups.values():
        for state in group:
            known = newest.get(state.connection_id)
            if state.job_id and (known is None or state.job_id > (known.job_id or 0)):
                newest[state.connection_id] = state
    newest.pop(None, None)
    fresh = set(staying)
    while fresh:
        problems = (state for key in fresh for state in groups[key] if _is_problem(state))
        successors = (newest[one.connection_id] for one in problems if one.connection_id in newest)
        fresh = {one.launch or one.run for one in successors} - staying
        staying |= fresh
