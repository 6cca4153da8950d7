"""The history lists every run of the journal and finds one by any of its words."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from textual.pilot import Pilot

from tests.support.screens import HOSTILE, NOW, failed_run, until
from tests.support.stand_ins import Host, StandInFleet, StandInJournal, session
from tui.screens.history import HistoryScreen, look_of
from tui.screens.run import RunScreen
from tui.widgets.key_line import KeyLine
from tui.widgets.live_table import LiveTable
from workflow.runs.events import RunId
from workflow.runs.journal.rows import RunRow


def row(number: int, name: str, verdict: str | None = "succeeded", why: str = "") -> RunRow:
    created = NOW - timedelta(hours=number)
    ended = None if verdict is None else created + timedelta(minutes=4)
    return RunRow(
        RunId(f"r-{number}"),
        None,
        "prod",
        f"id-{number}",
        name,
        "sync",
        "poll",
        created,
        created,
        90_000 + number,
        verdict,
        verdict,
        why,
        ended,
    )


@pytest.mark.parametrize(
    ("unsettled", "says"), [(False, "· waiting"), (True, "◌ triggering")], ids=["unsent", "sent"]
)
def test_a_run_without_a_job_says_whether_something_was_sent(*, unsettled: bool, says: str) -> None:
    begun = replace(row(1, "jira", verdict=None), unsettled=unsettled)
    assert look_of(begun).text == says


ROWS = (
    row(1, "shopify → snowflake", "failed", "job 90001 failed"),
    row(2, "stripe → snowflake"),
    row(3, "crm → s3", "unresolved", "the answer was lost"),
)


async def shown(pilot: Pilot[None], rows: tuple[RunRow, ...] = ROWS) -> HistoryScreen:
    story = failed_run()
    events = tuple(story.events)
    journal = StandInJournal(rows=rows, told={row.run: events for row in rows})
    screen = HistoryScreen(session(journal=journal))
    pilot.app.push_screen(screen)
    await until(pilot, lambda: screen.is_mounted and len(table(screen).order) == len(rows))
    return screen


def table(screen: HistoryScreen) -> LiveTable[RunId]:
    return screen.query_one("#rows", LiveTable)


async def test_every_word_that_is_typed_narrows_the_list() -> None:
    async with Host().run_test(size=(120, 40)) as pilot:
        screen = await shown(pilot)
        await pilot.press("slash", *"snow 90002")
        assert table(screen).order == ("r-2",)
        await pilot.press("escape")
        assert len(table(screen).order) == 3


async def test_a_search_that_is_left_for_the_rows_is_kept_and_not_typed_any_more() -> None:
    async with Host().run_test(size=(120, 40)) as pilot:
        screen = await shown(pilot)
        await pilot.press("slash", *"snow", "tab")
        assert pilot.app.focused is table(screen)
        assert not screen.query_one(KeyLine).typing
        assert len(table(screen).order) == 2


async def test_time_is_the_jobs_and_not_the_wait_for_a_slot() -> None:
    waited = replace(
        ROWS[1], job_started=NOW - timedelta(minutes=9), job_lasted=timedelta(seconds=84)
    )
    async with Host().run_test(size=(120, 40)) as pilot:
        await shown(pilot, (waited,))
        shot = pilot.app.export_screenshot()
        assert "1m24" in shot
        assert "4m00" not in shot


async def test_a_run_that_ends_meanwhile_is_read_again() -> None:
    story = failed_run()
    live = replace(story.state(), verdict=None)
    fleet = StandInFleet(runs={live.run: live})
    journal = StandInJournal(rows=(replace(row(1, "shopify", verdict=None), run=live.run),))
    of = session(fleet, journal=journal)
    screen = HistoryScreen(of)
    async with Host().run_test(size=(120, 40)) as pilot:
        pilot.app.push_screen(screen)
        await until(pilot, lambda: screen.is_mounted and table(screen).order == (live.run,))
        fleet.runs[live.run] = story.state()
        journal.rows = (replace(row(1, "shopify", "failed"), run=live.run),)
        screen.refresh_from(of)
        await until(pilot, lambda: "✗&#160;failed" in pilot.app.export_screenshot())


async def test_a_run_that_took_the_place_of_one_that_is_forgotten_is_read() -> None:
    """There are as many runs as before, and as many have ended."""
    first, second = RunId("r-1"), RunId("r-2")
    fleet = StandInFleet(runs={first: failed_run().state()})
    journal = StandInJournal(rows=ROWS[:1])
    of = session(fleet, journal=journal)
    screen = HistoryScreen(of)
    async with Host().run_test(size=(120, 40)) as pilot:
        pilot.app.push_screen(screen)
        await until(pilot, lambda: screen.is_mounted and table(screen).order == (first,))
        fleet.runs[second] = fleet.runs.pop(first)
        journal.rows = ROWS[:2]
        screen.refresh_from(of)
        await until(pilot, lambda: table(screen).order == (first, second))


async def test_a_row_that_the_journal_has_dropped_meanwhile_goes() -> None:
    journal = StandInJournal(rows=ROWS)
    screen = HistoryScreen(session(StandInFleet(), journal=journal))
    async with Host().run_test(size=(120, 40)) as pilot:
        pilot.app.push_screen(screen)
        await until(pilot, lambda: screen.is_mounted and len(table(screen).order) == len(ROWS))
        journal.rows = ROWS[:-1]
        await pilot.press("ctrl+r")
        await until(pilot, lambda: len(table(screen).order) == len(ROWS) - 1)


async def test_nothing_is_read_again_while_nothing_ends() -> None:
    journal = StandInJournal(rows=ROWS)
    of = session(StandInFleet(), journal=journal)
    screen = HistoryScreen(of)
    async with Host().run_test(size=(120, 40)) as pilot:
        pilot.app.push_screen(screen)
        await until(pilot, lambda: screen.is_mounted and len(table(screen).order) == len(ROWS))
        journal.rows = ()
        screen.refresh_from(of)
        await pilot.pause()
        assert len(table(screen).order) == len(ROWS)


async def test_problems_only() -> None:
    async with Host().run_test(size=(120, 40)) as pilot:
        screen = await shown(pilot)
        await pilot.press("exclamation_mark")
        assert table(screen).order == ("r-1", "r-3")


async def test_enter_replays_the_run() -> None:
    async with Host().run_test(size=(120, 40)) as pilot:
        await shown(pilot)
        await pilot.press("j", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, RunScreen))


async def test_an_empty_journal_says_what_comes_next() -> None:
    async with Host().run_test(size=(80, 24)) as pilot:
        await shown(pilot, ())
        await until(pilot, lambda: "no&#160;run&#160;yet" in pilot.app.export_screenshot())


async def test_a_hostile_name_is_shown_as_text() -> None:
    async with Host().run_test(size=(80, 24)) as pilot:
        await shown(pilot, (row(1, HOSTILE, "failed", HOSTILE),))
        picture = pilot.app.export_screenshot()
        assert "[bold" in picture
        assert "\x1b" not in picture
