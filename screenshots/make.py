"""Drives the real app on the sandbox and takes its pictures.

Every picture waits for what it is to show, never for a length of time: the deck for runs in every
state, the launch screen for all its checks, the run screen for the past jobs it compares with.
"""

from __future__ import annotations

import argparse
import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

from textual.pilot import Pilot
from textual.widgets import Button, Static

from screenshots.pictures import save
from tui.app import Live, SyncdeckApp
from tui.rows import RunKey
from tui.screens.help import HelpScreen
from tui.screens.launch import LaunchScreen
from tui.screens.run import RunScreen
from tui.session import Session
from tui.session_demo import open_demo
from tui.widgets.live_table import LiveTable
from workflow.airbyte.models import Connection
from workflow.runs.events import Verdict
from workflow.runs.launch import Order, Target
from workflow.runs.run import Phase, RunState
from workflow.settings import DEMO_PROFILE
from workflow.text import SafeText

SIZES: Final = ((80, 24), (120, 40), (200, 50))
_TARGETS: Final = 18
_AT_ONCE: Final = 6
_TURNS: Final = 6_000
"""Looks at the app before a condition is given up; each lets it work for a moment."""
_TRENDS: Final = 6
"""Samples of rows that make a trend worth a picture."""

AppPilot = Pilot[Any]


class NeverHappened(Exception):  # noqa: N818 - what became of the condition
    """The app did not come to the state that a picture is of."""


async def until(pilot: AppPilot, what: str, condition: Callable[[], bool]) -> None:
    """Let the app work until `condition` holds.

    Raises:
        NeverHappened: it never did; says `what` was waited for.
    """
    for _ in range(_TURNS):
        if condition():
            await pilot.pause()
            return
        await pilot.pause(0.02)
    raise NeverHappened(f"no picture: the app never came to {what}")


@asynccontextmanager
async def scene() -> AsyncIterator[Session]:
    """Open the demo with a launch large enough to have something in every state."""
    async with open_demo(launch=False) as session:
        targets = await _eventful(session)
        await session.fleet.launch(Order(targets, max_parallel=_AT_ONCE, name="morning"))
        yield session


async def _eventful(session: Session) -> tuple[Target, ...]:
    """Choose the targets: first those whose past jobs failed or brought nothing."""
    connections = (await session.client.list_connections()).value.items
    jobs = (await session.client.list_jobs()).value.items
    failed = {job.connection_id for job in jobs if job.status == "failed"}
    empty = {job.connection_id for job in jobs if job.rows_synced == 0 and job.is_terminal}

    def dullness(one: Connection) -> int:
        return 0 if one.connection_id in failed else 1 if one.connection_id in empty else 2

    active = sorted((one for one in connections if one.is_active), key=dullness)
    return tuple(Target(one.connection_id, one.name) for one in active[:_TARGETS])


def lively(session: Session) -> bool:
    """Tell whether the launch shows what the deck is for: success, failure, work, waiting."""
    runs = session.fleet.runs.values()
    verdicts = Counter(run.verdict for run in runs)
    moving = [run for run in runs if run.status == "running" and len(run.samples) >= _TRENDS]
    waiting = [run for run in runs if run.phase is Phase.WAITING]
    enough = verdicts[Verdict.SUCCEEDED] >= 2 and verdicts[Verdict.FAILED] >= 1
    return enough and len(moving) >= 2 and len(waiting) >= 2


def failed(session: Session) -> RunState | None:
    """Return a run of ours that failed."""
    runs = session.fleet.runs.values()
    return next((run for run in runs if run.verdict is Verdict.FAILED), None)


class Camera:
    """Takes pictures of one running app."""

    def __init__(self, app: SyncdeckApp, pilot: AppPilot, folder: Path) -> None:
        self._app = app
        self._pilot = pilot
        self._folder = folder

    async def resize(self, size: tuple[int, int]) -> None:
        """Give the app another terminal."""
        await self._pilot.resize_terminal(*size)
        await until(self._pilot, f"{size[0]}×{size[1]}", lambda: tuple(self._app.size) == size)
        screen = self._app.screen
        if isinstance(screen, Live) and self._app.session is not None:
            # What the app does within the second: draw what depends on the new width.
            screen.refresh_from(self._app.session)
        await self._pilot.pause()

    def take(self, name: str) -> None:
        """Write the picture of the screen as it is."""
        picture = self._app.export_screenshot(title="syncdeck")
        save(picture, self._folder / name, self._app.size.width)
        print(self._folder / f"{name}.png")


async def take_all(folder: Path) -> None:
    """Take every picture, one after the other, from one run of the app."""
    app = SyncdeckApp(scene, profile_name=DEMO_PROFILE, server=SafeText("sandbox"))
    async with app.run_test(size=(120, 40)) as pilot:
        camera = Camera(app, pilot, folder)
        await until(pilot, "an open session", lambda: app.session is not None)
        session = app.session
        assert session is not None
        await until(pilot, "runs in every state", lambda: lively(session))
        await _deck(pilot, camera, session)
        await _failed_run(pilot, camera)
        await _help(pilot, camera)
        await _launch(pilot, camera)
        for run in list(session.fleet.runs.values()):
            if run.live:
                await session.fleet.detach(run.run)


async def _deck(pilot: AppPilot, camera: Camera, session: Session) -> None:
    runs = pilot.app.screen.query_one("#runs", LiveTable)
    await until(pilot, "rows", lambda: bool(runs.order))
    problem = failed(session)
    if problem is not None:
        key = RunKey(problem.run)
        await until(pilot, "the failed run's row", lambda: key in runs.order)
        runs.move_to(key)
    for size in SIZES:
        await camera.resize(size)
        camera.take(f"deck-{size[0]}x{size[1]}")
    await camera.resize((120, 40))


async def _failed_run(pilot: AppPilot, camera: Camera) -> None:
    await pilot.press("enter")
    await until(pilot, "the run screen", lambda: isinstance(pilot.app.screen, RunScreen))
    screen = pilot.app.screen
    await until(
        pilot,
        "the connection's past jobs",
        lambda: any(
            "median" in str(part.render()) or "no job of it" in str(part.render())
            for part in screen.query(Static)
        ),
    )
    camera.take("failed-run")
    await pilot.press("escape")


async def _help(pilot: AppPilot, camera: Camera) -> None:
    await pilot.press("question_mark")
    await until(pilot, "the help", lambda: isinstance(pilot.app.screen, HelpScreen))
    camera.take("help")
    await pilot.press("escape")


async def _launch(pilot: AppPilot, camera: Camera) -> None:
    await pilot.press("2", "asterisk", "t")
    await until(pilot, "the launch screen", lambda: isinstance(pilot.app.screen, LaunchScreen))
    screen = pilot.app.screen
    button = screen.query_one("#go", Button)
    await until(pilot, "checked targets", lambda: not button.disabled)
    await camera.resize((100, 36))
    camera.take("launch")
    await pilot.press("escape")


def main() -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(prog="python -m screenshots", description=__doc__)
    parser.add_argument(
        "folder",
        nargs="?",
        type=Path,
        default=Path(__file__).parent,
        help="where the pictures go (default: beside this command)",
    )
    folder: Path = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    asyncio.run(take_all(folder))
    return 0
