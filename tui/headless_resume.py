"""What `syncdeck workflow run FILE --resume RUN` does: go on where an earlier syncdeck stopped.

The journal keeps a run's checkpoint, not its document; the checkpoint says which document, with
which descriptions, it belongs to. Nothing is taken up with another one.
"""

from __future__ import annotations

from collections.abc import Collection

from tui.commands.common import Refusal
from tui.headless import Begun, Face, follow
from tui.headless_attach import attached
from tui.session import Session
from workflow.arazzo.program import Program
from workflow.runs.events import RunId
from workflow.runs.launch import OrderRefused
from workflow.runs.snapshots import FORM
from workflow.runs.terms import from_json
from workflow.text import safe


def run_named(word: str) -> RunId:
    """Return the run that --resume names.

    Raises:
        Refusal: it is none.
    """
    if not word.startswith("r-"):
        raise Refusal(f"--resume {safe(word, limit=60)!r} is no run (r-...); see `syncdeck runs`.")
    return RunId(word)


async def resume(session: Session, run: RunId, programs: Collection[Program], face: Face) -> int:
    """Go on with a run of one of these programs, and return the exit code.

    Raises:
        OrderRefused: it has ended, is another document's, or another process looks after it.
    """
    for program in programs:
        session.fleet.programs.remember(program)

    async def begin() -> Begun:
        await _check(session, run, programs)
        taken = await attached(session, run)
        state = session.fleet.runs[taken]
        if state.waiting_for == "asked":
            if any(step.visits > 1 or step.succeeded is not None for step in state.steps):
                raise OrderRefused(
                    f"Run {run} stands before its trigger, behind steps that would be sent again: "
                    "run the document anew."
                )
            await session.fleet.start_waiting([taken])
        return Begun(runs=frozenset([taken]))

    return await follow(session.fleet, session.clock, face, begin)


async def _check(session: Session, run: RunId, programs: Collection[Program]) -> None:
    row = await session.journal.run(run)
    past = (await session.journal.pasts([run], FORM)).get(run)
    if row is None or row.verdict is not None or past is None:
        return  # there is nothing to go on with, which is told by who looks for it
    digest = from_json(past.checkpoint).terms.digest
    if all(program.digest != digest for program in programs):
        raise OrderRefused(
            f"Run {run} belongs to another workflow document, or the document or one of its "
            "descriptions was changed since. Nothing was sent."
        )
