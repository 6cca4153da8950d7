"""One typed method per endpoint, over the door.

Every method returns an :class:`Answer`, or raises
:class:`~workflow.airbyte.problems.ApiProblem` (the server said no, or nonsense) or
:class:`~workflow.http.failures.NetworkFailure` (there is no answer). Nothing here is repeated
that may have an effect; what a failed trigger or cancel means is decided in `workflow.runs`.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Generic, Literal, TypeVar

from workflow.airbyte.models import (
    Connection,
    ConnectionId,
    Destination,
    Job,
    JobId,
    JobType,
    Page,
    Source,
    Status,
    Tag,
    TagId,
    Workspace,
    WorkspaceId,
)
from workflow.airbyte.parsing import (
    parse_connection,
    parse_destination,
    parse_job,
    parse_page,
    parse_source,
    parse_tag,
    parse_workspace,
)
from workflow.airbyte.problems import problem_from, unreadable
from workflow.airbyte.queries import Query, connection_path, given, since, window, workspaces
from workflow.airbyte.shapes import BadAnswer
from workflow.http.door import Door
from workflow.http.failures import BadBody
from workflow.http.messages import Replay, Request, Response, Timeout
from workflow.http.strict_json import Json

MOST_ROWS: Final = 100
"""The server's own limit of one page."""

POST_TIMEOUT: Final = Timeout(connect=10, read=150, write=30, total=165)
"""POST /jobs is known to block for 60 s, and was seen to for 130 s."""
DELETE_TIMEOUT: Final = Timeout(connect=10, read=90, write=30, total=100)
"""DELETE can hang until the workflow has stopped."""

OrderBy = Literal["createdAt|ASC", "createdAt|DESC", "updatedAt|ASC", "updatedAt|DESC"]

ValueT = TypeVar("ValueT")
ValueT_co = TypeVar("ValueT_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Answer(Generic[ValueT_co]):
    """What an endpoint gave, and when."""

    value: ValueT_co
    raw: Json
    """The whole body as the server wrote it."""
    status: int
    date: datetime | None
    """The server's own clock, from its ``Date`` header."""
    left: datetime
    """When the request left, by our clock."""
    arrived: datetime
    seconds: float


class Client:
    """The API of one server. `base_url` is normalised (:func:`~.servers.normalise_base_url`)."""

    def __init__(self, door: Door, base_url: str) -> None:
        self.door: Final = door
        self.base_url: Final = base_url

    # ------------------------------------------------------------------ jobs

    async def create_job(self, connection_id: ConnectionId, job_type: JobType) -> Answer[Job]:
        """Trigger a job: one POST on a fresh connection, never redirected, never repeated."""
        request = self._request(
            "POST",
            "/jobs",
            "createJob",
            content=_json({"connectionId": connection_id, "jobType": job_type}),
            timeout=POST_TIMEOUT,
            fresh=True,
        )
        return await self._ask(request, "triggering a job", parse_job)

    async def get_job(self, job_id: JobId, *, replay: Replay = "safe") -> Answer[Job]:
        """Read one job."""
        request = self._request("GET", f"/jobs/{job_id}", "getJob", replay=replay)
        return await self._ask(request, f"reading job {job_id}", parse_job)

    async def cancel_job(
        self, job_id: JobId, hold: Callable[[], str | None] | None = None
    ) -> Answer[Job]:
        """Ask the server to cancel whatever runs on this job's connection; once.

        `hold` says in the last moment why it must not leave, if it must not.
        """
        request = self._request(
            "DELETE", f"/jobs/{job_id}", "cancelJob", timeout=DELETE_TIMEOUT, fresh=True, hold=hold
        )
        return await self._ask(request, f"cancelling job {job_id}", parse_job)

    async def list_jobs(
        self,
        *,
        connection_id: ConnectionId | None = None,
        workspace_ids: Collection[WorkspaceId] = (),
        job_type: JobType | None = None,
        status: Status | None = None,
        created_at_start: datetime | None = None,
        updated_at_start: datetime | None = None,
        order_by: OrderBy = "createdAt|DESC",
        limit: int = MOST_ROWS,
        offset: int = 0,
        replay: Replay = "safe",
    ) -> Answer[Page[Job]]:
        """List jobs, newest first unless asked otherwise. Starts are inclusive."""
        query: Query = (
            *given("connectionId", connection_id),
            *workspaces(workspace_ids),
            *given("jobType", job_type),
            *given("status", status),
            *since("createdAtStart", created_at_start),
            *since("updatedAtStart", updated_at_start),
            ("orderBy", order_by),
            *window(limit, offset),
        )
        request = self._request("GET", "/jobs", "listJobs", query, replay=replay)
        return await self._page(request, "jobs", parse_job)

    # ----------------------------------------------------------- connections

    async def list_connections(
        self,
        *,
        workspace_ids: Collection[WorkspaceId] = (),
        tag_ids: Collection[TagId] = (),
        limit: int = MOST_ROWS,
        offset: int = 0,
    ) -> Answer[Page[Connection]]:
        """List one page of connections that are not deleted."""
        query: Query = (
            *workspaces(workspace_ids),
            *(("tagIds", tag) for tag in tag_ids),
            *window(limit, offset),
        )
        request = self._request("GET", "/connections", "listConnections", query, replay="safe")
        return await self._page(request, "connections", parse_connection)

    async def all_connections(
        self, *, workspace_ids: Collection[WorkspaceId] = (), tag_ids: Collection[TagId] = ()
    ) -> AsyncIterator[Page[Connection]]:
        """Give every connection, page by page, each once, by our own offsets."""
        seen: set[ConnectionId] = set()
        offset = 0
        while True:
            answer = await self.list_connections(
                workspace_ids=workspace_ids, tag_ids=tag_ids, offset=offset
            )
            page = answer.value
            # A connection made or deleted meanwhile moves the others across a page's edge.
            new = tuple(item for item in page.items if item.connection_id not in seen)
            seen.update(item.connection_id for item in new)
            yield Page(new, page.size, page.unreadable)
            if page.size < MOST_ROWS or (not new and not page.unreadable):
                return
            offset += page.size

    async def get_connection(self, connection_id: ConnectionId) -> Answer[Connection]:
        """Read one connection."""
        request = self._request(
            "GET", connection_path(connection_id), "getConnection", replay="safe"
        )
        return await self._ask(request, f"reading connection {connection_id}", parse_connection)

    async def patch_connection(
        self, connection_id: ConnectionId, status: Literal["active", "inactive"]
    ) -> Answer[Connection]:
        """Enable or disable a connection."""
        request = self._request(
            "PATCH",
            connection_path(connection_id),
            "patchConnection",
            content=_json({"status": status}),
        )
        return await self._ask(request, f"changing connection {connection_id}", parse_connection)

    # ------------------------------------------------------------ everything else

    async def list_workspaces(self, *, offset: int = 0) -> Answer[Page[Workspace]]:
        """List one page of workspaces."""
        request = self._request(
            "GET", "/workspaces", "listWorkspaces", window(MOST_ROWS, offset), replay="safe"
        )
        return await self._page(request, "workspaces", parse_workspace)

    async def list_sources(
        self, *, workspace_ids: Collection[WorkspaceId] = (), offset: int = 0
    ) -> Answer[Page[Source]]:
        """List one page of sources."""
        query = (*workspaces(workspace_ids), *window(MOST_ROWS, offset))
        request = self._request("GET", "/sources", "listSources", query, replay="safe")
        return await self._page(request, "sources", parse_source)

    async def list_destinations(
        self, *, workspace_ids: Collection[WorkspaceId] = (), offset: int = 0
    ) -> Answer[Page[Destination]]:
        """List one page of destinations."""
        query = (*workspaces(workspace_ids), *window(MOST_ROWS, offset))
        request = self._request("GET", "/destinations", "listDestinations", query, replay="safe")
        return await self._page(request, "destinations", parse_destination)

    async def list_tags(self, *, workspace_ids: Collection[WorkspaceId] = ()) -> Answer[Page[Tag]]:
        """List all tags; the server does not page them."""
        request = self._request(
            "GET", "/tags", "listTags", workspaces(workspace_ids), replay="safe"
        )
        return await self._page(request, "tags", parse_tag)

    async def get_health(self) -> Answer[None]:
        """Ask whether the server is there; needs no credentials."""
        request = self._request(
            "GET", "/health", "getHealthCheck", replay="never", authenticate=False
        )
        response = await self.door.send(request)
        if response.status >= 300:
            raise problem_from(response, "asking for the server's health")
        return _answer(response, None, None)

    # --------------------------------------------------------------- the way there

    def _request(
        self,
        method: str,
        path: str,
        name: str,
        query: Query = (),
        *,
        content: bytes | None = None,
        timeout: Timeout | None = None,
        replay: Replay = "never",
        fresh: bool = False,
        authenticate: bool = True,
        hold: Callable[[], str | None] | None = None,
    ) -> Request:
        return Request(
            method,
            self.base_url + path,
            query,
            headers=() if content is None else (("content-type", "application/json"),),
            content=content,
            timeout=timeout,
            replay=replay,
            # Who asks without replay spaces its tries by itself: the feed.
            probe=replay == "never" and method == "GET",
            fresh=fresh,
            authenticate=authenticate,
            name=name,
            hold=hold,
        )

    async def _page(
        self, request: Request, what: str, parse: Callable[[Json], ValueT]
    ) -> Answer[Page[ValueT]]:
        return await self._ask(
            request, f"listing {what}", lambda body: parse_page(body, what, parse)
        )

    async def _ask(
        self, request: Request, what: str, parse: Callable[[Json], ValueT]
    ) -> Answer[ValueT]:
        response = await self.door.send(request)
        if not 200 <= response.status < 300:
            raise problem_from(response, what)
        try:
            body = response.json()
            return _answer(response, parse(body), body)
        except (BadBody, BadAnswer) as why:
            raise unreadable(response, what, why.text) from None


def _answer(response: Response, value: ValueT, raw: Json) -> Answer[ValueT]:
    return Answer(
        value,
        raw,
        response.status,
        response.date,
        response.left,
        response.arrived,
        response.seconds,
    )


def _json(value: Json) -> bytes:
    return json.dumps(value).encode()
