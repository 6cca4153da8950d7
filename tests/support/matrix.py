"""Cases of a fault matrix: a whole fleet on the sandbox, one fault, one phase of a run, one seed.

:func:`drawn` makes a case of a seed, :func:`play` lets it happen in virtual time, and
:func:`broken` judges it by the server's own log and its record of true causes. A fault that a
phase's requests cannot meet (a POST's fault while polling) strikes where it can; then what is drawn
for the phase itself is one of the everyday nuisances, so that the two come together.
"""

from __future__ import annotations

import asyncio
import gc
import random
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

import httpx

from tests.support.fleets import Deck, add_connection
from tests.support.sandbox import InProcess, sandbox_in_process
from tests.support.virtual_time import VirtualTimeLoop
from tests.support.virtual_time import clock as virtual_clock
from workflow.airbyte.auth import auth_for
from workflow.airbyte.client import Client
from workflow.airbyte.credentials import ClientCredentials, Secret
from workflow.airbyte.feed import Feed
from workflow.clock import Clock
from workflow.http.door import Door
from workflow.runs.events import Origin, RunId, StatusChanged, TriggerSettled, Verdict
from workflow.runs.fleet import Fleet
from workflow.runs.folding import replay
from workflow.runs.journal import Journal
from workflow.runs.journal.intents import Became, IntentRecord
from workflow.runs.launch import Order, OrderRefused, Target
from workflow.runs.run import RunState
from workflow.runs.trigger import OnConflict
from workflow.sandbox.auth import FIXED_CLIENT_ID, FIXED_CLIENT_SECRET
from workflow.sandbox.behaviour import Behaviour
from workflow.sandbox.faultkinds import JOB_FAULTS, KINDS, FaultName
from workflow.sandbox.faults import parse_fault
from workflow.sandbox.jobs import Job
from workflow.sandbox.log import LoggedRequest
from workflow.sandbox.model import Cause, ConnectionId, JobType
from workflow.text import safe


class Phase(StrEnum):
    """Where in a run's life a fault strikes."""

    TOKEN = "token"
    PREFLIGHT = "preflight"
    POST_BEFORE = "post before effect"
    POST_AFTER = "post after effect"
    LOOK = "look"
    POLLING = "polling"
    CANCEL = "cancel"
    END = "end"


LOOK: Final = timedelta(seconds=40)
QUICK: Final = Behaviour(
    duration=9.0, spread=0.0, rows=600, row_bytes=10, past_jobs=0, pending=2.0, flush=3.0
)
# httpx's in-process transport looks for trio on the disk with every request, which is a tenth of a
# case's time; that it is not there can be known.
sys.modules.setdefault("trio", None)  # type: ignore[arg-type]

_HORIZON: Final = 4 * 3600.0
"""Virtual seconds by which every run of a case must have its verdict."""

_ENDPOINTS: Final[dict[Phase, tuple[str, ...]]] = {
    Phase.TOKEN: ("createAccessToken",),
    Phase.PREFLIGHT: ("getConnection", "listJobs"),
    Phase.POST_BEFORE: ("createJob",),
    Phase.POST_AFTER: ("createJob",),
    Phase.LOOK: ("listJobs",),
    Phase.POLLING: ("getJob",),
    Phase.CANCEL: ("cancelJob", "getJob", "listJobs"),
    Phase.END: ("getJob",),
}
_LASTING: Final = frozenset(
    {
        FaultName.WRITER_SKEW,
        FaultName.LATE_COMMIT,
        FaultName.UNKNOWN_STATUS,
        FaultName.DATE_OFFSET,
        FaultName.NO_DATE,
        FaultName.WRONG_NEXT,
        FaultName.OLD_JOB_TYPES,
        FaultName.NO_FILTERS,
        FaultName.NO_TAGS,
        FaultName.FEW_THREADS,
        FaultName.NO_EXPIRY,
        FaultName.NO_FORM,
    }
)
"""What is a way of the server rather than an accident: it lasts, and has no endpoint."""
_NUISANCES: Final = (
    "latency:seconds=1s-20s",
    "server-error:status=503",
    "server-error:status=500,body=html",
    "cut-before",
    "cut-after",
    "cut-body",
    "garbage:body=broken",
    "rate-limit",
    "slow:seconds=8s",
)
_KEYS: Final[dict[FaultName, tuple[str, ...]]] = {
    FaultName.LATENCY: ("seconds=0.5s-4s", "seconds=5s-40s", "seconds=1s,dist=exponential"),
    FaultName.RATE_LIMIT: ("", "retry_after=7", "retry_after=900"),
    FaultName.GARBAGE: ("body=html", "body=broken", "body=binary"),
    FaultName.SLOW: ("seconds=5s", "seconds=12s-60s", "seconds=200s"),
    FaultName.SLOW_POST: ("seconds=5s-25s", "seconds=30s-130s", "seconds=160s-200s"),
    FaultName.HANG_DELETE: ("seconds=5s", "seconds=600s"),
    FaultName.DATE_OFFSET: ("seconds=30s", "seconds=-30s", "seconds=3600s", "seconds=-7200s"),
    FaultName.WRITER_SKEW: ("seconds=5s", "seconds=30s"),
    FaultName.LATE_COMMIT: ("seconds=1s-3s", "seconds=8s"),
    FaultName.LOST_TRIGGER: tuple(
        f"after={after},answer={answer}{hold}"
        for after in ("0s", "3s", "25s", "60s", "never")
        for answer in ("cut", "state-conflict", "unprocessable", "error", "gateway")
        for hold in ("", ",hold=20s")
    ),
    FaultName.FAILED_CLEAR: ("status=500", "status=503"),
    FaultName.CANCEL_IGNORED: ("when=always", "when=waiting"),
    FaultName.UNKNOWN_STATUS: (
        "when=running",
        "when=pending",
        "when=succeeded,status=archiving",
        "status=resting,probability=0.5",
    ),
    FaultName.WRONG_CREDENTIALS: ("status=400", "status=401", "status=500"),
    FaultName.FEW_THREADS: ("threads=1", "threads=2"),
    FaultName.RESTART: ("seconds=2s", "seconds=45s", "seconds=20s,keep=false"),
}
_DESTRUCTIVE: Final = frozenset({"reset", "clear"})
_HARMLESS: Final = frozenset({400, 401, 403, 404, 429})


@dataclass(frozen=True)
class Case:
    """Everything a seed decides."""

    seed: int
    fault: FaultName
    phase: Phase
    faults: tuple[str, ...]
    """Of the phase: switched on when it begins."""
    always: tuple[str, ...]
    """On from the start, each at the endpoint it was made for."""
    lasts: float
    """Seconds after which the phase's faults are over, if they were not before."""
    job_type: str = "sync"
    policy: OnConflict = OnConflict.ATTACH
    cancel: bool = False
    restart: bool = False
    """The program ends when the phase has begun, and another takes up what it left."""
    rival: float | None = None
    """Seconds after which a second launch comes for the same connection."""
    stranger: float | None = None
    deadline: float | None = None
    over_running: bool = False
    fails: bool = False

    @property
    def loses_jobs(self) -> bool:
        return any("keep=false" in fault for fault in (*self.faults, *self.always))

    def __str__(self) -> str:
        return f"seed {self.seed}: {self.fault} while {self.phase}: {self!r}"


def drawn(fault: FaultName, phase: Phase, seed: int) -> Case:
    """Draw a case."""
    rng = random.Random(f"{fault}/{phase}/{seed}")
    here, always = _faults(fault, phase, rng)
    wipes = fault is FaultName.FAILED_CLEAR or rng.random() < 0.15
    only = KINDS[fault].only or frozenset()
    return Case(
        seed=seed,
        fault=fault,
        phase=phase,
        faults=here,
        always=always,
        lasts=rng.choice((20.0, 60.0, 60.0, 400.0)),
        job_type=rng.choice(("reset", "clear")) if wipes else "sync",
        policy=rng.choice((OnConflict.ATTACH, OnConflict.ATTACH, *OnConflict)),
        cancel=phase is Phase.CANCEL or "cancelJob" in only or rng.random() < 0.06,
        restart=rng.random() < 0.15,
        rival=rng.choice((None, None, None, None, None, 0.5, 6.0, 30.0)),
        stranger=rng.choice((None, None, None, None, None, 0.0, 4.0, 35.0)),
        deadline=rng.choice((None, None, None, None, None, 4.0, 12.0, 70.0)),
        over_running=wipes and rng.random() < 0.3,
        fails=rng.random() < 0.2,
    )


def _faults(
    fault: FaultName, phase: Phase, rng: random.Random
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the faults of the phase, and those that are on from the start."""
    always: list[str] = []
    if phase is Phase.LOOK and fault is not FaultName.LOST_TRIGGER:
        keys = rng.choice(_KEYS[FaultName.LOST_TRIGGER])
        always.append(f"lost-trigger:{keys},count=1")
    main = _text(fault, phase, rng)
    only, endpoints = KINDS[fault].only, _ENDPOINTS[phase]
    count = rng.choice(("", ",count=1", ",count=1", ",count=3"))
    if fault in _LASTING and (only is None or only & set(endpoints)):
        return (main,), tuple(always)
    if only is None:
        endpoint = rng.choice(endpoints)
        everywhere = phase in {Phase.POLLING, Phase.CANCEL, Phase.END, Phase.LOOK}
        aimed = "" if everywhere and rng.random() < 0.4 else f",endpoint={endpoint}"
        return (_joined(main, aimed + count),), tuple(always)
    if only & set(endpoints):
        return (_joined(main, count),), tuple(always)
    always.append(main if fault in _LASTING else _joined(main, rng.choice(("", ",count=1"))))
    nuisance = _joined(rng.choice(_NUISANCES), f",endpoint={rng.choice(endpoints)}{count}")
    return (nuisance,), tuple(always)


def _text(fault: FaultName, phase: Phase, rng: random.Random) -> str:
    if fault is FaultName.SERVER_ERROR:
        after = phase is Phase.POST_AFTER or (phase is Phase.CANCEL and rng.random() < 0.5)
        status, body = rng.choice((500, 502, 503, 504)), rng.choice(("json", "html", "older"))
        return f"{fault}:status={status},body={body},effect={'done' if after else 'none'}"
    keys = _KEYS.get(fault, ("",))
    if fault is FaultName.LOST_TRIGGER and phase is Phase.POST_BEFORE:
        keys = tuple(key for key in keys if "after=0s" not in key)
    if fault is FaultName.LOST_TRIGGER and phase is Phase.POST_AFTER:
        keys = tuple(key for key in keys if "after=0s" in key)
    if fault is FaultName.GARBAGE and phase is Phase.TOKEN:
        keys = ("body=html", "body=broken")
    drawn_keys = rng.choice(keys)
    return f"{fault}:{drawn_keys}" if drawn_keys else str(fault)


def _joined(text: str, keys: str) -> str:
    """Add ``,key=value`` to a fault's text."""
    if not keys:
        return text
    return text + keys if ":" in text else f"{text}:{keys.removeprefix(',')}"


# ------------------------------------------------------------------ playing


@dataclass
class Played:
    """How a case came out, and what the server knows of it."""

    case: Case
    target: Target
    runs: tuple[RunState, ...] = ()
    statuses: dict[RunId, list[str]] = field(default_factory=dict)
    """What each run's timeline says, in order."""
    owners: dict[int, set[RunId]] = field(default_factory=dict)
    """For each job the runs that said it was theirs."""
    intents: dict[RunId, tuple[IntentRecord, ...]] = field(default_factory=dict)
    jobs: list[Job] = field(default_factory=list)
    """Every job that ever began, whatever the server forgot."""
    listed: frozenset[int] = frozenset()
    """The jobs that the server still has at the end."""
    posts: list[LoggedRequest] = field(default_factory=list)
    recovered_at: float | None = None
    followed_until: float = 0.0
    """When suspects were looked for the last time without a fault, or soon before."""
    stuck: list[RunState] = field(default_factory=list)
    struck: frozenset[str] = frozenset()
    """The faults that met a request or, if they are of that kind, a job."""
    cancelled: bool = False
    mistakes: list[str] = field(default_factory=list)

    def posts_of(self, run: RunId) -> list[LoggedRequest]:
        return [post for post in self.posts if post.user_agent == f"trigger {run}"]

    def caused_by(self, run: RunId) -> list[Job]:
        numbers = {post.number for post in self.posts_of(run)}
        return [job for job in self.jobs if job.cause.request in numbers]


class Telltale(httpx.AsyncBaseTransport):
    """The way to the sandbox, with a word in each request's log of who sent it.

    `sent` and `answered` are set by the first trigger that leaves and comes back.
    """

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self._inner = inner
        self.sent = asyncio.Event()
        self.answered = asyncio.Event()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        task = asyncio.current_task()
        request.headers["user-agent"] = task.get_name() if task else ""
        trigger = request.method == "POST" and request.url.path.endswith("/jobs")
        if trigger:
            self.sent.set()
        try:
            return await self._inner.handle_async_request(request)
        finally:
            if trigger:
                self.answered.set()


@dataclass
class Stage:
    """A case that is being played."""

    case: Case
    box: InProcess
    clock: Clock
    wire: Telltale
    target: Target
    journal: Path | None
    struck: frozenset[str] = frozenset()

    @asynccontextmanager
    async def deck(self) -> AsyncIterator[Deck]:
        """Open a whole fleet with credentials, as a session does."""
        rng = random.Random(self.case.seed)
        base = self.box.base_url
        proof = ClientCredentials(FIXED_CLIENT_ID, Secret(FIXED_CLIENT_SECRET))
        auth = auth_for(proof, base, self.clock)
        async with AsyncExitStack() as stack:
            door = Door(base, clock=self.clock, rng=rng, auth=auth, transport=self.wire)
            stack.push_async_callback(door.aclose)
            client = Client(door, base)
            journal = await Journal.open(self.journal, self.clock, rng=rng)
            stack.push_async_callback(journal.aclose)
            fleet = Fleet(
                profile_name="prod",
                server=safe("sandbox.test"),
                client=client,
                feed=Feed(client, clock=self.clock, rng=rng),
                journal=journal,
                clock=self.clock,
                rng=rng,
            )
            deck = Deck(fleet, client, journal, self.clock)
            fleet.subscribe(deck.hear)
            await stack.enter_async_context(fleet)
            yield deck

    def order(self) -> Order:
        case = self.case
        return Order(
            (self.target,),
            job_type=case.job_type,
            on_conflict=case.policy,
            over_running=case.over_running,
            look=LOOK,
            deadline=None if case.deadline is None else timedelta(seconds=case.deadline),
        )

    # -- what happens around the runs

    async def strike(self) -> None:
        """Switch the phase's faults on when it begins, and off when they have lasted."""
        await self.phase_begins()
        for text in self.case.faults:
            self.box.faults.add(parse_fault(text))
        await self.clock.sleep(self.case.lasts)
        self.over()

    def over(self) -> None:
        """Switch every fault off, and note which there were."""
        active = self.box.faults.active
        self.struck |= {
            one.fault.name for one in active if one.strikes or one.fault.name in JOB_FAULTS
        }
        self.box.faults.clear()

    async def phase_begins(self) -> None:
        match self.case.phase:
            case Phase.LOOK:
                await self.wire.sent.wait()
            case Phase.POLLING:
                await self.wire.answered.wait()
            case Phase.CANCEL:
                await self.wire.answered.wait()
                await self.clock.sleep(5.0)
            case Phase.END:
                await self.wire.sent.wait()
                await self._job_nearly_ended()
            case _:
                pass

    async def _job_nearly_ended(self) -> None:
        for _ in range(200):
            await self.clock.sleep(1.0)
            self.box.world.advance(self.clock.now().timestamp())
            lane = self.box.world.life.lane(ConnectionId(self.target.connection_id))
            if not lane:
                if len(self.box.world.jobs):
                    return
                continue
            job = lane[0]
            left = job.script.attempts[job.attempt].seconds if job.attempt >= 0 else 99.0
            if job.attempt_began + left - self.box.world.now < 2.0:
                return

    def begin_strangers_job(self) -> None:
        world = self.box.world
        world.advance(self.clock.now().timestamp())
        connection = world.catalogue.connections[ConnectionId(self.target.connection_id)]
        world.begin(connection, JobType.SYNC, Cause("colleague"))

    async def stranger(self, after: float) -> None:
        await self.clock.sleep(after)
        self.begin_strangers_job()

    async def rival(self, deck: Deck, after: float) -> None:
        await self.clock.sleep(after)
        with suppress(OrderRefused):
            await deck.fleet.launch(self.order())

    async def cancel(self, deck: Deck, played: Played) -> None:
        """Wish, once the phase has begun, that whatever runs stop."""
        await self.phase_begins()
        await self.clock.sleep(0.01)
        for run in tuple(deck.fleet.runs):
            played.cancelled = True
            with suppress(OrderRefused):
                await deck.fleet.cancel(run)


async def play(case: Case, journal: Path | None) -> Played:
    """Let a case happen; `journal` is a file's place for the cases that need one."""
    clock = virtual_clock()
    box = sandbox_in_process(
        clock, faults=case.always, connections=1, seed=case.seed, auth=True, schedules=False
    )
    wire = Telltale(box.transport)
    behaviour = QUICK
    if case.fails:
        behaviour = Behaviour(
            duration=6.0, spread=0.0, rows=90, past_jobs=0, pending=2.0, failure_chance=1.0,
            max_attempts=2, backoff=3.0,
        )  # fmt: skip
    target = add_connection(box.world, behaviour)
    played = Played(case, target)
    _remember_jobs(box, played)
    stage = Stage(case, box, clock, wire, target, journal if case.restart else None)
    others = [asyncio.create_task(stage.strike(), name="strike")]
    if case.stranger is not None:
        others.append(asyncio.create_task(stage.stranger(case.stranger), name="stranger"))
    try:
        if case.restart:
            await _first_process(stage, played, others)
        await _last_process(stage, played, others)
    finally:
        for other in others:
            other.cancel()
        ended = await asyncio.gather(*others, return_exceptions=True)
    played.mistakes += [repr(e) for e in ended if isinstance(e, Exception)]
    played.listed = frozenset(int(job.id) for job in box.world.jobs)
    played.posts = [entry for entry in box.log if entry.endpoint == "createJob"]
    stage.over()
    played.struck = stage.struck
    return played


def _remember_jobs(box: InProcess, played: Played) -> None:
    begin = box.world.begin

    def remembering(connection: Any, job_type: JobType, cause: Cause) -> Job:
        job = begin(connection, job_type, cause)
        played.jobs.append(job)
        return job

    box.world.begin = remembering  # type: ignore[method-assign]


async def _first_process(stage: Stage, played: Played, others: list[asyncio.Task[None]]) -> None:
    async with stage.deck() as deck:
        with suppress(OrderRefused):
            await deck.fleet.launch(stage.order())
        doing = [asyncio.create_task(stage.phase_begins())]
        if stage.case.cancel:
            doing.append(asyncio.create_task(stage.cancel(deck, played)))
        await asyncio.wait({doing[0]}, timeout=300.0)
        await stage.clock.sleep(random.Random(stage.case.seed).choice((0.0, 0.3, 2.0, 20.0)))
        for task in doing:
            task.cancel()
        await asyncio.gather(*doing, return_exceptions=True)
        others += []
    _hear(played, deck)
    await stage.clock.sleep(2.0)
    played.recovered_at = stage.clock.now().timestamp()


async def _last_process(stage: Stage, played: Played, others: list[asyncio.Task[None]]) -> None:
    case = stage.case
    async with stage.deck() as deck:
        if not case.restart:
            with suppress(OrderRefused):
                await deck.fleet.launch(stage.order())
        if case.rival is not None and not case.restart:
            others.append(asyncio.create_task(stage.rival(deck, case.rival), name="rival"))
        if case.cancel and not case.restart:
            others.append(asyncio.create_task(stage.cancel(deck, played), name="cancel"))
        begun = stage.clock.monotonic()
        await stage.clock.sleep(1.0 if case.rival is None else case.rival + 1.0)
        await _until_all_ended(deck, played)
        # What comes late comes still: lost triggers that act after the look.
        if stage.clock.monotonic() - begun < 130.0 and "after=60s" in str(case):
            await stage.clock.sleep(230.0)
        now = stage.clock.now().timestamp()
        stage.box.world.advance(now)
        played.followed_until = 0.0 if stage.box.faults.active else now - 130.0
        rows = await deck.journal.runs(limit=-1)
        for row in rows:
            played.intents[row.run] = await deck.journal.intents_of(row.run)
        played.runs = tuple([replay(list(await deck.journal.events(row.run))) for row in rows])
    _hear(played, deck)


async def _until_all_ended(deck: Deck, played: Played) -> None:
    """Wait for every run's verdict, but not for a gate that opens in a day or for somebody's go."""
    end = asyncio.create_task(deck.fleet.end())
    for _ in range(int(_HORIZON // 30)):
        await asyncio.wait({end}, timeout=30.0)
        waiting = [run for run in deck.fleet.runs.values() if run.live]
        held = [run for run in waiting if run.waiting_for == "gate"]
        if end.done() or (
            waiting == held and any(r.open for r in await deck.journal.open_intents())
        ):
            break
    else:
        played.stuck = [run for run in deck.fleet.runs.values() if run.live]
    end.cancel()
    await asyncio.wait({end})


def _hear(played: Played, deck: Deck) -> None:
    for event in deck.told:
        if event.run is None:
            continue
        match event.fact:
            case StatusChanged(to_status=status):
                said = played.statuses.setdefault(event.run, [])
                if not said or said[-1] != status:
                    said.append(status)
            case TriggerSettled(how="started" | "adopted", job_id=int(job_id)):
                played.owners.setdefault(job_id, set()).add(event.run)


class ThreadlessLoop(VirtualTimeLoop):
    """A virtual-time loop that does the work of threads itself, in the loop's next round.

    Time stands still while a thread works anyway; without the two threads of a journal a case
    costs two thirds of what it would.
    """

    def run_in_executor(self, executor: Any, func: Any, *args: Any) -> asyncio.Future[Any]:
        future: asyncio.Future[Any] = self.create_future()

        def work() -> None:
            try:
                result = func(*args)
            except BaseException as error:  # noqa: BLE001 - as a thread would hand it on
                if not future.done():
                    future.set_exception(error)
            else:
                if not future.done():
                    future.set_result(result)

        self.call_soon(work)
        return future


def play_virtually(case: Case, journal: Path | None) -> Played:
    """Play a case in a loop of virtual time of its own."""
    gc.disable()  # a case is short, and ends with everything it made
    try:
        with asyncio.Runner(loop_factory=ThreadlessLoop) as runner:
            return runner.run(play(case, journal))
    finally:
        gc.enable()


# ------------------------------------------------------------------ judging


def broken(played: Played) -> list[str]:
    """Return which promises a case broke, in words."""
    case = played.case
    faults = [f"{run.run} never ended: {run.phase}, {run.failing}" for run in played.stuck]
    faults += played.mistakes
    faults += _posts(played)
    if not case.loses_jobs:
        for job, runs in played.owners.items():
            if len(runs) > 1:
                faults.append(f"job {job} has {len(runs)} owners")
    for run in played.runs:
        if run.verdict is not None:
            faults += _of_run(played, run)
    return [f"{fault} in {case}" for fault in faults]


def _posts(played: Played) -> list[str]:
    faults = []
    for run in played.runs:
        sent = [post for post in played.posts_of(run.run) if not is_refusal(post)]
        if len(sent) > 1:
            faults.append(f"{run.run} sent {len(sent)} triggers that were not refused")
        open_or_taken = [i for i in played.intents.get(run.run, ()) if i.how not in _NO_EFFECT]
        if len(sent) > len(open_or_taken):
            faults.append(f"{run.run} sent more than its journal knows")
    known = {f"trigger {run.run}" for run in played.runs}
    stray = [post for post in played.posts if post.user_agent not in known]
    if stray:
        faults.append(f"triggers of nobody: {stray}")
    late = [p for p in played.posts if played.recovered_at and p.arrived >= played.recovered_at]
    if late:
        faults.append(f"recovery sent a trigger: {late}")
    return faults


_NO_EFFECT: Final = frozenset({Became.REFUSED, Became.NOT_SENT})


def is_refusal(post: LoggedRequest) -> bool:
    """Whether a POST's answer proves, by the rules, that it had no effect."""
    if post.status in _HARMLESS:
        return True
    if post.status != 409:
        return False
    return "phantom-running" in post.faults or "lost-trigger" not in post.faults


def _of_run(played: Played, run: RunState) -> list[str]:
    faults = []
    ours = played.caused_by(run.run)
    intents = played.intents.get(run.run, ())
    acted = [post for post in played.posts_of(run.run) if not is_refusal(post)]
    kept = any(one.open for one in intents)
    if ours and run.origin not in _OWNS and not kept:
        faults.append(f"{run.run} forgot job {ours[0].id}: {run.verdict}, {run.why}")
    known = {job for one in intents for job in (one.job_id, *one.suspects)}
    for job in ours:
        long_ago = job.created_at < played.followed_until and job.id in played.listed
        if kept and long_ago and job.id not in known:
            faults.append(f"{run.run} does not suspect job {job.id}")
    if not str(run.why):
        faults.append(f"{run.run} is {run.verdict} and does not say why")
    match run.verdict:
        case Verdict.SUCCEEDED | Verdict.FAILED | Verdict.CANCELLED:
            faults += _true_end(played, run, bool(ours or acted))
        case Verdict.REJECTED | Verdict.SKIPPED:
            if ours or acted:
                faults.append(f"{run.run} is {run.verdict}, and a trigger may have acted")
        case Verdict.EXPIRED:
            if played.case.deadline is None:
                faults.append(f"{run.run} is expired without a deadline")
            if "not started" in str(run.why) and (ours or acted):
                faults.append(f"{run.run} is expired as not started, and it was sent")
        case Verdict.UNRESOLVED:
            faults += _honest(played, run)
    return faults


_OWNS: Final = frozenset({Origin.STARTED, Origin.JOINED, Origin.ADOPTED})


def _true_end(played: Played, run: RunState, acted: bool) -> list[str]:
    if run.job_id is None:
        silent = run.verdict in {Verdict.FAILED, Verdict.CANCELLED} and not acted
        return [] if silent else [f"{run.run} is {run.verdict} and has no job"]
    jobs = [job for job in played.jobs if job.id == run.job_id]
    if not jobs:
        return [f"{run.run} is {run.verdict} by job {run.job_id}, which never was"]
    # The server may have begun its numbers anew: then one of that number must have ended so.
    if run.verdict not in {job.status.value for job in jobs}:
        return [f"{run.run} is {run.verdict}, and job {run.job_id} is {jobs[-1].status}"]
    if str(jobs[-1].connection_id) != played.target.connection_id:
        return [f"{run.run} took the job of another connection"]
    if not played.case.loses_jobs:
        return _timeline(played, run, jobs[-1])
    return []


def _timeline(played: Played, run: RunState, job: Job) -> list[str]:
    """A run's timeline leaves things out, and adds none; what it ends with is the end."""
    history = iter([status.value for status, _ in job.history])
    strange = {"paused", "archiving", "resting"}
    said = [s for s in played.statuses.get(run.run, []) if s not in strange]
    deduplicated = [s for i, s in enumerate(said) if not i or said[i - 1] != s]
    if not all(status in history for status in deduplicated):
        return [f"{run.run} tells {said}, and the job was {job.history}"]
    if said and said[-1] != run.verdict:
        return [f"{run.run} tells {said} and is {run.verdict}"]
    return []


def _honest(played: Played, run: RunState) -> list[str]:
    """Not knowing is allowed where a clean answer was missing, or the job is gone."""
    case = played.case
    if "mistake in syncdeck" in str(run.why):
        return [f"{run.run} broke: {run.why}"]
    clean = [post for post in played.posts_of(run.run) if post.status == 200 and not post.faults]
    if clean and not case.loses_jobs and not case.restart and run.origin is not None:
        return [f"{run.run} is unresolved after a clean answer: {run.why}"]
    return []
