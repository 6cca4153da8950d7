"""A launch's report: what became of every target, as text, Markdown, CSV or JSON.

Made of a launch's state and its runs' states, so it can be had at any time; of a launch that is
not over it says so. The text is for people: problems first. CSV and JSON are for programs: names
and reasons as they are, cells that a spreadsheet would take for a formula made harmless.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from workflow.clock import rfc3339
from workflow.runs.events import Json, Verdict
from workflow.runs.lasting import lasted
from workflow.runs.launch import LaunchState
from workflow.runs.run import RunState
from workflow.runs.wire import VERSION

_ORDER: Final = (
    Verdict.FAILED,
    Verdict.UNRESOLVED,
    Verdict.REJECTED,
    Verdict.EXPIRED,
    Verdict.CANCELLED,
    Verdict.SKIPPED,
    Verdict.SUCCEEDED,
)
"""Problems first."""

_COLUMNS: Final = (
    "connection",
    "connectionId",
    "jobType",
    "verdict",
    "why",
    "jobId",
    "origin",
    "status",
    "rows",
    "bytes",
    "started",
    "ended",
    "seconds",
    "jobSeconds",
    "warnings",
    "run",
)


@dataclass(frozen=True, slots=True)
class Report:
    """What became of a launch."""

    launch: LaunchState
    runs: tuple[RunState, ...]
    """Problems first, otherwise in the order they were created."""

    def to_text(self) -> str:
        """Return it as lines for a terminal."""
        lines = [self._headline(), self._totals(), ""]
        width = max((len(run.name) for run in self.runs), default=0)
        for run in self.runs:
            rows = "rows unknown" if run.rows is None else f"{run.rows:,} rows"
            parts = [f"{run.name:<{width}}", f"{word(run):<10}"]
            if run.job_id is not None:
                parts += [f"job {run.job_id}", rows, took(run)]
            lines.append("  ".join(part for part in parts if part).rstrip())
            if run.verdict not in {Verdict.SUCCEEDED, None} and run.why:
                lines.append(f"    {run.why}")
            lines += [f"    ! {text}" for text in _warnings(run)]
        return "\n".join(lines) + "\n"

    def to_markdown(self) -> str:
        """Return it as a Markdown section with a table."""
        lines = [f"## {_md(self._headline())}", "", _md(self._totals()), ""]
        lines += [
            "| connection | verdict | job | rows | took | why |",
            "|---|---|---:|---:|---:|---|",
        ]
        for run in self.runs:
            cells = (
                run.name,
                word(run),
                "—" if run.job_id is None else str(run.job_id),
                "—" if run.rows is None else f"{run.rows:,}",
                took(run) or "—",
                "; ".join([run.why or "", *(f"! {text}" for text in _warnings(run))]).strip("; "),
            )
            lines.append(f"| {' | '.join(_md(cell) for cell in cells)} |")
        return "\n".join(lines) + "\n"

    def to_csv(self) -> str:
        """Return it as CSV with a header, one line a run."""
        out = io.StringIO()
        writer = csv.DictWriter(out, _COLUMNS, lineterminator="\n")
        writer.writeheader()
        for run in self.runs:
            row = _record(run)
            row["warnings"] = "; ".join(warning.text for warning in run.warnings)
            writer.writerow({name: _cell(value) for name, value in row.items()})
        return out.getvalue()

    def to_json(self, indent: int | None = 2) -> str:
        """Return it as one JSON object, ASCII; names as in the CSV, numbers as numbers.

        `EVENTS.md` beside this module has an example; fields are added without a new version.
        """
        launch = self.launch
        whole: dict[str, Json] = {
            "v": VERSION,
            "launch": launch.launch,
            "name": launch.name,
            "jobType": launch.job_type,
            "started": rfc3339(launch.started),
            "finished": _instant(launch.finished),
            "targets": launch.targets,
            "waiting": launch.waiting,
            "live": launch.live,
            "ended": launch.ended,
            "verdicts": {str(verdict): n for verdict, n in launch.verdicts.items()},
            "rows": launch.rows,
            "rowsUnknown": launch.rows_unknown,
            "runs": [_record(run) | {"outputs": run.outputs} for run in self.runs],
        }
        return json.dumps(whole, indent=indent, allow_nan=False)

    def _headline(self) -> str:
        launch = self.launch
        state = f"{launch.ended}/{launch.targets} ended"
        if launch.finished is None:
            state += ", not over yet" + (f", held: {launch.held_why}" if launch.held else "")
        else:
            state += f" in {span(launch.finished - launch.started)}"
        return f"Launch {launch.name}: {state}"

    def _totals(self) -> str:
        counts = self.launch.verdicts
        parts = [f"{counts[verdict]} {verdict}" for verdict in _ORDER if counts.get(verdict)]
        rows = f"{self.launch.rows:,} rows"
        if self.launch.rows_unknown:
            rows += f", of {self.launch.rows_unknown} unknown"
        return ", ".join([*parts, rows])


def report_of(launch: LaunchState, runs: Iterable[RunState]) -> Report:
    """Return the report of a launch from its state and those of all runs there are."""
    own = [run for run in runs if run.launch == launch.launch]
    return Report(launch, tuple(sorted(own, key=_badness)))


def _badness(run: RunState) -> int:
    return len(_ORDER) if run.verdict is None else _ORDER.index(run.verdict)


def word(run: RunState) -> str:
    """Say where a run stands: its verdict, or what it is doing."""
    return str(run.verdict or run.status or run.phase)


def _warnings(run: RunState) -> list[str]:
    """Return its warnings but for the one that ended it: that is told as the reason."""
    return [warning.text for warning in run.warnings if warning.text != run.why]


def took(run: RunState) -> str:
    """Say how long a run's job took, whoever started it; empty when it has not ended.

    That is what everybody else calls its time: of a job that was attached, not how long it was
    watched; of one that waited for another, not the waiting.
    """
    time = None if run.ended is None else lasted(run, run.ended)
    return "" if time is None else span(time)


def span(time: timedelta) -> str:
    """Write a span with its units: ``58s``, ``8m55``, ``9h04``."""
    seconds = max(0, round(time.total_seconds()))
    if seconds < 60:
        return f"{seconds}s"
    minutes, seconds = divmod(seconds, 60)
    if minutes < 60:
        return f"{minutes}m{seconds:02}"
    hours, minutes = divmod(minutes, 60)
    return f"{hours}h{minutes:02}"


def _record(run: RunState) -> dict[str, Json]:
    time = None if run.begun is None or run.ended is None else run.ended - run.begun
    job_time = None if run.job_id is None or run.ended is None else lasted(run, run.ended)
    warnings: Sequence[str] = [warning.kind for warning in run.warnings]
    return {
        "connection": run.name,
        "connectionId": run.connection_id,
        "jobType": run.job_type,
        "verdict": run.verdict,
        "why": run.why,
        "jobId": run.job_id,
        "origin": run.origin,
        "status": run.status,
        "rows": run.rows,
        "bytes": run.bytes,
        "started": _instant(run.begun),
        "ended": _instant(run.ended),
        "seconds": _seconds(time),
        "jobSeconds": _seconds(job_time),
        "warnings": warnings,
        "run": run.run,
    }


def _seconds(time: timedelta | None) -> float | None:
    return None if time is None else round(time.total_seconds(), 3)


def _instant(at: datetime | None) -> str | None:
    return None if at is None else rfc3339(at)


def _cell(value: Json) -> Json:
    """Keep a spreadsheet from calculating what somebody called a connection."""
    dangerous = isinstance(value, str) and value[:1] in {"=", "+", "-", "@"}
    return f"'{value}" if dangerous else value


def _md(text: str) -> str:
    """Take the meaning out of Markdown's marks."""
    for mark in "\\`*_[]<>|#":
        text = text.replace(mark, f"\\{mark}")
    return text
