"""A sandbox on a real socket whose clock the test steps, with a bare HTTP client."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import httpx

from tests.support.sandbox import SteppedClock
from workflow.sandbox.auth import FIXED_CLIENT_ID, FIXED_CLIENT_SECRET, Application, Role
from workflow.sandbox.behaviour import Behaviour
from workflow.sandbox.faults import parse_fault
from workflow.sandbox.model import ConnectionId
from workflow.sandbox.options import SandboxOptions
from workflow.sandbox.server import SandboxServer

STEADY = Behaviour(duration=100.0, spread=0.0, rows=1_000, row_bytes=10, past_jobs=0, pending=4.0)
TERMINAL = {"succeeded", "failed", "cancelled"}


@dataclass
class Rig:
    """What a fact is checked with."""

    server: SandboxServer
    clock: SteppedClock
    http: httpx.Client
    numbers: Iterator[int] = field(default_factory=itertools.count)

    def get(self, path: str, /, **query: Any) -> httpx.Response:
        return self.http.get(path, params=query)

    def pass_time(self, seconds: float) -> None:
        self.clock.seconds += seconds

    def connection(self, behaviour: Behaviour = STEADY, **changes: Any) -> str:
        """Add a connection that nobody else uses, and return its id."""
        catalogue = self.server.world.catalogue
        template = next(iter(catalogue.connections.values()))
        made = replace(
            template,
            id=ConnectionId(catalogue.fresh_uuid("rig")),
            name=f"rig {next(self.numbers)}",
            behaviour=behaviour,
            **{"status": "active", "tag_ids": (), **changes},
        )
        return catalogue.add_connection(made).id

    def post(self, connection_id: str, job_type: str = "sync") -> httpx.Response:
        body = {"connectionId": connection_id, "jobType": job_type}
        return self.http.post("/jobs", json=body)

    def started(self, connection_id: str, job_type: str = "sync") -> int:
        answer = self.post(connection_id, job_type)
        assert answer.status_code == 200, answer.text
        return int(answer.json()["jobId"])

    def running(self, behaviour: Behaviour = STEADY) -> tuple[str, int]:
        """Return a fresh connection and its job, in the middle of its first attempt."""
        connection_id = self.connection(behaviour)
        job_id = self.started(connection_id)
        self.pass_time(40)
        assert self.job(job_id)["status"] == "running"
        return connection_id, job_id

    def job(self, job_id: int) -> dict[str, Any]:
        answer = self.get(f"/jobs/{job_id}")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def jobs(self, **query: Any) -> list[dict[str, Any]]:
        answer = self.get("/jobs", **query)
        assert answer.status_code == 200, answer.text
        return list(answer.json()["data"])

    def statuses(self, job_id: int, step: float = 0.5) -> list[str]:
        """Return every status the job is seen in until its end."""
        seen: list[str] = []
        while not seen or seen[-1] not in TERMINAL:
            status = self.job(job_id)["status"]
            if not seen or seen[-1] != status:
                seen.append(status)
            self.pass_time(step)
        return seen

    def until(self, job_id: int, status: str) -> None:
        """Pass time until the job is seen in that status."""
        while (seen := self.job(job_id)["status"]) != status:
            assert seen not in TERMINAL
            self.pass_time(0.5)

    @contextmanager
    def fault(self, text: str) -> Iterator[None]:
        number = self.server.faults.add(parse_fault(text))
        try:
            yield
        finally:
            self.server.faults.remove(number)

    def login(self, role: Role, *workspaces: str) -> dict[str, str]:
        """Make an application of that role and return a header with its fresh token."""
        auth, number = self.server.auth, next(self.numbers)
        auth.applications[f"app-{number}"] = Application(
            id=f"app-{number}",
            name=f"app-{number}",
            client_id=f"id-{number}",
            client_secret="secret",
            role=role,
            workspaces=frozenset(workspaces) if workspaces else None,
        )
        return bearer(self.token(f"id-{number}", "secret").json()["access_token"])

    def token(
        self, client_id: str = FIXED_CLIENT_ID, client_secret: str = FIXED_CLIENT_SECRET
    ) -> httpx.Response:
        body = {
            "client_id": client_id,
            "client_secret": client_secret,
            "grant-type": "client_credentials",
        }
        return self.http.post("/applications/token", json=body)


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def title(answer: httpx.Response) -> str:
    """Return the title of a Problem body."""
    body: Mapping[str, Any] = answer.json()
    return str(body["title"])


def message(answer: httpx.Response) -> str:
    """Return the useful text of a Problem body."""
    return str(answer.json()["data"]["message"])


def is_hal(answer: httpx.Response) -> bool:
    """Say whether a body has Micronaut's shape."""
    body = answer.json()
    return set(body) == {"message", "_links", "_embedded"} and bool(body["_embedded"]["errors"])


def has_error_id(answer: httpx.Response) -> bool:
    """Say whether a body is that of something uncaught."""
    return set(json.loads(answer.text)) == {"errorId"}


@contextmanager
def rig(*, clock: SteppedClock | None = None, **options: Any) -> Iterator[Rig]:
    """Serve a sandbox on a stepped clock."""
    clock = clock or SteppedClock()
    with (
        SandboxServer(SandboxOptions(**options), clock=clock) as server,
        httpx.Client(base_url=server.base_url, trust_env=False) as http,
    ):
        yield Rig(server, clock, http)
