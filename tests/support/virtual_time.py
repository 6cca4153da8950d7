"""An event loop whose time jumps: hours of waiting pass in milliseconds, in the right order.

When nothing is ready, the loop does not sleep until its next timer but moves its own time there.
It sleeps for real only while a thread works for it (`run_in_executor`, `asyncio.to_thread`), since
that work's end is not on any timer. Code under test takes its time from the loop
(:class:`~workflow.clock.LoopClock`), and servers are called in-process.

A loop that would wait for ever (no timer, no thread, nothing readable) raises
:class:`StuckError`, which beats a test that hangs. Sockets of the outside world have no place here.
"""

from __future__ import annotations

import asyncio
import math
import selectors
from collections.abc import Callable, Coroutine, Mapping
from concurrent.futures import Executor
from contextvars import Context
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

from workflow.clock import LoopClock

if TYPE_CHECKING:
    from _typeshed import FileDescriptorLike

ResultT = TypeVar("ResultT")

START = datetime(2026, 3, 25, 1, 30, tzinfo=UTC)
"""When virtual time begins, unless a test says otherwise."""

_NEVER_LONGER = 30.0


class StuckError(AssertionError):
    """Everything waits for something that no timer and no thread will bring."""


class _JumpingSelector(selectors.BaseSelector):
    """A selector that never waits for time to pass unless a thread is at work."""

    def __init__(self) -> None:
        self._real = selectors.DefaultSelector()
        self.now = 0.0
        self.threads_at_work = 0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = self._real.select(0)
        if ready or (timeout is not None and timeout <= 0):
            return ready
        if self.threads_at_work:
            return self._wait_for_thread()
        if timeout is None:
            # A callback from a thread the loop was not told of may still be on its way.
            ready = self._real.select(0.5)
            if not ready:
                raise StuckError("nothing is ready, no timer is set and no thread is at work")
            return ready
        # Never less than one step of a float, or a tiny timeout would be waited for for ever.
        self.now = max(self.now + timeout, math.nextafter(self.now, math.inf))
        return []

    def _wait_for_thread(self) -> list[tuple[selectors.SelectorKey, int]]:
        ready = self._real.select(_NEVER_LONGER)
        if not ready:
            raise StuckError(f"a thread has worked for {_NEVER_LONGER:.0f} s without an end")
        return ready

    def register(
        self, fileobj: FileDescriptorLike, events: int, data: Any = None
    ) -> selectors.SelectorKey:
        return self._real.register(fileobj, events, data)

    def unregister(self, fileobj: FileDescriptorLike) -> selectors.SelectorKey:
        return self._real.unregister(fileobj)

    def modify(
        self, fileobj: FileDescriptorLike, events: int, data: Any = None
    ) -> selectors.SelectorKey:
        return self._real.modify(fileobj, events, data)

    def get_map(self) -> Mapping[FileDescriptorLike, selectors.SelectorKey]:
        return self._real.get_map()

    def close(self) -> None:
        self._real.close()


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """A selector loop in virtual time; `time()` starts at 0."""

    def __init__(self) -> None:
        self._jumping = _JumpingSelector()
        super().__init__(self._jumping)
        # A timer is due when time plus this is past it. Months from zero, the default is less than
        # a float's step, and a timer that is exactly due would be waited for for ever.
        self._clock_resolution = 1e-6

    def time(self) -> float:
        return self._jumping.now

    def run_in_executor(  # type: ignore[override]  # the stub's overloads say nothing more
        self, executor: Executor | None, func: Callable[..., ResultT], *args: Any
    ) -> asyncio.Future[ResultT]:
        """Start the work in a thread, and let time stand still until it is done."""
        self._jumping.threads_at_work += 1
        try:
            future: asyncio.Future[ResultT] = super().run_in_executor(executor, func, *args)
        except BaseException:
            self._jumping.threads_at_work -= 1
            raise
        # A cancelled future's thread may go on: time may pass it by, as it may in real life.
        future.add_done_callback(self._thread_ended, context=Context())
        return future

    def _thread_ended(self, _future: asyncio.Future[Any]) -> None:
        self._jumping.threads_at_work -= 1


def clock(start: datetime = START) -> LoopClock:
    """Make a clock in the running loop's time, for server and client alike."""
    return LoopClock(start, asyncio.get_running_loop())


def run_virtual(coroutine: Coroutine[Any, Any, ResultT]) -> ResultT:
    """Run `coroutine` to its end in virtual time, in a loop of its own."""
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        return runner.run(coroutine)
