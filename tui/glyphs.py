"""What a status looks like: one glyph, one word, one tone; never colour alone.

Everything a face says about the state of a job or run in one cell comes from here, so the runs
pane, the header's counts, the help page and the plain lines agree. A warning replaces the word
and leaves the glyph: ``✓ 0 rows!``. The glyphs themselves are in :mod:`tui.signs`, and can be had
from here; which runs come first is :mod:`tui.rows`' business.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from tui.formats import age
from tui.signs import (
    BAR_EMPTY,
    BAR_FULL,
    BAR_LIVE,
    BAR_OTHERWISE,
    CURSOR,
    FOLDED,
    FOLLOWED,
    LINK,
    MARK,
    UNFOLDED,
    UNKNOWN,
    Look,
    Sign,
    Tone,
    to_ascii,
)
from workflow.runs.events import Verdict
from workflow.runs.run import Phase, RunState, StandingWarning
from workflow.text import SafeText

__all__ = [
    "BAR_EMPTY",
    "BAR_FULL",
    "BAR_LIVE",
    "BAR_OTHERWISE",
    "CURSOR",
    "DETACHED",
    "FOLDED",
    "FOLLOWED",
    "LATE",
    "LINK",
    "MARK",
    "NEVER_RAN",
    "OFF",
    "TRIGGERING",
    "UNFOLDED",
    "UNKNOWN",
    "UNREAD",
    "WAITING",
    "Look",
    "Sign",
    "Tone",
    "of_run",
    "of_status",
    "of_verdict",
    "plain_look",
    "to_ascii",
]


def _look(sign: Sign, word: str, tone: Tone) -> Look:
    return Look(sign, SafeText(word), tone)


WAITING: Final = _look(Sign.WAITING, "waiting", Tone.WAITING)
UNREAD: Final = _look(Sign.UNREAD, "not read yet", Tone.QUIET)
OFF: Final = _look(Sign.OFF, "off", Tone.QUIET)
LATE: Final = _look(Sign.LATE, "late", Tone.WARNING)
NEVER_RAN: Final = _look(Sign.WAITING, "no job yet", Tone.QUIET)
DETACHED: Final = _look(Sign.OFF, "detached", Tone.QUIET)
TRIGGERING: Final = _look(Sign.PENDING, "triggering", Tone.PENDING)

_STATUSES: Final[Mapping[str, Look]] = {
    "pending": _look(Sign.PENDING, "pending", Tone.PENDING),
    "queued": _look(Sign.PENDING, "queued", Tone.PENDING),
    "running": _look(Sign.RUNNING, "running", Tone.RUNNING),
    "incomplete": _look(Sign.RETRYING, "retrying", Tone.RETRYING),
    "succeeded": _look(Sign.SUCCEEDED, "succeeded", Tone.SUCCEEDED),
    "failed": _look(Sign.FAILED, "failed", Tone.FAILED),
    "cancelled": _look(Sign.CANCELLED, "cancelled", Tone.CANCELLED),
}

_VERDICTS: Final[Mapping[Verdict, Look]] = {
    Verdict.SUCCEEDED: _STATUSES["succeeded"],
    Verdict.FAILED: _STATUSES["failed"],
    Verdict.CANCELLED: _STATUSES["cancelled"],
    Verdict.REJECTED: _look(Sign.FAILED, "rejected", Tone.FAILED),
    Verdict.SKIPPED: _look(Sign.CANCELLED, "skipped", Tone.CANCELLED),
    Verdict.EXPIRED: _look(Sign.EXPIRED, "expired", Tone.EXPIRED),
    Verdict.UNRESOLVED: _look(Sign.UNRESOLVED, "unresolved", Tone.UNRESOLVED),
}


def of_status(status: SafeText) -> Look:
    """Return the look of a job's status; a word this program does not know is shown as it is."""
    known = _STATUSES.get(status)
    return known or Look(Sign.PENDING, status, Tone.PENDING)


def of_verdict(verdict: Verdict) -> Look:
    """Return the look of the way a run ended."""
    return _VERDICTS[verdict]


def of_run(state: RunState, now: datetime) -> Look:
    """Return the look of a run, with the word of a standing warning in place of its own."""
    look = plain_look(state)
    if state.cancel is not None and state.live and state.cancel.settled is None:
        since = now - state.cancel.wished
        # Longer words do not fit the column; a wish that hangs is worth its age.
        word = "cancelling" if since < timedelta(minutes=1) else f"cancel {age(since)}!"
        return Look(look.sign, SafeText(word), Tone.WARNING)
    warned = _warned(state, now)
    return look if warned is None else Look(look.sign, warned, Tone.WARNING)


def plain_look(state: RunState) -> Look:
    """Return the look of a run without regard to warnings, which come and go with time."""
    if state.verdict is not None:
        return of_verdict(state.verdict)
    match state.phase:
        case Phase.DETACHED:
            return DETACHED
        case Phase.WAITING:
            return WAITING
        case Phase.TRIGGERING if state.status is None:
            return TRIGGERING
    return UNREAD if state.status is None else of_status(state.status)


def _warned(state: RunState, now: datetime) -> SafeText | None:
    if state.verdict is Verdict.SUCCEEDED:
        # A sync that ended well and moved nothing is a question, not a success to fold away.
        return SafeText("0 rows!") if _has(state, "zero-rows") else None
    unsettled = _has(state, "unsettled")
    if unsettled is not None and state.phase is Phase.TRIGGERING and state.status is None:
        return SafeText(f"looking {age(now - unsettled.at)}!")
    if not state.live or state.status != "running":
        return None
    no_rows = _has(state, "no-rows")
    if no_rows is not None and not _moved_since(state, no_rows):
        since = state.rows_moved or state.begun or no_rows.at
        return SafeText(f"no rows {age(now - since)}!")
    slow = _has(state, "slow")
    if slow is not None and slow.measure is not None:
        return SafeText(f"{slow.measure:.0f}× usual!")
    return None


def _has(state: RunState, kind: str) -> StandingWarning | None:
    return next((warning for warning in state.warnings if warning.kind == kind), None)


def _moved_since(state: RunState, warning: StandingWarning) -> bool:
    return state.rows_moved is not None and state.rows_moved > warning.at - timedelta(seconds=1)
