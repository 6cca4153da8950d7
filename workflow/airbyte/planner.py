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
from typing import Final, get_args

from workflow.airbyte.agenda import Agenda
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
from workflow.airbyte.backoff import OVERLOAD, BackOff
from workflow.airbyte.book import Book
from workflow.airbyte.models import RUNNING, Job, JobId
from workflow.airbyte.pace import SWEEP_EVERY, Pace
from workflow.airbyte.passes import Pass, watermark
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

_ORIGINS: Final[tuple[ListOrigin, ...]] = get_args(ListOrigin)
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
        self._agenda = Agenda()
        self._back_off = BackOff(rng)
        self._unread: set[JobId] = set()
        self._listed_at = -math.inf
        self._unreadable: dict[ListOrigin, frozenset[SafeText]] = {}

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
        return "cold_start" in self._agenda

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
        self._back_off.forgive(job_id)

    def want_cold_start(self, today: datetime) -> None:
        """Ask for everything that is red or runs; `today` is the wall clock's now."""
        self._agenda.begin_cold(today)

    def look_now(self) -> None:
        """Make everything due that an operator would want to see afresh."""
        self._pace.hurry()
        self._singles.hurry()
        self._back_off.hurry()

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
        if self._due(origin, now) > now:
            return None
        if origin not in self._agenda:
            self._agenda.begin(origin)
        return self._agenda.ask(origin)

    def _single(self, now: float) -> GetJob | None:
        job_id = self._singles.next(now)
        return None if job_id is None else GetJob(job_id)

    def _earliest(self, now: float) -> float:
        return min((self._singles.earliest, *(self._due(origin, now) for origin in _ORIGINS)))

    def _due(self, origin: ListOrigin, now: float) -> float:
        """Return when a page of this kind may be asked for; infinite for not at all."""
        due = -math.inf
        if origin not in self._agenda:
            due = self._pace.due(origin, now, suspicion=self._singles.any_suspected)
        return max(due, self._back_off.until(origin))

    # ---------------------------------------------------------------- what came

    def listed(self, ask: ListJobs, listed: Listed, now: float) -> list[FeedFact]:
        """Take a page; `ask` is what :meth:`next` returned."""
        facts = self._answered(listed.times, now)
        self._listed_at = now
        self._back_off.forgive(ask.origin)
        taken = self._take(listed.page.items, listed.times, ask.origin)
        facts += taken
        following = self._agenda.turn(ask, listed, changed=any(map(self._matters, taken)))
        if following is not None and following.stuck:
            facts.append(self._failed(ask.origin, _ENDLESS, now))
        elif following is not None and following.ask is None:
            facts += self._completed(ask, following, now)
        self.book.trim(self._roll)
        return facts

    def got(self, ask: GetJob, got: Got, now: float) -> list[FeedFact]:
        """Take one job's answer."""
        facts = self._answered(got.times, now)
        self._singles.drop(ask.job_id)
        self._back_off.forgive(ask.job_id)
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
            case GetJob(job_id) if refused.status in _GONE:
                return self._missing(job_id, refused.reason, now)
            case ListJobs() if ask.is_narrowed and refused.status in {400, 422}:
                # An older server does not know the word; then no job has it.
                following = self._agenda.leave_out(ask)
                over = following is not None and following.ask is None
                return self._completed(ask, following, now) if following and over else []
            case ListJobs(origin=origin) if self._agenda.break_off(origin):
                self._pace.ended(origin, now)
        if refused.status in OVERLOAD:
            pause = self._pace.overloaded(refused.retry_after, now)
            fact = PollFailed(refused.reason, pause, self._pace.failures)
        elif isinstance(ask, GetJob):
            fact = self._job_failed(ask.job_id, refused.reason, now)
        else:
            fact = self._failed(ask.origin, refused.reason, now)
        if isinstance(ask, GetJob):
            # To the end of the queue, so that one bad job does not hold up the others.
            self._singles.postpone(ask.job_id, now + fact.retry_in)
        return [fact]

    def _failed(self, what: ListOrigin | JobId, reason: SafeText, now: float) -> PollFailed:
        self._pace.failed()
        return PollFailed(reason, self._back_off.failed(what, now), self._pace.failures)

    def _job_failed(self, job_id: JobId, reason: SafeText, now: float) -> PollFailed:
        if self._roll.are_few:  # then nothing else is read that could tell how the server is
            return self._failed(job_id, reason, now)
        return PollFailed(reason, self._back_off.failed(job_id, now), 1, job_id)

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
        origin = ask.origin
        self._pace.ended(origin, now, pages=done.pages)
        unreadable = self._newly_unreadable(origin, done)
        facts: list[FeedFact] = []
        match origin:
            case "delta":
                self._pace.passed(changed=done.changed)
                # A row that could not be read may be well the next time; one that stays unreadable
                # must not hold the watermark for ever.
                if unreadable is None:
                    self._delta_completed(done, now)
            case "sweep":
                self._sweep_completed(ask, done, now)
            case "progress":
                self._progress_completed(done, now)
            case "cold_start":
                first = watermark(self.book.newest, done.first_date)
                self._agenda.watermark = self._agenda.watermark or first
                facts.append(ColdStartDone(len(done.seen)))
        if unreadable is not None:
            facts.append(self._failed(origin, unreadable, now))
        return facts

    def _newly_unreadable(self, origin: ListOrigin, done: Pass) -> SafeText | None:
        """Return what is wrong with a row that no pass has met before."""
        known = frozenset[SafeText]().union(*self._unreadable.values())
        self._unreadable[origin] = done.unreadable
        return min(done.unreadable - known, default=None)

    def _delta_completed(self, done: Pass, now: float) -> None:
        if self._agenda.watermark is None:
            unseen = any(job_id not in done.seen for job_id in self._roll.awaited)
            self._pace.sweep_in(0 if unseen else SWEEP_EVERY, now)
        self._agenda.watermark = watermark(self.book.newest, done.first_date)

    def _sweep_completed(self, ask: ListJobs, done: Pass, now: float) -> None:
        """Account for each job that should be live and was not in the lists."""
        expected = self.book.live if self.looking else ()
        missing = {*expected, *self._roll.awaited} - done.seen
        if ask.status is None and len(missing) > _FEW:
            self._agenda.go_on_by_status(done)
        else:
            self._singles.want(sorted(missing), now)

    def _progress_completed(self, done: Pass, now: float) -> None:
        """Look now when a job that ran is not among those that run.

        Absence proves nothing, but it is a good reason to look; not where a look is due soon
        anyway, since of hundreds of jobs one is missing nearly every time.
        """
        if self._due("delta", now) <= now + QUICK:
            return
        readings = self.book.readings
        if any(
            readings[job_id].status == RUNNING and job_id not in done.seen
            for job_id in self.book.live
        ):
            self._pace.delta_now()
