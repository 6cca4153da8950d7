"""Which profiles the deck may change to, and the one that was wished for.

Changing is leaving: runs are detached, and the next deck opens on the other profile. Nothing of
one profile is ever on the screen of another.
"""

from __future__ import annotations

from collections.abc import Mapping

from workflow.text import SafeText


class Switch:
    """Asked by the deck, read by who opened it."""

    def __init__(self, profiles: Mapping[str, SafeText]) -> None:
        self._profiles = dict(profiles)
        self.wanted: str | None = None
        """The profile to open next; None when the deck was left for good."""

    def others(self, here: str) -> tuple[tuple[str, SafeText], ...]:
        """Return the other profiles with their servers."""
        return tuple((name, server) for name, server in self._profiles.items() if name != here)

    def take(self) -> str | None:
        """Return the wish, and forget it."""
        wanted, self.wanted = self.wanted, None
        return wanted
