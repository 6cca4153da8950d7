"""Where lines go: stdout, which may be slow, closed or a pipe whose reader has gone.

Writing happens in a thread of its own, so that a reader who does not read holds up nobody's
polling; a reader who has gone is told to the command, which detaches.
"""

from __future__ import annotations

import asyncio
import os
import queue
import sys
import threading
from typing import Final, TextIO

_BATCH: Final = 500


class Output:
    """Lines on their way to a stream. Belongs to one event loop."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._loop = asyncio.get_running_loop()
        self.closed: Final = asyncio.Event()
        """Set when nobody reads any more."""
        # A daemon: a reader that never reads must not keep the process from ending.
        self._thread = threading.Thread(target=self._write, name="syncdeck-output", daemon=True)
        self._thread.start()

    def put(self, line: str) -> None:
        """Write a line as soon as the stream takes it; returns at once."""
        self._lines.put(line)

    async def finish(self, within: float = 5.0) -> None:
        """Wait until everything is written, but no longer than `within` seconds."""
        self._lines.put(None)
        await asyncio.to_thread(self._thread.join, within)

    def _write(self) -> None:
        while (line := self._lines.get()) is not None:
            batch, over = [line], False
            while len(batch) < _BATCH and not over and not self._lines.empty():
                more = self._lines.get()
                if more is None:
                    over = True
                else:
                    batch.append(more)
            try:
                self._stream.write("".join(f"{text}\n" for text in batch))
                self._stream.flush()
            except (OSError, ValueError):  # a broken pipe, a full disk, a stream that was closed
                self._give_up()
                return
            if over:
                return

    def _give_up(self) -> None:
        if self._stream is sys.stdout:
            # What Python still holds would be tried again, and complained about, at exit.
            _to_nowhere(self._stream)
        try:
            self._loop.call_soon_threadsafe(self.closed.set)
        except RuntimeError:  # the loop has ended; nobody waits for it
            return


def _to_nowhere(stream: TextIO) -> None:
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
    except (OSError, ValueError):
        return
