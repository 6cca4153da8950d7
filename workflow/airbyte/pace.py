"""When each kind of request is due: the clockwork of the planner.

Seconds are those of a monotonic clock, passed in. What the requests are, and what their answers
mean, is not known here.
"""

from __future__ import annotations

import math
import random
from datetime import datetime, timedelta
from typing import Final

from workflow.airbyte.asks import ListOrigin
from workflow.airbyte.book import Book
from workflow.airbyte.rhythm import IDLE, QUICK, QUIET, Rhythm
from workflow.airbyte.roll import Roll

SWEEP_EVERY: Final = 300.0
_SLOWEST_PROGRESS: Final = 60.0
_SECONDS_PER_PAGE: Final = 1.5


class Pace:
    """Due times, from what is awaited, what changed and what failed."""

    def __init__(self, rng: random.Random, book: Book, roll: Roll) -> None:
        self._rng = rng
        self._book = book
        self._roll = roll
        self._rhythm = Rhythm()
        self._spread = 1.0
        self._server_time: tuple[datetime, float] | None = None
        self._delta_at = -math.inf
        self._progress_at = -math.inf
        self._progress_every = QUIET
        self._sweep_at = math.inf
        self.looking = False
        self.expecting = False
        self.not_before = -math.inf
        """Nothing is asked until then: the server is overloaded."""

    @property
    def failures(self) -> int:
        """Failures in a row."""
        return self._rhythm.failures

    # ---------------------------------------------------------------- what happened

    def answered(self, server_time: datetime, now: float) -> int:
        """Note a good answer; return how many failures it ended."""
        self._server_time = (server_time, now)
        failures = self._rhythm.failures
        self._rhythm = self._rhythm.answered()
        return failures

    def failed(self) -> None:
        """Note a failure that says nothing of the server as a whole."""
        self._rhythm = self._rhythm.failed()

    def overloaded(self, retry_after: float | None, now: float) -> float:
        """Note a failure by overload; return how long nothing is asked."""
        self._rhythm = self._rhythm.overloaded()
        pause = self._rhythm.pause(retry_after, self._varied())
        self.not_before = now + pause
        return pause

    def passed(self, *, changed: bool) -> None:
        """Note that everything awaited was looked at, and whether something had moved."""
        self._rhythm = self._rhythm.passed(changed=changed)

    def quicken(self) -> None:
        """Begin anew with the shortest interval: something new is awaited."""
        self._rhythm = Rhythm(QUICK, self._rhythm.penalty, self._rhythm.failures)

    def ended(self, origin: ListOrigin, now: float, *, pages: int = 0) -> None:
        """Note that a pass of this kind is over, complete or not."""
        self._spread = self._varied()
        match origin:
            case "delta":
                self._delta_at = now
            case "sweep":
                self.sweep_in(SWEEP_EVERY, now)
                self._progress_at = now
            case "progress":
                self._progress_at = now
                self._progress_every = min(_SLOWEST_PROGRESS, max(QUIET, pages * _SECONDS_PER_PAGE))
            case "cold_start":
                self._delta_at = self._progress_at = now
                self.sweep_in(SWEEP_EVERY, now)

    def sweep_in(self, seconds: float, now: float) -> None:
        """Make the sweep due then."""
        self._sweep_at = now + seconds

    def delta_now(self) -> None:
        """Make the delta due."""
        self._delta_at = -math.inf

    def hurry(self) -> None:
        """Make due what an operator would want to see afresh, even in a pause."""
        self.not_before = self._delta_at = self._progress_at = -math.inf

    # ---------------------------------------------------------------- what is due

    def due(self, origin: ListOrigin, now: float, *, suspicion: bool) -> float:
        """Return when a pass of this kind is due; infinite for not at all.

        `suspicion` says that a job may be gone, which a list helps to be sure of.
        """
        match origin:
            case "delta":
                return self._after(self._delta_at, self._delta_every(now, suspicion=suspicion))
            case "sweep":
                return self._sweep_due()
            case "progress" if self._wants_progress():
                return self._progress_due()
            case _:
                return math.inf

    def single_due(self, now: float) -> float:
        """Return when a job that was asked for by id is asked for again.

        One or two jobs are looked at quickly all the time. The last ones of many are not: the
        tail of a thousand jobs is as long as their whole middle.
        """
        stretched = self._roll.were_many and not self._expects_an_end(now)
        every = self._rhythm.interval if stretched else QUICK
        return now + max(every, self._rhythm.penalty) * self._varied()

    def _sweep_due(self) -> float:
        """Return when the sweep is due: it reads all that progress would, and so takes its place.

        That is the place of the last one before its own time, or else both would be read then.
        """
        if self._roll.are_few and not self.looking:
            return math.inf
        if self._wants_progress():
            instead = self._progress_due()
            if instead <= self._sweep_at < instead + self._progress_every:
                return instead
        return self._sweep_at

    def _progress_due(self) -> float:
        return self._after(self._progress_at, self._progress_every)

    def _after(self, last: float, seconds: float) -> float:
        if seconds == math.inf:
            return math.inf
        return last + self._spread * max(seconds, self._rhythm.penalty)

    def _delta_every(self, now: float, *, suspicion: bool) -> float:
        """Return the seconds between deltas; infinite when getJob tells all that matters."""
        if self._roll.are_few:
            if suspicion or self._wants_progress():
                return QUIET
            return self._when_idle() if self.looking else math.inf
        if not self._roll.awaited and not (self.looking and self._book.any_live):
            return self._when_idle()
        return QUICK if self._expects_an_end(now) else self._rhythm.interval

    def _when_idle(self) -> float:
        return QUIET if self.expecting else IDLE

    def _wants_progress(self) -> bool:
        """Say whether somebody looks at jobs that are not asked for by id."""
        if not self.looking:
            return False
        by_id = self._roll.awaited if self._roll.are_few else ()
        return any(job_id not in by_id for job_id in self._book.live)

    def _expects_an_end(self, now: float) -> bool:
        if self._server_time is None:
            return False
        at, noted = self._server_time
        return self._roll.expects_an_end(at + timedelta(seconds=now - noted))

    def _varied(self) -> float:
        return self._rng.uniform(0.9, 1.1)
