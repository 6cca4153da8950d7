"""A session for tests of screens: what a screen reads is given, what it asks for is noted."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import cast

from textual.app import App

from tests.support.deck import StillFollowing
from tests.support.screens import NOW
from tui.session import Session
from tui.themes import with_tones
from workflow.airbyte.client import Answer, Client
from workflow.airbyte.models import ConnectionId, Job, JobId, Page, WorkspaceId
from workflow.airbyte.readings import Reading
from workflow.runs.arming import Arming
from workflow.runs.events import Event, LaunchId, RunId
from workflow.runs.fleet import Fleet
from workflow.runs.journal import Journal
from workflow.runs.journal.rows import RunRow
from workflow.runs.launch import LaunchState, Order, OrderRefused, TargetCheck
from workflow.runs.run import RunState
from workflow.runs.suspects import Suspicion
from workflow.runs.watch import ConnectionView, Loading
from workflow.settings import Profile
from workflow.text import SafeText


class StoppedClock:
    """It is always the same instant, until a test moves it."""

    def __init__(self, at: datetime = NOW) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.at.timestamp()

    async def sleep(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


@dataclass
class StandInWatch:
    """Connections as a test has them."""

    connections: Mapping[ConnectionId, ConnectionView] = field(default_factory=dict)
    foreign: Mapping[JobId, Reading] = field(default_factory=dict)
    loading: Loading = field(default_factory=Loading)
    error: SafeText | None = None

    def usual(self, connection_id: str) -> timedelta | None:
        view = self.connections.get(ConnectionId(connection_id))
        return view.usual if view else timedelta(minutes=4)


@dataclass
class FeedNumbers:
    """What a header shows of the feed."""

    read_at: datetime | None = NOW - timedelta(seconds=2)
    requests_per_minute: int = 14
    failing: SafeText | None = None
    failures: int = 0
    next_at: datetime | None = None


@dataclass
class StandInFeed:
    """A feed that never reads."""

    status: FeedNumbers = field(default_factory=FeedNumbers)


@dataclass
class StandInFleet:
    """A fleet whose runs are given and whose deeds are noted."""

    runs: dict[RunId, RunState] = field(default_factory=dict)
    launches: dict[LaunchId, LaunchState] = field(default_factory=dict)
    checks: Mapping[str, TargetCheck] = field(default_factory=dict)
    refuses: str | None = None
    arming: Arming = field(default_factory=lambda: Arming("prod", StoppedClock(), read_only=False))
    watch: StandInWatch = field(default_factory=StandInWatch)
    feed: StandInFeed = field(default_factory=StandInFeed)
    following: StillFollowing = field(default_factory=StillFollowing)
    suspicions: tuple[Suspicion, ...] = ()
    trouble: SafeText | None = None
    damage: SafeText | None = None
    orders: list[Order] = field(default_factory=list)
    checked: list[Order] = field(default_factory=list)
    deeds: list[tuple[str, str]] = field(default_factory=list)

    @property
    def read_only(self) -> bool:
        return self.arming.read_only

    async def check(self, order: Order) -> AsyncIterator[TargetCheck]:
        self.checked.append(order)
        for target in order.targets:
            if target.connection_id in self.checks:
                yield self.checks[target.connection_id]

    async def launch(self, order: Order) -> LaunchId:
        if self.refuses is not None:
            raise OrderRefused(self.refuses)
        self.orders.append(order)
        return LaunchId("l-1")

    async def cancel(self, run: RunId) -> None:
        self.deeds.append(("cancel", run))

    async def detach(self, run: RunId, reason: str = "operator") -> None:
        self.deeds.append(("detach", run))

    async def attach_run(self, run: RunId) -> RunId:
        self.deeds.append(("attach", run))
        return run

    async def dismiss(self, run: RunId) -> None:
        self.deeds.append(("dismiss", run))

    async def pick(self, run: RunId, job: JobId) -> RunId:
        self.deeds.append(("pick", f"{run} {job}"))
        return run

    def suspicion(self, run: RunId) -> Suspicion | None:
        return next((one for one in self.suspicions if one.run == run), None)

    async def start_waiting(self, runs: Iterable[RunId]) -> None:
        self.deeds.extend(("start", run) for run in runs)

    def subscribe(self, listener: Callable[[Event], None]) -> Callable[[], None]:
        return lambda: None


@dataclass
class StandInClient:
    """A server with these jobs, for whatever connection."""

    jobs: tuple[Job, ...] = ()

    async def list_jobs(self, **asked: object) -> Answer[Page[Job]]:
        page = Page(self.jobs, len(self.jobs))
        return Answer(page, {}, 200, None, NOW, NOW, 0.2)


@dataclass
class StandInJournal:
    """A journal with rows and events as given."""

    rows: tuple[RunRow, ...] = ()
    told: Mapping[RunId, tuple[Event, ...]] = field(default_factory=dict)
    launches: Mapping[LaunchId, tuple[Event, ...]] = field(default_factory=dict)

    async def runs(self, limit: int = 100, profile: str | None = None) -> tuple[RunRow, ...]:
        return self.rows[:limit]

    async def launch_events(self, launch: LaunchId) -> tuple[Event, ...]:
        return self.launches.get(launch, ())

    async def events(self, run: RunId, after: int = 0) -> tuple[Event, ...]:
        return self.told.get(run, ())


def session(
    fleet: StandInFleet | None = None,
    *,
    journal: StandInJournal | None = None,
    jobs: tuple[Job, ...] = (),
    read_only: bool = False,
    workspace: str | None = "analytics",
) -> Session:
    """Return a session of stand-ins at the profile `prod`."""
    profile = Profile(
        "prod", "https://api.airbyte.com/v1", workspace=workspace, read_only=read_only
    )
    fleet = fleet or StandInFleet()
    fleet.arming = Arming("prod", StoppedClock(), read_only=read_only)
    return Session(
        fleet=cast(Fleet, fleet),
        client=cast(Client, StandInClient(jobs)),
        journal=cast(Journal, journal or StandInJournal()),
        clock=StoppedClock(),
        profile=profile,
        workspaces=(WorkspaceId(workspace),) if workspace else (),
    )


class Host(App[None]):
    """An app with the deck's colours and nothing of its own."""

    copied: str = ""

    def __init__(self) -> None:
        super().__init__()
        self.answers: list[object] = []
        self.rebound: dict[str, str] = {}

    def get_css_variables(self) -> dict[str, str]:
        return with_tones(super().get_css_variables(), ansi=False)

    def copy_to_clipboard(self, text: str) -> None:
        self.copied = text
