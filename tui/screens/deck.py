"""The deck: what runs, what is wrong, how far it is, on one screen.

Hands the panes of :mod:`tui.screens.deck_panes` what is new at each flush, opens what the cursor is
on, and turns keys into orders to :mod:`tui.screens.deck_acts`. It holds no rule about runs.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import BindingType

from tui import keymap
from tui.deck_plan import Pane
from tui.glyphs import Tone
from tui.happenings import Happenings
from tui.key_queue import beside
from tui.link import Paced
from tui.screens import deck_view
from tui.screens.deck_choice import Opens
from tui.screens.deck_panes import PanesScreen
from tui.widgets.header import Facts
from tui.widgets.line_painter import Cell
from tui.widgets.live_table import LiveTable
from tui.widgets.selection import Selection
from workflow.clock import Clock
from workflow.text import SafeText

if TYPE_CHECKING:
    from tui.screens.deck_acts import Acts
    from tui.screens.subjects import Subject
    from tui.session import Session


class DeckScreen(PanesScreen):
    """The first screen, and the one everything comes back to."""

    BINDINGS: ClassVar[list[BindingType]] = keymap.bindings(
        key.id
        for key in keymap.KEYS
        if key.group is not keymap.Group.DETAIL and key.id not in keymap.TABLE_KEYS
    )

    def __init__(self, clock: Clock, happened: Happenings, opening: Facts) -> None:
        super().__init__(clock, happened, opening.profile)
        self._clock = clock
        self._since = clock.now()
        """Since when the first answer is waited for."""
        self._opening = opening
        self._session: Session | None = None
        self._acts: Acts | None = None
        self._frozen = False
        self._second = -1
        self._last_view: Opens | None = None

    # ------------------------------------------------------------------------------- what is new

    def on_mount(self) -> None:
        """Show what there is to show before anything has been read."""
        self._frame.opening(self._opening)
        self._runs.say((Cell(f"opening {self._profile} …", Tone.QUIET),))
        self._connections.say((Cell("reading connections …", Tone.QUIET),))

    def failed(self, sentence: SafeText) -> None:
        """Say why there is nothing to show."""
        leaves = self._frame.hint("quit")
        self._runs.say(
            (
                Cell(f"{self._profile} cannot be opened:", Tone.FAILED),
                Cell(sentence),
                Cell(f"{leaves} quits; syncdeck doctor finds out more", Tone.QUIET),
            )
        )

    def refresh_from(self, session: Session) -> None:
        """Take in what is new. Called at each flush while this is the screen one sees."""
        if self._session is not session:
            # With the session come the rooms it is made of; the first picture did without.
            from tui.screens.deck_acts import Acts  # noqa: PLC0415

            self._session, self._acts = session, Acts(self.app, session)
        now = self._clock.now()
        second = int(now.timestamp())
        tick, self._second = second != self._second, second
        if not self._frozen:
            fleet = session.fleet
            suspected = frozenset(one.run for one in fleet.suspicions)
            self._runs.take(fleet.runs, fleet.watch, suspected, tick=tick)
            self._connections.follow(fleet.following.connections)
            self._connections.take(fleet.watch, self._runs.board, tick=tick)
            self._events.take(self._happened)
            self.say()
        slow_link = isinstance(self.app, Paced) and self.app.slow_link
        self._frame.draw(session, frozen=self._frozen, slow_link=slow_link)

    def say(self) -> None:
        """Say why the runs pane has no rows, for when it has none."""
        if self._session is not None:
            waited = self._clock.now() - self._since
            told = deck_view.runs_message(self._session, self._runs, waited, self._frame.hint)
            self._runs.say([Cell(text, tone) for text, tone in told])

    def on_screen_resume(self) -> None:
        """Catch up with what happened while another screen was on top."""
        self._second = -1
        self.again()

    def again(self) -> None:
        """Take in what is new, if there is a session to take it from."""
        if self._session is not None:
            self.refresh_from(self._session)

    def action_freeze(self) -> None:
        """Hold the picture still, or let it go on."""
        self._frozen = not self._frozen
        self.again()

    # ---------------------------------------------------------------------------------- acting

    @property
    def _subjects(self) -> tuple[Subject, ...]:
        """What an action is for."""
        return self._choice.subjects(self._pane)

    async def _act(self, act: Callable[[Acts], Awaitable[object]]) -> None:
        """Do something that takes time, beside the screen."""
        if self._acts is None:
            self.notify("still opening; nothing can be done yet", markup=False)
            return
        acts = self._acts

        async def done() -> None:
            await act(acts)

        await beside(self, done(), group="act")

    @on(LiveTable.Opened)
    def _opened(self) -> None:
        self.action_open()

    def action_open(self) -> None:
        """Open what the cursor is on; fold or unfold a line."""
        if self._frame.keys.typing or self._session is None:
            return
        line = self._choice.line if self._pane is Pane.RUNS else None
        if line is not None:
            self._runs.toggle(line)
            self.again()
            return
        opens = self._choice.opens(self._pane, self._session)
        if opens is not None:
            self._last_view = opens
            self.app.push_screen(opens())

    def action_last_view(self) -> None:
        """Open again what was opened last."""
        if self._last_view is None:
            opens = self._frame.hint("open")
            self.notify(f"nothing has been opened yet: {opens} opens a row", markup=False)
        else:
            self.app.push_screen(self._last_view())

    async def action_launch(self) -> None:
        """Launch the chosen connections."""
        subjects = self._subjects
        await self._act(lambda acts: self._launched(acts, subjects, again=False))

    async def action_rerun(self) -> None:
        """Launch the chosen again, filled in."""
        subjects = self._subjects
        await self._act(lambda acts: self._launched(acts, subjects, again=True))

    async def _launched(self, acts: Acts, subjects: tuple[Subject, ...], *, again: bool) -> None:
        if await acts.launch(subjects, again=again) is not None:
            self._table.mark(Selection.clear)
            self.action_pane(Pane.RUNS)

    async def action_attach(self) -> None:
        """Watch the chosen jobs."""
        subjects = self._subjects
        await self._act(lambda acts: acts.attach(subjects))

    async def action_detach(self) -> None:
        """Stop watching the chosen runs."""
        subjects = self._subjects
        await self._act(lambda acts: acts.detach(subjects))

    async def action_cancel(self) -> None:
        """Cancel the chosen jobs."""
        subjects = self._subjects
        await self._act(lambda acts: acts.cancel(subjects))

    async def action_hold(self) -> None:
        """Hold the launch, or let it go on."""
        subjects = self._subjects
        await self._act(lambda acts: acts.hold(subjects))

    async def action_enable(self) -> None:
        """Enable or disable the chosen connections."""
        subjects = self._subjects
        await self._act(lambda acts: acts.enable(subjects))

    async def action_follow(self) -> None:
        """Follow the chosen connections, or stop following them."""
        subjects = self._subjects
        await self._act(lambda acts: acts.follow(subjects))

    async def action_log(self) -> None:
        """Open the log of what the cursor is on."""
        subjects = self._subjects
        await self._act(lambda acts: acts.log(subjects[0] if subjects else None))

    def action_copy(self) -> None:
        """Copy the chosen rows."""
        if self._acts is None:
            return
        if self._pane is Pane.EVENTS:
            self._acts.copy_lines(self._choice.copied())
        else:
            self._acts.copy(self._subjects)

    def action_read_now(self) -> None:
        """Ask the server now."""
        if self._session is not None:
            self._session.fleet.feed.look_now()
            if self._session.fleet.watch.error is not None:
                self.run_worker(
                    self._session.fleet.watch.reload(), group="act", exit_on_error=False
                )
