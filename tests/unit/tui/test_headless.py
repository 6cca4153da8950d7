"""The headless face: exit codes, plain lines, following runs to their ends."""

from __future__ import annotations

import asyncio
import io
import itertools
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import cast

import pytest

from tui.headless import Following, PlainFace
from tui.headless_detached import detached
from tui.headless_exit import exit_code
from tui.headless_lines import PlainLines, ended, summary
from tui.headless_output import Output
from workflow.runs import events as facts
from workflow.runs.events import Event, Fact, RunId, Verdict
from workflow.runs.fleet import Fleet
from workflow.runs.folding import begin, fold
from workflow.runs.run import RunState

START = datetime(2026, 11, 22, 3, 41, 20, tzinfo=UTC)
RUN = RunId("r-0")


def event(fact: Fact, seconds: float = 0, *, run: RunId | None = RUN) -> Event:
    return Event(START + timedelta(seconds=seconds), 1, fact, run=run, connection_id="c-1")


CREATED = facts.RunCreated(
    "prod", "trigger", ("triggerJob", "pollJob"), "github → snowflake", "sync"
)


def told(*steps: tuple[Fact, float]) -> tuple[RunState, list[str]]:
    """Fold facts at their seconds; return the state and what was said of them."""
    lines = PlainLines()
    state = begin(event(CREATED))
    said: list[str] = []
    for fact, seconds in steps:
        state = fold(state, event(fact, seconds))
        line = lines.line(event(fact, seconds), state, 1)
        if line is not None:
            said.append(line.partition(" ")[2])
    return state, said


def test_why_a_run_is_unresolved_is_said_once() -> None:
    why = "The answer was cut off. No job of it was found."
    _, said = told(
        (facts.TriggerSettled("unknown", text=why), 1),
        (facts.RunFinished(Verdict.UNRESOLVED, why, {}), 1),
    )
    assert said == [f"github → snowflake: unresolved: {why}"]


def test_who_has_to_tell_suspects_apart_is_told_how() -> None:
    _, said = told(
        (facts.TriggerIntent("triggerJob", 1, "sync", 7), 1),
        (facts.RunFinished(Verdict.UNRESOLVED, "Look at the suspects.", {}), 2),
    )
    assert said[-1].endswith("unresolved: Look at the suspects; see `syncdeck runs resolve r-0`")


# ------------------------------------------------------------------------------- exit codes


@pytest.mark.parametrize(
    ("verdicts", "code"),
    [
        ([], 0),
        ([Verdict.SUCCEEDED, Verdict.SKIPPED], 0),
        ([Verdict.SUCCEEDED, Verdict.FAILED], 1),
        ([Verdict.REJECTED], 1),
        ([Verdict.CANCELLED, Verdict.SUCCEEDED], 3),
        ([Verdict.EXPIRED, Verdict.CANCELLED], 4),
        ([Verdict.UNRESOLVED, Verdict.EXPIRED], 5),
        ([Verdict.UNRESOLVED, Verdict.FAILED], 1),
        ([Verdict.FAILED, None], 130),
    ],
)
def test_the_first_of_1_5_4_3_0_that_occurs_is_the_code(
    verdicts: list[Verdict | None], code: int
) -> None:
    assert exit_code(verdicts) == code


def test_the_order_of_the_runs_makes_no_difference() -> None:
    for verdicts in itertools.permutations(Verdict, 3):
        assert exit_code(verdicts) == exit_code(sorted(verdicts))


# -------------------------------------------------------------------------------- plain lines


def test_a_run_is_told_from_trigger_to_verdict() -> None:
    _, said = told(
        (facts.TriggerSettled("started", 90431), 1),
        (facts.ReadingTaken(90431, "pending", start_time=START.isoformat()), 1),
        (facts.StatusChanged(None, "pending", 90431), 1),
        (facts.StatusChanged("pending", "running", 90431), 4),
        (facts.StatusChanged("running", "incomplete", 90431), 9),
        (facts.ReadingTaken(90431, "succeeded", rows=412600), 205),
        (facts.StatusChanged("running", "succeeded", 90431), 205),
        (facts.RunFinished("succeeded", "job 90431 succeeded", {}, 90431), 205),
    )
    assert said == [
        "github → snowflake: job 90431 started",
        "github → snowflake: running",
        "github → snowflake: retrying: an attempt failed (incomplete)",
        "github → snowflake: succeeded, 412,600 rows in 3m25 (job 90431)",
    ]


def test_that_the_server_is_read_again_is_said_once_after_a_while() -> None:
    _, said = told(
        (facts.TriggerSettled("started", 7), 1),
        (facts.PollFailed("HTTP 503.", 6.0), 10),
        (facts.ReadingTaken(7, "running", age=20.0), 20),  # told again, from before
        (facts.PollFailed("HTTP 503.", 6.0), 25),
        (facts.ReadingTaken(7, "running"), 55),
        (facts.ReadingTaken(7, "running"), 58),
    )
    assert said[1:] == [
        "the server could not be read: HTTP 503; again in 6s",
        "the server is read again, after 45s",
    ]


def test_a_short_trouble_is_over_without_a_word() -> None:
    _, said = told(
        (facts.TriggerSettled("started", 7), 1),
        (facts.PollFailed("HTTP 503.", 6.0), 10),
        (facts.ReadingTaken(7, "running"), 16),
        (facts.PollFailed("HTTP 503.", 6.0), 60),
        (facts.ReadingTaken(7, "running"), 66),
    )
    assert not any("again, after" in line for line in said)


def test_only_the_repeats_of_a_cancel_are_told_with_their_number() -> None:
    _, said = told(
        (facts.TriggerSettled("started", 7), 1),
        (facts.CancelWished(7, "operator"), 2),
        (facts.CancelSent(7, 1), 2),
        (facts.CancelSent(7, 2), 33),
    )
    assert said[1:] == [
        "github → snowflake: cancelling",
        "github → snowflake: its job goes on: cancelling again, 2 of 3 tries",
    ]


def test_a_job_that_the_reason_names_is_not_named_twice() -> None:
    state, _ = told(
        (facts.TriggerSettled("started", 7), 1),
        (facts.RunFinished(Verdict.EXPIRED, "its deadline passed; job 7 goes on", {}, 7), 2),
    )
    assert ended(state) == "expired: its deadline passed; job 7 goes on"


def test_a_job_whose_number_only_begins_alike_is_named() -> None:
    state, _ = told(
        (facts.TriggerSettled("started", 7), 1),
        (facts.RunFinished(Verdict.EXPIRED, "its deadline passed; job 71 goes on", {}, 7), 2),
    )
    assert ended(state) == "expired (job 7): its deadline passed; job 71 goes on"


def test_what_nobody_has_started_is_told_again_by_whoever_takes_it_up() -> None:
    _, said = told(
        (facts.RunWaiting("slot"), 1),
        (facts.RunTaken("start"), 2),
        (facts.RunWaiting("asked"), 2),
        (facts.RunTaken("start"), 9),
    )
    unsent = "was not started by an earlier syncdeck: nothing has been sent for it"
    assert said == [f"github → snowflake: {unsent}"] * 2


def test_readings_speak_once_a_minute() -> None:
    readings = [(facts.ReadingTaken(1, "running", rows=10 * n), 10.0 * n) for n in range(1, 19)]
    _, said = told((facts.StepStarted("pollJob", 1, 2, 2), 0), *readings)
    assert [line.partition(": ")[2] for line in said] == [
        "running for 1m00, 60 rows",
        "running for 2m00, 120 rows",
        "running for 3m00, 180 rows",
    ]


def test_the_same_failure_of_many_runs_is_said_once() -> None:
    lines = PlainLines()
    failed = facts.PollFailed("HTTP 503.", 8)
    said = [lines.line(event(failed, second), None, 1) for second in (0, 1, 2, 40)]
    assert [line is not None for line in said] == [True, False, False, True]
    assert str(said[0]).endswith("the server could not be read: HTTP 503; again in 8s")


@pytest.mark.parametrize(
    ("fact", "says"),
    [
        (facts.TriggerSettled("joined", 7), "joined job 7"),
        (facts.TriggerSettled("attached", 7), "attached to job 7"),
        (facts.TriggerSettled("adopted", 7), "job 7 is probably ours"),
        (facts.RunWaiting("conflict", 7), "waits for job 7 to end"),
        (facts.RunWaiting("asked"), "nothing has been sent for it"),
        (facts.Warned("no-rows", "no new rows for 11m"), "warning: no new rows for 11m"),
        (facts.CancelWished(7, "deadline"), "its deadline has passed"),
        (facts.CancelSettled("newer-job", "a newer job runs", 7), "a newer job runs"),
    ],
)
def test_what_people_want_to_know_is_said(fact: Fact, says: str) -> None:
    _, said = told((fact, 1))
    assert len(said) == 1
    assert says in said[0]


def test_a_sentence_that_many_runs_end_with_is_said_once() -> None:
    full = "No space is left for the journal. Free some."
    end, lines = event(facts.RunFinished(Verdict.REJECTED, full, {}), 1), PlainLines()
    state = fold(begin(event(CREATED)), end)
    said = [str(lines.line(end, state, 1)).partition(": ")[2] for _ in range(3)]
    assert said == [f"rejected: {full}", *["rejected, for the same reason"] * 2]


def test_waiting_for_a_slot_is_not_worth_a_line() -> None:
    assert told((facts.RunWaiting("slot"), 0))[1] == []


def test_rows_that_nobody_knows_are_not_called_0() -> None:
    state, _ = told(
        (facts.TriggerSettled("started", 7), 1),
        (facts.RunFinished("failed", "job 7 failed", {}, 7), 9),
    )
    assert ended(state) == "failed, rows not known (job 7)"
    assert "rows not known" in summary([state], timedelta(seconds=9))


def test_a_job_that_was_over_when_it_was_attached_is_not_said_to_have_taken_until_then() -> None:
    state, _ = told(
        (facts.TriggerSettled(facts.Origin.ATTACHED, job_id=7), 7200),
        (
            facts.ReadingTaken(7, "succeeded", rows=5, start_time="2026-11-22T03:41:20Z"),
            7200,
        ),
        (facts.RunFinished(Verdict.SUCCEEDED, "", {}), 7200),
    )
    assert ended(state) == "succeeded, 5 rows (job 7)"


def test_who_is_interrupted_is_told_what_goes_on_and_what_was_never_sent() -> None:
    sent = facts.TriggerIntent("triggerJob", 1, "sync", base=7)
    watched, _ = told((sent, 1), (facts.TriggerSettled("started", 8), 2))
    looked_for, _ = told((sent, 1))
    in_preflight, _ = told((facts.StepStarted("triggerJob", 1, 1, 2), 1))
    waiting, _ = told((facts.RunWaiting("slot"), 1))
    assert detached([watched, watched, looked_for, in_preflight, waiting]) == [
        "Detached from 2 runs: their jobs go on. `syncdeck attach` watches again.",
        (
            "Detached from 1 run: what the trigger did is not known yet. "
            "`syncdeck attach` looks on; nothing is sent again."
        ),
        (
            "2 runs had not been started; nothing was sent. "
            "`syncdeck attach --start-waiting` starts what is left."
        ),
    ]


def test_a_verdict_without_a_job_says_why() -> None:
    state, _ = told((facts.RunFinished("rejected", "The server refused.", {}), 1))
    assert ended(state) == "rejected: The server refused."


def test_a_summary_counts_verdicts_and_keeps_unknown_rows_apart() -> None:
    done, _ = told(
        (facts.ReadingTaken(7, "succeeded", rows=10), 1),
        (facts.RunFinished("succeeded", "", {}, 7), 9),
    )
    unknown = replace(done, rows=None, verdict=Verdict.FAILED)
    text = summary([done, done, unknown], timedelta(minutes=12, seconds=30))
    assert text == "3 runs: 2 succeeded, 1 failed; 20 rows, 1 unknown; 12m30"


def test_no_escape_sequence_gets_into_a_line() -> None:
    _, said = told((facts.Warned("slow", "\x1b]0;owned\x07 3 times"), 1))
    assert said == ["github → snowflake: warning: ]0;owned 3 times"]


def test_a_journal_that_cannot_be_written_is_told_once_and_when_it_can_again(
    capsys: pytest.CaptureFixture[str],
) -> None:
    fleet = cast("Fleet", SimpleNamespace(trouble=None, runs={}, launches={}))
    following = Following(fleet, PlainFace(), cast("Output", None))
    for trouble in (None, "No space is left.", "No space is left.", None, None):
        vars(fleet)["trouble"] = trouble
        following.hear(event(CREATED))
    assert capsys.readouterr().err.splitlines() == [
        "syncdeck: No space is left. Watching goes on.",
        "syncdeck: the journal is written again.",
    ]


def test_a_reader_gets_all_the_time_it_wants_unless_somebody_wants_to_end() -> None:
    waits: list[float | None] = []

    async def finished() -> None:
        output = Output(io.StringIO())
        await output.finish()
        output._thread = cast("threading.Thread", SimpleNamespace(join=waits.append))
        await output.finish()
        await output.finish(2.0)

    asyncio.run(finished())
    assert waits == [None, 2.0]
