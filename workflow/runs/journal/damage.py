"""What in a journal cannot be read: passed over, and told once, so that the rest can be used.

Bytes go bad one sector at a time, and files are edited by hand. One entry that nobody can read is
no reason to lose sight of every other run.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from typing import Final, TypeVar

from workflow.text import SafeText, safe

T = TypeVar("T")
Row = TypeVar("Row")

UNREADABLE: Final = (ValueError, TypeError, OverflowError)
"""Of what is no JSON, no event, no time, or no number that can be one."""
_MOST: Final = 1_000
"""Entries that are told apart; after that it hardly matters which."""

_log: Final = logging.getLogger(__name__)


class Damage:
    """The entries of one journal that could not be read. Filled in whichever thread reads."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._found: dict[str, None] = {}

    def note(self, what: str, error: Exception) -> None:
        """Take note that something cannot be read; again changes nothing."""
        if what not in self._found and len(self._found) < _MOST:
            self._found[what] = None
            _log.error("%s cannot be read in %s: %s", what, self._name, str(error)[:200])

    def passed(
        self, rows: Iterable[Row], read: Callable[[Row], T], what: Callable[[Row], str]
    ) -> Iterator[T]:
        """Read rows, and pass over those that cannot be; `what` says which one a row is."""
        for row in rows:
            try:
                yield read(row)
            except UNREADABLE as error:
                self.note(what(row), error)

    @property
    def sentence(self) -> SafeText | None:
        """What was passed over so far, for people; None when everything could be read."""
        found = tuple(self._found)
        if not found:
            return None
        many = len(found) > 1
        told = f"{len(found)} entries are damaged, first" if many else "an entry is damaged:"
        return safe(
            f"In {self._name} {told} {found[0]}. All else is read, and nothing was changed;"
            " the log says more."
        )
