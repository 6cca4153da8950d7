"""Takes up what an earlier process left unfinished. Sends no trigger, ever.

A run with a job is watched again; one whose POST had left is looked for by the trigger's own
rules; one for which nothing had been sent stays unsent, waiting to be asked about.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from workflow.arazzo.problems import CheckpointError
from workflow.arazzo.program import Program
from workflow.arazzo.turns import Call, Json
from workflow.runs import paths
from workflow.runs.events import (
    RunId,
    RunTaken,
    RunWaiting,
    Verdict,
    Warned,
)
from workflow.runs.execution import Execution
from workflow.runs.journal import DamagedEntryError
from workflow.runs.launch import OrderRefused
from workflow.runs.launching import Launching
from workflow.runs.ledger import Voice
from workflow.runs.left import Left, Sent, read_left, slices
from workflow.runs.programs import Programs
from workflow.runs.roster import Roster
from workflow.runs.services import Services
from workflow.runs.snapshots import FORM
from workflow.runs.terms import Checkpoint, Terms, from_json
from workflow.runs.trigger import JobSeen
from workflow.runs.wishes import nothing_to_cancel

_log = logging.getLogger(__name__)

ASKED = "asked"
"""Why a run waits that an earlier process left unsent: somebody has to say go."""

_TAKEN_AT_ONCE: Final = 50
"""Runs whose being taken up is one transaction."""


@dataclass(frozen=True, slots=True)
class Recovery:
    """Finds unfinished runs in the journal and looks after them."""

    services: Services
    launching: Launching
    roster: Roster
    programs: Programs
    _deciding: asyncio.Lock = field(default_factory=asyncio.Lock, init=False)
    """What becomes of unsent runs is decided once, by whoever asks first."""

    async def take_up_all(self) -> None:
        """Take up every unfinished run of this profile that no living process looks after."""
        journal, profile = self.services.journal, self.services.profile
        # Owned first and read then: what is read is all that any process did to the run.
        ours = await journal.own_all(profile)
        read = await self._read(ours)
        taken = {run: one for run, one in read.items() if self._goes_on(one)}
        for run in ours.difference(taken):
            await journal.release(run)
        await self._take_over(taken)
        for some in slices(_TAKEN_AT_ONCE, tuple(taken.values())):
            await asyncio.gather(*(self._take_up(one, "start") for one in some))

    async def take_up_one(self, run: RunId) -> bool:
        """Take up one run, of whatever process; False when it is not to be had.

        Raises:
            OrderRefused: it was started at another server than this profile's.
        """
        journal, profile = self.services.journal, self.services.profile
        if not await journal.own(run):
            return False
        row = await journal.run(run)
        mine = row is not None and row.profile == profile
        one = (await self._read([run])).get(run) if mine else None
        if one is None or not self._goes_on(one):
            await journal.release(run)
            if one is not None and one.state.verdict is None:
                raise OrderRefused(
                    f"Run {run} was started at {one.server}, and profile {profile} is now another "
                    "server: use the profile's old address to watch it."
                )
            return False
        await self._take_over({run: one})
        await self._take_up(one, "attach")
        return True

    def _goes_on(self, one: Left) -> bool:
        """Whether a run is to be taken up: nothing happens to one after its end."""
        if one.state.verdict is not None:
            _log.error("run %s has ended, and its row does not say so", one.state.run)
            return False
        return self._is_of_here(one)

    def _is_of_here(self, one: Left) -> bool:
        """Whether a run's job is one of this server's.

        A profile can be edited, and `env` means another server in every shell; the same job id
        there is somebody else's job.
        """
        here = one.server in {None, self.services.client.base_url}
        if not here:
            _log.warning("run %s was started at %s; it is left alone", one.state.run, one.server)
        return here

    async def _read(self, runs: Iterable[RunId]) -> dict[RunId, Left]:
        # What is known here of a run that was let go may be more than its snapshot has.
        return await read_left(self.services.journal, runs, self.services.ledger.runs)

    async def _take_over(self, taken: Mapping[RunId, Left]) -> None:
        """Make known what happened before: launches first, then runs in the order they were made.

        With a launch come its other runs: its counts are of all of them.
        """
        ledger, journal = self.services.ledger, self.services.journal
        launches = dict.fromkeys(one.state.launch for one in taken.values())
        others: set[RunId] = set()
        for launch in launches:
            if launch is not None and launch not in ledger.launches:
                try:
                    ledger.known.take_over(await journal.launch_events(launch))
                except DamagedEntryError as error:
                    _log.error("launch %s cannot be read; its runs are: %s", launch, error)
                others |= {row.run for row in await journal.runs(limit=-1, launch=launch)}
        siblings = await self._read(others - taken.keys())
        for _, one in sorted({**siblings, **taken}.items()):
            ledger.known.restore(one.state)

    async def _take_up(self, one: Left, reason: str) -> None:
        """Look after one run that this process owns and that the ledger knows."""
        voice = Voice(self.services.ledger, one.state.run)
        await voice.tell(RunTaken(reason))
        checkpoint, state = from_json(one.checkpoint), voice.state
        program = self._program(voice.run, checkpoint)
        owned = state.job_id if state.origin is not None else None
        if one.sent is Sent.LOST and owned is None:
            why = "its trigger may have been sent, and the journal's record of that is damaged"
            await self._end(voice, Verdict.UNRESOLVED, why)
            return
        if one.sent is Sent.NO and owned is None and _waits_for_trigger(program, checkpoint):
            if voice.unwanted:
                await self._end(voice, Verdict.CANCELLED, "cancelled before a trigger was sent")
            elif state.waiting_for != ASKED:  # it has been told so as long as nobody says go
                await voice.tell(RunWaiting(ASKED))
            return
        if program is not None:
            given = _seen(owned, voice) if owned is not None and state.watch_only else None
            execution = self.launching.execution(voice, program, checkpoint, given=given)
        elif owned is not None:
            execution = await self._watcher(voice, checkpoint, owned)
        else:
            why = "its trigger may have been sent, and its workflow document is not at hand"
            await self._end(voice, Verdict.UNRESOLVED, why)
            return
        self.launching.resume(execution)
        if voice.unwanted:
            self.services.wishes.take_up(voice, owned)

    async def _end(self, voice: Voice, verdict: Verdict, why: str) -> None:
        """End a run that has no job of its own, and with it a wish that such a job stop."""
        if voice.unwanted:
            await voice.tell(nothing_to_cancel(verdict))
        await self.launching.ending.end(voice.run, verdict, why)

    def _program(self, run: RunId, checkpoint: Checkpoint) -> Program | None:
        """Return the program that can go on from a checkpoint."""
        program = self.programs.find(checkpoint.terms.digest)
        if program is None:
            return None
        self.launching.ending.knows(run, program)
        if checkpoint.machine is None:
            return None
        try:
            program.load(checkpoint.machine)
        except CheckpointError as error:
            _log.error("a checkpoint cannot be used: %s", error)
            return None
        return program

    async def _watcher(self, voice: Voice, checkpoint: Checkpoint, job_id: int) -> Execution:
        """Watch a run's job by the shipped document, its own being unable to go on."""
        if not voice.state.watch_only:
            text = (
                "its workflow document is not at hand: its job is watched, and the document's own "
                "outputs are not made"
            )
            await voice.tell(Warned("workflow", text))
        terms = Terms(
            inputs={"connectionId": voice.state.connection_id or "unknown"},
            cancel_on_deadline=checkpoint.terms.cancel_on_deadline,
        )
        return self.launching.execution(
            voice,
            self.programs.shipped(),
            Checkpoint(terms, checkpoint.deadline),
            given=_seen(job_id, voice),
        )

    async def start_unsent(self, runs: Iterable[RunId]) -> None:
        """Let runs go that were left unsent; raises OrderRefused for one that cannot be."""
        async with self._deciding:
            asked = tuple(filter(self.is_asked, runs))
            pasts = await self.services.journal.pasts(asked, FORM)
            for run in asked:
                await self._start(run, from_json(pasts[run].checkpoint if run in pasts else None))

    async def _start(self, run: RunId, checkpoint: Checkpoint) -> None:
        program = self.programs.find(checkpoint.terms.digest)
        if program is None:
            raise OrderRefused(
                f"Run {run} cannot be started: its workflow document is not at hand. "
                "Launch it again with the document."
            )
        voice = Voice(self.services.ledger, run)
        await voice.tell(RunWaiting("slot"))
        # Its deadline counts from its slot, as if it were new.
        first = Checkpoint(checkpoint.terms)
        self.launching.resume(self.launching.execution(voice, program, first), wait=True)

    async def drop_unsent(self, runs: Iterable[RunId]) -> None:
        """End runs that were left unsent."""
        async with self._deciding:
            for run in filter(self.is_asked, runs):
                why = "not sent: dropped after a new start"
                await self.launching.ending.end(run, Verdict.SKIPPED, why)

    def is_asked(self, run: RunId) -> bool:
        """Whether a run waits for somebody to say go."""
        state = self.services.ledger.runs.get(run)
        return state is not None and state.waiting_for == ASKED and run not in self.roster


def _waits_for_trigger(program: Program | None, checkpoint: Checkpoint) -> bool:
    """Whether the next thing a run would do is to trigger: it has not begun, or stands there."""
    if program is None:
        return checkpoint.machine is None
    command = program.load(checkpoint.machine).command
    return (
        isinstance(command, Call)
        and command.operation.method == "POST"
        and paths.is_jobs(command.operation.path)
    )


def _seen(job_id: int, voice: Voice) -> JobSeen:
    """Say of a job what the journal knows, in the server's own form."""
    state = voice.state
    status, job_type = str(state.status or "pending"), str(state.job_type or "sync")
    raw: dict[str, Json] = {
        "jobId": job_id,
        "status": status,
        "jobType": job_type,
        "connectionId": state.connection_id or "",
    }
    return JobSeen(job_id, job_type, status, live=True, raw=raw)
