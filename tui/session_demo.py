"""The demo: a sandbox in a thread, a journal in a temporary folder, a launch under way.

Nothing of it is kept. A demo that was killed could not clean up behind itself, so the next one
does: a folder whose lock nobody holds belongs to a process that is gone.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Final

from filelock import FileLock, Timeout

from tui.session import Session, Wiring, open_session
from workflow.airbyte.problems import ApiProblem
from workflow.clock import Clock
from workflow.http.failures import NetworkFailure
from workflow.runs.background import Background
from workflow.runs.launch import Order, OrderRefused, Target
from workflow.sandbox.options import SandboxOptions, demo_options
from workflow.sandbox.server import serve_in_thread
from workflow.settings import DEMO_PROFILE, Profile

_PREFIX: Final = "syncdeck-demo-"
_LOCK: Final = "lock"
_RUNS: Final = 6
_AT_ONCE: Final = 5


@asynccontextmanager
async def open_demo(
    *,
    clock: Clock | None = None,
    options: SandboxOptions | None = None,
    launch: bool = True,
) -> AsyncIterator[Session]:
    """Open a session on a sandbox of its own; leaving removes all of it.

    The launch begins beside whoever looks: what the server has is there before it.
    """
    with _folder() as folder:
        server = await asyncio.to_thread(serve_in_thread, options or demo_options(), clock=clock)
        try:
            profile = Profile(DEMO_PROFILE, server.base_url, read_only=False)
            journal = folder / "journal.db"
            wiring = Wiring(demo=True)
            async with open_session(
                profile, journal=journal, clock=clock, wiring=wiring
            ) as session:
                beside = Background()
                if launch:
                    beside.add(_launch(session), "the demo's launch")
                try:
                    yield session
                finally:
                    await beside.stop()
        finally:
            await asyncio.to_thread(server.stop)


async def _launch(session: Session) -> None:
    """Start what the first screen is to show; a demo without it is still a demo."""
    with suppress(ApiProblem, NetworkFailure, OrderRefused):
        answer = await session.client.list_connections()
        active = [one for one in answer.value.items if one.is_active]
        targets = tuple(Target(one.connection_id, one.name) for one in active[:_RUNS])
        await session.fleet.launch(Order(targets, max_parallel=_AT_ONCE, name="first look"))


@contextmanager
def _folder() -> Iterator[Path]:
    sweep(Path(tempfile.gettempdir()))
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
    lock = FileLock(folder / _LOCK)
    try:
        with lock:
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def sweep(place: Path) -> int:
    """Remove what demos left that were killed; return how many folders went."""
    gone = 0
    for folder in place.glob(f"{_PREFIX}*"):
        if folder.is_symlink() or not folder.is_dir() or folder.stat().st_uid != os.getuid():
            continue
        if not (folder / _LOCK).exists():
            continue  # another demo is just being made
        with suppress(Timeout, OSError):
            with FileLock(folder / _LOCK, timeout=0):
                shutil.rmtree(folder, ignore_errors=True)
            gone += 1
    return gone
