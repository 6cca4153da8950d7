"""What `syncdeck runs resolve` does: say what became of a trigger whose answer was lost."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import replace

from tui.commands.common import Common, Refusal, chosen, journal_path, tell
from tui.headless_main import announce, run_command
from tui.headless_runs import read_run
from tui.session import Session, of_command, open_session
from workflow.clock import SystemClock
from workflow.runs.events import RunId
from workflow.runs.journal import Journal, JournalError, RunRow, open_records
from workflow.runs.journal.intents import Became, IntentRecord
from workflow.runs.launch import OrderRefused
from workflow.runs.trigger import JobSeen
from workflow.settings import SettingsError
from workflow.settings_choice import Choice
from workflow.text import safe


def resolve_run(common: Common, run: str, *, job: int | None, dismiss: bool) -> int:
    """Say what became of an unresolved trigger; without an answer, show what it may be."""
    if job is not None:
        return _pick(common, RunId(run), job)
    return _dismiss(common, run) if dismiss else _show(common, run)


def _pick(common: Common, run: RunId, job: int) -> int:
    try:
        choice = chosen(common)
    except SettingsError as error:
        raise Refusal(str(error)) from error
    announce(choice)

    async def body() -> int:
        async with _opened(common, choice, start=True) as session:
            await read_run(session.journal, run, session.profile_name)
            watching = await session.fleet.pick(run, job)
        tell(safe(f"Job {job} is run {watching}'s; watch it with `syncdeck attach {watching}`."))
        return 0

    return run_command(common, body)


def _dismiss(common: Common, run: str) -> int:
    async def body() -> int:
        async with _journal(common) as journal:
            row, _ = await read_run(journal, run, common.profile)
            _open(row, await journal.intents_of(row.run))
            if not await journal.close_intent(row.run, "the operator dismissed its suspects"):
                raise _unsettled(row)
        tell(safe(f"Dismissed: connection {row.connection_id} is free again."))
        return 0

    return run_command(common, body)


@asynccontextmanager
async def _journal(common: Common) -> AsyncIterator[Journal]:
    """Open the journal to change it; it has to be there."""
    path = journal_path(common)
    async with open_records(path):
        pass
    journal = await Journal.open(path, SystemClock())
    try:
        yield journal
    finally:
        await journal.aclose()


def _show(common: Common, run: str) -> int:
    async def body() -> int:
        async with open_records(journal_path(common)) as records:
            row, _ = await read_run(records, run, common.profile)
            record = _open(row, await records.intents_of(row.run))
        if record.how is None:
            raise _unsettled(row)
        what = "is unresolved"
        if record.how is Became.ADOPTED:
            what = f"watches job {record.job_id}, which is probably its own"
        told = await _suspects(common, row, record)
        raise SettingsError(f"Run {safe(run)} {what}; {told}. Say --job ID or --dismiss.")

    return run_command(common, body)


async def _suspects(common: Common, row: RunRow, record: IntentRecord) -> str:
    """Look for jobs that may be the trigger's effect, or say why nobody could."""
    try:
        choice = chosen(replace(common, profile=common.profile or row.profile))
        async with _opened(common, choice) as session:
            found = await session.fleet.resolving.look(row.run)
    except (JournalError, OrderRefused, SettingsError) as error:
        known = ", ".join(map(str, record.suspects)) or "none"
        why = str(error).rstrip(".")
        return f"suspects known so far: {known}; the server was not asked now: {why}"
    if not found:
        return "no job at the server may be its effect, as of now"
    return f"suspects: {', '.join(_described(found))}"


def _described(jobs: Iterable[JobSeen]) -> Iterable[str]:
    for job in jobs:
        yield f"{job.job_id} ({job.job_type}, {job.status})" if job.status else str(job.job_id)


def _open(row: RunRow, records: Iterable[IntentRecord]) -> IntentRecord:
    for record in records:
        if record.open:
            return record
    raise SettingsError(f"Run {safe(row.run)} keeps nothing open: there is nothing to resolve.")


def _unsettled(row: RunRow) -> SettingsError:
    return SettingsError(
        f"Run {safe(row.run)} is still being looked for, or waits for that: see to it with"
        f" `syncdeck attach {safe(row.run)}`, and try again when it has ended."
    )


@asynccontextmanager
async def _opened(common: Common, choice: Choice, *, start: bool = False) -> AsyncIterator[Session]:
    wiring = of_command(common).but(start=start)
    async with open_session(choice.profile, journal=journal_path(common), wiring=wiring) as session:
        yield session
