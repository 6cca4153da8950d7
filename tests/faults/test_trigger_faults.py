"""Seeded chaos around triggers, judged by the server's own log and its record of true causes.

Each case draws faults, strangers, policies and sometimes a detach in the middle with a recovery
after it, all from its seed. The guarantees hold whatever is drawn.
"""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass
from datetime import timedelta

import pytest

from tests.support.sandbox import sandbox_in_process
from tests.support.trigger_rig import Rig, order_for, rig
from tests.support.virtual_time import clock as virtual_clock
from tests.support.virtual_time import run_virtual
from workflow.runs.events import Origin, RunId
from workflow.runs.trigger import (
    Answered,
    Attached,
    OnConflict,
    Refused,
    TriggerOutcome,
    Unresolved,
)
from workflow.runs.trigger.driver import NotSent

LOST = tuple(
    f"lost-trigger:after={after},answer={answer},count=1"
    for after in ("0s", "3s", "40s", "never")
    for answer in ("cut", "state-conflict", "unprocessable", "error", "gateway")
)
POST = (
    "cut-before:endpoint=createJob,count=1",
    "cut-after:endpoint=createJob,count=1",
    "cut-body:endpoint=createJob,count=1",
    "garbage:endpoint=createJob,count=1",
    "server-error:endpoint=createJob,effect=done,count=1",
    "server-error:endpoint=createJob,effect=none,count=1",
    "slow-post:seconds=30s-140s,count=1",
    "slow:endpoint=createJob,seconds=200s,count=1",
    "rate-limit:endpoint=createJob,count=2",
    "double-job:count=1",
    "phantom-running:count=1",
    "swallowed-trigger:count=1",
    "latency:endpoint=createJob,seconds=20s-160s",
)
READS = (
    "server-error:endpoint=listJobs,probability=0.3",
    "server-error:endpoint=getConnection,count=3",
    "cut-body:endpoint=listJobs,probability=0.2",
    "garbage:endpoint=listJobs,probability=0.2",
    "rate-limit:probability=0.1",
    "latency:seconds=1s-8s",
    "no-date",
    "date-offset:seconds=3600s",
    "date-offset:seconds=-600s",
    "old-job-types",
    "no-filters",
    "unknown-status",
    "late-commit:endpoint=listJobs,seconds=3s",
)
REFUSED = {400, 401, 403, 404, 429}


@dataclass(frozen=True)
class Case:
    faults: tuple[str, ...]
    job_type: str
    policy: OnConflict
    stranger_after: float | None
    detached_after: float | None
    deadline: float | None


def drawn(seed: int) -> Case:
    rng = random.Random(seed)
    faults = [rng.choice(POST + LOST)]
    faults += rng.sample(READS, k=rng.choice((0, 0, 1, 2)))
    if rng.random() < 0.2:
        faults.append(rng.choice(POST))
    return Case(
        tuple(faults),
        rng.choice(("sync", "sync", "clear", "reset", "refresh")),
        rng.choice(tuple(OnConflict)),
        rng.choice((None, None, 0.0, 0.5, 30.0, 200.0, 400.0)),
        rng.choice((None, None, 0.1, 1.0, 10.0, 80.0, 250.0)),
        rng.choice((None, None, None, 5.0, 100.0)),
    )


async def strange(opened: Rig, connection: str, after: float) -> None:
    await opened.clock.sleep(after)
    opened.colleague_starts(connection)


async def play(case: Case, opened: Rig) -> list[str]:
    connection = opened.connection()
    speaker = await opened.voice("r-1", connection)
    order = order_for(
        connection,
        "r-1",
        job_type=case.job_type,
        on_conflict=case.policy,
        deadline=opened.clock.now() + timedelta(seconds=case.deadline or 3000.0),
    )
    others = []
    if case.stranger_after is not None:
        others.append(asyncio.create_task(strange(opened, connection, case.stranger_after)))
    task = asyncio.create_task(opened.trigger.fire(order, speaker))
    await asyncio.wait({task}, timeout=case.detached_after)
    outcome: TriggerOutcome | NotSent
    begun = None
    if task.done():
        outcome = task.result()
    else:
        task.cancel()
        await asyncio.wait({task})
        await opened.clock.sleep(5)
        begun = opened.clock.now().timestamp()
        outcome = await opened.recover(connection, job_type=case.job_type)
    for other in others:
        await other
    await opened.clock.sleep(300)
    late = [e for e in opened.box.log if e.endpoint == "createJob" and begun and e.arrived >= begun]
    return [
        *(f"recovery sent a trigger: {entry}" for entry in late),
        *await judged(opened, connection, outcome),
    ]


async def judged(opened: Rig, connection: str, outcome: TriggerOutcome | NotSent) -> list[str]:
    entries = [entry for entry in opened.box.log if entry.endpoint == "createJob"]
    lost = [f for entry in entries for f in entry.faults if f.startswith("lost")]
    refused = [e for e in entries if e.status in REFUSED or (e.status == 409 and not lost)]
    refused += [e for e in entries if e.status == 422 and not lost]
    ours = [j.id for j in opened.jobs_of(connection) if j.cause.kind == "request"]
    intents = await opened.journal.open_intents()
    faults = []
    if len(entries) - len(refused) > 1:
        faults.append("two triggers left that were not refused")
    if ours and isinstance(outcome, Refused | NotSent):
        faults.append(f"{ours} ran, and it was {outcome}")
    if ours and not isinstance(outcome, Answered) and not intents:
        faults.append(f"{ours} is forgotten: {outcome}")
    if isinstance(outcome, Unresolved) and not intents:
        faults.append("unresolved, and no intent is open")
    if isinstance(outcome, Attached) and len(entries) > len(refused):
        faults.append("attached, and something was sent")
    if isinstance(outcome, Answered) and outcome.how is Origin.ADOPTED and not intents:
        faults.append("adopted, and its intent is closed")
    owners = await opened.journal._threads.read(
        lambda db: db.execute("SELECT job_id, run FROM claims").fetchall()
    )
    ours_by_right = isinstance(outcome, Answered) and outcome.how is not Origin.JOINED
    if ours_by_right and (outcome.job.job_id, RunId("r-1")) not in owners:
        faults.append("a job of ours has no owner")
    return faults


def broken(seed: int) -> list[str]:
    case = drawn(seed)

    async def story() -> list[str]:
        clock = virtual_clock()
        box = sandbox_in_process(clock, faults=case.faults, connections=1, seed=seed)
        async with rig(box, clock) as opened:
            return [f"{fault} in {case}" for fault in await play(case, opened)]

    return run_virtual(story())


@pytest.mark.parametrize("block", range(4))
def test_no_chaos_breaks_a_guarantee(block: int) -> None:
    assert [fault for seed in range(block, 240, 4) for fault in broken(seed)] == []


@pytest.mark.slow
def test_no_chaos_breaks_a_guarantee_however_long_it_goes_on() -> None:
    assert [fault for seed in range(240, 10_000) for fault in broken(seed)] == []
