"""An armed profile falls back to read-only, and its launches stop there.

What is left to send would only be refused, run by run; so launches with something left are held,
and go on when somebody arms the profile again and says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from workflow.clock import Clock
from workflow.runs.arming import Arming
from workflow.runs.launching import Launching
from workflow.runs.ledger import Ledger

_WHY: Final = "read-only again"


@dataclass(frozen=True, slots=True)
class FallingBack:
    """Holds what is left to send when a profile's time is over."""

    arming: Arming
    launching: Launching
    ledger: Ledger
    clock: Clock

    async def await_it(self) -> None:
        """Wait until the profile has fallen back, however often it is armed anew; then hold."""
        while (left := self.arming.left) is not None:
            await self.clock.sleep(left.total_seconds())
        await self.hold_all()

    async def hold_all(self) -> None:
        """Hold every launch that has something left to send."""
        for launch in tuple(self.ledger.launches.values()):
            if launch.finished is None and launch.waiting and not launch.held:
                await self.launching.hold(launch.launch, _WHY)
