"""Ids of runs and launches: ten characters after a letter, in the order they were made."""

from __future__ import annotations

import random
from typing import Final

from workflow.clock import Clock
from workflow.runs.events import LaunchId, RunId

# Crockford's: no letter that is read as another.
_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LENGTH: Final = 10
_RANDOM_BITS: Final = 15
_TICK: Final = 64  # milliseconds: what is left of fifty bits lasts until 2109


class Ids:
    """Makes ids, each above the one before it. Two processes rarely meet: 1 in 32,768 a tick."""

    def __init__(self, clock: Clock, rng: random.Random) -> None:
        self._clock = clock
        self._rng = rng
        self._last = 0

    def run(self) -> RunId:
        """Return a new run's id."""
        return RunId(f"r-{self._next()}")

    def launch(self) -> LaunchId:
        """Return a new launch's id."""
        return LaunchId(f"l-{self._next()}")

    def _next(self) -> str:
        ticks = int(self._clock.now().timestamp() * 1000) // _TICK
        drawn = ticks << _RANDOM_BITS | self._rng.getrandbits(_RANDOM_BITS)
        self._last = max(drawn, self._last + 1)
        number = self._last
        letters = []
        for _ in range(_LENGTH):
            number, index = divmod(number, len(_ALPHABET))
            letters.append(_ALPHABET[index])
        return "".join(reversed(letters))
