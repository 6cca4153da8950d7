"""How jobs live: pending → (queued) → running → (incomplete → running or pending) → an end.

Nothing here waits. What is to happen lies in a heap with its instant, and :meth:`Life.advance`
lets it happen when somebody asks what time has brought; so a real server, a virtual clock and a
simulated day are the same to it. Who may start a job is :mod:`workflow.sandbox.world`'s business.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable
from itertools import count
from typing import Final, Protocol

from workflow.sandbox.behaviour import Script
from workflow.sandbox.jobs import Job, JobTable
from workflow.sandbox.model import (
    LEGAL_MOVES,
    Cause,
    Connection,
    ConnectionId,
    JobId,
    JobStatus,
    JobType,
)

Action = Callable[[float], None]
"""What happens at an instant; it is given that instant."""

_BRIEF: Final = 1.5
"""Nominal seconds of `incomplete` before `failed` and `cancelled`."""


class Disturbance(Protocol):
    """What makes the server's bookkeeping differ from what happened."""

    def skew(self, job: Job) -> float:
        """Return how many seconds the clock of the next writer for this job is off."""

    def commit_delay(self, job: Job) -> float:
        """Return after how many seconds the next write becomes visible."""


class Undisturbed:
    """One good clock, and commits that are visible at once."""

    def skew(self, job: Job) -> float:  # noqa: ARG002 - the protocol's shape
        """Return zero."""
        return 0.0

    def commit_delay(self, job: Job) -> float:  # noqa: ARG002 - the protocol's shape
        """Return zero."""
        return 0.0


class Life:
    """The engine under all jobs: a heap of what is to come, lanes, and a capacity.

    A connection is a lane: its jobs run one after the other. `capacity` is how many jobs may run
    at once on the whole server; the next ones are `queued`, first come first served.
    """

    def __init__(
        self, *, now: float, speed: float, capacity: int | None, first_job_id: int, table: JobTable
    ) -> None:
        self.now = now
        self.speed = speed
        self.capacity = capacity
        self.table = table
        self.disturbance: Disturbance = Undisturbed()
        self._first_job_id = first_job_id
        self._next_job_id = first_job_id
        self._heap: list[tuple[float, int, Action]] = []
        self._order = count()
        self._lanes: dict[ConnectionId, deque[Job]] = {}
        self._holders: set[JobId] = set()
        self._waiting: deque[Job] = deque()
        self._restarts = 0

    # -- time ------------------------------------------------------------------------------

    def advance(self, now: float) -> None:
        """Let everything happen that was to happen by `now`; time never goes back."""
        heap = self._heap
        while heap and heap[0][0] <= now:
            when, _, action = heapq.heappop(heap)
            self.now = max(self.now, when)
            action(self.now)
        self.now = max(self.now, now)

    def at(self, when: float, action: Action) -> None:
        """Plan an action; instants in the past happen at the next advance."""
        heapq.heappush(self._heap, (when, next(self._order), action))

    def _later(self, job: Job, nominal: float, action: Callable[[Job, float], None]) -> None:
        epoch = job.epoch

        def happen(now: float) -> None:
            if job.epoch == epoch:
                action(job, now)

        self.at(self.now + nominal / self.speed, happen)

    # -- jobs ------------------------------------------------------------------------------

    def lane(self, connection_id: ConnectionId) -> tuple[Job, ...]:
        """Return the jobs of a connection that have not ended; the first has its turn."""
        return tuple(self._lanes.get(connection_id, ()))

    def begin(self, connection: Connection, job_type: JobType, cause: Cause, script: Script) -> Job:
        """Create a job now; it goes on by itself from here."""
        job = Job(
            id=JobId(self._next_job_id),
            connection_id=connection.id,
            workspace_id=connection.workspace_id,
            type=job_type,
            cause=cause,
            script=script,
            created_at=self.now,
        )
        self._next_job_id += 1
        job.created_at += self.disturbance.skew(job)
        job.history.append((JobStatus.PENDING, self.now))
        self._write(job, JobStatus.PENDING, job.created_at)
        lane = self._lanes.setdefault(connection.id, deque())
        lane.append(job)
        if lane[0] is job:
            self._later(job, script.pending, self._wish_to_run)
        return job

    def take_past(self, job: Job) -> None:
        """Put an ended job of the past in the table; its id is overwritten with the next."""
        job.id = JobId(self._next_job_id)
        self._next_job_id += 1
        self.table.publish(job, job.status, job.shown_updated_at)

    def cancel(self, job: Job) -> None:
        """End a live job early: at once before its first attempt, else through `incomplete`."""
        if job.ended or job.cancelling:
            return
        job.epoch += 1
        job.cancelling = True
        if job.status in {JobStatus.PENDING, JobStatus.QUEUED}:
            self._end(job, JobStatus.CANCELLED)
            return
        if job.status is JobStatus.RUNNING:
            job.settle(self.now, self.speed)
            self._move(job, JobStatus.INCOMPLETE)
        self._later(job, _BRIEF, lambda ending, _: self._end(ending, JobStatus.CANCELLED))

    def lose_everything(self) -> None:
        """Forget all jobs and begin ids again: a restart that did not keep its database."""
        for lane in self._lanes.values():
            for job in lane:
                job.epoch += 1
        self._restarts += 1
        self._lanes.clear()
        self._holders.clear()
        self._waiting.clear()
        self._next_job_id = self._first_job_id
        self.table.clear()

    # -- the course of one job -------------------------------------------------------------

    @property
    def _has_room(self) -> bool:
        return self.capacity is None or len(self._holders) < self.capacity

    def _wish_to_run(self, job: Job, now: float) -> None:
        if self._has_room:
            self._start_attempt(job, now)
        else:
            self._move(job, JobStatus.QUEUED)
            self._waiting.append(job)

    def _start_attempt(self, job: Job, now: float) -> None:
        self._holders.add(job.id)
        job.attempt += 1
        job.attempt_began = now
        self._move(job, JobStatus.RUNNING)
        self._later(job, job.script.attempts[job.attempt].seconds, self._end_attempt)

    def _end_attempt(self, job: Job, now: float) -> None:
        job.settle(now, self.speed)
        if job.script.attempts[job.attempt].succeeds:
            self._end(job, JobStatus.SUCCEEDED)
            return
        self._move(job, JobStatus.INCOMPLETE)
        if job.attempt + 1 < len(job.script.attempts):
            self._leave(job)
            self._later(job, job.script.backoffs[job.attempt], self._try_again)
        else:
            self._later(job, _BRIEF, lambda ending, _: self._end(ending, JobStatus.FAILED))

    def _try_again(self, job: Job, now: float) -> None:
        if self._has_room:
            self._start_attempt(job, now)
            return
        # Somebody took the place during the backoff: back to the end of the queue.
        self._move(job, JobStatus.PENDING)
        self._later(job, job.script.pending, self._wish_to_run)

    def _end(self, job: Job, status: JobStatus) -> None:
        job.epoch += 1
        self._move(job, status)
        lane = self._lanes[job.connection_id]
        was_first = lane[0] is job
        lane.remove(job)
        if not lane:
            del self._lanes[job.connection_id]
        elif was_first:
            self._later(lane[0], lane[0].script.pending, self._wish_to_run)
        self._leave(job)

    def _leave(self, job: Job) -> None:
        """Give a job's place to those that wait."""
        self._holders.discard(job.id)
        while self._waiting and self._has_room:
            job = self._waiting.popleft()
            if job.status is JobStatus.QUEUED:
                self._start_attempt(job, self.now)

    # -- bookkeeping -----------------------------------------------------------------------

    def _move(self, job: Job, status: JobStatus) -> None:
        if status not in LEGAL_MOVES[job.status]:  # pragma: no cover - a mistake in this module
            raise AssertionError(f"job {job.id} cannot go from {job.status} to {status}")
        job.status = status
        job.history.append((status, self.now))
        self._write(job, status, self.now + self.disturbance.skew(job))

    def _write(self, job: Job, status: JobStatus, stamp: float) -> None:
        visible = max(job.committed_until, self.now + self.disturbance.commit_delay(job))
        job.committed_until = visible
        if visible <= self.now:
            self.table.publish(job, status, stamp)
            return
        restarts = self._restarts

        def become_visible(_: float) -> None:
            if restarts == self._restarts:
                self.table.publish(job, status, stamp)

        self.at(visible, become_visible)
