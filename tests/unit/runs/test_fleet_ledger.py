"""The ledger: numbered, journal first, folded, told; a broken journal does not stop the show."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress

import pytest

from tests.support.run_events import (
    LAUNCH,
    RUN,
    created,
    ends,
    job_runs,
    launched,
    of_launch,
    story,
)
from workflow.clock import SystemClock
from workflow.runs.events import (
    Event,
    Json,
    LaunchFinished,
    LaunchId,
    ReadingTaken,
    RunDetached,
    RunId,
    RunWaiting,
    StatusChanged,
)
from workflow.runs.folding import replay
from workflow.runs.journal import Journal
from workflow.runs.ledger import Ledger, Voice
from workflow.text import SafeText, safe


class Book:
    """A journal that keeps what it is given in lists."""

    def __init__(self) -> None:
        self.healthy: SafeText | None = None
        self.batches: list[list[Event]] = []
        self.checkpoints: dict[RunId, Json] = {}
        self.verdicts: set[RunId] = set()
        self.gate = asyncio.Event()
        self.gate.set()

    async def append(
        self,
        events: Sequence[Event],
        *,
        profile: str,
        checkpoints: Mapping[RunId, Json] | None = None,
    ) -> bool:
        await self.gate.wait()
        self.batches.append(list(events))
        self.checkpoints.update(checkpoints or {})
        return True

    async def finish(self, run: RunId, event: Event) -> bool:
        if run in self.verdicts:
            return False
        self.verdicts.add(run)
        self.batches.append([event])
        return True

    @property
    def written(self) -> list[Event]:
        return [event for batch in self.batches for event in batch]


@asynccontextmanager
async def open_ledger(store: Book | Journal) -> AsyncIterator[Ledger]:
    ledger = Ledger(store, profile="prod", clock=SystemClock())
    ledger.open()
    try:
        yield ledger
    finally:
        await ledger.aclose()


async def begun(ledger: Ledger, run: RunId = RUN) -> Voice:
    await ledger.emit(ledger.stamp(created(), run=run, launch=LAUNCH, connection_id="c-1"))
    return Voice(ledger, run)


async def test_events_are_numbered_from_one_within_each_run() -> None:
    book = Book()
    async with open_ledger(book) as ledger:
        one, two = await begun(ledger), await begun(ledger, RunId("r-2"))
        await one.tell(RunWaiting("slot"), RunWaiting("hold"))
        await two.tell(RunWaiting("slot"))
    assert [(e.run, e.seq) for e in book.written] == [
        (RUN, 1), ("r-2", 1), (RUN, 2), (RUN, 3), ("r-2", 2),
    ]  # fmt: skip


async def test_a_runs_events_carry_its_launch_and_connection() -> None:
    book = Book()
    async with open_ledger(book) as ledger:
        await (await begun(ledger)).tell(RunWaiting("slot"))
    assert (book.written[-1].launch, book.written[-1].connection_id) == (LAUNCH, "c-1")


async def test_the_journal_has_an_event_before_any_listener() -> None:
    book = Book()
    async with open_ledger(book) as ledger:
        had: list[bool] = []
        ledger.subscribe(lambda event: had.append(event in book.written))
        voice = await begun(ledger)
        voice.note(ReadingTaken(7, "running", 5))
        await ledger.settled()
    assert had == [True, True]


async def test_a_listener_finds_the_event_folded_into_the_state() -> None:
    async with open_ledger(Book()) as ledger:
        voice = await begun(ledger)
        rows: list[int | None] = []
        ledger.subscribe(lambda event: rows.append(ledger.runs[RUN].rows))
        await voice.tell(ReadingTaken(7, "running", 5))
    assert rows == [5]


async def test_what_waited_for_a_transaction_is_one_transaction_next() -> None:
    book = Book()
    async with open_ledger(book) as ledger:
        voice = await begun(ledger)
        book.gate.clear()
        for rows in range(5):
            voice.note(ReadingTaken(7, "running", rows))
            await asyncio.sleep(0)
        book.gate.set()
        await ledger.settled()
    assert [len(batch) for batch in book.batches] == [1, 1, 4]


async def test_events_and_their_checkpoint_are_one_transaction() -> None:
    book = Book()
    async with open_ledger(book) as ledger:
        await (await begun(ledger)).tell(RunWaiting("slot"), checkpoint={"at": 1})
    assert book.checkpoints == {RUN: {"at": 1}}


async def test_a_failing_listener_keeps_nobody_from_hearing() -> None:
    async with open_ledger(Book()) as ledger:
        heard: list[Event] = []

        def broken(event: Event) -> None:
            raise RuntimeError("a screen's mistake")

        ledger.subscribe(broken)
        ledger.subscribe(heard.append)
        await begun(ledger)
    assert len(heard) == 1


async def test_who_has_left_hears_nothing() -> None:
    async with open_ledger(Book()) as ledger:
        heard: list[Event] = []
        ledger.subscribe(heard.append)()
        await begun(ledger)
    assert heard == []


async def test_a_second_verdict_is_told_to_nobody() -> None:
    async with open_ledger(Book()) as ledger:
        voice = await begun(ledger)
        await ledger.finish(RUN, lambda: [voice.stamp(ends("succeeded"))])
        await ledger.finish(RUN, lambda: [voice.stamp(ends("failed"))])
        assert ledger.runs[RUN].verdict == "succeeded"


async def test_a_verdict_is_made_when_everything_before_it_is_folded() -> None:
    book = Book()
    async with open_ledger(book) as ledger:
        await ledger.emit(ledger.stamp(launched(1), launch=LAUNCH))
        voice = await begun(ledger)
        voice.note(ReadingTaken(7, "succeeded", 12))
        voice.note(StatusChanged("running", "succeeded", 7))

        def last() -> list[Event]:
            rows = ledger.launches[LAUNCH].rows
            finished = LaunchFinished({"succeeded": 1}, rows, 0, 1.0)
            return [ledger.stamp(finished, launch=LAUNCH), voice.stamp(ends())]

        await ledger.finish(RUN, last)
    assert [e.fact.kind for e in book.written[-2:]] == ["launch.finished", "run.finished"]
    fact = book.written[-2].fact
    assert isinstance(fact, LaunchFinished)
    assert fact.rows == 12


async def test_what_happens_while_facts_are_written_aside_is_told_after_them() -> None:
    async with open_ledger(Book()) as ledger:
        voice, other = await begun(ledger), await begun(ledger, RunId("r-2"))
        heard: list[Event] = []
        ledger.subscribe(heard.append)
        with voice.aside(RunWaiting("gate")):
            voice.note(ReadingTaken(7, "running", 5))
            await other.tell(RunWaiting("slot"))
            assert [event.run for event in heard] == ["r-2"]
        await ledger.settled()
    assert [(e.fact.kind, e.seq) for e in heard[1:]] == [("run.waiting", 2), ("reading", 3)]


async def test_facts_that_could_not_be_written_aside_have_not_happened() -> None:
    async with open_ledger(Book()) as ledger:
        voice = await begun(ledger)
        heard: list[Event] = []
        ledger.subscribe(heard.append)
        with suppress(OSError), voice.aside(RunWaiting("gate")):
            voice.note(ReadingTaken(7, "running", 5))
            raise OSError
        await ledger.settled()
    assert [event.fact.kind for event in heard] == ["reading"]


async def test_nothing_is_told_of_a_run_after_its_verdict() -> None:
    book = Book()
    async with open_ledger(book) as ledger:
        voice = await begun(ledger)
        ending = asyncio.create_task(ledger.finish(RUN, lambda: [voice.stamp(ends())]))
        await asyncio.sleep(0)
        voice.note(ReadingTaken(7, "succeeded", 12))
        await ending
        await voice.tell(RunWaiting("slot"))
    assert book.written[-1].fact.kind == "run.finished"


async def test_a_journal_in_trouble_does_not_keep_anybody_waiting() -> None:
    book = Book()
    async with open_ledger(book) as ledger:
        voice = await begun(ledger)
        book.healthy = safe("No space is left.")
        book.gate.clear()
        await voice.tell(ReadingTaken(7, "running", 5))
        assert ledger.runs[RUN].rows == 5
        assert ledger.trouble == "No space is left."
        book.gate.set()


async def test_numbers_go_on_where_an_earlier_process_stopped() -> None:
    async with open_ledger(Book()) as ledger:
        first = ledger.stamp(created(), run=RUN, connection_id="c-1")
    async with open_ledger(Book()) as ledger:
        heard: list[Event] = []
        ledger.subscribe(heard.append)
        ledger.known.take_over([first])
        assert heard == []
        await Voice(ledger, RUN).tell(RunDetached())
        assert heard[0].seq == 2


async def test_a_run_that_is_known_again_counts_in_its_launch_once() -> None:
    events = story(created(), *job_runs(rows=5), launch=LAUNCH)
    async with open_ledger(Book()) as ledger:
        heard: list[Event] = []
        ledger.subscribe(heard.append)
        ledger.known.take_over(of_launch(launched()))
        for state in (
            replay(events[:3]),
            replay(events),
        ):  # and once more, as somebody else left it
            ledger.known.restore(state)
        launch = ledger.launches[LAUNCH]
        assert (launch.live, launch.waiting, launch.rows) == (1, 0, 5)
        assert heard == []
        await ledger.finish(RUN, lambda: [Voice(ledger, RUN).stamp(ends())])
        assert [event.seq for event in heard] == [len(events) + 1]
        assert ledger.launches[LAUNCH].verdicts == {"succeeded": 1}


async def test_a_run_of_a_launch_that_nothing_is_known_of_is_known_all_the_same() -> None:
    async with open_ledger(Book()) as ledger:
        ledger.known.restore(replay(story(created(), *job_runs(), launch=LAUNCH)))
        assert (ledger.launches[LAUNCH].job_type, ledger.launches[LAUNCH].live) == ("sync", 1)


@pytest.mark.parametrize("known", [True, False])
async def test_a_fact_of_an_unknown_run_changes_nothing(known: bool) -> None:
    async with open_ledger(Book()) as ledger:
        if known:
            await begun(ledger)
        await ledger.emit(ledger.stamp(RunDetached(), run=RUN))
        assert (RUN in ledger.runs) is known


async def test_a_real_journal_gives_back_what_was_told() -> None:
    journal = await Journal.open(None, SystemClock())
    async with open_ledger(journal) as ledger:
        voice = await begun(ledger)
        told: list[Event] = []
        ledger.subscribe(told.append)
        await voice.tell(RunWaiting("slot"), checkpoint={"at": 1})
        await ledger.finish(RUN, lambda: [voice.stamp(ends())])
        kinds = [event.fact.kind for event in await journal.events(RUN)]
        assert kinds == ["run.created", "run.waiting", "run.finished"]
        assert [event.fact.kind for event in told] == kinds[1:]
    await journal.aclose()


async def test_a_forgotten_launch_leaves_nothing_behind() -> None:
    other = LaunchId("l-2")
    async with open_ledger(Book()) as ledger:
        for launch, run in ((LAUNCH, RUN), (other, RunId("r-2"))):
            await ledger.emit(ledger.stamp(launched(), launch=launch))
            await ledger.emit(ledger.stamp(created(), run=run, launch=launch, connection_id="c-1"))
        ledger.known.forget({RUN})
        assert set(ledger.runs) == {"r-2"}
        assert set(ledger.launches) == {other}
        assert ledger.launches[other].number == 2  # as it was all the time
        assert set(ledger.known._numbers) == {"r-2", other}


async def test_a_launch_is_known_while_one_of_its_runs_is() -> None:
    async with open_ledger(Book()) as ledger:
        await ledger.emit(ledger.stamp(launched(), launch=LAUNCH))
        await begun(ledger)
        await begun(ledger, RunId("r-2"))
        ledger.known.forget({RUN})
        assert set(ledger.launches) == {LAUNCH}


async def test_what_comes_late_of_a_forgotten_run_costs_no_other_run_its_entry() -> None:
    journal = await Journal.open(None, SystemClock())
    async with open_ledger(journal) as ledger:
        old, new = await begun(ledger), await begun(ledger, RunId("r-2"))
        await ledger.finish(RUN, lambda: (old.stamp(ends()),))
        ledger.known.forget({RUN})
        old.note(RunWaiting("slot"))
        await new.tell(RunWaiting("slot"))
        kinds = [event.fact.kind for event in await journal.events(RunId("r-2"))]
        assert kinds == ["run.created", "run.waiting"]
        assert len(await journal.events(RUN)) == 2
    await journal.aclose()
