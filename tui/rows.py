"""Which rows the runs pane has, and in which order.

Jobs first, our own runs second: a row is a run of this deck, a job somebody else started, or a
line that stands for many. Problems come first; what waits and what ended without a question is
folded into lines. Rows are ids and never positions. Pure: states in, ids out; what a row's cells
say is in :mod:`tui.run_cells`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import IntEnum, StrEnum
from typing import Final

from tui import filtering
from tui.filtering import Filter
from tui.glyphs import FOLDED, UNFOLDED, Sign, of_status, plain_look
from tui.lasting import ended
from tui.ranks import PROBLEMS, STATUS_RANKS, Rank, run_rank
from workflow.airbyte.models import JobId
from workflow.airbyte.readings import Reading
from workflow.runs.events import RunId
from workflow.runs.run import RunState
from workflow.text import SafeText

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


@dataclass(frozen=True, slots=True)
class RunKey:
    """The row of a run."""

    run: RunId


@dataclass(frozen=True, slots=True)
class JobKey:
    """The row of a job no run of ours watches."""

    job: JobId


@dataclass(frozen=True, slots=True)
class LineKey:
    """A line that stands for many rows: one fold, or several on a low screen."""

    folds: tuple[Fold, ...]
    more: bool = False
    """The line under a half-open fold that says how many more there are."""


Key = RunKey | JobKey | LineKey
Tagged = Callable[[str | None], str]
"""The tags of a connection, as :func:`tui.filtering.tag_lines` writes them."""


@dataclass(frozen=True, slots=True)
class Item:
    """What ordering, filtering and counting need of a row; changes only with its state."""

    key: RunKey | JobKey
    rank: Rank
    sign: Sign
    name: SafeText
    searched: str
    """What words of a filter are looked for in, lower case."""
    fields: str
    """What it has by :mod:`tui.filtering`, without the tags of its connection."""
    since: float
    """When it ended, else began; seconds since the epoch, 0 when nobody knows."""
    connection_id: str | None
    job_id: int
    """0 while there is none."""
    why: SafeText | None = None
    """Of a run that was skipped or waits."""
    created: float = 0.0
    """When a run was made, seconds since the epoch; 0 for somebody else's job."""
    answered: bool = False
    """It lost its trigger's answer, and what that did is no open question any more."""


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


def item_of_run(state: RunState, *, suspected: bool = False) -> Item:
    """Return what a run's row needs; `suspected` while what its trigger did is an open question."""
    rank, sign = run_rank(state)
    job = state.job_id or 0
    words = (state.name, state.job_type, state.status, state.verdict, f"job {job}", state.run)
    look = plain_look(state)
    return Item(
        key=RunKey(state.run),
        rank=rank,
        sign=sign,
        name=state.name,
        searched=" ".join(word for word in words if word).lower(),
        fields=filtering.fields(
            state.name,
            status=(state.status, state.verdict, look.word),
            job_type=state.job_type,
        ),
        since=(ended(state) or state.begun or state.created).timestamp(),
        connection_id=state.connection_id,
        job_id=job,
        why=state.why if state.verdict is not None else SafeText(state.waiting_for or "slot"),
        created=state.created.timestamp(),
        answered=state.sent is not None and state.origin is None and not suspected,
    )


def item_of_job(reading: Reading, name: SafeText) -> Item:
    """Return what the row of somebody else's job needs."""
    job = reading.job
    since = job.stamp or job.start_time
    look = of_status(job.status)
    rank = STATUS_RANKS.get(look.sign, Rank.PENDING)
    return Item(
        key=JobKey(job.job_id),
        rank=rank,
        sign=look.sign,
        name=name,
        searched=f"{name} {job.job_type} {job.status} {look.word} job {job.job_id}".lower(),
        fields=filtering.fields(name, status=(job.status, look.word), job_type=job.job_type),
        since=0.0 if since is None else since.timestamp(),
        connection_id=job.connection_id,
        job_id=job.job_id,
    )


def arrange(items: Iterable[Item], view: View, tagged: Tagged = lambda _: "") -> Arrangement:
    """Return the rows in order, with lines in place of what is folded."""
    wanted = filtering.read(view.words)
    shown = [item for item in _superseded(items) if _passes(item, view, wanted, tagged)]
    if view.sort is not Sort.PROBLEMS:
        return _flat(shown, view.sort)
    shown.sort(key=_by_problem)
    order: list[Key] = [item.key for item in shown if item.rank not in _FOLDS]
    lines: dict[LineKey, SafeText] = {}
    low: list[tuple[Fold, list[Item]]] = []
    for rank, fold in _FOLDS.items():
        members = [item for item in shown if item.rank is rank]
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
    return Counter(item.sign for item in _superseded(items) if item.rank is not Rank.RERUN)


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


def _by_problem(item: Item) -> tuple[int, float, int]:
    # What is under way keeps its place from beginning to end; what ended stands newest first.
    ended = item.rank < Rank.RETRYING or item.rank > Rank.WAITING
    return (item.rank, -item.since if ended else item.since, item.job_id)


def _passes(item: Item, view: View, wanted: Filter, tagged: Tagged) -> bool:
    if view.problems and item.rank not in PROBLEMS:
        return False
    if not wanted.finds(item.searched):
        return False
    if not wanted.on_fields:
        return True
    return wanted.fits(f"{item.fields}\n{tagged(item.connection_id)}")


_MAY_BE_OLD: Final = frozenset({Rank.FAILED, Rank.EMPTY, Rank.EXPIRED})


def _superseded(items: Iterable[Item]) -> list[Item]:
    """Take problems aside whose connection has a younger row; one is red once, not forty times."""
    listed = list(items)
    # Problems are few among thousands of rows: look only at what may take one's place.
    youngest: dict[str | None, int] = {
        item.connection_id: 0 for item in listed if item.rank in _MAY_BE_OLD
    }
    # One that lost its trigger has no job: what takes its place is a run that was made later.
    latest: dict[str | None, float] = {
        item.connection_id: 0.0 for item in listed if item.rank is Rank.UNRESOLVED and item.answered
    }
    youngest.pop(None, None)
    latest.pop(None, None)
    if not youngest and not latest:
        return listed
    for item in listed:
        known = youngest.get(item.connection_id)
        if known is not None and item.job_id > known:
            youngest[item.connection_id] = item.job_id
        made = latest.get(item.connection_id)
        if made is not None and item.job_id and item.created > made:
            latest[item.connection_id] = item.created
    return [
        replace(item, rank=Rank.RERUN) if _is_old(item, youngest, latest) else item
        for item in listed
    ]


def _is_old(
    item: Item, youngest: Mapping[str | None, int], latest: Mapping[str | None, float]
) -> bool:
    """Whether a younger row takes a problem's place."""
    if item.rank in _MAY_BE_OLD:
        return 0 < item.job_id < youngest.get(item.connection_id, 0)
    unresolved = item.rank is Rank.UNRESOLVED and item.answered
    return unresolved and item.created < latest.get(item.connection_id, 0.0)
