"""Which job is a run's, and which one it is told of."""

from __future__ import annotations

from workflow.airbyte.models import JobId
from workflow.runs.ledger import Voice
from workflow.runs.relay import Relay


class JobOfRun:
    """One run's job, as far as its calls tell."""

    def __init__(self, voice: Voice, relay: Relay) -> None:
        self._voice = voice
        self._relay = relay
        state = voice.state
        # A job that was only seen while looking is nobody's yet.
        self.job_id: int | None = None if state.origin is None else state.job_id

    def is_at_least(self, job_id: int) -> None:
        """Take this one for the run's, unless there is one."""
        self.job_id = self.job_id if self.job_id is not None else job_id

    def watch(self, job_id: int | None, connection_id: str | None = None) -> None:
        """Tell the run of this job from now on, None for of no job; of the run's own connection."""
        if job_id is None:
            self._relay.unwatch(self._voice.run)
            return
        of = self._voice.state.connection_id or "" if connection_id is None else connection_id
        self._relay.watch(self._voice.run, JobId(job_id), of)
