"""Plans come back as they were saved, and what is none is passed over."""

from __future__ import annotations

import json

import pytest

from tests.support.screens import HOSTILE
from tui.plans import Plan, read, saved, without, written
from tui.screens.launch_form import Doing, Form
from workflow.runs.launch import OnConflict, Target
from workflow.text import safe

FORM = Form(Doing.CLEAR, at_once="3", on_conflict=OnConflict.WAIT, one_first=True, bell=False)
PLAN = Plan(safe("nightly"), (Target("id-a", safe("a → b")), Target("id-c", safe("c"))), FORM)


def test_a_plan_comes_back_as_it_was_saved() -> None:
    assert read(json.loads(json.dumps(written([PLAN])))) == (PLAN,)


def test_a_name_stands_for_one_plan() -> None:
    other = Plan(PLAN.name, PLAN.targets[:1], FORM)
    assert saved((PLAN,), other) == (other,)
    assert without((PLAN,), "nightly") == ()


def test_names_of_a_file_that_was_changed_are_made_safe() -> None:
    ((row),) = [*written([PLAN])]  # type: ignore[misc]
    assert isinstance(row, dict)
    (plan,) = read([{**row, "name": HOSTILE, "targets": [["id", HOSTILE]]}])
    assert "\x1b" not in plan.name + plan.targets[0].name


@pytest.mark.parametrize(
    "change",
    [
        {"name": 3},
        {"name": "  "},
        {"targets": []},
        {"targets": [["only an id"], 3, None]},
        {"targets": "all"},
        {"form": None},
        {"form": {"doing": "wipe"}},
        {"form": {"at_once": 5}},
        {"form": {"bell": "yes"}},
    ],
)
def test_what_is_no_plan_is_passed_over(change: dict[str, object]) -> None:
    row = json.loads(json.dumps(written([PLAN])))[0]
    assert read([{**row, **change}, None, 3]) == ()


def test_a_plan_of_an_older_deck_lacks_nothing() -> None:
    row = json.loads(json.dumps(written([PLAN])))[0]
    del row["form"]["desktop"]
    assert read([row]) == (PLAN,)
