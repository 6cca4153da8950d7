"""Creates the runs of launches, and looks after each in its slot."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final
from weakref import WeakValueDictionary

from workflow.airbyte.models import Job
from workflow.arazzo.problems import InputError
from workflow.arazzo.program import Program
from workflow.arazzo.turns import Json
from workflow.runs.ending import Ending
from workflow.runs.events import (
    Event,
    Fact,
    LaunchHeld,
    LaunchId,
    LaunchStarted,
    RunCreated,
    RunId,
    RunWaiting,
    Settled,
    TriggerSettled,
    Verdict,
)
from workflow.runs.execution import Execution
from workflow.runs.ids import Ids
from workflow.runs.launch import Order, OrderRefused, Target
from workflow.runs.ledger import Voice
from workflow.runs.programs import Programs
from workflow.runs.roster import Roster
from workflow.runs.run import RunState
from workflow.runs.services import Services
from workflow.runs.slots import Slots
from workflow.runs.terms import Checkpoint, Terms, terms_of
from workflow.runs.trigger import JobSeen

_AT_ONCE: Final = 100
"""Runs that are created in one transaction, so that a big launch does not hold up a screen."""


@dataclass(frozen=True, slots=True)
class _Planned:
    """A run that is about to be created."""

    run: RunId
    target: Target | None
    inputs: dict[str, Json]
    job_type: Json
    """Of its first job, as far as its inputs tell."""


class Launching:
    """Creates runs and looks after them in their launches' slots."""

    def __init__(self, services: Services, roster: Roster, ids: Ids, programs: Programs) -> None:
        self._services = services
        self._roster = roster
        self._ids = ids
        self._programs = programs
        self._slots: WeakValueDictionary[LaunchId, Slots] = WeakValueDictionary()
        """Of the launches of which a run is looked after: its task holds them."""
        self.ending: Final = Ending(services)

    # ---------------------------------------------------------------------------- beginnings

    async def launch(self, order: Order) -> LaunchId:
        """Create a launch with all its runs, then let them go.

        Raises:
            OrderRefused: nothing was created.
        """
        program = order.program or self._programs.shipped()
        self._programs.remember(program)
        targets = tuple({target.connection_id: target for target in order.targets}.values())
        planned = self._plan(order, program, targets)
        launch = self._ids.launch()
        name = order.name or f"{order.job_type} {len(planned)}"
        await self._emit_launch(
            launch,
            LaunchStarted(
                name=name,
                targets=len(planned),
                max_parallel=order.max_parallel,
                job_type=order.job_type if targets else None,
                on_conflict=order.on_conflict,
                one_first=order.one_first,
                hold_after=order.hold_after,
            ),
        )
        slots = self._slots[launch] = Slots(
            order.max_parallel, one_first=order.one_first and len(planned) > 1
        )
        executions = await self._create(order, program, launch, planned)
        for execution in executions:
            if execution.voice.state.verdict is not None:
                continue  # cancelled while the others were being created
            self._roster.add(execution.voice.run, partial(self._in_slot, execution, slots))
        return launch

    def _plan(
        self, order: Order, program: Program, targets: Sequence[Target]
    ) -> tuple[_Planned, ...]:
        """Give each run its inputs, and let the document check them before anything is sent."""
        names = _declared(program)
        planned: list[_Planned] = []
        for target in targets or (None,):
            inputs = dict(order.inputs)
            if target is not None:
                own: dict[str, Json] = {
                    "connectionId": target.connection_id,
                    "jobType": order.job_type,
                }
                inputs |= {name: value for name, value in own.items() if name in names}
            try:
                complete = program.complete(inputs)
            except InputError as error:
                raise OrderRefused(f"Nothing was sent: {error}") from None
            job_type = complete.get("jobType", order.job_type if target else None)
            planned.append(_Planned(self._ids.run(), target, inputs, job_type))
        return tuple(planned)

    async def _create(
        self, order: Order, program: Program, launch: LaunchId, planned: Sequence[_Planned]
    ) -> list[Execution]:
        executions: list[Execution] = []
        for first in range(0, len(planned), _AT_ONCE):
            events: list[Event] = []
            checkpoints: dict[RunId, Json] = {}
            for plan in planned[first : first + _AT_ONCE]:
                checkpoint = Checkpoint(terms_of(order, plan.inputs, program.digest))
                checkpoints[plan.run] = checkpoint.to_json()
                events += self._birth(launch, plan, program)
                voice = Voice(self._services.ledger, plan.run)
                executions.append(self.execution(voice, program, checkpoint))
            await self._services.ledger.emit(*events, checkpoints=checkpoints)
        return executions

    def _birth(self, launch: LaunchId, plan: _Planned, program: Program) -> Iterable[Event]:
        named = plan.inputs.get("connectionId")
        connection_id = named if isinstance(named, str) else None
        created = self._created(
            program,
            plan.target.name if plan.target else None,
            plan.job_type if isinstance(plan.job_type, str) else None,
        )
        for fact in (created, RunWaiting("slot")):
            yield self._services.ledger.stamp(
                fact, run=plan.run, launch=launch, connection_id=connection_id
            )

    def _created(
        self, program: Program, name: str | None, job_type: str | None, *, watch_only: bool = False
    ) -> RunCreated:
        return RunCreated(
            profile=self._services.profile,
            server=self._services.client.base_url,
            workflow_id=program.workflow_id,
            steps=tuple(step.step_id for step in program.steps),
            connection_name=name,
            job_type=job_type,
            watch_only=watch_only,
        )

    async def watch_job(self, job: Job, name: str) -> RunId:
        """Create a run that watches a job which is there, and look after it."""
        program = self._programs.shipped()
        inputs: dict[str, Json] = {
            "connectionId": job.connection_id,
            "jobType": str(job.job_type),
        }
        try:
            program.start(inputs)
        except InputError:
            # A job type that this document does not know can be watched all the same.
            del inputs["jobType"]
        run, ledger = self._ids.run(), self._services.ledger
        checkpoint = Checkpoint(Terms(inputs=inputs, digest=program.digest))
        facts: tuple[Fact, ...] = (
            self._created(program, name, str(job.job_type), watch_only=True),
            TriggerSettled(Settled.ATTACHED, job.job_id),
        )
        events = [ledger.stamp(f, run=run, connection_id=job.connection_id) for f in facts]
        await ledger.emit(*events, checkpoints={run: checkpoint.to_json()})
        seen = JobSeen(
            job.job_id,
            job.job_type,
            job.status,
            live=not job.is_terminal,
            created=job.start_time,
            raw=dict(job.raw),
        )
        self._services.relay.watch(run, job.job_id, job.connection_id)
        self.resume(self.execution(Voice(ledger, run), program, checkpoint, given=seen))
        return run

    def execution(
        self,
        voice: Voice,
        program: Program,
        checkpoint: Checkpoint,
        *,
        given: JobSeen | None = None,
    ) -> Execution:
        """Return what looks after a run."""
        self.ending.knows(voice.run, program)
        return Execution(self._services, voice, program, checkpoint, self.ending.finish, given)

    def resume(self, execution: Execution, *, wait: bool = False) -> None:
        """Look after a run that exists; `wait`: nothing was sent for it, so it needs a slot."""
        launch = execution.voice.state.launch
        slots = Slots(1) if launch is None else self.slots(launch)
        work = partial(self._in_slot, execution, slots, at_once=not wait)
        self._roster.add(execution.voice.run, work)

    def freeze(self) -> None:
        """Give out no more slots: this process is about to end."""
        for slots in tuple(self._slots.values()):
            slots.hold()

    def slots(self, launch: LaunchId) -> Slots:
        """Return a launch's slots; of one whose runs were all let go, as it was left."""
        slots = self._slots.get(launch)
        if slots is None:
            state = self._services.ledger.launches[launch]
            slots = self._slots[launch] = Slots(
                state.max_parallel, one_first=state.one_first and not state.proved, held=state.held
            )
        return slots

    async def _in_slot(self, execution: Execution, slots: Slots, *, at_once: bool = False) -> None:
        async with slots.taken(at_once=at_once) as place:
            if execution.voice.state.attached:
                place.only_watches()
            verdict = await execution.live(place)
            # Before the slot is given on: the rest may not be meant to follow.
            await self._learn(execution.voice.state, slots, verdict)

    # ------------------------------------------------------------------------------- holding

    async def _learn(self, run: RunState, slots: Slots, verdict: Verdict) -> None:
        """Decide whether the rest of the run's launch may follow."""
        if run.launch is None:
            return
        launch = self._services.ledger.launches[run.launch]
        if slots.awaits_first:
            # What was there already, or was not sent, proves nothing.
            if run.attached or verdict is Verdict.SKIPPED:
                return
            if verdict is Verdict.SUCCEEDED:
                slots.first_succeeded()
            elif launch.waiting:
                await self.hold(run.launch, f"the first run ended as {verdict}")
        elif (
            launch.hold_after is not None
            and launch.failures_in_a_row >= launch.hold_after
            and launch.waiting
            and not launch.held
        ):
            await self.hold(run.launch, f"{launch.failures_in_a_row} failures in a row")

    async def hold(self, launch: LaunchId, why: str) -> None:
        """Start no more runs of a launch."""
        slots = self.slots(launch)  # kept until the launch itself is known to be held
        slots.hold()
        await self._emit_launch(launch, LaunchHeld(held=True, why=why))

    async def go_on(self, launch: LaunchId) -> None:
        """Let a held launch go on."""
        await self._emit_launch(launch, LaunchHeld(held=False, why="operator"))
        self.slots(launch).go_on()

    async def _emit_launch(self, launch: LaunchId, fact: Fact) -> None:
        ledger = self._services.ledger
        await ledger.emit(ledger.stamp(fact, launch=launch))


def _declared(program: Program) -> frozenset[str]:
    """Return which of a target's two inputs the workflow takes; both when it does not say."""
    schema = program.inputs_schema
    names = schema.get("properties") if isinstance(schema, dict) else None
    own = frozenset({"connectionId", "jobType"})
    return own & names.keys() if isinstance(names, dict) else own
