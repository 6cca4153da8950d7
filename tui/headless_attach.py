"""What `syncdeck attach` and `syncdeck cancel` do: find runs and jobs, watch them, stop them."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Final, Literal, TypeAlias

import click

from tui.commands.common import (
    INTERRUPTED,
    Common,
    Refusal,
    chosen,
    journal_path,
    load_settings,
    tell,
)
from tui.formats import many
from tui.headless import Begun, face_for, follow
from tui.headless_main import announce, run_command
from tui.session import Session, complete, of_command, open_session
from workflow.runs.events import RunId
from workflow.runs.launch import OrderRefused
from workflow.settings import Profile, SettingsError
from workflow.text import safe

_STOPPED: Final = frozenset({"cancelled", "already-ended"})
Waiting: TypeAlias = Literal["ask", "start", "drop"]
"""What to do with runs that an earlier process had not started."""
_LONGEST_JOB: Final = 18
"""Digits; a job id is an int64."""


def watch_all(
    common: Common,
    *,
    waiting: Waiting,
    server: str | None,
    quiet: bool,
    as_json: bool,
) -> int:
    """Take up everything unfinished of the profile and return the exit code."""
    profile = _profile(common, server, quiet=quiet)

    async def body() -> int:
        async with _opened(common, profile, server, take_up=True) as session:
            fleet = session.fleet

            async def begin() -> Begun:
                asked = [run.run for run in fleet.runs.values() if run.waiting_for == "asked"]
                if asked and await _start(waiting, len(asked)):
                    await fleet.start_waiting(asked)
                elif asked and waiting == "drop":
                    await fleet.drop_waiting(asked)
                elif asked:
                    tell(safe(f"{many(len(asked), 'run')} not started: see --start-waiting."))
                if not await _tell_of_others(session) and not fleet.runs:
                    tell(safe(f"Nothing of profile {profile.name} is unfinished."))
                return Begun(runs=frozenset(fleet.runs))

            face = face_for(as_json=as_json, quiet=quiet)
            return await follow(fleet, session.clock, face, begin)

    return run_command(common, body)


def watch_these(
    common: Common, what: Sequence[str], *, server: str | None, quiet: bool, as_json: bool
) -> int:
    """Watch runs and jobs by name and return the exit code."""
    ids = [_run_or_job(word) for word in what]
    profile = _profile(common, server, quiet=quiet)

    async def body() -> int:
        async with _opened(common, profile, server, take_up=False) as session:

            async def begin() -> Begun:
                return Begun(runs=frozenset([await _attach(session, one) for one in ids]))

            face = face_for(as_json=as_json, quiet=quiet)
            return await follow(session.fleet, session.clock, face, begin)

    return run_command(common, body)


def cancel_these(
    common: Common,
    what: Sequence[str],
    *,
    yes: bool,
    server: str | None,
    quiet: bool,
    as_json: bool,
) -> int:
    """Cancel runs and jobs, wait for what comes of it, and return the exit code."""
    ids = [_run_or_job(word) for word in what]
    profile = _profile(common, server, quiet=quiet)
    if profile.read_only:
        raise Refusal(f"Profile {profile.name} is read-only: nothing was cancelled.")
    if not yes:
        if not sys.stdin.isatty():
            raise Refusal("Without a terminal to ask on, cancelling needs --yes; nothing was sent.")
        names = safe(", ".join(str(one) for one in ids), limit=200)
        click.confirm(f"Cancel {names} at {profile.server}?", abort=True, err=True)
    stubborn: list[RunId] = []

    async def body() -> int:
        async with _opened(common, profile, server, take_up=False) as session:
            runs: list[RunId] = []

            async def begin() -> Begun:
                runs.extend([await _attach(session, one) for one in ids])
                return Begun(runs=frozenset(runs))

            async def stop() -> None:
                stopped = await asyncio.gather(*(_stop(session, run) for run in set(runs)))
                stubborn.extend(run for run in stopped if run is not None)

            face = face_for(as_json=as_json, quiet=quiet)
            code = await follow(session.fleet, session.clock, face, begin, meanwhile=stop)
            return 1 if stubborn and code == INTERRUPTED else code

    return run_command(common, body)


async def _stop(session: Session, run: RunId) -> RunId | None:
    """Cancel one run; return it when its job goes on all the same, and is no longer watched."""
    fleet = session.fleet
    if fleet.runs[run].verdict is not None:
        return None
    await fleet.cancel(run)
    state = fleet.runs[run]
    if state.verdict is not None or (state.cancel is not None and state.cancel.how in _STOPPED):
        return None
    await fleet.detach(run)
    return run


async def _attach(session: Session, one: RunId | int) -> RunId:
    """Watch a run or job; raises OrderRefused with a sentence when that cannot be."""
    if isinstance(one, int):
        return await _attach_job(session, one)
    row = await session.journal.run(one)
    if row is None:
        raise OrderRefused(f"There is no run {safe(one)} in the journal; see `syncdeck runs`.")
    if row.profile != session.profile_name:
        other = safe(row.profile)
        raise OrderRefused(f"Run {safe(one)} is of profile {other}: add --profile {other}.")
    if row.verdict is not None:
        raise OrderRefused(
            f"Run {safe(one)} has ended: {safe(row.verdict)}. Nothing is left to do."
        )
    unfinished = await session.journal.unfinished(session.profile_name)
    elsewhere = any(other.elsewhere and other.row.run == one for other in unfinished)
    if elsewhere and row.job_id is not None:
        tell(safe(f"Another syncdeck looks after {one}; its job {row.job_id} is watched here too."))
        return await session.fleet.attach(row.job_id, row.connection_id)
    return await session.fleet.attach_run(one)


async def _attach_job(session: Session, job: int) -> RunId:
    """Watch a job by the unfinished run that has it, so that it is one run's; else by a new one."""
    for other in await session.journal.unfinished(session.profile_name):
        if other.row.job_id == job and not other.elsewhere:
            with suppress(OrderRefused):  # of another server that had this name before
                return await session.fleet.attach_run(other.row.run)
    return await session.fleet.attach(job)


async def _start(waiting: Waiting, count: int) -> bool:
    if waiting != "ask" or not sys.stdin.isatty() or not sys.stderr.isatty():
        return waiting == "start"
    question = f"{many(count, 'run')} had not been started by an earlier syncdeck. Start now?"
    return await asyncio.to_thread(click.confirm, question, default=False, err=True)


async def _tell_of_others(session: Session) -> int:
    """Say what is unfinished and not watched here; return how much of it is of this profile."""
    others: dict[str, int] = {}
    elsewhere = 0
    for one in await session.journal.unfinished():
        if one.row.profile != session.profile_name:
            others[one.row.profile] = others.get(one.row.profile, 0) + 1
        elif one.row.run not in session.fleet.runs:
            elsewhere += 1
    if elsewhere:
        tell(safe(f"{many(elsewhere, 'run')} left to another syncdeck that looks after them."))
    for name, count in others.items():
        tell(safe(f"{many(count, 'run')} of profile {name} unfinished: add --profile {name}."))
    return elsewhere


def _run_or_job(word: str) -> RunId | int:
    if word.isascii() and word.isdigit() and len(word) <= _LONGEST_JOB:
        return int(word)
    if word.startswith("r-"):
        return RunId(word)
    raise Refusal(
        f"{safe(word, limit=60)!r} is neither a run (r-...) nor a job (a number); see "
        "`syncdeck runs`."
    )


def _profile(common: Common, server: str | None, *, quiet: bool) -> Profile:
    try:
        choice = chosen(common, server=server)
    except SettingsError as error:
        raise Refusal(str(error)) from error
    announce(choice, quiet=quiet)
    return choice.profile


@asynccontextmanager
async def _opened(
    common: Common, profile: Profile, server: str | None, *, take_up: bool
) -> AsyncIterator[Session]:
    wiring = of_command(common, server)
    if server is not None:
        profile = await complete(profile)
    async with open_session(
        profile,
        journal=journal_path(common),
        keep=load_settings().retention,
        wiring=wiring.but(take_up=take_up),
    ) as session:
        yield session
