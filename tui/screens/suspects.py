"""Which job was the effect of a trigger whose answer was lost: the operator says.

The API cannot tell, so nothing is proposed: the jobs that may be it are listed as the server has
them, each with its page, and none of them is an answer too. What follows is the fleet's business.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import ClassVar, Literal, TypeAlias

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Button, OptionList
from textual.widgets.option_list import Option

from tui import glyphs
from tui.formats import clock, duration, elide
from tui.glyphs import Tone
from tui.screens.dialogs import Dialog, button, row
from tui.screens.leaving import leave
from workflow.airbyte.models import JobId
from workflow.runs.run import RunState
from workflow.runs.suspects import Suspicion
from workflow.runs.trigger import JobSeen
from workflow.text import SafeText, safe

Answer: TypeAlias = JobId | Literal["none"] | None
"""The run's job; that there is none; or nothing yet."""


def suspect_line(job: JobSeen, now: datetime) -> Content:
    """Return what the server says of a job that may be the effect of a trigger."""
    if not job.status:  # known by its number alone: the server could not be asked
        return Content.assemble(f"job {job.job_id}  ", ("not read", Tone.QUIET.style))
    look = glyphs.of_status(safe(job.status))
    since = "" if job.created is None else f"created {clock(job.created)}"
    ago = "" if job.created is None else f", {duration(now - job.created)} ago"
    return Content.assemble(
        f"job {job.job_id}  {safe(job.job_type)}  ",
        (look.text, look.style),
        (f"  {since}{ago}", Tone.QUIET.style),
    )


class SuspectsDialog(Dialog[Answer]):
    """The suspects of one run, to be picked from. `open_page` shows a job's page at Airbyte's."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("o", "page", "its page", id="suspects.page", show=False),
        Binding("x", "none", "none of them", id="suspects.none", show=False),
        Binding("escape,q", "leave", "not now", id="suspects.leave", show=False),
        Binding("j", "move(1)", "down", show=False),
        Binding("k", "move(-1)", "up", show=False),
    ]
    DEFAULT_CSS = """
    SuspectsDialog OptionList {
        height: auto; max-height: 10; border: none; padding: 0; margin-bottom: 1;
    }
    SuspectsDialog Horizontal Button { margin-right: 1; }
    """

    def __init__(
        self,
        run: RunState,
        suspicion: Suspicion,
        now: datetime,
        open_page: Callable[[JobId], object],
    ) -> None:
        left = duration(suspicion.until - now)
        body = (
            "Its answer was lost. Whoever started these jobs, nobody can tell from the API; their "
            "pages may. One that you pick is watched as this run's. Until you say, the connection "
            f"takes no trigger from here, for {left} at the longest."
        )
        if not suspicion.suspects:
            body = (
                "Its answer was lost, and no job has appeared so far that may be its effect. If "
                "you know that there will be none, say so: the connection is free then. "
                f"Otherwise it is in {left}."
            )
        super().__init__(
            SafeText(f"What did the trigger of {elide(run.name, 48)} do?"), SafeText(body)
        )
        self._suspects = suspicion.suspects
        self._now = now
        self._open_page = open_page

    def answers(self) -> ComposeResult:
        """Yield the jobs, then what else there is to say."""
        if self._suspects:
            jobs = [
                Option(suspect_line(job, self._now), id=f"job-{job.job_id}")
                for job in self._suspects
            ]
            yield OptionList(*jobs, id="suspects", compact=True)
        none = "x  None" if self._suspects else "x  It had no effect"
        buttons = [button(none, "none", danger=True), button("esc  Later", "leave")]
        if self._suspects:
            buttons.insert(0, button("⏎  This one", "pick"))
            buttons.insert(1, button("o  Page", "page"))
        yield from row(*buttons)

    def first_focus(self) -> str:
        """Return the list, or what changes nothing."""
        return "#suspects" if self._suspects else "#leave"

    def on_option_list_option_selected(self) -> None:
        """Take the job under the cursor."""
        self._pick()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Take the button as the answer."""
        match event.button.id:
            case "pick":
                self._pick()
            case "page":
                self.action_page()
            case "none":
                self.action_none()
            case _:
                self.action_leave()

    def _under_cursor(self) -> JobId | None:
        if not self._suspects:
            return None
        index = self.query_one(OptionList).highlighted
        return None if index is None else JobId(self._suspects[index].job_id)

    def _pick(self) -> None:
        job = self._under_cursor()
        if job is not None:
            leave(self, job)

    def action_page(self) -> None:
        """Show the page of the job under the cursor, and stay."""
        job = self._under_cursor()
        if job is not None:
            self._open_page(job)

    def action_none(self) -> None:
        """Say that none of them is it."""
        leave(self, "none")

    def action_leave(self) -> None:
        """Say nothing."""
        leave(self)

    def action_move(self, by: int) -> None:
        """Move through the jobs."""
        if self._suspects:
            jobs = self.query_one(OptionList)
            if by > 0:
                jobs.action_cursor_down()
            else:
                jobs.action_cursor_up()
