"""Which connections pass the filter, and which are left when it has grown by a letter.

Pure; what a filter means is :mod:`tui.filtering`'s, the order of connections
:mod:`tui.connection_rows`'.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

from tui import filtering
from tui.connection_rows import PROBLEMS, Entry
from tui.filtering import Filter
from workflow.airbyte.models import ConnectionId

_FOLLOWED: Final = f"\n{filtering.Field.STATUS}:followed"


def passing(
    entries: Sequence[Entry],
    wanted: Filter,
    *,
    problems: bool = False,
    followed: Collection[ConnectionId] = (),
) -> Sequence[Entry]:
    """Return those that pass the filter, in the order they came."""
    shown = entries
    if problems:
        shown = [entry for entry in shown if entry.look.sign in PROBLEMS]
    for word in wanted.words:
        shown = [entry for entry in shown if word in entry.searched]
    for word in wanted.without:
        shown = [entry for entry in shown if word not in entry.searched]
    if wanted.on_fields:
        shown = [
            entry
            for entry in shown
            if wanted.fits(entry.fields + _FOLLOWED * (entry.connection_id in followed))
        ]
    return shown


class Narrowing:
    """What passed the filter while it was typed, letter by letter.

    A letter more is looked for only in what is left, and one that is taken back brings back what
    was there before it. Good for one order of the connections.
    """

    def __init__(
        self,
        entries: Sequence[Entry] = (),
        *,
        problems: bool = False,
        followed: Collection[ConnectionId] = (),
    ) -> None:
        self._followed = followed
        self._steps = [(Filter(), passing(entries, Filter(), problems=problems))]

    def passing(self, words: str) -> Sequence[Entry]:
        """Return what passes."""
        wanted = filtering.read(words)
        while len(self._steps) > 1 and not wanted.narrows(self._steps[-1][0]):
            self._steps.pop()
        before, left = self._steps[-1]
        if wanted != before:
            left = passing(left, wanted, followed=self._followed)
            if before.narrows(wanted):
                self._steps.pop()  # another way to say the same
            self._steps.append((wanted, left))
        return left
