"""A deck that is told to end by a signal: it detaches, and gives the terminal back.

Ctrl-C is a key there; SIGTERM and SIGHUP (a lost terminal) are not, and their default would kill
the deck in the middle of a screen.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

from tui.commands.common import INTERRUPTED

_SIGNALS: Final = (signal.SIGTERM, signal.SIGHUP)
_AT_LAST: Final = 10.0
"""Seconds until the process ends whatever the screen does; the journal bears it."""


@contextmanager
def leaving_on_signals(leave: Callable[[int], object]) -> Iterator[None]:
    """Call `leave` with the exit code, in the running event loop, when a signal comes."""
    came = False

    def told(number: int, frame: FrameType | None) -> None:
        nonlocal came
        del number, frame
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:  # before the loop runs, or after
            os._exit(INTERRUPTED)
        if came:
            os._exit(INTERRUPTED)
        came = True
        loop.call_soon_threadsafe(leave, INTERRUPTED)
        loop.call_soon_threadsafe(loop.call_later, _AT_LAST, os._exit, INTERRUPTED)

    before = {number: signal.signal(number, told) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
