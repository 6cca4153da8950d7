"""The whole stand-in world: what is provisioned, how jobs begin and are cancelled, schedules.

Pure: no I/O, no asyncio, no clock of its own. Whoever owns it says what time it is with
:meth:`World.advance` before each look. The trigger and cancel semantics, odd ones included, are
those of Airbyte's server: a sync over a sync is refused, a second POST before the first attempt
gets the same job, a reset or clear cancels what runs, a cancel goes to the connection.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from workflow.sandbox.behaviour import Script, draw, draw_wipe
from workflow.sandbox.catalogue import Catalogue
from workflow.sandbox.history import past_jobs
from workflow.sandbox.jobs import Job, JobTable
from workflow.sandbox.life import Life
from workflow.sandbox.model import Cause, Connection, ConnectionId, JobStatus, JobType
from workflow.sandbox.options import WorldSettings
from workflow.sandbox.schedule import Cron, Every, Manual, next_after

_COLLEAGUES: Final = ("Amina", "Bruno", "Chiara", "Dmitri", "Eun-ji")


@dataclass(frozen=True, slots=True)
class Began:
    """A job answers for the request: a new one, or one that had not had its first attempt."""

    job: Job


@dataclass(frozen=True, slots=True)
class AlreadyRunning:
    """A sync was asked for while a job runs on the connection."""

    job: Job


@dataclass(frozen=True, slots=True)
class NotActive:
    """The connection is inactive, deprecated or locked."""

    connection: Connection


TriggerOutcome = Began | AlreadyRunning | NotActive


class World:
    """One Airbyte: a catalogue, a table of jobs, and the time it is there."""

    def __init__(self, settings: WorldSettings, catalogue: Catalogue) -> None:
        self.settings = settings
        self.catalogue = catalogue
        self.jobs = JobTable()
        self.life = Life(
            now=settings.start,
            speed=settings.speed,
            capacity=settings.capacity,
            first_job_id=settings.first_job_id,
            table=self.jobs,
        )
        self.reset_marks: set[ConnectionId] = set()
        """Connections whose next job becomes a reset, because a failed clear left its mark."""
        self._drawn: dict[ConnectionId, int] = {}
        self._schedule_epoch: dict[ConnectionId, int] = {}
        self._colleague = random.Random(f"{settings.seed}/colleague")  # noqa: S311 - a script
        for job in past_jobs(settings, catalogue.connections.values()):
            self.life.take_past(job)
        for connection in catalogue.connections.values():
            self.reschedule(connection)
        if settings.colleagues is not None:
            self._expect_colleague()

    # -- time ------------------------------------------------------------------------------

    @property
    def now(self) -> float:
        """The instant up to which everything has happened, in epoch seconds."""
        return self.life.now

    @property
    def speed(self) -> float:
        """How many nominal seconds pass in one."""
        return self.settings.speed

    def advance(self, now: float) -> None:
        """Let everything happen that was to happen by `now`."""
        self.life.advance(now)

    # -- trigger and cancel ----------------------------------------------------------------

    def trigger(self, connection: Connection, job_type: JobType, cause: Cause) -> TriggerOutcome:
        """Ask for a job as POST /jobs does; refreshes are refused before this is asked."""
        if connection.status != "active":
            return NotActive(connection)
        lane = self.life.lane(connection.id)
        if job_type is JobType.SYNC:
            if lane:
                current = lane[-1]
                if len(lane) == 1 and current.type is JobType.SYNC and _unstarted(current):
                    return Began(current)
                return AlreadyRunning(lane[0])
            return Began(self.begin(connection, JobType.SYNC, cause))
        for job in lane:
            self.life.cancel(job)
        return Began(self.begin(connection, JobType.RESET, cause))

    def begin(self, connection: Connection, job_type: JobType, cause: Cause) -> Job:
        """Create a job whatever else runs; one connection's jobs still run one at a time."""
        job_type = self._due_type(connection, job_type)
        self.reset_marks.discard(connection.id)
        script = self._draw(connection, job_type)
        return self.life.begin(connection, job_type, cause, script)

    def cancel_on(self, connection_id: ConnectionId) -> Job | None:
        """Cancel what runs on the connection now; say which job that was."""
        lane = self.life.lane(connection_id)
        if not lane:
            return None
        self.life.cancel(lane[0])
        return lane[0]

    def lose_jobs(self) -> None:
        """Restart without the jobs' database: all are gone and ids begin again."""
        self.life.lose_everything()

    def _due_type(self, connection: Connection, job_type: JobType) -> JobType:
        marked = connection.id in self.reset_marks
        return JobType.RESET if marked or job_type is JobType.CLEAR else job_type

    def _draw(self, connection: Connection, job_type: JobType) -> Script:
        # A stream of its own for each job, so that what one connection does never depends on
        # the order in which others were asked.
        number = self._drawn.get(connection.id, 0)
        self._drawn[connection.id] = number + 1
        rng = random.Random(f"{self.settings.seed}/{connection.id}/{number}")  # noqa: S311
        if job_type is JobType.RESET:
            return draw_wipe(connection.behaviour, rng)
        return draw(connection.behaviour, rng)

    # -- jobs that nobody here asked for ----------------------------------------------------

    def reschedule(self, connection: Connection) -> None:
        """Plan the next start by schedule anew, after a connection came or changed."""
        epoch = self._schedule_epoch.get(connection.id, 0) + 1
        self._schedule_epoch[connection.id] = epoch
        if not self.settings.schedules or isinstance(connection.schedule, Manual):
            return
        last = self.now
        if isinstance(connection.schedule, Every):
            # Spread the first starts, or every hourly connection would fire in one instant.
            rng = random.Random(f"{self.settings.seed}/{connection.id}/phase")  # noqa: S311
            last -= rng.random() * connection.schedule.seconds / self.speed
        self._plan_start(connection, last, epoch)

    def _plan_start(self, connection: Connection, last: float, epoch: int) -> None:
        when = next_after(connection.schedule, last, self.speed)
        if when is None:
            return

        def start(now: float) -> None:
            if self._schedule_epoch.get(connection.id) != epoch:
                return
            current = self.catalogue.connection(connection.id)
            if current is not None and current.status == "active":
                if not self.life.lane(connection.id):
                    self.begin(current, JobType.SYNC, scheduled(current))
                self._plan_start(connection, now, epoch)

        self.life.at(when, start)

    def _expect_colleague(self) -> None:
        wait = (self.settings.colleagues or 0.0) * self._colleague.uniform(0.5, 1.5)

        def arrive(_: float) -> None:
            idle = [
                connection
                for connection in self.catalogue.connections.values()
                if connection.status == "active" and not self.life.lane(connection.id)
            ]
            if idle:
                who = Cause("colleague", note=self._colleague.choice(_COLLEAGUES))
                self.begin(self._colleague.choice(idle), JobType.SYNC, who)
            self._expect_colleague()

        self.life.at(self.now + max(1.0, wait) / self.speed, arrive)

    def change_connection(self, connection: Connection) -> Connection:
        """Put a new or changed connection in, and plan its schedule anew."""
        self.catalogue.add_connection(connection)
        self.reschedule(connection)
        return connection

    def retire(self, connections: Iterable[Connection]) -> None:
        """Delete connections: they stay as deprecated, and what runs on them is cancelled."""
        for connection in list(connections):
            self.cancel_on(connection.id)
            self.change_connection(replace(connection, status="deprecated"))


def scheduled(connection: Connection) -> Cause:
    """Return the cause of a job that the connection's schedule starts."""
    match connection.schedule:
        case Manual():
            return Cause("schedule", note="a schedule that was taken away since")
        case Every(units, unit):
            return Cause("schedule", note=f"every {units} {unit}")
        case Cron(text):
            return Cause("schedule", note=f"cron {text}")


def _unstarted(job: Job) -> bool:
    return job.status in {JobStatus.PENDING, JobStatus.QUEUED} and job.attempt < 0
