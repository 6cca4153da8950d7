"""The deck's pure parts: places, bars, header, launch line, events, connections, boards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import product

import pytest

from tests.support.deck import (
    LAUNCH,
    a_connection,
    a_reading,
    a_story,
    connection_id,
    the_connections,
    the_fleet,
    the_runs,
)
from tests.support.screens import HOSTILE, NOW
from tui import connection_rows, event_lines
from tui.board import ConnectionBoard, RunBoard
from tui.connection_order import Order, Sort
from tui.deck_plan import Pane, Part, Style, Wish, plan
from tui.event_lines import Entry
from tui.filtering import read
from tui.gantt import gantt
from tui.glyphs import Sign
from tui.happenings import MOST, Happenings
from tui.narrowing import passing
from tui.outcomes import Outcomes
from tui.widgets.header import Facts, header
from tui.widgets.launch_bar import launch_line, progress
from tui.widgets.lines import hint_line
from tui.widgets.rules import Title, rule
from workflow.airbyte.models import ConnectionId, JobId
from workflow.runs.events import (
    Event,
    LaunchFinished,
    PollFailed,
    RunFinished,
    TriggerIntent,
    TriggerSettled,
    Verdict,
)
from workflow.runs.launch import LaunchState
from workflow.text import SafeText

# --------------------------------------------------------------------------------------- places


@pytest.mark.parametrize("height", [6, 12, 18, 24, 30, 40, 50, 70])
def test_parts_never_overlap_and_never_leave_the_screen(height: int) -> None:
    for width, pane, wide in product(range(30, 261, 7), Pane, (False, True)):
        regions = list(plan(width, height, Wish(pane, launch=True, wide=wide)).regions.values())
        assert all(r.x >= 0 and r.right <= width and r.bottom <= height for r in regions)
        cells = sum(region.area for region in regions)
        assert cells == len({cell for region in regions for cell in _cells(region)})


def _cells(region: object) -> list[tuple[int, int]]:
    left, top, width, height = region  # type: ignore[misc]
    return [(x, y) for x in range(left, left + width) for y in range(top, top + height)]


@pytest.mark.parametrize(
    ("size", "style"),
    [((80, 24), Style.TABS), ((120, 40), Style.PANES), ((200, 50), Style.COLUMNS)],
)
def test_the_style_follows_the_width(size: tuple[int, int], style: Style) -> None:
    assert plan(*size, Wish()).style is style


def test_a_zoomed_pane_has_all_there_is() -> None:
    regions = plan(120, 40, Wish(Pane.CONNECTIONS, zoom=True)).regions
    assert set(regions) == {Part.HEADER, Part.TOP, Part.CONNECTIONS, Part.KEYS}
    assert regions[Part.CONNECTIONS].size == (120, 37)


@pytest.mark.parametrize("size", [(29, 24), (80, 5), (1, 1)])
def test_a_terminal_that_is_too_small_is_told_so_and_shows_nothing_else(
    size: tuple[int, int],
) -> None:
    assert set(plan(*size, Wish(launch=True)).regions) == {Part.TOO_SMALL}


def test_a_rule_joins_bars_and_cuts_titles_before_the_next_pane() -> None:
    titles = [Title(0, SafeText("a very long title indeed")), Title(12, SafeText("runs"))]
    drawn = rule(24, titles, {11: "┬"}).plain
    assert len(drawn) == 24
    assert drawn[11] == "┬"
    assert drawn.endswith("─ runs ─────")


# ----------------------------------------------------------------------------------------- lines


def test_bars_share_one_axis_and_live_ones_reach_now() -> None:
    old = a_story("a → b", 1, 1000).triggered().read(1, "failed", 1).ended(500, Verdict.FAILED)
    live = a_story("c → d", 2, 500).triggered(job_id=2).read(1, "running", 1, job_id=2)
    lines = [line.plain for line in gantt([old.state(), live.state()], NOW, 68, 10)]
    assert lines[0].rstrip().endswith("━")
    assert lines[0].count("━") == pytest.approx(20, abs=1)
    assert lines[1].endswith("▸")
    assert len(lines[1]) == len(lines[2])


def test_the_header_gives_up_the_time_before_the_workspace() -> None:
    facts = Facts(
        SafeText("prod"), "ro", SafeText("api.airbyte.com"), SafeText("analytics"), {}, NOW, NOW
    )
    wide, narrow = header(facts, 120).plain, header(facts, 60).plain
    assert "03:41:20" in wide or NOW.astimezone().strftime("%H:%M:%S") in wide
    assert narrow.startswith(" PROD ro ▸ analytics")
    assert len(narrow) <= 60


def test_the_header_says_why_nothing_can_be_sent() -> None:
    facts = Facts(
        SafeText("prod"),
        "rw",
        SafeText("h"),
        None,
        {},
        NOW,
        NOW,
        trouble=SafeText("The disk is full."),
    )
    assert "The disk is full." in header(facts, 80).plain


def test_a_launch_counts_unknown_rows_apart() -> None:
    shown = progress(the_fleet().launches)
    assert shown is not None
    line = launch_line(shown, 120).plain
    assert "22/40 ended · 5 at once" in line
    assert "1 unknown" in line


@pytest.mark.parametrize("width", [30, 60, 80, 120, 200])
def test_a_launch_fits_its_line(width: int) -> None:
    shown = progress(the_fleet().launches)
    assert shown is not None
    assert launch_line(shown, width).cell_length <= width


# ---------------------------------------------------------------------------------------- events


def test_what_every_poll_repeats_is_not_news() -> None:
    story = a_story("a → b", 1, 60).triggered().read(1, "pending").read(9, "running", 1)
    told = [event_lines.entry(event, story.state()) for event in story.events]
    assert [entry.text for entry in told if entry is not None] == [
        "triggered, job 90431",
        "running",
    ]


def test_a_hostile_reason_is_one_harmless_line() -> None:
    story = a_story("a → b", 1, 60).ended(1, Verdict.FAILED, HOSTILE)
    entry = event_lines.entry(story.events[-1], story.state())
    assert entry is not None
    assert entry.text == "failed: [bold red]x[/] ]0;owned"


def test_an_entry_is_wrapped_to_the_width_and_indented() -> None:
    entry = Entry(NOW, SafeText("jira → pg"), SafeText("unresolved: POST cut off; no job in 5m"))
    lines = event_lines.wrapped(entry, 50)
    assert all(len(line) <= 40 for line in lines)
    assert lines[1].startswith(" " * 12)


def test_an_entry_names_a_connection_in_full_where_there_is_room() -> None:
    entry = Entry(NOW, SafeText("orders → bigquery"), SafeText("running"))
    assert event_lines.wrapped(entry, 79) == ("orders → bigquery          running",)
    assert event_lines.wrapped(entry, 50) == ("orders      running",)


def test_one_failed_look_is_told_once_not_once_a_run() -> None:
    happened = Happenings()
    for number in range(20):
        story = a_story(f"c{number} → pg", number, 60)
        event = Event(NOW, 9, PollFailed("HTTP 503", 8.0), story.run)
        entry = event_lines.entry(event, story.state())
        assert entry is not None
        happened.add(entry)
    assert happened.count == 1


def test_what_happened_is_bounded_and_numbers_go_on() -> None:
    happened = Happenings()
    for number in range(MOST + 5):
        happened.add(Entry(NOW, SafeText("a"), SafeText(str(number))))
    assert next(iter(happened.since(0)))[0] == 6
    assert [number for number, _ in happened.since(MOST + 3)] == [MOST + 4, MOST + 5]


def test_the_terminals_title_tells_failed_from_unresolved() -> None:
    verdicts = {Verdict.SUCCEEDED: 3, Verdict.FAILED: 1, Verdict.REJECTED: 1, Verdict.UNRESOLVED: 2}
    launch = LaunchState(
        LAUNCH, SafeText("a"), SafeText("sync"), NOW, targets=9, max_parallel=5, verdicts=verdicts
    )
    assert Outcomes().title("prod", {LAUNCH: launch}).endswith("/9 ✗2 ?2")


def test_a_launch_is_told_of_once_and_its_runs_are_not() -> None:
    outcomes = Outcomes()
    story = a_story("a → b", 1, 60).ended(1, Verdict.FAILED, "no")
    outcomes.hear(story.events[-1], story.state())
    end = LaunchFinished({"failed": 2, "succeeded": 3}, 900, 1, 120.0)
    outcomes.hear(Event(NOW, 2, end, launch=LAUNCH), None)
    told = outcomes.gathered()
    assert [notice.severity for notice in told] == ["warning"]
    assert "900 rows, 1 unknown" in told[0].text
    assert outcomes.gathered() == ()


def test_who_lets_go_is_told_what_is_left_at_the_server() -> None:
    story = a_story("a → b", 1, 60)
    assert event_lines.what_is_left(story.state()) == "nothing was triggered for it"
    story.tell(1, TriggerIntent("triggerJob", 1, "sync", base=7))
    assert "not known yet" in event_lines.what_is_left(story.state())
    story.tell(2, TriggerSettled("started", 8))
    assert event_lines.what_is_left(story.state()) == "its job goes on"


# ----------------------------------------------------------------------------------- connections


def in_order(sort: Sort) -> Sequence[connection_rows.Entry]:
    unresolved = a_story("jira → snowflake", 3, 500).ended(165, Verdict.UNRESOLVED).state()
    waiting = a_story("adyen → snowflake", 11, 60).state()
    runs = {unresolved.connection_id: unresolved, waiting.connection_id: waiting}
    entries = [
        connection_rows.entry(view, runs.get(view.connection.connection_id))
        for view in the_connections()
    ]
    return Order(sort, entries).entries


def test_connections_stand_by_state_with_live_ones_first() -> None:
    order = in_order(Sort.STATE)
    assert [entry.connection_id.removeprefix("c-") for entry in order] == [
        "stripe",
        "zuora",
        "hubspot",
        "shopify",
        "jira",
        "ads",
        "adyen",
        "github",
        "gitlab",
        "hr",
        "workday",
        "crm",
    ]


def test_problems_among_connections_are_what_is_red_late_or_unresolved() -> None:
    order = passing(in_order(Sort.NAME), read(""), problems=True)
    assert [entry.connection_id.removeprefix("c-") for entry in order] == [
        "ads",
        "hubspot",
        "jira",
        "shopify",
    ]


def test_a_connection_is_found_by_state_tag_and_parts_of_its_name() -> None:
    order = passing(in_order(Sort.NAME), read("SNOW crit run"))
    found = [entry.connection_id for entry in order]
    assert found == [connection_id("stripe"), connection_id("zuora")]


def test_nothing_is_claimed_of_a_connection_that_was_not_read() -> None:
    view = a_connection("a → b", read=False, last_status=SafeText("succeeded"))
    assert connection_rows.look_of(view, None).sign is Sign.UNREAD


def test_a_connection_of_which_the_latest_job_alone_was_read_is_shown_as_that() -> None:
    view = a_connection("a → b", read=False, latest_alone=True, last_status=SafeText("failed"))
    assert connection_rows.look_of(view, None).sign is Sign.FAILED


def test_a_newer_job_answers_what_a_run_left_open() -> None:
    lost = a_story("a → b", 1, 900).ended(5, Verdict.UNRESOLVED, job_id=10).state()
    view = a_connection("a → b", last_job_id=JobId(11))
    assert connection_rows.look_of(view, lost).sign is Sign.SUCCEEDED


# ---------------------------------------------------------------------------------------- boards


def test_a_board_tells_only_what_changed() -> None:
    runs = {story.run: story.state() for story in the_runs()}
    board = RunBoard()
    board.update(runs, {}, {})
    assert board.update(runs, {}, {}) == (set(), False)


def test_figures_that_move_do_not_make_rows_move() -> None:
    story = a_story("a → b", 1, 60).triggered().read(5, "running", 100)
    board = RunBoard()
    board.update({story.run: story.state()}, {}, {})
    changed, moves = board.update({story.run: story.read(20, "running", 200).state()}, {}, {})
    assert (len(changed), moves) == (1, False)


def test_a_foreign_job_that_went_leaves_the_board() -> None:
    board = RunBoard()
    board.update({}, {JobId(7): a_reading("oracle", 7, "running")}, {})
    changed, moves = board.update({}, {}, {})
    assert (changed, moves, len(board.items)) == (set(), True, 0)


def test_a_run_that_was_forgotten_leaves_the_board() -> None:
    first, second = (story.state() for story in (a_story("a → b", 1, 9), a_story("b → c", 2, 3)))
    board = RunBoard()
    board.update({first.run: first, second.run: second}, {}, {})
    changed, moves = board.update({second.run: second}, {}, {})
    assert (changed, moves, len(board.items)) == (set(), True, 1)
    assert board.run(first.run) is None
    assert sum(board.counts.values()) == 1


def test_a_board_counts_what_is_unread_and_what_is_late() -> None:
    board = ConnectionBoard()
    views = {view.connection.connection_id: view for view in the_connections()}
    board.update(views)
    assert (board.unread, len(board.late)) == (1, 1)
    views.pop(connection_id("workday"))
    board.update(views)
    assert board.unread == 0


def test_an_ended_run_tells_its_time_from_its_job() -> None:
    story = a_story("a → b", 1, 205).triggered().read(1, "succeeded", 412_600)
    event = Event(NOW, 9, RunFinished("succeeded", "", {}), story.run)
    state = story.ended(205, Verdict.SUCCEEDED).state()
    entry = event_lines.entry(event, state)
    assert entry is not None
    assert entry.text == "succeeded 412,600 rows 3m25"
    assert state.ended == NOW - timedelta(0)


# ------------------------------------------------------------------------ titles, keys, names


def test_a_title_that_has_no_room_keeps_its_count() -> None:
    told = Title(0, SafeText("2 Connections 12/400 · /a long filter"), Pane.CONNECTIONS)
    line = rule(60, [told, Title(34, SafeText("1 Runs 40"), Pane.RUNS)], {33: "┬"}).plain
    assert line.startswith("─ 2 Connections 12/400 · /a l")
    assert "1 Runs 40" in line


@pytest.mark.parametrize("width", [1, 10, 20, 40, 80])
def test_the_last_key_stays_whatever_the_width(width: int) -> None:
    line = hint_line([("t", "launch"), ("ctrl-r", "read now"), ("?", "help")], width).plain
    assert line.endswith("? help ")
    assert len(line) <= max(width, len(" ? help "))


def test_keys_give_way_from_the_least_important_on() -> None:
    keys = [("t", "launch"), ("x", "cancel"), ("?", "help")]
    assert hint_line(keys, 20).plain == " t launch  ? help "


def test_a_job_goes_by_a_short_id_until_its_name_is_known() -> None:
    board, view = RunBoard(), a_connection("stripe → snowflake")
    reading = a_reading("stripe → snowflake", 7, "running")
    long = "6f1c83a0-5b4e-4a69-9ce9-930c9f2600e2"
    unnamed = replace(reading, job=replace(reading.job, connection_id=ConnectionId(long)))
    board.update({}, {JobId(7): unnamed}, {})
    assert [item.name for item in board.items] == ["6f1c83a0…e2"]
    _, moved = board.update({}, {JobId(7): unnamed}, {ConnectionId(long): view})
    assert moved
    assert [item.name for item in board.items] == ["stripe → snowflake"]
