"""A screen about one thing, whose keys do to it what they do to its row on the deck."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import ClassVar

from textual.binding import BindingType

from tui import keymap
from tui.key_queue import beside
from tui.screens.deck_acts import Acts
from tui.screens.late import help_screen
from tui.screens.scrolling import ScrollingScreen
from tui.screens.subjects import Subject
from tui.session import Session
from workflow.airbyte.models import ConnectionId
from workflow.runs.run import RunState


class ActingScreen(ScrollingScreen[None]):
    """Acts on its :meth:`subject`; the questions are the deck's own."""

    BINDINGS: ClassVar[list[BindingType]] = keymap.bindings(
        (
            *(key.id for key in keymap.KEYS if key.group is keymap.Group.ACT),
            *("log", "copy", "help", "read_now"),
        )
    )

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session

    def subject(self) -> Subject:
        """Return what the keys are for."""
        raise NotImplementedError

    def connection(self) -> ConnectionId | None:
        """Return the connection it belongs to."""
        raise NotImplementedError

    def past(self) -> tuple[RunState, ...]:
        """Return the runs this is about that only the journal knows."""
        return ()

    @property
    def _acts(self) -> Acts:
        return Acts(self.app, self._session, self.past())

    async def _act(self, act: Callable[[Acts], Awaitable[object]]) -> None:
        acts = self._acts

        async def done() -> None:
            await act(acts)

        await beside(self, done(), group="act")

    async def action_cancel(self) -> None:
        """Ask, then cancel the job."""
        subject = self.subject()
        await self._act(lambda acts: acts.cancel([subject]))

    async def action_detach(self) -> None:
        """Stop watching; the job goes on."""
        subject = self.subject()
        await self._act(lambda acts: acts.detach([subject]))

    async def action_attach(self) -> None:
        """Watch the job that is there."""
        subject = self.subject()
        await self._act(lambda acts: acts.attach([subject]))

    async def action_rerun(self) -> None:
        """Open the launch screen for this, filled in."""
        subject = self.subject()
        await self._act(lambda acts: acts.launch([subject], again=True))

    async def action_launch(self) -> None:
        """Open the launch screen for this."""
        subject = self.subject()
        await self._act(lambda acts: acts.launch([subject]))

    async def action_hold(self) -> None:
        """Hold the launch this belongs to, or let it go on."""
        subject = self.subject()
        await self._act(lambda acts: acts.hold([subject]))

    async def action_enable(self) -> None:
        """Enable or disable the connection."""
        connection = self.connection()
        if connection is not None:
            await self._act(lambda acts: acts.enable([connection]))

    async def action_follow(self) -> None:
        """Follow the connection, or stop following it."""
        connection = self.connection()
        if connection is not None:
            await self._act(lambda acts: acts.follow([connection]))

    async def action_log(self) -> None:
        """Open the job's log in Airbyte's page."""
        subject = self.subject()
        await self._act(lambda acts: acts.log(subject))

    def action_copy(self) -> None:
        """Copy this as a line."""
        self._acts.copy([self.subject()])

    def action_read_now(self) -> None:
        """Ask the server now."""
        self._session.fleet.feed.look_now()

    def action_help(self) -> None:
        """All keys and glyphs."""
        self.app.push_screen(help_screen())
