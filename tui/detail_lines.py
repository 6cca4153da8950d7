"""The detail pane's lines about a run, somebody else's job or a connection.

Says what is known, how fresh it is and what can be done; what the public API does not tell is said
to be so. Pure: states and the time in, styled text out. The run screen shows the same at length.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from itertools import takewhile
from typing import Final

from textual.content import Content

from tui import glyphs
from tui.cancel_words import cancel_told
from tui.formats import age, bytes_, clock, duration, exact, many, minutes, roughly, short_clock
from tui.glyphs import Tone
from tui.screens.connection_figures import strip
from tui.widgets.status_timeline import status_timeline
from tui.widgets.step_track import step_track
from workflow.airbyte.models import FAILED
from workflow.airbyte.readings import Reading
from workflow.airbyte.usual import good_jobs
from workflow.runs.connection_view import ConnectionView
from workflow.runs.events import Origin, Verdict
from workflow.runs.lasting import ended, lasted
from workflow.runs.run import Phase, RunState
from workflow.text import SafeText

Hint = Callable[[str], str]
"""The key in force for an id of :mod:`tui.keymap`, as shown."""

_QUIET: Final = Tone.QUIET.style
_API_DOES_NOT_TELL: Final = "the public API does not tell"


def run_title(state: RunState, now: datetime, *, wide: bool) -> SafeText:
    """Return what the detail's rule says: ``job 90431 shopify · failed``."""
    job = f"job {state.job_id} " if state.job_id is not None else ""
    word = glyphs.of_run(state, now).word
    if not wide:
        return SafeText(f"{job}{short_name(state.name)} · {word}")
    over = ended(state)
    when = f" {age(now - over)} ago" if over is not None else ""
    kind = f" · {state.job_type}" if state.job_type else ""
    return SafeText(f"{job}{state.name}{kind} · {word}{when}")


def short_name(name: SafeText) -> SafeText:
    """Return the part of a connection's name before the arrow, where there is one."""
    return SafeText(name.split(" → ")[0])


def run_lines(
    state: RunState, view: ConnectionView | None, now: datetime, width: int, hint: Hint
) -> tuple[Content, ...]:
    """Return the lines about a run, most important first; the last says what can be done."""
    lines = [step_track(state, width)]
    if state.phase is Phase.WAITING and state.verdict is None:
        lines.append(Content.styled(_waits(state), _QUIET))
    elif state.transitions:
        lines.append(status_timeline(state, now, width))
    lines += [
        Content.styled(f"! {warning.text}", Tone.WARNING.style)
        for warning in state.warnings
        if state.live or warning.kind == "zero-rows"
    ]
    if state.failing is not None:
        lines.append(Content.styled(f"not read: {state.failing}", Tone.WARNING.style))
    figures = _figures(state, view, now, width)
    lines += figures[:1]
    if state.cancel is not None:
        told = cancel_told(state, f"asked for {age(now - state.cancel.wished)} ago", now)
        lines.append(Content.styled(f"cancel: {told}", Tone.WARNING.style))
    if state.suspects:
        jobs = ", ".join(str(job) for job in state.suspects)
        lines.append(Content.styled(f"suspects: job {jobs}", Tone.UNRESOLVED.style))
    why = _why(state)
    if why:
        lines.append(Content.assemble(("why: ", _QUIET), Content(why)))
    lines += figures[1:]  # what was usual matters less than why this was not, on five lines
    lines.append(Content.styled(_run_hints(state, hint), _QUIET))
    return tuple(lines)


def job_title(reading: Reading, name: SafeText, *, wide: bool) -> SafeText:
    """Return the detail's title for a job that no run of ours watches."""
    word = glyphs.of_status(reading.status).word
    shown = name if wide else short_name(name)
    return SafeText(f"job {reading.job_id} {shown} · {word}")


def job_lines(
    reading: Reading, view: ConnectionView | None, now: datetime, hint: Hint
) -> tuple[Content, ...]:
    """Return the lines about a job that no run of ours watches."""
    job = reading.job
    look = glyphs.of_status(job.status)
    lines = [
        Content.assemble(
            (look.text, look.style),
            (f"   started elsewhere {clock(job.start_time)}, not watched by a run here", _QUIET),
        ),
        Content.assemble(
            f"{exact(job.rows_synced)} rows  {bytes_(job.bytes_synced)}   ",
            (f"as read at {clock(reading.arrived)}", _QUIET),
        ),
    ]
    if view is not None:
        lines.append(_usual(view, now))
    if job.status == "failed":
        lines.append(Content.assemble(("why: ", _QUIET), Content(_API_DOES_NOT_TELL)))
    can = [f"{hint('log')} its log"]
    can += [f"{hint('rerun')} rerun"] if job.is_terminal else []
    can += [] if job.is_terminal else [f"{hint('attach')} attach", f"{hint('cancel')} cancel"]
    lines.append(Content.styled("   ".join([*can, f"{hint('copy')} copy"]), _QUIET))
    return tuple(lines)


def connection_title(view: ConnectionView) -> SafeText:
    """Return the detail's title for a connection."""
    return SafeText(f"connection {view.connection.name}")


def connection_lines(
    view: ConnectionView, look: glyphs.Look, now: datetime, hint: Hint
) -> tuple[Content, ...]:
    """Return the lines about a connection."""
    connection = view.connection
    job = "" if view.last_job_id is None else f"   latest job {view.last_job_id}"
    at = "" if view.last_at is None else f", {age(now - view.last_at)} ago"
    lines = [
        Content.assemble((look.text, look.style), Content(f"{job}{at}")),
        Content(_schedule(view, now)),
        _usual(view, now),
    ]
    if connection.tags:
        lines.append(Content("tags " + " ".join(tag.name for tag in connection.tags)))
    streams = connection.stream_count
    told = "" if streams is None else f"{many(streams, 'stream')}   "
    lines.append(Content.styled(f"{told}{connection.connection_id}", _QUIET))
    switch = "disable" if connection.is_active else "enable"
    lines.append(
        Content.styled(
            f"{hint('launch')} launch   {hint('mark')} mark   {hint('enable')} {switch}"
            f"   {hint('open')} more",
            _QUIET,
        )
    )
    return tuple(lines)


def _schedule(view: ConnectionView, now: datetime) -> str:
    connection = view.connection
    schedule = connection.schedule
    if not connection.is_active:
        return f"{connection.status}: the server takes no trigger for it"
    if schedule is None or schedule.kind == "manual":
        return "manual: starts only when somebody starts it"
    told = f"schedule: {schedule.basic_timing or schedule.cron or schedule.kind}"
    if view.late is not None:
        return f"{told}   late {minutes(view.late)}: due {short_clock(view.next_due)}, no job"
    if view.next_due is None:
        return told
    by = ", by habit" if view.due_by == "habit" else ""
    due = "now" if view.next_due <= now else f"in {age(view.next_due - now)}"
    return f"{told}   next due {due}{by}"


def _figures(
    state: RunState, view: ConnectionView | None, now: datetime, width: int
) -> list[Content]:
    """Return rows read and what is usual, on one line where there is room; and what was before."""
    lines = [] if state.job_id is None else [_rows(state)]
    if view is None:
        return lines
    brief = _usual(view, now, brief=True)
    if lines and lines[0].cell_length + brief.cell_length + 3 <= width:
        lines = [Content("   ").join([lines[0], brief])]
    else:
        lines.append(_usual(view, now))
    before = _before(view, state.job_id, width)
    return lines if before is None else [*lines, before]


def _before(view: ConnectionView, job_id: int | None, width: int) -> Content | None:
    """Return the outcomes of the connection's jobs, oldest first, and since when they are bad."""
    over = [job for job in view.history if job.is_terminal and job.job_id != job_id]
    if not over:
        return None
    line = Content.assemble(("before  ", _QUIET), strip(over, min(30, max(4, width - 30))))
    bad = list(takewhile(lambda job: job.status == FAILED, over))
    if len(bad) > 1 and (first := bad[-1].stamp) is not None:
        line = line.append(Content.styled(f"   red since {short_clock(first)}", Tone.FAILED.style))
    return line


def _rows(state: RunState) -> Content:
    exactly = "rows not known yet   "
    if state.rows is not None:
        exactly = f"{exact(state.rows)} rows  {bytes_(state.bytes)}   "
    return Content.assemble(exactly, (f"as read at {clock(state.read_at)}", _QUIET))


def _usual(view: ConnectionView, now: datetime, *, brief: bool = False) -> Content:
    if not view.read:
        return Content.styled("its past jobs are not read yet", _QUIET)
    of = "" if brief else "median of "
    over = sum(job.is_terminal for job in view.history)
    good = len(good_jobs(view.history))
    usual = "no past job to compare with"
    if view.usual is not None:
        usual = f"usually {roughly(view.usual)} ({of}{many(view.usual_of, 'job')})"
    elif over and not good:
        none = "its one past job did not succeed"
        return Content(none if over == 1 else f"none of its {over} past jobs succeeded")
    elif good:
        usual = f"only {many(good, 'good job')} to compare with"
    success = "no ✓ seen"
    if view.last_success_at is not None:
        success = f"{'' if brief else 'last '}✓ {age(now - view.last_success_at)} ago"
    return Content(f"{usual}, {success}" if brief else f"{usual}   {success}")


def _waits(state: RunState) -> str:
    match state.waiting_for:
        case "hold":
            return "its launch is held; nothing has been sent"
        case "conflict":
            return "waits for the job that runs; nothing has been sent"
        case "gate":
            return "waits for another run's trigger on this connection; nothing has been sent"
        case "asked":
            return "left unsent by an earlier start; nothing is sent until you say so"
    return "waits for a slot; nothing has been sent"


def _why(state: RunState) -> str:
    if state.verdict is None or state.verdict is Verdict.SUCCEEDED:
        return ""
    if state.why:
        return state.why
    return _API_DOES_NOT_TELL if state.verdict is Verdict.FAILED else ""


def _run_hints(state: RunState, hint: Hint) -> str:
    can: list[str] = []
    if state.job_id is not None:
        can.append(f"{hint('log')} its log")
    if state.verdict is not None:
        can.append(f"{hint('rerun')} rerun")
    elif state.phase is Phase.DETACHED:
        can.append(f"{hint('attach')} attach again")
    else:
        can += [f"{hint('cancel')} cancel", f"{hint('detach')} detach"]
    return "   ".join([*can, f"{hint('copy')} copy", f"{hint('open')} more"])


def origin(state: RunState) -> SafeText:
    """Say whose job a run watches."""
    words = {
        Origin.STARTED: "started here",
        Origin.JOINED: "joined: the job was there before our POST",
        Origin.ADOPTED: "adopted: probably the effect of our POST",
        Origin.ATTACHED: "attached: the job was there already",
    }
    return SafeText("" if state.origin is None else words[state.origin])


def one_line(state: RunState, now: datetime) -> SafeText:
    """Return a run on one line, for the clipboard."""
    look = glyphs.of_run(state, now)
    job = "no job" if state.job_id is None else f"job {state.job_id}"
    took = duration(lasted(state, now))
    rows = "rows unknown" if state.rows is None else f"{exact(state.rows)} rows"
    return SafeText(f"{state.name}  {job}  {look.word}  {rows}  {took}  {state.run}")
