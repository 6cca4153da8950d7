"""What `syncdeck runs` does: read the journal and say what is in it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import click

from tui.cancel_words import cancel_told
from tui.commands.common import Common, journal_path, load_settings, tell
from tui.formats import age, clock, duration, many
from tui.headless_lines import PlainLines, ended, rows
from tui.headless_main import run_command
from workflow.clock import SystemClock, rfc3339
from workflow.runs.events import Event, Json, RunId
from workflow.runs.folding import NotARunError, begin, fold, replay
from workflow.runs.journal import DamagedEntryError, Records, RunRow, open_records
from workflow.runs.run import RunState
from workflow.runs.wire import to_line
from workflow.settings import ENV_PROFILE, SettingsError
from workflow.settings_choice import no_such_profile
from workflow.text import safe

_COARSER: Final = "From the journal: of plain readings it keeps one a minute."


@asynccontextmanager
async def _records(common: Common) -> AsyncIterator[Records]:
    """Open the journal to read it, and say what of it cannot be read."""
    async with open_records(journal_path(common)) as records:
        yield records
        if records.damage.sentence is not None:
            tell(records.damage.sentence)


def list_runs(common: Common, *, limit: int, unfinished: bool, as_json: bool) -> int:
    """Print the newest runs."""

    async def body() -> int:
        async with _records(common) as records:
            listed = await records.runs(limit, common.profile, unfinished=unfinished)
            suspects = {row.run: await _suspects(records, row) for row in listed}
            damaged = records.damage.sentence is not None
        if not listed and not damaged:
            _refuse_unknown(common.profile)
        if as_json:
            bodies = [_row_json(row) | {"suspects": suspects[row.run]} for row in listed]
            click.echo(json.dumps(bodies, indent=2))
        elif not listed and not damaged:
            tell(safe("No runs."))
        elif listed:
            click.echo("\n".join(_table(listed)))
        return 0

    return run_command(common, body)


def _refuse_unknown(profile: str | None) -> None:
    """Say that there is no such profile, rather than that it has no runs."""
    settings = load_settings()
    if profile is not None and profile not in {ENV_PROFILE, *settings.profiles}:
        raise no_such_profile(settings, profile)


async def _suspects(records: Records, row: RunRow) -> list[int]:
    """Return the jobs that may be the effect of a run's trigger, while nobody has said."""
    try:
        intents = await records.intents_of(row.run) if row.unsettled else ()
    except DamagedEntryError as error:
        records.damage.note(f"an intent of run {row.run}", error)
        return []
    return sorted({job for intent in intents if intent.open for job in intent.suspects})


def _table(listed: Sequence[RunRow]) -> list[str]:
    now = SystemClock().now()
    cells = [("RUN", "AGE", "PROFILE", "TYPE", "STATE", "JOB", "CONNECTION")]
    cells += [
        (
            safe(row.run),
            age(now - row.created),
            safe(row.profile),
            safe(row.job_type or "-"),
            safe(row.verdict or row.status or _without_status(row)),
            "-" if row.job_id is None else str(row.job_id),
            safe(row.name or row.connection_id or row.workflow_id or "-"),
        )
        for row in listed
    ]
    widths = [max(len(line[column]) for line in cells) for column in range(len(cells[0]))]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in cells
    ]


def _without_status(row: RunRow) -> str:
    return "sent, not settled" if row.unsettled else "not started"


def _row_json(row: RunRow) -> dict[str, Json]:
    return {
        "run": row.run,
        "launch": row.launch,
        "profile": row.profile,
        "connectionId": row.connection_id,
        "name": row.name,
        "jobType": row.job_type,
        "workflowId": row.workflow_id,
        "created": rfc3339(row.created),
        "jobId": row.job_id,
        "status": row.status,
        "verdict": row.verdict,
        "why": row.why,
        "ended": None if row.ended is None else rfc3339(row.ended),
    }


def show_run(common: Common, run: str, *, as_json: bool) -> int:
    """Print one run."""

    async def body() -> int:
        async with _records(common) as records:
            row, events = await read_run(records, run, common.profile)
            suspects = await _suspects(records, row)
        state = _state(events)
        if as_json:
            body = _row_json(row) | {
                "outputs": state.outputs,
                "rows": state.rows,
                "bytes": state.bytes,
                "suspects": suspects,
            }
            click.echo(json.dumps(body, indent=2))
            return 0
        for line in _details(row, state, suspects):
            click.echo(safe(line))
        return 0

    return run_command(common, body)


def _details(row: RunRow, state: RunState, suspects: Sequence[int]) -> list[str]:
    lines = [
        f"{row.run}  {state.name}  {row.job_type or ''}".rstrip(),
        f"profile {row.profile}, created {rfc3339(row.created)}",
    ]
    if row.connection_id:
        lines.append(f"connection {row.connection_id}")
    if state.job_id is not None:
        lines.append(f"job {state.job_id}, {state.origin or 'watched'}")
    for position, step in enumerate(state.steps, 1):
        done = "" if step.succeeded is None else ", ok" if step.succeeded else ", failed"
        http = f", HTTP {step.http_status}" if step.http_status else ""
        visits = many(step.visits, "visit")
        lines.append(f"step {position} {step.step}: {visits}{http}{done}")
    untils = [*(later.at for later in state.transitions[1:]), state.ended]
    for before, until in zip(state.transitions, untils, strict=False):  # without any, no end either
        took = f" for {duration(until - before.at)}" if until is not None else ""
        lines.append(f"{clock(before.at)} {before.status}{took}")
    lines += [f"warning: {warning.text}" for warning in state.warnings]
    if state.cancel is not None:
        asked = f"asked for by {state.cancel.by} at {clock(state.cancel.wished)}, not settled yet"
        lines.append(f"cancel: {cancel_told(state, asked)}")
    if row.unsettled:
        jobs = ", ".join(map(str, suspects)) or "none so far"
        lines.append(f"suspects: {jobs}; see `syncdeck runs resolve {row.run}`")
    lines.append(ended(state) if state.verdict else f"{state.phase}, {rows(state.rows)}")
    return lines


def export_runs(common: Common, which: Sequence[str], *, output: Path | None, limit: int) -> int:
    """Write events as JSON lines."""

    async def body() -> int:
        async with _records(common) as records:
            ids = [RunId(run) for run in which]
            if not ids:
                ids = [row.run for row in reversed(await records.runs(limit, common.profile))]
                if not ids:
                    _refuse_unknown(common.profile)
            lines = [
                to_line(event)
                for run in ids
                for event in (await read_run(records, run, common.profile))[1]
            ]
        text = "".join(f"{line}\n" for line in lines)
        if output is None:
            click.echo(text, nl=False)
            return 0
        try:
            await asyncio.to_thread(output.write_text, text, encoding="ascii")
        except OSError as error:
            raise SettingsError(
                f"{output} cannot be written: {error.strerror or error}."
            ) from error
        return 0

    return run_command(common, body)


def replay_run(common: Common, run: str, *, speed: float, as_json: bool) -> int:
    """Print a run's events again, at their pace times `speed`, or at once."""

    async def body() -> int:
        async with _records(common) as records:
            _, events = await read_run(records, run, common.profile)
        tell(safe(_COARSER))
        plain = PlainLines()
        state: RunState | None = None
        before = events[0].time
        for event in events:
            state = begin(event) if state is None else fold(state, event)
            if speed > 0:
                await asyncio.sleep(max(0.0, (event.time - before).total_seconds() / speed))
            before = event.time
            line = to_line(event) if as_json else plain.line(event, state, 1)
            if line is not None:
                click.echo(line)
        return 0

    return run_command(common, body)


async def read_run(
    records: Records, run: str, profile: str | None
) -> tuple[RunRow, tuple[Event, ...]]:
    """Return a run, of the profile that was named if one was.

    Raises:
        SettingsError: there is no such run, or it is of another profile.
    """
    row = await records.run(RunId(run))
    events = await records.events(RunId(run)) if row is not None else ()
    if (row is None or not events) and records.damage.sentence is not None:
        raise SettingsError(f"Run {safe(run, limit=60)} cannot be shown. {records.damage.sentence}")
    if row is None or not events:
        raise SettingsError(
            f"There is no run {safe(run, limit=60)!r} in the journal; see `syncdeck runs`."
        )
    if profile is not None and row.profile != profile:
        raise SettingsError(
            f"Run {safe(run)} is of profile {safe(row.profile)}, not of {safe(profile, limit=60)}."
        )
    return row, events


def _state(events: Sequence[Event]) -> RunState:
    try:
        return replay(list(events))
    except NotARunError as error:
        raise SettingsError(f"The journal has only a part of this run: {error}.") from error
