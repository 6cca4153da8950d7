"""Saved views come back as they were, and what is none is passed over."""

from __future__ import annotations

import json

from tui.deck_plan import Pane
from tui.saved_views import MOST, SavedView, read, saved, written

CRITICAL = SavedView(Pane.CONNECTIONS, "tag:critical -staging", problems=True, order="by name")


def test_a_view_comes_back_as_it_was_saved() -> None:
    views = saved((), CRITICAL, "  critical ")
    again = read(json.loads(json.dumps(written(views))))
    assert again == views
    assert again[0].name == "critical"
    assert again[0].words == CRITICAL.words


def test_a_name_stands_for_one_view() -> None:
    views = saved(saved((), CRITICAL, "mine"), SavedView(Pane.RUNS, "x"), "mine")
    assert [view.words for view in views] == ["x"]


def test_no_more_are_kept_than_a_list_is_good_for() -> None:
    views: tuple[SavedView, ...] = ()
    for number in range(MOST + 5):
        views = saved(views, CRITICAL, f"view {number}")
    assert len(views) == MOST
    assert views[-1].name == f"view {MOST + 4}"


def test_what_is_no_view_is_passed_over() -> None:
    good = {"pane": "runs", "words": "x", "name": "\x1b[31mred"}
    bad = [None, 3, {}, {"pane": "attic", "name": "x"}, {"pane": "runs"}, {**good, "words": 3}]
    (view,) = read([*bad, good])
    assert view.name == "[31mred"
    assert read({"a": 1}) == ()


def test_a_view_says_what_it_shows() -> None:
    assert CRITICAL.told == "connections  /tag:critical -staging · problems · by name"
    assert SavedView(Pane.EVENTS).told == "events  everything"
