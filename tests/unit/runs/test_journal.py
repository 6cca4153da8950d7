"""The journal keeps what happened, in order, once, and lets two processes share a file."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from workflow.runs.events import (
    Event,
    Fact,
    LaunchId,
    LaunchStarted,
    ReadingTaken,
    RunCreated,
    RunFinished,
    RunId,
    StatusChanged,
    TriggerIntent,
    TriggerSettled,
)
from workflow.runs.journal import Journal, JournalError
from workflow.runs.journal.intents import Became, GateBusy, GateTaken, Intent, IntentKey

NOW = datetime(2026, 3, 25, 1, 30, tzinfo=UTC)
A, B = RunId("r-a"), RunId("r-b")
CONNECTION = "c-1"
FORM = "1"


class SetClock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.at = NOW

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return (self.at - NOW).total_seconds()

    async def sleep(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


def event(run: RunId | None, seq: int, fact: Fact, at: float = 0.0) -> Event:
    launch = None if run else LaunchId("l-1")
    return Event(NOW + timedelta(seconds=at), seq, fact, run, launch, CONNECTION)


def created(run: RunId = A) -> Event:
    return event(run, 1, RunCreated("p", "w", ("trigger",), job_type="sync"))


def finished(run: RunId = A, seq: int = 9, verdict: str = "succeeded") -> Event:
    return event(run, seq, RunFinished(verdict, "because", {}), at=600)


def key(run: RunId = A, visit: int = 1) -> IntentKey:
    return IntentKey(run, "trigger", visit)


def intent(run: RunId = A, visit: int = 1) -> Intent:
    return Intent(key(run, visit), "p", CONNECTION, "sync", 7, NOW, NOW, timedelta(seconds=300))


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
async def journal(tmp_path: Path, clock: SetClock) -> AsyncIterator[Journal]:
    opened = await Journal.open(tmp_path / "j" / "journal.db", clock)
    yield opened
    await opened.aclose()


@pytest.fixture
async def second(journal: Journal, clock: SetClock) -> AsyncIterator[Journal]:
    """Another process's view of the same file, as far as locks can tell."""
    opened = await Journal.open(journal.path, clock)
    yield opened
    await opened.aclose()


async def on_file(journal: Journal, statement: str) -> None:
    await journal._threads.now(lambda db: db.execute(statement), durable=False)


async def opened_intent(journal: Journal, run: RunId = A, visit: int = 1) -> None:
    if await journal.run(run) is None:
        await journal.append([created(run)], profile="p")
    assert isinstance(await journal.take_gate(key(run, visit), CONNECTION, "p"), GateTaken)
    await journal.open_intent(intent(run, visit))


# ------------------------------------------------------------------ events


async def test_events_come_back_in_their_order(journal: Journal) -> None:
    written = [created(), event(A, 2, StatusChanged(None, "pending")), finished()]
    await journal.append(written[:2], profile="p")
    await journal.append(written[2:], profile="p")
    assert await journal.events(A) == tuple(written)


async def test_appends_that_wait_together_keep_their_order(journal: Journal) -> None:
    await journal.append([created()], profile="p")
    changes = [event(A, n, StatusChanged(None, str(n))) for n in range(2, 60)]
    await asyncio.gather(*(journal.append([change], profile="p") for change in changes))
    assert [e.seq for e in await journal.events(A)] == list(range(1, 60))


async def test_plain_readings_are_thinned_to_one_a_minute_and_the_last(journal: Journal) -> None:
    readings = [event(A, 2 + n, ReadingTaken(8, "running", n), at=15 * n) for n in range(12)]
    await journal.append([created()], profile="p")
    for reading in readings:
        await journal.append([reading], profile="p")
    await journal.finish(A, finished(seq=99))
    rows = [e.fact.rows for e in await journal.events(A) if isinstance(e.fact, ReadingTaken)]
    assert rows == [0, 4, 8, 11]


async def test_the_reading_behind_a_change_of_status_is_written(journal: Journal) -> None:
    await journal.append([created(), event(A, 2, ReadingTaken(8, "pending"))], profile="p")
    await journal.append([event(A, 3, ReadingTaken(8, "running", 5), at=3)], profile="p")
    await journal.append([event(A, 4, StatusChanged("pending", "running"), at=3)], profile="p")
    assert [e.seq for e in await journal.events(A)] == [1, 2, 3, 4]


async def test_the_last_reading_is_written_when_the_journal_closes(
    tmp_path: Path, clock: SetClock
) -> None:
    first = await Journal.open(tmp_path / "journal.db", clock)
    await first.append([created(), event(A, 2, ReadingTaken(8, "running", 1))], profile="p")
    await first.append([event(A, 3, ReadingTaken(8, "running", 2), at=3)], profile="p")
    await first.aclose()
    again = await Journal.open(tmp_path / "journal.db", clock)
    assert [e.seq for e in await again.events(A)] == [1, 2, 3]
    await again.aclose()


async def test_a_launch_has_events_of_its_own(journal: Journal) -> None:
    started = event(None, 1, LaunchStarted("nightly", 3, 5))
    await journal.append([started, created()], profile="p")
    assert await journal.launch_events(LaunchId("l-1")) == (started,)


async def test_a_verdict_is_written_once(journal: Journal) -> None:
    await journal.append([created()], profile="p")
    assert await journal.finish(A, finished(seq=2))
    assert not await journal.finish(A, finished(seq=3, verdict="failed"))
    row = await journal.run(A)
    assert row is not None
    assert row.verdict == "succeeded"
    assert [e.seq for e in await journal.events(A)] == [1, 2]


async def test_a_checkpoint_is_there_with_its_events_and_gone_with_the_verdict(
    journal: Journal,
) -> None:
    await journal.append([created()], profile="p", checkpoints={A: {"at": "trigger"}})
    assert (await journal.pasts([A], FORM))[A].checkpoint == {"at": "trigger"}
    await journal.finish(A, finished())
    assert (await journal.pasts([A], FORM))[A].checkpoint is None
    assert await journal.unfinished() == ()


async def with_a_snapshot(journal: Journal) -> Event:
    """Write a run with a snapshot of its first two events, and return the third."""
    await journal.append([created(), event(A, 2, StatusChanged(None, "pending"))], profile="p")
    journal.keep_snapshot(A, 2, FORM, {"status": "pending"})
    later = event(A, 3, StatusChanged("pending", "running"))
    await journal.append([later], profile="p")
    return later


async def test_a_snapshot_stands_for_the_events_before_it(journal: Journal) -> None:
    later = await with_a_snapshot(journal)
    past = (await journal.pasts([A], FORM))[A]
    assert (past.first, past.snapshot, past.events) == (created(), {"status": "pending"}, (later,))


async def test_a_snapshot_of_another_form_is_passed_over(journal: Journal) -> None:
    await with_a_snapshot(journal)
    past = (await journal.pasts([A], "another"))[A]
    assert past.snapshot is None
    assert past.events == await journal.events(A)


async def test_the_last_snapshot_is_written_when_the_journal_closes(
    journal: Journal, second: Journal
) -> None:
    await journal.append([created()], profile="p")
    journal.keep_snapshot(A, 1, FORM, "old")
    journal.keep_snapshot(A, 1, FORM, "new")
    await journal.aclose()
    assert (await second.pasts([A], FORM))[A].snapshot == "new"


async def test_an_event_that_cannot_be_read_is_left_out_of_what_happened_and_told_of(
    journal: Journal, caplog: pytest.LogCaptureFixture
) -> None:
    await journal.append([created(), created(B)], profile="p")
    assert journal.damage.sentence is None
    await on_file(journal, "UPDATE events SET body = '{\"v\": 1}' WHERE run = 'r-a'")
    pasts = await journal.pasts([A, B], FORM)
    assert {run: past.first is None for run, past in pasts.items()} == {A: True, B: False}
    assert pasts[A].last_seq == 1
    assert "event 1 of run r-a cannot be read" in caplog.text
    assert "an entry is damaged: event 1 of run r-a." in (journal.damage.sentence or "")


async def test_unfinished_runs_of_other_profiles_are_not_mixed_in(journal: Journal) -> None:
    await journal.append([created(A)], profile="prod")
    await journal.append([created(B)], profile="test")
    assert [u.row.run for u in await journal.unfinished("prod")] == [A]


async def test_a_journal_in_memory_does_the_same(clock: SetClock) -> None:
    journal = await Journal.open(None, clock)
    await journal.append([created()], profile="p")
    await opened_intent(journal)
    assert [u.row.run for u in await journal.unfinished()] == [A]
    await journal.aclose()


# ------------------------------------------------------------------ intents


async def test_one_connection_has_one_open_intent_over_all_profiles(
    journal: Journal, second: Journal
) -> None:
    await opened_intent(journal)
    busy = await second.take_gate(key(B), CONNECTION, "another profile")
    assert busy == GateBusy(A, NOW, settled=False)


async def test_a_list_of_runs_tells_what_was_sent_from_what_only_waits(
    journal: Journal, second: Journal
) -> None:
    await journal.append([created(A)], profile="p")
    await opened_intent(journal)
    await second.append([created(B)], profile="p")
    assert {row.run: row.unsettled for row in await journal.runs()} == {A: True, B: False}


async def test_a_row_tells_how_long_the_job_took_and_not_how_long_it_waited(
    journal: Journal, clock: SetClock
) -> None:
    await journal.append([created()], profile="p")
    began = (NOW + timedelta(minutes=8)).isoformat()
    over = ReadingTaken(8, "succeeded", 5, start_time=began, duration=84.0)
    await journal.append([event(A, 2, over, at=590)], profile="p")
    await journal.finish(A, finished())
    row = await journal.run(A)
    assert row is not None
    assert row.ended is not None
    assert row.ended - row.created == timedelta(minutes=10)
    assert row.lasted(clock.now()) == timedelta(seconds=84)


async def test_a_row_of_a_live_job_tells_how_long_it_has_taken_by_now(
    journal: Journal, clock: SetClock
) -> None:
    began = (NOW + timedelta(minutes=8)).isoformat()
    live = ReadingTaken(8, "running", 5, start_time=began, duration=3.0)
    await journal.append([created(), event(A, 2, live, at=590)], profile="p")
    row = await journal.run(A)
    assert row is not None
    assert row.lasted(NOW + timedelta(minutes=9)) == timedelta(minutes=1)


async def test_a_row_without_a_reading_counts_from_its_trigger(
    journal: Journal, clock: SetClock
) -> None:
    await opened_intent(journal)
    row = await journal.run(A)
    assert row is not None
    assert row.sent is not None
    assert row.lasted(row.sent + timedelta(seconds=30)) == timedelta(seconds=30)


async def test_a_row_of_which_nothing_was_sent_claims_no_time(journal: Journal) -> None:
    await journal.append([created()], profile="p")
    await journal.finish(A, finished(verdict="skipped"))
    row = await journal.run(A)
    assert row is not None
    assert row.lasted(NOW + timedelta(hours=1)) is None


async def test_a_reading_that_cannot_be_read_costs_its_row_only_the_time(journal: Journal) -> None:
    reading = ReadingTaken(8, "succeeded", 5, duration=84.0)
    await journal.append([created(), event(A, 2, reading)], profile="p")
    await journal.finish(A, finished())
    await on_file(journal, "UPDATE events SET body = '{}' WHERE kind = 'reading'")
    (row,) = await journal.runs()
    assert (row.run, row.job_lasted) == (A, None)


async def test_a_gate_that_was_left_lets_the_next_through(
    journal: Journal, second: Journal
) -> None:
    await journal.take_gate(key(A), CONNECTION, "p")
    await journal.leave_gate(A)
    assert isinstance(await second.take_gate(key(B), CONNECTION, "p"), GateTaken)


async def test_an_intent_needs_the_gate(journal: Journal, second: Journal) -> None:
    await journal.append([created()], profile="p")
    await journal.take_gate(key(A), CONNECTION, "p")
    with pytest.raises(JournalError, match="not ours any more"):
        await second.open_intent(intent(A))


async def test_an_intent_needs_a_run_that_a_restart_would_take_up(journal: Journal) -> None:
    await journal.take_gate(key(A), CONNECTION, "p")
    with pytest.raises(JournalError, match=r"not taken run r-a.*Nothing was sent"):
        await journal.open_intent(intent(A))
    assert await journal.open_intents() == ()


async def test_no_intent_is_opened_for_a_run_that_has_ended(journal: Journal) -> None:
    await journal.append([created()], profile="p")
    await journal.take_gate(key(A), CONNECTION, "p")
    await on_file(journal, "UPDATE runs SET verdict = 'cancelled'")
    with pytest.raises(JournalError, match="not ours any more"):
        await journal.open_intent(intent(A))


async def test_leaving_the_gate_never_takes_an_open_intent_away(journal: Journal) -> None:
    await opened_intent(journal)
    await journal.leave_gate(A)
    assert [i.intent for i in await journal.open_intents()] == [intent()]


async def test_the_gate_of_a_process_that_is_gone_is_free(
    journal: Journal, clock: SetClock
) -> None:
    gone = await Journal.open(journal.path, clock)
    await gone.take_gate(key(A), CONNECTION, "p")
    await gone.aclose()
    assert isinstance(await journal.take_gate(key(B), CONNECTION, "p"), GateTaken)


async def test_the_open_intent_of_a_process_that_is_gone_is_not(
    journal: Journal, clock: SetClock
) -> None:
    gone = await Journal.open(journal.path, clock)
    await opened_intent(gone)
    await gone.aclose()
    assert isinstance(await journal.take_gate(key(B), CONNECTION, "p"), GateBusy)


async def test_a_clean_answer_frees_the_connection(journal: Journal) -> None:
    await opened_intent(journal)
    await journal.settle_intent(key(), Became.STARTED, job_id=8, answer={"jobId": 8})
    assert await journal.open_intents() == ()
    (record,) = await journal.intents_of(A)
    assert (record.how, record.job_id, record.answer) == (Became.STARTED, 8, {"jobId": 8})


@pytest.mark.parametrize("how", [Became.UNKNOWN, Became.ADOPTED])
async def test_an_answer_that_was_lost_keeps_the_connection_closed(
    journal: Journal, how: Became
) -> None:
    await opened_intent(journal)
    await journal.settle_intent(key(), how, suspects=(8, 9))
    assert isinstance(await journal.take_gate(key(B), CONNECTION, "p"), GateBusy)
    (record,) = await journal.open_intents("p")
    assert record.suspects == (8, 9)


async def test_the_end_of_an_adopted_job_frees_the_connection(journal: Journal) -> None:
    await journal.append([created()], profile="p")
    await opened_intent(journal)
    await journal.settle_intent(key(), Became.ADOPTED, job_id=8)
    await journal.finish(A, finished())
    assert isinstance(await journal.take_gate(key(B), CONNECTION, "p"), GateTaken)


@pytest.mark.parametrize("verdict", ["unresolved", "expired"])
async def test_a_run_that_ends_before_its_job_does_not_free_the_connection(
    journal: Journal, verdict: str
) -> None:
    await journal.append([created()], profile="p")
    await opened_intent(journal)
    await journal.settle_intent(key(), Became.ADOPTED, job_id=8)
    await journal.finish(A, finished(verdict=verdict))
    assert isinstance(await journal.take_gate(key(B), CONNECTION, "p"), GateBusy)


async def test_the_operator_can_free_the_connection(journal: Journal) -> None:
    await opened_intent(journal)
    await journal.settle_intent(key(), Became.UNKNOWN)
    assert await journal.close_intent(A, "dismissed")
    assert isinstance(await journal.take_gate(key(B), CONNECTION, "p"), GateTaken)


async def test_an_intent_whose_post_is_under_way_cannot_be_closed(journal: Journal) -> None:
    await opened_intent(journal)
    assert not await journal.close_intent(A, "dismissed")
    assert isinstance(await journal.take_gate(key(B), CONNECTION, "p"), GateBusy)


async def test_a_settled_intent_is_over_after_24_hours(journal: Journal, clock: SetClock) -> None:
    await opened_intent(journal)
    await journal.settle_intent(key(), Became.UNKNOWN)
    clock.at += timedelta(hours=24)
    assert isinstance(await journal.take_gate(key(B), CONNECTION, "p"), GateTaken)


async def test_the_intent_of_a_paused_process_is_not_over_after_24_hours(
    journal: Journal, second: Journal, clock: SetClock
) -> None:
    await opened_intent(second)
    clock.at += timedelta(hours=240)
    assert isinstance(await journal.take_gate(key(B), CONNECTION, "p"), GateBusy)


async def test_a_step_that_sent_cannot_send_again_on_the_same_visit(journal: Journal) -> None:
    await opened_intent(journal)
    await journal.settle_intent(key(), Became.STARTED, job_id=8)
    with pytest.raises(JournalError):
        await journal.take_gate(key(), CONNECTION, "p")


async def test_a_step_that_was_refused_may_send_again(journal: Journal) -> None:
    await opened_intent(journal)
    await journal.settle_intent(key(), Became.REFUSED)
    await opened_intent(journal)
    assert len(await journal.intents_of(A)) == 2


async def test_an_intent_and_its_event_are_written_together(journal: Journal) -> None:
    await journal.append([created()], profile="p")
    await journal.take_gate(key(), CONNECTION, "p")
    fact = event(A, 2, TriggerIntent("trigger", 1, "sync", 7))
    await journal.open_intent(intent(), [fact])
    past = (await journal.pasts([A], FORM))[A]
    assert past.events[-1] == fact
    assert past.intents[0].intent == intent()


async def test_an_answer_its_event_and_the_checkpoint_are_one_transaction(
    journal: Journal,
) -> None:
    await journal.append([created()], profile="p", checkpoints={A: "before"})
    await opened_intent(journal)
    twice = event(A, 1, TriggerSettled("started", 8))  # a seq that is taken: refused by the table
    with pytest.raises(JournalError):
        await journal.settle_intent(
            key(), Became.STARTED, job_id=8, events=[twice], checkpoint="after"
        )
    past = (await journal.pasts([A], FORM))[A]
    assert past.checkpoint == "before"
    assert past.intents[0].how is None


# ------------------------------------------------------------------ jobs and owners


async def test_a_job_has_one_owning_run(journal: Journal, second: Journal) -> None:
    await journal.append([created(A), created(B)], profile="p")
    assert await journal.claim_job(A, CONNECTION, 8) is None
    assert await journal.claim_job(A, CONNECTION, 8) is None
    assert await second.claim_job(B, CONNECTION, 8) == A


async def test_the_same_number_on_another_connection_is_another_job(journal: Journal) -> None:
    await journal.append([created(A), created(B)], profile="p")
    await journal.claim_job(A, CONNECTION, 8)
    assert await journal.claim_job(B, "c-2", 8) is None


async def test_a_claim_from_before_the_servers_numbers_began_anew_is_void(
    journal: Journal, clock: SetClock
) -> None:
    await journal.append([created(A), created(B)], profile="p")
    await journal.claim_job(A, CONNECTION, 8)
    await journal.finish(A, finished())
    clock.at += timedelta(days=1)
    await journal.take_gate(key(B), CONNECTION, "p")
    later = Intent(key(B), "p", CONNECTION, "sync", 7, clock.at, None, timedelta(seconds=300))
    await journal.open_intent(later)
    assert await journal.claim_job(B, CONNECTION, 8) is None


async def test_a_claim_without_a_settlement_is_remembered(journal: Journal) -> None:
    await journal.append([created()], profile="p")
    await opened_intent(journal)
    await journal.claim_job(A, CONNECTION, 8)
    (record,) = await journal.open_intents()
    assert (record.how, record.job_id) == (None, 8)


async def test_a_run_is_looked_after_by_one_process(journal: Journal, second: Journal) -> None:
    await journal.append([created()], profile="p")
    assert not await second.own(A)
    assert (await second.unfinished())[0].elsewhere
    await journal.release(A)
    assert await second.own(A)


async def test_all_runs_of_a_profile_that_nobody_looks_after_are_taken_at_once(
    journal: Journal, second: Journal
) -> None:
    await journal.append([created(), created(B)], profile="p")
    await second.append([created(RunId("r-3"))], profile="p")
    await journal.append([created(RunId("r-4"))], profile="another")
    await journal.release(A)
    await journal.release(RunId("r-4"))
    assert await second.own_all("p") == {A, "r-3"}
    assert not await journal.own(A)


async def test_the_run_of_a_process_that_is_gone_can_be_taken(
    journal: Journal, clock: SetClock
) -> None:
    gone = await Journal.open(journal.path, clock)
    await gone.append([created()], profile="p")
    await gone.aclose()
    assert not (await journal.unfinished())[0].elsewhere
    assert await journal.own(A)


async def test_a_run_that_has_ended_is_nobodys(journal: Journal) -> None:
    await journal.append([created()], profile="p")
    await journal.finish(A, finished())
    assert not await journal.own(A)


async def test_sync_mode_is_full_when_an_intent_is_written_and_normal_otherwise(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []

    def note(db: sqlite3.Connection) -> None:
        seen.append(db.execute("PRAGMA synchronous").fetchone()[0])

    await journal._threads.now(note, durable=False)
    await journal._threads.now(note, durable=True)
    await journal._threads.now(note, durable=False)
    assert seen == [1, 2, 1]
