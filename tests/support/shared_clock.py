"""A clock that several processes share, and whose pace and hour a test sets for all of them."""

from __future__ import annotations

import asyncio
import mmap
import struct
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from tests.support.virtual_time import START

_STATE: Final = struct.Struct("ddd")
_LOOK_AGAIN: Final = 0.05
"""Real seconds after which a sleeper notices that the hour was changed."""


class SharedClock:
    """Wall and monotonic time at a pace of its own, kept in a file. The first to open it begins."""

    def __init__(self, file: Path, pace: float = 10.0) -> None:
        if not file.exists():
            file.write_bytes(_STATE.pack(time.monotonic(), 0.0, pace))
        with file.open("r+b") as opened:
            self._state = mmap.mmap(opened.fileno(), _STATE.size)

    def now(self) -> datetime:
        return START + timedelta(seconds=self.monotonic())

    def monotonic(self) -> float:
        since, hour, pace = _STATE.unpack(self._state[:])
        return float(hour + (time.monotonic() - since) * pace)

    async def sleep(self, seconds: float) -> None:
        until = self.monotonic() + max(0.0, seconds)
        await asyncio.sleep(0)
        while (left := until - self.monotonic()) > 0:
            pace = _STATE.unpack(self._state[:])[2]
            await asyncio.sleep(min(left / pace, _LOOK_AGAIN))

    def set(self, *, pace: float | None = None, later: float = 0.0) -> None:
        """Change the pace, or let so many seconds have passed, for everybody at once."""
        now, real = self.monotonic(), time.monotonic()
        kept = _STATE.unpack(self._state[:])[2]
        self._state[:] = _STATE.pack(real, now + later, pace if pace is not None else kept)
