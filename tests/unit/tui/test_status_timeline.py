"""A timeline tells what readings told, and says what nobody saw."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.support.screens import NOW, Story, attached_run, failed_run
from tui.widgets.status_timeline import status_timeline, timeline_lines, unseen_before
from workflow.runs.events import ReadingTaken, StatusChanged


def test_each_status_has_its_duration_and_the_terminal_one_has_none() -> None:
    assert (
        status_timeline(failed_run().state(), NOW).plain
        == "pending 3s ▸ running 5m10 ▸ retrying 20s ▸ running 3m22 ▸ failed"
    )


def test_the_status_that_stands_grows_with_the_clock() -> None:
    run = Story(began=NOW - timedelta(seconds=60)).triggered().read(0, "running").state()
    assert status_timeline(run, NOW).plain == "running 1m00"
    assert status_timeline(run, NOW + timedelta(seconds=5)).plain == "running 1m05"


def test_a_job_that_was_there_before_has_a_beginning_nobody_saw() -> None:
    run = attached_run().state()
    assert unseen_before(run)
    assert status_timeline(run, NOW).plain == "… ▸ running 5m10"


def test_our_own_job_has_been_seen_from_its_beginning() -> None:
    assert not unseen_before(failed_run().state())


def test_a_status_this_program_does_not_know_is_shown_as_it_is() -> None:
    run = Story(began=NOW).triggered().read(0, "hibernating").state()
    assert status_timeline(run, NOW).plain == "hibernating 0s"


def test_before_the_first_reading_nothing_is_claimed() -> None:
    assert status_timeline(Story().state(), NOW).plain == "no status read yet"


@pytest.mark.parametrize("width", [12, 24, 40, 60])
def test_a_long_history_keeps_its_end(width: int) -> None:
    line = status_timeline(failed_run().state(), NOW, width)
    assert line.cell_length <= width
    assert line.plain.endswith("failed")


def test_line_by_line_it_has_the_exact_word_of_the_server() -> None:
    lines = [line.plain for line in timeline_lines(failed_run().state(), NOW)]
    assert lines[0].endswith("created")
    assert any(line.endswith("retrying    20s   (incomplete)") for line in lines)


def test_line_by_line_an_attached_run_says_what_may_be_missing() -> None:
    lines = [line.plain for line in timeline_lines(attached_run().state(), NOW)]
    assert "before attach" in lines[1]
    assert lines[-1].endswith("running     5m10 so far")


def ended_after(seconds: float, *, seen: float = 3_600) -> str:
    """Tell of a job that ran 10 s after its start and ended before that was seen."""
    began = NOW - timedelta(hours=2)
    story = Story(began=began).triggered().read(10, "running", 1)
    over = ReadingTaken(90431, "failed", 1, start_time=began.isoformat(), duration=seconds)
    story.tell(seen, over, StatusChanged("running", "failed", 90431))
    return status_timeline(story.state(), NOW).plain


def test_a_job_that_ended_while_nobody_looked_ran_no_longer_than_the_server_says() -> None:
    assert ended_after(94) == "running 1m24 ▸ failed"


def test_an_end_before_the_status_before_it_takes_no_time() -> None:
    assert ended_after(4) == "running 0s ▸ failed"


def test_an_end_after_it_was_seen_is_another_clocks() -> None:
    assert ended_after(4_000) == "running 59m50 ▸ failed"
