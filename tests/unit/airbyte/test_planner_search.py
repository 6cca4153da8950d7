"""Random worlds against the feed's promise: a subsequence of the truth with the same end."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest

from tests.unit.airbyte.job_world import (
    Change,
    History,
    Mishaps,
    Server,
    Watched,
    is_subsequence,
    poll,
)
from workflow.airbyte import passes
from workflow.airbyte.models import (
    CANCELLED,
    FAILED,
    INCOMPLETE,
    PENDING,
    QUEUED,
    RUNNING,
    SUCCEEDED,
    TERMINAL,
    JobId,
    Status,
)
from workflow.airbyte.pace import SWEEP_EVERY
from workflow.airbyte.planner import Planner
from workflow.text import SafeText

NEW_WORD = Status(SafeText("hibernating"))


@pytest.fixture(autouse=True)
def _short_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    # Small worlds have many pages then, and a search gets through more of them.
    monkeypatch.setattr(passes, "FULL_PAGE", 10)


def some_history(rng: random.Random, job_id: int, mishaps: Mishaps) -> History:
    statuses = [PENDING]
    if rng.random() < 0.3:
        statuses.append(QUEUED)
    statuses.append(RUNNING)
    while rng.random() < 0.4:
        statuses += [INCOMPLETE, rng.choice((PENDING, RUNNING, NEW_WORD)), RUNNING]
    if rng.random() < 0.3:
        statuses.append(INCOMPLETE)
    statuses.append(rng.choice((SUCCEEDED, SUCCEEDED, FAILED, CANCELLED)))
    changes: list[Change] = []
    now = rng.uniform(0, 400)
    visible = 0.0
    for status in statuses:
        pod = rng.uniform(-mishaps.pod_offset, mishaps.pod_offset)
        stamp = now + mishaps.clock_offset + pod
        if changes:
            # A row's updatedAt is not set back by a pod whose clock is behind.
            stamp = max(stamp, changes[-1].stamp)
        visible = max(visible, now + rng.uniform(0, mishaps.commit_delay))
        changes.append(Change(status, now, stamp, visible))
        now += rng.choice((0.05, 1.0, 10.0, 30.0, 120.0)) * rng.uniform(0.5, 2)
    return History(JobId(job_id), tuple(changes))


def some_world(seed: int, mishaps: Mishaps) -> tuple[Server, dict[JobId, float]]:
    rng = random.Random(seed)
    count = rng.choice((1, 2, 3, 8, 8, 25, 40))
    histories = {
        JobId(number): some_history(rng, number, mishaps) for number in range(1, count + 1)
    }
    track_at = {
        job_id: history.changes[0].visible + rng.uniform(0, 3)
        for job_id, history in histories.items()
        if count < 3 or rng.random() < 0.7
    }
    return Server(histories, mishaps, rng), track_at


def run_world(
    seed: int, mishaps: Mishaps
) -> tuple[Server, dict[JobId, float], dict[JobId, Watched]]:
    server, track_at = some_world(seed, mishaps)
    planner = Planner(random.Random(seed))
    planner.looking = seed % 3 == 0
    last = max(history.is_over for history in server.histories.values())
    end = max(last, mishaps.healthy_after) + 3 * SWEEP_EVERY
    return server, track_at, poll(planner, server, end, track_at=track_at)


def some_mishaps(seed: int) -> Mishaps:
    rng = random.Random(f"mishaps {seed}")
    return Mishaps(
        clock_offset=rng.choice((0.0, -7_200.0, 90.0, 86_400.0)),
        pod_offset=rng.choice((0.0, 2.0, 40.0)),
        commit_delay=rng.choice((0.0, 3.0, 60.0)),
        latency=rng.choice((0.01, 0.5, 4.0)),
        failures=rng.choice((0.0, 0.3, 0.8)),
        healthy_after=rng.uniform(0, 1_500),
        no_date=rng.random() < 0.2,
        others_every=rng.choice((0.0, 5.0)),
    )


@pytest.mark.parametrize("block", range(8))
def test_each_timeline_is_a_subsequence_of_the_truth_with_the_same_end(block: int) -> None:
    for seed in range(block * 15, block * 15 + 15):
        server, track_at, told = run_world(seed, some_mishaps(seed))
        for job_id, watched in told.items():
            true = server.histories[job_id].statuses
            assert is_subsequence(watched.statuses, true), (seed, job_id)
        for job_id in track_at:
            assert told[job_id].statuses[-1] == server.histories[job_id].statuses[-1], (
                seed,
                job_id,
            )


@pytest.mark.parametrize("block", range(4))
def test_a_change_is_seen_within_one_interval_when_clocks_differ_by_less_than_the_overlap(
    block: int,
) -> None:
    mishaps = Mishaps(clock_offset=1_234.0, pod_offset=3.0, commit_delay=3.0, latency=0.2)
    for seed in range(block * 10, block * 10 + 10):
        server, track_at, told = run_world(seed, mishaps)
        for job_id, tracked in track_at.items():
            end = server.histories[job_id].changes[-1]
            seen = told[job_id].seen_at[end.status]
            # The longest interval with its spread, and the pages of a pass.
            assert seen <= max(end.visible, tracked) + 15 * 1.1 + 4, (seed, job_id)


def test_slow_pages_do_not_push_the_watermark_past_a_change() -> None:
    mishaps = Mishaps(latency=4.0)
    for seed in range(40):
        server, track_at, told = run_world(seed, mishaps)
        for job_id, tracked in track_at.items():
            end = server.histories[job_id].changes[-1]
            seen = told[job_id].seen_at[end.status]
            # Two passes of up to six pages; a change that only a sweep finds comes later.
            assert seen <= max(end.visible, tracked) + 15 * 1.1 + 2 * 6 * 8, (seed, job_id)


def test_every_state_that_outlasts_the_interval_is_told() -> None:
    mishaps = Mishaps(pod_offset=1.0, commit_delay=1.0, latency=0.2)
    for seed in range(30):
        server, track_at, told = run_world(seed, mishaps)
        for job_id, tracked in track_at.items():
            changes = server.histories[job_id].changes
            for change, following in pairwise(changes):
                lasted = following.visible - max(change.visible, tracked)
                if lasted > 15 * 1.1 + 4:
                    assert change.status in told[job_id].statuses, (seed, job_id, change.status)


def test_nothing_follows_a_terminal_status() -> None:
    for seed in range(20):
        _, _, told = run_world(seed, some_mishaps(seed))
        for watched in told.values():
            assert not TERMINAL & set(watched.statuses[:-1])
