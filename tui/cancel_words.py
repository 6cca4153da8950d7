"""What stands of a wish to cancel, in one sentence for every face."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from tui.formats import clock
from workflow.runs.run import RunState
from workflow.text import SafeText, safe

_WHEN_KNOWN: Final = "it is sent when it is known which job is this run's"


def cancel_told(state: RunState, asked: str, now: datetime | None = None) -> SafeText | None:
    """Return what became of a run's cancel, or what it waits for; None when none was asked for.

    `asked` says when, or by whom. Without `now` nothing is said of what is waited for.
    """
    cancel = state.cancel
    if cancel is None:
        return None
    if cancel.text is not None:
        return cancel.text
    if cancel.until is not None and now is not None and now < cancel.until:
        why = (cancel.waits or "").rstrip(".")
        return safe(f"{asked}; the server is asked again at {clock(cancel.until)}: {why}")
    if state.origin is None and state.sent is not None:
        return safe(f"{asked}; {_WHEN_KNOWN}")
    return safe(asked)


def is_said_by_the_verdict(how: str, state: RunState | None) -> bool:
    """Whether a cancel came out as the run's verdict tells next: that one is enough."""
    if how != "cancelled" or state is None or state.cancel is None:
        return False
    return state.cancel.by != "workflow"  # after which its document goes on


def is_said_again(at: datetime, state: RunState | None) -> bool:
    """Whether a wish was told before, when its job was not known yet."""
    return state is not None and state.cancel is not None and state.cancel.wished < at
