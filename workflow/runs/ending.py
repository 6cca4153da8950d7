"""How runs and launches end: a verdict is written once, a launch's end with its last run's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from workflow.arazzo.program import Program
from workflow.runs.events import Event, LaunchFinished, LaunchId, RunFinished, RunId, Verdict
from workflow.runs.launch import LaunchState
from workflow.runs.ledger import Voice
from workflow.runs.services import Services


class Ending:
    """Writes the ends of one fleet's runs and launches."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._outputs: dict[RunId, tuple[str, ...]] = {}
        self._closing: set[LaunchId] = set()

    def knows(self, run: RunId, program: Program) -> None:
        """Note which outputs a run's document declares, until its verdict is written."""
        self._outputs[run] = program.outputs

    async def finish(self, voice: Voice, fact: RunFinished) -> None:
        """Write a run's verdict; with the last one of a launch, the launch's end just before."""

        def last() -> Sequence[Event]:
            state = voice.state
            launch = None if state.launch is None else voice.ledger.launches.get(state.launch)
            ends = launch is not None and launch.finished is None
            if launch is None or not ends or launch.waiting + launch.live > int(state.live):
                return [voice.stamp(fact)]
            end = self._with_last(launch, fact, voice)
            return [voice.ledger.stamp(end, launch=launch.launch), voice.stamp(fact)]

        await voice.ledger.finish(voice.run, last)
        self._outputs.pop(voice.run, None)

    async def end(self, run: RunId, verdict: Verdict, why: str) -> None:
        """Write the verdict of a run whose document never came to outputs: all are null."""
        voice = Voice(self._services.ledger, run)
        outputs = dict.fromkeys(self._outputs.get(run, ()))
        await self.finish(voice, RunFinished(verdict, why, outputs, voice.state.job_id))

    async def let_go(self, run: RunId) -> None:
        """Write the end of a launch whose last run was let go just now, and has no verdict."""
        ledger = self._services.ledger
        launch = ledger.launches.get(ledger.runs[run].launch or LaunchId(""))
        if launch is None or launch.finished is not None or launch.waiting + launch.live:
            return
        if launch.launch in self._closing:  # two were let go at once
            return
        self._closing.add(launch.launch)
        try:
            end = self._of(launch, launch.verdicts, launch.rows_unknown)
            await ledger.emit(ledger.stamp(end, launch=launch.launch))
        finally:
            self._closing.discard(launch.launch)

    def _with_last(self, launch: LaunchState, fact: RunFinished, voice: Voice) -> LaunchFinished:
        verdict, state = Verdict(fact.verdict), voice.state
        verdicts = {**launch.verdicts, verdict: launch.verdicts.get(verdict, 0) + 1}
        perhaps_a_job = state.job_id is not None or verdict is Verdict.UNRESOLVED
        unknown = launch.rows_unknown + int(state.rows is None and perhaps_a_job)
        return self._of(launch, verdicts, unknown)

    def _of(
        self, launch: LaunchState, verdicts: Mapping[Verdict, int], unknown: int
    ) -> LaunchFinished:
        return LaunchFinished(
            verdicts={str(verdict): count for verdict, count in verdicts.items()},
            rows=launch.rows,
            rows_unknown=unknown,
            seconds=round((self._services.clock.now() - launch.started).total_seconds(), 3),
            detached=launch.detached,
        )
