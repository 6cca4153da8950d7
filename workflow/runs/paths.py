"""Where a document's path is at the profile's server, and which paths are Airbyte's jobs."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final
from urllib.parse import urlsplit

from workflow.arazzo.turns import Request

_ONE_JOB: Final = re.compile(r"/jobs/\{[^/{}]+\}")
_LONGEST_ID: Final = 19
"""Digits of the largest int64."""


@lru_cache(maxsize=1_024)
def at_server(path: str, base_url: str) -> str:
    """Return `path` relative to `base_url`, which may hold its beginning already.

    A description whose paths begin with ``/v1`` and a base URL that ends with it mean the same
    place: it is neither doubled nor lost.
    """
    parts = [part for part in urlsplit(base_url).path.split("/") if part]
    for start in range(len(parts)):
        prefix = "/" + "/".join(parts[start:])
        if path.startswith(prefix + "/"):
            return path[len(prefix) :]
    return path


def is_jobs(template: str) -> bool:
    """Whether a path template is that of all jobs, wherever its description begins."""
    return template == "/jobs" or template.endswith("/v1/jobs")


def is_one_job(template: str) -> bool:
    """Whether a path template is that of one job, whatever its parameter is called."""
    return _ONE_JOB.fullmatch(template) is not None


def job_id(request: Request) -> int | None:
    """Return the job id that is the last part of a request's path; None when it is none."""
    last = request.path.rpartition("/")[2]
    whole = last.isascii() and last.isdigit() and len(last) <= _LONGEST_ID
    return int(last) if whole else None
