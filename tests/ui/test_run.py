"""The run screen says everything that is known about a run, and what is not known."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from textual.pilot import Pilot
from textual.widgets import Static

from tests.support.deck import a_connection
from tests.support.screens import HOSTILE, NOW, Story, attached_run, failed_run, past_jobs, until
from tests.support.stand_ins import Host, StandInFleet, StandInJournal, session
from tui.screens import run_sections
from tui.screens.connection_figures import figures
from tui.screens.dialogs import ConfirmDialog, MessageDialog
from tui.screens.launch import LaunchScreen
from tui.screens.run import RunScreen
from tui.screens.run_sections import Known
from tui.screens.suspects import SuspectsDialog
from workflow.airbyte.models import RESET, Connection, ConnectionId, WorkspaceId
from workflow.runs.connection_view import view_of
from workflow.runs.events import (
    Event,
    LaunchId,
    LaunchStarted,
    RunId,
    TriggerIntent,
    TriggerSettled,
    Verdict,
    Warned,
)
from workflow.runs.journal.intents import Became, Intent, IntentKey, IntentRecord
from workflow.runs.launch import OnConflict
from workflow.runs.suspects import Suspicion
from workflow.runs.trigger import JobSeen
from workflow.text import safe


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


async def test_a_run_that_is_forgotten_while_it_is_looked_at_stays_in_sight() -> None:
    async with Host().run_test(size=(80, 24)) as pilot:
        screen, fleet = await shown(pilot, failed_run())
        fleet.runs = {}
        screen.refresh_from(screen._session)
        assert "not in the journal" not in text(screen)
        assert "90431" in text(screen)


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


async def test_keys_act_on_a_run_of_the_past_as_on_others() -> None:
    story = failed_run()
    journal = StandInJournal(told={story.run: tuple(story.events)})
    app = Host()
    async with app.run_test(size=(80, 24)) as pilot:
        screen = RunScreen(session(journal=journal, jobs=past_jobs()), story.run)
        app.push_screen(screen)
        await until(pilot, lambda: "shopify → snowflake" in text(screen))
        await pilot.press("y")
        assert "shopify → snowflake  job 90431" in app.copied
        await pilot.press("r")
        await until(pilot, lambda: isinstance(app.screen, LaunchScreen))
        assert [target.connection_id for target in app.screen._targets] == [story.connection_id]


async def rerun(pilot: Pilot[None], story: Story, journal: StandInJournal) -> LaunchScreen:
    """Open a run that only the journal knows, and its form."""
    screen = RunScreen(session(journal=journal, jobs=past_jobs()), story.run)
    pilot.app.push_screen(screen)
    await until(pilot, lambda: story.state().name in text(screen))
    await pilot.press("r")
    await until(pilot, lambda: isinstance(pilot.app.screen, LaunchScreen))
    form = pilot.app.screen
    assert isinstance(form, LaunchScreen)
    await until(pilot, lambda: form.is_mounted and bool(form.query("#status")))
    return form


async def test_the_form_of_a_forgotten_launch_is_filled_in_from_the_journal() -> None:
    story = Story(launch="l-7").triggered().ended(9, Verdict.FAILED)
    started = LaunchStarted("nightly", 9, 3, "sync", "skip", one_first=True, hold_after=4)
    journal = StandInJournal(
        told={story.run: tuple(story.events)},
        launches={LaunchId("l-7"): (Event(NOW, 1, started, launch=LaunchId("l-7")),)},
    )
    async with Host().run_test(size=(80, 24)) as pilot:
        form = (await rerun(pilot, story, journal))._fields.form
        assert (form.at_once, form.on_conflict) == ("3", OnConflict.SKIP)
        assert (form.one_first, form.hold_after) == (True, "4")


@pytest.mark.parametrize(
    ("story", "said"),
    [
        (
            Story(workflow="nightly-rebuild"),
            "this ran nightly-rebuild: w chooses its document; as it stands, a sync",
        ),
        (Story(job_type="clear"), "this was a clear; as it stands, a sync"),
    ],
)
async def test_a_rerun_says_what_it_does_not_repeat(story: Story, said: str) -> None:
    story.triggered().ended(9, Verdict.SUCCEEDED)
    journal = StandInJournal(told={story.run: tuple(story.events)})
    async with Host().run_test(size=(80, 24)) as pilot:
        form = await rerun(pilot, story, journal)
        await until(pilot, lambda: said in str(form.query_one("#status", Static).render()))


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 50)])
async def test_a_run_that_the_fleet_forgets_is_still_shown_with_its_end(
    size: tuple[int, int],
) -> None:
    story = Story().triggered().read(3, "running", 1)
    async with Host().run_test(size=size) as pilot:
        screen, fleet = await shown(pilot, story)
        story.ended(9, Verdict.FAILED, "job 90431 failed")
        screen._session.journal.told = {story.run: tuple(story.events)}  # type: ignore[attr-defined]
        del fleet.runs[story.run]
        screen.refresh_from(screen._session)
        assert "not in the journal" not in text(screen)
        await until(pilot, lambda: "✗ failed" in text(screen))


# ------------------------------------------------------------------------------------- suspects


def lost() -> Story:
    story = Story().tell(2, TriggerIntent("triggerJob", 1, "sync", base=90_000))
    story.tell(160, TriggerSettled("unknown", suspects=(90_440,)))
    return story.ended(165, Verdict.UNRESOLVED, "the POST was cut off; not sent again")


def suspicion(story: Story, *jobs: int) -> Suspicion:
    intent = Intent(
        IntentKey(story.run, "triggerJob", 1),
        "prod",
        story.connection_id,
        "sync",
        base=90_000,
        at=NOW - timedelta(hours=2),
        server_date=None,
        look=timedelta(seconds=300),
    )
    record = IntentRecord(intent, open=True, how=Became.UNKNOWN, suspects=jobs)
    seen = [
        JobSeen(job, "sync", "running", live=True, created=NOW - timedelta(minutes=4))
        for job in jobs
    ]
    return Suspicion(record, tuple(seen))


async def asked(pilot: Pilot[None], *jobs: int) -> tuple[RunScreen, StandInFleet]:
    """Open the screen of a run with these suspects, and its question."""
    story = lost()
    screen, fleet = await shown(pilot, story)
    fleet.suspicions = (suspicion(story, *jobs),)
    screen.refresh_from(screen._session)
    await pilot.press("c")
    await until(pilot, lambda: getattr(pilot.app.screen, "armed", False))
    return screen, fleet


async def test_an_unresolved_run_shows_its_suspects_as_the_server_has_them() -> None:
    story = lost()
    async with Host().run_test(size=(120, 40)) as pilot:
        screen, fleet = await shown(pilot, story)
        assert "its effect may be job 90440" in text(screen)
        fleet.suspicions = (suspicion(story, 90_440, 90_441),)
        screen.refresh_from(screen._session)
        await until(pilot, lambda: "Suspects" in text(screen))
        said = " ".join(text(screen).split())
        assert "c resolve" in str(screen.query_one("#hints").render())
    assert "job 90441 sync ● running created 03:37:20, 4m00 ago" in said
    assert "takes no other trigger until you say, or for 22h00 more" in said
    assert "say which job its trigger made" in said


async def test_the_suspect_under_the_cursor_is_picked() -> None:
    async with Host().run_test(size=(120, 40)) as pilot:
        screen, fleet = await asked(pilot, 90_440, 90_441)
        await pilot.press("j", "enter")
        await until(pilot, lambda: fleet.deeds == [("pick", f"{screen._run} 90441")])


async def question(pilot: Pilot[None], kind: type) -> None:
    await until(pilot, lambda: isinstance(pilot.app.screen, kind))
    await until(pilot, lambda: getattr(pilot.app.screen, "armed", False))


async def test_suspects_are_dismissed_when_somebody_is_sure() -> None:
    async with Host().run_test(size=(80, 24)) as pilot:
        screen, fleet = await asked(pilot, 90_440)
        await pilot.press("x")
        await question(pilot, ConfirmDialog)
        said = " ".join(str(part.render()) for part in pilot.app.screen.query(Static))
        assert "None of job 90440 is taken for its own" in said
        assert "triggers again at once, not at 01:41:20" in said
        await pilot.press("y")
        await until(pilot, lambda: fleet.deeds == [("dismiss", screen._run)])


@pytest.mark.parametrize("key", ["n", "escape", "enter"])
async def test_who_is_not_sure_is_back_at_the_suspects(key: str) -> None:
    async with Host().run_test(size=(80, 24)) as pilot:
        _, fleet = await asked(pilot, 90_440)
        await pilot.press("x")
        await question(pilot, ConfirmDialog)
        await pilot.press(key)
        await question(pilot, SuspectsDialog)
        assert fleet.deeds == []


async def test_a_suspects_page_is_shown_and_the_question_stays() -> None:
    async with Host().run_test(size=(120, 40)) as pilot:
        _, fleet = await asked(pilot, 90_440)
        question = pilot.app.screen
        view = view_of(
            Connection(
                ConnectionId(Story().connection_id),
                safe("stripe → snowflake"),
                "stripe → snowflake",
                safe("active"),
                workspace_id=WorkspaceId("w-1"),
            ),
            (),
            None,
            NOW,
            read=True,
        )
        fleet.watch.connections = {ConnectionId(Story().connection_id): view}
        await pilot.press("o")
        await until(pilot, lambda: isinstance(pilot.app.screen, MessageDialog))
        assert "jobId=90440" in "".join(
            str(part.render()) for part in pilot.app.screen.query(Static)
        )
        await until(pilot, lambda: getattr(pilot.app.screen, "armed", False))
        await pilot.press("escape")
        await until(pilot, lambda: pilot.app.screen is question)
        assert fleet.deeds == []


async def test_nothing_is_said_when_the_question_is_left() -> None:
    async with Host().run_test(size=(80, 24)) as pilot:
        screen, fleet = await asked(pilot, 90_440)
        await pilot.press("escape")
        await until(pilot, lambda: pilot.app.screen is screen)
        assert fleet.deeds == []


async def test_without_a_suspect_only_that_it_had_no_effect_can_be_said() -> None:
    async with Host().run_test(size=(80, 24)) as pilot:
        screen, fleet = await asked(pilot)
        assert "no job has appeared" in "".join(
            str(part.render()) for part in pilot.app.screen.query(Static)
        )
        await pilot.press("enter")
        await until(pilot, lambda: pilot.app.screen is screen)
        assert fleet.deeds == []


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_every_answer_about_suspects_can_be_read(size: tuple[int, int]) -> None:
    async with Host().run_test(size=size) as pilot:
        await asked(pilot, 90_440)
        said = "\n".join(strip.text for strip in pilot.app.screen._compositor.render_strips())
        for label in ("This one", "Page", "None", "Later ]"):
            assert label in said


async def test_enter_pressed_twice_picks_once_and_leaves_the_run_open() -> None:
    async with Host().run_test(size=(120, 40)) as pilot:
        screen, fleet = await asked(pilot, 90_440)
        await pilot.press("enter", "enter")
        await until(pilot, lambda: pilot.app.screen is screen)
        assert fleet.deeds == [("pick", f"{screen._run} 90440")]


async def test_what_was_picked_is_said_where_the_suspects_were() -> None:
    story = lost()
    picked = Story(began=NOW - timedelta(seconds=9), run="r-picked", watch_only=True)
    picked.attached(job_id=90_440)
    async with Host().run_test(size=(120, 40)) as pilot:
        screen, _ = await shown(pilot, story, picked)
        assert "job 90440 was taken for its effect: run r-picked" in text(screen)
        assert "its effect may be" not in text(screen)


def test_rows_are_compared_with_a_job_of_the_same_kind() -> None:
    wiped = replace(past_jobs()[0], job_type=RESET, rows_synced=0)
    known = Known(failed_run().state(), NOW, before=figures([wiped, *past_jobs()]))
    said = "\n".join(line.plain for line in run_sections.rows(known).lines)
    assert "last good job: 48,002 rows" in said


@pytest.mark.parametrize("sent", [False, True])
def test_a_run_that_waits_keeps_no_schedule_from_starting(*, sent: bool) -> None:
    story = Story(began=NOW - timedelta(seconds=9))
    if sent:
        story.triggered().read(5, "running", 1)
    view = a_connection("stripe → snowflake", due=-60.0)
    known = Known(story.state(), NOW, view, figures(past_jobs()))
    said = "\n".join(line.plain for line in run_sections.before(known).lines)
    assert "next due: now" in said
    assert ("cannot start while this runs" in said) is sent
