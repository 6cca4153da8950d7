"""How often a step may be asked that comes back to itself.

The document says what is asked again, never how soon: that is decided here, so that no document
can hammer a server. A server's own Retry-After is honoured.
"""

from __future__ import annotations

from typing import Final

from workflow.arazzo.turns import Call, NoResponse, Response
from workflow.clock import Clock
from workflow.http.messages import retry_after

INTERVAL: Final = 3.0
"""Seconds between two requests of one step."""
MOST_ASKED_FOR: Final = 300.0
"""Seconds: a Retry-After beyond this is cut, since nobody would wait for it unseen."""


class Pacing:
    """When each step of one run may make its next request."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._next: dict[tuple[tuple[str, ...], str], float] = {}

    async def turn(self, call: Call) -> None:
        """Wait until the call's step may ask again; at once for its first request."""
        left = self._next.get(_step(call), 0.0) - self._clock.monotonic()
        if left > 0:
            await self._clock.sleep(left)
        self._next[_step(call)] = self._clock.monotonic() + INTERVAL

    def answered(self, call: Call, answer: Response | NoResponse) -> None:
        """Note how long the server asked to be left alone."""
        if isinstance(answer, Response):
            asked = retry_after(answer.headers, self._clock.now())
            if asked is not None:
                until = self._clock.monotonic() + min(asked, MOST_ASKED_FOR)
                self._next[_step(call)] = max(self._next.get(_step(call), 0.0), until)


def _step(call: Call) -> tuple[tuple[str, ...], str]:
    return call.key.frames, call.key.step
