"""The command itself, killed with twenty runs under way, and the command that takes them up."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from pathlib import Path

import pytest

from tests.support.cli import start, wait
from tests.support.sandbox import running_sandbox
from tests.support.truth import Found, found_in
from workflow.clock import SystemClock
from workflow.runs.events import Verdict
from workflow.runs.journal import Journal
from workflow.sandbox.server import SandboxServer

RUNS = 20
LINES = 190
"""About as many as twenty runs say before the first of them ends."""


def sent_and_caused(server: SandboxServer) -> tuple[int, Counter[str], dict[int, str]]:
    """How many triggers came, how many jobs they made of each connection, how each job ended."""
    jobs = [job for job in server.world.jobs if job.cause.kind == "request"]
    by_connection = Counter(str(job.connection_id) for job in jobs)
    ends = {int(job.id): job.status.value for job in jobs}
    return server.log.count("createJob"), by_connection, ends


async def read(journal: Path) -> Found:
    opened = await Journal.open(journal, SystemClock())
    try:
        return await found_in(opened)
    finally:
        await opened.aclose()


@pytest.mark.parametrize(
    "seed", [0, 1, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(2, 20))]
)
def test_a_killed_command_is_followed_by_one_that_only_watches(tmp_path: Path, seed: int) -> None:
    journal = tmp_path / "journal.db"
    with running_sandbox(speed=400, connections=RUNS + 1) as server:
        environ = {"AIRBYTE_API_ROOT": server.base_url, "SYNCDECK_JOURNAL": str(journal)}
        run = ["run", "--all", "--max-parallel", str(RUNS), "--look", "5", "--json"]
        killed = start(run, environ)
        assert killed.stdout is not None
        for _ in range(random.Random(seed).randrange(1, LINES)):
            killed.stdout.readline()
        killed.kill()
        wait(killed)
        watched = wait(start(["attach", "--json"], environ))
        came, made, ends = sent_and_caused(server)
        found = asyncio.run(read(journal))
    assert "Traceback" not in watched.err
    assert len(found.runs) in {0, RUNS}
    assert not made or max(made.values()) == 1
    assert came == len(ends) <= sum(map(len, found.intents.values()))
    verdicts = {one.job_id: one.verdict for one in found.runs.values() if one.job_id is not None}
    assert verdicts == {job: Verdict(end) for job, end in ends.items()}
    # Where the command died between intent and POST, nobody can know that nothing was sent.
    others = [one for one in found.runs.values() if one.job_id is None]
    assert {one.verdict or one.waiting_for for one in others} <= {Verdict.UNRESOLVED, "asked"}
