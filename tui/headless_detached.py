"""What an interrupted command says of the runs it lets go: what goes on, and what was never sent.

Pure. Nobody who reads it should believe in a job that nobody knows of.
"""

from __future__ import annotations

from collections.abc import Iterable

from tui.formats import many
from workflow.runs.run import Phase, RunState
from workflow.text import SafeText, safe


def detached(states: Iterable[RunState]) -> list[SafeText]:
    """Return a sentence for each way in which runs are left."""
    live = [state for state in states if state.verdict is None]
    unknown = sum(_is_looked_for(state) for state in live)
    unsent = sum(_is_unsent(state) for state in live)
    watched = len(live) - unknown - unsent
    said: list[str] = []
    if watched:
        goes = "its job goes on" if watched == 1 else "their jobs go on"
        said.append(
            f"Detached from {many(watched, 'run')}: {goes}. `syncdeck attach` watches again."
        )
    if unknown:
        said.append(
            f"Detached from {many(unknown, 'run')}: what the trigger did is not known yet. "
            "`syncdeck attach` looks on; nothing is sent again."
        )
    if unsent:
        said.append(
            f"{many(unsent, 'run')} had not been started; nothing was sent. "
            "`syncdeck attach --start-waiting` starts what is left."
        )
    return [safe(text) for text in said]


def _is_looked_for(state: RunState) -> bool:
    return state.origin is None and state.sent is not None


def _is_unsent(state: RunState) -> bool:
    waits = state.phase is Phase.WAITING or state.job_id is None
    return waits and not _is_looked_for(state)
