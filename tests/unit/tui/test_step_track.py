"""A track shows the document's own steps, whatever the document."""

from __future__ import annotations

import pytest

from tests.support.screens import HOSTILE, Story, attached_run, failed_run
from tui.widgets.step_track import step_track
from workflow.runs.events import RunDetached, StepFinished, StepStarted, Verdict

SIX = ("fetchToken", "findConnection", "triggerJob", "pollJob", "readStreams", "notify")


def test_a_run_that_polls_shows_how_often() -> None:
    story = Story().triggered().read(3, "running", visit=43)
    assert step_track(story.state()).plain == "1 triggerJob ✓ 0.4s ━ 2 pollJob ● ×43"


def test_a_run_that_waits_has_reached_no_step() -> None:
    assert step_track(Story().state()).plain == "1 triggerJob · ━ 2 pollJob ·"


def test_a_failed_job_shows_at_the_step_that_learnt_it() -> None:
    assert step_track(failed_run().state()).plain.endswith("2 pollJob ✗ ×37")


def test_an_attached_run_did_not_make_the_first_step() -> None:
    assert step_track(attached_run().state()).plain == "1 triggerJob – ━ 2 pollJob ● ×20"


def test_an_unresolved_trigger_asks_at_its_step() -> None:
    story = Story().tell(0, StepStarted("triggerJob", 1, 1, 2))
    story.ended(165, Verdict.UNRESOLVED, "the answer was lost")
    assert step_track(story.state()).plain == "1 triggerJob ? ━ 2 pollJob ·"


def test_a_detached_run_claims_no_progress() -> None:
    story = Story().triggered().read(3, "running").tell(4, RunDetached())
    assert "pollJob – " in step_track(story.state()).plain + " "


def test_a_step_that_failed_on_the_way_keeps_its_cross() -> None:
    story = Story(steps=("check", "triggerJob")).tell(
        0,
        StepStarted("check", 1, 1, 2),
        StepFinished("check", 1, succeeded=False, http_status=404, ms=90),
        StepStarted("triggerJob", 1, 2, 2),
    )
    assert step_track(story.state()).plain == "1 check ✗ 0.1s ━ 2 triggerJob ●"


@pytest.mark.parametrize("width", [30, 50, 70, 100])
def test_a_long_document_fits_the_line_and_keeps_the_current_step(width: int) -> None:
    story = Story(steps=SIX).tell(0, StepStarted("pollJob", 7, 4, 6))
    track = step_track(story.state(), width)
    assert track.cell_length <= width
    assert "4 " in track.plain
    assert "●" in track.plain


def test_a_hostile_step_name_stays_text() -> None:
    track = step_track(Story(steps=(HOSTILE,)).state())
    assert "[bold red]x[/]" in track.plain
    assert "\x1b" not in track.plain
