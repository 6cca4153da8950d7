"""Readings from the feed, told to the runs that watch their jobs, and to no others."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from tests.support.run_events import START, created
from workflow.airbyte.models import ConnectionId, Job, JobId, JobType, Status
from workflow.airbyte.readings import (
    FeedFact,
    JobGone,
    Listener,
    Origin,
    PollFailed,
    PollRecovered,
    Reading,
    ReadingTaken,
)
from workflow.clock import SystemClock
from workflow.runs.events import RunId
from workflow.runs.journal import Journal
from workflow.runs.ledger import Ledger
from workflow.runs.relay import JobGoneError, Relay
from workflow.text import SafeText, safe

ONE, TWO, SEVEN = RunId("r-1"), RunId("r-2"), JobId(7)


@dataclass
class ByHand:
    """A feed that says what it is told to say."""

    tracked: list[JobId] = field(default_factory=list)
    known: dict[JobId, Reading] = field(default_factory=dict)
    lost: dict[JobId, SafeText] = field(default_factory=dict)
    listeners: list[Listener] = field(default_factory=list)
    news: asyncio.Event = field(default_factory=asyncio.Event)

    def track(
        self, job_id: JobId, connection_id: ConnectionId, usual: timedelta | None = None
    ) -> None:
        self.tracked.append(job_id)

    def untrack(self, job_id: JobId) -> None:
        self.tracked.remove(job_id)

    def latest(self, job_id: JobId) -> Reading | None:
        return self.known.get(job_id)

    def gone(self, job_id: JobId) -> SafeText | None:
        return self.lost.get(job_id)

    async def next_reading(self, job_id: JobId, after: int | None, heartbeat: float) -> Reading:
        await self.news.wait()
        return self.known[job_id]

    def accept(self, job: Job, left: datetime, arrived: datetime, origin: Origin) -> object:
        return None

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        self.listeners.append(listener)
        return lambda: self.listeners.remove(listener)

    def say(self, fact: FeedFact) -> None:
        for listener in self.listeners:
            listener(fact)

    def read(self, status: str, rows: int = 0) -> None:
        job = Job(
            SEVEN, ConnectionId("c-1"), Status(safe(status)), JobType(safe("sync")),
            start_time=START, rows_synced=rows,
        )  # fmt: skip
        reading = Reading(job, datetime.now(UTC), datetime.now(UTC), len(self.known) + 1, "delta")
        self.known[SEVEN] = reading
        self.say(ReadingTaken(reading, changed=True))


@asynccontextmanager
async def relayed() -> AsyncIterator[tuple[Relay, ByHand, Ledger]]:
    clock = SystemClock()
    journal, feed = await Journal.open(None, clock), ByHand()
    ledger = Ledger(journal, profile="prod", clock=clock)
    ledger.open()
    for run in (ONE, TWO):
        await ledger.emit(ledger.stamp(created(), run=run, connection_id="c-1"))
    relay = Relay(feed, ledger, clock, lambda _: None)
    relay.open()
    try:
        yield relay, feed, ledger
    finally:
        relay.close()
        await ledger.aclose()
        await journal.aclose()


async def test_every_run_that_watches_a_job_is_told_of_it_and_no_other() -> None:
    async with relayed() as (relay, feed, ledger):
        relay.watch(ONE, SEVEN, "c-1")
        feed.read("running", 5)
        await ledger.settled()
        assert (ledger.runs[ONE].rows, ledger.runs[TWO].rows) == (5, None)
        relay.watch(TWO, SEVEN, "c-1")
        await ledger.settled()
        assert ledger.runs[TWO].rows == 5
        assert relay.watchers(SEVEN) == {ONE, TWO}


async def test_a_job_is_tracked_until_the_last_run_lets_go() -> None:
    async with relayed() as (relay, feed, _):
        relay.watch(ONE, SEVEN, "c-1")
        relay.watch(TWO, SEVEN, "c-1")
        relay.unwatch(ONE)
        assert feed.tracked == [SEVEN]
        relay.unwatch(TWO)
        assert feed.tracked == []
        assert not relay.is_watched(SEVEN)


async def test_a_status_is_told_as_a_change_once() -> None:
    async with relayed() as (relay, feed, ledger):
        relay.watch(ONE, SEVEN, "c-1")
        for status in ("pending", "running", "running", "succeeded"):
            feed.read(status)
        await ledger.settled()
        seen = [one.status for one in ledger.runs[ONE].transitions]
        assert seen == ["pending", "running", "succeeded"]


async def test_a_streak_of_failures_is_told_once_and_ends_with_the_recovery() -> None:
    async with relayed() as (relay, feed, ledger):
        relay.watch(ONE, SEVEN, "c-1")
        feed.read("running")
        await ledger.settled()
        told: list[str] = []
        ledger.subscribe(lambda event: told.append(event.fact.kind))
        for count in range(1, 6):
            feed.say(PollFailed(safe(f"503, the {count}th"), 8.0, count))
        await ledger.settled()
        assert told == ["poll.failed"]
        assert ledger.runs[ONE].failing == "503, the 1th"
        feed.say(PollRecovered(5))
        await ledger.settled()
        assert ledger.runs[ONE].failing is None


async def test_a_job_that_cannot_be_read_concerns_its_own_runs_alone() -> None:
    async with relayed() as (relay, feed, ledger):
        relay.watch(ONE, SEVEN, "c-1")
        relay.watch(TWO, JobId(8), "c-2")
        told: list[RunId | None] = []
        ledger.subscribe(lambda event: told.append(event.run))
        feed.say(PollFailed(safe("HTTP 500"), 6.0, 1, SEVEN))
        await ledger.settled()
        assert told == [ONE]


async def test_a_job_that_is_gone_ends_the_wait_for_it() -> None:
    async with relayed() as (relay, feed, _):
        relay.watch(ONE, SEVEN, "c-1")
        waiting = asyncio.ensure_future(relay.next_reading(SEVEN, None, 60))
        await asyncio.sleep(0)
        feed.say(JobGone(SEVEN, safe("403, twice")))
        with pytest.raises(JobGoneError, match="403, twice"):
            await waiting


async def test_a_job_that_was_gone_before_is_not_waited_for() -> None:
    async with relayed() as (relay, feed, _):
        feed.lost[SEVEN] = safe("404, twice")
        with pytest.raises(JobGoneError, match="404, twice"):
            await relay.next_reading(SEVEN, None, 60)


async def test_the_next_reading_is_given_on() -> None:
    async with relayed() as (relay, feed, _):
        feed.read("running", 3)
        feed.news.set()
        assert (await relay.next_reading(SEVEN, None, 60)).job.rows_synced == 3
