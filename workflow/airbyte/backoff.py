"""What has failed by itself waits by itself: one bad list or job must not slow down the others.

Each waits longer from failure to failure, up to the feed's own quiet interval, and is forgiven by
its first good answer. A server that is overloaded is another matter: then everything waits
(:class:`~workflow.airbyte.rhythm.Rhythm`).
"""

from __future__ import annotations

import math
import random
from typing import Final

from workflow.airbyte.asks import ListOrigin
from workflow.airbyte.models import JobId
from workflow.airbyte.rhythm import QUICK, QUIET

OVERLOAD: Final = frozenset({429, 502, 503, 504})
"""Answers that speak of the whole server, a proxy's in front of it included."""


class BackOff:
    """Lists and jobs that are to be left alone for a while. Seconds of the monotonic clock."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._pauses: dict[ListOrigin | JobId, tuple[float, float]] = {}
        """How long it waits, and until when."""

    def failed(self, what: ListOrigin | JobId, now: float) -> float:
        """Note a failure; return how long it is not asked for."""
        before, _ = self._pauses.get(what, (QUICK, 0.0))
        seconds = min(QUIET, 2 * before)
        pause = seconds * self._rng.uniform(0.9, 1.1)
        self._pauses[what] = (seconds, now + pause)
        return pause

    def until(self, what: ListOrigin | JobId) -> float:
        """Return when it may be asked for again; minus infinity when it has not failed."""
        return self._pauses.get(what, (0.0, -math.inf))[1]

    def forgive(self, what: ListOrigin | JobId) -> None:
        """Forget that it failed."""
        self._pauses.pop(what, None)

    def hurry(self) -> None:
        """Let everything be asked for now; what fails again waits as long as it would have."""
        self._pauses = {what: (pause, -math.inf) for what, (pause, _) in self._pauses.items()}
