"""A tiny model of the server, for searching the feed's planner: rows, clocks and mishaps.

Jobs are histories fixed in advance. A change of a row carries the clock of the pod that made it,
which may be off by some seconds, and becomes visible a little later (its transaction commits). The
server answers after some latency, sometimes with a 429, a 503 or nothing. All times are seconds.
"""

from __future__ import annotations

import math
import random
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from workflow.airbyte import passes
from workflow.airbyte.asks import Ask, GetJob, Got, Idle, Listed, ListJobs, Refused, Times
from workflow.airbyte.models import (
    SYNC,
    TERMINAL,
    ConnectionId,
    Job,
    JobId,
    Page,
    Status,
)
from workflow.airbyte.planner import Planner
from workflow.airbyte.readings import FeedFact, ReadingTaken
from workflow.text import SafeText

START = datetime(2026, 3, 25, 1, 30, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


@dataclass(frozen=True)
class Change:
    """A row's new status: when it happened, what the row says of when, when it is seen."""

    status: Status
    true: float
    stamp: float
    visible: float


@dataclass(frozen=True)
class History:
    job_id: JobId
    changes: tuple[Change, ...]

    def row(self, now: float) -> Job | None:
        """The job as a request at `now` sees it."""
        first, last = self.changes[0], self.last(now)
        if last is None:
            return None
        ended = last.status in TERMINAL
        return Job(
            self.job_id,
            ConnectionId(f"connection-{self.job_id}"),
            last.status,
            SYNC,
            start_time=at(first.stamp),
            last_updated_at=at(last.stamp) if ended else None,
            duration=timedelta(seconds=last.stamp - first.stamp),
            rows_synced=int((min(now, last.true) if ended else now) - first.true),
        )

    def last(self, now: float) -> Change | None:
        """The change that a request at `now` sees as the last."""
        seen = None
        for change in self.changes:
            if change.visible > now:
                break
            seen = change
        return seen

    @property
    def statuses(self) -> list[Status]:
        return [change.status for change in self.changes]

    @property
    def is_over(self) -> float:
        """When its last change can be seen."""
        return self.changes[-1].visible


@dataclass(frozen=True)
class Mishaps:
    """What goes wrong in a world. Probabilities and seconds."""

    clock_offset: float = 0.0
    """Server minus ours."""
    pod_offset: float = 0.0
    """Clocks of the server's pods differ by up to this, either way."""
    commit_delay: float = 0.0
    latency: float = 0.2
    failures: float = 0.0
    healthy_after: float = 0.0
    no_date: bool = False
    others_every: float = 0.0
    """Somebody else asks for jobs so often, and his answers may be long on their way."""


@dataclass
class Server:
    histories: Mapping[JobId, History]
    mishaps: Mishaps
    rng: random.Random
    requests: int = 0
    asked: list[tuple[float, Ask]] = field(default_factory=list)

    def answer(self, ask: Ask, now: float) -> tuple[Listed | Got | Refused, float]:
        """Return what comes back, and when it arrives."""
        self.requests += 1
        self.asked.append((now, ask))
        there = now + self.rng.uniform(0, self.mishaps.latency)
        here = there + self.rng.uniform(0, self.mishaps.latency)
        if now < self.mishaps.healthy_after and self.rng.random() < self.mishaps.failures:
            return self._mishap(), here + self.rng.choice((0.0, 5.0))
        times = Times(at(now), at(here), self._date(there))
        if isinstance(ask, GetJob):
            row = self.histories[ask.job_id].row(there) if ask.job_id in self.histories else None
            return (Got(row, times) if row else Refused(SafeText("gone"), 404)), here
        return Listed(self._page(ask, there), times), here

    def others(self, until: float) -> list[tuple[float, Got]]:
        """Answers that somebody else gets, by their arrival."""
        if not self.mishaps.others_every:
            return []
        answers: list[tuple[float, Got]] = []
        left = 0.0
        while left < until:
            left += self.rng.expovariate(1 / self.mishaps.others_every)
            there = left + self.rng.choice((0.1, 1.0, 20.0))
            here = there + self.rng.choice((0.1, 1.0, 20.0))
            history = self.histories[self.rng.choice(list(self.histories))]
            if (row := history.row(there)) is not None:
                answers.append((here, Got(row, Times(at(left), at(here), self._date(there)))))
        return sorted(answers, key=lambda answer: answer[0])

    def _mishap(self) -> Refused:
        return self.rng.choice(
            (
                Refused(SafeText("slow down"), 429, self.rng.choice((None, 2.0, 30.0, 900.0))),
                Refused(SafeText("unavailable"), 503),
                Refused(SafeText("no answer in time")),
            )
        )

    def _date(self, now: float) -> datetime | None:
        if self.mishaps.no_date:
            return None
        pod = self.rng.uniform(-self.mishaps.pod_offset, self.mishaps.pod_offset)
        return at(now + self.mishaps.clock_offset + pod).replace(microsecond=0)

    def _page(self, ask: ListJobs, now: float) -> Page[Job]:
        by_update = ask.order_by == "updatedAt|DESC"
        updated, created = _seconds(ask.updated_at_start), _seconds(ask.created_at_start)
        found: list[tuple[float, History]] = []
        for history in self.histories.values():
            last = history.last(now)
            if last is None or (ask.status is not None and last.status != ask.status):
                continue
            born = history.changes[0].stamp
            if last.stamp >= updated and born >= created:
                found.append((last.stamp if by_update else born, history))
        found.sort(key=lambda pair: (pair[0], pair[1].job_id), reverse=True)
        shown = found[ask.offset : ask.offset + passes.FULL_PAGE]
        rows = tuple(row for _, history in shown if (row := history.row(now)) is not None)
        return Page(rows, len(rows))


def _seconds(instant: datetime | None) -> float:
    return -math.inf if instant is None else (instant - START).total_seconds()


@dataclass
class Watched:
    """What the feed told about one job."""

    statuses: list[Status] = field(default_factory=list)
    seen_at: dict[Status, float] = field(default_factory=dict)
    readings: int = 0


def poll(
    planner: Planner,
    server: Server,
    until: float,
    *,
    track_at: Mapping[JobId, float],
    posted: bool = False,
    facts: list[tuple[float, FeedFact]] | None = None,
) -> dict[JobId, Watched]:
    """Drive the planner against the server until then; say what it told of each job.

    With `posted` each job comes with the answer to its own POST when it is tracked.
    """
    told: dict[JobId, Watched] = {}
    waiting = sorted((when, job_id) for job_id, when in track_at.items())
    others = server.others(until)
    now = 0.0

    def tell(new: list[FeedFact], when: float) -> None:
        for fact in new:
            if facts is not None:
                facts.append((when, fact))
            if isinstance(fact, ReadingTaken):
                _note(told.setdefault(fact.reading.job_id, Watched()), fact, when)

    def hand_over(upto: float) -> None:
        while others and others[0][0] <= upto:
            when, got = others.pop(0)
            tell(planner.accept(got.job, got.times, "get_job"), when)

    while now < until:
        while waiting and waiting[0][0] <= now:
            job_id = waiting.pop(0)[1]
            row = server.histories[job_id].row(now) if posted else None
            if row is not None:
                answer_to_post = replace(row, rows_synced=None)
                tell(planner.accept(answer_to_post, Times(at(now), at(now), None), "post"), now)
            planner.track(job_id)
        hand_over(now)
        ask = planner.next(now)
        if isinstance(ask, Idle):
            soonest = min(
                [
                    ask.until,
                    until,
                    *(when for when, _ in waiting[:1]),
                    *(when for when, _ in others[:1]),
                ]
            )
            assert soonest > now, "the planner is idle and has something to do"
            now = soonest
            continue
        answer, now = server.answer(ask, now)
        hand_over(now)
        tell(_tell(planner, ask, answer, now), now)
    return told


def _tell(planner: Planner, ask: Ask, answer: Listed | Got | Refused, now: float) -> list[FeedFact]:
    match ask, answer:
        case ListJobs(), Listed():
            return planner.listed(ask, answer, now)
        case GetJob(), Got():
            return planner.got(ask, answer, now)
        case _, Refused():
            return planner.refused(ask, answer, now)
        case _:
            raise AssertionError((ask, answer))


def _note(watched: Watched, fact: ReadingTaken, now: float) -> None:
    watched.readings += 1
    status = fact.reading.status
    if not watched.statuses or watched.statuses[-1] != status:
        watched.statuses.append(status)
        watched.seen_at.setdefault(status, now)


def is_subsequence(told: list[Status], true: list[Status]) -> bool:
    rest = iter(true)
    return all(status in rest for status in told)
