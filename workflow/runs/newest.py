"""Everybody's jobs, the newest first, as far back as a few pages go."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass
from typing import Final

from workflow.airbyte.client import MOST_ROWS, Client
from workflow.airbyte.models import Job, WorkspaceId

MOST_PAGES: Final = 10
"""A server keeps all jobs it ever ran: what lies further back is read when somebody looks."""


@dataclass(frozen=True, slots=True)
class NewestJobs:
    """One page, newest first."""

    jobs: tuple[Job, ...]
    is_last: bool
    """Whether the server has no older jobs."""


async def newest_jobs(
    client: Client, workspace_ids: Collection[WorkspaceId]
) -> AsyncIterator[NewestJobs]:
    """Give jobs page by page. One that begins meanwhile pushes others on: they come twice.

    Raises:
        ApiProblem, NetworkFailure: as the client does.
    """
    offset = 0
    for _ in range(MOST_PAGES):
        page = (await client.list_jobs(workspace_ids=workspace_ids, offset=offset)).value
        is_last = page.size < MOST_ROWS and not page.unreadable
        yield NewestJobs(page.items, is_last)
        if page.size < MOST_ROWS:
            return
        offset += page.size
