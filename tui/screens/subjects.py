"""What the deck's actions are for, and what is known of it: runs, jobs and connections by id.

Looks things up and names them; asks nothing of anybody and changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final

from tui import links, rows
from tui.detail_lines import one_line
from tui.formats import elide
from workflow.airbyte.models import ConnectionId, JobId
from workflow.runs.events import RunId
from workflow.runs.launch import LaunchState, Target
from workflow.runs.run import RunState
from workflow.text import SafeText, safe, short_id

if TYPE_CHECKING:
    from tui.session import Session

NAME: Final = 48
"""Cells of a name in a question: six of them leave room for the answers at 80 by 24."""
Subject = rows.RunKey | rows.JobKey | ConnectionId
"""What an action is for."""


class Subjects:
    """Answers questions about subjects, from one session."""

    def __init__(self, session: Session, past: Iterable[RunState] = ()) -> None:
        """`past` are runs that only the journal knows: they can be named and launched again."""
        self._session = session
        self._fleet = session.fleet
        self._past = {run.run: run for run in past}

    def runs(self, subjects: Iterable[Subject]) -> list[RunState]:
        """Return the states of the runs among these, and of the live ones of their connections."""
        wanted = tuple(subjects)
        runs = self._fleet.runs
        keys = [subject.run for subject in wanted if isinstance(subject, rows.RunKey)]
        found = [state for run in keys if (state := runs.get(run)) is not None]
        connections = {subject for subject in wanted if isinstance(subject, str)}
        if connections:
            found += [run for run in runs.values() if run.live and run.connection_id in connections]
        return found

    def runs_before(self, subjects: Iterable[Subject]) -> list[RunState]:
        """Return the runs that a rerun of these is like: those of the past among them."""
        wanted = tuple(subjects)
        keys = [subject.run for subject in wanted if isinstance(subject, rows.RunKey)]
        past = [
            self._past[run] for run in keys if run not in self._fleet.runs and run in self._past
        ]
        return self.runs(wanted) + past

    def _run(self, run: RunId) -> RunState | None:
        return self._fleet.runs.get(run, self._past.get(run))

    def targets(self, subjects: Iterable[Subject]) -> tuple[Target, ...]:
        """Return what a launch of these would start: each connection once."""
        found: dict[str, SafeText] = {}
        for subject in subjects:
            connection_id = self.connection_of(subject)
            if connection_id is not None:
                view = self._fleet.watch.connections.get(ConnectionId(connection_id))
                name = short_id(connection_id) if view is None else view.connection.name
                found.setdefault(connection_id, name)
        return tuple(Target(id_, name) for id_, name in found.items())

    def connection_of(self, subject: Subject) -> str | None:
        """Return the connection it belongs to."""
        match subject:
            case rows.RunKey(run=run):
                state = self._run(run)
                return None if state is None else state.connection_id
            case rows.JobKey(job=job):
                reading = self._fleet.watch.foreign.get(job)
                return None if reading is None else reading.job.connection_id
        return subject

    def job_of(self, subject: Subject) -> int | None:
        """Return its job, for a connection the last one."""
        match subject:
            case rows.RunKey(run=run):
                state = self._run(run)
                return None if state is None else state.job_id
            case rows.JobKey(job=job):
                return job
        view = self._fleet.watch.connections.get(subject)
        return None if view is None else view.last_job_id

    def live_job(self, connection_id: ConnectionId) -> JobId | None:
        """Return the job that is under way for a connection."""
        view = self._fleet.watch.connections.get(connection_id)
        return None if view is None or view.live_job is None else view.live_job.job_id

    def ended(self, job: JobId) -> bool:
        """Tell whether a job is known to have ended."""
        reading = self._fleet.feed.jobs.get(job)
        return reading is not None and reading.job.is_terminal

    def page(self, subject: Subject) -> SafeText | None:
        """Return the address of its page at Airbyte's; None while it is not known."""
        return self.page_of(self.connection_of(subject), self.job_of(subject))

    def page_of(self, connection_id: str | None, job: int | None) -> SafeText | None:
        """Return the address of a job's page; None while its connection is not known."""
        view = self._fleet.watch.connections.get(ConnectionId(connection_id or ""))
        workspace = None if view is None else view.connection.workspace_id
        return links.job_page(self._session.web_url, workspace, connection_id, job)

    def launch_of(self, subjects: Sequence[Subject]) -> LaunchState | None:
        """Return the launch under way that these are of, else the youngest under way."""
        launches = self._fleet.launches
        for run in self.runs(subjects):
            of = None if run.launch is None else launches.get(run.launch)
            if of is not None and of.finished is None:
                return of
        under_way = [launch for launch in launches.values() if launch.finished is None]
        return under_way[-1] if under_way else None

    def what(self, run: RunState) -> SafeText:
        """Name a run in a question."""
        job = "nothing sent yet" if run.job_id is None else f"job {run.job_id}"
        return SafeText(f"{elide(run.name, NAME)} ({job})")

    def what_job(self, job: JobId) -> SafeText:
        """Name somebody else's job in a question."""
        reading = self._fleet.feed.jobs.get(job)
        connection_id = None if reading is None else reading.job.connection_id
        view = None if connection_id is None else self._fleet.watch.connections.get(connection_id)
        name = "" if view is None else f"{elide(view.connection.name, NAME)} "
        return SafeText(f"{name}(job {job}, started elsewhere)")

    def line(self, subject: Subject) -> SafeText:
        """Write it as one line of text."""
        match subject:
            case rows.RunKey(run=run) if (state := self._run(run)) is not None:
                return one_line(state, self._session.clock.now())
            case rows.JobKey(job=job):
                return self.what_job(job)
            case str():
                view = self._fleet.watch.connections.get(subject)
                name = "" if view is None else f"{view.connection.name}  "
                return safe(f"{name}{subject}")
        return SafeText("")
