"""Small worlds for the trigger machine: a server that may do anything its like was seen to do.

A :class:`World` fixes every choice beforehand: what is there, what the POST does and when, what is
said about it, who else starts what, how far the clocks are apart. :func:`live_through` plays the
machine in it against a journal of three dictionaries, and :func:`broken` says which guarantees the
outcome breaks, judged by what really happened.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Literal

from workflow.runs.events import Origin, RunId
from workflow.runs.journal.intents import Became, GateTaken, Intent
from workflow.runs.trigger import (
    Answered,
    Attached,
    Conflict,
    JobSeen,
    NotStarted,
    OnConflict,
    Refused,
    Skipped,
    TriggerOrder,
    TriggerOutcome,
    Unresolved,
    machine,
)
from workflow.runs.trigger.moves import (
    Answer,
    AwaitGate,
    AwaitJob,
    CheckFailed,
    Claimed,
    ClaimJob,
    Command,
    ConnectionRead,
    Done,
    Finish,
    LeaveGate,
    Listed,
    ListJobs,
    Lost,
    OpenIntent,
    Pause,
    Post,
    ReadConnection,
    Replied,
    Settle,
    TakeGate,
    WatchIt,
)
from workflow.text import safe

START = datetime(2026, 3, 25, 1, 30, tzinfo=UTC)
RUN = RunId("r-1")
LOOK = 120.0
LONGEST_PAUSE = 20.0
"""Between two looks."""
MOST_MOVES = 400

Said = Literal[
    "its job", "nothing in time", "cut", "500", "409 state-conflict", "unreadable", "422",
    "409 try-again-later", "400", "401", "429", "not sent", "an older job",
]  # fmt: skip
HARMLESS: tuple[Said, ...] = ("409 try-again-later", "400", "401", "429", "not sent")
TELLING_NOTHING: tuple[Said, ...] = (
    "nothing in time", "cut", "500", "409 state-conflict", "unreadable", "422",
)  # fmt: skip
ONE_OF_EACH: tuple[Said, ...] = ("nothing in time", "409 state-conflict")
"""No answer, and an answer that tells nothing: the others differ in their words only."""
AGAIN: tuple[Said, ...] = ("401", "429", "not sent")

When = Literal["now", "soon", "late", "too late", "never"]
AFTER: dict[When, float | None] = {
    "now": 0.5, "soon": 4.0, "late": 100.0, "too late": 400.0, "never": None,
}  # fmt: skip
TAKES: dict[Said, float] = {"nothing in time": 80.0, "409 state-conflict": 61.0}


@dataclass(frozen=True)
class Reply:
    """What one POST does, and what is said about it."""

    said: Said
    effect: When = "never"
    doubled: bool = False


@dataclass(frozen=True)
class Stranger:
    """A schedule's or a colleague's job."""

    at: Literal[
        "before the intent", "with the POST", "soon", "later", "at the close", "after the window"
    ]
    job_type: str = "sync"


STRANGE: dict[str, float] = {
    "with the POST": 0.2, "soon": 6.0, "later": 50.0, "at the close": 118.0,
    "after the window": 350.0,
}  # fmt: skip


@dataclass(frozen=True)
class World:
    """Every choice of one small world."""

    replies: tuple[Reply, ...]
    stranger: Stranger | None = None
    before: Literal["nothing", "ended", "running", "running reset", "unknown status"] = "nothing"
    job_type: str = "sync"
    policy: OnConflict = OnConflict.ATTACH
    over_running: bool = False
    offset: float = 0.0
    """How far the server's clock is ahead of ours, in seconds."""
    tells_date: bool = True
    skew: float = 0.0
    """How far its Date is ahead of the clock that its jobs are dated by."""
    unread: bool = False
    """The first look's answer lies unread until the window is over."""
    slow_disk: bool = False
    """The intent takes seven seconds to be written."""
    blind: Literal["never", "every second list", "for 400 s"] = "never"
    """When lists fail; for 400 s: from the POST on."""
    restored: bool = False
    """During the POST the server goes back to a state without any job."""
    deadline: float | None = None


@dataclass
class Job:
    """A job, and the truth about it."""

    number: int
    born: float
    job_type: str
    ours: bool
    ends: float
    strange_status: bool = False

    def seen(self, at: float, offset: float) -> JobSeen:
        live = at < self.ends
        status = "suspended" if self.strange_status else "running" if live else "succeeded"
        created = START + timedelta(seconds=self.born + offset)
        kind = "reset" if self.job_type == "clear" else self.job_type
        return JobSeen(self.number, kind, status, live or self.strange_status, created)


@dataclass
class History:
    """What really happened."""

    outcome: TriggerOutcome | None = None
    ended: float = 0.0
    posts: list[tuple[float, Reply, Intent]] = field(default_factory=list)
    known: set[int] = field(default_factory=set)
    """The jobs that the latest preflight saw."""
    intent: Literal["none", "gate", "open", "closed"] = "none"
    how: Became | None = None
    claims: set[int] = field(default_factory=set)
    jobs: list[Job] = field(default_factory=list)
    to_come: list[tuple[float, str, bool]] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    @property
    def ours(self) -> list[Job]:
        return [job for job in self.jobs if job.ours]


class Server:
    """The world at work."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.at = 0.0
        self.past = History()
        self.lists = 0
        self.stood_still = False
        self.number = 10
        if world.before != "nothing":
            self._be_born(-100.0, "reset" if world.before == "running reset" else "sync", False)
            self.past.jobs[0].ends = -50.0 if world.before == "ended" else 30.0
            self.past.jobs[0].strange_status = world.before == "unknown status"

    def now(self) -> datetime:
        return START + timedelta(seconds=self.at)

    def pass_time(self, seconds: float) -> None:
        self.at += max(0.0, seconds)
        for born, job_type, ours in sorted(self.past.to_come):
            if born <= self.at:
                self.past.to_come.remove((born, job_type, ours))
                self._be_born(born, job_type, ours)

    def _be_born(self, at: float, job_type: str, ours: bool) -> None:
        self.number += 1
        self.past.jobs.append(Job(self.number, at, job_type, ours, at + 60.0))

    # -------------------------------------------------------------- what the machine asks for

    def do(self, command: Command) -> Answer:
        past = self.past
        match command:
            case TakeGate():
                past.intent = "gate"
                return GateTaken()
            case LeaveGate():
                past.intent = "none"
                return Done()
            case ReadConnection():
                left = self.now()
                self.pass_time(0.1)
                return ConnectionRead("active", left)
            case ListJobs():
                return self._list()
            case OpenIntent():
                if past.intent != "gate":
                    past.faults.append("an intent was opened without the gate")
                past.intent = "open"
                self._stranger("before the intent", 0.0)
                self.pass_time(7.0 if self.world.slow_disk else 0.01)
                return Done()
            case Post(intent):
                return self._post(intent)
            case ClaimJob(number):
                past.claims.add(number)
                return Claimed(None)
            case Settle(how):
                past.how = how
                past.intent = "open" if how.leaves_open else "closed"
                return Done()
            case WatchIt():
                return Done()
            case Pause(until) | AwaitGate(until) | AwaitJob(_, until):
                limit = self.now() + timedelta(seconds=40) if until is None else until
                if isinstance(command, AwaitJob):
                    limit = min(limit, self.now() + timedelta(seconds=40))
                self.pass_time((limit - self.now()).total_seconds())
                return Done()
            case Finish():
                raise AssertionError("finished")

    def _list(self) -> Answer:
        self.lists += 1
        left = self.now()
        self.pass_time(0.1)
        if self._is_blind():
            return CheckFailed(safe("the list failed"))
        seen = tuple(job.seen(self.at, self.world.offset) for job in self.past.jobs)
        if self.past.intent == "gate":
            self.past.known = {job.number for job in self.past.jobs}
        arrived = self.now()
        date = arrived + timedelta(seconds=self.world.offset + self.world.skew)
        if self.world.unread and self.past.posts and not self.stood_still:
            self.stood_still = True
            self.pass_time(LOOK + 50.0)
        return Listed(seen, left, arrived, date if self.world.tells_date else None)

    def _is_blind(self) -> bool:
        match self.world.blind:
            case "never":
                return False
            case "every second list":
                return self.lists % 2 == 0
            case "for 400 s":
                return bool(self.past.posts) and self.at < self.past.posts[0][0] + 400.0

    def _stranger(self, at: str, after: float) -> None:
        stranger = self.world.stranger
        if stranger is not None and stranger.at == at:
            self.past.to_come.append((self.at + after, stranger.job_type, False))

    def _post(self, intent: Intent) -> Answer:
        past, replies = self.past, self.world.replies
        if past.intent != "open":
            past.faults.append("a POST left without an open intent")
        reply = replies[min(len(past.posts), len(replies) - 1)]
        past.posts.append((self.at, reply, intent))
        if len(past.posts) == 1:
            for at, after in STRANGE.items():
                self._stranger(at, after)
        after = AFTER[reply.effect]
        if after is not None:
            for extra in (0.0, 1.0) if reply.doubled else (0.0,):
                past.to_come.append((self.at + after + extra, self.world.job_type, True))
        if self.world.restored and len(past.posts) == len(replies):
            past.jobs.clear()
            self.number = 0
        self.pass_time(TAKES.get(reply.said, 1.0))
        return self._reply(reply)

    def _reply(self, reply: Reply) -> Answer:
        why = safe(f"it said {reply.said}.")
        match reply.said:
            case "an older job":
                return Replied(200, self.past.jobs[0].seen(self.at, self.world.offset))
            case "its job":
                ours = self.past.ours[0]
                return Replied(
                    200, ours.seen(self.at, self.world.offset), body={"jobId": ours.number}
                )
            case "nothing in time" | "cut" | "unreadable":
                return Lost(why, sent=True)
            case "not sent":
                return Lost(why, sent=False)
            case "409 try-again-later":
                return Replied(409, conflict="try-again-later", why=why)
            case "409 state-conflict":
                return Replied(409, conflict="other", why=why)
            case _:
                return Replied(int(reply.said), why=why)


def order_of(world: World) -> TriggerOrder:
    """What the operator of this world asks for."""
    return TriggerOrder(
        RUN,
        "trigger",
        1,
        "p",
        "c-1",
        world.job_type,
        on_conflict=world.policy,
        over_running=world.over_running,
        look=timedelta(seconds=LOOK),
        deadline=None if world.deadline is None else START + timedelta(seconds=world.deadline),
    )


def live_through(world: World) -> History:
    """Play the machine in a world to its end, and a while longer."""
    server = Server(world)
    move = machine.start(order_of(world), server.now())
    for _ in range(MOST_MOVES):
        if isinstance(move.command, Finish):
            server.past.outcome = move.command.outcome
            break
        answer = server.do(move.command)
        move = machine.advance(move.state, answer, server.now())
    server.past.ended = server.at
    server.pass_time(1000.0)
    return server.past


# ------------------------------------------------------------------ the guarantees


def broken(world: World, past: History) -> list[str]:
    """Say which guarantees do not hold in what happened."""
    outcome = past.outcome
    if outcome is None:
        return ["it never came to an end"]
    return [
        *past.faults,
        *_of_posts(world, past),
        *_of_the_journal(past, outcome),
        *_of_the_outcome(world, past, outcome),
    ]


def _of_posts(world: World, past: History) -> Iterator[str]:
    counting = [p for p in past.posts if p[1].said not in HARMLESS]
    if len(counting) > 1:
        yield "two POSTs left that were not definitely refused"
    for at, _, intent in past.posts:
        if at - (intent.at - START).total_seconds() > 5.0:
            yield "a POST left on an old preflight"
        if world.deadline is not None and at > world.deadline:
            yield "a POST left after the deadline"
    in_the_way = {"running", "running reset", "unknown status"}
    if past.posts and past.posts[0][0] < 30 and world.before in in_the_way:
        yield "a POST left although a job was on its way"


def _of_the_journal(past: History, outcome: TriggerOutcome) -> Iterator[str]:
    acted = [p for p in past.posts if p[1].said not in HARMLESS]
    named = isinstance(outcome, Answered)
    if acted and not named and past.intent != "open":
        yield "a POST that may have acted ended with no job and no open intent"
    if past.intent == "gate":
        yield "the gate was left closed"
    if not acted and past.intent == "open":
        yield "an intent stayed open with nothing to wait for"
    if isinstance(outcome, Answered) and outcome.how is Origin.ADOPTED and past.intent != "open":
        yield "the intent of an adopted job was closed"
    if past.claims & past.known:
        yield "a job older than the preflight was claimed"


def _of_the_outcome(world: World, past: History, outcome: TriggerOutcome) -> Iterator[str]:
    ours = [job.number for job in past.ours]
    match outcome:
        case Refused() | NotStarted() | Skipped() | Conflict() | Attached():
            if ours:
                yield f"{type(outcome).__name__}, although a job of ours ran or will"
        case Answered(how=Origin.STARTED, job=job):
            if job.job_id not in ours:
                yield "a stranger's job was said to be started by us"
        case Answered(how=Origin.ADOPTED, job=job):
            yield from _of_adoption(world, past, job)
        case Answered() | Unresolved():
            pass
    if isinstance(outcome, Unresolved):
        yield from _of_unresolved(world, past, outcome)
    if isinstance(outcome, Attached) and not (outcome.job.live and _same_kind(world, outcome.job)):
        yield "attached to a job that had ended, or is of another kind"


def _is_plain(world: World) -> bool:
    """Whether nothing keeps looks from being made."""
    return world.blind == "never" and world.deadline is None and not world.unread


def _close(past: History) -> float:
    _, _, intent = past.posts[-1]
    return (intent.at - START).total_seconds() + LOOK


def _in_window(past: History) -> list[Job]:
    until = min(_close(past), past.ended)
    return [j for j in past.jobs if j.number not in past.known and j.born <= until]


def _of_adoption(world: World, past: History, job: JobSeen) -> Iterator[str]:
    _, _, intent = past.posts[-1]
    candidates = _in_window(past)
    if len(candidates) > 1:
        yield "a job was adopted although another may be ours as well"
    if job.job_id not in [candidate.number for candidate in candidates]:
        yield "a job from outside the window was adopted"
    if past.ended < (intent.at - START).total_seconds() + LOOK:
        yield "a job was adopted before the window had closed"
    if not _same_kind(world, job):
        yield "a job of another type was adopted"


def _same_kind(world: World, job: JobSeen) -> bool:
    return job.job_type == world.job_type or {job.job_type, world.job_type} <= {"reset", "clear"}


def _of_unresolved(world: World, past: History, outcome: Unresolved) -> Iterator[str]:
    if world.restored:  # its numbers began anew, so no job can be told to be younger
        if "history changed" not in outcome.why:
            yield "nothing was said of the server's changed history"
        return
    if _is_plain(world) and len(sole := _in_window(past)) == 1:
        (job,) = sole
        found = job.born < _close(past) - LONGEST_PAUSE and job.job_type == world.job_type
        if found and past.ended >= _close(past):
            yield "the sole job that can be ours was seen in time, and not adopted"
    listed = {job.job_id for job in outcome.suspects}
    for job in _in_window(past):
        if job.number not in listed and job.born < past.ended - 1:
            yield "a job that may be ours is not among the suspects"


# ------------------------------------------------------------------ all small worlds


def small_worlds() -> Iterator[World]:
    """Give every small world, the same ones in the same order each time."""
    yield from _of_one_reply()
    yield from _of_conflicts()
    yield from _of_troubles()
    yield from _of_clocks()


def _replies(telling_nothing: tuple[Said, ...]) -> list[tuple[Reply, ...]]:
    single: list[Reply] = [Reply(said) for said in HARMLESS]
    single += [Reply("its job", "now", doubled) for doubled in (False, True)]
    for said in telling_nothing:
        single.append(Reply(said))
        effects: tuple[When, ...] = ("now", "soon", "late", "too late")
        single += [Reply(said, e, d) for e in effects for d in (False, True)]
    pairs = [
        (Reply(first), second)
        for first in AGAIN
        for second in single
        if not second.doubled and second.effect in {"now", "never", "late"}
    ]
    return [(reply,) for reply in single] + pairs


def _strangers() -> list[Stranger | None]:
    times = ("before the intent", "with the POST", "soon", "later", "after the window")
    return [None, *(Stranger(at, kind) for at in times for kind in ("sync", "reset"))]  # type: ignore[arg-type]


def _of_one_reply() -> Iterator[World]:
    kinds = [("sync", 0.0, True), ("sync", -3600.0, True), ("sync", 3600.0, True)]
    kinds += [("sync", 0.0, False), ("clear", 0.0, True)]
    kinds += [("sync", -3600.0, False), ("sync", 3600.0, False)]
    replies = [*_replies(ONE_OF_EACH), (Reply("an older job"),)]
    for reply, stranger, before, (kind, offset, tells) in itertools.product(
        replies, _strangers(), ("nothing", "ended"), kinds
    ):
        if reply[0].said == "an older job" and before == "nothing":
            continue
        yield World(
            reply, stranger, before, kind, offset=offset, tells_date=tells  # type: ignore[arg-type]
        )  # fmt: skip


def _of_conflicts() -> Iterator[World]:
    replies = [(Reply(said, effect),) for said, effect in (
        ("its job", "now"), ("cut", "now"), ("cut", "never"), ("409 try-again-later", "never"),
    )]  # fmt: skip
    for reply, before, policy, kind, over, stranger in itertools.product(
        replies,
        ("running", "running reset", "unknown status"),
        OnConflict,
        ("sync", "reset"),
        (False,),
        (None, Stranger("before the intent"), Stranger("with the POST")),
    ):
        # What never ends is not waited for without an end.
        deadline = 500.0 if policy is OnConflict.WAIT else None
        yield World(
            reply, stranger, before, kind, policy, over, deadline=deadline  # type: ignore[arg-type]
        )  # fmt: skip


def _of_troubles() -> Iterator[World]:
    for replies, stranger, trouble in itertools.product(
        _replies(TELLING_NOTHING),
        (None, Stranger("with the POST"), Stranger("later"), Stranger("after the window")),
        (
            {"slow_disk": True},
            {"blind": "every second list"},
            {"blind": "for 400 s"},
            {"restored": True, "before": "ended"},
            {"deadline": 0.05},
            {"deadline": 30.0},
            {"deadline": 90.0},
        ),
    ):
        yield World(replies, stranger, **trouble)  # type: ignore[arg-type]


def _of_clocks() -> Iterator[World]:
    strangers = (None, *(Stranger(at) for at in ("soon", "later", "at the close")))
    for replies, stranger, trouble in itertools.product(
        _replies(ONE_OF_EACH),
        strangers,
        (
            {"skew": -3600.0},
            {"skew": 3600.0},
            {"skew": -3600.0, "offset": 1800.0},
            {"unread": True},
            {"unread": True, "tells_date": False},
        ),
    ):
        yield World(replies, stranger, **trouble)  # type: ignore[arg-type]
