"""A launch's report can be read and copied in four forms."""

from __future__ import annotations

import json

import pytest
from textual.pilot import Pilot
from textual.widgets import Static

from tests.support.screens import HOSTILE, NOW, Story, failed_run, until
from tests.support.stand_ins import Host, StandInFleet, session
from tui.screens.report import ReportScreen
from workflow.runs import launch as launches
from workflow.runs.events import Event, LaunchId, LaunchStarted

LAUNCH = LaunchId("l-1")


def fleet(*stories: Story) -> StandInFleet:
    event = Event(NOW, 1, LaunchStarted("rerun", len(stories), 5, "sync"), launch=LAUNCH)
    state = launches.begin(event)
    runs = {}
    for story in stories:
        story.launch = LAUNCH
        story.events = [Event(e.time, e.seq, e.fact, e.run, LAUNCH) for e in story.events]
        runs[story.run] = story.state()
        state = launches.fold(state, story.events[-1], None, runs[story.run])
    return StandInFleet(runs=runs, launches={LAUNCH: state})


async def shown(pilot: Pilot[None], of: StandInFleet) -> ReportScreen:
    screen = ReportScreen(session(of), LAUNCH)
    pilot.app.push_screen(screen)
    await until(pilot, lambda: screen.is_mounted and "Launch rerun" in page(screen))
    return screen


def page(screen: ReportScreen) -> str:
    return str(screen.query_one("#page", Static).render())


async def test_it_names_every_run_and_why_it_ended_badly() -> None:
    async with Host().run_test(size=(80, 24)) as pilot:
        said = page(await shown(pilot, fleet(failed_run())))
        assert "shopify → snowflake" in said
        assert "the public API does not tell why" in said


@pytest.mark.parametrize(
    ("key", "part"),
    [("y", "Launch rerun"), ("m", "| connection |"), ("c", "connection,connectionId")],
)
async def test_a_key_copies_it_in_its_form(key: str, part: str) -> None:
    app = Host()
    async with app.run_test(size=(80, 24)) as pilot:
        await shown(pilot, fleet(failed_run()))
        await pilot.press(key)
        assert part in app.copied


async def test_the_json_form_is_json() -> None:
    app = Host()
    async with app.run_test(size=(80, 24)) as pilot:
        await shown(pilot, fleet(failed_run()))
        await pilot.press("n")
        assert json.loads(app.copied)["launch"] == "l-1"


async def test_it_stays_when_the_fleet_forgets_the_launch() -> None:
    of = fleet(failed_run())
    app = Host()
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await shown(pilot, of)
        of.runs.clear()
        of.launches.clear()
        screen.refresh_from(session(of))
        assert "shopify → snowflake" in page(screen)
        await pilot.press("m")
        assert "shopify → snowflake" in app.copied


async def test_of_a_launch_that_is_forgotten_it_says_where_its_runs_are() -> None:
    async with Host().run_test(size=(80, 24)) as pilot:
        screen = ReportScreen(session(StandInFleet()), LAUNCH)
        pilot.app.push_screen(screen)
        await until(pilot, lambda: screen.is_mounted and "4 has its runs" in page(screen))
        assert "search l-1" in page(screen)


async def test_a_hostile_name_is_shown_as_text() -> None:
    async with Host().run_test(size=(80, 24)) as pilot:
        said = page(await shown(pilot, fleet(Story(HOSTILE).triggered())))
        assert "[bold red]x[/]" in said
        assert "\x1b" not in pilot.app.export_screenshot()
