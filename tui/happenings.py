"""What happened since the deck opened, newest last, as many as are worth scrolling through."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from tui.event_lines import Entry

MOST: Final = 10_000
_SAME: Final = timedelta(seconds=2)


class Happenings:
    """A bounded list of entries with numbers that never come twice."""

    def __init__(self) -> None:
        self._entries: deque[tuple[int, Entry]] = deque(maxlen=MOST)
        self._next = 1

    def add(self, entry: Entry) -> None:
        """Take one more; a failed look that concerns every run is told once, not once a run."""
        if entry.name is None and self._entries:
            last = self._entries[-1][1]
            if last.text == entry.text and entry.at - last.at < _SAME:
                return
        self._entries.append((self._next, entry))
        self._next += 1

    @property
    def latest(self) -> Entry | None:
        """The newest, if anything happened."""
        return self._entries[-1][1] if self._entries else None

    @property
    def count(self) -> int:
        """How many came, from the beginning, forgotten ones included."""
        return self._next - 1

    def since(self, number: int) -> Iterator[tuple[int, Entry]]:
        """Yield those with a number above `number`, oldest first."""
        first = self._entries[0][0] if self._entries else self._next
        for index in range(max(0, number + 1 - first), len(self._entries)):
            yield self._entries[index]
