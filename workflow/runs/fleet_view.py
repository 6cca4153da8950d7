"""What there is to see of a fleet, for every face; nothing here changes anything."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from workflow.runs.arming import Arming
from workflow.runs.events import LaunchId, RunId
from workflow.runs.journal import Journal
from workflow.runs.launch import LaunchState, OrderRefused
from workflow.runs.ledger import Listener
from workflow.runs.report import Report, report_of
from workflow.runs.rooms import Rooms
from workflow.runs.run import RunState
from workflow.runs.suspects import Suspicion
from workflow.text import SafeText, safe


class FleetView:
    """The runs and launches of one profile in this process, as they are now."""

    def __init__(self, rooms: Rooms, journal: Journal, arming: Arming) -> None:
        self._rooms: Final = rooms
        self.journal: Final = journal
        self.arming: Final = arming

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

    def report(self, launch: LaunchId) -> Report:
        """Return what became of a launch, or what has become of it so far."""
        return report_of(self._of_launch(launch), self.runs.values())

    def _of_launch(self, launch: LaunchId) -> LaunchState:
        if launch not in self.launches:
            raise OrderRefused(f"There is no launch {safe(launch)} here.")
        return self.launches[launch]

    @property
    def read_only(self) -> bool:
        """Whether nothing but GETs is sent now."""
        return self.arming.read_only

    def why_not_send(self) -> SafeText | None:
        """Return why nothing but GETs may be sent now; None when it may."""
        return self._rooms.why_not_send()

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
