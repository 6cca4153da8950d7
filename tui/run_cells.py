"""What the cells of a run's or a job's row say, and the columns of the runs pane.

Every cell comes from the run's folded state and the time that is passed in; what is not known is
a dash. Which rows there are is :mod:`tui.rows`' business.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from tui import glyphs
from tui.formats import UNKNOWN, bytes_, duration, exact, rate, short_clock, si
from tui.glyphs import Look, Tone
from tui.widgets.columns import Column
from tui.widgets.line_painter import Cell, Row
from tui.widgets.sparkline import sparkline
from workflow.airbyte.models import Job
from workflow.airbyte.readings import Reading
from workflow.runs.events import Verdict
from workflow.runs.lasting import lasted
from workflow.runs.run import Phase, RunState, Sample
from workflow.text import SafeText

RATE_OVER: Final = timedelta(seconds=60)
"""A rate is that of the last minute, as far as samples reach."""

_NAME: Final = Column("name", "CONNECTION", 14, grows=True)
_STATUS: Final = Column("status", "STATUS", 14)
_STEP: Final = Column("step", "STEP", 7)
_TIME: Final = Column("time", "TIME", 6, right=True)
_TREND: Final = Column("trend", "TREND", 6)

COLUMNS: Final = (
    (_NAME, _STATUS),
    (_NAME, _STATUS, _TIME),
    (_NAME, _STATUS, Column("rows", "ROWS", 6, right=True), _TIME),
    (_NAME, _STATUS, _STEP, Column("rows", "ROWS", 6, right=True), _TIME),
    (
        _NAME,
        Column("type", "TYPE", 5),
        _STATUS,
        _STEP,
        Column("rows", "ROWS", 6, right=True),
        Column("rate", "RATE", 7, right=True),
        _TIME,
    ),
    (
        Column("name", "CONNECTION", 20, grows=True),
        Column("type", "TYPE", 7),
        _STATUS,
        _STEP,
        Column("rows", "ROWS", 7, right=True),
        Column("rate", "RATE", 6, right=True),
        _TREND,
        _TIME,
    ),
    (
        Column("name", "CONNECTION", 24, grows=True),
        Column("type", "TYPE", 7),
        _STATUS,
        _STEP,
        Column("exact", "ROWS", 11, right=True),
        Column("rate", "RATE", 7, right=True),
        Column("trend", "TREND", 8),
        _TIME,
    ),
    (
        Column("name", "CONNECTION", 24, grows=True),
        Column("type", "TYPE", 7),
        Column("job", "JOB", 9, right=True),
        _STATUS,
        _STEP,
        Column("exact", "ROWS", 12, right=True),
        Column("bytes", "DATA", 9, right=True),
        Column("rate", "RATE", 7, right=True),
        Column("trend", "TREND", 12),
        Column("began", "BEGAN", 5, right=True),
        _TIME,
    ),
)
"""The runs pane's columns from narrow to wide."""

_NOTHING: Final = Cell("")
_UNKNOWN: Final = Cell(UNKNOWN, Tone.QUIET)


class _Told(NamedTuple):
    """What the cells of a run's row are made of."""

    state: RunState
    look: Look
    now: datetime


class _ToldJob(NamedTuple):
    """What the cells of the row of somebody else's job are made of."""

    job: Job
    name: SafeText
    now: datetime


def run_row(state: RunState, now: datetime, columns: Sequence[Column]) -> Row:
    """Return the row of a run."""
    told = _Told(state, glyphs.of_run(state, now), now)
    return Row(tuple([_RUN_CELLS[column.key](told, column) for column in columns]))


def job_row(reading: Reading, name: SafeText, now: datetime, columns: Sequence[Column]) -> Row:
    """Return the row of a job that no run of ours watches."""
    told = _ToldJob(reading.job, name, now)
    return Row(tuple([_JOB_CELLS[column.key](told) for column in columns]))


def line_row(text: SafeText, *, more: bool = False) -> Row:
    """Return the row of a line that stands for many."""
    return Row((Cell(text, Tone.QUIET if more else None),))


def step(state: RunState) -> Cell:
    """Return where in its document a run is: ``2/2×19``, ``2/2 ✗``, ``att×140``, ``done``."""
    if state.verdict is Verdict.SUCCEEDED:
        return Cell("done", Tone.QUIET)
    if state.current is None:
        return _NOTHING if state.phase is Phase.WAITING else Cell("–", Tone.QUIET)
    place = f"{state.current + 1}/{len(state.steps)}"
    if state.verdict is not None:
        look = glyphs.of_verdict(state.verdict)
        return Cell(f"{place} {look.glyph}", look.tone)
    visits = state.steps[state.current].visits
    if state.attached:
        return Cell(f"att×{visits}" if visits else "att")
    times = f"{place}×{visits}"
    return Cell(times if len(times) <= 7 else f"{state.current + 1}×{visits}")


def rows_per_second(state: RunState) -> float | None:
    """Return how fast committed rows grew over the last minute; None when nothing can tell."""
    if not state.live or state.status != "running" or state.read_at is None:
        return None
    end = state.read_at
    recent = [sample for sample in state.samples if end - sample.at <= RATE_OVER]
    first = recent[0] if recent else None
    if first is None or len(recent) < 2:
        first = _before(state.samples, end)
    if first is None or state.rows is None:
        return None
    seconds = (end - first.at).total_seconds()
    return None if seconds < 1 else max(0, state.rows - first.rows) / seconds


def trend(state: RunState, cells: int, now: datetime) -> str:
    """Return the recent increments of rows as small blocks; nothing for what ended well."""
    if state.verdict is not None and state.verdict is not Verdict.FAILED:
        return ""
    return sparkline(state.samples, cells, state.ended or state.read_at or now)


def _before(samples: tuple[Sample, ...], end: datetime) -> Sample | None:
    older = [sample for sample in samples if sample.at < end]
    return older[-1] if older else None


def _look(look: Look) -> Cell:
    return Cell(look.text, look.tone)


def _number(text: str) -> Cell:
    return _UNKNOWN if text == UNKNOWN else Cell(text)


def _nothing_if_unknown(span: timedelta | None) -> str:
    return "" if span is None else duration(span)


def _job_time(job: Job, now: datetime) -> timedelta | None:
    if job.start_time is None:
        return None
    if job.is_terminal:
        return job.duration or ((job.stamp or job.start_time) - job.start_time)
    return max(timedelta(0), now - job.start_time)


# A cell is made only for a column there is. Module-wide: a thousand rows make no functions.
_RUN_CELLS: Final[Mapping[str, Callable[[_Told, Column], Cell]]] = {
    "name": lambda of, _: Cell(of.state.name),
    "type": lambda of, _: Cell(of.state.job_type or UNKNOWN, Tone.QUIET),
    "status": lambda of, _: _look(of.look),
    "step": lambda of, _: step(of.state),
    "rows": lambda of, _: _number(si(of.state.rows)),
    "exact": lambda of, _: _number(exact(of.state.rows)),
    "bytes": lambda of, _: _number(bytes_(of.state.bytes)),
    "rate": lambda of, _: _number(rate(rows_per_second(of.state))),
    "trend": lambda of, column: Cell(trend(of.state, column.width, of.now), of.look.tone),
    "time": lambda of, _: Cell(_nothing_if_unknown(lasted(of.state, of.now))),
    "job": lambda of, _: _number(UNKNOWN if of.state.job_id is None else str(of.state.job_id)),
    "began": lambda of, _: _number(short_clock(of.state.job_started or of.state.begun)),
}
_JOB_CELLS: Final[Mapping[str, Callable[[_ToldJob], Cell]]] = {
    "name": lambda of: Cell(of.name),
    "type": lambda of: Cell(of.job.job_type, Tone.QUIET),
    "status": lambda of: _look(glyphs.of_status(of.job.status)),
    "step": lambda _: Cell("–", Tone.QUIET),
    "rows": lambda of: _number(si(of.job.rows_synced)),
    "exact": lambda of: _number(exact(of.job.rows_synced)),
    "bytes": lambda of: _number(bytes_(of.job.bytes_synced)),
    "rate": lambda _: _UNKNOWN,
    "trend": lambda _: _NOTHING,
    "time": lambda of: Cell(_nothing_if_unknown(_job_time(of.job, of.now))),
    "job": lambda of: _number(str(of.job.job_id)),
    "began": lambda of: _number(short_clock(of.job.start_time)),
}
