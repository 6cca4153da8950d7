"""All the runs this process looks after, and the one thing every face talks to.

The deck and the headless commands start, attach, cancel and detach here, and listen here. What a
run does is in :mod:`~workflow.runs.drive` and below; what was not finished when a process ended is
taken up again by :meth:`Fleet.start`, which never sends a trigger.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from types import TracebackType
from typing import Self

from workflow.runs.events import Event, LaunchId, RunId
from workflow.runs.launch import LaunchState, Order, TargetCheck
from workflow.runs.run import RunState
from workflow.runs.watch import Watch
from workflow.text import SafeText

Listener = Callable[[Event], None]


class Fleet:
    """The runs of one profile in this process."""

    watch: Watch

    @property
    def runs(self) -> Mapping[RunId, RunState]:
        """Every run this process knows, in the order they came."""
        raise NotImplementedError

    @property
    def launches(self) -> Mapping[LaunchId, LaunchState]:
        """Every launch this process knows, in the order they came."""
        raise NotImplementedError

    @property
    def trouble(self) -> SafeText | None:
        """Why nothing can be written down; triggers are refused until it can."""
        raise NotImplementedError

    async def start(self) -> None:
        """Begin reading the server and take up what was not finished. Sends no trigger."""
        raise NotImplementedError

    async def close(self, reason: str = "detach") -> None:
        """Detach every run and stop. The jobs go on; a next start finds the runs."""
        raise NotImplementedError

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` with every event; the journal has it and the states have folded it.

        It must be quick. Returns what ends the subscription.
        """
        raise NotImplementedError

    def check(self, order: Order) -> AsyncIterator[TargetCheck]:
        """Say for each target what a launch would do to it, as it becomes known. Reads only."""
        raise NotImplementedError

    async def launch(self, order: Order) -> LaunchId:
        """Start runs for all targets.

        Raises:
            OrderRefused: nothing was started.
        """
        raise NotImplementedError

    async def attach(self, job_id: int, connection_id: str | None = None) -> RunId:
        """Watch a job that is there, whoever started it; the run that watches it if one does.

        Raises:
            OrderRefused: there is no such job, as far as the server tells.
        """
        raise NotImplementedError

    async def attach_run(self, run: RunId) -> RunId:
        """Take up a detached or unfinished run again.

        Raises:
            OrderRefused: it has ended, is unknown, or another process looks after it.
        """
        raise NotImplementedError

    async def cancel(self, run: RunId) -> None:
        """Wish that the run's job stop, and see to it; returns when that is settled.

        Raises:
            OrderRefused: the profile is read-only, or the run has nothing that could stop.
        """
        raise NotImplementedError

    async def cancel_job(self, job_id: int) -> RunId:
        """Attach to a job and wish that it stop."""
        raise NotImplementedError

    async def detach(self, run: RunId, reason: str = "operator") -> None:
        """Stop watching a run; its job goes on."""
        raise NotImplementedError

    async def hold(self, launch: LaunchId, why: str = "operator") -> None:
        """Start no more runs of the launch."""
        raise NotImplementedError

    async def go_on(self, launch: LaunchId) -> None:
        """Let a held launch go on."""
        raise NotImplementedError

    async def start_waiting(self, runs: Iterable[RunId]) -> None:
        """Let runs go that an earlier process left unsent (waiting for ``asked``)."""
        raise NotImplementedError

    async def drop_waiting(self, runs: Iterable[RunId]) -> None:
        """End such runs as skipped; nothing was sent for them."""
        raise NotImplementedError

    async def pick(self, run: RunId, job_id: int) -> RunId:
        """Say which suspect is the unresolved run's job; returns the run that watches it."""
        raise NotImplementedError

    async def dismiss(self, run: RunId) -> None:
        """Say that none of an unresolved run's suspects is its job: its connection is free."""
        raise NotImplementedError

    async def set_connection_status(self, connection_id: str, *, active: bool) -> None:
        """Enable or disable a connection at the server.

        Raises:
            OrderRefused: the profile is read-only, or the server refused.
        """
        raise NotImplementedError

    async def end(self) -> None:
        """Wait until every run here has ended or was let go."""
        raise NotImplementedError
