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
from dataclasses import dataclass
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
from workflow.airbyte.rhythm import IDLE, QUICK, QUIET, Rhythm
from workflow.text import SafeText

MOST_SINGLES: Final = 2
"""As many tracked jobs are asked for by id; more are read from lists."""
SWEEP_EVERY: Final = 300.0
SWEEP_BACK: Final = timedelta(hours=1)
COLD_BACK: Final = timedelta(hours=24)
RECHECK: Final = 10.0
"""Seconds until a job that was answered as unknown is asked for again."""
_FEW: Final = 20
"""As many jobs are asked for one by one rather than by status lists."""
_SLOWEST_PROGRESS: Final = 60.0
_SECONDS_PER_PAGE: Final = 1.5
_NEAR: Final = timedelta(seconds=30)
_ENDLESS: Final = SafeText(
    "The list of jobs does not end: the server gives the same rows for every offset."
)
_GONE: Final = frozenset({403, 404, 409})
"""How servers answer for a job that is not there, by edition and the asker's role."""


@dataclass(frozen=True, slots=True)
class Tracked:
    """A job somebody waits for."""

    usual: timedelta | None = None
    """How long jobs of its connection take."""


class Planner:
    """The feed's mind. `now` is always seconds of a clock that nobody sets."""

    def __init__(self, rng: random.Random, book: Book | None = None) -> None:
        self.book: Final = Book() if book is None else book
        self._rng = rng
        self._tracked: dict[JobId, Tracked] = {}
        self._unread: set[JobId] = set()
        self._looking = False
        self._passes: dict[ListOrigin, Pass] = {}
        self._singles: dict[JobId, float] = {}
        self._suspected: dict[JobId, float] = {}
        self._watermark: datetime | None = None
        self._server_time: tuple[datetime, float] | None = None
        self._rhythm = Rhythm()
        self._spread = 1.0
        self._were_many = False
        self._not_before = -math.inf
        self._delta_at = -math.inf
        self._sweep_due = math.inf
        self._progress_at = -math.inf
        self._progress_every = QUIET
        self._listed_at = -math.inf
        self._unreadable: frozenset[SafeText] = frozenset()

    # ---------------------------------------------------------------- what is wanted

    @property
    def looking(self) -> bool:
        """Whether somebody looks, so that rows and foreign jobs matter."""
        return self._looking

    @looking.setter
    def looking(self, value: bool) -> None:
        self._looking = value

    @property
    def tracked(self) -> frozenset[JobId]:
        """The jobs somebody waits for."""
        return frozenset(self._tracked)

    @property
    def failures(self) -> int:
        """Failures in a row."""
        return self._rhythm.failures

    @property
    def cold_start_pending(self) -> bool:
        """Whether a cold start was asked for and is not done."""
        return "cold_start" in self._passes

    def track(self, job_id: JobId, usual: timedelta | None = None) -> None:
        """Watch a job until it has ended or is untracked."""
        self._tracked[job_id] = Tracked(usual)
        self._rhythm = Rhythm(QUICK, self._rhythm.penalty, self._rhythm.failures)
        if job_id not in self.book.readings:
            self._unread.add(job_id)

    def untrack(self, job_id: JobId) -> None:
        """Stop watching a job; lists may still show it."""
        self._tracked.pop(job_id, None)
        self._unread.discard(job_id)
        self._suspected.pop(job_id, None)
        self._singles.pop(job_id, None)

    def want_cold_start(self, today: datetime) -> None:
        """Ask for everything that is red or runs; `today` is the wall clock's now."""
        failed = ListJobs(
            "cold_start", "updatedAt|DESC", FAILED, updated_at_start=back(today, COLD_BACK)
        )
        self._passes["cold_start"] = Pass((failed, *_by_status("cold_start")))

    def look_now(self) -> None:
        """Make everything due that an operator would want to see afresh."""
        self._not_before = -math.inf
        self._delta_at = self._progress_at = -math.inf
        for job_id in self._singles:
            self._singles[job_id] = -math.inf

    # ---------------------------------------------------------------- what comes next

    def next(self, now: float) -> Ask | Idle:
        """Return the request to make now, or how long there is none."""
        if now < self._not_before:
            return Idle(self._not_before)
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
        awaited = self._awaited()
        self._were_many = bool(awaited) and (self._were_many or len(awaited) > MOST_SINGLES)
        if self._is_single_mode():
            for job_id in awaited:
                self._singles.setdefault(job_id, now)
        elif len(self._unread) > _FEW:
            self._sweep_due = now
        else:
            for job_id in self._unread:
                self._singles.setdefault(job_id, now)
        self._unread.clear()

    def _page(self, origin: ListOrigin, now: float) -> ListJobs | None:
        running = self._passes.get(origin)
        if running is None and self._due(origin, now) <= now:
            running = self._passes[origin] = self._begin(origin)
        return None if running is None else running.ask

    def _single(self, now: float) -> GetJob | None:
        for job_id, due in self._singles.items():
            if due <= now:
                return GetJob(job_id)
        return None

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
        self.book.trim(self._tracked)
        return facts

    def got(self, ask: GetJob, got: Got, now: float) -> list[FeedFact]:
        """Take one job's answer."""
        facts = self._answered(got.times, now)
        self._suspected.pop(ask.job_id, None)
        self._singles.pop(ask.job_id, None)
        taken = self._take((got.job,), got.times, "get_job")
        if self._is_single_mode():
            self._rhythm = self._rhythm.passed(changed=any(map(self._matters, taken)))
            if not self.book.has_ended(ask.job_id):
                every = max(self._single_every(now), self._rhythm.penalty)
                self._singles[ask.job_id] = now + every * self._rng.uniform(0.9, 1.1)
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
                self._singles.pop(job_id, None)
                fact = self._trouble(refused.reason, refused.retry_after, now)
                self._singles[job_id] = self._not_before + QUICK
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
        if ask.origin == "delta":
            # A broken pass proves nothing: the next one begins at its first page.
            self._passes.pop("delta", None)
            self._delta_at = now
        elif ask.origin == "progress":
            self._passes.pop("progress", None)
            self._progress_at = now

    def _answered(self, times: Times, now: float) -> list[FeedFact]:
        self._server_time = (times.date or times.arrived, now)
        failures = self._rhythm.failures
        self._rhythm = self._rhythm.answered()
        return [PollRecovered(failures)] if failures else []

    def _take(self, jobs: tuple[Job, ...], times: Times, origin: Origin) -> list[ReadingTaken]:
        taken = (self.book.take(job, times.left, times.arrived, origin) for job in jobs)
        return [fact for fact in taken if fact is not None]

    def _matters(self, fact: ReadingTaken) -> bool:
        """Say whether a reading is a change that should quicken the rhythm."""
        moved = fact.previous is None or fact.previous.status != fact.reading.status
        return moved and (self._looking or fact.reading.job_id in self._tracked)

    def _trouble(self, reason: SafeText, retry_after: float | None, now: float) -> PollFailed:
        self._rhythm = self._rhythm.failed()
        pause = self._rhythm.pause(retry_after) * self._rng.uniform(0.9, 1.1)
        self._not_before = now + pause
        return PollFailed(reason, pause, self._rhythm.failures)

    def _missing(self, job_id: JobId, reason: SafeText, now: float) -> list[FeedFact]:
        """Believe that a job is gone only when it is missing twice and lists can be read."""
        since = self._suspected.setdefault(job_id, now)
        self._singles.pop(job_id, None)
        if self._listed_at > since:
            self.untrack(job_id)
            self.book.shelve(job_id)
            return [JobGone(job_id, reason)]
        self._singles[job_id] = now + RECHECK
        self._delta_at = -math.inf
        return []

    # ---------------------------------------------------------------- what a pass proves

    def _completed(self, ask: ListJobs, done: Pass, now: float) -> list[FeedFact]:
        self._spread = self._rng.uniform(0.9, 1.1)
        match ask.origin:
            case "delta":
                return self._delta_completed(done, now)
            case "sweep":
                return self._sweep_completed(ask, done, now)
            case "progress":
                self._progress_completed(done, now)
                return []
            case "cold_start":
                self._watermark = self._watermark or watermark(self.book.newest, done.first_date)
                self._delta_at = self._progress_at = now
                self._sweep_due = now + SWEEP_EVERY
                return [ColdStartDone(len(done.seen))]

    def _delta_completed(self, done: Pass, now: float) -> list[FeedFact]:
        self._delta_at = now
        self._rhythm = self._rhythm.passed(changed=done.changed)
        known, self._unreadable = self._unreadable, done.unreadable
        if not done.unreadable <= known:
            # A row that could not be read may be well the next time; one that stays unreadable
            # must not hold the watermark for ever.
            return [self._trouble(min(done.unreadable - known), None, now)]
        if self._watermark is None:
            unseen = any(job_id not in done.seen for job_id in self._awaited())
            self._sweep_due = now if unseen else now + SWEEP_EVERY
        self._watermark = watermark(self.book.newest, done.first_date)
        return []

    def _sweep_completed(self, ask: ListJobs, done: Pass, now: float) -> list[FeedFact]:
        """Account for each job that should be live and was not in the lists."""
        expected = self.book.live if self._looking else ()
        missing = {*expected, *self._awaited()} - done.seen
        if ask.status is None and len(missing) > _FEW:
            self._passes["sweep"] = Pass(_by_status("sweep"), seen=done.seen)
            return []
        for job_id in sorted(missing):
            self._singles.setdefault(job_id, now)
        self._sweep_due = now + SWEEP_EVERY
        if done.unreadable:
            return [self._trouble(min(done.unreadable), None, now)]
        return []

    def _progress_completed(self, done: Pass, now: float) -> None:
        self._progress_at = now
        self._progress_every = min(_SLOWEST_PROGRESS, max(QUIET, done.pages * _SECONDS_PER_PAGE))
        readings = self.book.readings
        if any(
            readings[job_id].status == RUNNING and job_id not in done.seen
            for job_id in self.book.live
        ):
            # Absence proves nothing, but it is a good reason to look.
            self._delta_at = -math.inf

    # ---------------------------------------------------------------- how often

    def _due(self, origin: ListOrigin, now: float) -> float:
        match origin:
            case "delta":
                return self._after(self._delta_at, self._delta_every(now))
            case "sweep":
                quiet = self._is_single_mode() and not self._looking
                return math.inf if quiet else self._sweep_due
            case "progress" if self._wants_progress():
                return self._after(self._progress_at, self._progress_every)
            case _:
                return math.inf

    def _after(self, last: float, seconds: float) -> float:
        if seconds == math.inf:
            return math.inf
        return last + self._spread * max(seconds, self._rhythm.penalty)

    def _earliest(self, now: float) -> float:
        lists = (self._due("delta", now), self._due("sweep", now), self._due("progress", now))
        return min((*lists, *self._singles.values()))

    def _awaited(self) -> list[JobId]:
        return [job_id for job_id in self._tracked if not self.book.has_ended(job_id)]

    def _is_single_mode(self) -> bool:
        return 1 <= len(self._awaited()) <= MOST_SINGLES

    def _delta_every(self, now: float) -> float:
        """Return the seconds between deltas; infinite when getJob tells all that matters."""
        awaited = self._awaited()
        if self._is_single_mode():
            if self._suspected or self._wants_progress():
                return QUIET
            return IDLE if self._looking else math.inf
        if not awaited and not (self._looking and self.book.any_live):
            return IDLE
        return QUICK if self._is_near_an_end(awaited, now) else self._rhythm.interval

    def _single_every(self, now: float) -> float:
        """Return the seconds between two looks at one job.

        One or two jobs are looked at quickly all the time. The last ones of many are not: the
        tail of a thousand jobs is as long as their whole middle.
        """
        if not self._were_many or self._is_near_an_end(self._awaited(), now):
            return QUICK
        return self._rhythm.interval

    def _is_near_an_end(self, awaited: list[JobId], now: float) -> bool:
        """Say whether some job is about as old as its connection's jobs get."""
        if self._server_time is None:
            return False
        at, noted = self._server_time
        server_now = at + timedelta(seconds=now - noted)
        for job_id in awaited:
            usual = self._tracked[job_id].usual
            reading = self.book.readings.get(job_id)
            if usual is None or reading is None or reading.job.start_time is None:
                continue
            age = server_now - reading.job.start_time
            if abs(age - usual) <= min(usual / 10, _NEAR):
                return True
        return False

    def _wants_progress(self) -> bool:
        if not self._looking:
            return False
        alone = self._awaited() if self._is_single_mode() else ()
        return any(job_id not in alone for job_id in self.book.live)


def _by_status(origin: ListOrigin) -> tuple[ListJobs, ...]:
    return tuple(ListJobs(origin, status=status) for status in LIVE)
