"""Ctrl-C and its kin: the first detaches, the second quits at once.

A job at the server goes on whatever happens here, so being interrupted means to stop watching,
write that down, and say how to watch again. The first signal cancels the command's task, whatever
it is waiting for; what it has open closes behind it.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable
from typing import Final

from tui.commands.common import INTERRUPTED

# SIGHUP is a lost terminal: nobody reads, the jobs go on.
_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


async def interruptible(command: Callable[[], Awaitable[int]]) -> int:
    """Run a command's body to its exit code; an interruption's is 130."""
    loop = asyncio.get_running_loop()
    task = asyncio.ensure_future(command())
    came = False

    def interrupt() -> None:
        nonlocal came
        if came:
            # The journal is made for being killed; waiting for anything would be another hang.
            os._exit(INTERRUPTED)
        came = True
        task.cancel()

    for number in _SIGNALS:
        loop.add_signal_handler(number, interrupt)
    try:
        return await task
    except asyncio.CancelledError:
        if not came:
            raise
        return INTERRUPTED
    finally:
        for number in _SIGNALS:
            loop.remove_signal_handler(number)
