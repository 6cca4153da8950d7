"""Plays one trigger: does what the machine asks on server, journal and clock, and brings answers.

No rule of the protocol is here; they are in :mod:`~workflow.runs.trigger.machine`. What is here is
order and care: what the journal must have before anything else happens, that a POST under way is
not thrown away with its answer when somebody detaches, and that a gate is never left behind.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import replace
from datetime import datetime
from typing import Final, Protocol, TypeAlias

from workflow.clock import Clock, rfc3339
from workflow.runs.deadline import Deadline, DeadlinePassedError
from workflow.runs.events import (
    Event,
    Fact,
    Json,
    PollFailed,
    RunWaiting,
    Settled,
    TriggerIntent,
    TriggerSettled,
    Warned,
)
from workflow.runs.journal import Journal
from workflow.runs.journal.intents import Became, Intent, IntentKey
from workflow.runs.journal.problems import JournalError
from workflow.runs.slots import Place
from workflow.runs.trigger import (
    Answered,
    Attached,
    TriggerOrder,
    TriggerOutcome,
    machine,
)
from workflow.runs.trigger.asking import Asking
from workflow.runs.trigger.moves import (
    Answer,
    AwaitGate,
    AwaitJob,
    Claimed,
    ClaimJob,
    Command,
    Done,
    Finish,
    LeaveGate,
    Listed,
    ListJobs,
    Locked,
    Note,
    NotWritten,
    OpenIntent,
    Pause,
    Post,
    ReadConnection,
    Settle,
    Struggling,
    Suspected,
    TakeGate,
    Waiting,
    Warn,
    WatchIt,
)
from workflow.runs.trigger.sight import Sight
from workflow.runs.trigger.state import Move, is_late
from workflow.runs.trigger.turns import Turn
from workflow.text import SafeText

GRACE: Final = 5.0
"""Seconds that a POST under way is waited for when its run is detached."""

Checkpoint: TypeAlias = Callable[[Answered | Attached], Json | None]
"""Gives the document's machine the answer and returns where it stands then."""
Provisional: TypeAlias = Callable[[int | None], None]
"""Told the job that is probably ours while the look goes on; None: not any more."""


class Voice(Protocol):
    """How a run's facts become events: numbered, written, heard."""

    @property
    def unwanted(self) -> bool:
        """Whether the run's job is to be cancelled."""

    def aside(self, *facts: Fact) -> AbstractContextManager[Sequence[Event]]:
        """Give facts as events that the block itself writes down, and everybody hears of then."""

    async def tell(self, *facts: Fact, checkpoint: Json = None) -> None:
        """Write facts and a checkpoint down, and let everybody hear of it."""


class Shot:
    """One trigger under way, for one run."""

    def __init__(
        self,
        asking: Asking,
        journal: Journal,
        clock: Clock,
        *,
        order: TriggerOrder,
        voice: Voice,
        checkpoint: Checkpoint,
        place: Place,
        turn: Turn,
        why_not: Callable[[], SafeText | None],
    ) -> None:
        self._asking = asking
        self._journal = journal
        self._clock = clock
        self._order = order
        self._voice = voice
        self._checkpoint = checkpoint
        self._place = place
        self._turn = turn
        self._why_not = why_not
        self._sight = Sight(clock)
        self._gated = False
        self._waiting: Waiting | None = None

    async def play(self, move: Move, provisional: Provisional) -> TriggerOutcome:
        """Obey the machine until it has finished."""
        try:
            while True:
                await self._tell(move.notes, provisional)
                if isinstance(move.command, Finish):
                    return move.command.outcome
                if isinstance(move.command, ReadConnection | ListJobs | OpenIntent):
                    await self._turn.take()
                else:
                    self._turn.leave()
                if isinstance(move.command, Post):
                    move = await self._to_the_end(move)
                else:
                    move = await self._next(move)
        finally:
            self._turn.leave()
            if self._gated:
                await self._leave_behind()

    async def _to_the_end(self, move: Move) -> Move:
        """Send, and settle a clean answer, without being cancelled halfway."""
        task = asyncio.create_task(self._send_and_settle(move), name=f"trigger {self._order.run}")
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            # The answer may be on its way: knowing it is worth a moment. Without it, the intent is
            # open in the journal and will be looked for.
            await asyncio.wait({task}, timeout=GRACE)
            if not task.done():
                task.cancel()
            with suppress(asyncio.CancelledError):
                await task
            raise

    async def _send_and_settle(self, move: Move) -> Move:
        notes: tuple[Note, ...] = ()
        while isinstance(move.command, Post | ClaimJob | Settle):
            move = await self._next(move)
            notes += move.notes
        return replace(move, notes=notes)

    async def _next(self, move: Move) -> Move:
        answer = await self._do(move.command)
        state = move.state
        if self._voice.unwanted and not state.unwanted:
            state = replace(state, unwanted=True)
        return machine.advance(state, answer, self._clock.now())

    async def _leave_behind(self) -> None:
        with suppress(JournalError):  # a dead process's gate is taken over; so is this one's
            await asyncio.shield(self._journal.leave_gate(self._order.run))

    async def _do(self, command: Command) -> Answer:
        order = self._order
        match command:
            case TakeGate():
                return await self._take_gate()
            case LeaveGate():
                self._gated = False
                await self._leave_behind()
                return Done()
            case ReadConnection():
                self._sight = Sight(self._clock)
                return await self._sight.of(self._asking.connection(order))
            case ListJobs(by_type):
                return await self._list(by_type=by_type)
            case OpenIntent(intent):
                if (why_not := self._why_not()) is not None:
                    return Locked(why_not)  # its profile was armed, and is so no more
                return await self._open_whole(intent)
            case Post():
                return await self._asking.post(order, self._hold)
            case ClaimJob(job_id):
                return await self._claim(job_id)
            case Settle():
                return await self._settle(command)
            case WatchIt(answer):
                return await self._watch(answer)
            case Pause(until):
                await self._sleep_until(until)
                return Done()
            case AwaitGate(until):
                await self._aside(self._sleep_until(until))
                return Done()
            case AwaitJob(job_id, until):
                await self._aside(self._asking.job_ends(job_id, order, until))
                return Done()
            case Finish():
                raise ValueError("a finished trigger has nothing left to do")

    async def _list(self, *, by_type: bool) -> Answer:
        told = await self._sight.of(self._asking.jobs(self._order, by_type=by_type))
        if not isinstance(told, Listed):
            return told
        return replace(told, arrived=min(told.arrived, self._clock.now() - self._sight.age))

    def _hold(self) -> SafeText | None:
        """Say why the trigger must not leave after all; asked when it is about to."""
        if self._voice.unwanted:
            return SafeText("It was cancelled before the trigger left.")
        if is_late(self._order, self._clock.now()):
            return SafeText("Its deadline passed before the trigger left.")
        if not self._sight.is_fresh:  # stopped, the laptop slept, or it took long to get a token
            return SafeText("What the server had told was old before the trigger could leave.")
        return self._why_not()

    # ------------------------------------------------------------------ the journal

    async def _take_gate(self) -> Answer:
        order = self._order
        key = IntentKey(order.run, order.step, order.visit)
        try:
            self._gated = True  # even if this is cancelled just after the commit
            return await self._journal.take_gate(key, order.connection_id, order.profile)
        except JournalError as error:
            return NotWritten(error.text)

    async def _open_whole(self, intent: Intent) -> Answer:
        """Write the intent; who is let go during that has sent nothing, and it is written too."""
        let_go = False

        async def write() -> Answer:
            answer = await self._open(intent)
            if let_go and isinstance(answer, Done):
                await self._settle(Settle(Became.NOT_SENT))
                await self._voice.tell(RunWaiting("slot"))
            return answer

        task = asyncio.create_task(write(), name=f"intent {self._order.run}")
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            let_go = True
            await asyncio.wait({task}, timeout=GRACE)
            raise

    async def _open(self, intent: Intent) -> Answer:
        date = intent.server_date
        fact = TriggerIntent(
            intent.key.step,
            intent.key.visit,
            intent.job_type,
            intent.base,
            None if date is None else rfc3339(date),
        )
        try:
            with self._voice.aside(fact) as events:
                await self._journal.open_intent(intent, events)
        except JournalError as error:
            return NotWritten(error.text)
        self._gated = False
        return Done()

    async def _claim(self, job_id: int) -> Answer:
        try:
            other = await self._journal.claim_job(
                self._order.run, self._order.connection_id, job_id
            )
        except JournalError as error:
            return NotWritten(error.text)
        return Claimed(other)

    async def _settle(self, settle: Settle) -> Answer:
        key = IntentKey(self._order.run, self._order.step, self._order.visit)
        how = settle.how.settled
        told: tuple[Fact, ...] = ()
        if how is not None:
            text = str(settle.text) or None
            told = (TriggerSettled(how.value, settle.job_id, settle.suspects, text),)
        answer = settle.answer
        checkpoint = None if answer is None else self._checkpoint(answer)
        with self._voice.aside(*told) as events:
            await self._journal.settle_intent(
                key,
                settle.how,
                job_id=settle.job_id,
                suspects=settle.suspects,
                answer=settle.refusal if answer is None else answer.body,
                events=events,
                checkpoint=checkpoint,
            )
        return Done()

    async def _watch(self, attached: Attached) -> Answer:
        job_id, why = attached.job.job_id, str(attached.why) or None
        await self._voice.tell(
            TriggerSettled(Settled.ATTACHED.value, job_id, text=why),
            checkpoint=self._checkpoint(attached),
        )
        self._place.only_watches()
        return Done()

    # ------------------------------------------------------------------ time and notes

    async def _aside(self, waiting: Awaitable[None]) -> None:
        """Give the run's slot back while it waits for somebody else; take one again after that."""
        self._place.give_back()
        await waiting
        if self._place.take_now():
            return
        self._waiting = Waiting("slot")
        await self._voice.tell(RunWaiting("slot"))
        with suppress(DeadlinePassedError):  # nothing was sent, and the machine says so next
            await Deadline(self._clock, self._order.deadline).within(self._place.take_again())

    async def _sleep_until(self, until: datetime) -> None:
        # A wall clock that is set forward is noticed in a minute; set back, it makes no pause last.
        over = self._clock.monotonic() + (until - self._clock.now()).total_seconds()
        while (left := self._left(until, over)) > 0:
            await self._clock.sleep(min(left, 60.0))

    def _left(self, until: datetime, over: float) -> float:
        wall = (until - self._clock.now()).total_seconds()
        return min(wall, over - self._clock.monotonic())

    async def _tell(self, notes: Sequence[Note], provisional: Provisional) -> None:
        for note in notes:
            match note:
                case Waiting(reason, job_id):
                    if note != self._waiting:
                        await self._voice.tell(RunWaiting(reason, job_id))
                    self._waiting = note
                case Struggling(why, seconds):
                    await self._voice.tell(PollFailed(str(why), seconds))
                case Warn(kind, text):
                    await self._voice.tell(Warned(kind, str(text)))
                case Suspected(jobs, job_id):
                    suspects = tuple(job.job_id for job in jobs)
                    with suppress(JournalError):  # they are found again by the next look
                        await self._journal.add_suspects(self._order.run, suspects)
                    provisional(job_id)
