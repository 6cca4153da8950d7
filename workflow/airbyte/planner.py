"""Which request comes next, and what its answer means: the feed without any I/O.

A :class:`Planner` is asked for the next request at a time, is told the answer, and gives facts.
Time, randomness and answers are passed in, so it can be searched against a model of the server.
:mod:`~workflow.airbyte.feed` is the loop around it.

Four passes share the line, the urgent one first: the cold start (what is red, what runs), the
delta (everything whose status moved since the watermark), the sweep (everything created since an
hour before it, then each live job it did not show), and progress (rows of running jobs, while
somebody looks). Single jobs are asked for by id when one or two are all there is to watch.
"""

from __future__ import annotations

import math
import random
from datetime import datetime, timedelta
from typing import Final

from workflow.airbyte.asks import (
    Ask,
    GetJob,
    Got,
    Idle,
    Listed,
    ListJobs,
    ListOrigin,
    Refused,
    Times,
)
from workflow.airbyte.book import Book
from workflow.airbyte.models import FAILED, LIVE, RUNNING, Job, JobId
from workflow.airbyte.pace import SWEEP_EVERY, Pace
from workflow.airbyte.passes import Pass, back, watermark
from workflow.airbyte.readings import (
    ColdStartDone,
    FeedFact,
    JobGone,
    Origin,
    PollFailed,
    PollRecovered,
    ReadingTaken,
)
from workflow.airbyte.rhythm import QUICK
from workflow.airbyte.roll import Roll
from workflow.airbyte.singles import Singles
from workflow.text import SafeText

SWEEP_BACK: Final = timedelta(hours=1)
COLD_BACK: Final = timedelta(hours=24)
_FEW: Final = 20
"""As many jobs are asked for one by one rather than by status lists."""
_ENDLESS: Final = SafeText(
    "The list of jobs does not end: the server gives the same rows for every offset."
)
_GONE: Final = frozenset({403, 404, 409})
"""How servers answer for a job that is not there, by edition and the asker's role."""


class Planner:
    """The feed's mind. `now` is always seconds of a clock that nobody sets."""

    def __init__(self, rng: random.Random, book: Book | None = None) -> None:
        self.book: Final = Book() if book is None else book
        self._roll = Roll(self.book)
        self._pace = Pace(rng, self.book, self._roll)
        self._singles = Singles()
        self._passes: dict[ListOrigin, Pass] = {}
        self._unread: set[JobId] = set()
        self._watermark: datetime | None = None
        self._listed_at = -math.inf
        self._unreadable: frozenset[SafeText] = frozenset()

    # ---------------------------------------------------------------- what is wanted

    @property
    def looking(self) -> bool:
        """Whether somebody looks, so that rows and foreign jobs matter."""
        return self._pace.looking

    @looking.setter
    def looking(self, value: bool) -> None:
        self._pace.looking = value

    @property
    def expecting(self) -> bool:
        """Whether somebody waits for jobs that are not there yet."""
        return self._pace.expecting

    @expecting.setter
    def expecting(self, value: bool) -> None:
        self._pace.expecting = value

    @property
    def tracked(self) -> frozenset[JobId]:
        """The jobs somebody waits for."""
        return self._roll.ids

    @property
    def failures(self) -> int:
        """Failures in a row."""
        return self._pace.failures

    @property
    def cold_start_pending(self) -> bool:
        """Whether a cold start was asked for and is not done."""
        return "cold_start" in self._passes

    def track(self, job_id: JobId, usual: timedelta | None = None) -> None:
        """Watch a job until it has ended or is untracked."""
        self._roll.add(job_id, usual)
        self._pace.quicken()
        if job_id not in self.book.readings:
            self._unread.add(job_id)

    def untrack(self, job_id: JobId) -> None:
        """Stop watching a job; lists may still show it."""
        self._roll.remove(job_id)
        self._unread.discard(job_id)
        self._singles.drop(job_id)

    def want_cold_start(self, today: datetime) -> None:
        """Ask for everything that is red or runs; `today` is the wall clock's now."""
        failed = ListJobs(
            "cold_start", "updatedAt|DESC", FAILED, updated_at_start=back(today, COLD_BACK)
        )
        self._passes["cold_start"] = Pass((failed, *_by_status("cold_start")))

    def look_now(self) -> None:
        """Make everything due that an operator would want to see afresh."""
        self._pace.hurry()
        self._singles.hurry()

    # ---------------------------------------------------------------- what comes next

    def next(self, now: float) -> Ask | Idle:
        """Return the request to make now, or how long there is none."""
        if now < self._pace.not_before:
            return Idle(self._pace.not_before)
        self._queue_singles(now)
        return (
            self._page("cold_start", now)
            or self._page("delta", now)
            or self._single(now)
            or self._page("sweep", now)
            or self._page("progress", now)
            or Idle(self._earliest(now))
        )

    def _queue_singles(self, now: float) -> None:
        """Put the jobs that are to be asked for by id into the queue."""
        self._roll.take_stock()
        if self._roll.are_few:
            self._singles.want(self._roll.awaited, now)
        elif len(self._unread) > _FEW:
            self._pace.sweep_in(0, now)
        else:
            self._singles.want(sorted(self._unread), now)
        self._unread.clear()

    def _page(self, origin: ListOrigin, now: float) -> ListJobs | None:
        running = self._passes.get(origin)
        if running is None and self._due(origin, now) <= now:
            running = self._passes[origin] = self._begin(origin)
        return None if running is None else running.ask

    def _single(self, now: float) -> GetJob | None:
        job_id = self._singles.next(now)
        return None if job_id is None else GetJob(job_id)

    def _begin(self, origin: ListOrigin) -> Pass:
        match origin:
            case "delta":
                ask = ListJobs("delta", "updatedAt|DESC", updated_at_start=self._watermark)
                # Without a watermark that is the whole history: the newest page gives one, and a
                # sweep finds the jobs it did not show.
                return Pass((ask,), first_page_only=self._watermark is None)
            case "sweep" if self._watermark is not None:
                since = back(self._watermark, SWEEP_BACK)
                return Pass((ListJobs("sweep", created_at_start=since),))
            case "progress":
                return Pass((ListJobs("progress", status=RUNNING),))
            case _:
                return Pass(_by_status(origin))

    # ---------------------------------------------------------------- what came

    def listed(self, ask: ListJobs, listed: Listed, now: float) -> list[FeedFact]:
        """Take a page; `ask` is what :meth:`next` returned."""
        facts = self._answered(listed.times, now)
        self._listed_at = now
        taken = self._take(listed.page.items, listed.times, ask.origin)
        facts += taken
        running = self._passes.get(ask.origin)
        if running is None or running.ask != ask:
            # Another pass was wanted while this page was on its way.
            return facts
        following = running.after(listed, changed=any(map(self._matters, taken)))
        self._passes[ask.origin] = following
        if following.stuck:
            del self._passes[ask.origin]
            facts.append(self._trouble(_ENDLESS, None, now))
        elif following.ask is None:
            del self._passes[ask.origin]
            facts += self._completed(ask, following, now)
        self.book.trim(self._roll)
        return facts

    def got(self, ask: GetJob, got: Got, now: float) -> list[FeedFact]:
        """Take one job's answer."""
        facts = self._answered(got.times, now)
        self._singles.drop(ask.job_id)
        taken = self._take((got.job,), got.times, "get_job")
        if self._roll.are_few:
            self._pace.passed(changed=any(map(self._matters, taken)))
            if not self.book.has_ended(ask.job_id):
                self._singles.postpone(ask.job_id, self._pace.single_due(now))
        return [*facts, *taken]

    def accept(self, job: Job, times: Times, origin: Origin) -> list[FeedFact]:
        """Take an answer that somebody else asked for."""
        self._unread.discard(job.job_id)
        return [*self._take((job,), times, origin)]

    def refused(self, ask: Ask, refused: Refused, now: float) -> list[FeedFact]:
        """Note that the request brought nothing."""
        match ask:
            case GetJob(job_id):
                if refused.status in _GONE:
                    return self._missing(job_id, refused.reason, now)
                # To the end of the queue, so that one bad job does not hold up the others.
                fact = self._trouble(refused.reason, refused.retry_after, now)
                self._singles.postpone(job_id, self._pace.not_before + QUICK)
                return [fact]
            case ListJobs(status=status) if status is not None and refused.status in {400, 422}:
                # An older server does not know the status; then no job has it.
                return self._skip_list(ask, now)
            case ListJobs():
                self._break_off(ask, now)
        return [self._trouble(refused.reason, refused.retry_after, now)]

    def _skip_list(self, ask: ListJobs, now: float) -> list[FeedFact]:
        running = self._passes.get(ask.origin)
        if running is None or running.ask != ask:
            return []
        following = self._passes[ask.origin] = running.without_current()
        if following.ask is not None:
            return []
        del self._passes[ask.origin]
        return self._completed(ask, following, now)

    def _break_off(self, ask: ListJobs, now: float) -> None:
        """Give up a pass whose pages belong together; the others go on at the same page."""
        if ask.origin in {"delta", "progress"}:
            # A broken pass proves nothing: the next one begins at its first page.
            self._passes.pop(ask.origin, None)
            self._pace.ended(ask.origin, now)

    def _answered(self, times: Times, now: float) -> list[FeedFact]:
        failures = self._pace.answered(times.date or times.arrived, now)
        return [PollRecovered(failures)] if failures else []

    def _take(self, jobs: tuple[Job, ...], times: Times, origin: Origin) -> list[ReadingTaken]:
        taken = (self.book.take(job, times.left, times.arrived, origin) for job in jobs)
        return [fact for fact in taken if fact is not None]

    def _matters(self, fact: ReadingTaken) -> bool:
        """Say whether a reading is a change that should quicken the rhythm."""
        moved = fact.previous is None or fact.previous.status != fact.reading.status
        return moved and (self.looking or fact.reading.job_id in self._roll)

    def _trouble(self, reason: SafeText, retry_after: float | None, now: float) -> PollFailed:
        pause = self._pace.failed(retry_after, now)
        return PollFailed(reason, pause, self._pace.failures)

    def _missing(self, job_id: JobId, reason: SafeText, now: float) -> list[FeedFact]:
        """Note that a job is not there; a list now helps to be sure of it the next time."""
        if not self._singles.missing(job_id, now, self._listed_at):
            self._pace.delta_now()
            return []
        self.untrack(job_id)
        self.book.shelve(job_id)
        return [JobGone(job_id, reason)]

    # ---------------------------------------------------------------- what a pass proves

    def _completed(self, ask: ListJobs, done: Pass, now: float) -> list[FeedFact]:
        self._pace.ended(ask.origin, now, pages=done.pages)
        match ask.origin:
            case "delta":
                return self._delta_completed(done, now)
            case "sweep":
                return self._sweep_completed(ask, done, now)
            case "progress":
                self._progress_completed(done)
                return []
            case "cold_start":
                self._watermark = self._watermark or watermark(self.book.newest, done.first_date)
                return [ColdStartDone(len(done.seen))]

    def _delta_completed(self, done: Pass, now: float) -> list[FeedFact]:
        self._pace.passed(changed=done.changed)
        known, self._unreadable = self._unreadable, done.unreadable
        if not done.unreadable <= known:
            # A row that could not be read may be well the next time; one that stays unreadable
            # must not hold the watermark for ever.
            return [self._trouble(min(done.unreadable - known), None, now)]
        if self._watermark is None:
            unseen = any(job_id not in done.seen for job_id in self._roll.awaited)
            self._pace.sweep_in(0 if unseen else SWEEP_EVERY, now)
        self._watermark = watermark(self.book.newest, done.first_date)
        return []

    def _sweep_completed(self, ask: ListJobs, done: Pass, now: float) -> list[FeedFact]:
        """Account for each job that should be live and was not in the lists."""
        expected = self.book.live if self.looking else ()
        missing = {*expected, *self._roll.awaited} - done.seen
        if ask.status is None and len(missing) > _FEW:
            self._passes["sweep"] = Pass(_by_status("sweep"), seen=done.seen)
            return []
        self._singles.want(sorted(missing), now)
        if done.unreadable:
            return [self._trouble(min(done.unreadable), None, now)]
        return []

    def _progress_completed(self, done: Pass) -> None:
        readings = self.book.readings
        if any(
            readings[job_id].status == RUNNING and job_id not in done.seen
            for job_id in self.book.live
        ):
            # Absence proves nothing, but it is a good reason to look.
            self._pace.delta_now()

    def _earliest(self, now: float) -> float:
        lists = (self._due("delta", now), self._due("sweep", now), self._due("progress", now))
        return min((*lists, self._singles.earliest))

    def _due(self, origin: ListOrigin, now: float) -> float:
        return self._pace.due(origin, now, suspicion=self._singles.any_suspected)


def _by_status(origin: ListOrigin) -> tuple[ListJobs, ...]:
    return tuple(ListJobs(origin, status=status) for status in LIVE)
