from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tui import formats
from workflow.text import SafeText, safe


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0, "0s"),
        (58.9, "58s"),
        (60, "1m00"),
        (535, "8m55"),
        (3599, "59m59"),
        (32_640, "9h04"),
        (259_200, "3d"),
        (284_400, "3d07h"),
        (-3, "0s"),
        (None, "—"),
    ],
)
def test_a_duration_says_its_units(seconds: float | None, shown: str) -> None:
    assert formats.duration(seconds) == shown


@pytest.mark.parametrize(
    ("span", "shown"),
    [(2, "2s"), (599, "9m"), (28_800, "8h"), (2_764_800, "32d"), (None, "—")],
)
def test_an_age_has_one_unit(span: float | None, shown: str) -> None:
    assert formats.age(span) == shown


def test_an_instant_that_is_still_to_come_is_no_time_ago() -> None:
    now = datetime(2026, 3, 25, tzinfo=UTC)
    assert formats.ago(now + timedelta(seconds=9), now) == "0s"


@pytest.mark.parametrize(
    ("count", "shown"),
    [
        (0, "0"),
        (999, "999"),
        (9_104, "9.10k"),
        (61_240, "61.2k"),
        (402_000, "402k"),
        (999_499, "999k"),
        (999_999, "1.00M"),
        (1_240_118, "1.24M"),
        (None, "—"),
    ],
)
def test_a_count_keeps_three_figures(count: int | None, shown: str) -> None:
    assert formats.si(count) == shown


@pytest.mark.parametrize(
    ("per_second", "shown"),
    [
        (0.0, "0/s"),
        (0.3, "<1/s"),
        (12.4, "12/s"),
        (999.7, "1.0k/s"),
        (8_120.0, "8.1k/s"),
        (402_000.0, "402k/s"),
        (None, "—"),
    ],
)
def test_a_rate_tells_zero_from_slow_and_from_unknown(per_second: float | None, shown: str) -> None:
    assert formats.rate(per_second) == shown


@pytest.mark.parametrize(
    ("count", "shown"),
    [(512, "512 B"), (4_100_000, "4.1 MB"), (999_960, "1.0 MB"), (None, "—")],
)
def test_an_amount_of_data_is_in_decimal_units(count: int | None, shown: str) -> None:
    assert formats.bytes_(count) == shown


def test_an_exact_count_has_its_thousands_apart() -> None:
    assert formats.exact(1_204_118) == "1,204,118"


@given(st.integers(min_value=0, max_value=10**17))
def test_no_count_takes_more_than_five_cells(count: int) -> None:
    assert len(formats.si(count)) <= 5


def test_a_long_name_loses_its_middle() -> None:
    assert formats.elide(SafeText("salesforce → snowflake"), 11) == "sales…flake"


@given(st.text(max_size=40), st.integers(min_value=0, max_value=30))
def test_a_fitted_text_fills_its_cells_exactly(text: str, cells: int) -> None:
    assert cell_len(formats.fit(safe(text), cells)) == cells


def test_numbers_stand_at_the_right() -> None:
    assert formats.fit("42", 5, right=True) == "   42"


@pytest.mark.parametrize(("count", "shown"), [(1, "1 run"), (2, "2 runs"), (1200, "1,200 runs")])
def test_a_noun_follows_its_count(count: int, shown: str) -> None:
    assert formats.many(count, "run") == shown
