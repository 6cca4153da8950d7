"""What the cells of a run's or a job's row say, and the columns of the runs pane.

Every cell comes from the run's folded state and the time that is passed in; what is not known is
a dash. Which rows there are is :mod:`tui.rows`' business.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from tui import glyphs
from tui.formats import UNKNOWN, bytes_, duration, exact, rate, short_clock, si
from tui.glyphs import Look, Tone
from tui.lasting import lasted
from tui.widgets.columns import Column
from tui.widgets.line_painter import Cell, Row
from tui.widgets.sparkline import sparkline
from workflow.airbyte.readings import Reading
from workflow.runs.events import Verdict
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


def run_row(state: RunState, now: datetime, columns: Sequence[Column]) -> Row:
    """Return the row of a run."""
    look = glyphs.of_run(state, now)
    cells = _Cells(
        {
            "name": lambda _: Cell(state.name),
            "type": lambda _: Cell(state.job_type or UNKNOWN, Tone.QUIET),
            "status": lambda _: _look(look),
            "step": lambda _: step(state),
            "rows": lambda _: _number(si(state.rows)),
            "exact": lambda _: _number(exact(state.rows)),
            "bytes": lambda _: _number(bytes_(state.bytes)),
            "rate": lambda _: _number(rate(rows_per_second(state))),
            "trend": lambda column: Cell(trend(state, column.width, now), look.tone),
            "time": lambda _: Cell(_nothing_if_unknown(lasted(state, now))),
            "job": lambda _: _number(UNKNOWN if state.job_id is None else str(state.job_id)),
            "began": lambda _: _number(short_clock(state.job_started or state.begun)),
        }
    )
    return Row(cells.of(columns))


def job_row(reading: Reading, name: SafeText, now: datetime, columns: Sequence[Column]) -> Row:
    """Return the row of a job that no run of ours watches."""
    job = reading.job
    look = glyphs.of_status(job.status)
    took = _job_time(reading, now)
    cells = _Cells(
        {
            "name": lambda _: Cell(name),
            "type": lambda _: Cell(job.job_type, Tone.QUIET),
            "status": lambda _: _look(look),
            "step": lambda _: Cell("–", Tone.QUIET),
            "rows": lambda _: _number(si(job.rows_synced)),
            "exact": lambda _: _number(exact(job.rows_synced)),
            "bytes": lambda _: _number(bytes_(job.bytes_synced)),
            "rate": lambda _: _UNKNOWN,
            "trend": lambda _: _NOTHING,
            "time": lambda _: Cell(_nothing_if_unknown(took)),
            "job": lambda _: _number(str(job.job_id)),
            "began": lambda _: _number(short_clock(job.start_time)),
        }
    )
    return Row(cells.of(columns))


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


class _Cells:
    """Cells by column, made only for the columns there are."""

    def __init__(self, makers: Mapping[str, Callable[[Column], Cell]]) -> None:
        self._makers = makers

    def of(self, columns: Sequence[Column]) -> tuple[Cell, ...]:
        return tuple(self._makers[column.key](column) for column in columns)


def _look(look: Look) -> Cell:
    return Cell(look.text, look.tone)


def _number(text: str) -> Cell:
    return _UNKNOWN if text == UNKNOWN else Cell(text)


def _nothing_if_unknown(span: timedelta | None) -> str:
    return "" if span is None else duration(span)


def _job_time(reading: Reading, now: datetime) -> timedelta | None:
    job = reading.job
    if job.start_time is None:
        return None
    if job.is_terminal:
        return job.duration or ((job.stamp or job.start_time) - job.start_time)
    return max(timedelta(0), now - job.start_time)
