"""Runs and their events written to the journal's tables: what one thread does in a transaction.

Every function here takes an open connection and is called by :mod:`~workflow.runs.journal`, which
owns the threads and the transactions. Reading is in :mod:`~workflow.runs.journal.rows`, intents
and claims in :mod:`~workflow.runs.journal.intent_rows`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from workflow.clock import rfc3339
from workflow.runs.events import (
    Event,
    Json,
    ReadingTaken,
    RunCreated,
    RunFinished,
    RunId,
    StatusChanged,
    TriggerSettled,
    Verdict,
)
from workflow.runs.journal.ownership import OwnerId
from workflow.runs.journal.rows import dump, storable
from workflow.runs.wire import to_json


def write_events(
    db: sqlite3.Connection, events: Iterable[Event], profile: str, owner: OwnerId
) -> bool:
    """Write events down and keep the runs' rows in step.

    Returns:
        False when one of them was a second verdict, which is not written.
    """
    first_verdicts = True
    for event in events:
        if isinstance(event.fact, RunCreated):
            _create(db, event, event.fact, profile, owner)
        elif isinstance(event.fact, RunFinished) and not _end(db, event, event.fact):
            first_verdicts = False
            continue
        db.execute(
            "INSERT INTO events (run, launch, profile, seq, time, kind, body)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                event.run,
                event.launch,
                profile,
                event.seq,
                rfc3339(event.time),
                event.fact.kind,
                dump(to_json(event)),
            ),
        )
        if event.run is not None:
            _touch(db, event)
    return first_verdicts


def _create(
    db: sqlite3.Connection, event: Event, fact: RunCreated, profile: str, owner: OwnerId
) -> None:
    at = rfc3339(event.time)
    db.execute(
        "INSERT INTO runs (run, launch, profile, connection_id, name, job_type, workflow_id,"
        " created, updated, seq, owner) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            event.run,
            event.launch,
            profile,
            event.connection_id,
            storable(fact.connection_name),
            storable(fact.job_type),
            storable(fact.workflow_id),
            at,
            at,
            event.seq,
            owner,
        ),
    )


def _end(db: sqlite3.Connection, event: Event, fact: RunFinished) -> bool:
    """Write the verdict unless there is one. It ends the run's claim to a process."""
    return (
        db.execute(
            "UPDATE runs SET verdict = ?, why = ?, ended = ?, owner = NULL,"
            " job_id = coalesce(?, job_id) WHERE run = ? AND verdict IS NULL",
            (fact.verdict, storable(fact.why), rfc3339(event.time), fact.job_id, event.run),
        ).rowcount
        == 1
    )


def _touch(db: sqlite3.Connection, event: Event) -> None:
    job: int | None = None
    status: str | None = None
    match event.fact:
        case TriggerSettled(job_id=job):
            pass
        case ReadingTaken(job_id=job, status=status):
            pass
        case StatusChanged(to_status=status):
            pass
    db.execute(
        "UPDATE runs SET seq = max(seq, ?), updated = ?, job_id = coalesce(?, job_id),"
        " status = coalesce(?, status) WHERE run = ?",
        (event.seq, rfc3339(event.time), job, storable(status), event.run),
    )


def write_checkpoints(db: sqlite3.Connection, checkpoints: Mapping[RunId, Json]) -> None:
    """Write where machines stand; None takes one away."""
    for run, checkpoint in checkpoints.items():
        db.execute(
            "UPDATE runs SET checkpoint = ? WHERE run = ?",
            (None if checkpoint is None else dump(checkpoint), run),
        )


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What a run's events up to a `seq` add up to, in a form that its reader knows."""

    run: RunId
    seq: int
    form: str
    body: Json = field(repr=False)


def write_snapshots(db: sqlite3.Connection, snapshots: Iterable[Snapshot]) -> None:
    """Write snapshots of runs that are there; each takes the place of the run's former one."""
    for one in snapshots:
        db.execute(
            "INSERT OR REPLACE INTO snapshots (run, seq, form, body)"
            " SELECT ?, ?, ?, ? WHERE EXISTS (SELECT 1 FROM runs WHERE run = ?)",
            (one.run, one.seq, one.form, dump(one.body), one.run),
        )


def profile_of(db: sqlite3.Connection, run: RunId) -> str:
    """Return the profile a run was created with; empty for a run that is not there."""
    row = db.execute("SELECT profile FROM runs WHERE run = ?", (run,)).fetchone()
    return "" if row is None else str(row[0])


def is_there(db: sqlite3.Connection, run: RunId) -> bool:
    """Say whether the run has a row: its creation may have been refused."""
    return db.execute("SELECT 1 FROM runs WHERE run = ?", (run,)).fetchone() is not None


def take_run(
    db: sqlite3.Connection, run: RunId, mine: OwnerId, alive: Callable[[OwnerId], bool]
) -> bool:
    """Make `mine` the owner of an unfinished run, unless another one is alive."""
    row = db.execute("SELECT owner, verdict FROM runs WHERE run = ?", (run,)).fetchone()
    if row is None or row[1] is not None:
        return False
    owner = row[0]
    if owner is not None and owner != mine and alive(OwnerId(owner)):
        return False
    db.execute("UPDATE runs SET owner = ? WHERE run = ?", (mine, run))
    db.execute("UPDATE intents SET owner = ? WHERE run = ? AND state = 'open'", (mine, run))
    return True


def take_runs(
    db: sqlite3.Connection, profile: str, mine: OwnerId, alive: Callable[[OwnerId], bool]
) -> frozenset[RunId]:
    """Make `mine` the owner of every unfinished run of a profile that has no other living one.

    A verdict is written with its end. What is neither a word of ours nor has an end is damage, and
    is taken away: what happened to the run says whether it goes on.
    """
    endless = db.execute(
        "SELECT run, verdict FROM runs WHERE profile = ? AND verdict IS NOT NULL AND ended IS NULL",
        (profile,),
    ).fetchall()
    for run, verdict in endless:
        if verdict not in set(Verdict):
            db.execute("UPDATE runs SET verdict = NULL WHERE run = ?", (run,))
    unfinished = db.execute(
        "SELECT run FROM runs WHERE profile = ? AND verdict IS NULL", (profile,)
    ).fetchall()
    return frozenset(RunId(run) for (run,) in unfinished if take_run(db, run, mine, alive))


def let_run_go(db: sqlite3.Connection, run: RunId, mine: OwnerId) -> None:
    """Make the run nobody's, if it is `mine`."""
    db.execute("UPDATE runs SET owner = NULL WHERE run = ? AND owner = ?", (run, mine))
