"""What a fleet knows: its runs, its launches, and the number of each one's latest event.

Everything comes about by events being folded in, in the order of their numbers; who writes them
down and tells of them is the :mod:`~workflow.runs.ledger`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import Final

from workflow.clock import Clock
from workflow.runs import folding
from workflow.runs import launch as launches
from workflow.runs.events import Event, Fact, LaunchId, LaunchStarted, RunCreated, RunId
from workflow.runs.launch import LaunchState
from workflow.runs.run import RunState


class Known:
    """The states of runs and launches, and what their next events are numbered."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._runs: dict[RunId, RunState] = {}
        self._launches: dict[LaunchId, LaunchState] = {}
        self._numbers: Counter[str] = Counter()
        self._counted = 0
        """Launches that there have been, forgotten ones included."""
        self.runs: Final[Mapping[RunId, RunState]] = MappingProxyType(self._runs)
        self.launches: Final[Mapping[LaunchId, LaunchState]] = MappingProxyType(self._launches)

    def goes_on(self, event: Event) -> bool:
        """Whether an event comes before its run's end: nothing is said of a run after that.

        Nor of one that is forgotten: the journal has its end.
        """
        if event.run is None:
            return True
        state = self._runs.get(event.run)
        return event.run in self._numbers and (state is None or state.verdict is None)

    def take_over(self, events: Iterable[Event]) -> None:
        """Fold in what an earlier process wrote, telling nobody; numbers go on from there."""
        for event in events:
            key = _key(event.run, event.launch)
            self._numbers[key] = max(self._numbers[key], event.seq)
            self.fold(event)

    def restore(self, run: RunState) -> None:
        """Know a run as an earlier process left it, telling nobody; its numbers go on."""
        before = self._runs.get(run.run)
        self._runs[run.run] = run
        self._numbers[run.run] = max(self._numbers[run.run], run.seq)
        if run.launch is not None:
            launch = self._launches.get(run.launch) or self._count(
                launches.restore(run.launch, run.created, run.job_type)
            )
            self._launches[run.launch] = launches.with_run(launch, before, run)

    def forget(self, gone: Collection[RunId]) -> None:
        """Know these runs no more, nor launches that have none left: the journal has them."""
        of = {state.launch for run in gone if (state := self._runs.pop(run, None)) is not None}
        left = {state.launch for state in self._runs.values()}
        empty = [launch for launch in of if launch is not None and launch not in left]
        for launch in empty:
            self._launches.pop(launch, None)
        for name in (*gone, *empty):
            self._numbers.pop(name, None)

    def stamp(
        self,
        fact: Fact,
        *,
        run: RunId | None = None,
        launch: LaunchId | None = None,
        connection_id: str | None = None,
        at: datetime | None = None,
    ) -> Event:
        """Put a fact in its envelope: now, and the next number of its run.

        A run that is not known has none but 0: numbers that begin anew are in the journal already.
        """
        if run is not None and (state := self._runs.get(run)) is not None:
            launch, connection_id = state.launch, state.connection_id
        key = _key(run, launch)
        if run is None or run in self._numbers or isinstance(fact, RunCreated):
            self._numbers[key] += 1
        return Event(at or self._clock.now(), self._numbers[key], fact, run, launch, connection_id)

    def fold(self, event: Event) -> None:
        """Take an event in; one of a run that is not known changes nothing."""
        before = after = None
        if event.run is not None:
            before = self._runs.get(event.run)
            if before is not None:
                after = folding.fold(before, event)
            elif isinstance(event.fact, RunCreated):
                after = folding.begin(event)
            else:
                return
            self._runs[event.run] = after
        if event.launch is None:
            return
        launch = self._launches.get(event.launch)
        if launch is None:
            if isinstance(event.fact, LaunchStarted):
                self._launches[event.launch] = self._count(launches.begin(event))
                return
            job_type = None if after is None else after.job_type
            launch = self._count(launches.restore(event.launch, event.time, job_type))
        self._launches[event.launch] = launches.fold(launch, event, before, after)

    def _count(self, launch: LaunchState) -> LaunchState:
        self._counted += 1
        return replace(launch, number=self._counted)


def _key(run: RunId | None, launch: LaunchId | None) -> str:
    return run or launch or ""
