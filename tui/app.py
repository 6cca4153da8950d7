"""The application: opens a session, hears its events, and draws what is new as often as
:mod:`tui.link` allows.

It paints before the deck is imported, and before anything has been opened or read. Events mark
what is new; one timer hands it to the screen on top. Which screens there are, and what they do, is
theirs to say.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Final, Protocol, runtime_checkable

from textual import events
from textual.app import App
from textual.binding import BindingType
from textual.driver import Driver
from textual.filter import LineFilter
from textual.theme import Theme
from textual.worker import Worker, WorkerState

from tui import asking, keymap, themes
from tui.kept import Kept, KeptError
from tui.key_queue import KeyDone, KeyQueue, Typed, beside
from tui.link import EVERY, Link, Outlet, Waited, over_ssh
from tui.screens import late
from tui.screens.opening import OpeningScreen
from tui.switching import Switch
from tui.widgets.header import Facts
from workflow.clock import Clock, SystemClock
from workflow.text import SafeText, safe

if TYPE_CHECKING:
    from tui.listening import Listener
    from tui.session import Session
    from tui.telling import Telling
    from workflow.runs.events import Event, LaunchId

_OVER_THE_DECK: Final = frozenset({"palette", "help", "history", "arm", "profile"})


@runtime_checkable
class Live(Protocol):
    """A screen that shows what changes."""

    def refresh_from(self, session: Session) -> None:
        """Take in what is new."""


class SyncdeckApp(App[int]):
    """The deck and everything that opens over it. Its result is the exit code."""

    CSS_PATH = Path(__file__).with_name("syncdeck.tcss")
    TITLE = "syncdeck"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = keymap.bindings(
        ("palette", "help", "quit", "pane.history", "arm", "profile")
    )

    def __init__(
        self,
        open_session: Callable[[], AbstractAsyncContextManager[Session]],
        *,
        profile_name: str,
        server: SafeText,
        clock: Clock | None = None,
        rebound: Mapping[str, str] | None = None,
        ascii_only: bool = False,
        slow_link: bool | None = None,
        theme: str | None = None,
        kept: Kept | None = None,
        notice: str | None = None,
        switch: Switch | None = None,
        settle: Callable[[], None] = lambda: None,
    ) -> None:
        super().__init__()
        self._open = open_session
        self.clock: Clock = clock or SystemClock()
        self._opening = Facts(safe(profile_name), "…", server, None, {}, self.clock.now())
        self.ascii_only = ascii_only
        self._ascii = [themes.AsciiOnly()] if ascii_only else []
        self._link = Link(ssh=over_ssh(os.environ), slow=slow_link)
        self._settle = settle
        self._keys = KeyQueue(self.post_message)
        self._loaded = False
        self._dirty = True
        self._flushed_at = -1
        self._opened = False
        self._leaving = asyncio.Event()
        self.session: Session | None = None
        self._listener: Listener | None = None
        self.rebound: Mapping[str, str] = keymap.as_textual(rebound or {})
        self.kept = kept or Kept(None)
        self._switch = switch or Switch({})
        self._notices = [told for told in (notice, self.kept.trouble) if told]
        for own in themes.OWN_THEMES:
            self.register_theme(own)
        before = self.kept.get("theme")
        self.theme = next(
            (name for name in (theme, before) if name in self.available_themes), themes.DEFAULT
        )

    # ------------------------------------------------------------------------------- appearance

    def get_css_variables(self) -> dict[str, str]:
        """Return the theme's variables and the tones made from them."""
        return themes.with_tones(super().get_css_variables(), ansi=self.current_theme.ansi)

    def get_line_filters(self) -> list[LineFilter]:
        """Return Textual's filters, and ours for fonts without the glyphs."""
        filters = themes.colourless(super().get_line_filters(), ansi=self.current_theme.ansi)
        return [*filters, *self._ascii]

    # -------------------------------------------------------------------------------- the session

    def get_default_screen(self) -> OpeningScreen:
        """Return the first thing that is painted."""
        return OpeningScreen(self._opening)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Say no to what opens over the deck while there is none."""
        del parameters
        return self._listener is not None or action not in _OVER_THE_DECK

    def on_mount(self) -> None:
        """Open the session once the first picture is out."""
        if self.rebound:
            self.set_keymap(dict(self.rebound))
        self.theme_changed_signal.subscribe(self, self._keep_theme)
        for told in self._notices:
            self.notify(safe(told), severity="warning", timeout=15, markup=False)
        self.call_after_refresh(self._begin)

    def _keep_theme(self, theme: Theme) -> None:
        """Begin with this theme the next time."""
        try:
            self.kept.keep(theme.name, "theme")
        except KeptError as error:
            self.notify(safe(str(error)), severity="warning", markup=False)

    def _begin(self) -> None:
        self.run_worker(self._live(), name="session", group="session", exit_on_error=False)
        self.set_interval(EVERY, self._look)

    async def _live(self) -> None:
        """Hold the session open until somebody leaves."""
        listener = await late.listener(self, self.clock, self._opening)
        self.add_mode("deck", lambda: listener.deck)
        await self.switch_mode("deck")
        self._listener = listener
        self._settle()
        async with self._open() as session:
            unsubscribe = session.fleet.subscribe(self._hear)
            unwatch = session.fleet.watch.subscribe(self._look_again)
            session.fleet.shown = session.fleet.feed.looking = True
            for run in session.fleet.runs.values():
                listener.teller.know(run)
            self.session = session
            self._opened = self._dirty = True
            self._hand_over()
            try:
                await self._leaving.wait()
            finally:
                unwatch()
                unsubscribe()
                self.session = None
                listener.teller.end()  # whatever it is left by, a signal too
        self.exit(0)

    def _fatal_error(self) -> None:
        """Leave after a mistake of ours, with its traceback.

        Textual's own shows the variables of every frame, and credentials are among them.
        """
        from rich.traceback import Traceback  # noqa: PLC0415 - not needed in good times

        self.bell()
        self.panic(Traceback(show_locals=False, width=None))

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Say what went wrong in words; the log has the rest."""
        if event.state is not WorkerState.ERROR or event.worker.error is None:
            return
        error = event.worker.error
        self.log.error(repr(error))
        sentence = safe(str(error) or type(error).__name__)
        session, listener = event.worker.group == "session", self._listener
        if session and listener is not None:
            listener.deck.failed(sentence)
        if not session or self._opened or listener is None:
            self.notify(sentence, title="That did not work", severity="error", markup=False)

    # ------------------------------------------------------------------------------- what is new

    def _hear(self, event: Event) -> None:
        self._dirty = True
        if self.session is not None and self._listener is not None:
            run = None if event.run is None else self.session.fleet.runs.get(event.run)
            self._listener.hear(event, run)

    def _look_again(self) -> None:
        self._dirty = True

    # --------------------------------------------------------------------------------------- keys

    async def on_event(self, event: events.Event) -> None:
        """Take keys one at a time."""
        if not isinstance(event, Typed) or event.is_forwarded:
            await super().on_event(event)
        elif not self._keys.holds(event):
            await self._hand_on(event)

    async def _hand_on(self, key: Typed) -> None:
        mark = self._keys.begin()
        await super().on_event(key)
        if not (key.is_forwarded and (self.focused or self.screen).post_message(mark)):
            await self.on_key_done(mark)

    async def on_key_done(self, mark: KeyDone) -> None:
        """Hand the next key on."""
        key = self._keys.done(mark)
        if key is not None and self.screen_stack:  # none is left when the app goes
            await self._hand_on(key)

    # ------------------------------------------------------------------------------- the terminal

    def get_driver_class(self) -> type[Driver]:
        """Return Textual's driver; a terminal's, as one that says how long pictures wait."""
        usual = super().get_driver_class()
        if usual.__module__ != "textual.drivers.linux_driver":
            return usual
        from tui.outlet import TimedDriver  # noqa: PLC0415 - where there are such terminals only

        return TimedDriver

    @property
    def slow_link(self) -> bool:
        """Whether new data is drawn once a second only."""
        return self._link.slow

    def _look(self) -> None:
        """Hand what is new over as often as the link to the terminal bears it."""
        waited = self._driver.waited() if isinstance(self._driver, Outlet) else Waited()
        if self._link.due(self.clock.monotonic(), waited):
            self._hand_over()

    def _hand_over(self) -> None:
        """Hand what is new to the screen on top; every second in any case, for the clocks."""
        session, listener = self.session, self._listener
        if session is None or listener is None:
            return
        second = int(self.clock.now().timestamp())
        if not self._dirty and second == self._flushed_at:
            return
        self._dirty, self._flushed_at = False, second
        for screen in reversed(self.screen_stack):
            # One that is just being pushed has not all its parts yet, and reads by itself.
            if screen.is_mounted and isinstance(screen, Live):
                screen.refresh_from(session)
            if not screen.is_modal:
                break  # what is below cannot be seen
        listener.teller.flush(session)
        if session.fleet.watch.loading.done and not self._loaded:
            self._loaded = True
            self._settle()

    def tell_of(self, launch: LaunchId, how: Telling) -> None:
        """Tell of a launch's end in this way."""
        if self._listener is not None:
            self._listener.teller.tell_of(launch, how)

    # ------------------------------------------------------------------------------------ actions

    def action_help(self) -> None:
        """Show all keys and glyphs."""
        self.push_screen(late.help_screen())

    async def action_palette(self) -> None:
        """Go to anything, do anything; what is typed ahead waits until it is there."""
        await self.push_screen(late.palette_screen())

    def action_history(self) -> None:
        """Show every run of the journal."""
        if self.session is not None:
            self.push_screen(late.history_screen(self.session))

    async def action_arm(self) -> None:
        """Let a read-only profile send for a while."""
        await beside(self, self._arm(), group="arm", exclusive=True)

    async def _arm(self) -> None:
        if self.session is None:
            self.notify("still opening; nothing can be done yet", markup=False)
        elif await asking.arm(self, self.session):
            self._dirty = True
            self._hand_over()

    async def action_profile(self) -> None:
        """Leave for another profile."""
        await beside(self, self._change(), group="leave", exclusive=True)

    async def _change(self) -> None:
        here = self._opening.profile
        wanted = await asking.profile(self, self.session, self._switch.others(here), here)
        if wanted is not None:
            self._switch.wanted = wanted
            self._go()

    async def action_leave(self) -> None:
        """Quit; ask what becomes of live runs."""
        await beside(self, self._leave(), group="leave", exclusive=True)

    async def _leave(self) -> None:
        if self.session is None or await asking.may_leave(self, self.session):
            self._go()

    def _go(self) -> None:
        """Close the session, if there is one, and then the app."""
        if self.session is None:
            self.exit(0)
        self._leaving.set()
