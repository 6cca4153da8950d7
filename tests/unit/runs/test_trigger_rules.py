"""The judgements of the trigger protocol, one by one."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from workflow.runs.events import RunId
from workflow.runs.journal.intents import NO_LIST, Intent, IntentKey
from workflow.runs.trigger import JobSeen, OnConflict, TriggerOrder
from workflow.runs.trigger.moves import Lost, Refusal, Replied
from workflow.runs.trigger.rules import (
    GoAhead,
    HasJob,
    InTheWay,
    MayHaveActed,
    NoEffect,
    NothingLeft,
    base_of,
    candidates,
    history_changed,
    is_in_time,
    look_after,
    look_before,
    merged,
    of_kind,
    several_found,
    sole,
    what_it_proves,
    window_over,
    younger,
)
from workflow.text import SafeText, safe

NOW = datetime(2026, 3, 25, 1, 30, tzinfo=UTC)


def job(
    number: int,
    kind: str = "sync",
    status: str = "running",
    *,
    live: bool = True,
    born: float = 0.0,
) -> JobSeen:
    return JobSeen(number, kind, status, live, NOW + timedelta(seconds=born))


def ended(number: int, kind: str = "sync") -> JobSeen:
    return job(number, kind, "succeeded", live=False)


def order(
    job_type: str = "sync", policy: OnConflict = OnConflict.ATTACH, *, over: bool = False
) -> TriggerOrder:
    return TriggerOrder(
        RunId("r"), "s", 1, "p", "c", job_type, on_conflict=policy, over_running=over
    )  # fmt: skip


def intent(base: int = 7, *, ahead: float | None = 0.0) -> Intent:
    date = None if ahead is None else NOW + timedelta(seconds=ahead)
    key = IntentKey(RunId("r"), "s", 1)
    return Intent(key, "p", "c", "sync", base, NOW, date, timedelta(seconds=300))


def after(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


# ------------------------------------------------------------------ what an answer proves


def test_a_200_with_a_job_has_it() -> None:
    reply = Replied(200, job(8))
    assert what_it_proves(reply, "sync") == HasJob(job(8), reply)


@pytest.mark.parametrize(
    ("status", "again"),
    [(400, "never"), (403, "never"), (404, "never"), (401, "once"), (429, "later")],
)
def test_a_definite_refusal_had_no_effect(status: int, again: str) -> None:
    reply = Replied(status)
    assert what_it_proves(reply, "sync") == NoEffect(again, reply)  # type: ignore[arg-type]


def test_a_409_try_again_later_had_no_effect_and_something_runs() -> None:
    reply = Replied(409, conflict="try-again-later")
    assert what_it_proves(reply, "sync") == NoEffect("look", reply)


@pytest.mark.parametrize("conflict", ["other", "none"])
def test_any_other_409_may_have_acted(conflict: Refusal) -> None:
    assert what_it_proves(Replied(409, conflict=conflict), "sync") == MayHaveActed(SafeText(""))


def test_a_422_is_a_refusal_only_for_a_refresh() -> None:
    assert what_it_proves(Replied(422), "refresh") == NoEffect("never", Replied(422))
    assert what_it_proves(Replied(422), "sync") == MayHaveActed(SafeText(""))


@pytest.mark.parametrize(
    "status", [200, 201, 202, 204, 302, 402, 405, 408, 418, 500, 502, 503, 504]
)
def test_what_is_not_known_to_be_harmless_may_have_acted(status: int) -> None:
    assert what_it_proves(Replied(status), "sync") == MayHaveActed(SafeText(""))


def test_only_a_loss_before_the_first_byte_left_nothing() -> None:
    assert what_it_proves(Lost(safe("refused"), sent=False), "sync") == NothingLeft(safe("refused"))
    assert what_it_proves(Lost(safe("timeout"), sent=True), "sync") == MayHaveActed(safe("timeout"))


# ------------------------------------------------------------------ what is there already


def test_ended_jobs_are_in_nobodys_way() -> None:
    assert look_before([ended(1), ended(2, "reset")], order()) == GoAhead()


def test_an_unknown_status_is_in_the_way_like_any_live_one() -> None:
    paused = job(3, status="suspended")
    assert look_before([ended(2), paused], order()) == InTheWay(paused, "attach")


def test_the_newest_job_of_the_kind_is_the_one_to_attach_to() -> None:
    jobs = [job(3), job(5), job(4, "reset")]
    assert look_before(jobs, order()) == InTheWay(jobs[1], "attach")


@pytest.mark.parametrize(("wanted", "there"), [("clear", "reset"), ("reset", "clear")])
def test_clear_and_reset_are_one_kind(wanted: str, there: str) -> None:
    assert look_before([job(3, there)], order(wanted)) == InTheWay(job(3, there), "attach")


def test_another_kind_has_to_be_chosen_about() -> None:
    assert look_before([job(3, "reset")], order()) == InTheWay(job(3, "reset"), "choose")


@pytest.mark.parametrize("policy", [OnConflict.SKIP, OnConflict.WAIT, OnConflict.FAIL])
def test_what_was_asked_for_in_a_conflict_is_done(policy: OnConflict) -> None:
    assert look_before([job(3)], order(policy=policy)) == InTheWay(job(3), policy.value)  # type: ignore[arg-type]


@pytest.mark.parametrize("wanted", ["reset", "clear"])
def test_only_a_wiping_job_goes_over_a_running_one_and_only_when_told(wanted: str) -> None:
    assert look_before([job(3)], order(wanted, over=True)) == GoAhead()
    assert look_before([job(3)], order(wanted)) == InTheWay(job(3), "choose")
    assert look_before([job(3, "reset")], order("sync", over=True)) != GoAhead()


def test_a_wiping_job_does_not_go_over_its_own_kind() -> None:
    assert look_before([job(3, "reset")], order("clear", over=True)) != GoAhead()


def test_the_base_is_the_highest_id_of_all_or_nothing() -> None:
    assert base_of([ended(9), job(4)]) == 9
    assert base_of([]) == 0


# ------------------------------------------------------------------ the look


def test_looks_come_at_2_5_10_20_seconds_and_then_every_20() -> None:
    at, moments = 0.0, []
    while at < 100:
        at = look_after(at)
        moments.append(at)
    assert moments == [2, 5, 10, 20, 40, 60, 80, 100]


def test_candidates_are_younger_than_the_base_and_born_in_the_window() -> None:
    jobs = [job(7), job(8, born=1), job(9, born=300), job(10, born=301)]
    assert candidates(jobs, intent()) == (jobs[1], jobs[2])


def test_the_window_is_the_servers_when_it_tells_its_time() -> None:
    ahead = job(8, born=3900)
    assert candidates([ahead], intent(ahead=3600.0)) == (ahead,)
    assert candidates([ahead], intent(ahead=None)) == ()


def test_a_job_that_does_not_tell_its_birth_cannot_be_ruled_out() -> None:
    silent = JobSeen(8, "sync", "running", True, None)
    assert candidates([silent], intent()) == (silent,)


def test_a_job_that_is_seen_in_time_was_born_in_time_whatever_its_date() -> None:
    late = job(8, born=3_600)
    assert candidates([late], intent()) == ()
    assert candidates([late], intent(), in_time=True) == (late,)


def test_a_job_that_was_a_candidate_stays_one() -> None:
    late = job(8, born=3_600)
    ended_now = replace(late, status="succeeded", live=False)
    assert candidates([ended_now], intent(), (late,)) == (ended_now,)
    assert candidates([], intent(), (late,)) == (late,)


def test_dates_that_are_proved_wrong_rule_no_younger_job_out() -> None:
    seen, other = job(8, born=3_600), job(9, born=3_700)
    assert candidates([seen, other], intent(), (seen,)) == (seen, other)
    right = job(8, born=10)
    assert candidates([right, other], intent(), (right,)) == (right,)


def test_a_list_is_in_time_when_neither_clock_says_otherwise() -> None:
    assert is_in_time(intent(), after(300), after(300))
    assert is_in_time(intent(), after(300), None)
    assert is_in_time(intent(ahead=None), after(300), after(9_999))
    assert not is_in_time(intent(), after(301), after(10))
    assert not is_in_time(intent(), after(10), after(301))


def test_what_only_a_list_by_type_shows_is_neither_younger_nor_the_base() -> None:
    hidden = replace(job(9, "refresh"), by_type=True)
    assert younger([hidden, job(8)], intent()) == (job(8),)
    assert history_changed((hidden, job(6)), intent())
    assert not history_changed((hidden, job(7)), intent())


def test_without_a_list_before_it_jobs_are_told_by_their_dates() -> None:
    before, then, silent = job(3, born=-1), job(4, born=0), replace(job(5), created=None)
    assert younger([before, then, silent], intent(NO_LIST)) == (then, silent)


def test_of_many_jobs_a_few_are_named() -> None:
    told = several_found("It was cut.", tuple(job(number) for number in range(1, 101)))
    assert "5 (sync, running), 95 more." in told


def test_only_one_candidate_of_the_right_type_is_sole() -> None:
    assert sole((job(8),), "sync") == job(8)
    assert sole((job(8), job(9)), "sync") is None
    assert sole((job(8, "reset"),), "sync") is None
    assert sole((job(8, "reset"),), "clear") == job(8, "reset")
    assert sole((), "sync") is None


def test_a_job_once_seen_stays_a_candidate_with_its_latest_status() -> None:
    assert merged([job(8), job(9)], [ended(9)]) == (job(8), ended(9))


def test_history_changed_when_what_was_there_is_gone() -> None:
    assert history_changed((job(5),), intent())
    assert history_changed((), intent())
    assert not history_changed((job(7),), intent())
    assert not history_changed((), intent(base=0))


def test_the_window_is_over_when_both_clocks_say_so() -> None:
    assert not window_over(intent(), after(299), after(400))
    assert not window_over(intent(), after(301), after(299))
    assert window_over(intent(), after(300), after(300))
    assert window_over(intent(ahead=None), after(300), None)
    assert window_over(intent(), after(300), None)


def test_kinds_are_told_by_the_servers_own_words() -> None:
    assert of_kind(job(1, "sync"), "sync")
    assert not of_kind(job(1, "refresh"), "sync")
