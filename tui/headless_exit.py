"""Exit codes: how many runs' verdicts become one number."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from tui.commands.common import INTERRUPTED
from workflow.runs.events import Verdict

_CODES: Final = {
    Verdict.SUCCEEDED: 0,
    Verdict.SKIPPED: 0,
    Verdict.FAILED: 1,
    Verdict.REJECTED: 1,
    Verdict.CANCELLED: 3,
    Verdict.EXPIRED: 4,
    Verdict.UNRESOLVED: 5,
}
_ORDER: Final = (1, 5, 4, 3)
"""What is worst for somebody who has to act comes first."""


def exit_code(verdicts: Iterable[Verdict | None]) -> int:
    """Return the code of a command whose runs ended like this; None is a run that did not end."""
    codes = {INTERRUPTED if verdict is None else _CODES[verdict] for verdict in verdicts}
    if INTERRUPTED in codes:
        return INTERRUPTED
    return next((code for code in _ORDER if code in codes), 0)
