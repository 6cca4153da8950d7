"""What the run screen says, section by section.

Pure: a run's state and what is known of its connection in, lines out. Everything is exact here,
and what is missing or cannot be told is said to be so.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from textual.content import Content

from tui import glyphs
from tui.cancel_words import cancel_told
from tui.detail_lines import origin
from tui.event_lines import Entry
from tui.formats import bytes_, clock, duration, elide, exact, many, rate
from tui.glyphs import Sign, Tone
from tui.run_cells import rows_per_second
from tui.screens.connection_figures import Figures, outcome, usual
from tui.screens.suspects import suspect_line
from tui.widgets.lines import hung, stacked, titled_rule
from tui.widgets.sparkline import sparkline
from tui.widgets.status_timeline import timeline_lines
from tui.widgets.step_track import step_look
from workflow.airbyte.models import JobType, same_kind
from workflow.runs.events import Origin, Verdict
from workflow.runs.lasting import ended, lasted
from workflow.runs.run import Phase, RunState
from workflow.runs.suspects import Suspicion
from workflow.runs.watch import ConnectionView
from workflow.text import SafeText, safe

Lines = tuple[Content, ...]
Hint = Callable[[str], str]
"""The key in force for an id of :mod:`tui.keymap`, as shown."""

_QUIET: Final = Tone.QUIET.style
_SPARK_CELLS: Final = 16


@dataclass(frozen=True, slots=True)
class Known:
    """All that a run screen shows, read at one instant."""

    run: RunState
    now: datetime
    view: ConnectionView | None = None
    before: Figures | None = None
    """The connection's other jobs; None while they are being read."""
    page: SafeText | None = None
    """Airbyte's own page of the job."""
    entries: tuple[Entry, ...] = field(default=())
    """What happened to the run, oldest first."""
    suspicion: Suspicion | None = None
    """What may be the effect of its trigger, while nobody has said."""
    taken: RunState | None = None
    """The run that watches what somebody has said its trigger's effect to be."""
    demo: bool = False
    """Nothing is kept: there is no next start."""


@dataclass(frozen=True, slots=True)
class Section:
    """A titled part of the screen."""

    title: str
    lines: Lines


def head(known: Known) -> Lines:
    """Return what it is, whose, since when; then everything that wants attention."""
    run, now = known.run, known.now
    look = glyphs.of_run(run, now)
    took = lasted(run, now)
    parts = [Content.styled(look.text, look.style)]
    if took is not None:
        parts.append(Content.styled(duration(took), "bold"))
    if run.job_type:
        parts.append(Content(run.job_type))
    parts += [Content.styled(told, _QUIET) for told in _whose(run)]
    return (Content("   ").join(parts), *_attention(known))


def _whose(run: RunState) -> list[str]:
    told: list[str] = []
    if run.origin is Origin.ATTACHED:
        told = [f"started elsewhere {clock(run.job_started)}", f"attached {clock(run.created)}"]
    elif run.origin is not None:
        told = [origin(run), f"at {clock(run.begun or run.created)}"]
    over = ended(run)
    if over is not None:
        told.append(f"ended {clock(over)}")
    return told


def _attention(known: Known) -> Lines:
    run, now = known.run, known.now
    lines = [
        Content.styled(f"! {warning.text}", Tone.WARNING.style)
        for warning in run.warnings
        if run.live or warning.kind == "zero-rows"
    ]
    if run.failing is not None:
        age = "" if run.read_at is None else f", last read {duration(now - run.read_at)} ago"
        lines.append(Content.styled(f"! not read: {run.failing}{age}", Tone.WARNING.style))
    if run.cancel is not None:
        by = f"cancel asked for by {safe(run.cancel.by)} at {clock(run.cancel.wished)}"
        lines.append(Content.styled(f"! {cancel_told(run, by, now)}", Tone.WARNING.style))
    if run.verdict not in {None, Verdict.SUCCEEDED} and run.why:
        lines.append(Content.assemble(("why  ", _QUIET), Content(run.why)))
    if known.suspicion is not None:
        told = "? nobody has said yet what its trigger did, and its connection takes no other"
        lines.append(Content.styled(told, Tone.UNRESOLVED.style))
    elif known.taken is not None:
        told = f"job {known.taken.job_id} was taken for its effect: run {known.taken.run}"
        lines.append(Content.styled(told, _QUIET))
    elif run.suspects:
        jobs = ", ".join(str(job) for job in run.suspects)
        lines.append(Content.styled(f"? its effect may be job {jobs}", Tone.UNRESOLVED.style))
    return tuple(lines)


def steps(known: Known) -> Section:
    """Return the document's own steps, each with its request."""
    run = known.run
    names = max((len(step.step) for step in run.steps), default=0)
    lines: list[Content] = []
    for index, step in enumerate(run.steps):
        look = step_look(run, index)
        times = f"×{step.visits}" if step.visits else ""
        told = ""
        if look.sign is Sign.OFF and run.attached:
            told = "not ours: the job was there already"
        elif step.http_status is not None:
            took = "" if step.ms is None else f" in {step.ms / 1000:.1f}s"
            told = f"{step.http_status}{took}"
        elif step.ms is not None:
            told = f"no answer in {step.ms / 1000:.1f}s"
        lines.append(
            Content.assemble(
                (f"{index + 1} ", _QUIET),
                Content(f"{step.step:<{min(names, 24)}} "),
                (f"{look.glyph} {times:<6}", look.style),
                (f" {told}", _QUIET),
            )
        )
    if run.readings:
        lines.append(
            Content.styled(
                f"{many(run.readings, 'reading')}, last {duration(_age(known))} ago", _QUIET
            )
        )
    return Section("Steps", tuple(lines) or (Content.styled("no steps", _QUIET),))


def _age(known: Known) -> timedelta | None:
    read = known.run.read_at
    return None if read is None else (known.run.ended or known.now) - read


def statuses(known: Known) -> Section:
    """Return each status with its time of day and how long it stood."""
    return Section("Status", timeline_lines(known.run, known.now))


def rows(known: Known) -> Section:
    """Return committed rows and bytes, exactly, with their trend."""
    run = known.run
    if run.rows is None:
        told = "no rows read yet" if run.live else "its rows are not known"
        return Section("Rows, committed", (Content.styled(told, _QUIET),))
    parts = [f"{exact(run.rows)} rows", bytes_(run.bytes)]
    speed = rows_per_second(run)
    if speed is not None:
        parts.append(rate(speed))
    drawn = sparkline(run.samples, _SPARK_CELLS, run.ended or run.read_at or known.now)
    line = Content.assemble("   ".join(parts) + "   ", (drawn, glyphs.of_run(run, known.now).style))
    lines = [line, Content.styled(f"as read at {clock(run.read_at)}", _QUIET)]
    earlier = _job_before(known)
    if earlier is not None:
        lines.append(Content.styled(earlier, _QUIET))
    return Section("Rows, committed", tuple(lines))


def _job_before(known: Known) -> str | None:
    jobs = () if known.before is None else known.before.jobs
    kind = known.run.job_type
    alike = (job for job in jobs if kind is None or same_kind(job.job_type, JobType(kind)))
    last = next((job for job in alike if job.status == "succeeded"), None)
    if last is None or last.rows_synced is None:
        return None
    took = f" in {duration(last.duration)}" if last.duration is not None else ""
    return f"at the end of the last good job: {exact(last.rows_synced)} rows{took}"


def before(known: Known) -> Section:
    """Return the connection's other jobs and what is due next."""
    if known.run.connection_id is None:
        return Section("Before", (Content.styled("a run of no connection", _QUIET),))
    if known.before is None:
        return Section("Before", (Content.styled("its other jobs are not read yet", _QUIET),))
    lines = [outcome(known.before, 30), usual(known.before)]
    view = known.view
    if view is not None and view.next_due is not None:
        late = view.next_due <= known.now
        due = "now" if late else f"in {duration(view.next_due - known.now)}"
        runs = known.run.live and known.run.phase is not Phase.WAITING
        blocked = ", cannot start while this runs" if late and runs else ""
        lines.append(Content(f"next due: {due}{blocked}"))
    return Section("Before", tuple(lines))


def ids(known: Known) -> Section:
    """Return every id, whole, and the address of Airbyte's own page."""
    run = known.run
    parts = [
        ("job", "none" if run.job_id is None else str(run.job_id)),
        ("run", str(run.run)),
        ("launch", str(run.launch) if run.launch else None),
        ("workflow", run.workflow_id),
        ("connection", None if run.connection_id is None else safe(run.connection_id)),
        ("page", known.page),
    ]
    return Section(
        "Ids",
        tuple(
            Content.assemble((f"{name:<11}", _QUIET), Content(value))
            for name, value in parts
            if value
        ),
    )


def suspects(known: Known) -> Section | None:
    """Return the jobs that may be the effect of the run's trigger, while nobody has said."""
    if known.suspicion is None:
        return None
    lines = [suspect_line(job, known.now) for job in known.suspicion.suspects]
    if not lines:
        lines = [Content.styled("no job has appeared that may be its effect", _QUIET)]
    left = duration(known.suspicion.until - known.now)
    free = f"the connection takes no other trigger until you say, or for {left} more"
    return Section("Suspects", (*lines, Content.styled(free, _QUIET)))


def outputs(known: Known) -> Section | None:
    """Return what the document gave, of a run that has ended and gave something."""
    given = known.run.outputs
    if not given:
        return None
    width = max(len(name) for name in given)
    return Section(
        "Outputs",
        tuple(
            Content.assemble((f"{safe(name):<{width}}  ", _QUIET), Content(_json(value)))
            for name, value in given.items()
        ),
    )


def _json(value: object) -> SafeText:
    return safe(json.dumps(value, ensure_ascii=False, default=str))


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
        stops = (
            f"stops whatever {elide(run.name, 60)} runs; can take minutes; its schedule may start"
        )
        told.append(("cancel", f"cancel: {stops} a new sync right after"))
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


def events(known: Known, most: int) -> Section:
    """Return the latest things that happened, newest last."""
    lines = tuple(
        Content.assemble(
            (f"{clock(entry.at)} ", _QUIET),
            Content.styled(entry.text, entry.tone.style if entry.tone else ""),
        )
        for entry in known.entries[-most:]
    )
    return Section("Events", lines or (Content.styled("nothing yet", _QUIET),))


def column_of(sections: Sequence[Section], width: int) -> Content:
    """Write sections under each other, each under its rule, in a column so wide."""
    lines: list[Content] = []
    for section in sections:
        lines.append(titled_rule(section.title, width))
        for line in section.lines:
            lines += [Content(" ").append(part) for part in hung(line, width - 2)]
    return stacked(lines)
