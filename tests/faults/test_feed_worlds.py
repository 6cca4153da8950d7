"""No missed status, whatever the server's clocks and answers do; and each rule is needed for it.

Short worlds on the real sandbox: states shorter than the interval, lists whose pages overlap,
clocks that differ, commits that come late, 429s and worse. Leaving a rule out is noticed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

import pytest

from tests.support.feed_worlds import ROWS, broken, live_through, planned
from tests.support.virtual_time import run_virtual
from workflow.airbyte import book, pace, passes, planner


@pytest.fixture(autouse=True)
def _short_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passes, "FULL_PAGE", ROWS)


def wrong(seeds: Iterable[int], **given: bool) -> list[str]:
    return [
        fault
        for seed in seeds
        for fault in broken(run_virtual(live_through(planned(seed, **given))))
    ]


@pytest.mark.parametrize("block", range(6))
def test_no_status_is_missed_and_none_is_made_up(block: int) -> None:
    assert wrong(range(block * 5, block * 5 + 5)) == []


def test_every_state_that_outlasts_the_interval_is_told_when_nothing_fails() -> None:
    assert wrong(range(100, 108), wild=False, fails=False) == []


def leave_out_the_overlap(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(passes, "OVERLAP", timedelta(0))


def leave_out_the_sweep(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(pace, "SWEEP_EVERY", math.inf)
    patch.setattr(planner, "SWEEP_EVERY", math.inf)


def trust_the_servers_clock(patch: pytest.MonkeyPatch) -> None:
    def by_date_alone(_: datetime | None, first_date: datetime | None) -> datetime | None:
        return passes.watermark(None, first_date)

    patch.setattr(planner, "watermark", by_date_alone)


def take_what_comes(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(book, "_follows", lambda *_: True)


@pytest.mark.parametrize(
    ("leave_out", "wild"),
    [
        (leave_out_the_overlap, False),
        (leave_out_the_sweep, True),
        (trust_the_servers_clock, False),
        (take_what_comes, False),
    ],
)
def test_a_rule_that_is_left_out_is_noticed(
    monkeypatch: pytest.MonkeyPatch, leave_out: Callable[[pytest.MonkeyPatch], None], wild: bool
) -> None:
    leave_out(monkeypatch)
    assert any(wrong([seed], wild=wild, fails=False) for seed in range(100, 130))
