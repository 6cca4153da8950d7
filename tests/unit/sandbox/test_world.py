"""Trigger and cancel, as Airbyte's server does them."""

from __future__ import annotations

from dataclasses import replace

from tests.unit.sandbox.worlds import START, STEADY, connection, world
from workflow.sandbox.model import Cause, Connection, JobId, JobStatus, JobType
from workflow.sandbox.schedule import Every
from workflow.sandbox.world import AlreadyRunning, Began, NotActive, World

ASKED = Cause("request", 1)


def began(played: World, target: Connection, kind: JobType = JobType.SYNC) -> JobId:
    outcome = played.trigger(target, kind, ASKED)
    assert isinstance(outcome, Began)
    return outcome.job.id


def test_a_second_post_before_the_first_attempt_gets_the_same_job() -> None:
    target = connection()
    played = world(target)

    assert began(played, target) == began(played, target)


def test_a_sync_over_a_running_sync_is_refused() -> None:
    target = connection()
    played = world(target)
    began(played, target)
    played.advance(START + 20)

    assert isinstance(played.trigger(target, JobType.SYNC, ASKED), AlreadyRunning)
    assert len(played.jobs) == 1


def test_a_sync_between_two_attempts_is_refused() -> None:
    target = connection(behaviour=replace(STEADY, first_failures=1, backoff=1_000.0))
    played = world(target)
    began(played, target)
    played.advance(START + 200)

    assert [job.status for job in played.jobs] == [JobStatus.INCOMPLETE]
    assert isinstance(played.trigger(target, JobType.SYNC, ASKED), AlreadyRunning)


def test_a_connection_that_is_not_active_starts_nothing() -> None:
    target = connection(status="inactive")
    played = world(target)

    assert isinstance(played.trigger(target, JobType.SYNC, ASKED), NotActive)
    assert len(played.jobs) == 0


def test_a_reset_cancels_the_running_sync_and_runs_after_it() -> None:
    target = connection()
    played = world(target)
    sync = began(played, target)
    played.advance(START + 20)
    reset = began(played, target, JobType.RESET)
    played.advance(START + 300)

    ended = {job.id: (job.type, job.status) for job in played.jobs}
    assert ended[sync] == (JobType.SYNC, JobStatus.CANCELLED)
    assert ended[reset] == (JobType.RESET, JobStatus.SUCCEEDED)


def test_a_clear_comes_back_as_a_reset() -> None:
    target = connection()
    played = world(target)
    began(played, target, JobType.CLEAR)
    played.begin(target, JobType.CLEAR, ASKED)

    assert [job.type for job in played.jobs] == [JobType.RESET] * 2


def test_a_mark_left_by_a_failed_clear_makes_the_next_sync_a_reset() -> None:
    target = connection()
    played = world(target)
    played.reset_marks.add(target.id)
    began(played, target)
    played.advance(START + 300)
    began(played, target)

    assert [job.type for job in played.jobs] == [JobType.RESET, JobType.SYNC]


def test_a_cancel_goes_to_what_runs_on_the_connection_now() -> None:
    target = connection()
    played = world(target)
    began(played, target)
    played.advance(START + 300)
    second = began(played, target)
    played.advance(START + 320)

    cancelled = played.cancel_on(target.id)

    assert cancelled is not None
    assert cancelled.id == second


def test_a_cancel_with_nothing_running_cancels_nothing() -> None:
    target = connection()

    assert world(target).cancel_on(target.id) is None


def test_a_schedule_starts_jobs_by_itself() -> None:
    target = connection(schedule=Every(5, "minutes"))
    played = world(target, schedules=True)
    played.advance(START + 1_200)

    assert {job.cause.kind for job in played.jobs} == {"schedule"}
    assert 3 <= len(played.jobs) <= 4


def test_a_schedule_is_quiet_unless_asked_for() -> None:
    target = connection(schedule=Every(5, "minutes"))
    played = world(target)
    played.advance(START + 1_200)

    assert len(played.jobs) == 0


def test_disabling_a_connection_stops_its_schedule() -> None:
    target = connection(schedule=Every(5, "minutes"))
    played = world(target, schedules=True)
    played.change_connection(replace(target, status="inactive"))
    played.advance(START + 3_600)

    assert len(played.jobs) == 0


def test_colleagues_start_jobs_of_their_own() -> None:
    played = world(connection(), colleagues=300.0)
    played.advance(START + 3_600)

    assert {job.cause.kind for job in played.jobs} == {"colleague"}


def test_a_connection_begins_with_the_ended_jobs_of_its_past() -> None:
    target = connection(behaviour=replace(STEADY, past_jobs=4))
    played = world(target)

    assert [job.status for job in played.jobs.of(target.id)] == [JobStatus.SUCCEEDED] * 4
    assert all(job.shown_updated_at <= START for job in played.jobs)


def test_losing_the_jobs_begins_their_ids_again() -> None:
    target = connection(behaviour=replace(STEADY, past_jobs=4))
    played = world(target)
    first = min(job.id for job in played.jobs)
    began(played, target)
    played.lose_jobs()

    assert len(played.jobs) == 0
    assert began(played, target) == first


def test_what_was_planned_for_lost_jobs_no_longer_happens() -> None:
    target = connection()
    played = world(target)
    began(played, target)
    played.lose_jobs()
    played.advance(START + 1_000)

    assert len(played.jobs) == 0
