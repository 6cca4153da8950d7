"""How this API wants its parameters written; a filter that is not wanted is left out."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import TypeAlias
from urllib.parse import quote

from workflow.airbyte.models import ConnectionId, WorkspaceId
from workflow.clock import rfc3339

Query: TypeAlias = tuple[tuple[str, str], ...]


def given(name: str, value: str | None) -> Query:
    """Return a filter by a word."""
    return () if value is None else ((name, value),)


def since(name: str, value: datetime | None) -> Query:
    """Return a filter by the first instant that passes it."""
    return () if value is None else ((name, rfc3339(value)),)


def workspaces(workspace_ids: Collection[WorkspaceId]) -> Query:
    """Return the filter by workspaces; without any the server gives all that the user may see."""
    return tuple(("workspaceIds", workspace) for workspace in workspace_ids)


def connection_path(connection_id: ConnectionId) -> str:
    """Return a connection's path; ids typed by hand come here too."""
    return f"/connections/{quote(connection_id, safe='')}"


def window(limit: int, offset: int) -> Query:
    """Return which rows of a list are wanted."""
    return (("limit", str(limit)), ("offset", str(offset)))
