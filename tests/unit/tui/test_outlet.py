"""How long pictures wait is told by when they were handed over and when the terminal took them."""

from __future__ import annotations

import io

import pytest

from tests.support.deck import StillClock
from tui.link import Waited
from tui.outlet import Queued, TimedFile


def test_what_waits_is_as_old_as_the_oldest() -> None:
    clock = StillClock()
    queued = Queued(clock.monotonic)
    queued.hand_over()
    clock.move(2.0)
    queued.hand_over()
    clock.move(1.0)
    assert queued.waited() == Waited(3.0, 3.0)


def test_what_left_is_told_of_once() -> None:
    clock = StillClock()
    queued = Queued(clock.monotonic)
    queued.hand_over()
    clock.move(2.0)
    queued.leave()
    assert queued.waited() == Waited(2.0, 0.0)
    assert queued.waited() == Waited(0.0, 0.0)


def test_a_text_has_left_when_the_terminal_has_taken_it() -> None:
    clock = StillClock()
    queued = Queued(clock.monotonic)

    class Slow(io.StringIO):
        def flush(self) -> None:
            clock.move(0.7)

    file = TimedFile(Slow(), queued)
    queued.hand_over()
    assert file.write("picture") == 7
    assert queued.waited() == Waited(pytest.approx(0.7), 0.0)


def test_a_terminal_that_is_gone_leaves_nothing_waiting() -> None:
    queued = Queued()

    class Gone(io.StringIO):
        def write(self, _: str) -> int:
            raise BrokenPipeError

    queued.hand_over()
    with pytest.raises(BrokenPipeError):
        TimedFile(Gone(), queued).write("picture")
    assert queued.waited().still == 0.0
