"""All the runs this process looks after, and the one thing every face talks to.

The deck and the headless commands start, attach, cancel and detach here, and listen here. What a
run does is in :mod:`~workflow.runs.execution` and below; what was not finished when a process
ended is taken up again by :meth:`Fleet.start`, which never sends a trigger.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Mapping
from datetime import datetime, timedelta
from types import TracebackType
from typing import Final, Self

from workflow.airbyte.client import Client
from workflow.airbyte.feed import Feed
from workflow.airbyte.models import ConnectionId, JobId, WorkspaceId
from workflow.airbyte.problems import ApiProblem
from workflow.clock import Clock
from workflow.http.failures import NetworkFailure
from workflow.runs import checks, chores
from workflow.runs.arming import USUAL, Arming, ArmingRefused
from workflow.runs.background import Background
from workflow.runs.events import LaunchId, RunId
from workflow.runs.journal import Journal
from workflow.runs.launch import LaunchState, Order, OrderRefused, TargetCheck
from workflow.runs.ledger import Listener
from workflow.runs.report import Report, report_of
from workflow.runs.rooms import furnish
from workflow.runs.run import Phase, RunState
from workflow.runs.suspects import Suspicion
from workflow.runs.watch import ConnectionView
from workflow.text import SafeText, safe


class Fleet:
    """The runs of one profile in this process. Belongs to one event loop.

    Args:
        profile_name: in every run's row of the journal.
        server: the host, to be shown.
        client: asks the server.
        feed: reads its jobs; started and stopped here.
        journal: opened by the caller, and closed by it after the fleet.
        clock: where time comes from.
        rng: where chance comes from.
        read_only: nothing but GETs is sent unless the profile is armed.
        may_arm: whether a read-only profile can be armed.
        headless: there is no screen to arm it on.
        workspace_ids: the profile's workspaces; empty for all that its credentials see.
        take_up: whether runs of earlier processes are taken up at the start.
        partial_server: the server may have nothing but a document's own endpoints.
        most_ended: about so many ended runs are known; None for all, as where each one counts for
            an exit code.
    """

    def __init__(
        self,
        *,
        profile_name: str,
        server: SafeText,
        client: Client,
        feed: Feed,
        journal: Journal,
        clock: Clock,
        rng: random.Random,
        read_only: bool = False,
        may_arm: bool = True,
        headless: bool = False,
        workspace_ids: Collection[WorkspaceId] = (),
        take_up: bool = True,
        partial_server: bool = False,
        most_ended: int | None = None,
    ) -> None:
        self.profile_name: Final = profile_name
        self.server: Final = server
        self.feed: Final = feed
        self.journal: Final = journal
        self.arming: Final = Arming(
            profile_name, clock, read_only=read_only, may_arm=may_arm, headless=headless
        )
        self._rooms = rooms = furnish(
            profile_name=profile_name,
            client=client,
            feed=feed,
            journal=journal,
            clock=clock,
            rng=rng,
            arming=self.arming,
            workspace_ids=workspace_ids,
            partial_server=partial_server,
            shown=lambda: self._shown,
        )
        self.programs: Final = rooms.programs
        self.watch: Final = rooms.watch
        self.following: Final = rooms.following
        self.resolving: Final = rooms.resolving
        self._client = client
        self._clock = clock
        self._take_up = take_up
        self._most_ended = most_ended
        self._shown = False
        self._started = False
        self._reads_all = False
        self._background = Background()
        self._falling_back: asyncio.Task[None] | None = None

    # ------------------------------------------------------------------ what there is to see

    @property
    def runs(self) -> Mapping[RunId, RunState]:
        """Every run this process knows, in the order they came."""
        return self._rooms.ledger.runs

    @property
    def launches(self) -> Mapping[LaunchId, LaunchState]:
        """Every launch this process knows, in the order they came."""
        return self._rooms.ledger.launches

    @property
    def trouble(self) -> SafeText | None:
        """Why nothing can be written down; triggers are refused until it can."""
        return self._rooms.ledger.trouble

    @property
    def damage(self) -> SafeText | None:
        """What of the journal could not be read, and was passed over; None when all could."""
        return self.journal.damage.sentence

    @property
    def shown(self) -> bool:
        """Whether somebody looks.

        Then all connections and everybody's jobs are read, and documents are given readings more
        often; without it only what the runs here need is asked for.
        """
        return self._shown

    @shown.setter
    def shown(self, value: bool) -> None:
        self._shown = value
        self._read_all_if_shown()

    @property
    def read_only(self) -> bool:
        """Whether nothing but GETs is sent now."""
        return self.arming.read_only

    def why_not_send(self) -> SafeText | None:
        """Return why nothing but GETs may be sent now; None when it may."""
        return self._rooms.why_not_send()

    def arm(self, span: timedelta = USUAL) -> datetime:
        """Let a read-only profile send for a while; says until when.

        When that is over, launches with something left to send are held, and not gone through
        being refused one by one.

        Raises:
            OrderRefused: it cannot be armed, or not for so long.
        """
        try:
            until = self.arming.arm(span)
        except ArmingRefused as refused:
            raise OrderRefused(refused.text) from None
        if self._falling_back is None or self._falling_back.done():
            self._falling_back = self._background.add(self._rooms.falling_back.await_it(), "arming")
        return until

    async def disarm(self) -> None:
        """Make the profile read-only again before its time."""
        self.arming.disarm()
        await self._rooms.falling_back.hold_all()

    @property
    def suspicions(self) -> tuple[Suspicion, ...]:
        """What may still be the effect of triggers whose answers were lost, as of a minute ago."""
        return self._rooms.suspects.known

    def suspicion(self, run: RunId) -> Suspicion | None:
        """Return what may be the effect of a run's trigger; None when nothing is open of it."""
        return self._rooms.suspects.of(run)

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` with every event; the journal has it and the states have folded it.

        It must be quick. Returns what ends the subscription.
        """
        return self._rooms.ledger.subscribe(listener)

    # --------------------------------------------------------------------- beginning and end

    async def start(self) -> None:
        """Begin reading the server and take up what was not finished. Sends no trigger."""
        self._rooms.ledger.open()
        try:
            await self._begin()
        except BaseException:
            await self.close()  # who opens a fleet that does not start has none to close
            raise

    async def _begin(self) -> None:
        self._rooms.relay.open()
        self.watch.open()
        if self._take_up:
            await self._rooms.recovery.take_up_all()
            self._rooms.ours.take_over()
        rooms, add = self._rooms, self._background.add
        add(rooms.read(), "feed")
        add(
            chores.point_out(self._rooms.ledger, self._rooms.roster, self._clock, self.watch.usual),
            "warnings",
        )
        add(rooms.suspects.follow(), "suspects")
        add(chores.forget_what_is_old(self.journal, self._clock), "retention")
        if self._most_ended is not None:
            letting_go = chores.let_go_of_ended(
                rooms.ledger, rooms.suspects, self._clock, self._most_ended
            )
            add(letting_go, "memory")
        self._started = True
        self._read_all_if_shown()

    def _read_all_if_shown(self) -> None:
        if self._started and self._shown and not self._reads_all:
            self._reads_all = True
            self._background.add(self.feed.cold_start(), "cold start")
            self._background.add(self.watch.run(), "watch")
            self._background.add(self.following.run(), "following")
            self._background.add(self._bring_back(), "unresolved")

    async def _bring_back(self) -> None:
        await self.resolving.bring_back()
        self.watch.tell()

    async def close(self, reason: str = "detach") -> None:
        """Detach every run and stop. The jobs go on; a next start finds the runs."""
        self._rooms.launching.freeze()  # a run that is let go must not make room for another
        ours = self._rooms.roster.runs
        await self._rooms.roster.stop(*ours)
        await asyncio.gather(*(self._leave(run, reason) for run in ours))
        await self._background.stop()
        self.watch.close()
        self._rooms.relay.close()
        await self._rooms.ledger.aclose()

    async def _leave(self, run: RunId, reason: str) -> None:
        state = self.runs[run]
        unsent = state.phase is Phase.WAITING and state.job_id is None
        await self._rooms.attending.let_go(run, None if unsent else reason)

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def end(self) -> None:
        """Wait until every run here has ended or was let go; those that are asked about stay."""
        await self._rooms.roster.ended()
        await self._rooms.ledger.emit()

    # ------------------------------------------------------------------------------ launches

    def check(self, order: Order) -> AsyncIterator[TargetCheck]:
        """Say for each target what a launch would do to it, as it becomes known. Reads only."""
        return checks.check(order, self._client, self._clock, self._known)

    def _known(self, connection_id: ConnectionId) -> ConnectionView | None:
        """Return what is known of a connection, unless the feed has lost sight of its jobs."""
        if self.feed.status.failing is not None:
            return None
        return self.watch.connections.get(connection_id)

    async def launch(self, order: Order) -> LaunchId:
        """Start runs for all targets.

        Raises:
            OrderRefused: nothing was started.
        """
        why_not = self.why_not_send()
        if why_not is not None:
            raise OrderRefused(why_not)
        if not order.targets and order.program is None:
            raise OrderRefused("Nothing was sent: the launch has no connections. Choose some.")
        if order.max_parallel < 1:
            raise OrderRefused("Nothing was sent: at least one run has to go at once.")
        return await self._rooms.launching.launch(order)

    def report(self, launch: LaunchId) -> Report:
        """Return what became of a launch, or what has become of it so far."""
        return report_of(self._of_launch(launch), self.runs.values())

    async def hold(self, launch: LaunchId, why: str = "operator") -> None:
        """Start no more runs of the launch."""
        if not self._of_launch(launch).held:
            await self._rooms.launching.hold(launch, why)

    async def go_on(self, launch: LaunchId) -> None:
        """Let a held launch go on.

        Raises:
            OrderRefused: the profile is read-only; what waits would only be refused.
        """
        if self._of_launch(launch).held:
            self._refuse_if_read_only()
            await self._rooms.launching.go_on(launch)

    def _of_launch(self, launch: LaunchId) -> LaunchState:
        if launch not in self.launches:
            raise OrderRefused(f"There is no launch {safe(launch)} here.")
        return self.launches[launch]

    # ------------------------------------------------------------------------ single runs

    async def attach(self, job_id: int, connection_id: str | None = None) -> RunId:
        """Watch a job that is there, whoever started it; the run that watches it if one does.

        Raises:
            OrderRefused: there is no such job, as far as the server tells.
        """
        return await self._rooms.attending.attach(JobId(job_id), connection_id)

    async def attach_run(self, run: RunId) -> RunId:
        """Take up a detached or unfinished run again.

        Raises:
            OrderRefused: it has ended, is unknown, or another process looks after it.
        """
        return await self._rooms.attending.attach_run(run)

    async def detach(self, run: RunId, reason: str = "operator") -> None:
        """Stop watching a run; its job goes on."""
        if run in self._rooms.roster:
            await self._rooms.attending.let_go(run, reason)
            await self._rooms.launching.ending.let_go(run)

    async def cancel(self, run: RunId) -> None:
        """Wish that the run's job stop, and see to it; returns when that is settled.

        A run for which nothing was sent yet ends at once, and nothing is sent.

        Raises:
            OrderRefused: the profile is read-only, or the run has nothing that could stop.
        """
        await self._rooms.attending.cancel(run, self._refuse_if_read_only)

    async def cancel_job(self, job_id: int) -> RunId:
        """Attach to a job and wish that it stop; returns when that is settled.

        Raises:
            OrderRefused: the profile is read-only, or there is no such job.
        """
        self._refuse_if_read_only()
        run = await self.attach(job_id)
        if self.runs[run].verdict is None:
            await self.cancel(run)
        return run

    async def start_waiting(self, runs: Iterable[RunId]) -> None:
        """Let runs go that an earlier process left unsent (waiting for ``asked``).

        Raises:
            OrderRefused: nothing may be sent now, or a run's document is not at hand.
        """
        why_not = self.why_not_send()
        if why_not is not None:
            raise OrderRefused(why_not)
        await self._rooms.recovery.start_unsent(runs)

    async def drop_waiting(self, runs: Iterable[RunId]) -> None:
        """End such runs as skipped; nothing was sent for them."""
        await self._rooms.recovery.drop_unsent(runs)

    async def pick(self, run: RunId, job_id: int) -> RunId:
        """Say which suspect is the unresolved run's job; returns the run that watches it.

        Raises:
            OrderRefused: there is no such job, as far as the server tells, or another run has it.
        """
        return await self.resolving.pick(run, JobId(job_id))

    async def dismiss(self, run: RunId) -> None:
        """Say that none of an unresolved run's suspects is its job: its connection is free.

        Raises:
            OrderRefused: nothing of the run is open, or its trigger is still being looked for.
        """
        await self.resolving.dismiss(run)

    def _refuse_if_read_only(self) -> None:
        if self.read_only:
            raise OrderRefused(self.why_not_send() or "")

    async def set_connection_status(self, connection_id: str, *, active: bool) -> None:
        """Enable or disable a connection at the server.

        Raises:
            OrderRefused: the profile is read-only, or the server refused.
        """
        self._refuse_if_read_only()
        wanted: Final = "active" if active else "inactive"
        try:
            answer = await self._client.patch_connection(ConnectionId(connection_id), wanted)
        except ApiProblem as problem:
            raise OrderRefused(problem.sentence) from None
        except NetworkFailure as failure:
            raise OrderRefused(failure.text) from None
        self.watch.replace(answer.value)
