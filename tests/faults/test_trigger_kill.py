"""The program dies at every boundary of a trigger; the next one finds out, and sends nothing.

A killed process leaves to the next what it had given to the operating system; after a power loss
only what was synced is left. Both are played by opening, as another process, a copy of the
journal's files: as they are at the moment of death, or as they were after the last commit that was
on the disk itself. The sandbox lives on and keeps the truth.
"""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.sandbox import InProcess, sandbox_in_process
from tests.support.trigger_rig import Rig, rig
from tests.support.virtual_time import clock as virtual_clock
from tests.support.virtual_time import run_virtual
from workflow.runs.journal import writer as journal_writer
from workflow.runs.trigger import Answered, Attached, Refused, TriggerOutcome, Unresolved
from workflow.runs.trigger import shot as trigger_shot
from workflow.runs.trigger.driver import NotSent

LOOK = timedelta(seconds=20)
HARMLESS = {400, 401, 403, 404, 429}
STORIES: tuple[tuple[str, ...], ...] = (
    (),
    ("cut-after:endpoint=createJob",),
    ("cut-before:endpoint=createJob,count=1",),
    ("lost-trigger:after=12s,answer=state-conflict",),
    ("lost-trigger:after=never,answer=gateway",),
    ("slow-post:seconds=15s",),
    ("rate-limit:endpoint=createJob,count=1",),
    ("double-job",),
    ("double-job", "cut-after:endpoint=createJob"),
)


class Killed(BaseException):
    """The process is gone."""


@dataclass
class Death:
    """Counts boundaries and strikes at one of them."""

    at: int
    file: Path
    heir: Path
    power_loss: bool
    crossed: int = 0
    struck: bool = False
    synced: Path = field(init=False)

    def __post_init__(self) -> None:
        self.synced = self.file.with_name("synced.db")

    def cross(self) -> None:
        if self.struck:
            raise Killed
        self.crossed += 1
        if self.crossed == self.at:
            self.struck = True
            _copy(self.synced if self.power_loss else self.file, self.heir)
            raise Killed

    def sync(self) -> None:
        """Everything written so far is on the disk."""
        if not self.struck:
            _copy(self.file, self.synced)


def _copy(source: Path, target: Path) -> None:
    for suffix in ("", "-wal"):
        part = Path(f"{source}{suffix}")
        if part.exists():
            shutil.copyfile(part, f"{target}{suffix}")


class DyingTransport(httpx.AsyncBaseTransport):
    """The process's network: two boundaries around what a POST does, and nothing after death."""

    def __init__(self, inner: httpx.AsyncBaseTransport, death: Death) -> None:
        self._inner = inner
        self._death = death

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            self._death.cross()
        if self._death.struck:
            raise Killed
        try:
            return await self._inner.handle_async_request(request)
        finally:
            if request.method == "POST":
                self._death.cross()


def die_at_every_boundary(patch: pytest.MonkeyPatch, death: Death) -> None:
    do = trigger_shot.Shot._do
    commit = journal_writer.Writer._commit

    async def dying_do(shot: Any, command: Any) -> Any:
        death.cross()
        return await do(shot, command)

    def syncing_commit(writer: Any, batch: Sequence[Any]) -> Any:
        result = commit(writer, batch)
        if any(item.durable for item in batch):
            death.sync()
        return result

    patch.setattr(trigger_shot.Shot, "_do", dying_do)
    patch.setattr(journal_writer.Writer, "_commit", syncing_commit)


@dataclass
class Ending:
    """How it came out, and what the server knows."""

    outcome: TriggerOutcome | NotSent | None
    crossed: int
    struck: bool
    at_death: list[int]
    afterwards: list[int]
    ours: list[int]
    open_suspects: list[int] | None
    """None: no intent is open."""


def statuses(box: InProcess) -> list[int]:
    return [entry.status for entry in box.log if entry.endpoint == "createJob"]


def die_and_recover(folder: Path, faults: tuple[str, ...], at: int, *, power_loss: bool) -> Ending:
    async def play() -> Ending:
        clock = virtual_clock()
        box = sandbox_in_process(clock, faults=faults, connections=1)
        death = Death(at, folder / "journal.db", folder / "heir.db", power_loss)
        outcome: TriggerOutcome | NotSent | None = None
        with pytest.MonkeyPatch.context() as patch:
            async with rig(box, clock, death.file, DyingTransport(box.transport, death)) as first:
                connection = first.connection()
                speaker = await first.voice("r-1", connection)
                await first.journal._threads.now(lambda db: None, durable=True)
                die_at_every_boundary(patch, death)
                death.sync()
                try:
                    outcome = await first.fire(connection, speaker=speaker, look=LOOK)
                except Killed:
                    outcome = None
        at_death = statuses(box)
        if not death.struck:
            return Ending(outcome, death.crossed, False, at_death, at_death, [], None)
        await clock.sleep(3)
        async with rig(box, clock, death.heir) as second:
            outcome = await second.recover(connection)
            await clock.sleep(400)
            return await judged(second, connection, outcome, death, at_death)

    return run_virtual(play())


async def judged(
    opened: Rig, connection: str, outcome: Any, death: Death, at_death: list[int]
) -> Ending:
    ours = [job.id for job in opened.jobs_of(connection) if job.cause.kind == "request"]
    intents = await opened.journal.open_intents()
    suspects = [s for record in intents for s in record.suspects] if intents else None
    return Ending(
        outcome, death.crossed, True, at_death, statuses(opened.box), ours, suspects
    )  # fmt: skip


def broken(end: Ending) -> list[str]:
    faults = []
    if end.afterwards != end.at_death and len(end.afterwards) > len(end.at_death):
        faults.append("recovery sent a trigger")
    if len([status for status in end.afterwards if status not in HARMLESS]) > 1:
        faults.append("two triggers left that were not refused")
    named = isinstance(end.outcome, Answered | Attached)
    if end.ours and not named and end.open_suspects is None:
        faults.append(f"jobs {end.ours} are forgotten: {end.outcome}")
    if end.ours and isinstance(end.outcome, Refused | NotSent):
        faults.append(f"jobs {end.ours} ran, and it was {end.outcome}")
    if isinstance(end.outcome, Unresolved) and end.open_suspects is None:
        faults.append("unresolved, and no intent is open")
    if isinstance(end.outcome, Answered) and end.ours and end.outcome.job.job_id not in end.ours:
        faults.append("a job that is not ours was taken for it")
    return faults


@pytest.fixture
def quick_disk(tmp_path: Path) -> Iterator[Path]:
    """A folder in memory where there is one: what is synced is the model's business here."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else tmp_path) as folder:
        yield Path(folder)


@pytest.mark.parametrize("power_loss", [False, True], ids=["killed", "power lost"])
@pytest.mark.parametrize("faults", STORIES, ids=lambda faults: "+".join(faults) or "no fault")
def test_no_death_makes_a_second_trigger_or_a_forgotten_job(
    quick_disk: Path, faults: tuple[str, ...], power_loss: bool
) -> None:
    at = 0
    while True:
        at += 1
        folder = quick_disk / str(at)
        folder.mkdir()
        end = die_and_recover(folder, faults, at, power_loss=power_loss)
        if not end.struck:
            break
        assert broken(end) == [], f"killed at boundary {at}"
    assert at > 8


def test_a_copy_of_the_files_is_a_journal_like_any_other(tmp_path: Path) -> None:
    end = die_and_recover(tmp_path, (), 4, power_loss=False)
    assert end.struck
    with sqlite3.connect(tmp_path / "heir.db") as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    db.close()
