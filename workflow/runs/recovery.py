"""Takes up what an earlier process left unfinished. Sends no trigger, ever.

A run with a job is watched again; one whose POST had left is looked for by the trigger's own
rules; one for which nothing had been sent stays unsent, waiting to be asked about.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from workflow.arazzo.problems import CheckpointError
from workflow.arazzo.program import Program
from workflow.arazzo.turns import Call, Json
from workflow.runs import paths
from workflow.runs.events import (
    Event,
    LaunchId,
    RunCreated,
    RunId,
    RunTaken,
    RunWaiting,
    Verdict,
    Warned,
)
from workflow.runs.execution import Execution
from workflow.runs.journal import Unfinished
from workflow.runs.journal.intents import Became, IntentRecord
from workflow.runs.launch import OrderRefused
from workflow.runs.launching import Launching
from workflow.runs.ledger import Voice
from workflow.runs.programs import Programs
from workflow.runs.roster import Roster
from workflow.runs.services import Services
from workflow.runs.terms import Checkpoint, Terms, from_json
from workflow.runs.trigger import JobSeen

_log = logging.getLogger(__name__)

ASKED = "asked"
"""Why a run waits that an earlier process left unsent: somebody has to say go."""


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
        found = [one for one in await journal.unfinished(profile) if one.row.run in ours]
        taken = [one for one in found if self._is_of_here(one)]
        for run in ours.difference(one.row.run for one in taken):
            await journal.release(run)
        await self._take_over(taken)
        for one in taken:
            await self.take_up(one, "start")

    async def take_up_one(self, run: RunId) -> bool:
        """Take up one run, of whatever process; False when it is not to be had.

        Raises:
            OrderRefused: it was started at another server than this profile's.
        """
        journal, profile = self.services.journal, self.services.profile
        if not await journal.own(run):
            return False
        unfinished = await journal.unfinished(profile)
        one = next((one for one in unfinished if one.row.run == run), None)
        if one is None or not self._is_of_here(one):
            await journal.release(run)
            if one is not None and (elsewhere := self._started_at_another(one)):
                raise OrderRefused(
                    f"Run {run} was started at {elsewhere}, and profile {one.row.profile} is now "
                    "another server: use the profile's old address to watch it."
                )
            return False
        await self._take_over([one])
        await self.take_up(one, "attach")
        return True

    def _is_of_here(self, one: Unfinished) -> bool:
        """Whether the journal has the run whole, and its job is one of this server's."""
        if not one.events or not isinstance(one.events[0].fact, RunCreated):
            _log.error("run %s has no beginning in the journal; it is left alone", one.row.run)
            return False
        if elsewhere := self._started_at_another(one):
            _log.warning("run %s was started at %s; it is left alone", one.row.run, elsewhere)
            return False
        return True

    def _started_at_another(self, one: Unfinished) -> str | None:
        """Return the server of a run that was started at another than the profile's of now.

        A profile can be edited, and `env` means another server in every shell; the same job id
        there is somebody else's job.
        """
        created = one.events[0].fact if one.events else None
        if not isinstance(created, RunCreated) or created.server is None:
            return None
        return None if created.server == self.services.client.base_url else created.server

    async def _take_over(self, found: Sequence[Unfinished]) -> None:
        """Fold what happened before, launches first, then runs in the order they were made."""
        ledger, journal = self.services.ledger, self.services.journal
        known = [one for one in found if one.row.run in ledger.runs]
        new = {one.row.run: one.events for one in found if one.row.run not in ledger.runs}
        launches = dict.fromkeys(events[0].launch for events in new.values())
        for launch in launches:
            if launch is not None and launch not in ledger.launches:
                ledger.take_over(await journal.launch_events(launch))
                new |= await self._siblings(launch, new)
        for run in sorted(new):
            ledger.take_over(new[run])
            await asyncio.sleep(0)  # a thousand runs are seconds of work: the screen has its turn
        for one in known:  # another process may have looked after it meanwhile
            seen = ledger.runs[one.row.run].seq
            ledger.take_over(event for event in one.events if event.seq > seen)

    async def _siblings(
        self, launch: LaunchId, known: dict[RunId, tuple[Event, ...]]
    ) -> dict[RunId, tuple[Event, ...]]:
        """Read a launch's other runs: its counts are of all of them."""
        journal = self.services.journal
        rows = await journal.runs(limit=-1, launch=launch)
        others = [row.run for row in rows if row.run not in known]
        read = {run: await journal.events(run) for run in others}
        return {r: e for r, e in read.items() if e and isinstance(e[0].fact, RunCreated)}

    async def take_up(self, one: Unfinished, reason: str) -> None:
        """Look after one run that this process owns and whose events are folded."""
        voice = Voice(self.services.ledger, one.row.run)
        await voice.tell(RunTaken(reason))
        checkpoint, state = from_json(one.checkpoint), voice.state
        program = self._program(voice.run, checkpoint)
        owned = state.job_id if state.origin is not None else None
        unsent = all(map(_came_to_nothing, one.intents)) and owned is None
        if unsent and _waits_for_trigger(program, checkpoint):
            await voice.tell(RunWaiting(ASKED))
            return
        if program is not None:
            given = _seen(owned, voice) if owned is not None and state.watch_only else None
            execution = self.launching.execution(voice, program, checkpoint, given=given)
        elif owned is not None:
            execution = await self._watcher(voice, checkpoint, owned)
        else:
            why = "its trigger may have been sent, and its workflow document is not at hand"
            await self.launching.ending.end(voice.run, Verdict.UNRESOLVED, why)
            return
        self.launching.resume(execution)
        if state.cancel is not None and state.cancel.how is None and owned is not None:
            self.services.wishes.take_up(voice, owned)

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
        unfinished = await self.services.journal.unfinished(self.services.profile)
        saved = {one.row.run: one.checkpoint for one in unfinished}
        async with self._deciding:
            for run in filter(self.is_asked, runs):
                await self._start(run, from_json(saved.get(run)))

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


def _came_to_nothing(record: IntentRecord) -> bool:
    """Whether an intent's POST never left, or was refused and was to be tried again."""
    if record.how is Became.REFUSED:
        return record.answer is None
    return record.how is Became.NOT_SENT


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
