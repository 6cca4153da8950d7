"""What a fleet that stays open need not know any more."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.support.run_events import START, created, ends, launched, of_launch, story
from workflow.runs import launch as launches
from workflow.runs.events import LaunchFinished, LaunchId, RunId
from workflow.runs.folding import replay
from workflow.runs.forgetting import to_forget
from workflow.runs.launch import LaunchState
from workflow.runs.run import RunState

HOUR = timedelta(hours=1)


def a_run(number: int, verdict: str | None = "succeeded", launch: str | None = None) -> RunState:
    """Return a run that ended `number` minutes after the first, or that goes on."""
    facts = (created(), *(() if verdict is None else (ends(verdict),)))
    begun = START + timedelta(minutes=number)
    of = None if launch is None else LaunchId(launch)
    run, connection = RunId(f"r-{number}"), f"c-{number % 10}"
    return replay(story(*facts, run=run, launch=of, connection_id=connection, start=begun))


def a_launch(name: str, *, finished: bool = True) -> LaunchState:
    started, over = of_launch(launched(), LaunchFinished({}, 0, 0, 1.0), launch=LaunchId(name))
    state = launches.begin(started)
    return launches.fold(state, over, None, None) if finished else state


def forgotten(
    *runs: RunState,
    most: int,
    of: tuple[LaunchState, ...] = (),
    after: timedelta = timedelta(1 / 24),
) -> set[str]:
    known = {run.run: run for run in runs}
    return set(to_forget(known, {one.launch: one for one in of}, START + after, most))


def test_those_that_ended_first_go_and_as_many_stay_as_are_asked_for() -> None:
    assert forgotten(*map(a_run, (3, 1, 4, 2)), most=2) == {"r-1", "r-2"}


def test_nothing_goes_while_there_are_no_more_than_that() -> None:
    assert forgotten(*map(a_run, range(5)), most=5) == set()


@pytest.mark.parametrize("verdict", [None, "unresolved"])
def test_what_goes_on_or_is_open_stays_however_old(verdict: str | None) -> None:
    assert forgotten(a_run(0, verdict), a_run(1), a_run(2), most=0) == {"r-1", "r-2"}


def test_what_may_have_taken_the_place_of_an_open_question_stays_with_it() -> None:
    question, successor, other = a_run(0, "unresolved"), a_run(10), a_run(11)
    assert forgotten(question, successor, other, most=0) == {"r-11"}


def test_a_question_is_none_any_more_when_its_suspects_are_not_looked_for() -> None:
    runs = [a_run(0, "unresolved"), a_run(10)]
    assert forgotten(*runs, most=0, after=timedelta(days=2)) == {"r-0", "r-10"}


def test_a_launch_goes_whole_or_not_at_all() -> None:
    runs = [a_run(0, launch="l-1"), a_run(1, launch="l-1"), a_run(2)]
    launch = a_launch("l-1")
    assert forgotten(*runs, most=2, of=(launch,)) == set()
    assert forgotten(*runs, most=1, of=(launch,)) == {"r-0", "r-1"}


def test_of_a_launch_with_something_left_to_do_nothing_goes() -> None:
    under_way = [a_run(0, launch="l-1"), a_run(1, None, launch="l-1")]
    assert forgotten(*under_way, most=0, of=(a_launch("l-1"),)) == set()
    ending = a_launch("l-1", finished=False)
    assert forgotten(a_run(0, launch="l-1"), most=0, of=(ending,)) == set()
