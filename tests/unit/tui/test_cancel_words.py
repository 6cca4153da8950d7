"""What every face says of a wish to cancel: each thing once, and what is waited for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tui import event_lines
from tui.cancel_words import cancel_told
from tui.formats import clock
from tui.headless_lines import PlainLines
from workflow.runs.events import (
    CancelSent,
    CancelSettled,
    CancelWaits,
    CancelWished,
    Event,
    Fact,
    RunCreated,
    RunFinished,
    RunId,
    TriggerIntent,
    TriggerSettled,
    Verdict,
)
from workflow.runs.folding import begin, fold
from workflow.runs.run import RunState

START = datetime(2026, 3, 25, 3, 0, tzinfo=UTC)
POST = TriggerIntent("triggerJob", 1, "sync", 6)
STARTED = TriggerSettled("started", 7)
CANCELLED = CancelSettled("cancelled", "Job 7 is cancelled.", 7)
THE_END = RunFinished(Verdict.CANCELLED, "job 7 cancelled", {}, 7)


def told(*facts: Fact) -> tuple[RunState, list[str], list[str]]:
    """Let facts happen, one a second; return the run, the deck's entries and the plain lines."""
    created = RunCreated("prod", "trigger-sync-and-poll", ("triggerJob", "pollJob"), "jira", "sync")
    events = [
        Event(START + timedelta(seconds=at), at + 1, fact, RunId("r-1"))
        for at, fact in enumerate((created, *facts))
    ]
    state, lines = begin(events[0]), PlainLines()
    deck: list[str] = []
    plain: list[str] = []
    for event in events[1:]:
        state = fold(state, event)
        if (entry := event_lines.entry(event, state)) is not None:
            deck.append(entry.text)
        if (line := lines.line(event, state, 1)) is not None:
            plain.append(line.partition(": ")[2])
    return state, deck, plain


def standing(state: RunState, second: float) -> str | None:
    return cancel_told(state, "asked for", START + timedelta(seconds=second))


def test_that_a_job_is_cancelled_is_said_once() -> None:
    _, deck, plain = told(POST, STARTED, CancelWished(7), CancelSent(7, 1), CANCELLED, THE_END)
    assert [text for text in deck if "cancelled" in text] == ["cancelled: job 7 cancelled"]
    assert [text for text in plain if "cancelled" in text] == [plain[-1]]


def test_a_cancel_that_comes_out_otherwise_is_said_beside_the_verdict() -> None:
    newer = CancelSettled("newer-job", "Job 8 runs on the connection: not sent.", 7)
    _, deck, plain = told(POST, STARTED, CancelWished(7), newer)
    assert deck[-1] == plain[-1] == newer.text


def test_what_became_of_a_workflows_own_cancel_is_said_for_its_document_goes_on() -> None:
    _, deck, plain = told(POST, STARTED, CancelWished(7, "workflow"), CANCELLED)
    assert deck[-1] == plain[-1] == CANCELLED.text


def test_a_wish_of_before_the_job_was_known_is_told_once_and_says_what_it_waits_for() -> None:
    adopted = TriggerSettled("adopted", 7)
    _, deck, plain = told(POST, CancelWished(None), adopted, CancelWished(7))
    (only,) = [text for text in deck if "asked for" in text]
    assert only == "cancel asked for by operator, when it is known which job is its own"
    (said,) = [text for text in plain if text.startswith("cancelling")]
    assert "when it is known which job" in said


def test_two_wishes_are_told_twice() -> None:
    refused = CancelSettled("not-cancelled", "Job 7 is still running.", 7)
    _, deck, _ = told(POST, STARTED, CancelWished(7), refused, CancelWished(7))
    assert [text for text in deck if "asked for" in text] == ["cancel asked for by operator"] * 2


def test_while_the_job_is_not_known_it_is_said_that_the_wish_waits_for_that() -> None:
    state, _, _ = told(POST, CancelWished(None))
    assert standing(state, 5) == "asked for; it is sent when it is known which job is this run's"


def test_what_a_cancel_waits_for_is_said_and_until_when() -> None:
    waits = CancelWaits(7, "The server is overloaded (429).", 30.0)
    state, deck, plain = told(POST, STARTED, CancelWished(7), waits)
    until = clock(START + timedelta(seconds=34))
    assert standing(state, 5) == (
        f"asked for; the server is asked again at {until}: The server is overloaded (429)"
    )
    assert deck[-1] == "cancel waits, again in 30s: The server is overloaded (429)."
    assert plain[-1] == "the cancel waits: The server is overloaded (429); again in 30s"


def test_it_is_not_said_any_more_when_that_is_over() -> None:
    waits = CancelWaits(7, "The server is overloaded (429).", 30.0)
    state, _, _ = told(POST, STARTED, CancelWished(7), waits)
    assert standing(state, 35) == "asked for"
    state, _, _ = told(POST, STARTED, CancelWished(7), waits, CancelSent(7, 1))
    assert standing(state, 6) == "asked for"


def test_without_a_wish_nothing_is_said() -> None:
    state, _, _ = told(POST, STARTED)
    assert standing(state, 5) is None
