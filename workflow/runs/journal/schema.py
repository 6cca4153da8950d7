"""The journal's tables, and how each version of them came of the one before.

The file says whose it is (``application_id``) and which shape it has (``user_version``).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

APPLICATION_ID: Final = 0x53594E43
"""``SYNC``, in the header of the file."""

_FIRST: Final = """
CREATE TABLE runs (
  run TEXT PRIMARY KEY,
  launch TEXT,
  profile TEXT NOT NULL,
  connection_id TEXT,
  name TEXT,
  job_type TEXT,
  workflow_id TEXT,
  created TEXT NOT NULL,
  updated TEXT NOT NULL,
  seq INTEGER NOT NULL,
  owner TEXT,
  job_id INTEGER,
  status TEXT,
  checkpoint TEXT,
  snapshot TEXT,
  snapshot_seq INTEGER,
  verdict TEXT,
  why TEXT,
  ended TEXT
) STRICT;
CREATE INDEX runs_unfinished ON runs (profile) WHERE verdict IS NULL;
CREATE INDEX runs_created ON runs (created);
CREATE TABLE events (
  id INTEGER PRIMARY KEY,
  run TEXT,
  launch TEXT,
  profile TEXT NOT NULL,
  seq INTEGER NOT NULL,
  time TEXT NOT NULL,
  kind TEXT NOT NULL,
  body TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX events_of_run ON events (run, seq) WHERE run IS NOT NULL;
CREATE INDEX events_of_launch ON events (launch, id) WHERE launch IS NOT NULL AND run IS NULL;
CREATE TABLE intents (
  id INTEGER PRIMARY KEY,
  run TEXT NOT NULL,
  step TEXT NOT NULL,
  visit INTEGER NOT NULL,
  profile TEXT NOT NULL,
  connection_id TEXT NOT NULL,
  owner TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('gate', 'open', 'closed')),
  since TEXT NOT NULL,
  job_type TEXT,
  base INTEGER,
  server_date TEXT,
  look REAL,
  how TEXT,
  job_id INTEGER,
  suspects TEXT,
  answer TEXT,
  closed_why TEXT
) STRICT;
CREATE UNIQUE INDEX one_gate ON intents (connection_id) WHERE state IN ('gate', 'open');
CREATE UNIQUE INDEX one_post ON intents (run, step, visit)
  WHERE how IS NULL OR how NOT IN ('refused', 'not-sent');
CREATE TABLE claims (
  connection_id TEXT NOT NULL,
  job_id INTEGER NOT NULL,
  run TEXT NOT NULL,
  since TEXT NOT NULL,
  PRIMARY KEY (connection_id, job_id)
) STRICT, WITHOUT ROWID;
"""

_FOLLOWED: Final = """
CREATE TABLE followed (
  profile TEXT NOT NULL,
  connection_id TEXT NOT NULL,
  PRIMARY KEY (profile, connection_id)
) STRICT, WITHOUT ROWID
"""

# What a run's events add up to is kept beside its row, for rows are read by the thousand; and there
# are ways to what belongs to one run, to one launch and to the oldest.
_SNAPSHOTS: Final = """
ALTER TABLE runs DROP COLUMN snapshot;
ALTER TABLE runs DROP COLUMN snapshot_seq;
CREATE TABLE snapshots (
  run TEXT PRIMARY KEY,
  seq INTEGER NOT NULL,
  form TEXT NOT NULL,
  body TEXT NOT NULL
) STRICT;
CREATE INDEX runs_ended ON runs (ended) WHERE verdict IS NOT NULL;
CREATE INDEX runs_launch ON runs (launch) WHERE launch IS NOT NULL;
CREATE INDEX intents_of_run ON intents (run);
CREATE INDEX claims_of_run ON claims (run);
"""

MIGRATIONS: Final[Sequence[str]] = (_FIRST, _FOLLOWED, _SNAPSHOTS)
"""What makes version n of version n - 1, from an empty file on. Never edited, only added to."""

VERSION: Final = len(MIGRATIONS)
