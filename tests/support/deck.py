"""The scene of the deck's drawings: a fleet that stands still, made by folding real events."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

from tests.support.screens import NOW, Story, failed_run, past_jobs
from tui.app import SyncdeckApp
from tui.session import Session
from workflow.airbyte.models import (
    Connection,
    ConnectionId,
    Job,
    JobId,
    JobType,
    Schedule,
    Status,
    Tag,
    TagId,
    WorkspaceId,
)
from workflow.airbyte.readings import FeedStatus, Reading
from workflow.clock import Clock
from workflow.runs import launch as launches
from workflow.runs.arming import Arming
from workflow.runs.events import (
    Event,
    Fact,
    LaunchId,
    LaunchStarted,
    RunFinished,
    RunId,
    RunWaiting,
    StepStarted,
    TriggerSettled,
    Verdict,
    Warned,
)
from workflow.runs.launch import LaunchState
from workflow.runs.run import RunState
from workflow.runs.watch import ConnectionView, Loading
from workflow.text import SafeText, safe

LAUNCH = LaunchId("l-0000000007")
STEPS = ("triggerJob", "pollJob")


class StillClock:
    """Time that moves only when a test says so."""

    def __init__(self, now: datetime = NOW) -> None:
        self._now = now
        self._monotonic = 1_000.0

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return self._monotonic

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(0)

    def move(self, seconds: float) -> None:
        self._now += timedelta(seconds=seconds)
        self._monotonic += seconds


@dataclass
class StillFeed:
    """What the deck asks of a feed."""

    status: FeedStatus = field(
        default_factory=lambda: FeedStatus(NOW - timedelta(seconds=2), 14, None, 0, None)
    )
    jobs: dict[JobId, Reading] = field(default_factory=dict)
    looking: bool = False
    asked: int = 0

    def look_now(self) -> None:
        self.asked += 1


@dataclass
class StillWatch:
    """What the deck asks of a watch."""

    connections: dict[ConnectionId, ConnectionView] = field(default_factory=dict)
    foreign: dict[JobId, Reading] = field(default_factory=dict)
    loading: Loading = field(default_factory=lambda: Loading(0, done=True))
    error: SafeText | None = None
    looked_at: list[ConnectionId] = field(default_factory=list)

    def usual(self, connection_id: str) -> timedelta | None:
        return timedelta(minutes=4)

    def subscribe(self, changed: Callable[[], None]) -> Callable[[], None]:
        return lambda: None

    def look_at(self, connections: Any) -> None:
        self.looked_at += connections

    async def reload(self) -> None:
        self.error = None


@dataclass
class StillFollowing:
    """What is followed, and nothing comes of it."""

    connections: frozenset[ConnectionId] = frozenset()

    async def follow(self, connection_id: ConnectionId) -> None:
        self.connections |= {connection_id}

    async def unfollow(self, connection_id: ConnectionId) -> None:
        self.connections -= {connection_id}


class StillFleet:
    """What the deck asks of a fleet; what it was asked to do is in `asked`."""

    def __init__(
        self, clock: Clock | None = None, *, read_only: bool = False, may_arm: bool = True
    ) -> None:
        clock = clock or StillClock()
        self.runs: dict[RunId, RunState] = {}
        self.launches: dict[LaunchId, LaunchState] = {}
        self.feed = StillFeed()
        self.watch = StillWatch()
        self.following = StillFollowing()
        self.arming = Arming("prod", clock, read_only=read_only, may_arm=may_arm)
        self.shown = False
        self.trouble: SafeText | None = None
        self.damage: SafeText | None = None
        self.asked: list[tuple[Any, ...]] = []
        self.refusal: Exception | None = None
        self.suspicions: tuple[Any, ...] = ()
        self._listeners: list[Callable[[Event], None]] = []

    def subscribe(self, listener: Callable[[Event], None]) -> Callable[[], None]:
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    @property
    def read_only(self) -> bool:
        return self.arming.read_only

    def arm(self, span: timedelta) -> datetime:
        self.asked.append(("arm", span))
        return self.arming.arm(span)

    async def disarm(self) -> None:
        self.arming.disarm()

    def suspicion(self, run: RunId) -> None:
        return None

    def take(self, story: Story) -> RunState:
        """Put a run's state here, its events heard by nobody."""
        state = story.state()
        self.runs[state.run] = state
        return state

    def tell(self, event: Event) -> None:
        """Let listeners hear an event."""
        for listener in tuple(self._listeners):
            listener(event)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)

        async def asked(*arguments: Any, **named: Any) -> None:
            self.asked.append((name, *arguments, *named.values()))
            if self.refusal is not None:
                raise self.refusal

        return asked


def a_session(fleet: StillFleet, clock: StillClock, *, demo: bool = False) -> Session:
    """Return a session around a fleet that stands still."""
    return cast(
        "Session",
        SimpleNamespace(
            fleet=fleet,
            clock=clock,
            profile_name="prod",
            server=safe("api.airbyte.com"),
            workspace=safe("analytics"),
            web_url="https://cloud.airbyte.com",
            demo=demo,
        ),
    )


def an_app(
    fleet: StillFleet, clock: StillClock | None = None, *, demo: bool = False, **options: Any
) -> SyncdeckApp:
    """Return the real app on a fleet that stands still."""
    clock = clock or StillClock()

    @asynccontextmanager
    async def opener() -> AsyncIterator[Session]:
        yield a_session(fleet, clock, demo=demo)

    return SyncdeckApp(
        opener,
        profile_name="prod",
        server=safe("api.airbyte.com"),
        clock=clock,
        **options,
    )


# ---------------------------------------------------------------------------------- connections


def connection_id(name: str) -> ConnectionId:
    return ConnectionId(f"c-{name.split(' ', maxsplit=1)[0]}")


def a_connection(
    name: str,
    *,
    last_success: float | None = 8 * 3600,
    due: float | None = 18 * 60,
    status: str = "active",
    kind: str = "basic",
    **view: Any,
) -> ConnectionView:
    """Return a connection as the watch shows it; times in seconds from now."""
    connection = Connection(
        connection_id(name),
        safe(name),
        name,
        SafeText(status),
        workspace_id=WorkspaceId("w-1"),
        schedule=Schedule(SafeText(kind), basic_timing=SafeText("Every 24 HOURS")),
        tags=(Tag(TagId("t-1"), SafeText("critical")),),
        stream_count=12,
    )
    success = None if last_success is None else NOW - timedelta(seconds=last_success)
    given: dict[str, Any] = {
        "read": True,
        "last_status": SafeText("succeeded"),
        "last_job_id": JobId(90_000),
        "last_at": success,
        "last_success_at": success,
        "next_due": None if due is None else NOW + timedelta(seconds=due),
        "usual": timedelta(minutes=4),
        "usual_of": 31,
    }
    return ConnectionView(connection, **(given | view))


def a_reading(
    name: str, job: int, status: str, *, rows: int | None = None, ago: float = 240.0
) -> Reading:
    """Return a reading of a job, begun so many seconds ago."""
    found = Job(
        JobId(job),
        connection_id(name),
        Status(SafeText(status)),
        JobType(SafeText("sync")),
        start_time=NOW - timedelta(seconds=ago),
        rows_synced=rows,
        bytes_synced=None if rows is None else rows * 450,
    )
    return Reading(found, NOW - timedelta(seconds=2), NOW - timedelta(seconds=2), job, "delta")


# ---------------------------------------------------------------------------------------- runs


def a_story(
    name: str, number: int, ago: float, *, launch: LaunchId | None = LAUNCH, **more: Any
) -> Story:
    """Begin the story of a run that began so many seconds ago."""
    return Story(
        name,
        began=NOW - timedelta(seconds=ago),
        run=f"r-{number:010}",
        launch=launch,
        connection_id=connection_id(name),
        **more,
    )


def _running(
    name: str, number: int, ago: float, samples: tuple[int, ...], visits: int, **more: Any
) -> Story:
    job = 90_440 + number
    story = a_story(name, number, ago, **more)
    if not more.get("watch_only"):
        story.triggered(job_id=job)
    else:
        story.attached(job_id=job)
    every = 15.0
    first = ago - 2 - every * (len(samples) - 1)
    for index, rows in enumerate(samples):
        visit = visits - len(samples) + 1 + index
        story.read(first + every * index, "running", rows, job_id=job, visit=visit)
    return story


def _short(name: str, number: int, ago: float, took: float, rows: int) -> Story:
    job = 90_440 + number
    story = a_story(name, number, ago).triggered(job_id=job).read(1, "pending", job_id=job)
    story.read(took, "succeeded", rows, job_id=job)
    if rows == 0:
        story.tell(took, Warned("zero-rows", "it succeeded with 0 rows", 0))
    return story.ended(took, Verdict.SUCCEEDED, job_id=job)


def the_runs() -> list[Story]:
    """Return the runs of the drawings."""
    shopify = failed_run()
    failed = a_story("shopify → snowflake", 1, 27 * 60)
    failed.events = [
        Event(e.time, e.seq, e.fact, failed.run, LAUNCH, failed.connection_id)
        for e in shopify.events
    ]
    netsuite = a_story("netsuite → snowflake", 2, 20 * 60).triggered(job_id=90_432)
    netsuite.read(30, "running", 0, job_id=90_432).read(72, "failed", 0, job_id=90_432)
    netsuite.ended(72, Verdict.FAILED, "job 90432 failed; the public API does not tell why")
    jira = a_story("jira → snowflake", 3, 500)
    jira.tell(0, StepStarted("triggerJob", 1, 1, 2))
    jira.tell(165, TriggerSettled("unknown"))
    jira.ended(165, Verdict.UNRESOLVED, "POST cut off; no job in 5m; not sent again")
    hubspot = _running("hubspot → snowflake", 5, 760, (9_412, 9_412), 60)
    hubspot.read(745, "incomplete", 9_412, job_id=90_445, visit=61)
    mongodb = _running("mongodb → snowflake", 6, 871, (61_240, 61_240), 70)
    stuck = NOW - mongodb.began - timedelta(minutes=11, seconds=4)
    mongodb.events = mongodb.events[:5]
    for back, rows in ((840, 20_000), (780, 48_000), (664, 61_240), (2, 61_240)):
        mongodb.read(871 - back, "running", rows, job_id=90_446, visit=70)
    mongodb.tell(870, Warned("no-rows", "no new rows for at least 11m", stuck.total_seconds()))
    stripe = _running(
        "stripe → snowflake", 7, 242, (754_000, 870_000, 998_500, 1_118_500, 1_240_000), 19
    )
    zuora = _running(
        "zuora → snowflake",
        8,
        2000,
        (282_000, 312_000, 342_000, 372_000, 402_000),
        140,
        watch_only=True,
    )
    sales = _running("salesforce → snowflake", 9, 191, (17_000, 34_000, 50_000, 66_500, 83_000), 15)
    mysql = a_story("mysql → snowflake", 10, 7).triggered(job_id=90_447)
    mysql.read(1, "pending", job_id=90_447).read(5, "queued", job_id=90_447)
    stories = [
        failed,
        netsuite,
        jira,
        _short("braintree → snowflake", 4, 600, 58, 0),
        hubspot,
        mongodb,
        stripe,
        zuora,
        sales,
        mysql,
    ]
    for number, name in enumerate(WAITING, 11):
        stories.append(a_story(name, number, 60).tell(0, RunWaiting("slot")))
    stories.append(_short("github → snowflake", 30, 207, 205, 412_600))
    stories.append(_short("gitlab → snowflake", 31, 790, 250, 388_000))
    stories += [
        _short(f"done-{number:02} → postgres", 40 + number, 3000, 100, 200_000)
        for number in range(15)
    ]
    skipped = a_story("crm → s3", 60, 900)
    skipped.ended(0, Verdict.SKIPPED, "inactive")
    return [*stories, skipped]


WAITING = (
    "adyen → snowflake",
    "asana → snowflake",
    "box → snowflake",
    "chargebee → snowflake",
    "front → snowflake",
    "gong → snowflake",
    "iterable → snowflake",
    "klaviyo → snowflake",
    "looker → snowflake",
    "mixpanel → snowflake",
    "okta → snowflake",
    "pendo → snowflake",
)


def the_connections() -> list[ConnectionView]:
    """Return the connections of the drawings."""
    read = ("stripe", "zuora", "hubspot", "shopify", "jira", "adyen")
    now: dict[str, Any] = {"due": 0.0}
    return [
        a_connection("stripe → snowflake", live_job=a_reading("stripe", 90_447, "running"), **now),
        a_connection(
            "zuora → snowflake",
            last_success=9 * 3600,
            live_job=a_reading("zuora", 90_448, "running"),
            **now,
        ),
        a_connection(
            "hubspot → snowflake", live_job=a_reading("hubspot", 90_445, "incomplete"), **now
        ),
        a_connection(
            "shopify → snowflake",
            last_status=SafeText("failed"),
            history=past_jobs(connection_id("shopify → snowflake"), "✗✗✗✗✗✗✗✗✓"),
        ),
        a_connection("jira → snowflake"),
        a_connection("adyen → snowflake"),
        a_connection("github → snowflake", last_success=2),
        a_connection("gitlab → snowflake", last_success=540),
        a_connection(
            "ads → redshift", last_success=2 * 3600, due=-3661, late=timedelta(minutes=61)
        ),
        a_connection("hr → postgres", last_success=3 * 86400, kind="manual"),
        a_connection("crm → s3", last_success=32 * 86400, status="inactive"),
        a_connection("workday → snowflake", read=False),
    ][: 6 + len(read)]


def the_launch(runs: Mapping[RunId, RunState]) -> LaunchState:
    """Return the drawings' launch, folded from its start and its runs."""
    started = Event(
        NOW - timedelta(minutes=30),
        1,
        LaunchStarted("rerun-failed", len(runs), 5, "sync"),
        launch=LAUNCH,
    )
    state = launches.begin(started)
    for run in runs.values():
        event = Event(NOW, run.seq, RunWaiting("slot"), run.run, LAUNCH)
        state = launches.fold(state, event, None, run)
    return state


def the_fleet(clock: Clock | None = None, **lock: bool) -> StillFleet:
    """Return the fleet of the drawings."""
    fleet = StillFleet(clock, **lock)
    for story in the_runs():
        fleet.take(story)
    fleet.launches[LAUNCH] = the_launch(fleet.runs)
    fleet.watch.connections = {view.connection.connection_id: view for view in the_connections()}
    fleet.watch.loading = Loading(len(fleet.watch.connections), done=True)
    return fleet


def told(fleet: StillFleet, name: str, fact: Fact, ago: float) -> Event:
    """Return an event of the run of that name, learnt so many seconds ago."""
    run = next(run for run in fleet.runs.values() if run.name == name)
    return Event(
        NOW - timedelta(seconds=ago), run.seq + 1, fact, run.run, LAUNCH, run.connection_id
    )


def the_events(fleet: StillFleet) -> list[Event]:
    """Return what happened lately in the drawings, oldest first."""
    return [
        told(fleet, "mongodb → snowflake", Warned("no-rows", "last new rows"), 660),
        told(
            fleet,
            "jira → snowflake",
            RunFinished("unresolved", "POST cut off; no job in 5m; not sent again", {}),
            128,
        ),
        told(fleet, "mysql → snowflake", TriggerSettled("started", 90_447), 7),
        told(fleet, "github → snowflake", RunFinished("succeeded", "", {}), 2),
    ]
