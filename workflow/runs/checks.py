"""What a launch would do to each of its targets, found out by reading alone.

The trigger checks again right before it sends, so this is for the person who decides.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta
from typing import Final

from workflow.airbyte.client import Client
from workflow.airbyte.models import Connection, ConnectionId, Job, JobType, same_kind
from workflow.airbyte.problems import ApiProblem
from workflow.clock import Clock
from workflow.http.failures import NetworkFailure
from workflow.runs.connection_view import ConnectionView
from workflow.runs.launch import DESTRUCTIVE, OnConflict, Order, Target, TargetCheck, Will
from workflow.text import SafeText, safe

AT_ONCE: Final = 4
"""The local edition serves its whole API from five threads."""

Known = Callable[[ConnectionId], ConnectionView | None]
"""What is known of a connection and its jobs, and kept up to date; None when nothing is."""


async def check(
    order: Order, client: Client, clock: Clock, known: Known
) -> AsyncIterator[TargetCheck]:
    """Give each target's check as it becomes known, a few at a time."""
    turns = asyncio.Semaphore(AT_ONCE)

    async def look(target: Target) -> TargetCheck:
        async with turns:
            return await _one(order, target, client, clock, known)

    tasks = [asyncio.create_task(look(target)) for target in order.targets]
    try:
        for ready in asyncio.as_completed(tasks):
            yield await ready
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _one(
    order: Order, target: Target, client: Client, clock: Clock, known: Known
) -> TargetCheck:
    connection_id = ConnectionId(target.connection_id)
    view = known(connection_id)
    if view is not None and view.read:  # a thousand targets need not be a thousand requests
        return judge(order, target, view.connection, view.history, clock.now())
    try:
        connection = (await client.get_connection(connection_id)).value
        jobs = (await client.list_jobs(connection_id=connection_id, limit=20)).value.items
    except ApiProblem as problem:
        return TargetCheck(target, "blocked", problem.sentence)
    except NetworkFailure as failure:
        return TargetCheck(target, "blocked", failure.text)
    return judge(order, target, connection, jobs, clock.now())


def judge(
    order: Order,
    target: Target,
    connection: Connection,
    jobs: tuple[Job, ...],
    now: datetime,
) -> TargetCheck:
    """Say what would happen, from a connection and its newest jobs, newest first."""
    live = next((job for job in jobs if not job.is_terminal), None)
    shown = live or next(iter(jobs), None)
    last = safe("never ran") if shown is None else _last(shown, jobs, now)
    will, why = _will(order, connection, live)
    return TargetCheck(
        target,
        will,
        safe(why),
        job_id=None if shown is None else shown.job_id,
        last=safe(str(connection.status)) if not connection.is_active else last,
        status=None if shown is None else shown.status,
    )


def _will(order: Order, connection: Connection, live: Job | None) -> tuple[Will, str]:
    if not connection.is_active:
        return "skip", f"{connection.status}: the server takes no trigger for it"
    if live is None:
        return "send", ""
    running = f"job {live.job_id} ({live.job_type}) is {live.status}"
    match order.on_conflict:
        case OnConflict.SKIP:
            return "skip", running
        case OnConflict.WAIT:
            return "wait", running
        case OnConflict.FAIL:
            return "fail", running
        case OnConflict.ATTACH:
            if same_kind(live.job_type, JobType(safe(order.job_type))):
                return "attach", running
            if order.job_type in DESTRUCTIVE and order.over_running:
                return "send", f"{running}, and would be cancelled by it"
            return "blocked", f"{running}, which is no {order.job_type}: choose skip or wait"


def _last(shown: Job, jobs: tuple[Job, ...], now: datetime) -> SafeText:
    if not shown.is_terminal:
        since = "" if shown.start_time is None else f" {age(now - shown.start_time)}"
        return safe(f"{shown.status}{since}")
    when = "" if shown.stamp is None else f" {age(now - shown.stamp)} ago"
    red = _red_since(jobs)
    tail = "" if red is None or len(jobs) < 2 else f", red {age(now - red)}"
    return safe(f"{shown.status}{when}{tail}")


def _red_since(jobs: tuple[Job, ...]) -> datetime | None:
    """When the failures began that no success has ended; None when the last job did not fail."""
    began: datetime | None = None
    for job in jobs:
        if job.status != "failed":
            break
        began = job.stamp
    return began


def age(span: timedelta) -> str:
    """Write a span in its largest unit: ``12m``, ``7h``, ``3d``."""
    seconds = max(0, int(span.total_seconds()))
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "m")):
        if seconds >= size:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"
