"""A launch's report in its four forms."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.support.run_events import LAUNCH, created, ends, job_runs, launched, of_launch, story
from workflow.runs import folding, launch
from workflow.runs.events import (
    Event,
    Fact,
    LaunchFinished,
    RunFinished,
    RunId,
    StepStarted,
    Verdict,
    Warned,
)
from workflow.runs.launch import LaunchState
from workflow.runs.report import Report, report_of, span
from workflow.runs.run import RunState

BEGINS = StepStarted("triggerJob", 1, 1, 2)


def a_run(name: str, called: str, *facts: Fact) -> list[Event]:
    return story(created(called), BEGINS, *facts, run=RunId(name), launch=LAUNCH)


STORIES = [
    a_run("r-1", "stripe → snowflake", *job_runs(rows=412_600), ends()),
    a_run("r-2", "=HYPERLINK(1)|x", *job_runs(8, rows=5), ends("failed", 8)),
    a_run("r-3", "jira → snowflake", ends("unresolved", None)),
    a_run("r-4", "hr → s3", *job_runs(9, rows=0), Warned("zero-rows", "no row"), ends(job_id=9)),
]


@pytest.fixture
def report() -> Report:
    state: LaunchState = launch.begin(of_launch(launched(4))[0])
    runs: list[RunState] = []
    for events in STORIES:
        before: RunState | None = None
        for event in events:
            after = folding.begin(event) if before is None else folding.fold(before, event)
            state = launch.fold(state, event, before, after)
            before = after
        runs.append(folding.replay(events))
    last = of_launch(LaunchFinished({}, 0, 0, 1.0))[0]
    return report_of(launch.fold(state, last, None, None), runs)


def test_problems_come_first(report: Report) -> None:
    assert [one.run for one in report.runs] == ["r-2", "r-3", "r-1", "r-4"]


def test_runs_of_other_launches_are_left_out(report: Report) -> None:
    other = replace(report.runs[0], launch=None)
    assert report_of(report.launch, [other]).runs == ()


def test_text_counts_verdicts_and_rows_with_the_unknown_apart(report: Report) -> None:
    text = report.to_text().splitlines()
    assert text[0] == "Launch rerun-failed: 4/4 ended in 0s"
    assert text[1] == "1 failed, 1 unresolved, 2 succeeded, 412,605 rows, of 1 unknown"


def test_text_says_why_a_run_did_not_succeed_and_what_to_look_at(report: Report) -> None:
    text = report.to_text()
    assert "failed      job 8  5 rows  4s\n    so\n" in text
    assert "    ! no row" in text


def test_an_attached_job_took_as_long_as_it_ran_and_not_as_long_as_it_was_watched(
    report: Report,
) -> None:
    events = a_run("r-6", "crm → s3", *job_runs(6), ends(job_id=6))
    state = folding.replay(events)
    assert state.begun is not None
    assert state.ended is not None
    late = replace(state, job_started=state.begun - timedelta(minutes=5), job_ended=state.ended)
    told = replace(report, runs=(late,))
    (run,) = json.loads(told.to_json())["runs"]
    assert run["jobSeconds"] == run["seconds"] + 300
    assert f"rows  {span(state.ended - state.begun + timedelta(minutes=5))}" in told.to_text()


def test_a_run_without_a_job_has_no_time_of_a_job(report: Report) -> None:
    unresolved = json.loads(report.to_json())["runs"][1]
    assert (unresolved["verdict"], unresolved["jobSeconds"]) == ("unresolved", None)
    assert unresolved["seconds"] is not None


def test_a_warning_that_ended_a_run_is_told_once(report: Report) -> None:
    inactive = "The connection is inactive."
    events = a_run("r-5", "crm → s3", Warned("inactive", inactive))
    skipped = folding.fold(
        folding.replay(events), replace(events[-1], fact=RunFinished(Verdict.SKIPPED, inactive, {}))
    )
    told = replace(report, runs=(skipped,))
    assert told.to_text().count(inactive) == 1
    assert told.to_markdown().count(inactive) == 1


def test_a_launch_that_goes_on_says_so(report: Report) -> None:
    held = replace(report.launch, finished=None, held=True, held_why=report.launch.name, ended=2)
    text = report_of(held, report.runs).to_text()
    assert text.startswith("Launch rerun-failed: 2/4 ended, not over yet, held: rerun-failed\n")


def test_markdown_takes_the_meaning_out_of_a_name(report: Report) -> None:
    lines = report.to_markdown().splitlines()
    rows = [line for line in lines if line.startswith("| =HYPER")]
    assert rows == [r"| =HYPERLINK(1)\|x | failed | 8 | 5 | 4s | so |"]


def test_csv_has_a_line_a_run_and_calculates_nothing(report: Report) -> None:
    rows = list(csv.DictReader(io.StringIO(report.to_csv())))
    assert [row["verdict"] for row in rows] == ["failed", "unresolved", "succeeded", "succeeded"]
    assert rows[0]["connection"] == "'=HYPERLINK(1)|x"
    assert (rows[1]["rows"], rows[3]["rows"]) == ("", "0")


def test_json_keeps_numbers_and_what_is_not_known(report: Report) -> None:
    body = json.loads(report.to_json())
    assert body["verdicts"] == {"failed": 1, "succeeded": 2, "unresolved": 1}
    assert (body["rows"], body["rowsUnknown"]) == (412_605, 1)
    assert [one["jobId"] for one in body["runs"]] == [8, None, 7, 9]
    assert body["runs"][0]["seconds"] == 4.0
    assert body["runs"][3]["warnings"] == ["zero-rows"]


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0s"), (58, "58s"), (535, "8m55"), (32_640, "9h04"), (59.6, "1m00")]
)
def test_spans_say_their_unit(seconds: float, text: str) -> None:
    assert span(timedelta(seconds=seconds)) == text
