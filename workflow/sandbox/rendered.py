"""Rows of large lists as bytes, kept while what they show stays as it is.

Most of a page is the same at the next look: a job's row changes with its status and its rows, a
connection's when somebody edits it or a tag. What they look like is :mod:`workflow.sandbox.wire`'s
business; here it is only remembered, in bounded room.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from workflow.sandbox.answers import encode
from workflow.sandbox.catalogue import Catalogue
from workflow.sandbox.jobs import Job
from workflow.sandbox.model import Connection, ConnectionId
from workflow.sandbox.wire import JobHead, connection_json, job_json

_MOST_JOBS: Final = 8_192
_MOST_CONNECTIONS: Final = 10_000


def job_text(job: Job, status: str, now: float, speed: float, *, totals: bool) -> bytes:
    """Return a JobResponse; `totals` adds bytes and rows, which POST and DELETE leave out.

    `status` is given by the caller, who may know a stranger word than the job's own.
    """
    head = _job_head(
        JobHead(
            job.id,
            status,
            job.type,
            job.connection_id,
            job.created_at,
            job.shown_status,
            job.shown_updated_at,
        )
    )
    if not totals:
        return head + b"}"
    rows = job.rows(now, speed)
    return b'%b,"bytesSynced":%d,"rowsSynced":%d}' % (head, rows * job.script.row_bytes, rows)


@lru_cache(maxsize=_MOST_JOBS)
def _job_head(head: JobHead) -> bytes:
    return encode(job_json(head))[:-1]


class ConnectionTexts:
    """The ConnectionResponses of one catalogue."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._tag_changes = catalogue.tag_changes
        self._texts: dict[ConnectionId, tuple[Connection, bytes]] = {}

    def of(self, connection: Connection) -> bytes:
        """Return one connection as it is on the wire now."""
        if self._tag_changes != self._catalogue.tag_changes:
            self._tag_changes = self._catalogue.tag_changes
            self._texts.clear()
        known = self._texts.get(connection.id)
        # A changed connection is another value, so the same one looks as it did.
        if known is not None and known[0] is connection:
            return known[1]
        if len(self._texts) >= _MOST_CONNECTIONS:
            self._texts.clear()
        text = encode(connection_json(connection, self._catalogue))
        self._texts[connection.id] = (connection, text)
        return text
