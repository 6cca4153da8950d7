"""Ending a task before its time, without losing that one is to be ended oneself."""

from __future__ import annotations

import asyncio
from typing import Any


async def end(task: asyncio.Future[Any]) -> None:
    """Cancel a task and wait until it has ended, whatever comes of it.

    To await it and pass over `CancelledError` would pass over the caller's own as well.
    """
    task.cancel()
    await asyncio.wait({task})
    if not task.cancelled():
        task.exception()  # seen: nobody waits for it any more
