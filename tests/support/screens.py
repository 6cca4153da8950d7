"""Runs for tests of screens, made the only way runs come about: by folding events."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from textual.pilot import Pilot

from workflow.airbyte.models import ConnectionId, Job, JobId, JobType, Status
from workflow.runs.events import (
    Event,
    Fact,
    LaunchId,
    Origin,
    ReadingTaken,
    RunCreated,
    RunFinished,
    RunId,
    StatusChanged,
    StepFinished,
    StepStarted,
    TriggerIntent,
    TriggerSettled,
    Verdict,
)
from workflow.runs.folding import replay
from workflow.runs.run import RunState

NOW: Final = datetime(2026, 11, 22, 3, 41, 20, tzinfo=UTC)
"""When the drawings of the design were made."""

HOSTILE: Final = "[bold red]x[/] \x1b]0;owned\x07"
"""A name that would be markup and an escape sequence if anybody let it."""


class Story:
    """What happened to one run, told in order; :meth:`state` is what a screen would get."""

    def __init__(
        self,
        name: str = "stripe → snowflake",
        *,
        began: datetime = NOW - timedelta(minutes=9),
        run: str = "r-01JD3K5V7Q",
        launch: str | None = None,
        connection_id: str = "6f1c0000-0000-4000-8000-0000000000e2",
        job_type: str = "sync",
        steps: tuple[str, ...] = ("triggerJob", "pollJob"),
        watch_only: bool = False,
        workflow: str = "trigger-sync-and-poll",
    ) -> None:
        self.run = RunId(run)
        self.launch = LaunchId(launch) if launch else None
        self.connection_id = connection_id
        self.began = began
        self.events: list[Event] = []
        self.tell(
            0,
            RunCreated(
                profile="prod",
                workflow_id=workflow,
                steps=steps,
                connection_name=name,
                job_type=job_type,
                watch_only=watch_only,
            ),
        )
        self.visits = 0

    def tell(self, seconds: float, *facts: Fact) -> Story:
        """Add facts learnt `seconds` after the beginning."""
        for fact in facts:
            self.events.append(
                Event(
                    time=self.began + timedelta(seconds=seconds),
                    seq=len(self.events) + 1,
                    fact=fact,
                    run=self.run,
                    launch=self.launch,
                    connection_id=self.connection_id,
                )
            )
        return self

    def triggered(self, seconds: float = 0, *, job_id: int = 90431, ms: int = 400) -> Story:
        """Send the POST and have it answered."""
        step = self._steps()[0]
        return self.tell(
            seconds,
            StepStarted(step, 1, 1, len(self._steps())),
            TriggerIntent(step, 1, "sync", base=90_000),
            TriggerSettled("started", job_id),
            StepFinished(step, 1, succeeded=True, http_status=200, ms=ms),
        )

    def attached(self, seconds: float = 0, *, job_id: int = 90377) -> Story:
        """Find the job there already."""
        return self.tell(seconds, TriggerSettled(Origin.ATTACHED.value, job_id))

    def read(
        self,
        seconds: float,
        status: str,
        rows: int | None = None,
        *,
        job_id: int = 90431,
        job_began: float = 0.0,
        visit: int | None = None,
    ) -> Story:
        """Visit the polling step and read the job."""
        steps = self._steps()
        state = self.state()
        self.visits = visit if visit is not None else self.visits + 1
        self.tell(seconds, StepStarted(steps[-1], self.visits, len(steps), len(steps)))
        began = self.began + timedelta(seconds=job_began)
        reading = ReadingTaken(
            job_id,
            status,
            rows,
            None if rows is None else rows * 450,
            start_time=began.isoformat(),
        )
        if state.status is not None and state.status != status:
            self.tell(seconds, StatusChanged(str(state.status), status, job_id))
        terminal = status in {"succeeded", "failed", "cancelled"}
        return self.tell(
            seconds,
            reading,
            StepFinished(steps[-1], self.visits, succeeded=terminal, http_status=200, ms=200),
        )

    def ended(
        self,
        seconds: float,
        verdict: Verdict,
        why: str = "",
        outputs: Mapping[str, object] | None = None,
        job_id: int | None = None,
    ) -> Story:
        """Write the verdict."""
        return self.tell(seconds, RunFinished(verdict.value, why, outputs or {}, job_id))

    def state(self) -> RunState:
        """Fold what happened so far."""
        return replay(self.events)

    def _steps(self) -> tuple[str, ...]:
        fact = self.events[0].fact
        assert isinstance(fact, RunCreated)
        return fact.steps


def failed_run() -> Story:
    """A job that retried once and failed, as in the drawing of the deck."""
    story = Story("shopify → snowflake", began=NOW - timedelta(minutes=27)).triggered()
    story.read(1, "pending").read(4, "running", 0)
    for second in range(20, 310, 15):
        story.read(second, "running", second * 24)
    story.read(314, "incomplete", 7_500).read(334, "running", 0)
    for second in range(350, 530, 15):
        story.read(second, "running", (second - 334) * 46)
    story.read(536, "failed", 9_104)
    return story.ended(536, Verdict.FAILED, "job 90431 failed; the public API does not tell why")


def attached_run() -> Story:
    """A job somebody else started hours ago, whose rows stand still."""
    story = Story(
        "oracle → snowflake", began=NOW - timedelta(minutes=5, seconds=10), watch_only=True
    ).attached()
    for second in range(0, 300, 15):
        story.read(second, "running", 1_204_118, job_id=90377, job_began=-32_340)
    return story


def past_jobs(
    connection_id: str = "6f1c0000-0000-4000-8000-0000000000e2", statuses: str = "✓✓✓✓✗✓✓✓✓"
) -> tuple[Job, ...]:
    """Return a connection's ended jobs, newest first, as glyphs say, each of twelve minutes."""
    words = {"✓": "succeeded", "✗": "failed", "⊘": "cancelled", "●": "running"}
    return tuple(
        Job(
            JobId(90_000 - number),
            ConnectionId(connection_id),
            Status(words[glyph]),
            JobType("sync"),
            start_time=NOW - timedelta(hours=number + 8),
            duration=timedelta(minutes=12, seconds=number),
            rows_synced=48_002 if glyph == "✓" else None,
        )
        for number, glyph in enumerate(statuses)
    )


async def until(pilot: Pilot[Any], condition: Callable[[], bool], turns: int = 600) -> None:
    """Let the app work until `condition` holds."""
    for _ in range(turns):
        if condition():
            await pilot.pause()
            return
        await pilot.pause(0.01)
    raise AssertionError("the app never came to the state the test waits for")
