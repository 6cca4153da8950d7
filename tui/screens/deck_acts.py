"""What the deck's keys do to runs, jobs and connections: ask where harm is possible, then do it.

What is acted on is named by ids, taken when the key was pressed; the question shows what they are.
Whether something may be done is the fleet's to say: its refusal is shown as it is.
"""

from __future__ import annotations

import asyncio
import os
import webbrowser
from collections.abc import Awaitable, Callable, Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from textual.app import App
from textual.screen import Screen

from tui import keymap, links, rows
from tui.formats import elide, many
from tui.screens import questions
from tui.screens.dialogs import MessageDialog
from tui.screens.late import launch_screen, suspects_dialog
from tui.screens.launch_again import again as launched_again
from tui.screens.subjects import NAME, Subject, Subjects
from workflow.airbyte.models import ConnectionId, JobId
from workflow.airbyte.problems import ApiProblem
from workflow.http.failures import NetworkFailure
from workflow.runs.events import LaunchId, RunId
from workflow.runs.launch import OrderRefused
from workflow.runs.run import Phase, RunState
from workflow.text import SafeText, safe

if TYPE_CHECKING:
    from tui.session import Session

Answer = TypeVar("Answer")


class Acts:
    """Orders to one session's fleet, with the questions that come before them."""

    def __init__(self, app: App[int], session: Session, past: Iterable[RunState] = ()) -> None:
        """`past` are runs that only the journal knows."""
        self._app = app
        self._session = session
        self._fleet = session.fleet
        self._about = Subjects(session, past)

    # ----------------------------------------------------------------------------- starting

    async def launch(self, subjects: Sequence[Subject], *, again: bool = False) -> LaunchId | None:
        """Open the launch screen for these; `again` fills it in from the launch they were of."""
        targets = self._about.targets(subjects)
        if not targets:
            self._tell("nothing is chosen to launch: put the cursor on a connection, or mark some")
            return None
        before = None
        if again:
            before = await launched_again(self._session, self._about.runs_before(subjects))
        return await self._ask(launch_screen(self._session, targets, before))

    async def attach(self, subjects: Sequence[Subject]) -> None:
        """Watch jobs that are there, and take detached runs up again."""
        wanted: list[Callable[[], Awaitable[object]]] = []
        for subject in subjects:
            match subject:
                case rows.JobKey(job=job):
                    wanted.append(partial(self._fleet.attach, job))
                case rows.RunKey(run=run):
                    state = self._fleet.runs.get(run)
                    if state is not None and state.phase is Phase.DETACHED:
                        wanted.append(partial(self._fleet.attach_run, run))
                case _:
                    live = self._about.live_job(subject)
                    if live is not None:
                        wanted.append(partial(self._fleet.attach, live))
        if not wanted:
            self._tell("nothing here to attach: it takes a live job, or a detached run")
        await self._each(wanted)

    # ----------------------------------------------------------------------------- stopping

    async def cancel(self, subjects: Sequence[Subject]) -> None:
        """Ask, then wish that the jobs stop."""
        runs = [run for run in self._about.runs(subjects) if run.live]
        jobs = [subject.job for subject in subjects if isinstance(subject, rows.JobKey)]
        lives = [self._about.live_job(subject) for subject in subjects if isinstance(subject, str)]
        jobs += [job for job in lives if job is not None]
        ours = {run.job_id for run in runs}
        live = [job for job in jobs if not self._about.ended(job) and job not in ours]
        if not runs and not live:
            self._tell("nothing here to cancel: it has ended, or nothing was sent for it")
            return
        if self._locked():
            return
        names = [self._about.what(run) for run in runs] + [
            self._about.what_job(job) for job in live
        ]
        if not await self._ask(questions.cancel(names, self._session.profile_name)):
            return
        wanted: list[Callable[[], Awaitable[object]]] = [
            *(partial(self._fleet.cancel, run.run) for run in runs),
            *(partial(self._fleet.cancel_job, job) for job in live),
        ]
        await self._each(wanted, at_once=True)

    async def resolve(self, run: RunId) -> None:
        """Ask what a trigger did whose answer was lost, and take the operator's word for it."""
        suspicion, state = self._fleet.suspicion(run), self._fleet.runs.get(run)
        if suspicion is None or state is None:
            self._tell("nothing here to resolve: it takes a run whose trigger's answer was lost")
            return

        def open_page(job: JobId) -> None:
            page = self._about.page_of(suspicion.record.intent.connection_id, job)
            self._app.run_worker(self._open(page), group="page", exit_on_error=False)

        while True:
            asked = suspects_dialog(self._session, state, suspicion, open_page)
            answer = await self._ask(asked)
            if answer is None:
                return
            if answer != "none":
                await self._each([partial(self._fleet.pick, run, answer)])
                return
            if await self._ask(questions.dismiss(state, suspicion)):
                await self._each([partial(self._fleet.dismiss, run)])
                return

    async def detach(self, subjects: Sequence[Subject]) -> None:
        """Stop watching; the jobs go on."""
        runs = [run.run for run in self._about.runs(subjects) if run.live]
        if not runs:
            self._tell("nothing here to detach: it takes a live run")
        await self._each([partial(self._fleet.detach, run) for run in runs])

    # ------------------------------------------------------------------------ launch, connection

    async def hold(self, subjects: Sequence[Subject]) -> None:
        """Hold the launch, or let it go on; ask about what an earlier start left unsent."""
        unsent = [
            run
            for run in self._fleet.runs.values()
            if run.verdict is None and run.phase is Phase.WAITING and run.waiting_for == "asked"
        ]
        if unsent:
            await self._start_or_drop(unsent)
            return
        launch = self._about.launch_of(subjects)
        if launch is None:
            self._tell("no launch is under way")
        elif launch.held:
            await self._each([partial(self._fleet.go_on, launch.launch)])
        else:
            await self._each([partial(self._fleet.hold, launch.launch)])

    async def _start_or_drop(self, unsent: Sequence[RunState]) -> None:
        ids = [run.run for run in unsent]
        start = await self._ask(questions.unsent(unsent))
        if start is None:
            return
        wish = self._fleet.start_waiting if start else self._fleet.drop_waiting
        await self._each([partial(wish, ids)])

    async def enable(self, subjects: Sequence[Subject]) -> None:
        """Ask, then enable a connection that is off or disable one that is on."""
        ids = [subject for subject in subjects if isinstance(subject, str)]
        views = [view for id_ in ids if (view := self._fleet.watch.connections.get(id_))]
        if not views:
            self._tell("put the cursor on a connection to enable or disable it")
            return
        if self._locked():
            return
        active = not views[0].connection.is_active
        views = [view for view in views if view.connection.is_active is not active]
        connections = [view.connection for view in views]
        if await self._ask(
            questions.switch(connections, self._session.profile_name, active=active)
        ):
            switch = partial(self._fleet.set_connection_status, active=active)
            await self._each([partial(switch, one.connection_id) for one in connections])

    async def follow(self, subjects: Sequence[Subject]) -> None:
        """Follow the connections of these; when all of them are, follow them no more."""
        targets = self._about.targets(subjects)
        if not targets:
            self._tell("nothing here to follow: put the cursor on a connection, or mark some")
            return
        following = self._fleet.following
        ids = [ConnectionId(target.connection_id) for target in targets]
        fresh = [id_ for id_ in ids if id_ not in following.connections]
        what = elide(targets[0].name, NAME) if len(ids) == 1 else many(len(ids), "connection")
        if fresh:
            await self._each([partial(following.follow, id_) for id_ in fresh])
            if set(fresh) & following.connections:
                self._tell(f"following {what}: its jobs are attached as they appear")
        else:
            await self._each([partial(following.unfollow, id_) for id_ in ids])
            self._tell(f"not following {what} any more; what is attached stays so")

    # ------------------------------------------------------------------------------ showing

    async def log(self, subject: Subject | None) -> None:
        """Open the job's log in Airbyte's page, or show its address where no browser can open."""
        await self._open(None if subject is None else self._about.page(subject))

    async def _open(self, page: SafeText | None) -> None:
        if page is None:
            self._tell(links.why_no_page(self._session.web_url))
        elif links.browser_here(os.environ):
            await asyncio.to_thread(webbrowser.open, page)
            self._tell(f"opened {page}")
        else:
            self._app.copy_to_clipboard(page)
            told = SafeText(f"{page}  (copied)")
            await self._ask(MessageDialog(SafeText("In Airbyte's own page"), told))

    def copy(self, subjects: Sequence[Subject]) -> None:
        """Copy the rows as lines of text."""
        self.copy_lines([self._about.line(subject) for subject in subjects])

    def copy_lines(self, lines: Sequence[SafeText]) -> None:
        """Copy these lines, and say how many; there may be none."""
        if lines:
            self._app.copy_to_clipboard("\n".join(lines))
            self._tell(f"copied {many(len(lines), 'line')}")

    # ------------------------------------------------------------------------------ helpers

    async def _ask(self, question: Screen[Answer]) -> Answer | None:
        """Ask, unless that is being asked already: a key pressed twice asks once."""
        if type(self._app.screen) is type(question):
            return None
        answer: Answer | None = await self._app.push_screen_wait(question)
        return answer

    def _locked(self) -> bool:
        """Tell whether nothing may be sent now; says so, and what to do about it."""
        if self._fleet.read_only:
            key = keymap.key_at(self._app, "arm")
            self._tell(locked(self._session, key), bad=True)
        return self._fleet.read_only

    async def _each(
        self, wanted: Sequence[Callable[[], Awaitable[object]]], *, at_once: bool = False
    ) -> None:
        """Do them all; a refusal of one does not stop the others, and each is told."""
        if at_once:
            await asyncio.gather(*(self._try(one) for one in wanted))
            return
        for one in wanted:
            await self._try(one)

    async def _try(self, wanted: Callable[[], Awaitable[object]]) -> None:
        try:
            await wanted()
        except OrderRefused as refused:
            self._tell(refused.text, bad=True)
        except ApiProblem as problem:
            self._tell(problem.sentence, bad=True)
        except NetworkFailure as failure:
            self._tell(failure.text, bad=True)

    def _tell(self, text: str, *, bad: bool = False) -> None:
        severity = "error" if bad else "information"
        self._app.notify(text, severity=severity, markup=False)  # type: ignore[arg-type]


def locked(session: Session, key: str) -> SafeText:
    """Return what to do on a profile to which nothing may be sent now; `key` arms it."""
    arming = session.fleet.arming
    return arming.why_not_arm() or SafeText(
        f"{safe(session.profile_name)} is read-only, nothing can be sent: {key} arms it for a while"
    )
