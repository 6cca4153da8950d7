"""The connections whose future jobs are to be watched, by profile."""

from __future__ import annotations

import sqlite3


def read_followed(db: sqlite3.Connection, profile: str) -> frozenset[str]:
    """Return the connections that a profile follows."""
    rows = db.execute("SELECT connection_id FROM followed WHERE profile = ?", (profile,))
    return frozenset(str(connection_id) for (connection_id,) in rows)


def write_followed(
    db: sqlite3.Connection, profile: str, connection_id: str, *, followed: bool
) -> None:
    """Follow a connection, or follow it no longer; either again changes nothing."""
    if followed:
        statement = "INSERT OR IGNORE INTO followed (profile, connection_id) VALUES (?, ?)"
    else:
        statement = "DELETE FROM followed WHERE profile = ? AND connection_id = ?"
    db.execute(statement, (profile, connection_id))
