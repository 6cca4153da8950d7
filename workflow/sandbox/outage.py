"""Whether the server is gone, as after a restart, and how often it was.

Who owns a socket (:mod:`workflow.sandbox.door`) takes it over when an outage begins, and refuses
connections meanwhile. Where there is no socket, the site asks here and refuses with an exception.
"""

from __future__ import annotations

from collections.abc import Callable


class Outage:
    """The time in which nothing is served."""

    def __init__(self) -> None:
        self.number = 0
        """How many outages there were: a request that sees it change was there when one began."""
        self.shut_door: Callable[[float], None] | None = None
        """Refuses connections for so many seconds, where there is a socket."""
        self._until = 0.0

    def begin(self, now: float, seconds: float) -> None:
        """Be gone from `now` (epoch seconds) on, for so many seconds."""
        self.number += 1
        if self.shut_door is not None:
            self.shut_door(seconds)
        else:
            self._until = now + seconds

    def refuses(self, now: float) -> bool:
        """Say whether a request must be refused here, because no socket has done it."""
        return now < self._until
