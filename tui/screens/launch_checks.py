"""What the fleet says would happen to each target of a launch, as it comes in."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from tui.session import Session
from workflow.runs.launch import Order, Target, TargetCheck


class Checks:
    """The checks of one launch form; begun anew when what is asked changes."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._asked_at: datetime | None = None
        self._done_at: datetime | None = None
        self.by_id: dict[str, TargetCheck] = {}
        """Those that are in, by connection."""

    def of(self, targets: Iterable[Target]) -> tuple[TargetCheck, ...]:
        """Return the checks of these targets, as far as they are in."""
        found = (self.by_id.get(target.connection_id) for target in targets)
        return tuple(check for check in found if check is not None)

    def forget(self) -> None:
        """Know nothing: something else is asked now."""
        self.by_id.clear()
        self._done_at = None

    async def run(self, order: Order, news: Callable[[], None]) -> None:
        """Ask about every target of an order; `news` is called for each that comes in."""
        self._asked_at = self._session.clock.now()
        async for check in self._session.fleet.check(order):
            self.by_id[check.target.connection_id] = check
            news()
        self._done_at = self._session.clock.now()
        news()

    @property
    def waited(self) -> timedelta:
        """For how long they have been asked for; zero before that."""
        now = self._session.clock.now()
        return now - (self._asked_at or now)

    @property
    def age(self) -> timedelta | None:
        """How long ago the last of them came in; None while some are out."""
        return None if self._done_at is None else self._session.clock.now() - self._done_at
