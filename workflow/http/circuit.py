"""Leaves a server alone that has been down, and finds out gently when it is back.

After five failures in a row the circuit is open: requests are not tried. When its pause is over
one request goes as a probe; a good answer closes the circuit, a bad one doubles the pause, from
five seconds to a minute. Pauses vary by a fifth, so that many programs do not come back at once.
"""

from __future__ import annotations

import random
from typing import Final

_TOLERATED: Final = 5
_FIRST_PAUSE: Final = 5.0
_LONGEST_PAUSE: Final = 60.0


class Circuit:
    """Counts failures in a row. Time is passed in, in seconds of a clock nobody sets."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._failures = 0
        self._pause = _FIRST_PAUSE
        self._not_before: float | None = None

    def is_open(self, now: float) -> bool:
        """Say whether requests are refused for now."""
        return self._not_before is not None and now < self._not_before

    def seconds_left(self, now: float) -> float:
        """Return how long until a probe may go; 0 when the circuit is not open."""
        return max(0.0, self._not_before - now) if self._not_before is not None else 0.0

    def admit(self, now: float) -> bool:
        """Say whether a request may go; the first one after a pause is the probe."""
        if self._not_before is None:
            return True
        if now < self._not_before:
            return False
        # Until the probe's outcome is known, the next one would be a probe too: hold it back.
        self._not_before = now + self._varied()
        return True

    def succeeded(self) -> None:
        """Note an answer: the server is there."""
        self._failures = 0
        self._pause = _FIRST_PAUSE
        self._not_before = None

    def failed(self, now: float) -> None:
        """Note that the server could not be reached or could not serve."""
        self._failures += 1
        if self._failures < _TOLERATED:
            return
        self._not_before = now + self._varied()
        self._pause = min(_LONGEST_PAUSE, self._pause * 2)

    def _varied(self) -> float:
        return self._pause * self._rng.uniform(0.8, 1.2)
