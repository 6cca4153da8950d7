"""How often a picture is drawn: four times a second, once over an SSH link that is slow.

A link is slow when pictures wait: what goes to a terminal is taken as fast as whoever reads it
passes it on, and an SSH server stops reading while its client does not keep up. Whatever the link,
no picture of new data is made while an earlier one waits: it would only wait behind that, and in
the end the whole program for room to put it. Keys are drawn at once. Pure;
:mod:`tui.outlet` measures.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple, Protocol, runtime_checkable

EVERY: Final = 0.25
"""Seconds between two pictures of new data."""
SLOWLY: Final = 1.0
"""The same when the link is slow."""
LATE: Final = EVERY
"""A picture that waited so long was not out when the next one was due."""
STALLED: Final = 1.0
"""One that waited so long says enough by itself."""
SOON: Final = 0.1
CALM: Final = 10.0
"""Seconds in which no picture waited longer than `SOON` before a slow link counts as quick."""
_EARLY: Final = 0.05
"""A timer's tick may come a little before its time."""


class Waited(NamedTuple):
    """How long pictures waited to leave, in seconds."""

    longest: float = 0.0
    """Of those that left since the last question, and of what waits."""
    still: float = 0.0
    """The oldest that has not left yet; 0 when all have."""


@runtime_checkable
class Outlet(Protocol):
    """What knows how long pictures wait."""

    def waited(self) -> Waited:
        """Tell of the time since the last question."""


@runtime_checkable
class Paced(Protocol):
    """An app that draws more slowly over a slow link."""

    @property
    def slow_link(self) -> bool:
        """Whether it does so now."""


def over_ssh(environ: Mapping[str, str]) -> bool:
    """Tell whether the terminal is at the other end of an SSH connection."""
    return bool(environ.get("SSH_CONNECTION") or environ.get("SSH_TTY"))


class Link:
    """Judges a link by how long pictures wait, and says when the next one is due."""

    def __init__(self, *, ssh: bool, slow: bool | None = None) -> None:
        """Only over `ssh` is a link judged; `slow` says what it is whatever is seen."""
        self._judged = ssh and slow is None
        self.slow = bool(slow)
        self._late = 0
        self._restless = float("-inf")
        self._drawn = float("-inf")

    def due(self, now: float, waited: Waited) -> bool:
        """Tell whether new data is to be drawn at `now`, and take it to be drawn if it is."""
        if self._judged:
            self._judge(now, waited.longest)
        if waited.still > SOON or (self.slow and now - self._drawn < SLOWLY - _EARLY):
            return False
        self._drawn = now
        return True

    def _judge(self, now: float, longest: float) -> None:
        if longest > SOON:
            self._restless = now
        self._late = self._late + 1 if longest >= LATE else 0
        if self._late >= 2 or longest >= STALLED:
            self.slow = True
        elif self.slow and now - self._restless >= CALM:
            self.slow = False
