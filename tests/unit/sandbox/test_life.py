"""Properties of the job world, whatever is asked of it and whenever."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.sandbox.worlds import HOME, START, STEADY, connection, world
from workflow.sandbox.behaviour import Behaviour
from workflow.sandbox.jobs import Job
from workflow.sandbox.model import LEGAL_MOVES, TERMINAL, Cause, JobStatus, JobType
from workflow.sandbox.schedule import Every
from workflow.sandbox.world import World

ASKED = Cause("request", 1)


@dataclass(frozen=True)
class Act:
    """One thing that somebody does to a world after a while."""

    after: float
    what: Literal["sync", "reset", "clear", "cancel", "foreign"]
    on: int


acts = st.lists(
    st.builds(
        Act,
        after=st.floats(0, 120),
        what=st.sampled_from(["sync", "sync", "sync", "reset", "clear", "cancel", "foreign"]),
        on=st.integers(0, 3),
    ),
    max_size=30,
)
behaviours = st.builds(
    Behaviour,
    duration=st.floats(5, 200),
    rows=st.integers(0, 5_000),
    first_failures=st.integers(0, 2),
    failure_chance=st.sampled_from([0.0, 0.5, 1.0]),
    max_attempts=st.integers(1, 3),
    backoff=st.floats(0, 20),
    commits=st.sampled_from(["steps", "end"]),
    retry=st.sampled_from(["resumes", "restarts"]),
    past_jobs=st.integers(0, 2),
)
worlds = st.fixed_dictionaries(
    {
        "seed": st.integers(0, 2**32),
        "speed": st.sampled_from([0.5, 1.0, 20.0]),
        "capacity": st.sampled_from([None, 1, 2]),
        "schedules": st.booleans(),
        "colleagues": st.sampled_from([None, 50.0]),
    }
)


def play(behaviour: Behaviour, how: dict[str, object], script: list[Act]) -> World:
    places = [connection(n, replace(behaviour), schedule=Every(5, "minutes")) for n in range(4)]
    played = world(*places, **how)
    now = START
    for act in script:
        now += act.after
        played.advance(now)
        target = places[act.on]
        match act.what:
            case "cancel":
                played.cancel_on(target.id)
            case "foreign":
                played.begin(target, JobType.SYNC, Cause("colleague"))
            case _:
                played.trigger(target, JobType(act.what), ASKED)
    played.advance(now + 600.0)
    return played


def pairs(job: Job) -> list[tuple[JobStatus, JobStatus]]:
    words = [status for status, _ in job.history]
    return list(pairwise(words))


@settings(max_examples=60, deadline=None)
@given(behaviours, worlds, acts)
def test_only_legal_transitions_happen(
    behaviour: Behaviour, how: dict[str, object], script: list[Act]
) -> None:
    for job in play(behaviour, how, script).jobs:
        if job.cause.kind != "history":
            assert all(new in LEGAL_MOVES[old] for old, new in pairs(job))


@settings(max_examples=60, deadline=None)
@given(behaviours, worlds, acts)
def test_terminal_stays_terminal(
    behaviour: Behaviour, how: dict[str, object], script: list[Act]
) -> None:
    for job in play(behaviour, how, script).jobs:
        assert all(status not in TERMINAL for status, _ in job.history[:-1])


@settings(max_examples=60, deadline=None)
@given(behaviours, worlds, acts)
def test_at_most_one_job_of_a_connection_is_in_an_attempt(
    behaviour: Behaviour, how: dict[str, object], script: list[Act]
) -> None:
    played = play(behaviour, how, script)
    for place in played.catalogue.connections:
        spans = sorted(
            (began, ended)
            for job in played.jobs.of(place)
            for began, ended in running_spans(job, played.now)
        )
        assert all(a[1] <= b[0] for a, b in pairwise(spans))


def running_spans(job: Job, now: float) -> list[tuple[float, float]]:
    ends = [when for _, when in job.history[1:]] + [now]
    return [
        (when, end)
        for (status, when), end in zip(job.history, ends, strict=True)
        if status is JobStatus.RUNNING
    ]


@settings(max_examples=60, deadline=None)
@given(behaviours, worlds, acts)
def test_never_more_jobs_run_than_the_capacity_allows(
    behaviour: Behaviour, how: dict[str, object], script: list[Act]
) -> None:
    played = play(behaviour, how, script)
    if played.settings.capacity is None:
        return
    moves = sorted(
        change
        for job in played.jobs
        for began, ended in running_spans(job, played.now)
        # An end comes before a start at the same instant: that is how a slot changes hands.
        for change in ((began, 1), (ended, -1))
        if ended > began
    )
    running = 0
    for _, change in moves:
        running += change
        assert running <= played.settings.capacity


@settings(max_examples=40, deadline=None)
@given(behaviours, worlds, acts)
def test_the_same_seed_gives_the_same_history(
    behaviour: Behaviour, how: dict[str, object], script: list[Act]
) -> None:
    def record() -> list[object]:
        return [(j.id, j.type, j.cause, j.history) for j in play(behaviour, how, script).jobs]

    assert record() == record()


@settings(max_examples=40, deadline=None)
@given(behaviours, worlds, acts, st.lists(st.floats(0, 30), max_size=40))
def test_how_often_one_looks_changes_nothing(
    behaviour: Behaviour, how: dict[str, object], script: list[Act], looks: list[float]
) -> None:
    """Looking must not move the world: time is brought by the clock, not by requests."""
    places = [connection(n, behaviour) for n in range(4)]
    watched, left_alone = world(*places, **how), world(*places, **how)
    for one in (watched, left_alone):
        for act in script[:4]:
            one.trigger(places[act.on], JobType.SYNC, ASKED)
    now = START
    for step in looks:
        now += step
        watched.advance(now)
    for one in (watched, left_alone):
        one.advance(now + 900.0)

    assert [j.history for j in watched.jobs] == [j.history for j in left_alone.jobs]


@settings(max_examples=40, deadline=None)
@given(behaviours, worlds, acts)
def test_ids_rise_with_the_order_of_creation(
    behaviour: Behaviour, how: dict[str, object], script: list[Act]
) -> None:
    jobs = sorted(play(behaviour, how, script).jobs, key=lambda job: job.id)

    assert [j.created_at for j in jobs] == sorted(j.created_at for j in jobs)


def test_a_job_that_fails_all_its_attempts_shows_incomplete_briefly_before_failed() -> None:
    target = connection(behaviour=replace(STEADY, first_failures=9, max_attempts=2, backoff=10.0))
    played = world(target)
    played.trigger(target, JobType.SYNC, ASKED)
    played.advance(START + 1_000.0)
    (job,) = played.jobs

    assert [status.value for status, _ in job.history] == [
        "pending",
        "running",
        "incomplete",
        "running",
        "incomplete",
        "failed",
    ]


def test_a_cancelled_run_shows_incomplete_briefly_before_cancelled() -> None:
    target = connection()
    played = world(target)
    played.trigger(target, JobType.SYNC, ASKED)
    played.advance(START + 50.0)
    played.cancel_on(target.id)
    played.advance(START + 60.0)
    (job,) = played.jobs

    assert [status.value for status, _ in job.history] == [
        "pending",
        "running",
        "incomplete",
        "cancelled",
    ]


def test_a_job_waits_as_queued_for_a_slot() -> None:
    first, second = connection(1), connection(2)
    played = world(first, second, capacity=1)
    played.trigger(first, JobType.SYNC, ASKED)
    played.advance(START + 1.0)
    played.trigger(second, JobType.SYNC, ASKED)
    played.advance(START + 50.0)

    assert [job.status.value for job in played.jobs.of(second.id)] == ["queued"]


def test_a_retry_whose_place_is_taken_waits_again_from_the_start() -> None:
    first = connection(1, replace(STEADY, first_failures=1))
    second = connection(2)
    played = world(first, second, capacity=1)
    played.trigger(first, JobType.SYNC, ASKED)
    played.advance(START + 1.0)
    played.trigger(second, JobType.SYNC, ASKED)
    played.advance(START + 1_000.0)
    (retried,) = played.jobs.of(first.id)

    assert [status.value for status, _ in retried.history] == [
        "pending",
        "running",
        "incomplete",
        "pending",
        "queued",
        "running",
        "succeeded",
    ]


def test_speed_makes_a_job_shorter_and_nothing_else() -> None:
    target = connection()
    slow, fast = world(target), world(target, speed=10.0)
    for one in (slow, fast):
        one.trigger(target, JobType.SYNC, ASKED)
        one.advance(START + 2_000.0)
    (slow_job,), (fast_job,) = slow.jobs, fast.jobs

    assert slow_job.created_at == fast_job.created_at
    assert [s for s, _ in slow_job.history] == [s for s, _ in fast_job.history]
    spent_slow = slow_job.history[-1][1] - START
    assert fast_job.history[-1][1] - START == pytest.approx(spent_slow / 10)


def test_a_simulated_day_keeps_memory_bounded() -> None:
    behaviour = replace(STEADY, duration=20.0, past_jobs=0)
    places = [connection(n, behaviour, schedule=Every(1, "minutes")) for n in range(20)]
    played = world(*places, schedules=True)
    for hour in range(24):
        played.advance(START + 3_600.0 * (hour + 1))

    newest = max(job.id for job in played.jobs)
    assert newest > 20_000
    assert len(played.jobs) <= 20 * 51
    assert all(job.workspace_id == HOME for job in played.jobs)
