from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from rich.cells import cell_len

from tui import glyphs
from workflow.runs.events import (
    CancelWished,
    Event,
    Fact,
    ReadingTaken,
    RunCreated,
    RunFinished,
    RunId,
    RunWaiting,
    TriggerIntent,
    TriggerSettled,
    Verdict,
    Warned,
)
from workflow.runs.folding import replay
from workflow.runs.run import RunState
from workflow.text import safe

START = datetime(2026, 3, 25, 3, 0, tzinfo=UTC)
SENT = TriggerSettled("started", 7)


def a_run(*facts: Fact, seconds: float = 1.0) -> RunState:
    created = RunCreated("prod", "trigger-sync-and-poll", ("triggerJob", "pollJob"), "jira", "sync")
    return replay(
        [
            Event(START + timedelta(seconds=seconds * at), at + 1, fact, RunId("r-1"))
            for at, fact in enumerate((created, *facts))
        ]
    )


def word(state: RunState, later: float = 5.0) -> str:
    return glyphs.of_run(state, START + timedelta(seconds=later)).text


def test_every_sign_is_one_cell_wide_and_so_is_its_ascii_stand_in() -> None:
    for sign in glyphs.Sign:
        assert cell_len(sign.value) == 1
        assert len(glyphs.to_ascii(sign.value)) == 1
        assert glyphs.to_ascii(sign.value).isascii()


def test_the_ascii_stand_ins_tell_the_signs_apart() -> None:
    assert len({glyphs.to_ascii(sign.value) for sign in glyphs.Sign}) == len(glyphs.Sign)


def test_ascii_leaves_other_peoples_letters_alone() -> None:
    assert glyphs.to_ascii("● größe → x") == "* größe > x"


def test_every_verdict_has_a_look() -> None:
    assert {glyphs.of_verdict(verdict).word for verdict in Verdict} == set(Verdict)


def test_airbytes_incomplete_is_called_retrying() -> None:
    assert glyphs.of_status(safe("incomplete")).text == "▲ retrying"


def test_an_unknown_status_is_shown_as_it_is_and_not_as_an_end() -> None:
    look = glyphs.of_status(safe("paused"))
    assert (look.word, look.sign) == ("paused", glyphs.Sign.PENDING)


@pytest.mark.parametrize(
    ("facts", "shown"),
    [
        ((RunWaiting("slot"),), "· waiting"),
        ((TriggerIntent("triggerJob", 1, "sync", 0),), "◌ triggering"),
        ((TriggerSettled("started", 7),), "… not read yet"),
        ((TriggerSettled("started", 7), ReadingTaken(7, "queued")), "◌ queued"),
        ((ReadingTaken(7, "failed"), RunFinished("failed", "", {})), "✗ failed"),
    ],
)
def test_a_run_says_where_it_is(facts: tuple[Fact, ...], shown: str) -> None:
    assert word(a_run(*facts)) == shown


def test_a_success_without_rows_is_pointed_out() -> None:
    state = a_run(
        ReadingTaken(7, "succeeded", rows=0),
        Warned("zero-rows", "it ended with 0 rows"),
        RunFinished("succeeded", "", {}),
    )
    assert word(state) == "✓ 0 rows!"


def test_rows_that_stand_still_are_pointed_out_with_how_long() -> None:
    state = a_run(SENT, ReadingTaken(7, "running", rows=61_200), Warned("no-rows", "no new rows"))
    assert word(state, later=11 * 60 + 2) == "● no rows 11m!"


def test_a_run_whose_trigger_was_not_answered_says_for_how_long_its_job_is_looked_for() -> None:
    sent = TriggerIntent("triggerJob", 1, "sync", base=6)
    unanswered = Warned("unsettled", "the answer was cut off")
    assert word(a_run(sent, unanswered), later=122) == "◌ looking 2m!"
    assert word(a_run(sent, unanswered, TriggerSettled("adopted", 7))) == "… not read yet"


def test_that_warning_goes_when_rows_move_again() -> None:
    state = a_run(
        SENT,
        ReadingTaken(7, "running", rows=61_200),
        Warned("no-rows", "no new rows"),
        ReadingTaken(7, "running", rows=61_900),
        seconds=10,
    )
    assert word(state, later=60) == "● running"


def test_a_run_far_over_its_usual_time_says_how_far() -> None:
    state = a_run(
        SENT, ReadingTaken(7, "running", rows=5), Warned("slow", "45 times its usual", 45.2)
    )
    assert word(state) == "● 45× usual!"


def test_a_standing_wish_to_cancel_shows_how_long_it_stands() -> None:
    state = a_run(SENT, ReadingTaken(7, "running"), CancelWished(7))
    assert word(state, later=132) == "● cancel 2m!"
