"""Plays one trigger: does what the machine asks on server, journal and clock, and brings answers.

No rule of the protocol is here; they are in :mod:`~workflow.runs.trigger.machine`. What is here is
order and care: what the journal must have before anything else happens, that a POST under way is
not thrown away with its answer when somebody detaches, and that a gate is never left behind.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import TypeAlias

from workflow.clock import Clock
from workflow.runs.deadline import Deadline, DeadlinePassedError
from workflow.runs.events import (
    PollFailed,
    RunWaiting,
    Warned,
)
from workflow.runs.journal import Journal
from workflow.runs.journal.problems import JournalError
from workflow.runs.slots import Place
from workflow.runs.trigger import (
    TriggerOrder,
    TriggerOutcome,
    machine,
)
from workflow.runs.trigger.asking import Asking
from workflow.runs.trigger.entries import GRACE, Checkpoint, Entries, Voice
from workflow.runs.trigger.moves import (
    Answer,
    AwaitGate,
    AwaitJob,
    ClaimJob,
    Command,
    Done,
    Finish,
    LeaveGate,
    Listed,
    ListJobs,
    Locked,
    Note,
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

Provisional: TypeAlias = Callable[[int | None], None]
"""Told the job that is probably ours while the look goes on; None: not any more."""


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
        self._entries = Entries(journal, order, voice, checkpoint)
        self._place = place
        self._turn = turn
        self._why_not = why_not
        self._sight = Sight(clock)
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
            if self._entries.gated:
                await self._entries.leave_gate()

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

    async def _do(self, command: Command) -> Answer:
        order = self._order
        match command:
            case TakeGate():
                return await self._entries.take_gate()
            case LeaveGate():
                await self._entries.leave_gate()
                return Done()
            case ReadConnection():
                self._sight = Sight(self._clock)
                return await self._sight.of(self._asking.connection(order))
            case ListJobs(by_type):
                return await self._list(by_type=by_type)
            case OpenIntent(intent):
                if (why_not := self._why_not()) is not None:
                    return Locked(why_not)  # its profile was armed, and is so no more
                return await self._entries.open_intent(intent)
            case Post():
                return await self._asking.post(order, self._hold)
            case ClaimJob(job_id):
                return await self._entries.claim(job_id)
            case Settle():
                return await self._entries.settle(command)
            case WatchIt(answer):
                await self._entries.watches(answer)
                self._place.only_watches()
                return Done()
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
