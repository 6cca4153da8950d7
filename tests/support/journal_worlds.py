"""Two processes on one journal, in every order, with a kill, a pause, a power loss and a long day.

The machine of the trigger and the journal's SQL are the real ones; processes, time and the server
are a model. A process that is not chosen for a step is a paused one. :func:`search` visits every
state that can be reached, breadth first, and says what is wrong in the first one that is.
"""

from __future__ import annotations

import sqlite3
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Literal

from workflow.runs.events import Origin, RunId
from workflow.runs.journal import intent_rows as journal_intents
from workflow.runs.journal import store as journal_store
from workflow.runs.journal.damage import Damage
from workflow.runs.journal.intents import IntentKey
from workflow.runs.journal.ownership import OwnerId
from workflow.runs.journal.schema import MIGRATIONS
from workflow.runs.trigger import (
    Answered,
    JobSeen,
    OnConflict,
    TriggerOrder,
    TriggerOutcome,
    machine,
)
from workflow.runs.trigger.moves import (
    Answer,
    AwaitGate,
    AwaitJob,
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
    NotWritten,
    OpenIntent,
    Pause,
    Post,
    ReadConnection,
    Replied,
    Settle,
    TakeGate,
    WatchIt,
)
from workflow.runs.trigger.state import Move, State
from workflow.text import safe

START = datetime(2026, 3, 25, 1, 30, tzinfo=UTC)
CONNECTION = "c-1"
JOB_LIVES = 1.0
LOOK = 2.0
DAY = 25 * 3600.0
Rows = tuple[tuple[tuple[object, ...], ...], ...]
Condition = Literal["up", "dead", "over"]


@dataclass(frozen=True)
class Process:
    """One process; `life` counts its starts, each with a lock of its own."""

    run: RunId
    life: int = 1
    condition: Condition = "up"
    state: State | None = None
    command: Command | None = None
    outcome: TriggerOutcome | None = None
    recovering: bool = False

    @property
    def owner(self) -> OwnerId:
        return OwnerId(f"{self.run}/{self.life}")


@dataclass(frozen=True)
class Whole:
    """Everything there is."""

    processes: tuple[Process, Process]
    rows: Rows
    """What the operating system has of the journal."""
    synced: Rows
    """What is on the disk itself."""
    clock: float = 0.0
    jobs: tuple[tuple[int, float, RunId], ...] = ()
    """Number, birth, and whose POST it was the effect of."""
    posts: tuple[tuple[RunId, bool], ...] = ()
    """Whose, and whether it was definitely refused."""
    kills: int = 0
    powers: int = 0
    days: int = 0
    fault: str | None = None

    @property
    def now(self) -> datetime:
        return START + timedelta(seconds=self.clock)

    def put(self, number: int, process: Process) -> tuple[Process, Process]:
        first, second = self.processes
        return (process, second) if number == 0 else (first, process)


class Tables:
    """The journal's real tables, filled from rows and read back."""

    names = ("runs", "intents", "claims")

    def __init__(self) -> None:
        self.db = sqlite3.connect(":memory:", isolation_level=None)
        for script in MIGRATIONS:
            self.db.executescript(script)

    def with_rows(self, rows: Rows) -> sqlite3.Connection:
        for name, content in zip(self.names, rows, strict=True):
            self.db.execute(f"DELETE FROM {name}")
            for row in content:
                self.db.execute(f"INSERT INTO {name} VALUES ({','.join('?' * len(row))})", row)
        return self.db

    def rows(self) -> Rows:
        return tuple(
            tuple(self.db.execute(f"SELECT * FROM {name} ORDER BY 1")) for name in self.names
        )


def order_for(run: RunId) -> TriggerOrder:
    return TriggerOrder(
        run,
        "trigger",
        1,
        "p",
        CONNECTION,
        "sync",
        on_conflict=OnConflict.SKIP,
        look=timedelta(seconds=LOOK),
    )


@dataclass(frozen=True)
class Blows:
    """How much may go wrong."""

    kills: int = 0
    powers: int = 0
    days: int = 0


@dataclass
class Model:
    """How the world moves."""

    tables: Tables
    blows: Blows
    synced_by_intents: bool = True

    def first(self) -> Whole:
        runs = [RunId("r-a"), RunId("r-b")]
        self.tables.with_rows(((), (), ()))
        for run in runs:
            self.tables.db.execute(
                "INSERT INTO runs (run, profile, created, updated, seq, owner)"
                " VALUES (?, 'p', '', '', 1, ?)",
                (run, f"{run}/1"),
            )
        rows = self.tables.rows()
        blows = self.blows
        both = (Process(runs[0]), Process(runs[1]))
        whole = Whole(both, rows, rows, kills=blows.kills, powers=blows.powers, days=blows.days)
        for number in (0, 1):
            move = machine.start(order_for(runs[number]), whole.now)
            whole = self._moved(whole, number, move)
        return whole

    def next(self, whole: Whole) -> Iterator[Whole]:
        """Give every state that may follow."""
        for number, process in enumerate(whole.processes):
            if process.condition == "up":
                yield from self._step(whole, number)
                if whole.kills:
                    dead = replace(process, condition="dead", state=None, command=None)
                    yield replace(whole, processes=whole.put(number, dead), kills=whole.kills - 1)
                yield from self._steal(whole, number)
            elif process.condition == "dead":
                yield self._restart(whole, number)
        if whole.powers:
            dead = tuple(
                replace(p, condition="dead", state=None, command=None) if p.condition == "up" else p
                for p in whole.processes
            )
            yield replace(
                whole,
                processes=(dead[0], dead[1]),
                rows=whole.synced,
                powers=whole.powers - 1,
            )
        if whole.days:
            yield replace(whole, clock=whole.clock + DAY, days=whole.days - 1)

    def _alive(self, whole: Whole) -> Callable[[OwnerId], bool]:
        living = {p.owner for p in whole.processes if p.condition == "up"}
        return lambda owner: owner in living

    # -------------------------------------------------------------- taking up what is left

    def _restart(self, whole: Whole, number: int) -> Whole:
        process = replace(whole.processes[number], condition="up", recovering=True)
        process = replace(process, life=process.life + 1)
        whole = replace(whole, processes=whole.put(number, process))
        db = self.tables.with_rows(whole.rows)
        journal_store.take_run(db, process.run, process.owner, self._alive(whole))
        records = [r for r in journal_intents.read_intents(db, process.run) if not r.how]
        journal_intents.leave_gate(db, process.run)
        whole = replace(whole, rows=self.tables.rows())
        if not records:
            over = replace(process, condition="over")
            return replace(whole, processes=whole.put(number, over))
        return self._moved(
            whole, number, machine.recover(order_for(process.run), records[-1], whole.now)
        )

    def _steal(self, whole: Whole, number: int) -> Iterator[Whole]:
        """The other process tries to take this one's run, as a start does; it must not get it."""
        thief = whole.processes[1 - number]
        if thief.condition != "up":
            return
        db = self.tables.with_rows(whole.rows)
        run = whole.processes[number].run
        if journal_store.take_run(db, run, thief.owner, self._alive(whole)):
            yield replace(whole, fault="a living process's run was taken from it")

    # -------------------------------------------------------------- one command

    def _step(self, whole: Whole, number: int) -> Iterator[Whole]:
        process = whole.processes[number]
        command = process.command
        match command:
            case Post():
                yield from self._post(whole, number)
            case Pause(until) | AwaitGate(until) | AwaitJob(_, until):
                seconds = (until - START).total_seconds() if until else whole.clock
                later = replace(whole, clock=max(whole.clock, seconds))
                yield self._answered(later, number, Done())
            case ReadConnection():
                yield self._answered(whole, number, ConnectionRead("active", whole.now))
            case ListJobs():
                yield self._answered(whole, number, self._listed(whole))
            case _:
                assert command is not None
                yield self._written(whole, number, command)

    def _listed(self, whole: Whole) -> Listed:
        jobs = (self._seen(whole, number, born) for number, born, _ in whole.jobs)
        return Listed(tuple(jobs), whole.now, whole.now, whole.now)

    def _seen(self, whole: Whole, number: int, born: float) -> JobSeen:
        live = whole.clock < born + JOB_LIVES
        created = START + timedelta(seconds=born)
        return JobSeen(number, "sync", "running" if live else "succeeded", live, created)

    def _post(self, whole: Whole, number: int) -> Iterator[Whole]:
        run = whole.processes[number].run
        fault = self._wrong_to_post(whole, number)
        if fault is not None:
            yield replace(whole, fault=fault)
            return
        why = safe("lost.")
        refused = replace(whole, posts=(*whole.posts, (run, True)))
        yield self._answered(refused, number, Replied(400, why=why))
        sent = replace(whole, posts=(*whole.posts, (run, False)))
        yield self._answered(sent, number, Lost(why, sent=True))
        job = (len(whole.jobs) + 1, whole.clock, run)
        acted = replace(sent, jobs=(*whole.jobs, job))
        yield self._answered(acted, number, Lost(why, sent=True))
        seen = self._seen(acted, job[0], job[1])
        yield self._answered(acted, number, Replied(200, seen))

    def _wrong_to_post(self, whole: Whole, number: int) -> str | None:
        process = whole.processes[number]
        if process.recovering:
            return "recovery sent a trigger"
        if (process.run, False) in whole.posts:
            return "a run sent a second trigger that was not refused"
        for rows, where in ((whole.rows, "the journal"), (whole.synced, "the disk")):
            db = self.tables.with_rows(rows)
            open_for = [
                r.intent.key.run for r in journal_intents.read_open_intents(db, None, Damage("it"))
            ]
            if process.run not in open_for:
                return f"a trigger left without its intent in {where}"
            if len(open_for) > 1:
                return "a trigger left while another's was open"
        return None

    def _written(self, whole: Whole, number: int, command: Command) -> Whole:
        process = whole.processes[number]
        db = self.tables.with_rows(whole.rows)
        answer, durable = self._write(db, whole, process, command)
        rows = self.tables.rows()
        durable = durable and self.synced_by_intents
        whole = replace(whole, rows=rows, synced=rows if durable else whole.synced)
        return self._answered(whole, number, answer)

    def _write(
        self, db: sqlite3.Connection, whole: Whole, process: Process, command: Command
    ) -> tuple[Answer, bool]:
        key = IntentKey(process.run, "trigger", 1)
        match command:
            case TakeGate():
                taken = journal_intents.take_gate(
                    db, key, CONNECTION, "p",
                    owner=process.owner, alive=self._alive(whole), now=whole.now,
                )  # fmt: skip
                return taken, False
            case LeaveGate():
                journal_intents.leave_gate(db, process.run)
                return Done(), False
            case OpenIntent(intent):
                opened = journal_intents.open_intent(db, intent, process.owner)
                return (Done() if opened else NotWritten(safe("no gate"))), True
            case ClaimJob(job):
                return Claimed(
                    journal_intents.claim_job(db, process.run, CONNECTION, job, whole.now)
                ), True
            case Settle(how, job_id, suspects):
                journal_intents.settle(
                    db, key, how, job_id=job_id, suspects=suspects, answer=None
                )  # fmt: skip
                return Done(), True
            case WatchIt():
                return Done(), False
            case _:
                raise AssertionError(command)

    def _answered(self, whole: Whole, number: int, answer: Answer) -> Whole:
        process = whole.processes[number]
        assert process.state is not None
        return self._moved(whole, number, machine.advance(process.state, answer, whole.now))

    def _moved(self, whole: Whole, number: int, move: Move) -> Whole:
        process = whole.processes[number]
        if isinstance(move.command, Finish):
            process = replace(
                process, condition="over", state=None, command=None, outcome=move.command.outcome
            )
        else:
            process = replace(process, state=move.state, command=move.command)
        return replace(whole, processes=whole.put(number, process))

    # -------------------------------------------------------------- what must hold

    def wrong(self, whole: Whole) -> str | None:
        """Say what is wrong with a state."""
        if whole.fault is not None:
            return whole.fault
        ours = [
            p.outcome.job.job_id
            for p in whole.processes
            if isinstance(p.outcome, Answered) and p.outcome.how is not Origin.JOINED
        ]
        if len(ours) != len(set(ours)):
            return "two runs own one job"
        if any(p.condition != "over" for p in whole.processes):
            return None
        return self._forgotten(whole)

    def _forgotten(self, whole: Whole) -> str | None:
        db = self.tables.with_rows(whole.rows)
        runs = [run for (run,) in db.execute("SELECT DISTINCT run FROM intents ORDER BY id")]
        records = [one for run in runs for one in journal_intents.read_intents(db, run)]
        for process in whole.processes:
            if (process.run, False) not in whole.posts:
                continue
            mine = [r for r in records if r.intent.key.run == process.run]
            known = any(r.open or r.job_id is not None for r in mine)
            over = whole.clock >= DAY and mine  # 24 hours end an intent that is settled
            if not known and not over:
                return "a trigger that may have acted is forgotten"
        return None


def search(model: Model, most: int = 400_000) -> tuple[int, str | None]:
    """Visit every state; return how many there were and what was wrong with the first bad one."""
    first = model.first()
    seen = {first}
    queue = deque([first])
    while queue:
        whole = queue.popleft()
        wrong = model.wrong(whole)
        if wrong is not None:
            return len(seen), wrong
        for after in model.next(whole):
            if after not in seen:
                if len(seen) >= most:
                    raise AssertionError("the model is larger than it should be")
                seen.add(after)
                queue.append(after)
    return len(seen), None
