"""Events of runs and launches, made by hand for tests of what is folded from them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from workflow.runs.events import (
    Event,
    Fact,
    LaunchId,
    LaunchStarted,
    ReadingTaken,
    RunCreated,
    RunFinished,
    RunId,
    RunWaiting,
    StatusChanged,
    TriggerSettled,
)

START = datetime(2026, 11, 22, 3, 41, 20, 125_000, tzinfo=UTC)
RUN = RunId("r-01JD3K5V7Q")
LAUNCH = LaunchId("l-01JD3K5V7Q")
STEPS = ("triggerJob", "pollJob")


def created(name: str = "stripe → snowflake") -> RunCreated:
    return RunCreated("prod", "trigger-sync-and-poll", STEPS, name, "sync")


def story(
    *facts: Fact,
    run: RunId = RUN,
    launch: LaunchId | None = None,
    connection_id: str = "c-1",
    start: datetime = START,
    every: float = 1.0,
    first_seq: int = 1,
) -> list[Event]:
    """Put facts in a run's envelopes, `every` seconds apart."""
    return [
        Event(start + timedelta(seconds=i * every), first_seq + i, fact, run, launch, connection_id)
        for i, fact in enumerate(facts)
    ]


def of_launch(*facts: Fact, launch: LaunchId = LAUNCH, start: datetime = START) -> list[Event]:
    return [Event(start, 1 + i, fact, None, launch) for i, fact in enumerate(facts)]


def launched(targets: int = 3, **terms: object) -> LaunchStarted:
    return LaunchStarted("rerun-failed", targets, 2, "sync", **terms)  # type: ignore[arg-type]


def job_runs(job_id: int = 7, rows: int | None = 0, status: str = "running") -> list[Fact]:
    return [
        TriggerSettled("started", job_id),
        ReadingTaken(job_id, status, rows),
        StatusChanged(None, status, job_id),
    ]


def ends(verdict: str = "succeeded", job_id: int | None = 7) -> RunFinished:
    return RunFinished(verdict, "so", {}, job_id)


def waits(reason: str = "slot") -> RunWaiting:
    return RunWaiting(reason)
