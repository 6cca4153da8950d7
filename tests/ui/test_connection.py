"""The connection screen adds up a connection's last jobs."""

from __future__ import annotations

from datetime import timedelta

import pytest
from textual.pilot import Pilot
from textual.widgets import Static

from tests.support.screens import HOSTILE, NOW, past_jobs, until
from tests.support.stand_ins import Host, StandInFleet, StandInWatch, session
from tui.screens.connection import ConnectionScreen, job_line
from tui.screens.connection_figures import figures, outcome, strip
from workflow.airbyte.models import Connection, ConnectionId
from workflow.runs.watch import ConnectionView
from workflow.text import safe

ID = ConnectionId("6f1c0000-0000-4000-8000-0000000000e2")


def fleet(name: str = "oracle → snowflake") -> StandInFleet:
    connection = Connection(ID, safe(name), name, safe("active"))
    view = ConnectionView(connection, read=True, last_status=safe("succeeded"))
    return StandInFleet(watch=StandInWatch(connections={ID: view}))


async def shown(pilot: Pilot[None], of: StandInFleet) -> ConnectionScreen:
    screen = ConnectionScreen(session(of, jobs=past_jobs()), ID)
    pilot.app.push_screen(screen)
    await until(pilot, lambda: screen.is_mounted and "8 of 9" in text(screen))
    return screen


def text(screen: ConnectionScreen) -> str:
    return "\n".join(str(part.render()) for part in screen.query(Static))


def test_figures_are_of_the_jobs_that_ended_well() -> None:
    found = figures(past_jobs(statuses="●✓✓✗✓"))
    assert (found.succeeded, found.ended) == (3, 4)
    assert found.success_rate == 0.75
    assert found.median == timedelta(minutes=12, seconds=2)
    assert found.p95 == timedelta(minutes=12, seconds=4)
    assert found.rows == 48_002


def test_no_jobs_give_no_figures() -> None:
    found = figures(())
    assert (found.success_rate, found.median, found.p95, found.rows) == (None, None, None, None)
    assert "no other job" in outcome(found, 10).plain


def test_the_strip_has_the_oldest_first_and_keeps_the_newest() -> None:
    assert strip(past_jobs(statuses="✗✓✓⊘"), 10).plain == "⊘✓✓✗"
    assert strip(past_jobs(statuses="✗✓✓⊘"), 2).plain == "✓✗"


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 50)])
async def test_outcomes_and_jobs_are_shown_at_every_size(size: tuple[int, int]) -> None:
    async with Host().run_test(size=size) as pilot:
        screen = await shown(pilot, fleet())
        said = text(screen)
        assert "89%" in said
        assert "9 jobs, newest first" in said
        assert "48,002" in said


def test_a_job_under_way_says_how_long_it_has_taken() -> None:
    found = figures(past_jobs(statuses="●✓"))
    assert "8h00" in job_line(found.jobs[0], found, NOW, 117).plain
    assert "12m01" in job_line(found.jobs[1], found, NOW, 117).plain


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_the_way_back_is_told_at_every_size(size: tuple[int, int]) -> None:
    async with Host().run_test(size=size) as pilot:
        screen = await shown(pilot, fleet())
        assert "esc back" in text(screen)


async def test_a_hostile_name_is_shown_as_text() -> None:
    async with Host().run_test(size=(120, 40)) as pilot:
        screen = await shown(pilot, fleet(HOSTILE))
        assert "[bold red]x[/]" in text(screen)
        assert "\x1b" not in pilot.app.export_screenshot()


@pytest.mark.parametrize("width", [77, 117, 197])
def test_a_job_takes_one_line_on_every_screen(width: int) -> None:
    found = figures(past_jobs())
    lines = [job_line(job, found, NOW, width) for job in found.jobs]
    assert lines
    assert max(line.cell_length for line in lines) <= width
