"""The order of the connections: kept, so that one that changes goes to its place by itself.

Pure. There are ten thousand, and somewhere one of them ends or begins all the time.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Final, TypeAlias

from tui.connection_rows import Entry
from tui.signs import Sign
from workflow.airbyte.models import ConnectionId

_FEW: Final = 8
"""Up to one in so many is put in its place; when more have changed, sorting is quicker."""


class Sort(StrEnum):
    """Orders of the connections pane; the value is what its title says."""

    STATE = "by state"
    NAME = "by name"
    OLDEST = "oldest ✓ first"


_PLACES: Final[Mapping[Sign, int]] = {
    sign: place
    for place, sign in enumerate(
        (
            Sign.RUNNING,
            Sign.RETRYING,
            Sign.FAILED,
            Sign.UNRESOLVED,
            Sign.LATE,
            Sign.PENDING,
            Sign.WAITING,
            Sign.EXPIRED,
            Sign.SUCCEEDED,
            Sign.CANCELLED,
            Sign.UNREAD,
            Sign.OFF,
        )
    )
}
_Rank: TypeAlias = tuple[float, str, ConnectionId]
"""What an entry is ordered by; no two have the same."""
_RANKS: Final[Mapping[Sort, Callable[[Entry], _Rank]]] = {
    Sort.STATE: lambda one: (_PLACES[one.look.sign], one.name_key, one.connection_id),
    Sort.NAME: lambda one: (0, one.name_key, one.connection_id),
    Sort.OLDEST: lambda one: (one.last_success, one.name_key, one.connection_id),
}


class Order:
    """Connections in an order."""

    def __init__(self, sort: Sort, entries: Iterable[Entry] = ()) -> None:
        self.sort = sort
        self._rank = _RANKS[sort]
        self._sort(entries)

    @property
    def entries(self) -> Sequence[Entry]:
        """All of them, in their order."""
        return tuple(self._entries)

    def take(self, changes: Mapping[ConnectionId, Entry | None]) -> None:
        """Take in how some are now; None for one that is gone."""
        if len(changes) * _FEW > len(self._ranks):
            known = {one.connection_id: one for one in self._entries} | dict(changes)
            self._sort(one for one in known.values() if one is not None)
            return
        for connection_id, entry in changes.items():
            before = self._of.pop(connection_id, None)
            if before is not None:
                place = bisect_left(self._ranks, before)
                del self._ranks[place], self._entries[place]
            if entry is not None:
                rank = self._of[connection_id] = self._rank(entry)
                place = bisect_left(self._ranks, rank)
                self._ranks.insert(place, rank)
                self._entries.insert(place, entry)

    def _sort(self, entries: Iterable[Entry]) -> None:
        self._entries = sorted(entries, key=self._rank)
        self._ranks = [self._rank(entry) for entry in self._entries]
        self._of = {rank[2]: rank for rank in self._ranks}
