"""What can be done with a run, and what each of it would do. Pure."""

from __future__ import annotations

from collections.abc import Callable

from textual.content import Content

from tui.formats import elide
from tui.glyphs import Tone
from tui.screens.run_sections import Known, Section
from workflow.runs.run import Phase

Hint = Callable[[str], str]
"""The key in force for an id of :mod:`tui.keymap`, as shown."""


def can_be_done(known: Known, hint: Hint) -> Section:
    """Return the keys that make sense now, each with what it would do."""
    run = known.run
    told: list[tuple[str, str]] = []
    if known.suspicion is not None:
        told.append(("resolve", "say which job its trigger made, or that it made none"))
    if run.job_id is not None:
        told.append(("log", "read its log: the public API has no attempts, logs, reasons"))
    if run.verdict is None and run.phase is Phase.DETACHED:
        told.append(("attach", "watch it again"))
    elif run.live and run.phase is Phase.WAITING:
        told.append(("cancel", "let it go: nothing has been sent for it"))
    elif run.live:
        stops = f"stops whatever {elide(run.name, 60)} runs; can take minutes"
        then = "" if _is_manual(known) else "; its schedule may start a new sync right after"
        told.append(("cancel", f"cancel: {stops}{then}"))
        again = "until the demo ends" if known.demo else "the next start watches it again"
        told.append(("detach", f"detach: the job goes on, {again}"))
    elif run.verdict is not None and run.connection_id is not None:
        told.append(("rerun", "run it again: the launch screen opens first"))
    told.append(("copy", "copy this run as a line of text"))
    return Section(
        "What can be done",
        tuple(
            Content.assemble((f"{hint(id_)}  ", Tone.RUNNING.style), Content(text))
            for id_, text in told
        ),
    )


def _is_manual(known: Known) -> bool:
    """Tell whether it is known that no schedule starts the run's connection."""
    schedule = None if known.view is None else known.view.connection.schedule
    return schedule is not None and schedule.kind == "manual"
