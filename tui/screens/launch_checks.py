"""What the fleet says would happen to each target of a launch, as it comes in."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from tui.screens import launch_form
from tui.screens.launch_intent import Intent
from tui.session import Session
from workflow.runs.launch import Order, Target, TargetCheck
from workflow.text import SafeText


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

    def told(
        self, intent: Intent, cursor: str | None, usual: Callable[[str], timedelta | None] | None
    ) -> SafeText:
        """Return how it stands with the checks of what is taken, in one line.

        `cursor` is the target that more is told of; `usual` gives a connection's usual duration,
        None when it is too early to estimate.
        """
        if intent.once:
            return SafeText("runs once: this workflow takes no connection")
        return launch_form.status(
            intent.form,
            len(intent.taken),
            intent.checks,
            checked=self.age,
            waited=self.waited,
            under_cursor=self.by_id.get(cursor or ""),
            usual=usual,
        )

    @property
    def waited(self) -> timedelta:
        """For how long they have been asked for; zero before that."""
        now = self._session.clock.now()
        return now - (self._asked_at or now)

    @property
    def age(self) -> timedelta | None:
        """How long ago the last of them came in; None while some are out."""
        return None if self._done_at is None else self._session.clock.now() - self._done_at
