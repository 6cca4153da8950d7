"""Where lines go: stdout, which may be slow, full, or a pipe whose reader has gone.

Writing happens in a thread of its own, so that a reader who does not read holds up nobody's
polling; a stream that takes no more is told to the command, which detaches.
"""

from __future__ import annotations

import asyncio
import queue
import sys
import threading
from typing import Final, TextIO

from tui.commands.common import to_nowhere, why_unwritable
from workflow.text import SafeText

_BATCH: Final = 500


class Output:
    """Lines on their way to a stream. Belongs to one event loop."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._loop = asyncio.get_running_loop()
        self.closed: Final = asyncio.Event()
        """Set when the stream takes no more."""
        self.trouble: SafeText | None = None
        """Why it does not, when that is more than a reader who has gone."""
        # A daemon: a reader that never reads must not keep the process from ending.
        self._thread = threading.Thread(target=self._write, name="syncdeck-output", daemon=True)
        self._thread.start()

    def put(self, line: str) -> None:
        """Write a line as soon as the stream takes it; returns at once."""
        self._lines.put(line)

    async def finish(self, within: float | None = None) -> None:
        """Wait until everything is written, but no longer than `within` seconds if that is given.

        A reader may take its time: what it has not read yet would be lost with this process.
        """
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
            except (OSError, ValueError) as error:  # a broken pipe, a full disk, a closed stream
                self._give_up(error)
                return
            if over:
                return

    def _give_up(self, error: OSError | ValueError) -> None:
        if isinstance(error, OSError) and not isinstance(error, BrokenPipeError):
            self.trouble = why_unwritable(error)
        if self._stream is sys.stdout:
            to_nowhere(self._stream)
        try:
            self._loop.call_soon_threadsafe(self.closed.set)
        except RuntimeError:  # the loop has ended; nobody waits for it
            return
