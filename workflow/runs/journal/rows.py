"""Runs and their events read back from the journal's tables. Writing is the store's."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, cast

from workflow.runs.events import Event, Json, LaunchId, ReadingTaken, RunId
from workflow.runs.job_times import instant, job_lasted
from workflow.runs.journal.damage import UNREADABLE, Damage
from workflow.runs.journal.intents import IntentRecord
from workflow.runs.journal.ownership import OwnerId
from workflow.runs.wire import BadEventError, from_json


@dataclass(frozen=True, slots=True)
class RunRow:
    """A run as a list of runs shows it. Texts are raw."""

    run: RunId
    launch: LaunchId | None
    profile: str
    connection_id: str | None
    name: str | None
    job_type: str | None
    workflow_id: str | None
    created: datetime
    updated: datetime
    job_id: int | None
    status: str | None
    verdict: str | None
    why: str | None
    ended: datetime | None
    owner: OwnerId | None = None
    unsettled: bool = False
    """It has an open intent: a POST left, or may have, and what came of it is not certain."""
    sent: datetime | None = None
    """When its first POST was about to leave; None for one that only watches."""
    job_started: datetime | None = None
    """When the server created its job, as last read."""
    job_lasted: timedelta | None = None
    """How long its job took, by the server; None while it goes on, or when no reading tells."""

    def lasted(self, now: datetime) -> timedelta | None:
        """Return how long its job took, or has taken by now; the wait for a slot is no part of it.

        Where no reading tells, from its trigger to its end; None when nothing was sent.
        """
        if self.job_lasted is not None:
            return self.job_lasted
        start = self.job_started or self.sent
        return None if start is None else max(timedelta(0), (self.ended or now) - start)


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A run without a verdict, and whether somebody looks after it."""

    row: RunRow
    elsewhere: bool
    """Another living process does."""


@dataclass(frozen=True, slots=True)
class Past:
    """What happened to a run, in the shortest form there is, and all that is needed to go on."""

    first: Event | None
    """Its creation; None when the journal has nothing of it."""
    snapshot: Json = field(repr=False)
    """What the first events add up to; None when there is no snapshot of the form asked for."""
    snapshot_seq: int
    """Of the last of those; 0 without a snapshot."""
    events: tuple[Event, ...] = field(repr=False)
    """Those after the snapshot; all of them when there is none."""
    last_seq: int
    """The highest there is, of an event that cannot be read as well: the next one is above it."""
    checkpoint: Json = field(repr=False)
    intents: tuple[IntentRecord, ...] | None
    """Every intent of the run, oldest first, settled ones too; None when one cannot be read."""


_MOST_SEQ: Final = 2**53
"""No run has so many events: such a number is damage."""


def read_events(
    db: sqlite3.Connection, run: RunId, damage: Damage, after: int = 0
) -> tuple[Event, ...]:
    """Return a run's events with a `seq` above `after`, in order, as far as they can be read."""
    rows: Iterable[tuple[int, str]] = db.execute(
        "SELECT seq, body FROM events WHERE run = ? AND seq > ? ORDER BY seq", (run, after)
    )

    def what(row: tuple[int, str]) -> str:
        return f"event {row[0]} of run {run}"

    return tuple(damage.passed(rows, lambda row: _event_of(run, *row), what))


def _event_of(run: RunId, seq: int, body: str) -> Event:
    event = from_json(load_object(body))
    if event.seq != seq or event.run != run:
        raise BadEventError(f"it says it is event {event.seq} of run {event.run}")
    return event


def read_first(db: sqlite3.Connection, run: RunId, damage: Damage) -> Event | None:
    """Return a run's first event, if it has one that can be read."""
    row = db.execute(
        "SELECT seq, body FROM events WHERE run = ? ORDER BY seq LIMIT 1", (run,)
    ).fetchone()
    found = (
        ()
        if row is None
        else damage.passed(
            [row], lambda row: _event_of(run, *row), lambda row: f"event {row[0]} of run {run}"
        )
    )
    return next(iter(found), None)


def read_last_seq(db: sqlite3.Connection, run: RunId) -> int:
    """Return the highest number of a run's events; 0 when it has none."""
    found = db.execute(
        "SELECT max(seq) FROM events WHERE run = ? AND seq < ?", (run, _MOST_SEQ)
    ).fetchone()
    return int(found[0] or 0)


def read_launch(db: sqlite3.Connection, launch: LaunchId, damage: Damage) -> tuple[Event, ...]:
    """Return the events of a launch that belong to none of its runs."""
    rows: Iterable[tuple[int, str]] = db.execute(
        "SELECT seq, body FROM events WHERE launch = ? AND run IS NULL ORDER BY id", (launch,)
    )

    def read(row: tuple[int, str]) -> Event:
        return from_json(load_object(row[1]))

    return tuple(damage.passed(rows, read, lambda row: f"event {row[0]} of launch {launch}"))


_ROW: Final = (
    "run, launch, profile, connection_id, name, job_type, workflow_id, created, updated, job_id,"
    " status, verdict, why, ended, owner,"
    # Both terms: the first lets the small index of open intents be used.
    " run IN (SELECT run FROM intents WHERE state IN ('gate', 'open') AND state = 'open'),"
    " (SELECT MIN(since) FROM intents WHERE intents.run = runs.run AND state <> 'gate'"
    "   AND (how IS NULL OR how <> 'not-sent')),"
    # The last reading is always written, and stands near the end of the run's events.
    " (SELECT body FROM events WHERE events.run = runs.run AND kind = 'reading'"
    "   ORDER BY seq DESC LIMIT 1)"
)


def read_rows(
    db: sqlite3.Connection,
    damage: Damage,
    *,
    profile: str | None = None,
    launch: LaunchId | None = None,
    run: RunId | None = None,
    unfinished: bool = False,
    limit: int = -1,
) -> tuple[RunRow, ...]:
    """Return runs that can be read, the newest first; `limit` below 0 is no limit."""
    wanted = {"profile": profile, "launch": launch, "run": run}
    # Only what is asked for: a condition that may mean everything is kept from every index.
    terms = [f"{column} = :{column}" for column, value in wanted.items() if value is not None]
    terms += ["verdict IS NULL"] if unfinished else []
    where = f"WHERE {' AND '.join(terms)}" if terms else ""
    rows = db.execute(
        f"SELECT {_ROW} FROM runs {where} ORDER BY created DESC, run DESC LIMIT :limit",  # noqa: S608
        {**wanted, "limit": limit},
    )
    return tuple(damage.passed(rows, _row, lambda values: f"the row of run {values[0]}"))


def _row(values: tuple[object, ...]) -> RunRow:
    text = cast("tuple[str, ...]", values)
    reading = None if values[17] is None else _reading(text[17])
    return RunRow(
        run=RunId(text[0]),
        launch=None if values[1] is None else LaunchId(text[1]),
        profile=text[2],
        connection_id=text[3],
        name=text[4],
        job_type=text[5],
        workflow_id=text[6],
        created=moment(text[7]),
        updated=moment(text[8]),
        job_id=cast("int | None", values[9]),
        status=text[10],
        verdict=text[11],
        why=text[12],
        ended=instant(text[13]),
        owner=None if values[14] is None else OwnerId(text[14]),
        unsettled=bool(values[15]),
        sent=instant(text[16]),
        job_started=None if reading is None else instant(reading.start_time),
        job_lasted=None if reading is None else job_lasted(reading),
    )


def _reading(body: str) -> ReadingTaken | None:
    """Read a reading; one that cannot be read costs its run's row nothing but the time."""
    try:
        fact = from_json(load_object(body)).fact
    except UNREADABLE:
        return None
    return fact if isinstance(fact, ReadingTaken) else None


def read_checkpoint(db: sqlite3.Connection, run: RunId, damage: Damage) -> Json:
    """Return where a run's machine stands; None when it has no checkpoint that can be read."""
    rows: Iterable[tuple[str | None]] = db.execute(
        "SELECT checkpoint FROM runs WHERE run = ?", (run,)
    )
    read = damage.passed(rows, lambda row: load(row[0]), lambda _: f"the checkpoint of run {run}")
    return next(read, None)


def read_snapshot(
    db: sqlite3.Connection, run: RunId, form: str, damage: Damage
) -> tuple[Json, int]:
    """Return a run's snapshot and the `seq` up to which it goes; None and 0 without one."""
    rows = db.execute("SELECT body, seq FROM snapshots WHERE run = ? AND form = ?", (run, form))

    def read(row: tuple[str, int]) -> tuple[Json, int]:
        return load(row[0]), row[1]

    return next(damage.passed(rows, read, lambda _: f"the snapshot of run {run}"), (None, 0))


def dump(value: Json) -> str:
    """Write JSON as the journal keeps it: compact, ASCII."""
    return json.dumps(value, separators=(",", ":"))


def moment(text: str) -> datetime:
    """Read an instant as the journal writes it.

    Raises:
        ValueError: it is none, or has no time zone.
    """
    read = instant(text)
    if read is None:
        raise ValueError(f"{text[:40]!r} is no instant")
    return read


def storable(text: str | None) -> str | None:
    """Return raw text as a column takes it: half a character (JSON can spell one) is a ``?``."""
    return None if text is None else text.encode("utf-8", "replace").decode()


def load(text: str | None) -> Json:
    """Read what :func:`dump` wrote; None for None.

    Raises:
        ValueError: it is no JSON.
    """
    try:
        return None if text is None else cast("Json", json.loads(text))
    except RecursionError as error:
        raise ValueError("its JSON is too deep") from error


def load_object(text: str) -> Mapping[str, object]:
    """Read a JSON object that :func:`dump` wrote.

    Raises:
        ValueError: it is none.
    """
    found = load(text)
    if not isinstance(found, dict):
        raise ValueError("it is no JSON object")
    return found
