"""Addresses in Airbyte's own pages: the public API has no logs and no reasons, the page has."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from urllib.parse import quote

from workflow.text import SafeText, safe


def job_page(
    web: str | None, workspace_id: str | None, connection_id: str | None, job_id: int | None
) -> SafeText | None:
    """Return the page with a job's log, or the connection's when there is no job.

    `web` is where Airbyte's pages are, without a slash at the end. None when there are none, or
    the workspace or connection is not known. Ids come from the server, so they are quoted.
    """
    if not web or workspace_id is None or connection_id is None:
        return None
    workspace, connection = quote(workspace_id, safe=""), quote(connection_id, safe="")
    page = f"{web}/workspaces/{workspace}/connections/{connection}/timeline"
    return safe(page if job_id is None else f"{page}?jobId={job_id}&openLogs=true")


def browser_here(environ: Mapping[str, str]) -> bool:
    """Tell whether a browser can open where this runs: not at the far end of an SSH connection."""
    return sys.platform == "darwin" or any(environ.get(n) for n in ("DISPLAY", "WAYLAND_DISPLAY"))


def why_no_page(web: str | None) -> SafeText:
    """Say why :func:`job_page` gave none."""
    if not web:
        return SafeText("the demo has no pages: on a server of yours this opens the job's log")
    return SafeText("no page is known for this: its connection has not been read yet")
