"""A trend shows increments per unit of time, and a standstill is flat."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.widgets.sparkline import LEVELS, increments, sparkline
from workflow.runs.run import Sample

START = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)


def after(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def samples(*points: tuple[float, int]) -> tuple[Sample, ...]:
    return tuple(Sample(after(at), rows) for at, rows in points)


def test_no_sample_draws_nothing() -> None:
    assert sparkline((), 6, START) == ""


def test_one_sample_at_this_very_instant_draws_nothing() -> None:
    assert sparkline(samples((0, 5)), 6, START) == ""


def test_a_steady_rate_is_level() -> None:
    steady = samples(*((second, second * 10) for second in range(0, 61, 10)))
    assert set(sparkline(steady, 6, after(60))) == {LEVELS[-1]}


def test_a_rate_that_grows_rises() -> None:
    growing = samples(*((second, second**3) for second in range(0, 61, 10)))
    drawn = [LEVELS.index(mark) for mark in sparkline(growing, 6, after(60))]
    assert drawn == sorted(drawn)
    assert drawn[0] < drawn[-1]


def test_a_standstill_goes_on_flat_until_now() -> None:
    stalled = samples((0, 0), (10, 100), (20, 200), (30, 200))
    assert sparkline(stalled, 6, after(60)).endswith(LEVELS[0] * 3)


def test_nothing_since_the_first_sample_is_a_flat_line() -> None:
    assert set(sparkline(samples((0, 1_000)), 6, after(60))) == {LEVELS[0]}


def test_rows_that_were_there_at_the_first_look_are_no_increment() -> None:
    attached = samples((0, 1_000_000), (10, 1_000_010), (20, 1_000_020))
    assert increments(attached, 2, after(20)) == pytest.approx((10, 10))


def test_rows_that_fall_count_as_none_arrived() -> None:
    retried = samples((0, 0), (10, 100), (20, 0), (30, 50))
    assert increments(retried, 3, after(30)) == pytest.approx((100, 0, 50))


def test_a_single_row_is_seen_beside_a_flood() -> None:
    flood = samples((0, 0), (10, 1), (20, 1_000_001))
    assert sparkline(flood, 2, after(20))[0] == LEVELS[1]


@given(
    st.lists(st.tuples(st.integers(0, 5_000), st.integers(0, 10**9)), max_size=40),
    st.integers(1, 40),
    st.integers(0, 9_000),
)
def test_no_row_is_invented_or_lost(points: list[tuple[int, int]], cells: int, until: int) -> None:
    ordered = samples(*sorted(dict(points).items()))
    gained = sum(max(0, b.rows - a.rows) for a, b in pairwise(ordered))
    values = increments(ordered, cells, after(until))
    if values:
        assert sum(values) == pytest.approx(gained, rel=1e-6, abs=1e-3)
        assert len(values) == cells
    assert len(sparkline(ordered, cells, after(until))) <= cells
