"""How much a row of the runs pane wants to be looked at: problems first.

Pure: a run's state, or a job's status, in; its rank and glyph out. Which rows there are, and in
which order, is :mod:`tui.rows`' business.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from typing import Final

from tui.glyphs import Sign, of_status, of_verdict
from workflow.runs.events import Verdict
from workflow.runs.run import Phase, RunState


class Rank(IntEnum):
    """How much a row wants to be looked at, most first."""

    FAILED = 0
    UNRESOLVED = 1
    EMPTY = 2
    """Succeeded, with a question: 0 rows."""
    EXPIRED = 3
    RETRYING = 4
    WARNED = 5
    RUNNING = 6
    PENDING = 7
    DETACHED = 8
    WAITING = 9
    SUCCEEDED = 10
    CANCELLED = 11
    SKIPPED = 12
    RERUN = 13
    """A problem whose connection has been run again since."""


PROBLEMS: Final = frozenset(rank for rank in Rank if rank <= Rank.WARNED)


STATUS_RANKS: Final[Mapping[Sign, Rank]] = {
    Sign.FAILED: Rank.FAILED,
    Sign.RETRYING: Rank.RETRYING,
    Sign.RUNNING: Rank.RUNNING,
    Sign.PENDING: Rank.PENDING,
    Sign.SUCCEEDED: Rank.SUCCEEDED,
    Sign.CANCELLED: Rank.CANCELLED,
}
_VERDICT_RANKS: Final[Mapping[Verdict, Rank]] = {
    Verdict.SUCCEEDED: Rank.SUCCEEDED,
    Verdict.FAILED: Rank.FAILED,
    Verdict.REJECTED: Rank.FAILED,
    Verdict.UNRESOLVED: Rank.UNRESOLVED,
    Verdict.EXPIRED: Rank.EXPIRED,
    Verdict.CANCELLED: Rank.CANCELLED,
    Verdict.SKIPPED: Rank.SKIPPED,
}


def run_rank(state: RunState) -> tuple[Rank, Sign]:
    """Return how much a run's row wants to be looked at, and its glyph."""
    if state.verdict is not None:
        rank = _VERDICT_RANKS[state.verdict]
        if rank is Rank.SUCCEEDED and _warned(state, {"zero-rows"}):
            rank = Rank.EMPTY
        return rank, of_verdict(state.verdict).sign
    if state.phase is Phase.DETACHED:
        return Rank.DETACHED, Sign.OFF
    if state.phase is Phase.WAITING:
        return Rank.WAITING, Sign.WAITING
    if state.status is None:
        return Rank.PENDING, Sign.PENDING
    sign = of_status(state.status).sign
    rank = STATUS_RANKS.get(sign, Rank.PENDING)
    if rank is Rank.RUNNING and _warned(state, {"no-rows", "slow"}):
        rank = Rank.WARNED
    # The job has ended, the run has still to say so.
    return (Rank.RUNNING if rank in {Rank.FAILED, Rank.SUCCEEDED, Rank.CANCELLED} else rank), sign


def _warned(state: RunState, kinds: set[str]) -> bool:
    for warning in state.warnings:
        if warning.kind in kinds:
            moved = state.rows_moved
            if warning.kind != "no-rows" or moved is None or moved < warning.at:
                return True
    return False
