"""Whether an operator's hands are on a table: rows do not change places under them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

HANDS_REST: Final = 1.5
"""Seconds after the last key or click before rows may change places again."""


class Hands:
    """Remembers when they last did something."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._at = float("-inf")

    def move(self) -> None:
        """They do something now."""
        self._at = self._monotonic()

    @property
    def moved(self) -> bool:
        """Whether they ever did."""
        return self._at > float("-inf")

    @property
    def rest(self) -> bool:
        """Whether they have let go."""
        return self._monotonic() - self._at >= HANDS_REST
