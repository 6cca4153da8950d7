"""What the feed may cost at most, and how late it may be, counted by the sandbox.

The benchmark measures more sizes and compares with polling that is really done; here it is what
that comes to: one request for each job every three seconds of its life.
"""

from __future__ import annotations

import statistics

import pytest

from tests.benchmarks.bench_feed import HEADLESS, MOST_A_MINUTE, SCREEN, play, play_steady
from tests.benchmarks.common import percentile


@pytest.mark.parametrize(("way", "part"), [(SCREEN, 1 / 40), (HEADLESS, 1 / 60)])
def test_two_hundred_jobs_are_followed_on_a_fortieth_of_the_requests(way: str, part: float) -> None:
    outcome = play(way, 200, seed=0)

    assert outcome.requests <= part * outcome.lived / 3
    assert statistics.fmean(outcome.delays) <= 3
    assert percentile(outcome.delays, 0.95) <= 9


@pytest.mark.parametrize("way", [SCREEN, HEADLESS])
def test_one_job_is_read_as_often_as_by_polling_every_three_seconds(way: str) -> None:
    outcomes = [play(way, 1, seed) for seed in range(5)]

    requests = sum(outcome.requests for outcome in outcomes)
    assert requests == pytest.approx(sum(outcome.lived for outcome in outcomes) / 3, rel=0.1)


@pytest.mark.parametrize("seed", range(3))
def test_five_hundred_jobs_of_which_one_ends_every_five_seconds_take_forty_a_minute(
    seed: int,
) -> None:
    outcome = play_steady(seed)

    assert outcome.a_minute <= MOST_A_MINUTE
    assert len(outcome.delays) == pytest.approx(60, abs=1)
    assert statistics.fmean(outcome.delays) <= 3
