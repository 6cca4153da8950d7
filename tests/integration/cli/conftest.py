"""A sandbox over a socket, a journal of one's own, and the command line in front of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Protocol

import httpx
import pytest

from tests.support.cli import Ended, FastClock
from tests.support.sandbox import running_sandbox
from tui import cli
from workflow.sandbox.server import SandboxServer


class Serve(Protocol):
    """Starts a sandbox and makes it the environment's server."""

    def __call__(self, **options: Any) -> SandboxServer: ...


Syncdeck = Callable[..., Ended]


@pytest.fixture
def journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A journal that this test alone has."""
    path = tmp_path / "journal.db"
    monkeypatch.setenv("SYNCDECK_JOURNAL", str(path))
    return path


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> FastClock:
    """One fast clock for client and server."""
    fast = FastClock()
    monkeypatch.setattr("tui.session.SystemClock", lambda: fast)
    return fast


@pytest.fixture
def serve(clock: FastClock, monkeypatch: pytest.MonkeyPatch) -> Iterator[Serve]:
    with ExitStack() as stack:

        def served(**options: Any) -> SandboxServer:
            server = stack.enter_context(running_sandbox(clock=clock, **options))
            monkeypatch.setenv("AIRBYTE_API_ROOT", server.base_url)
            return server

        yield served


@pytest.fixture
def syncdeck(journal: Path, capsys: pytest.CaptureFixture[str]) -> Syncdeck:
    """Call `syncdeck` in this process."""

    def call(*arguments: str) -> Ended:
        capsys.readouterr()
        code = cli.run(arguments)
        out, err = capsys.readouterr()
        return Ended(code, out, err)

    return call


def connections(server: SandboxServer, count: int | None = None) -> dict[str, str]:
    """Ids of active connections by name, in the server's order."""
    answer = httpx.get(f"{server.base_url}/connections?limit=100", trust_env=False).json()
    active = [one for one in answer["data"] if one["status"] == "active"]
    return {one["name"]: one["connectionId"] for one in active[:count]}


def sent(server: SandboxServer, endpoint: str) -> int:
    """How many requests of an operation arrived."""
    return sum(request.endpoint == endpoint for request in server.log)
