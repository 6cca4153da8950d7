"""Which operation answers which path: the whole public API as one table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from workflow.sandbox import (
    routes_actors,
    routes_connections,
    routes_edit,
    routes_jobs,
    routes_rest,
    routes_workspaces,
)
from workflow.sandbox.call import Operation
from workflow.sandbox.faults import Fault
from workflow.sandbox.options import SandboxError
from workflow.sandbox.spelling import meant
from workflow.text import safe

MOUNTS: Final = ("/v1", "/api/public/v1")
"""Where the API is found: Airbyte Cloud's place and the self-managed editions'."""

# The paths that clients ask most come first, because routes are tried in turn.
API: Final[Mapping[str, Mapping[str, Operation]]] = {
    "/jobs/{jobId}": {"GET": routes_jobs.GET_JOB, "DELETE": routes_jobs.CANCEL_JOB},
    "/jobs": {"GET": routes_jobs.LIST_JOBS, "POST": routes_jobs.CREATE_JOB},
    "/connections": {
        "GET": routes_connections.LIST_CONNECTIONS,
        "POST": routes_edit.CREATE_CONNECTION,
    },
    "/connections/{connectionId}": {
        "GET": routes_connections.GET_CONNECTION,
        "PATCH": routes_edit.PATCH_CONNECTION,
        "DELETE": routes_edit.DELETE_CONNECTION,
    },
    "/health": {"GET": routes_rest.GET_HEALTH},
    "/applications/token": {"POST": routes_rest.CREATE_TOKEN},
    "/applications": {
        "GET": routes_rest.LIST_APPLICATIONS,
        "POST": routes_rest.CREATE_APPLICATION,
    },
    "/applications/{applicationId}": {
        "GET": routes_rest.GET_APPLICATION,
        "DELETE": routes_rest.DELETE_APPLICATION,
    },
    "/workspaces": {
        "GET": routes_workspaces.LIST,
        "POST": routes_workspaces.CREATE,
    },
    "/workspaces/{workspaceId}": {
        "GET": routes_workspaces.GET,
        "PATCH": routes_workspaces.UPDATE,
        "DELETE": routes_workspaces.DELETE,
    },
    "/sources": {"GET": routes_actors.LIST_SOURCES, "POST": routes_actors.CREATE_SOURCE},
    "/sources/{sourceId}": {
        "GET": routes_actors.GET_SOURCE,
        "PATCH": routes_actors.PATCH_SOURCE,
        "PUT": routes_actors.PUT_SOURCE,
        "DELETE": routes_actors.DELETE_SOURCE,
    },
    "/destinations": {
        "GET": routes_actors.LIST_DESTINATIONS,
        "POST": routes_actors.CREATE_DESTINATION,
    },
    "/destinations/{destinationId}": {
        "GET": routes_actors.GET_DESTINATION,
        "PATCH": routes_actors.PATCH_DESTINATION,
        "PUT": routes_actors.PUT_DESTINATION,
        "DELETE": routes_actors.DELETE_DESTINATION,
    },
    "/tags": {"GET": routes_rest.LIST_TAGS, "POST": routes_rest.CREATE_TAG},
    "/tags/{tagId}": {
        "GET": routes_rest.GET_TAG,
        "PATCH": routes_rest.UPDATE_TAG,
        "DELETE": routes_rest.DELETE_TAG,
    },
    "/streams": {"GET": routes_rest.GET_STREAMS},
}


def with_known_endpoint(fault: Fault) -> Fault:
    """Return the fault, or raise :class:`SandboxError`: it aims at an endpoint that is none."""
    names = [operation.name for table in API.values() for operation in table.values()]
    # What is no endpoint at all is logged as unknown, and can be aimed at as well.
    if fault.endpoint in {None, "unknown", *names}:
        return fault
    wanted = str(fault.endpoint)[:40]
    raise SandboxError(
        safe(f"The fault {fault.name} aims at no endpoint {wanted!r}; {meant(wanted, names)}")
    )
