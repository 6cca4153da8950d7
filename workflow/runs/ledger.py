"""The one way a fact becomes an event: numbered, written down, folded, told.

Facts of all runs go through one queue, so that the journal has an event before any listener and
everybody sees them in the same order; what has gathered while a transaction was under way is one
transaction next. A journal that cannot be written does not stop the show: it keeps what it was
given, :attr:`Ledger.trouble` says what is wrong, and whoever wants to send something asks first.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Protocol, TypeAlias

from workflow.clock import Clock
from workflow.runs.events import Event, Fact, Json, RunId
from workflow.runs.journal.problems import JournalError
from workflow.runs.known import Known
from workflow.runs.run import RunState
from workflow.runs.tasks import end
from workflow.text import SafeText

Listener: TypeAlias = Callable[[Event], None]

_log = logging.getLogger(__name__)


class Store(Protocol):
    """What a ledger needs of a journal."""

    @property
    def healthy(self) -> SafeText | None:
        """Why it cannot be written now; None when it can."""

    async def append(
        self,
        events: Sequence[Event],
        *,
        profile: str,
        checkpoints: Mapping[RunId, Json] = ...,
    ) -> bool:
        """Write events and checkpoints in one transaction."""

    async def finish(self, run: RunId, event: Event) -> bool:
        """Write a verdict; False when the run has one."""


@dataclass(frozen=True, slots=True)
class _Entry:
    make: Callable[[], Sequence[Event]]
    """Makes the events when its turn has come."""
    run: RunId | None
    """Whose they are; None for those of a launch or of no run alone."""
    checkpoints: Mapping[RunId, Json] = field(default_factory=dict)
    done: asyncio.Future[None] | None = None
    written: bool = False
    """The journal has it already."""
    ends: bool = False
    """The last of the events is the run's verdict; all before must have been folded by then."""


class Ledger:
    """Writes down what happens to the runs of one profile and tells everybody.

    Use as an async context manager, or call :meth:`open` and :meth:`aclose`.
    """

    def __init__(self, store: Store, *, profile: str, clock: Clock) -> None:
        self._store = store
        self._profile = profile
        self.known: Final = Known(clock)
        self.runs: Final = self.known.runs
        self.launches: Final = self.known.launches
        self.stamp: Final = self.known.stamp
        self._listeners: list[Listener] = []
        self._queue: asyncio.Queue[_Entry] = asyncio.Queue()
        self._behind: dict[RunId, list[_Entry]] = {}
        """What happens to a run while others write facts of it down themselves."""
        self._late: set[asyncio.Task[bool]] = set()
        self._task: asyncio.Task[None] | None = None

    @property
    def trouble(self) -> SafeText | None:
        """Why the journal cannot be written; None when it can."""
        return self._store.healthy

    def open(self) -> None:
        """Begin to write."""
        self._task = asyncio.create_task(self._work(), name="ledger")

    async def aclose(self) -> None:
        """Write what is still to be written, and stop."""
        await self.settled()
        if self._task is not None:
            await end(self._task)

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` with every event from now on; returns what ends that."""
        self._listeners.append(listener)

        def end() -> None:
            with contextlib.suppress(ValueError):  # ended before
                self._listeners.remove(listener)

        return end

    async def emit(
        self,
        *events: Event,
        checkpoints: Mapping[RunId, Json] | None = None,
    ) -> None:
        """Write events in one transaction and tell of them; returns when both is done."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        run = events[0].run if events else None
        self._put(_Entry(lambda: events, run, checkpoints or {}, done=done))
        await done

    async def finish(self, run: RunId, make: Callable[[], Sequence[Event]]) -> None:
        """Write a run's verdict, the last of the events that are made, and tell of it.

        They are made when everything before them has been folded. A verdict is written once: when
        the journal has one already, nobody is told of another. Nothing happens to a run after it.
        """
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._put(_Entry(make, run, done=done, ends=True))
        await done

    def note(self, event: Event) -> None:
        """Write an event and tell of it, in its turn, without waiting."""
        self._put(_Entry(lambda: (event,), event.run))

    def publish(self, event: Event) -> None:
        """Tell, in its turn, of an event that is not for the journal, or that it has already."""
        self._put(_Entry(lambda: (event,), event.run, written=True))

    @contextlib.contextmanager
    def aside(self, run: RunId, *facts: Fact) -> Iterator[tuple[Event, ...]]:
        """Give facts as events that the block itself writes down; they are told at its end.

        What else happens to the run meanwhile has later numbers and is told after them. When the
        block raises, the facts have not happened. One block a run at a time.
        """
        events = tuple(self.stamp(fact, run=run) for fact in facts)
        self._behind[run] = []
        kept = False
        try:
            yield events
            kept = True
        finally:
            behind = self._behind.pop(run)
            for event in events if kept else ():
                self.publish(event)
            for entry in behind:
                self._put(entry)

    def _put(self, entry: _Entry) -> None:
        behind = None if entry.run is None else self._behind.get(entry.run)
        if behind is None:
            self._queue.put_nowait(entry)
        else:
            behind.append(entry)

    async def settled(self) -> None:
        """Wait until everything so far has been written and told."""
        await self._queue.join()

    # ------------------------------------------------------------------ the writer's own task

    async def _work(self) -> None:
        while True:
            batch = [await self._queue.get()]
            while not batch[-1].ends and not self._queue.empty():
                batch.append(self._queue.get_nowait())
            last = batch.pop() if batch[-1].ends else None
            await self._take(batch)
            if last is not None and last.run is not None:
                await self._end(last, last.run)

    async def _take(self, batch: Sequence[_Entry]) -> None:
        made = [
            tuple(event for event in entry.make() if self.known.goes_on(event)) for entry in batch
        ]
        fresh = [
            event
            for entry, events in zip(batch, made, strict=True)
            if not entry.written
            for event in events
        ]
        checkpoints = {run: saved for entry in batch for run, saved in entry.checkpoints.items()}
        if fresh or checkpoints:
            await self._write(
                self._store.append(fresh, profile=self._profile, checkpoints=checkpoints)
            )
        for entry, events in zip(batch, made, strict=True):
            self._tell(events)
            self._done(entry)

    async def _end(self, entry: _Entry, run: RunId) -> None:
        *before, verdict = entry.make()
        if before:
            await self._write(self._store.append(before, profile=self._profile))
        counts = await self._write(self._store.finish(run, verdict))
        self._tell(before)
        if counts:
            self._tell((verdict,))
        self._done(entry)

    async def _write(self, writing: Coroutine[object, object, bool]) -> bool:
        """Wait for the journal, unless it is known to be in trouble: then it writes later."""
        if self._store.healthy is not None:
            task = asyncio.create_task(writing, name="ledger-write")
            self._late.add(task)
            task.add_done_callback(self._written_late)
            return True
        try:
            return await writing
        except JournalError as error:
            _log.error("%s", error)
            return True

    def _written_late(self, task: asyncio.Task[bool]) -> None:
        self._late.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("%s", error)

    def _done(self, entry: _Entry) -> None:
        if entry.done is not None and not entry.done.done():
            entry.done.set_result(None)
        self._queue.task_done()

    def _tell(self, events: Iterable[Event]) -> None:
        for event in events:
            self.known.fold(event)
            for listener in tuple(self._listeners):
                try:
                    listener(event)
                except Exception:  # noqa: BLE001
                    # One screen's mistake must not keep the journal from being written.
                    _log.exception("a listener failed on %s", event.fact.kind)


@dataclass(frozen=True, slots=True)
class Voice:
    """A run's own way to tell what happens to it."""

    ledger: Ledger
    run: RunId

    @property
    def state(self) -> RunState:
        """What the run's events add up to so far."""
        return self.ledger.runs[self.run]

    @property
    def unwanted(self) -> bool:
        """Whether the run's job is to be cancelled, and that is not settled yet."""
        cancel = self.state.cancel
        return cancel is not None and cancel.how is None

    def stamp(self, fact: Fact) -> Event:
        """Put a fact in the run's envelope, with its next number."""
        return self.ledger.stamp(fact, run=self.run)

    def aside(self, *facts: Fact) -> AbstractContextManager[tuple[Event, ...]]:
        """Give facts as events that the block itself writes down; they are told at its end."""
        return self.ledger.aside(self.run, *facts)

    async def tell(self, *facts: Fact, checkpoint: Json = None) -> None:
        """Write facts, and where the run's machine stands, in one transaction; then tell.

        None for `checkpoint` leaves the one that is there.
        """
        saved = {} if checkpoint is None else {self.run: checkpoint}
        events = tuple(self.stamp(fact) for fact in facts)
        await self.ledger.emit(*events, checkpoints=saved)

    def note(self, fact: Fact, at: datetime | None = None) -> None:
        """Write a fact down and tell of it, in its turn, without waiting."""
        self.ledger.note(self.ledger.stamp(fact, run=self.run, at=at))
