"""The tasks of runs: each looked after until it has ended, was let go, or broke."""

from __future__ import annotations

import asyncio
import logging

import pytest

from workflow.runs.events import RunId
from workflow.runs.roster import Roster

ONE, TWO = RunId("r-1"), RunId("r-2")


class Mistakes(list[RunId]):
    async def __call__(self, run: RunId, error: Exception) -> None:
        self.append(run)


async def test_a_run_is_looked_after_until_its_work_is_done() -> None:
    roster, done = Roster(Mistakes()), asyncio.Event()
    roster.add(ONE, done.wait)
    await asyncio.sleep(0)
    assert ONE in roster
    done.set()
    await roster.ended()
    assert len(roster) == 0


async def test_a_run_that_is_let_go_before_its_first_turn_is_forgotten_as_well() -> None:
    roster = Roster(Mistakes())
    roster.add(ONE, asyncio.Event().wait)
    await roster.stop(ONE)
    assert ONE not in roster
    await roster.ended()


async def test_letting_one_go_leaves_the_others() -> None:
    roster = Roster(Mistakes())
    roster.add(ONE, asyncio.Event().wait)
    roster.add(TWO, asyncio.Event().wait)
    await roster.stop(ONE)
    assert roster.runs == (TWO,)
    await roster.stop(TWO)


async def test_letting_go_of_a_run_that_nobody_looks_after_is_nothing() -> None:
    await Roster(Mistakes()).stop(ONE)


async def test_a_run_whose_work_breaks_is_handed_on(caplog: pytest.LogCaptureFixture) -> None:
    mistakes = Mistakes()
    roster = Roster(mistakes)

    async def breaks() -> None:
        raise ZeroDivisionError

    with caplog.at_level(logging.CRITICAL):
        roster.add(ONE, breaks)
        await roster.ended()
    assert mistakes == [ONE]
