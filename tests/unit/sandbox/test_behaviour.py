"""Scripts drawn from behaviours, and what they have committed when."""

from __future__ import annotations

import random
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from workflow.sandbox.behaviour import Behaviour, draw, draw_wipe, final_rows, progress

behaviours = st.builds(
    Behaviour,
    duration=st.floats(1, 10_000),
    spread=st.floats(0, 0.9),
    rows=st.integers(0, 10**9),
    first_failures=st.integers(0, 4),
    failure_chance=st.floats(0, 1),
    max_attempts=st.integers(1, 5),
    flush=st.floats(0.1, 60),
    commits=st.sampled_from(["steps", "end"]),
    retry=st.sampled_from(["resumes", "restarts"]),
)


@given(behaviours, st.integers())
def test_the_same_seed_draws_the_same_script(behaviour: Behaviour, seed: int) -> None:
    assert draw(behaviour, random.Random(seed)) == draw(behaviour, random.Random(seed))


@given(behaviours, st.integers())
def test_only_the_last_attempt_of_a_script_can_succeed(behaviour: Behaviour, seed: int) -> None:
    attempts = draw(behaviour, random.Random(seed)).attempts

    assert not any(attempt.succeeds for attempt in attempts[:-1])


@given(behaviours, st.integers(), st.lists(st.floats(0, 1.2), min_size=2, max_size=12))
def test_rows_never_fall_within_an_attempt(
    behaviour: Behaviour, seed: int, shares: list[float]
) -> None:
    script = draw(behaviour, random.Random(seed))
    for number, attempt in enumerate(script.attempts):
        rows = [progress(script, number, s * attempt.seconds)[0] for s in sorted(shares)]
        assert rows == sorted(rows)


@given(behaviours, st.integers())
def test_a_good_script_ends_with_all_its_rows(behaviour: Behaviour, seed: int) -> None:
    script = draw(replace(behaviour, first_failures=0, failure_chance=0.0), random.Random(seed))

    assert final_rows(script, 0) == script.attempts[0].rows


@given(behaviours, st.integers())
def test_an_attempt_that_resumes_begins_where_the_last_one_was_committed(
    behaviour: Behaviour, seed: int
) -> None:
    script = draw(replace(behaviour, retry="resumes", commits="steps"), random.Random(seed))
    for number in range(1, len(script.attempts)):
        assert script.attempts[number].base_rows == final_rows(script, number - 1)


def test_rows_fall_to_zero_when_a_new_attempt_restarts() -> None:
    behaviour = Behaviour(first_failures=1, retry="restarts", rows=10_000)
    script = draw(behaviour, random.Random(1))

    assert final_rows(script, 0) > 0
    assert progress(script, 1, 0.0)[0] == 0


def test_rows_stay_zero_until_the_end_when_they_are_committed_at_the_end() -> None:
    behaviour = Behaviour(commits="end", rows=10_000, spread=0.0, duration=100.0)
    script = draw(behaviour, random.Random(1))

    assert progress(script, 0, 99.0)[0] == 0
    assert progress(script, 0, 100.0)[0] == 10_000


def test_rows_move_only_with_a_flush() -> None:
    behaviour = Behaviour(rows=1_000, spread=0.0, duration=100.0, flush=10.0)
    script = draw(behaviour, random.Random(1))

    assert [progress(script, 0, t)[0] for t in (9.9, 10.0, 19.9, 20.0)] == [0, 100, 100, 200]


def test_a_reset_moves_no_rows_and_works_the_first_time() -> None:
    script = draw_wipe(Behaviour(first_failures=3), random.Random(1))

    assert len(script.attempts) == 1
    assert final_rows(script, 0) == 0
