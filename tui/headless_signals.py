"""Ctrl-C and its kin: the first detaches, the second quits at once.

A job at the server goes on whatever happens here, so being interrupted means to stop watching,
write that down, and say how to watch again. The first signal cancels the command's task, whatever
it is waiting for; what it has open closes behind it. A thread cannot be cancelled: one that waits
for a person, a pipe or a name server does not hold up the end for long.
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
_PATIENCE: Final = 1.0
"""Seconds for threads to end in, when all that matters has been closed."""


async def interruptible(command: Callable[[], Awaitable[int]]) -> int:
    """Run a command's body to its exit code; an interruption's is 130.

    It has to be all that its event loop is for: interrupted, it leaves the loop with a time limit.
    """
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
    code = INTERRUPTED
    try:
        code = await task
    except asyncio.CancelledError:
        if not came:
            raise
    finally:
        if came:
            loop.call_later(_PATIENCE, _leave, code)
        else:
            for number in _SIGNALS:
                loop.remove_signal_handler(number)
    return code


def _leave(code: int) -> None:
    """End the process although a thread goes on; the loop waits for it otherwise.

    Nothing is flushed: whoever writes does that at once, and a thread that waits for its reader
    keeps stdout locked.
    """
    os._exit(code)
