"""Whether the promises were kept, by the server's own log and its record of true causes.

For many runs of several processes on one journal. A request names its sender in its user agent
(:func:`sender`): the process, and the task in it, which for a trigger is the run's.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from tests.support.matrix import is_refusal
from workflow.runs.events import Origin, RunFinished, RunId, Verdict
from workflow.runs.folding import replay
from workflow.runs.journal import Journal
from workflow.runs.journal.intents import IntentRecord
from workflow.runs.run import RunState
from workflow.sandbox.jobs import Job
from workflow.sandbox.log import LoggedRequest

_OWNS: Final = frozenset({Origin.STARTED, Origin.JOINED, Origin.ADOPTED})
_OF_A_JOB: Final = frozenset({Verdict.SUCCEEDED, Verdict.FAILED, Verdict.CANCELLED})


def sender(process: str, task: str) -> str:
    """Return the user agent of a request."""
    return f"{process}: {task}"


@dataclass(frozen=True)
class Found:
    """What a journal says at the end."""

    runs: Mapping[RunId, RunState]
    intents: Mapping[RunId, tuple[IntentRecord, ...]]
    verdicts: Mapping[RunId, int]
    """How many verdicts were written for each run."""


async def found_in(journal: Journal) -> Found:
    """Read what the journal says of every run."""
    runs: dict[RunId, RunState] = {}
    intents: dict[RunId, tuple[IntentRecord, ...]] = {}
    verdicts: dict[RunId, int] = {}
    for row in await journal.runs(limit=-1):
        events = await journal.events(row.run)
        runs[row.run] = replay(list(events))
        intents[row.run] = await journal.intents_of(row.run)
        verdicts[row.run] = sum(isinstance(event.fact, RunFinished) for event in events)
    return Found(runs, intents, verdicts)


@dataclass(frozen=True)
class Truth:
    """What the server knows."""

    posts: Sequence[LoggedRequest]
    jobs: Sequence[Job]
    silent: Collection[str] = field(default=("heir",))
    """Processes that must not send a trigger."""

    def by_run(self) -> dict[RunId, list[LoggedRequest]]:
        out: dict[RunId, list[LoggedRequest]] = {}
        for post in self.posts:
            _, _, task = post.user_agent.partition(": ")
            out.setdefault(RunId(task.removeprefix("trigger ")), []).append(post)
        return out

    def broken(self, found: Found) -> Iterator[str]:
        """Say what was broken."""
        owners: dict[int, list[RunId]] = {}
        for run in found.runs.values():
            if run.job_id is not None and run.origin in {Origin.STARTED, Origin.ADOPTED}:
                owners.setdefault(run.job_id, []).append(run.run)
        yield from (f"job {job} has owners {o}" for job, o in owners.items() if len(o) > 1)
        yield from (f"{run} has {n} verdicts" for run, n in found.verdicts.items() if n > 1)
        for post in self.posts:
            if post.user_agent.partition(": ")[0] in self.silent:
                yield f"recovery sent a trigger: {post}"
        sent = self.by_run()
        for name, posts in sent.items():
            yield from self._of_run(name, posts, found)
        for run in found.runs.values():
            posts = sent.get(run.run, [])
            yield from self._verdict(run, acted=any(not is_refusal(post) for post in posts))

    def _of_run(self, name: RunId, posts: list[LoggedRequest], found: Found) -> Iterator[str]:
        acted = [post for post in posts if not is_refusal(post)]
        if len(acted) > 1:
            yield f"{name} sent {len(acted)} triggers that were not refused"
        if name not in found.runs:
            yield f"{name} sent a trigger, and the journal does not know it"
            return
        run, records = found.runs[name], found.intents[name]
        if len(posts) > len(records):
            yield f"{name} sent {len(posts)} triggers, and has {len(records)} intents"
        suspects = {job for one in records if one.open for job in one.suspects}
        numbers = {post.number for post in posts}
        ours = {job.id for job in self.jobs if job.cause.request in numbers}
        # A server that makes two jobs of one POST tells of one: a named job is what is promised.
        named = run.job_id in ours and run.origin in _OWNS
        if not named and ours - suspects:
            yield f"{name} forgot jobs {ours - suspects}: {run.verdict}, {run.why}"
        if acted and "not started" in str(run.why):
            yield f"{name} is said not to be started, and it was sent: {run.why}"
        if acted and run.verdict is None:
            yield f"{name} was not taken up: {run.phase}, {run.waiting_for}"
        if acted and run.verdict in {Verdict.REJECTED, Verdict.SKIPPED}:
            yield f"{name} is {run.verdict}, and its trigger may have acted: {run.why}"

    def _verdict(self, run: RunState, *, acted: bool) -> Iterator[str]:
        if "mistake in syncdeck" in str(run.why):
            yield f"{run.run} broke: {run.why}"
        if run.verdict not in _OF_A_JOB:
            return
        jobs = {int(job.id): job for job in self.jobs}
        if run.job_id is None and run.verdict is not Verdict.SUCCEEDED and not acted:
            # Cancelled, or failed, before anything was sent that could count. A trigger with a
            # token of before a stop is refused, and on a busy machine given up before it is again.
            return
        if run.job_id not in jobs:
            yield f"{run.run} is {run.verdict} by job {run.job_id}, which never was: {run.why}"
        elif jobs[run.job_id].status.value != run.verdict:
            yield f"{run.run} is {run.verdict}, and its job is {jobs[run.job_id].status}"
