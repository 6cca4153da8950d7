"""Which rows the runs pane has, and in which order.

Jobs first, our own runs second: a row is a run of this deck, a job somebody else started, or a
line that stands for many. Problems come first; what waits and what ended without a question is
folded into lines. Rows are ids and never positions. Pure: states in, ids out; what a row's cells
say is in :mod:`tui.run_cells`.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import IntEnum, StrEnum
from operator import attrgetter
from typing import Final, NamedTuple

from tui import filtering
from tui.filtering import Filter
from tui.glyphs import FOLDED, UNFOLDED, Sign
from tui.ranks import PROBLEMS, Rank
from tui.row_items import Item, JobKey, RunKey, item_of_job, item_of_run, superseded
from workflow.text import SafeText

__all__ = [
    "PROBLEMS",
    "Arrangement",
    "Fold",
    "Item",
    "JobKey",
    "Key",
    "LineKey",
    "Opened",
    "Rank",
    "RunKey",
    "Sort",
    "View",
    "arrange",
    "counts",
    "item_of_job",
    "item_of_run",
    "toggled",
]

PEEK: Final = 2
"""How many rows of a fold that is half open are shown."""


class Fold(StrEnum):
    """Rows that are shown as one line; the value is what the line calls them."""

    WAITING = "waiting"
    SUCCEEDED = "succeeded"
    CANCELLED = "cancelled"
    SKIPPED = "skipped"
    RERUN = "run again since"


_FOLDS: Final[Mapping[Rank, Fold]] = {
    Rank.WAITING: Fold.WAITING,
    Rank.SUCCEEDED: Fold.SUCCEEDED,
    Rank.CANCELLED: Fold.CANCELLED,
    Rank.SKIPPED: Fold.SKIPPED,
    Rank.RERUN: Fold.RERUN,
}
_FIRST_FOLDED: Final = min(_FOLDS)
"""What is folded has the last ranks of all."""
_PLACE: Final = attrgetter("place")
_RANK: Final = attrgetter("rank")
_FOLD_SIGNS: Final[Mapping[Fold, Sign]] = {
    Fold.WAITING: Sign.WAITING,
    Fold.SUCCEEDED: Sign.SUCCEEDED,
    Fold.CANCELLED: Sign.CANCELLED,
    Fold.SKIPPED: Sign.CANCELLED,
    Fold.RERUN: Sign.FAILED,
}
_WAITS: Final[Mapping[str | None, str]] = {
    "slot": "waiting for a slot, nothing sent yet",
    "hold": "held back, nothing sent yet",
    "conflict": "waiting for a job that runs, nothing sent yet",
    "gate": "waiting for another run's trigger, nothing sent yet",
    "asked": "left unsent by an earlier start: {} sends or drops them",
}


class Opened(IntEnum):
    """How far a fold is open."""

    CLOSED = 0
    PEEK = 1
    FULL = 2


class Sort(StrEnum):
    """Orders of the runs pane; the value is what the pane's title says."""

    PROBLEMS = "problems first"
    NEWEST = "newest first"
    NAME = "by name"


class LineKey(NamedTuple):
    """A line that stands for many rows: one fold, or several on a low screen."""

    folds: tuple[Fold, ...]
    more: bool = False
    """The line under a half-open fold that says how many more there are."""


Key = RunKey | JobKey | LineKey
Tagged = Callable[[str | None], str]
"""The tags of a connection, as :func:`tui.filtering.tag_lines` writes them."""


@dataclass(frozen=True, slots=True)
class View:
    """How the operator wants the rows."""

    words: str = ""
    """The filter, as :mod:`tui.filtering` reads it."""
    problems: bool = False
    sort: Sort = Sort.PROBLEMS
    opened: Mapping[Fold, Opened] = field(default_factory=dict)
    low: bool = False
    """A low screen: lines of what ended share one."""
    shut: frozenset[Fold] = frozenset()
    """Folds that are closed although there is a filter: what it finds is not folded else."""
    hold_key: str = "p"
    """The key that asks about what an earlier start left unsent."""

    def openness(self, fold: Fold) -> Opened:
        """Return how far a fold is open."""
        if self.words:
            return Opened.CLOSED if fold in self.shut else Opened.FULL
        return self.opened.get(fold, Opened.CLOSED)

    def toggled(self, line: LineKey) -> View:
        """Return the view after the operator opened a line, or closed it."""
        if self.words:
            return replace(self, shut=self.shut ^ {*line.folds})
        return replace(self, opened=toggled(line, self.opened))


@dataclass(frozen=True, slots=True)
class Arrangement:
    """The rows as they stand, and what the lines among them say."""

    order: tuple[Key, ...]
    lines: Mapping[LineKey, SafeText]
    shown: int
    """Runs and jobs that pass the filter, folded ones included."""


def arrange(items: Iterable[Item], view: View, tagged: Tagged = lambda _: "") -> Arrangement:
    """Return the rows in order, with lines in place of what is folded."""
    shown = _passing(superseded(items), view, tagged)
    if view.sort is not Sort.PROBLEMS:
        return _flat(shown, view.sort)
    shown.sort(key=_PLACE)
    first_folded = bisect_left(shown, _FIRST_FOLDED, key=_RANK)
    order: list[Key] = [item.key for item in shown[:first_folded]]
    folded = shown[first_folded:]
    lines: dict[LineKey, SafeText] = {}
    low: list[tuple[Fold, list[Item]]] = []
    for rank, fold in _FOLDS.items():
        members = [item for item in folded if item.rank is rank]
        if not members:
            continue
        opened = view.openness(fold)
        if view.low and opened is Opened.CLOSED and fold is not Fold.WAITING:
            low.append((fold, members))
            continue
        order += _fold(fold, members, opened, lines, view.hold_key)
    if low:
        key = LineKey(tuple(fold for fold, _ in low))
        lines[key] = SafeText("   ".join(_line(f, m, Opened.CLOSED, short=True) for f, m in low))
        order.append(key)
    return Arrangement(tuple(order), lines, len(shown))


def counts(items: Iterable[Item]) -> Mapping[Sign, int]:
    """Count rows by glyph, for the header; what was run again since counts no more."""
    return Counter(item.sign for item in superseded(items) if item.rank is not Rank.RERUN)


def toggled(key: LineKey, opened: Mapping[Fold, Opened]) -> dict[Fold, Opened]:
    """Return how far folds are open after the operator opened a line."""
    after = dict(opened)
    for fold in key.folds:
        is_open = after.get(fold, Opened.CLOSED)
        if key.more:
            after[fold] = Opened.FULL
        else:
            after[fold] = Opened.FULL if is_open is Opened.CLOSED else Opened.CLOSED
    return after


def _fold(
    fold: Fold,
    members: Sequence[Item],
    opened: Opened,
    lines: dict[LineKey, SafeText],
    hold_key: str,
) -> list[Key]:
    head = LineKey((fold,))
    lines[head] = SafeText(_line(fold, members, opened, hold_key=hold_key))
    if opened is Opened.CLOSED:
        return [head]
    if opened is Opened.FULL or len(members) <= PEEK + 1:
        return [head, *(item.key for item in members)]
    more = LineKey((fold,), more=True)
    lines[more] = SafeText(f"  {len(members) - PEEK:,} more")
    return [head, *(item.key for item in members[:PEEK]), more]


def _line(
    fold: Fold,
    members: Sequence[Item],
    opened: Opened,
    *,
    hold_key: str = "",
    short: bool = False,
) -> str:
    arrow = FOLDED if opened is Opened.CLOSED else UNFOLDED
    words: str = fold.value
    reasons = {item.why for item in members}
    reason = next(iter(reasons)) if len(reasons) == 1 else None
    if fold is Fold.WAITING:
        words = _WAITS.get(reason, "waiting, nothing sent yet").format(hold_key)
    elif fold is Fold.SKIPPED and reason and not short:
        words = f"skipped: {reason}"
    return f"{arrow} {_FOLD_SIGNS[fold].value} {len(members):,} {words}"


def _flat(shown: list[Item], sort: Sort) -> Arrangement:
    if sort is Sort.NAME:
        shown.sort(key=lambda item: (item.name.casefold(), item.job_id))
    else:
        shown.sort(key=lambda item: item.since, reverse=True)
    return Arrangement(tuple(item.key for item in shown), {}, len(shown))


def _passing(items: list[Item], view: View, tagged: Tagged) -> list[Item]:
    if view.problems:
        items = [item for item in items if item.rank in PROBLEMS]
    if not view.words:
        return items
    wanted = filtering.read(view.words)
    return [item for item in items if _passes(item, wanted, tagged)]


def _passes(item: Item, wanted: Filter, tagged: Tagged) -> bool:
    if not wanted.finds(item.searched):
        return False
    if not wanted.on_fields:
        return True
    return wanted.fits(f"{item.fields}\n{tagged(item.connection_id)}")
