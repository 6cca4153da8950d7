from __future__ import annotations

from datetime import timedelta

import pytest

from tests.support.deck import a_reading, a_story, the_runs
from tests.support.screens import NOW, Story
from tui import rows, run_cells
from tui.board import RunBoard
from tui.glyphs import Sign
from tui.rows import Fold, LineKey, Opened, RunKey, View
from workflow.runs.events import (
    RunFinished,
    RunWaiting,
    StepStarted,
    TriggerIntent,
    TriggerSettled,
    Verdict,
    Warned,
)
from workflow.runs.run import RunState
from workflow.text import SafeText, safe


def items() -> list[rows.Item]:
    return [rows.item_of_run(story.state()) for story in the_runs()]


def names(arranged: rows.Arrangement, states: dict[RunKey, RunState]) -> list[str]:
    return [
        states[key].name.split(" ")[0] if isinstance(key, RunKey) else str(arranged.lines[key])
        for key in arranged.order
        if not isinstance(key, rows.JobKey)
    ]


def by_key() -> dict[RunKey, RunState]:
    states = [story.state() for story in the_runs()]
    return {RunKey(state.run): state for state in states}


def test_problems_come_first_and_what_needs_no_look_is_folded() -> None:
    arranged = rows.arrange(items(), View(opened={Fold.SUCCEEDED: Opened.PEEK}))
    assert names(arranged, by_key()) == [
        "shopify",
        "netsuite",
        "jira",
        "braintree",
        "hubspot",
        "mongodb",
        "stripe",
        "salesforce",
        "zuora",
        "mysql",
        "▸ · 12 waiting for a slot, nothing sent yet",
        "▾ ✓ 17 succeeded",
        "github",
        "gitlab",
        "  15 more",
        "▸ ⊘ 1 skipped: inactive",
    ]


def test_on_a_low_screen_what_ended_shares_a_line() -> None:
    arranged = rows.arrange(items(), View(low=True))
    assert names(arranged, by_key())[-1] == "▸ ✓ 17 succeeded   ▸ ⊘ 1 skipped"


def test_a_line_opens_and_closes_all_it_stands_for() -> None:
    line = LineKey((Fold.SUCCEEDED, Fold.SKIPPED))
    opened = rows.toggled(line, {})
    assert opened == {Fold.SUCCEEDED: Opened.FULL, Fold.SKIPPED: Opened.FULL}
    assert set(rows.toggled(line, opened).values()) == {Opened.CLOSED}


def test_the_line_of_more_opens_the_rest() -> None:
    half = {Fold.SUCCEEDED: Opened.PEEK}
    assert rows.toggled(LineKey((Fold.SUCCEEDED,), more=True), half)[Fold.SUCCEEDED] is Opened.FULL


def test_a_filter_needs_every_word_somewhere() -> None:
    arranged = rows.arrange(items(), View(words="snow RETRYING job"))
    assert arranged.order == ()
    arranged = rows.arrange(items(), View(words="snow incomplete JOB"))
    assert names(arranged, by_key()) == ["hubspot"]


def test_what_a_filter_finds_is_not_folded_away() -> None:
    arranged = rows.arrange(items(), View(words="github"))
    assert names(arranged, by_key()) == ["▾ ✓ 1 succeeded", "github"]


def test_a_fold_can_be_closed_while_there_is_a_filter() -> None:
    view = View(words="github").toggled(LineKey((Fold.SUCCEEDED,)))
    assert names(rows.arrange(items(), view), by_key()) == ["▸ ✓ 1 succeeded"]
    again = view.toggled(LineKey((Fold.SUCCEEDED,)))
    assert len(rows.arrange(items(), again).order) == 2


def test_problems_only_leaves_out_what_runs_well() -> None:
    arranged = rows.arrange(items(), View(problems=True))
    assert len(arranged.order) == 6


@pytest.mark.parametrize("sort", [rows.Sort.NAME, rows.Sort.NEWEST])
def test_other_orders_fold_nothing(sort: rows.Sort) -> None:
    assert len(rows.arrange(items(), View(sort=sort)).order) == 40


def test_a_problem_whose_connection_ran_again_steps_aside() -> None:
    failed = a_story("jira → snowflake", 1, 900).triggered(job_id=5).read(9, "failed", 0, job_id=5)
    failed.ended(9, Verdict.FAILED)
    again = a_story("jira → snowflake", 2, 60).triggered(job_id=9).read(5, "running", 1, job_id=9)
    told = [rows.item_of_run(story.state()) for story in (failed, again)]
    arranged = rows.arrange(told, View())
    assert arranged.order == (RunKey(again.run), LineKey((Fold.RERUN,)))
    assert rows.counts(told) == {Sign.RUNNING: 1}


def test_an_unresolved_run_stays_whatever_ran_since() -> None:
    lost = a_story("jira → snowflake", 1, 900).ended(5, Verdict.UNRESOLVED, job_id=5)
    again = a_story("jira → snowflake", 2, 60).triggered(job_id=9).read(5, "running", 1, job_id=9)
    told = [rows.item_of_run(story.state()) for story in (lost, again)]
    assert RunKey(lost.run) in rows.arrange(told, View()).order


def lost_trigger() -> Story:
    story = a_story("jira → snowflake", 1, 900).tell(0, StepStarted("triggerJob", 1, 1, 2))
    story.tell(0, TriggerIntent("triggerJob", 1, "sync", base=4), TriggerSettled("unknown"))
    return story.ended(300, Verdict.UNRESOLVED, "the answer was lost")


def test_a_lost_trigger_whose_suspect_was_picked_counts_no_more() -> None:
    lost = lost_trigger()
    picked = a_story("jira → snowflake", 2, 60, watch_only=True).attached(job_id=9)
    told = [rows.item_of_run(story.state()) for story in (lost, picked.read(5, "running", 1))]
    assert rows.counts(told) == {Sign.RUNNING: 1}
    assert RunKey(lost.run) not in rows.arrange(told, View()).order


def test_a_lost_trigger_of_which_nobody_has_said_anything_counts_whatever_ran_since() -> None:
    lost = rows.item_of_run(lost_trigger().state(), suspected=True)
    later = a_story("jira → snowflake", 2, 60, watch_only=True).attached(job_id=9)
    told = [lost, rows.item_of_run(later.read(5, "running", 1).state())]
    assert rows.counts(told)[Sign.UNRESOLVED] == 1


def test_a_lost_trigger_that_nothing_followed_counts() -> None:
    assert rows.counts([rows.item_of_run(lost_trigger().state())]) == {Sign.UNRESOLVED: 1}


def test_a_trigger_that_is_explained_is_taken_aside_at_the_next_look() -> None:
    lost, later = lost_trigger(), a_story("jira → snowflake", 2, 60, watch_only=True)
    states = [lost.state(), later.attached(job_id=9).read(5, "running", 1).state()]
    board, runs = RunBoard(), {state.run: state for state in states}
    board.update(runs, {}, {}, {lost.run})
    assert board.counts[Sign.UNRESOLVED] == 1
    _, moves = board.update(runs, {}, {}, frozenset())
    assert moves
    assert Sign.UNRESOLVED not in board.counts


def test_somebody_elses_job_is_a_row_among_ours() -> None:
    job = rows.item_of_job(a_reading("oracle", 90_377, "failed"), safe("oracle → snowflake"))
    assert rows.arrange([job, *items()], View()).order.index(job.key) < 4


def test_what_is_left_from_an_earlier_start_says_which_key_helps() -> None:
    story = a_story("adyen → snowflake", 1, 60).tell(0, RunWaiting("asked"))
    arranged = rows.arrange([rows.item_of_run(story.state())], View())
    assert "p sends or drops" in next(iter(arranged.lines.values()))


def test_a_step_is_its_place_its_count_and_its_visits() -> None:
    states = {state.name.split(" ")[0]: state for state in by_key().values()}
    shown = {name: run_cells.step(states[name]).text for name in ("stripe", "zuora", "shopify")}
    assert shown == {"stripe": "2/2×19", "zuora": "att×140", "shopify": "2/2 ✗"}


def test_a_launched_run_that_found_a_job_there_is_attached_like_any_other() -> None:
    story = a_story("hubspot → snowflake", 1, 60)
    story.tell(0, StepStarted("triggerJob", 1, 1, 2)).attached(job_id=7)
    story.read(5, "running", 1, job_id=7)
    assert run_cells.step(story.state()).text == "att×1"


def test_a_rate_is_that_of_the_last_minute() -> None:
    states = {state.name.split(" ")[0]: state for state in by_key().values()}
    assert run_cells.rows_per_second(states["stripe"]) == pytest.approx(8_100, rel=0.01)


def test_no_rate_is_claimed_from_one_reading() -> None:
    story = a_story("a → b", 1, 60).triggered().read(5, "running", 100)
    assert run_cells.rows_per_second(story.state()) is None


def test_unknown_rows_are_a_dash_and_read_zeros_are_zeros() -> None:
    columns = [column for column in run_cells.COLUMNS[-1] if column.key in {"name", "exact"}]
    known = a_story("a → b", 1, 60).triggered().read(5, "running", 0).state()
    unknown = a_story("a → b", 2, 60).triggered().read(5, "running").state()
    assert run_cells.run_row(known, NOW, columns).cells[1].text == "0"
    assert run_cells.run_row(unknown, NOW, columns).cells[1].text == "—"


def test_the_time_of_an_ended_run_stands_still() -> None:
    story = a_story("a → b", 1, 500).triggered().read(5, "running", 1)
    story.tell(60, RunFinished("failed", "", {}))
    state = story.state()
    later = NOW + timedelta(hours=5)
    assert run_cells.lasted(state, NOW) == run_cells.lasted(state, later) == timedelta(seconds=60)


def test_a_success_without_rows_is_no_success_to_fold() -> None:
    story = a_story("a → b", 1, 60).tell(0, Warned("zero-rows", "0 rows"))
    item = rows.item_of_run(story.ended(5, Verdict.SUCCEEDED).state())
    assert (item.rank, item.sign) == (rows.Rank.EMPTY, Sign.SUCCEEDED)
    assert item.searched.count(SafeText("succeeded")) == 1
