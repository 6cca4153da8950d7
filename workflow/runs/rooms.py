"""What is behind a fleet's door: each room made once, and told of those it needs.

Nothing is begun here. What the rooms do for the faces is :class:`~workflow.runs.fleet.Fleet`'s to
say; what each is for, its own module's.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Coroutine
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Final

from workflow.airbyte.client import Client
from workflow.airbyte.feed import Feed
from workflow.airbyte.models import ConnectionId, WorkspaceId
from workflow.clock import Clock
from workflow.runs.arming import Arming
from workflow.runs.attending import Attending
from workflow.runs.cancelling import Canceller
from workflow.runs.events import RunId, Verdict
from workflow.runs.falling_back import FallingBack
from workflow.runs.following import Following
from workflow.runs.ids import Ids
from workflow.runs.journal import Journal
from workflow.runs.launching import Launching
from workflow.runs.ledger import Ledger
from workflow.runs.ours import OwnJobs
from workflow.runs.programs import Programs
from workflow.runs.recovery import Recovery
from workflow.runs.relay import Relay
from workflow.runs.resolving import Resolving
from workflow.runs.roster import Roster
from workflow.runs.services import Services
from workflow.runs.snapshots import Snapshots
from workflow.runs.suspects import Suspects
from workflow.runs.tracking import SharedFeed
from workflow.runs.trigger.driver import Trigger
from workflow.runs.watch import Watch
from workflow.runs.wishes import Wishes
from workflow.text import SafeText

HEARTBEAT: Final = 60.0
"""Seconds after which a document that polls gets the last reading again."""
HEARTBEAT_SHOWN: Final = 15.0
"""The same, while somebody looks."""


@dataclass(frozen=True, slots=True)
class Rooms:
    """One fleet's rooms. They belong to one event loop."""

    programs: Programs
    watch: Watch
    ledger: Ledger
    relay: Relay
    roster: Roster
    launching: Launching
    recovery: Recovery
    attending: Attending
    following: Following
    ours: OwnJobs
    suspects: Suspects
    resolving: Resolving
    falling_back: FallingBack
    why_not_send: Callable[[], SafeText | None]
    usual: Callable[[str], timedelta | None]
    """Gives a connection's usual duration, None where it is not known."""
    read: Callable[[], Coroutine[None, None, None]]
    """Reads jobs for as long as it runs."""


def furnish(
    *,
    profile_name: str,
    client: Client,
    feed: Feed,
    journal: Journal,
    clock: Clock,
    rng: random.Random,
    arming: Arming,
    workspace_ids: Collection[WorkspaceId],
    partial_server: bool,
    shown: Callable[[], bool],
) -> Rooms:
    """Make the rooms of a fleet; `shown` says whether somebody looks."""

    def why_not_send() -> SafeText | None:
        return arming.why_not_send() or ledger.trouble

    def name_of(connection_id: ConnectionId) -> str | None:
        view = watch.connections.get(connection_id)
        return None if view is None else view.connection.raw_name

    def usual(connection_id: str) -> timedelta | None:
        # Past jobs are read only where somebody looks; a trigger's check has seen them anyway.
        return watch.usual(connection_id) or trigger.lists.usual(connection_id)

    async def mistake(run: RunId, error: Exception) -> None:
        """A run whose task broke is over for us, honestly; its job is not."""
        why = f"a mistake in syncdeck ended the watching ({type(error).__name__}); see its log"
        relay.unwatch(run)
        if ledger.runs[run].verdict is None:
            await launching.ending.end(run, Verdict.UNRESOLVED, why)

    programs, shared = Programs(), SharedFeed(feed)
    watch = Watch(client, feed, clock, workspace_ids, owned=lambda job: job in ours)
    ledger = Ledger(journal, profile=profile_name, clock=clock)
    relay = Relay(shared, ledger, clock, usual)
    ours = OwnJobs(ledger, relay.is_watched, feed.jobs, clock)
    roster = Roster(mistake)
    trigger = Trigger(client, journal, clock, shared, arming.why_not_send)
    services = Services(
        profile=profile_name,
        client=client,
        feed=shared,
        relay=relay,
        trigger=trigger,
        ledger=ledger,
        journal=journal,
        clock=clock,
        wishes=Wishes(Canceller(client, clock, shared, arming.why_not_send, trigger.lists)),
        heartbeat=lambda: HEARTBEAT_SHOWN if shown() else HEARTBEAT,
        why_not_send=why_not_send,
        partial_server=partial_server,
    )
    launching = Launching(services, roster, Ids(clock, rng), programs)
    recovery = Recovery(services, launching, roster, programs)
    attending = Attending(services, launching, recovery, roster, name_of)
    following = Following(
        profile_name,
        client=client,
        feed=feed,
        journal=journal,
        clock=clock,
        runs=ledger.runs,
        attach=attending.attach,
    )
    suspects = Suspects(profile_name, client, journal, clock, watch.tell)
    for hear in (ours.hear, Snapshots(ledger.runs, journal).hear, suspects.hear):
        ledger.subscribe(hear)
    return Rooms(
        programs=programs,
        watch=watch,
        ledger=ledger,
        relay=relay,
        roster=roster,
        launching=launching,
        recovery=recovery,
        attending=attending,
        following=following,
        ours=ours,
        suspects=suspects,
        resolving=Resolving(services, suspects, attending.attach),
        falling_back=FallingBack(arming, launching, ledger, clock),
        why_not_send=why_not_send,
        usual=usual,
        read=partial(shared.run, from_need=partial_server),
    )
