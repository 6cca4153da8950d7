"""How long a run's job took and when it ended is the server's word, where that is known."""

from __future__ import annotations

from datetime import timedelta

from tests.support.screens import NOW, Story
from tui.detail_lines import run_title
from workflow.runs.events import ReadingTaken, RunFinished, Verdict
from workflow.runs.lasting import ended, lasted

BEGAN = NOW - timedelta(hours=1)


def story(job_lasted: float | None, *, attached: bool = False) -> Story:
    """Tell of a job that was over long before anybody looked, ten minutes after its trigger."""
    told = Story(began=BEGAN, watch_only=attached)
    told = told.attached(job_id=90431) if attached else told.triggered()
    if not attached:
        told.read(5, "running", 100)
    reading = ReadingTaken(
        90431, "succeeded", 900, start_time=BEGAN.isoformat(), duration=job_lasted
    )
    return told.tell(600, reading, RunFinished("succeeded", "job 90431 succeeded", {}))


def test_a_job_that_ended_while_nobody_looked_took_as_long_as_the_server_says() -> None:
    state = story(84.0).state()
    assert lasted(state, NOW) == timedelta(seconds=84)
    assert ended(state) == BEGAN + timedelta(seconds=84)


def test_a_job_that_was_over_when_it_was_attached_took_as_long_as_the_server_says() -> None:
    assert lasted(story(84.0, attached=True).state(), NOW) == timedelta(seconds=84)


def test_a_job_that_was_over_when_it_was_attached_and_does_not_tell_has_no_time() -> None:
    assert lasted(story(None, attached=True).state(), NOW) is None


def test_where_the_server_tells_nothing_the_run_ended_when_that_was_seen() -> None:
    state = story(None).state()
    assert lasted(state, NOW) == timedelta(seconds=600)
    assert ended(state) == BEGAN + timedelta(seconds=600)


def test_a_running_jobs_duration_is_old_and_its_time_goes_on() -> None:
    told = Story(began=BEGAN).triggered()
    told.tell(30, ReadingTaken(90431, "running", 1, start_time=BEGAN.isoformat(), duration=2.0))
    assert lasted(told.state(), NOW) == timedelta(hours=1)


def test_a_run_that_was_given_up_ended_when_it_was_not_when_its_job_did() -> None:
    told = story(84.0)
    told.events[-1] = told.events[-1].__class__(
        time=told.events[-1].time,
        seq=told.events[-1].seq,
        fact=RunFinished(Verdict.UNRESOLVED.value, "nobody can know", {}),
        run=told.run,
        connection_id=told.connection_id,
    )
    assert ended(told.state()) == BEGAN + timedelta(seconds=600)


def test_a_duration_beyond_all_dates_claims_no_end() -> None:
    state = story(1e15).state()
    assert state.job_ended is None
    assert lasted(state, NOW) == timedelta(seconds=600)


def test_the_details_title_counts_from_the_jobs_own_end() -> None:
    assert run_title(story(0.0).state(), NOW, wide=True).endswith("succeeded 1h ago")
