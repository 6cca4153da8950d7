from __future__ import annotations

from datetime import timedelta

import pytest

from tests.support.deck import StillClock
from workflow.runs.arming import LONGEST, USUAL, Arming, ArmingRefused


@pytest.fixture
def clock() -> StillClock:
    return StillClock()


@pytest.fixture
def saved(clock: StillClock) -> Arming:
    return Arming("prod", clock, read_only=True)


def test_a_read_only_profile_sends_nothing_to_begin_with(saved: Arming) -> None:
    assert saved.read_only
    assert "Profile prod is read-only: nothing was sent" in (saved.why_not_send() or "")


def test_an_armed_profile_may_send(saved: Arming) -> None:
    saved.arm()
    assert not saved.read_only
    assert saved.why_not_send() is None


def test_it_falls_back_by_itself_at_its_instant(saved: Arming, clock: StillClock) -> None:
    saved.arm()
    clock.move(USUAL.total_seconds() - 1)
    assert not saved.read_only
    clock.move(1)
    assert saved.read_only


def test_a_clock_that_is_set_back_does_not_arm_it_again(saved: Arming, clock: StillClock) -> None:
    saved.arm()
    clock.move(USUAL.total_seconds())
    assert saved.read_only
    clock.move(-60)
    assert saved.read_only


def test_it_says_how_long_is_left(saved: Arming, clock: StillClock) -> None:
    saved.arm(timedelta(minutes=5))
    clock.move(60)
    assert saved.left == timedelta(minutes=4)


def test_arming_again_counts_from_then(saved: Arming, clock: StillClock) -> None:
    saved.arm()
    clock.move(600)
    saved.arm()
    assert saved.left == USUAL


def test_it_can_be_disarmed_before_its_time(saved: Arming) -> None:
    saved.arm()
    saved.disarm()
    assert saved.read_only


@pytest.mark.parametrize("span", [timedelta(), timedelta(seconds=-1), LONGEST * 2])
def test_nobody_arms_it_for_nothing_or_for_days(saved: Arming, span: timedelta) -> None:
    with pytest.raises(ArmingRefused):
        saved.arm(span)
    assert saved.read_only


def test_what_was_opened_as_read_only_stays_so(clock: StillClock) -> None:
    lock = Arming("prod", clock, read_only=True, may_arm=False)
    with pytest.raises(ArmingRefused, match="--read-only"):
        lock.arm()
    assert lock.read_only


def test_a_writable_profile_has_nothing_to_arm(clock: StillClock) -> None:
    lock = Arming("prod", clock, read_only=False)
    assert not lock.read_only
    with pytest.raises(ArmingRefused, match="not read-only"):
        lock.arm()


def test_names_from_outside_are_made_safe_in_its_sentences(clock: StillClock) -> None:
    lock = Arming("pr\x1b]0;od\x07", clock, read_only=True)
    assert "\x1b" not in (lock.why_not_send() or "")
