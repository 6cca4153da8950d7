"""What the screens over the deck look like, stroke by stroke."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import pytest
from textual.pilot import Pilot
from textual.screen import Screen

from tests.support.screens import HOSTILE, attached_run, failed_run, past_jobs, until
from tests.support.stand_ins import (
    Host,
    StandInFleet,
    StandInJournal,
    StandInWatch,
    session,
)
from tui.screens.connection import ConnectionScreen
from tui.screens.dialogs import ConfirmDialog, Dialog, TypedDialog
from tui.screens.help import HelpScreen
from tui.screens.history import HistoryScreen
from tui.screens.launch import LaunchScreen
from tui.screens.quitting import QuitDialog
from tui.screens.run import RunScreen
from workflow.airbyte.models import Connection, ConnectionId
from workflow.runs.events import RunId, Warned
from workflow.runs.journal.rows import RunRow
from workflow.runs.launch import Target, TargetCheck, Will
from workflow.runs.watch import ConnectionView
from workflow.text import SafeText, safe

SIZES = [(80, 24), (120, 40), (200, 50)]
NAMES: tuple[tuple[str, Will, str, str], ...] = (
    ("shopify → snowflake", "send", "failed", "failed 12m ago, red 7h"),
    ("zuora → snowflake", "attach", "running", "running 4m"),
    ("asana → snowflake", "attach", "incomplete", "retrying 6m"),
    ("crm → s3", "skip", "", "inactive"),
    (HOSTILE, "blocked", "", ""),
    ("github → snowflake", "send", "succeeded", "succeeded 2h ago"),
)


class Compare(Protocol):
    """What the snapshot plugin gives a test."""

    def __call__(self, app: Host, **options: Any) -> bool: ...


class Showing(Host):
    """An app that opens one screen at once."""

    def __init__(self, make: Callable[[], Screen[Any]]) -> None:
        super().__init__()
        self._make = make

    def on_mount(self) -> None:
        self.push_screen(self._make())


def settled(condition: Callable[[Screen[Any]], bool]) -> Callable[[Pilot[None]], Any]:
    async def wait(pilot: Pilot[None]) -> None:
        await until(pilot, lambda: condition(pilot.app.screen))
        await pilot.pause()

    return wait


def launch() -> LaunchScreen:
    targets = tuple(Target(f"id-{number}", safe(one[0])) for number, one in enumerate(NAMES))
    checks = {
        target.connection_id: TargetCheck(
            target,
            will,
            safe("inactive: the server takes no trigger" if will == "skip" else ""),
            last=safe(last),
            status=safe(status) if status else None,
        )
        for target, (_, will, status, last) in zip(targets, NAMES, strict=True)
    }
    return LaunchScreen(session(StandInFleet(checks=checks)), targets)


def attached() -> RunScreen:
    story = attached_run().tell(
        310,
        Warned("no-rows", "no new rows for at least 5m10", 310),
        Warned("slow", "45× its usual 12m (p95 19m, 9 jobs)", 45),
    )
    journal = StandInJournal(told={story.run: tuple(story.events)})
    fleet = StandInFleet(runs={story.run: story.state()})
    return RunScreen(session(fleet, journal=journal, jobs=past_jobs()), story.run)


def failed() -> RunScreen:
    story = failed_run()
    journal = StandInJournal(told={story.run: tuple(story.events)})
    fleet = StandInFleet(runs={story.run: story.state()})
    return RunScreen(session(fleet, journal=journal, jobs=past_jobs()), story.run)


def connection() -> ConnectionScreen:
    found = past_jobs()
    id_ = found[0].connection_id
    of = Connection(ConnectionId(id_), safe("oracle → snowflake"), "oracle", safe("active"))
    view = ConnectionView(of, read=True, last_status=safe("succeeded"))
    fleet = StandInFleet(watch=StandInWatch(connections={of.connection_id: view}))
    return ConnectionScreen(session(fleet, jobs=found), id_)


def history() -> HistoryScreen:
    def row(number: int, name: str, verdict: str, why: str) -> RunRow:
        at = failed_run().began
        return RunRow(
            RunId(f"r-{number}"),
            None,
            "prod",
            f"id-{number}",
            name,
            "sync",
            "poll",
            at,
            at,
            90_000 + number,
            verdict,
            verdict,
            why,
            at,
        )

    rows = (
        row(1, "shopify → snowflake", "failed", "job 90001 failed"),
        row(2, HOSTILE, "unresolved", "the POST was cut off; no job in 5m"),
        row(3, "stripe → snowflake", "succeeded", ""),
    )
    return HistoryScreen(session(journal=StandInJournal(rows=rows)))


def told(words: str) -> Callable[[Screen[Any]], bool]:
    def said(screen: Screen[Any]) -> bool:
        return any(words in str(part.render()) for part in screen.query("Static"))

    return said


@pytest.mark.parametrize("size", SIZES)
def test_the_launch_screen(snap_compare: Compare, size: tuple[int, int]) -> None:
    wait = settled(told("checked 6 of 6"))
    assert snap_compare(Showing(launch), terminal_size=size, run_before=wait)


@pytest.mark.parametrize("size", SIZES)
def test_a_run_somebody_else_started(snap_compare: Compare, size: tuple[int, int]) -> None:
    wait = settled(told("8 of 9 succeeded"))
    assert snap_compare(Showing(attached), terminal_size=size, run_before=wait)


def test_a_failed_run(snap_compare: Compare) -> None:
    wait = settled(lambda s: told("8 of 9 succeeded")(s) and told("triggered, job")(s))
    assert snap_compare(Showing(failed), terminal_size=(120, 40), run_before=wait)


def test_a_connection(snap_compare: Compare) -> None:
    wait = settled(told("8 of 9 succeeded"))
    assert snap_compare(Showing(connection), terminal_size=(120, 40), run_before=wait)


def test_the_history(snap_compare: Compare) -> None:
    wait = settled(told("4 History 3 runs"))
    assert snap_compare(Showing(history), terminal_size=(120, 40), run_before=wait)


@pytest.mark.parametrize("size", SIZES)
def test_the_help(snap_compare: Compare, size: tuple[int, int]) -> None:
    wait = settled(told("Glyphs"))
    assert snap_compare(Showing(HelpScreen), terminal_size=size, run_before=wait)


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(
            lambda: ConfirmDialog(
                SafeText("Cancel 1 job on prod?"), safe(HOSTILE), yes="Cancel it", danger=True
            ),
            id="confirm",
        ),
        pytest.param(
            lambda: TypedDialog(
                SafeText("Clear 3 targets?"),
                SafeText("clear wipes the data of every stream."),
                phrase=SafeText("clear 3 prod"),
            ),
            id="typed",
        ),
        pytest.param(lambda: QuitDialog(3), id="quit"),
    ],
)
def test_a_dialog(snap_compare: Compare, make: Callable[[], Dialog[Any]]) -> None:
    wait = settled(lambda screen: getattr(screen, "armed", False))
    assert snap_compare(Showing(make), terminal_size=(80, 24), run_before=wait)
