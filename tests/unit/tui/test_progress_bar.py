from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.support.screens import NOW
from tui.glyphs import Tone, to_ascii
from tui.progress_bar import bar
from workflow.runs.events import LaunchId, Verdict
from workflow.runs.launch import LaunchState
from workflow.text import SafeText


def a_launch(verdicts: dict[Verdict, int], *, live: int = 0, waiting: int = 0) -> LaunchState:
    ended = sum(verdicts.values())
    counts: dict[str, Any] = {"ended": ended, "live": live, "waiting": waiting}
    targets = ended + live + waiting
    return LaunchState(
        LaunchId("l-1"), SafeText(""), None, NOW, targets, 5, verdicts=verdicts, **counts
    )


def drawn(state: LaunchState, width: int) -> str:
    return "".join(part.text for part in bar(state, width))


def test_each_way_to_end_has_a_filling_of_its_own() -> None:
    verdicts = {Verdict.SUCCEEDED: 4, Verdict.FAILED: 2, Verdict.SKIPPED: 1}
    assert drawn(a_launch(verdicts, live=2, waiting=1), 10) == "████✗✗▓▒▒░"


def test_each_part_has_the_tone_of_what_it_counts() -> None:
    verdicts = {Verdict.SUCCEEDED: 1, Verdict.REJECTED: 1, Verdict.CANCELLED: 1}
    tones = [part.tone for part in bar(a_launch(verdicts, live=1, waiting=1), 10)]
    assert tones == [Tone.SUCCEEDED, Tone.FAILED, Tone.CANCELLED, Tone.RUNNING, Tone.QUIET]


def test_successes_stay_green_when_something_failed() -> None:
    first = bar(a_launch({Verdict.SUCCEEDED: 9, Verdict.FAILED: 1}), 10)[0]
    assert first == ("█████████", Tone.SUCCEEDED)


def test_one_failure_among_a_thousand_shows() -> None:
    assert drawn(a_launch({Verdict.SUCCEEDED: 999, Verdict.FAILED: 1}), 14) == "█" * 13 + "✗"


def test_the_last_live_run_shows() -> None:
    assert drawn(a_launch({Verdict.SUCCEEDED: 999}, live=1), 10).endswith("▒")


def test_a_launch_without_runs_is_an_empty_bar() -> None:
    assert drawn(a_launch({}), 10) == "░" * 10


def test_the_fillings_differ_in_ascii_as_well() -> None:
    fillings = to_ascii("█✗▓▒░")
    assert fillings.isascii()
    assert len(set(fillings)) == len(fillings)


@given(
    st.dictionaries(st.sampled_from(Verdict), st.integers(0, 5_000)),
    st.integers(0, 50),
    st.integers(0, 5_000),
    st.sampled_from([14, 30]),
)
def test_a_bar_is_as_wide_as_it_should_be(
    verdicts: dict[Verdict, int], live: int, waiting: int, width: int
) -> None:
    assert len(drawn(a_launch(verdicts, live=live, waiting=waiting), width)) == width
