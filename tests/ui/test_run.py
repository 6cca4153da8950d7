"""The run screen says everything that is known about a run, and what is not known."""

from __future__ import annotations

import pytest
from textual.pilot import Pilot
from textual.widgets import Static

from tests.support.screens import HOSTILE, NOW, Story, attached_run, failed_run, past_jobs, until
from tests.support.stand_ins import Host, StandInFleet, StandInJournal, session
from tui.screens import run_sections
from tui.screens.connection_figures import figures
from tui.screens.run import RunScreen
from tui.screens.run_sections import Known
from workflow.runs.events import RunId, TriggerSettled, Verdict, Warned


def hint(id_: str) -> str:
    return id_


def told(*stories: Story) -> str:
    known = Known(stories[0].state(), NOW, before=figures(past_jobs()))
    sections = [
        run_sections.steps(known),
        run_sections.statuses(known),
        run_sections.rows(known),
        run_sections.before(known),
        run_sections.ids(known),
        run_sections.can_be_done(known, hint),
    ]
    lines = [*run_sections.head(known), *(line for part in sections for line in part.lines)]
    return "\n".join(line.plain for line in lines)


async def shown(
    pilot: Pilot[None], *stories: Story, order: tuple[RunId, ...] = ()
) -> tuple[RunScreen, StandInFleet]:
    fleet = StandInFleet(runs={story.run: story.state() for story in stories})
    journal = StandInJournal(told={story.run: tuple(story.events) for story in stories})
    open_session = session(fleet, journal=journal, jobs=past_jobs())
    screen = RunScreen(open_session, stories[0].run, order)
    pilot.app.push_screen(screen)
    await until(pilot, lambda: screen.is_mounted and "Before" in text(screen))
    await until(pilot, lambda: "8 of 9 succeeded" in text(screen))
    return screen, fleet


def text(screen: RunScreen) -> str:
    return "\n".join(str(part.render()) for part in screen.query(Static) if part.display)


def test_an_attached_run_says_whose_job_it_is_and_what_nobody_saw() -> None:
    said = told(attached_run())
    assert "started elsewhere" in said
    assert "not ours: the job was there already" in said
    assert "before attach: other states may be missing" in said
    assert "1,204,118 rows" in said


def test_a_failed_run_says_why_as_far_as_the_api_tells() -> None:
    said = told(failed_run())
    assert "why  job 90431 failed; the public API does not tell why" in said
    assert "(incomplete)" in said
    assert "rerun" in said
    assert "detach" not in said


def test_a_warning_stands_with_its_measure_while_the_run_lives() -> None:
    story = attached_run().tell(300, Warned("slow", "45× its usual 12m", 45))
    assert "! 45× its usual 12m" in told(story)


def test_rows_nobody_read_are_not_shown_as_zero() -> None:
    said = told(Story().triggered())
    assert "no rows read yet" in said
    assert "0 rows" not in said


def test_an_unresolved_run_says_why_and_names_its_suspects() -> None:
    story = Story().tell(160, TriggerSettled("unknown", suspects=(7, 8)))
    story.ended(165, Verdict.UNRESOLVED, "the POST was cut off; not sent again")
    assert "not sent again" in told(story)
    assert "job 7, 8" in told(story)


def test_past_jobs_that_are_not_read_yet_are_said_to_be_so() -> None:
    known = Known(failed_run().state(), NOW)
    assert "not read yet" in run_sections.before(known).lines[0].plain


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 50)])
async def test_the_screen_shows_steps_status_and_rows_at_every_size(size: tuple[int, int]) -> None:
    async with Host().run_test(size=size) as pilot:
        screen, _ = await shown(pilot, failed_run())
        said = text(screen)
        assert "job 90431 shopify → snowflake" in said
        assert "2 pollJob" in said
        assert "retrying" in said
        assert screen.query_one("#hints").region.bottom == size[1]


async def test_a_wide_screen_has_the_runs_own_events() -> None:
    async with Host().run_test(size=(200, 50)) as pilot:
        screen, _ = await shown(pilot, failed_run())
        await until(pilot, lambda: "triggered, job 90431" in text(screen))


async def test_the_next_run_is_that_of_the_decks_order() -> None:
    other = Story("zuora → snowflake", run="r-2").triggered(job_id=7)
    story = attached_run()
    async with Host().run_test(size=(80, 24)) as pilot:
        screen, _ = await shown(pilot, story, other, order=(story.run, other.run))
        await pilot.press("J")
        await until(pilot, lambda: "zuora" in text(screen))
        await pilot.press("J")
        assert "zuora" in text(screen)
        await pilot.press("K")
        await until(pilot, lambda: "oracle" in text(screen))


async def test_detach_is_asked_of_the_fleet() -> None:
    async with Host().run_test(size=(80, 24)) as pilot:
        screen, fleet = await shown(pilot, attached_run())
        await pilot.press("d")
        await until(pilot, lambda: fleet.deeds == [("detach", screen._run)])


async def test_cancel_asks_first() -> None:
    async with Host().run_test(size=(80, 24)) as pilot:
        _, fleet = await shown(pilot, attached_run())
        await pilot.press("x")
        await until(pilot, lambda: getattr(pilot.app.screen, "armed", False))
        assert fleet.deeds == []
        await pilot.press("y")
        await until(pilot, lambda: [deed for deed, _ in fleet.deeds] == ["cancel"])


async def test_a_run_that_is_gone_is_said_to_be_gone() -> None:
    async with Host().run_test(size=(80, 24)) as pilot:
        screen = RunScreen(session(), RunId("r-gone"))
        pilot.app.push_screen(screen)
        await until(pilot, lambda: screen.is_mounted and "not in the journal" in text(screen))


async def test_a_hostile_name_is_shown_as_text() -> None:
    async with Host().run_test(size=(120, 40)) as pilot:
        screen, _ = await shown(pilot, Story(HOSTILE).triggered().read(3, HOSTILE))
        assert "[bold red]x[/]" in text(screen)
        assert "\x1b" not in pilot.app.export_screenshot()


async def test_a_run_of_the_past_is_replayed_from_the_journal() -> None:
    story = failed_run()
    journal = StandInJournal(told={story.run: tuple(story.events)})
    async with Host().run_test(size=(80, 24)) as pilot:
        screen = RunScreen(session(journal=journal, jobs=past_jobs()), story.run)
        pilot.app.push_screen(screen)
        await until(pilot, lambda: "shopify → snowflake" in text(screen))
        assert "✗ failed" in text(screen)
