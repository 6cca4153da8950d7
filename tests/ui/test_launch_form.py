"""A launch form means an order, or says in one sentence what is wrong with it."""

from __future__ import annotations

import shlex
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.screens import HOSTILE
from tui.screens.launch_form import (
    Doing,
    Field,
    Form,
    command,
    confirmation,
    expected,
    mistakes,
    order,
    parse_span,
    status,
    summary,
    verb,
)
from workflow.runs.launch import OnConflict, Target, TargetCheck, Will
from workflow.text import safe

TARGETS = tuple(Target(f"6f1c0000-0000-4000-8000-00000000000{n}", safe(f"c{n}")) for n in range(3))


def words_of(form: Form, targets: tuple[Target, ...] = TARGETS, profile: str = "prod") -> list[str]:
    line = command(form, targets, profile)
    assert line is not None
    return shlex.split(line)


def checks(*wills: Will) -> list[TargetCheck]:
    return [TargetCheck(TARGETS[0], will) for will in wills]


@pytest.mark.parametrize(
    ("form", "field"),
    [
        (Form(at_once="0"), Field.AT_ONCE),
        (Form(at_once=""), Field.AT_ONCE),
        (Form(at_once="five"), Field.AT_ONCE),
        (Form(at_once="1001"), Field.AT_ONCE),
        (Form(at_once="٣"), Field.AT_ONCE),
        (Form(stop_after="2 hours"), Field.STOP_AFTER),
        (Form(stop_after="0s"), Field.STOP_AFTER),
        (Form(stop_after="9999h"), Field.STOP_AFTER),
        (Form(hold_after="0"), Field.HOLD_AFTER),
        (Form(hold_after="-1"), Field.HOLD_AFTER),
    ],
)
def test_a_field_that_cannot_be_taken_is_told_in_one_sentence(form: Form, field: Field) -> None:
    found = mistakes(form)
    assert [mistake.field for mistake in found] == [field]
    assert "write" in found[0].sentence


def test_a_form_with_mistakes_is_no_order() -> None:
    with pytest.raises(ValueError, match="no order"):
        order(Form(at_once="0"), TARGETS)


def test_a_form_becomes_the_order_it_shows() -> None:
    made = order(
        Form(
            at_once=" 7 ",
            stop_after="1h30m",
            on_conflict=OnConflict.WAIT,
            one_first=True,
            hold_after="3",
        ),
        TARGETS,
        name="nightly",
    )
    assert made.targets == TARGETS
    assert made.max_parallel == 7
    assert made.deadline == timedelta(minutes=90)
    assert made.on_conflict is OnConflict.WAIT
    assert (made.one_first, made.hold_after, made.name) == (True, 3, "nightly")


def test_going_over_a_running_sync_is_only_for_what_wipes_data() -> None:
    assert not order(Form(over_running=True), TARGETS).over_running
    assert order(Form(doing=Doing.CLEAR, over_running=True), TARGETS).over_running


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("2h", 7_200), ("90m", 5_400), ("45s", 45), ("1h30m", 5_400), (" 2H ", 7_200)],
)
def test_a_span_has_units(text: str, seconds: int) -> None:
    assert parse_span(text) == timedelta(seconds=seconds)


@given(st.text(max_size=12))
def test_no_text_breaks_the_reading_of_a_span(text: str) -> None:
    span = parse_span(text)
    assert span is None or span > timedelta(0)


def test_what_wipes_data_is_confirmed_by_verb_count_and_profile() -> None:
    assert confirmation(Form(doing=Doing.CLEAR), 3, "prod") == "clear 3 prod"
    assert confirmation(Form(), 3, "prod") is None


def test_clearing_and_then_syncing_is_confirmed_as_a_clear_and_is_no_one_command() -> None:
    form = Form(doing=Doing.CLEAR_THEN_SYNC)
    assert confirmation(form, 3, "prod") == "clear 3 prod"
    assert order(form, TARGETS).job_type == "clear"
    assert command(form, TARGETS, "prod") is None


def test_the_command_does_the_same_as_the_form() -> None:
    form = Form(doing=Doing.RESET, at_once="2", stop_after="2h", over_running=True)
    words = words_of(form)
    assert words[:4] == ["syncdeck", "run", "--profile", "prod"]
    assert words[words.index("--confirm") + 1] == "reset 3 prod"
    assert words[words.index("--deadline") + 1] == "7200s"
    assert "--over-running" in words
    assert words[-3:] == [target.connection_id for target in TARGETS]


@given(st.text(min_size=1))
def test_no_profile_name_escapes_into_the_shell(profile: str) -> None:
    assert words_of(Form(), profile=profile)[3] == profile


def test_an_id_that_is_hostile_stays_one_word_of_the_command() -> None:
    target = Target("$(rm -rf ~); --all", safe(HOSTILE))
    assert words_of(Form(), (target,))[-2:] == ["--", "$(rm -rf ~); --all"]


def test_the_line_over_the_targets_counts_what_will_happen() -> None:
    told = summary(7, checks("send", "send", "attach", "skip"), left_out=1)
    assert told == "7 targets: 2 send · 1 attach · 1 skip · 2 not checked yet · 1 left out"


@pytest.mark.parametrize(
    ("wills", "doing", "told"),
    [
        (("send", "send", "attach"), Doing.SYNC, ("Trigger", 2)),
        (("send",), Doing.CLEAR, ("Clear", 1)),
        (("attach", "skip"), Doing.SYNC, ("Attach", 1)),
        (("skip",), Doing.SYNC, ("Attach", 0)),
    ],
)
def test_the_button_says_what_it_does(
    wills: tuple[Will, ...], doing: Doing, told: tuple[str, int]
) -> None:
    assert verb(Form(doing=doing), checks(*wills)) == told


@pytest.mark.parametrize(
    ("seconds", "says"), [(1, "checked 0 of 3 …"), (12, "checked 0 of 3 … 12s")]
)
def test_checks_that_are_late_are_said_to_be(seconds: int, says: str) -> None:
    waited = timedelta(seconds=seconds)
    told = status(Form(), 3, (), checked=None, waited=waited, under_cursor=None, usual=None)
    assert told == says


def test_how_long_it_takes_is_told_by_usual_times_and_slots() -> None:
    minute = timedelta(minutes=1)
    assert expected([4 * minute] * 4, 2) == 8 * minute
    assert expected([4 * minute, None], 1) == 8 * minute
    assert expected([None], 5) is None
