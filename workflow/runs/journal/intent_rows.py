"""Intents and claims in the journal's tables: what one thread does inside a transaction.

The tables hold the guarantees: a unique index allows one gate or open intent for a connection
over all profiles, another one POST without a definite refusal for a run, step and visit, and a
primary key one owner for a job. Transactions and threads are :mod:`~workflow.runs.journal`'s.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Final, cast

from workflow.clock import rfc3339
from workflow.runs.events import Json, RunId
from workflow.runs.journal.damage import Damage
from workflow.runs.journal.intents import (
    SUSPECT_FOR,
    Became,
    GateBusy,
    GateTaken,
    Intent,
    IntentKey,
    IntentRecord,
)
from workflow.runs.journal.ownership import OwnerId
from workflow.runs.journal.rows import dump, load, moment

Alive = Callable[[OwnerId], bool]

_COLUMNS: Final = (
    "run, step, visit, profile, connection_id, job_type, base, since, server_date, look,"
    " state, how, job_id, suspects, answer"
)
_SELECT: Final = (
    f"SELECT {_COLUMNS}, (SELECT max(claims.job_id) FROM claims WHERE claims.run = intents.run"  # noqa: S608
    " AND claims.connection_id = intents.connection_id AND claims.since >= intents.since)"
    " FROM intents"
)


def take_gate(
    db: sqlite3.Connection,
    key: IntentKey,
    connection_id: str,
    profile: str,
    *,
    owner: OwnerId,
    alive: Alive,
    now: datetime,
) -> GateTaken | GateBusy:
    """Make sure that no other trigger is open for the connection, and that none can be opened."""
    holder = db.execute(
        "SELECT id, run, owner, state, since, how FROM intents"
        " WHERE connection_id = ? AND state IN ('gate', 'open')",
        (connection_id,),
    ).fetchone()
    if holder is not None:
        number, run, held_by, state, text, how = holder
        since = _since(text, now)
        if state == "gate" and (run == key.run or not alive(OwnerId(held_by))):
            # Nothing was sent behind a gate that was never opened, so a dead one can go.
            db.execute("DELETE FROM intents WHERE id = ?", (number,))
        elif (
            state == "open" and since + SUSPECT_FOR <= now and (how or not alive(OwnerId(held_by)))
        ):
            _close(db, "id = ?", (number,), "24 hours have passed")
        else:
            return GateBusy(RunId(run), since, settled=how is not None)
    db.execute(
        "INSERT INTO intents (run, step, visit, profile, connection_id, owner, state, since)"
        " VALUES (?, ?, ?, ?, ?, ?, 'gate', ?)",
        (key.run, key.step, key.visit, profile, connection_id, owner, rfc3339(now)),
    )
    return GateTaken()


def leave_gate(db: sqlite3.Connection, run: RunId) -> None:
    """Let others through again. An intent that was opened is no gate any more and stays."""
    db.execute("DELETE FROM intents WHERE run = ? AND state = 'gate'", (run,))


def open_intent(db: sqlite3.Connection, intent: Intent, owner: OwnerId) -> bool:
    """Make an intent of the gate that this process holds; False when it holds none.

    Nor is one opened for a run that the journal does not have as unfinished: only those are taken
    up after a restart, so its job would be forgotten.
    """
    return (
        db.execute(
            "UPDATE intents SET state = 'open', since = ?, job_type = ?, base = ?,"
            " server_date = ?, look = ? WHERE run = ? AND step = ? AND visit = ?"
            " AND connection_id = ? AND state = 'gate' AND owner = ?"
            " AND EXISTS (SELECT 1 FROM runs WHERE runs.run = intents.run AND verdict IS NULL)",
            (
                rfc3339(intent.at),
                intent.job_type,
                intent.base,
                None if intent.server_date is None else rfc3339(intent.server_date),
                intent.look.total_seconds(),
                *_key(intent.key),
                intent.connection_id,
                owner,
            ),
        ).rowcount
        == 1
    )


def settle(
    db: sqlite3.Connection,
    key: IntentKey,
    how: Became,
    *,
    job_id: int | None,
    suspects: tuple[int, ...],
    answer: Json,
) -> None:
    """Write what became of the POST; close the intent unless suspects are to be awaited."""
    db.execute(
        "UPDATE intents SET state = ?, how = ?, job_id = ?, suspects = ?, answer = ?"
        " WHERE run = ? AND step = ? AND visit = ? AND state = 'open'",
        (
            "open" if how.leaves_open else "closed",
            how.value,
            job_id,
            dump(list(suspects)),
            None if answer is None else dump(answer),
            *_key(key),
        ),
    )


def add_suspects(db: sqlite3.Connection, run: RunId, suspects: tuple[int, ...]) -> None:
    """Write the jobs seen so far that may be an open intent's effect."""
    db.execute(
        "UPDATE intents SET suspects = ? WHERE run = ? AND state = 'open'",
        (dump(list(suspects)), run),
    )


def close_intents_of(db: sqlite3.Connection, run: RunId, why: str) -> bool:
    """Free the connection that a run's settled intent keeps closed; False when there is none."""
    return _close(db, "run = ? AND state = 'open' AND how IS NOT NULL", (run,), why)


def _close(db: sqlite3.Connection, where: str, values: tuple[object, ...], why: str) -> bool:
    return (
        db.execute(
            f"UPDATE intents SET state = 'closed', how = coalesce(how, 'unknown'),"  # noqa: S608
            f" closed_why = ? WHERE {where}",
            (why, *values),
        ).rowcount
        > 0
    )


def close_over(db: sqlite3.Connection, now: datetime) -> None:
    """Close settled intents whose time for suspects has passed."""
    limit = rfc3339(now - SUSPECT_FOR)
    _close(db, "state = 'open' AND how IS NOT NULL AND since < ?", (limit,), "24 hours have passed")


def claim_job(
    db: sqlite3.Connection, run: RunId, connection_id: str, job_id: int, now: datetime
) -> RunId | None:
    """Make `run` the job's owner; return the run that owns it already, if another does.

    An ended run's claim that is older than this run's open intent speaks of a job that was there
    before ours could be: the server has begun its numbers anew, so the claim is void.
    """
    row = db.execute(
        "SELECT claims.run, claims.since, runs.verdict FROM claims"
        " LEFT JOIN runs ON runs.run = claims.run"
        " WHERE claims.connection_id = ? AND claims.job_id = ?",
        (connection_id, job_id),
    ).fetchone()
    if row is not None:
        other, since, verdict = row
        if other == run:
            return None
        opened = db.execute(
            "SELECT max(since) FROM intents WHERE run = ? AND state = 'open'", (run,)
        ).fetchone()[0]
        if verdict is None or opened is None or since >= opened:
            return RunId(other)
    db.execute(
        "INSERT OR REPLACE INTO claims (connection_id, job_id, run, since) VALUES (?, ?, ?, ?)",
        (connection_id, job_id, run, rfc3339(now)),
    )
    return None


def owners_of(
    db: sqlite3.Connection, connection_id: str, jobs: tuple[int, ...]
) -> dict[int, RunId]:
    """Return which of these jobs of a connection are owned by which run."""
    out: dict[int, RunId] = {}
    for job in jobs:
        row = db.execute(
            "SELECT run FROM claims WHERE connection_id = ? AND job_id = ?", (connection_id, job)
        ).fetchone()
        if row is not None:
            out[job] = RunId(row[0])
    return out


def read_intents(db: sqlite3.Connection, run: RunId) -> tuple[IntentRecord, ...]:
    """Return a run's intents whose POST may have left, the oldest first; gates are none.

    Raises:
        ValueError: one of them cannot be read (or TypeError, OverflowError).
    """
    rows = db.execute(f"{_SELECT} WHERE run = ? AND state != 'gate' ORDER BY id", (run,))
    return tuple(map(_record, rows))


def read_open_intents(
    db: sqlite3.Connection, profile: str | None, damage: Damage
) -> tuple[IntentRecord, ...]:
    """Return the open intents of a profile (None: of all) that can be read, the oldest first."""
    rows: Iterable[tuple[object, ...]] = db.execute(
        # Both terms: the first lets the small index of open intents be used.
        f"{_SELECT} WHERE state IN ('gate', 'open') AND state = 'open'"
        " AND (?1 IS NULL OR profile = ?1) ORDER BY id",
        (profile,),
    )
    return tuple(damage.passed(rows, _record, lambda row: f"an intent of run {row[0]}"))


def _record(row: tuple[object, ...]) -> IntentRecord:
    text = cast("tuple[str, ...]", row)
    number = cast("tuple[int, ...]", row)
    how = None if row[11] is None else Became(text[11])
    suspects = load(cast("str | None", row[13])) or []
    if not isinstance(suspects, list) or not all(isinstance(one, int) for one in suspects):
        raise ValueError("its suspects are no numbers")
    if row[5] is None or row[6] is None:
        raise ValueError("it says nothing of its POST")
    return IntentRecord(
        Intent(
            key=IntentKey(RunId(text[0]), text[1], number[2]),
            profile=text[3],
            connection_id=text[4],
            job_type=text[5],
            base=number[6],
            at=moment(text[7]),
            server_date=None if row[8] is None else moment(text[8]),
            look=timedelta(seconds=cast("float", row[9])),
        ),
        open=row[10] == "open",
        how=how,
        # A claim without a settlement: the process died between the two.
        job_id=number[12] if how is not None else cast("int | None", row[15]),
        suspects=tuple(cast("list[int]", suspects)),
        answer=load(text[14]),
    )


def _key(key: IntentKey) -> tuple[str, str, int]:
    return key.run, key.step, key.visit


def _since(text: str, now: datetime) -> datetime:
    """Read since when a gate is closed; where that is damaged, the day is not over."""
    try:
        return moment(text)
    except ValueError:
        return now
