"""Runs and their events read back from the journal's tables. Writing is the store's."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, cast

from workflow.runs.events import Event, Json, LaunchId, ReadingTaken, RunId
from workflow.runs.job_times import instant, job_lasted
from workflow.runs.journal.intents import IntentRecord
from workflow.runs.journal.ownership import OwnerId
from workflow.runs.wire import from_json


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
    events: tuple[Event, ...] = field(repr=False)
    """Those after the snapshot; all of them when there is none."""
    checkpoint: Json = field(repr=False)
    intents: tuple[IntentRecord, ...]
    """Every intent of the run, oldest first, settled ones too."""


def read_events(db: sqlite3.Connection, run: RunId, after: int = 0) -> tuple[Event, ...]:
    """Return a run's events with a `seq` above `after`, in order."""
    rows = db.execute(
        "SELECT body FROM events WHERE run = ? AND seq > ? ORDER BY seq", (run, after)
    )
    return tuple(from_json(load_object(body)) for (body,) in rows)


def read_first(db: sqlite3.Connection, run: RunId) -> Event | None:
    """Return a run's first event, if it has any."""
    rows = db.execute("SELECT body FROM events WHERE run = ? ORDER BY seq LIMIT 1", (run,))
    return next((from_json(load_object(body)) for (body,) in rows), None)


def read_launch(db: sqlite3.Connection, launch: LaunchId) -> tuple[Event, ...]:
    """Return the events of a launch that belong to none of its runs."""
    rows = db.execute(
        "SELECT body FROM events WHERE launch = ? AND run IS NULL ORDER BY id", (launch,)
    )
    return tuple(from_json(load_object(body)) for (body,) in rows)


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
    *,
    profile: str | None = None,
    launch: LaunchId | None = None,
    run: RunId | None = None,
    unfinished: bool = False,
    limit: int = -1,
) -> tuple[RunRow, ...]:
    """Return runs, the newest first; `limit` below 0 is no limit."""
    wanted = {"profile": profile, "launch": launch, "run": run}
    # Only what is asked for: a condition that may mean everything is kept from every index.
    terms = [f"{column} = :{column}" for column, value in wanted.items() if value is not None]
    terms += ["verdict IS NULL"] if unfinished else []
    where = f"WHERE {' AND '.join(terms)}" if terms else ""
    rows = db.execute(
        f"SELECT {_ROW} FROM runs {where} ORDER BY created DESC, run DESC LIMIT :limit",  # noqa: S608
        {**wanted, "limit": limit},
    )
    return tuple(_row(values) for values in rows)


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
        created=datetime.fromisoformat(text[7]),
        updated=datetime.fromisoformat(text[8]),
        job_id=cast("int | None", values[9]),
        status=text[10],
        verdict=text[11],
        why=text[12],
        ended=None if values[13] is None else datetime.fromisoformat(text[13]),
        owner=None if values[14] is None else OwnerId(text[14]),
        unsettled=bool(values[15]),
        sent=None if values[16] is None else datetime.fromisoformat(text[16]),
        job_started=None if reading is None else instant(reading.start_time),
        job_lasted=None if reading is None else job_lasted(reading),
    )


def _reading(body: str) -> ReadingTaken | None:
    """Read a reading; one that cannot be read costs its run's row nothing but the time."""
    try:
        fact = from_json(load_object(body)).fact
    except (ValueError, AttributeError):  # of what is no event, or no JSON object
        return None
    return fact if isinstance(fact, ReadingTaken) else None


def read_checkpoint(db: sqlite3.Connection, run: RunId) -> Json:
    """Return where a run's machine stands; None when it has no checkpoint."""
    row = db.execute("SELECT checkpoint FROM runs WHERE run = ?", (run,)).fetchone()
    return None if row is None else load(row[0])


def read_snapshot(db: sqlite3.Connection, run: RunId, form: str) -> tuple[Json, int]:
    """Return a run's snapshot and the `seq` up to which it goes; None and 0 without one."""
    row = db.execute(
        "SELECT body, seq FROM snapshots WHERE run = ? AND form = ?", (run, form)
    ).fetchone()
    return (None, 0) if row is None else (load(row[0]), int(row[1]))


def dump(value: Json) -> str:
    """Write JSON as the journal keeps it: compact, ASCII."""
    return json.dumps(value, separators=(",", ":"))


def storable(text: str | None) -> str | None:
    """Return raw text as a column takes it: half a character (JSON can spell one) is a ``?``."""
    return None if text is None else text.encode("utf-8", "replace").decode()


def load(text: str | None) -> Json:
    """Read what :func:`dump` wrote; None for None."""
    return None if text is None else cast("Json", json.loads(text))


def load_object(text: str) -> Mapping[str, object]:
    """Read a JSON object that :func:`dump` wrote."""
    return cast("Mapping[str, object]", json.loads(text))
