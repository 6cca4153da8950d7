"""Everything about one connection: its last jobs, how often well, how long, how much.

The jobs are read once when the screen opens and again on request; what is live now comes from the
watch. What the jobs add up to is :mod:`tui.screens.connection_figures`'.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import ClassVar, Final

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from tui import keymap, links
from tui.connection_rows import entry
from tui.detail_lines import connection_lines
from tui.formats import bytes_, clock, duration, many
from tui.glyphs import FOLLOWED, Tone, of_status
from tui.screens.acting import ActingScreen
from tui.screens.connection_figures import Figures, figures, outcome, rows_of, took, usual
from tui.screens.run_sections import Section, column_of
from tui.session import Session
from tui.widgets.hints import Hints
from tui.widgets.place_line import place_line
from workflow.airbyte.models import ConnectionId, Job
from workflow.airbyte.problems import ApiProblem
from workflow.http.failures import NetworkFailure
from workflow.runs.watch import ConnectionView
from workflow.text import SafeText, short_id

_QUIET: Final = Tone.QUIET.style
_MOST_JOBS: Final = 100
_HINTS: Final = (
    "launch",
    "attach",
    "cancel",
    "follow",
    "enable",
    "log",
    "back",
    "copy",
    "read_now",
    "help",
)
_BAR_CELLS: Final = 20


class ConnectionScreen(ActingScreen):
    """One connection, with its jobs newest first."""

    DEFAULT_CSS: ClassVar[str] = """
    ConnectionScreen {
        layout: vertical;
        .line { height: 1; text-wrap: nowrap; text-overflow: clip; }
        #body { height: 1fr; scrollbar-size-vertical: 1; }
        #page { height: auto; text-wrap: nowrap; }
    }
    """

    def __init__(self, session: Session, connection_id: str) -> None:
        super().__init__(session)
        self._of = ConnectionId(connection_id)
        self._figures: Figures | None = None
        self._failed: SafeText | None = None

    def subject(self) -> ConnectionId:
        """Return the connection."""
        return self._of

    def connection(self) -> ConnectionId:
        """Return the connection."""
        return self._of

    def compose(self) -> ComposeResult:
        """Where this is, what is known, the keys."""
        yield Static(id="where", classes="line")
        with VerticalScroll(id="body"):
            yield Static(id="page")
        yield Hints(keymap.hints_at(self.app, _HINTS))

    def on_mount(self) -> None:
        """Read its jobs."""
        self._read_jobs()

    def on_resize(self) -> None:
        """Use the width there is."""
        self._draw()

    def refresh_from(self, session: Session) -> None:
        """Take in what is new."""
        del session
        self._draw()

    def action_read_now(self) -> None:
        """Read its jobs again."""
        super().action_read_now()
        self._read_jobs()

    def _read_jobs(self) -> None:
        self.run_worker(self._read(), group="read", exclusive=True, exit_on_error=False)

    async def _read(self) -> None:
        try:
            answer = await self._session.client.list_jobs(connection_id=self._of, limit=_MOST_JOBS)
        except ApiProblem as problem:
            self._failed = problem.sentence
        except NetworkFailure as failure:
            self._failed = failure.text
        else:
            self._figures, self._failed = figures(answer.value.items), None
        self._draw()

    def _draw(self) -> None:
        if not self.is_attached or not self.size.width:
            return
        view = self._session.fleet.watch.connections.get(self._of)
        width, now = self.size.width, self._session.clock.now()
        name = short_id(self._of) if view is None else view.connection.name
        where = place_line(self._session, name, width)
        self.query_one("#where", Static).update(where, layout=False)
        sections = [*self._about(view, now), *self._jobs(width - 3)]
        self.query_one("#page", Static).update(column_of(sections, width - 2))

    def _about(self, view: ConnectionView | None, now: datetime) -> list[Section]:
        if view is None:
            unread = Content.styled("not read yet; its jobs may be there already", _QUIET)
            return [Section("Connection", (unread,))]
        look = entry(view, None).look
        page = links.job_page(self._session.web_url, view.connection.workspace_id, self._of, None)
        lines = connection_lines(view, look, now, self._key)
        # The last line names keys, which stand at the bottom of this screen.
        told = [*lines[:-1], *([Content.styled(page, _QUIET)] if page else [])]
        if self._of in self._session.fleet.following.connections:
            told.insert(1, Content(f"{FOLLOWED} followed: its jobs are attached as they appear"))
        return [Section("Connection", tuple(told))]

    def _key(self, id_: str) -> str:
        return keymap.key_at(self.app, id_)

    def _jobs(self, width: int) -> list[Section]:
        if self._figures is None:
            told = self._failed or SafeText("reading its jobs …")
            return [Section("Jobs", (Content.styled(told, _QUIET),))]
        found = self._figures
        if not found.jobs:
            none = f"it has no job yet: {self._key('launch')} launches it"
            return [Section("Jobs", (Content(none),))]
        rate = found.success_rate
        share = "" if rate is None else f"   {rate:.0%}"
        lines = [outcome(found, min(60, width - 30)).append(share), usual(found)]
        if found.rows is not None:
            lines.append(Content(f"median {found.rows:,.0f} rows a job"))
        if self._failed is not None:
            lines.append(Content.styled(f"not read again: {self._failed}", Tone.WARNING.style))
        now = self._session.clock.now()
        listed = tuple(job_line(job, found, now, width) for job in found.jobs)
        return [
            Section("Outcomes, oldest first", tuple(lines)),
            Section(f"{many(len(found.jobs), 'job')}, newest first", listed),
        ]


def job_line(job: Job, of: Figures, now: datetime, width: int) -> Content:
    """Return a job on a line: when, what, how long, how much, and its rows as a bar."""
    look = of_status(job.status)
    day = "—" if job.start_time is None else f"{job.start_time.astimezone():%d %b}"
    line = Content.assemble(
        (f"{job.job_id:>8}  {day} {clock(job.start_time)}  ", _QUIET),
        Content(f"{job.job_type:<8}"),
        (f"{look.glyph} {look.word:<11}", look.style),
        f"{duration(_took(job, now)):>7}  {rows_of(job):>14}",
    )
    size = f"  {bytes_(job.bytes_synced):>9}"
    if line.cell_length + len(size) > width:
        return line
    line = line.append(f"{size}  ")
    most = max((one.rows_synced or 0 for one in of.jobs), default=0)
    room = min(_BAR_CELLS, width - line.cell_length)
    if room < 4 or not most or not job.rows_synced:
        return line
    cells = max(1, round(job.rows_synced / most * room))
    return line.append(Content.styled("▇" * cells, look.style))


def _took(job: Job, now: datetime) -> timedelta | None:
    """Return how long a job took, or has taken by now."""
    if job.is_terminal or job.start_time is None:
        return took(job)
    return max(timedelta(0), now - job.start_time)
