"""Which request the planner makes next, rule by rule."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.unit.airbyte.job_world import START, at
from workflow.airbyte.asks import Ask, GetJob, Got, Idle, Listed, ListJobs, Refused, Times
from workflow.airbyte.book import Book
from workflow.airbyte.models import (
    CANCELLED,
    CLEAR,
    FAILED,
    INCOMPLETE,
    LIVE,
    PENDING,
    QUEUED,
    REFRESH,
    RUNNING,
    SUCCEEDED,
    SYNC,
    TERMINAL,
    ConnectionId,
    Job,
    JobId,
    Page,
    Status,
)
from workflow.airbyte.planner import Planner
from workflow.airbyte.readings import (
    ColdStartDone,
    JobGone,
    PollFailed,
    PollRecovered,
    ReadingTaken,
)
from workflow.text import SafeText


class NoSpread(random.Random):
    """Randomness that always takes the middle."""

    def uniform(self, a: float, b: float) -> float:
        return (a + b) / 2


def job(number: int, status: Status = RUNNING, *, stamp: float = 0, rows: int | None = 1) -> Job:
    return Job(
        JobId(number),
        ConnectionId("c"),
        status,
        SYNC,
        start_time=START,
        last_updated_at=at(stamp) if status in TERMINAL else None,
        duration=timedelta(seconds=stamp),
        rows_synced=rows,
    )


def times(now: float, *, date: datetime | None = None, took: float = 0) -> Times:
    return Times(at(now - took), at(now), at(now) if date is None else date)


def page(*jobs: Job, size: int | None = None, unreadable: tuple[str, ...] = ()) -> Page[Job]:
    return Page(
        jobs,
        len(jobs) + len(unreadable) if size is None else size,
        tuple(SafeText(text) for text in unreadable),
    )


def full(first: int, stamp: float = 0) -> Page[Job]:
    return page(*(job(number, stamp=stamp) for number in range(first, first + 100)))


def ask_of(planner: Planner, now: float) -> Ask:
    found = planner.next(now)
    assert not isinstance(found, Idle), found
    return found


def list_of(planner: Planner, now: float) -> ListJobs:
    found = ask_of(planner, now)
    assert isinstance(found, ListJobs), found
    return found


def idle_of(planner: Planner, now: float) -> float:
    found = planner.next(now)
    assert isinstance(found, Idle), found
    return found.until


def answer(planner: Planner, now: float, found: Page[Job]) -> ListJobs:
    ask = list_of(planner, now)
    planner.listed(ask, Listed(found, times(now)), now)
    return ask


@pytest.fixture
def planner() -> Planner:
    return Planner(NoSpread())


@pytest.fixture
def polling(planner: Planner) -> Planner:
    """A planner with four tracked jobs that have just begun to run, after its first delta."""
    for number in (1, 2, 3, 4):
        planner.track(JobId(number))
        planner.accept(job(number, PENDING), times(0), "post")
    answer(planner, 0, page(*(job(number) for number in (1, 2, 3, 4))))
    return planner


class TestDelta:
    def test_the_first_one_takes_the_newest_page_alone(self, planner: Planner) -> None:
        ask = answer(planner, 0, full(1))

        assert (ask.order_by, ask.updated_at_start, ask.offset) == ("updatedAt|DESC", None, 0)
        assert idle_of(planner, 0) > 0

    def test_it_starts_ten_seconds_before_the_newest_stamp(self, polling: Planner) -> None:
        answer(polling, 3, page(job(1, SUCCEEDED, stamp=-5)))

        assert list_of(polling, 10).updated_at_start == at(-10)

    def test_a_pod_that_is_ahead_does_not_push_it_past_the_servers_date(
        self, polling: Planner
    ) -> None:
        answer(polling, 3, page(job(1, SUCCEEDED, stamp=500)))

        assert list_of(polling, 20).updated_at_start == at(3 - 10)

    def test_pages_follow_by_our_own_offsets_until_a_short_one(self, polling: Planner) -> None:
        offsets = [
            answer(polling, 3, full(100)).offset,
            answer(polling, 3.1, full(200)).offset,
            answer(polling, 3.2, page(job(300), job(1))).offset,
        ]

        assert offsets == [0, 100, 200]
        assert idle_of(polling, 3.2) > 3.2

    def test_a_server_without_filters_is_not_paged_through_its_whole_history(
        self, polling: Planner
    ) -> None:
        answer(polling, 3, full(100, stamp=-3_600))

        assert idle_of(polling, 3.1) > 3.1

    def test_the_watermark_comes_from_the_first_pages_date(self, polling: Planner) -> None:
        answer(polling, 3, full(100, stamp=900))
        answer(polling, 90, page())

        assert list_of(polling, 200).updated_at_start == at(3 - 10)

    def test_a_broken_pass_leaves_the_watermark_and_begins_again(self, polling: Planner) -> None:
        before = list_of(polling, 3).updated_at_start
        answer(polling, 3, full(100, stamp=900))
        second = list_of(polling, 3.1)
        polling.refused(second, Refused(SafeText("503"), 503), 3.1)

        again = list_of(polling, 60)

        assert (again.offset, again.updated_at_start) == (0, before)

    def test_a_server_that_does_not_page_is_trouble_and_no_endless_loop(
        self, polling: Planner
    ) -> None:
        answer(polling, 3, full(100))
        ask = list_of(polling, 3.1)

        facts = polling.listed(ask, Listed(full(100), times(3.1)), 3.1)

        assert isinstance(facts[-1], PollFailed)
        assert idle_of(polling, 3.2) > 5

    def test_a_row_that_cannot_be_read_holds_the_watermark_once(self, polling: Planner) -> None:
        ask = list_of(polling, 3)
        bad = page(job(1), unreadable=("job 7 has no status",))

        facts = polling.listed(ask, Listed(bad, times(3)), 3)
        held = list_of(polling, 30)
        polling.listed(held, Listed(bad, times(30)), 30)

        assert isinstance(facts[-1], PollFailed)
        assert "job 7" in facts[-1].reason
        assert held.updated_at_start == ask.updated_at_start
        assert list_of(polling, 60).updated_at_start == at(0 - 10)

    def test_a_row_that_cannot_be_read_is_told_whatever_list_it_is_in(
        self, planner: Planner
    ) -> None:
        planner.want_cold_start(START)
        bad = page(unreadable=("job 7 has no status",))
        facts = []
        while planner.cold_start_pending:
            facts += planner.listed(list_of(planner, 0), Listed(bad, times(0)), 0)

        assert facts[:1] == [ColdStartDone(0)]
        assert [type(fact) for fact in facts[1:]] == [PollFailed]

    def test_an_answer_without_a_date_uses_our_own_clock(self, polling: Planner) -> None:
        ask = list_of(polling, 3)
        polling.listed(ask, Listed(page(job(1, stamp=900)), Times(at(3), at(4), None)), 4)

        assert list_of(polling, 30).updated_at_start == at(3 - 10)


class TestRhythm:
    def test_it_is_quick_after_a_change_and_stretches_to_15_seconds(self, polling: Planner) -> None:
        answer(polling, 3, page(job(1, SUCCEEDED, stamp=2)))
        now, pauses = 3.0, []
        for _ in range(6):
            until = idle_of(polling, now)
            pauses.append(until - now)
            now = until
            answer(polling, now, page())

        assert pauses == pytest.approx([3, 4.5, 6.75, 10.125, 15, 15])

    def test_a_change_of_a_foreign_job_matters_only_while_somebody_looks(
        self, polling: Planner
    ) -> None:
        answer(polling, 3, page())
        answer(polling, 7.5, page(job(99, SUCCEEDED, stamp=7)))
        unseen = idle_of(polling, 7.5) - 7.5
        polling.looking = True
        delta = answer(polling, 30, page(job(98, SUCCEEDED, stamp=29)))
        progress = answer(polling, 30, page(*(job(number) for number in (1, 2, 3, 4))))

        assert unseen > 6
        assert (delta.origin, progress.origin) == ("delta", "progress")
        assert idle_of(polling, 30) - 30 == pytest.approx(3)

    def test_nothing_tracked_is_looked_at_once_a_minute(self, planner: Planner) -> None:
        answer(planner, 0, page())

        assert idle_of(planner, 0) == pytest.approx(60)

    def test_tracking_a_job_ends_the_long_pause(self, planner: Planner) -> None:
        answer(planner, 0, page())
        planner.track(JobId(1))

        assert ask_of(planner, 1) == GetJob(JobId(1))

    def test_it_is_quick_when_a_job_is_about_as_old_as_its_kind_gets(
        self, polling: Planner
    ) -> None:
        polling.track(JobId(1), usual=timedelta(seconds=200))
        now = 0.0
        while now < 150:
            now = idle_of(polling, now)
            answer(polling, now, page())
        quiet = idle_of(polling, now) - now
        while now < 185:
            now = idle_of(polling, now)
            answer(polling, now, page())

        assert quiet == pytest.approx(15)
        assert idle_of(polling, now) - now == pytest.approx(3)

    @pytest.mark.parametrize(("near", "interval"), [(4, 3), (5, 15)])
    def test_where_jobs_end_all_the_time_their_usual_ends_quicken_nothing(
        self, planner: Planner, near: int, interval: float
    ) -> None:
        for number in range(1, 11):
            usual = timedelta(seconds=200 if number <= near else 9_000)
            planner.track(JobId(number), usual=usual)
            planner.accept(job(number), times(0), "post")
        answer(planner, 0, page(*(job(number) for number in range(1, 11))))
        now = 0.0
        while now < 185:
            now = idle_of(planner, now)
            answer(planner, now, page())

        assert idle_of(planner, now) - now == pytest.approx(interval)


class TestSingles:
    def test_two_jobs_are_asked_for_alone_every_three_seconds(self, planner: Planner) -> None:
        planner.track(JobId(1))
        planner.track(JobId(2))
        asked: list[tuple[float, Ask]] = []
        now = 0.0
        while now < 9.5:
            ask = planner.next(now)
            if isinstance(ask, Idle):
                now = ask.until
                continue
            assert isinstance(ask, GetJob)
            asked.append((now, ask))
            planner.got(ask, Got(job(ask.job_id), times(now)), now)

        assert [when for when, ask in asked if ask == GetJob(JobId(1))] == [0, 3, 6, 9]
        assert len(asked) == 8

    def test_an_ended_job_is_not_asked_for_again(self, planner: Planner) -> None:
        planner.track(JobId(1))
        ask = ask_of(planner, 0)
        assert isinstance(ask, GetJob)
        planner.got(ask, Got(job(1, SUCCEEDED), times(0)), 0)

        assert isinstance(ask_of(planner, 0), ListJobs)

    def test_the_deck_sees_foreign_jobs_beside_them(self, planner: Planner) -> None:
        planner.looking = True
        planner.track(JobId(1))

        assert list_of(planner, 0).origin == "delta"

    def test_one_bad_job_does_not_hold_up_the_other(self, planner: Planner) -> None:
        planner.track(JobId(1))
        planner.track(JobId(2))
        planner.refused(ask_of(planner, 0), Refused(SafeText("500"), 500), 0)

        assert ask_of(planner, 6) == GetJob(JobId(2))


class TestBackOff:
    def test_overload_doubles_the_pause_up_to_a_minute(self, polling: Planner) -> None:
        now, pauses = 3.0, []
        for _ in range(6):
            ask = ask_of(polling, now)
            [fact] = polling.refused(ask, Refused(SafeText("busy"), 503), now)
            assert isinstance(fact, PollFailed)
            pauses.append(fact.retry_in)
            now = idle_of(polling, now)

        assert pauses == pytest.approx([6, 12, 24, 48, 60, 60])

    @pytest.mark.parametrize("seed", range(20))
    def test_a_server_that_wants_quiet_is_never_asked_before(self, seed: int) -> None:
        planner = Planner(random.Random(seed))
        planner.track(JobId(1))
        planner.refused(ask_of(planner, 0), Refused(SafeText("429"), 429, 25.0), 0)

        assert idle_of(planner, 0) >= 25

    def test_retry_after_is_kept_up_to_a_minute(self, polling: Planner) -> None:
        ask = ask_of(polling, 3)
        polling.refused(ask, Refused(SafeText("429"), 429, 25.0), 3)
        first = idle_of(polling, 3)
        polling.refused(ask_of(polling, 28), Refused(SafeText("429"), 429, 9_999.0), 28)

        assert first == pytest.approx(28)
        assert idle_of(polling, 28) == pytest.approx(88)

    def test_good_answers_lower_the_floor_step_by_step(self, polling: Planner) -> None:
        now = 3.0
        for _ in range(4):
            polling.refused(ask_of(polling, now), Refused(SafeText("busy"), 429), now)
            now = idle_of(polling, now)
        pauses = []
        for number in range(4):
            answer(polling, now, page(job(1, rows=number)))
            pauses.append(idle_of(polling, now) - now)
            now += pauses[-1]

        assert pauses == pytest.approx([33, 18, 10.125, 15])

    def test_a_job_that_fails_by_itself_slows_down_nobody_else(self, planner: Planner) -> None:
        planner.track(JobId(1))
        planner.track(JobId(2))
        now, pauses, asked = 0.0, [], []
        while now < 60:
            match planner.next(now):
                case GetJob(1) as ask:
                    [*_, fact] = planner.refused(ask, Refused(SafeText("broken"), 500), now)
                    assert isinstance(fact, PollFailed)
                    pauses.append(fact.retry_in)
                case GetJob() as ask:
                    planner.got(ask, Got(job(2), times(now)), now)
                    asked.append(now)
                case Idle(until):
                    now = until

        assert pauses == [6, 12, 15, 15, 15]
        assert asked == [pytest.approx(3 * n) for n in range(20)]

    def test_one_job_of_many_that_fails_is_no_failure_of_the_server(self, polling: Planner) -> None:
        polling.track(JobId(9))
        ask = ask_of(polling, 0)
        facts = polling.refused(ask, Refused(SafeText("broken"), 500), 0)

        assert ask == GetJob(JobId(9))
        assert facts == [PollFailed(SafeText("broken"), 6, 1, JobId(9))]
        assert polling.failures == 0

    def test_a_good_answer_forgives_a_job_all_its_failures(self, planner: Planner) -> None:
        planner.track(JobId(1))
        ask = ask_of(planner, 0)
        assert isinstance(ask, GetJob)
        planner.refused(ask, Refused(SafeText("broken"), 500), 0)
        planner.refused(ask, Refused(SafeText("broken"), 500), 6)
        planner.got(ask, Got(job(1), times(18)), 18)
        planner.refused(ask, Refused(SafeText("broken"), 500), 21)

        assert idle_of(planner, 21) == pytest.approx(27)

    def test_a_list_that_fails_by_itself_does_not_stop_the_others(self, polling: Planner) -> None:
        polling.looking = True
        rows = list_of(polling, 0)
        assert rows.origin == "progress"
        polling.refused(rows, Refused(SafeText("broken"), 500), 0)

        assert list_of(polling, 3).origin == "delta"

    def test_the_first_good_answer_is_told(self, polling: Planner) -> None:
        polling.refused(ask_of(polling, 3), Refused(SafeText("no")), 3)
        ask = list_of(polling, 9)

        facts = polling.listed(ask, Listed(page(), times(9)), 9)

        assert facts[0] == PollRecovered(1)


class TestSweep:
    def until_sweep(self, planner: Planner) -> ListJobs:
        now = 3.0
        while True:
            ask = planner.next(now)
            if isinstance(ask, Idle):
                now = ask.until
            elif isinstance(ask, ListJobs) and ask.origin == "sweep":
                self.now = now
                return ask
            else:
                assert isinstance(ask, ListJobs)
                planner.listed(ask, Listed(page(), times(now)), now)

    def no_others(self, planner: Planner) -> None:
        """Answer the lists of the types that some servers hide."""
        for job_type in (REFRESH, CLEAR):
            assert answer(planner, self.now, page()).job_type == job_type

    def test_types_that_a_server_hides_are_asked_for_by_name(self, polling: Planner) -> None:
        sweep = self.until_sweep(polling)
        polling.listed(sweep, Listed(page(job(1), job(2)), times(self.now)), self.now)
        hidden = replace(job(7), job_type=REFRESH)
        answer(polling, self.now, page(hidden))
        answer(polling, self.now, page())
        while isinstance(ask := polling.next(self.now), GetJob):
            polling.got(ask, Got(job(ask.job_id), times(self.now)), self.now)

        later = self.now + 20
        deltas = [answer(polling, later, page()) for _ in range(3)]
        assert {ask.origin for ask in deltas} == {"delta"}
        assert [ask.job_type for ask in deltas] == [None, REFRESH, CLEAR]
        assert polling.book.readings[JobId(7)].job == hidden

    def test_a_job_that_is_younger_than_the_sweep_proves_no_hiding(self, polling: Planner) -> None:
        sweep = self.until_sweep(polling)
        polling.listed(sweep, Listed(page(job(1)), times(self.now)), self.now)
        young = replace(job(7), job_type=REFRESH, start_time=at(self.now - 1))
        answer(polling, self.now, page(young))
        answer(polling, self.now, page())
        while isinstance(ask := polling.next(self.now), GetJob):
            polling.got(ask, Got(job(ask.job_id), times(self.now)), self.now)

        answer(polling, self.now + 20, page())
        assert idle_of(polling, self.now + 20) > self.now + 20

    def test_a_server_that_does_not_know_a_type_has_no_such_jobs(self, polling: Planner) -> None:
        sweep = self.until_sweep(polling)
        everything = page(*(job(number) for number in (1, 2, 3, 4)))
        polling.listed(sweep, Listed(everything, times(self.now)), self.now)
        for _ in range(2):
            ask = list_of(polling, self.now)
            assert polling.refused(ask, Refused(SafeText("what?"), 400), self.now) == []

        assert idle_of(polling, self.now) > self.now

    def test_it_comes_after_five_minutes_and_goes_back_an_hour(self, polling: Planner) -> None:
        ask = self.until_sweep(polling)

        assert 300 <= self.now < 320
        assert ask.order_by == "createdAt|DESC"
        assert ask.created_at_start == at(-10) - timedelta(hours=1)

    def test_live_jobs_it_did_not_show_are_asked_for_one_by_one(self, polling: Planner) -> None:
        ask = self.until_sweep(polling)
        polling.listed(ask, Listed(page(job(2), job(4)), times(self.now)), self.now)
        self.no_others(polling)

        singles = []
        while isinstance(single := polling.next(self.now), GetJob):
            singles.append(single.job_id)
            polling.got(single, Got(job(single.job_id), times(self.now)), self.now)

        assert singles == [1, 3]

    def test_many_are_looked_for_by_status_first(self, polling: Planner) -> None:
        for number in range(10, 50):
            polling.track(JobId(number))
            polling.accept(job(number), times(3), "post")
        ask = self.until_sweep(polling)
        polling.listed(ask, Listed(page(), times(self.now)), self.now)
        self.no_others(polling)

        statuses = []
        while isinstance(following := polling.next(self.now), ListJobs):
            if following.origin == "sweep":
                statuses.append(following.status)
            polling.listed(following, Listed(page(), times(self.now)), self.now)

        assert tuple(statuses) == LIVE
        assert isinstance(following, GetJob)

    def test_a_failed_page_is_asked_for_again(self, polling: Planner) -> None:
        ask = self.until_sweep(polling)
        polling.listed(ask, Listed(full(100), times(self.now)), self.now)
        second = list_of(polling, self.now)
        polling.refused(second, Refused(SafeText("no")), self.now)
        later = self.now + 10
        while (ask := list_of(polling, later)).origin == "delta":
            polling.listed(ask, Listed(page(), times(later)), later)

        assert (ask.origin, ask.offset) == ("sweep", 100)


class TestProgress:
    def test_rows_are_read_only_while_somebody_looks(self, polling: Planner) -> None:
        answer(polling, 3, page())
        unseen = planner_asks(polling, 4.0)
        polling.looking = True

        assert unseen == []
        assert [ask.status for ask in planner_asks(polling, 4.0)] == [RUNNING]

    def test_it_comes_every_15_seconds(self, polling: Planner) -> None:
        polling.looking = True
        asked = listings(polling, 0, until=50)
        when = [now for now, ask in asked if ask.origin == "progress"]

        assert when == pytest.approx([0, 15, 30, 45])

    def test_a_running_job_that_is_missing_makes_the_delta_due(self, polling: Planner) -> None:
        answer(polling, 3, page())
        polling.looking = True
        ask = list_of(polling, 4)
        polling.listed(ask, Listed(page(job(1), job(2), job(4)), times(4)), 4)

        assert (ask.origin, list_of(polling, 4).origin) == ("progress", "delta")

    def test_a_missing_one_hastens_no_delta_that_is_due_within_three_seconds(
        self, polling: Planner
    ) -> None:
        polling.looking = True
        ask = list_of(polling, 1)
        polling.listed(ask, Listed(page(job(1), job(2), job(4)), times(1)), 1)

        assert ask.origin == "progress"
        assert idle_of(polling, 1) == pytest.approx(3)

    def test_a_sweep_takes_the_place_of_the_last_one_before_its_time(
        self, polling: Planner
    ) -> None:
        answer(polling, 3, page())
        polling.looking = True
        asked = listings(polling, 5, until=400)
        passes = [(now, ask.origin) for now, ask in asked if ask.origin != "delta"]

        assert {when for when, origin in passes if origin == "sweep"} == {290}
        assert 290 not in {when for when, origin in passes if origin == "progress"}
        assert sorted({when for when, _ in passes}) == pytest.approx([*range(5, 400, 15)])


def listings(planner: Planner, now: float, *, until: float) -> list[tuple[float, ListJobs]]:
    """Answer every list with the four jobs that run, and return what was asked for when."""
    asked = []
    while now < until:
        ask = planner.next(now)
        if isinstance(ask, Idle):
            now = ask.until
            continue
        assert isinstance(ask, ListJobs)
        asked.append((now, ask))
        rows = (job(1), job(2), job(3), job(4))
        planner.listed(ask, Listed(page(*rows), times(now)), now)
    return asked


def planner_asks(planner: Planner, now: float) -> list[ListJobs]:
    found = planner.next(now)
    return [found] if isinstance(found, ListJobs) else []


class TestColdStart:
    def test_it_answers_what_is_red_and_what_runs_in_five_lists(self, planner: Planner) -> None:
        planner.want_cold_start(START)
        asked = []
        while planner.cold_start_pending:
            ask = list_of(planner, 0)
            asked.append((ask.status, ask.updated_at_start))
            facts = planner.listed(ask, Listed(page(), times(0)), 0)

        day_ago = START - timedelta(days=1)
        assert asked == [
            (FAILED, day_ago),
            (RUNNING, None),
            (INCOMPLETE, None),
            (PENDING, None),
            (QUEUED, None),
        ]
        assert facts == [ColdStartDone(0)]

    def test_a_server_that_does_not_know_queued_has_no_queued_jobs(self, planner: Planner) -> None:
        planner.want_cold_start(START)
        for _ in range(4):
            answer(planner, 0, page())

        facts = planner.refused(list_of(planner, 0), Refused(SafeText("what?"), 400), 0)

        assert facts == [ColdStartDone(0)]

    def test_the_delta_begins_where_it_began(self, planner: Planner) -> None:
        planner.want_cold_start(START)
        for now in (0, 20, 40, 60, 80):
            answer(planner, now, page(job(now + 1, stamp=70)))

        planner.looking = True
        while (ask := list_of(planner, 200)).origin != "delta":
            planner.listed(ask, Listed(page(), times(200)), 200)
        assert ask.updated_at_start == at(0 - 10)

    def test_a_failure_in_it_is_retried(self, planner: Planner) -> None:
        planner.want_cold_start(START)
        first = list_of(planner, 0)
        planner.refused(first, Refused(SafeText("no")), 0)

        assert list_of(planner, 6) == first


class TestGone:
    def gone(self, planner: Planner, now: float, status: int = 404) -> list[object]:
        ask = ask_of(planner, now)
        assert isinstance(ask, GetJob), ask
        return [*planner.refused(ask, Refused(SafeText("not found"), status), now)]

    @pytest.mark.parametrize("status", [403, 404, 409])
    def test_a_job_is_gone_when_it_is_missing_twice_and_lists_can_be_read(
        self, planner: Planner, status: int
    ) -> None:
        planner.track(JobId(1))
        first = self.gone(planner, 0, status)
        answer(planner, 1, page())

        assert first == []
        assert self.gone(planner, 10, status) == [JobGone(JobId(1), SafeText("not found"))]
        assert planner.tracked == frozenset()

    def test_it_is_not_gone_while_lists_fail_as_well(self, planner: Planner) -> None:
        planner.track(JobId(1))
        self.gone(planner, 0)
        planner.refused(list_of(planner, 1), Refused(SafeText("no permission"), 403), 1)

        assert self.gone(planner, 11) == []
        assert planner.tracked == {JobId(1)}

    def test_it_is_not_gone_when_it_comes_back(self, planner: Planner) -> None:
        planner.track(JobId(1))
        self.gone(planner, 0)
        answer(planner, 1, page())
        ask = ask_of(planner, 10)
        assert isinstance(ask, GetJob)
        planner.got(ask, Got(job(1), times(10)), 10)

        assert self.gone(planner, 13) == []


class TestReadings:
    def test_one_that_left_before_the_last_answer_arrived_is_not_taken(
        self, planner: Planner
    ) -> None:
        planner.accept(job(1, INCOMPLETE), times(10), "get_job")

        assert planner.accept(job(1, RUNNING), times(12, took=5), "get_job") == []

    def test_a_terminal_one_is_taken_whenever_it_left(self, planner: Planner) -> None:
        planner.accept(job(1), times(10), "get_job")

        [fact] = planner.accept(job(1, CANCELLED), times(12, took=5), "delete")

        assert isinstance(fact, ReadingTaken)
        assert fact.changed

    def test_nothing_follows_a_terminal_one(self, planner: Planner) -> None:
        planner.accept(job(1, FAILED), times(10), "get_job")

        assert planner.accept(job(1, RUNNING), times(20), "get_job") == []
        assert planner.accept(job(1, SUCCEEDED), times(20), "get_job") == []

    def test_an_unknown_status_is_not_the_end(self, planner: Planner) -> None:
        planner.accept(job(1, Status(SafeText("hibernating"))), times(10), "get_job")

        assert planner.accept(job(1, RUNNING), times(11), "get_job") != []

    def test_a_stamp_that_moved_under_the_same_status_says_touched(self, planner: Planner) -> None:
        planner.accept(job(1, RUNNING, stamp=1), times(10), "get_job")

        [fact] = planner.accept(job(1, RUNNING, stamp=8), times(11), "get_job")

        assert isinstance(fact, ReadingTaken)
        assert (fact.touched, fact.changed) == (True, False)

    def test_rows_that_fall_are_a_change(self, planner: Planner) -> None:
        planner.accept(job(1, rows=500), times(10), "get_job")

        [fact] = planner.accept(job(1, rows=0), times(11), "get_job")

        assert isinstance(fact, ReadingTaken)
        assert fact.changed

    @pytest.mark.parametrize(
        "other",
        [{"connection_id": ConnectionId("another")}, {"start_time": START + timedelta(hours=1)}],
        ids=["of another connection", "born later"],
    )
    def test_another_job_under_an_old_number_is_read_anew(
        self, planner: Planner, other: dict[str, Any]
    ) -> None:
        planner.accept(job(1, SUCCEEDED), times(10), "delta")

        [fact] = planner.accept(replace(job(1, PENDING), **other), times(11), "post")

        assert isinstance(fact, ReadingTaken)
        assert (fact.changed, fact.previous) == (True, None)
        assert planner.accept(job(1, SUCCEEDED), times(10.5), "delta") == []

    def test_a_birth_that_is_rounded_differently_is_the_same_job(self, planner: Planner) -> None:
        planner.accept(job(1, SUCCEEDED), times(10), "delta")

        rounded = replace(job(1, RUNNING), start_time=START + timedelta(milliseconds=400))

        assert planner.accept(rounded, times(11), "get_job") == []

    def test_ended_jobs_are_remembered_up_to_a_number(self) -> None:
        planner = Planner(NoSpread(), Book(most_ended=3))
        planner.track(JobId(1))
        for number in range(1, 7):
            planner.accept(job(number, SUCCEEDED), times(number), "get_job")
        answer(planner, 10, page())

        assert sorted(planner.book.readings) == [1, 5, 6]
