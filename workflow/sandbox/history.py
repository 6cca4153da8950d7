"""The jobs that had ended before the world began, so that a connection has a last success.

Drawn from the same behaviour and by the same script as the jobs to come; only their dates are
laid out backwards from the start.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from typing import Final

from workflow.sandbox.behaviour import draw, final_rows
from workflow.sandbox.jobs import Job
from workflow.sandbox.model import Cause, Connection, JobId, JobStatus, JobType
from workflow.sandbox.options import WorldSettings
from workflow.sandbox.schedule import Every

_DAY: Final = 86_400.0
_PAST: Final = Cause("history")


def past_jobs(settings: WorldSettings, connections: Iterable[Connection]) -> list[Job]:
    """Return the ended jobs of all connections, oldest first, ids not given yet."""
    jobs = [job for connection in connections for job in _of_one(settings, connection)]
    jobs.sort(key=lambda job: (job.created_at, job.connection_id))
    return jobs


def _of_one(settings: WorldSettings, connection: Connection) -> Iterable[Job]:
    rng = random.Random(f"{settings.seed}/{connection.id}/past")  # noqa: S311 - a script
    schedule = connection.schedule
    gap = min(schedule.seconds, 2 * _DAY) if isinstance(schedule, Every) else _DAY
    when = settings.start
    for _ in range(connection.behaviour.past_jobs):
        script = draw(connection.behaviour, rng)
        taken = script.pending + sum(a.seconds for a in script.attempts) + sum(script.backoffs)
        taken /= settings.speed
        when -= max(taken + 120.0, gap * rng.uniform(0.6, 1.1))
        # Stamps are whole seconds, like those of a job that a person looks at afterwards.
        began, ended = float(int(when)), float(int(when + taken) + 1)
        status = JobStatus.SUCCEEDED if script.succeeds else JobStatus.FAILED
        last = len(script.attempts) - 1
        yield Job(
            id=JobId(0),
            connection_id=connection.id,
            workspace_id=connection.workspace_id,
            type=JobType.SYNC,
            cause=_PAST,
            script=script,
            created_at=began,
            status=status,
            attempt=last,
            settled_rows=final_rows(script, last),
            history=[(JobStatus.PENDING, began), (status, ended)],
            shown_updated_at=ended,
        )
