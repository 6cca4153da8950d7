"""What a fleet that stays open need not know any more."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.support.run_events import START, created, ends, launched, of_launch, story
from workflow.runs import launch as launches
from workflow.runs.events import LaunchFinished, LaunchId, RunId, Warned
from workflow.runs.folding import replay
from workflow.runs.forgetting import to_forget
from workflow.runs.launch import LaunchState
from workflow.runs.run import RunState

HOUR = timedelta(hours=1)


def a_run(
    number: int,
    verdict: str | None = "succeeded",
    launch: str | None = None,
    job: int | None = None,
    warned: str | None = None,
) -> RunState:
    """Return a run that ended `number` minutes after the first, or that goes on.

    Every tenth is of the same connection.
    """
    warnings = () if warned is None else (Warned(warned, "look at it"),)
    facts = (created(), *warnings, *(() if verdict is None else (ends(verdict, job),)))
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
    questions: tuple[str, ...] = (),
    after: timedelta = HOUR,
) -> set[str]:
    known = {run.run: run for run in runs}
    launches = {one.launch: one for one in of}
    return set(to_forget(known, launches, tuple(map(RunId, questions)), START + after, most))


def test_those_that_ended_first_go_and_as_many_stay_as_are_asked_for() -> None:
    assert forgotten(*map(a_run, (3, 1, 4, 2)), most=2) == {"r-1", "r-2"}


def test_nothing_goes_while_there_are_no_more_than_that() -> None:
    assert forgotten(*map(a_run, range(5)), most=5) == set()


@pytest.mark.parametrize("verdict", [None, "unresolved"])
def test_what_goes_on_or_is_open_stays_however_old(verdict: str | None) -> None:
    runs = a_run(0, verdict), a_run(1), a_run(2)
    assert forgotten(*runs, most=0, questions=("r-0",)) == {"r-1", "r-2"}


def test_a_question_that_was_answered_goes_as_any_other() -> None:
    assert forgotten(a_run(0, "unresolved"), most=0) == {"r-0"}


def test_whether_one_is_open_may_not_be_known_in_the_first_minutes() -> None:
    run, soon = a_run(0, "unresolved"), timedelta(minutes=4)
    assert forgotten(run, most=0, after=soon) == set()


@pytest.mark.parametrize(
    ("verdict", "warned"),
    [("failed", None), ("expired", None), ("unresolved", None), ("succeeded", "zero-rows")],
)
def test_what_took_the_place_of_a_problem_stays_with_it(verdict: str, warned: str | None) -> None:
    held = [a_run(0, "unresolved", launch="l-1"), a_run(1, verdict, launch="l-1", warned=warned)]
    later = [a_run(11, job=5), a_run(21, job=7), a_run(31), a_run(12, job=9)]
    kept = {"questions": ("r-0",), "of": (a_launch("l-1"),)}
    assert forgotten(*held, *later, most=0, **kept) == {"r-11", "r-31", "r-12"}


def test_one_question_holds_no_launch_but_its_own() -> None:
    launches = [a_launch(f"l-{number}") for number in range(6)]
    runs = [
        a_run(10 * number + one, "unresolved" if number == one == 0 else "skipped", f"l-{number}")
        for number in range(6)
        for one in range(3)
    ]
    gone = forgotten(*runs, most=0, of=tuple(launches), questions=("r-0",))
    assert gone == {run.run for run in runs[3:]}


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
