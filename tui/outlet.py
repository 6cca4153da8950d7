"""Where pictures leave for the terminal, and how long they wait there.

Textual's own driver hands what it draws to a thread that writes it. The thread stands still while
the terminal takes nothing, and what is drawn meanwhile waits behind that; only the time it takes
is looked at here. What follows from it is :mod:`tui.link`'s to say.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from typing import TextIO

from textual.drivers.linux_driver import LinuxDriver

from tui.link import Waited


class Queued:
    """When each text was handed over that has not left yet. Two threads use it."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._handed: deque[float] = deque()
        self._left: deque[float] = deque()

    def hand_over(self) -> None:
        """One more waits."""
        self._handed.append(self._monotonic())

    def leave(self) -> None:
        """The oldest has left."""
        if self._handed:
            self._left.append(self._monotonic() - self._handed.popleft())

    def waited(self) -> Waited:
        """Tell of the time since the last question."""
        try:
            still = self._monotonic() - self._handed[0]
        except IndexError:
            still = 0.0
        longest = still
        while self._left:
            longest = max(longest, self._left.popleft())
        return Waited(longest, still)


class TimedFile:
    """A terminal's file as the writing thread uses it: says when a text is out."""

    def __init__(self, file: TextIO, queued: Queued) -> None:
        self._file = file
        self._queued = queued

    def write(self, text: str) -> int:
        """Write, and come back when the terminal has taken it."""
        try:
            written = self._file.write(text)
            self._file.flush()
        finally:
            self._queued.leave()
        return written

    def flush(self) -> None:
        """Nothing is held back."""

    def fileno(self) -> int:
        """Return the terminal's own."""
        return self._file.fileno()

    def isatty(self) -> bool:
        """Tell whether it is a terminal."""
        return self._file.isatty()


class TimedDriver(LinuxDriver):
    """Textual's driver of a terminal, which can say how long its pictures wait."""

    _queued: Queued | None = None

    def start_application_mode(self) -> None:
        """Write through a file that is timed."""
        if self._queued is None and self._file is not None:
            self._queued = Queued()
            self._file = TimedFile(self._file, self._queued)  # type: ignore[assignment]
        super().start_application_mode()  # type: ignore[no-untyped-call]

    def write(self, data: str) -> None:
        """Hand a text to the thread that writes."""
        if self._queued is not None:
            self._queued.hand_over()
        super().write(data)

    def waited(self) -> Waited:
        """Tell of the time since the last question."""
        return Waited() if self._queued is None else self._queued.waited()
