"""Tells of ends where people look: notices in the deck, title and bell of the terminal, desktop.

What is worth telling is :mod:`tui.outcomes`' to say; whether a launch rings or goes to the desktop
was chosen when it was made. Desktop notices are the terminal's (OSC 9): the deck may run at the
far end of an SSH connection, where no desktop is.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol, runtime_checkable

from textual.app import App

from tui.outcomes import Outcomes
from workflow.runs.events import Event, LaunchId
from workflow.runs.run import RunState
from workflow.text import SafeText, safe

if TYPE_CHECKING:
    from tui.session import Session
    from workflow.runs.launch import LaunchState


@dataclass(frozen=True, slots=True)
class Telling:
    """How the end of a launch is told, besides in the deck."""

    bell: bool = True
    desktop: bool = False


@runtime_checkable
class Tells(Protocol):
    """An app that can be asked to tell of a launch's end."""

    def tell_of(self, launch: LaunchId, how: Telling) -> None:
        """Tell of its end in this way."""


_LONGEST_NOTICE: Final = 200


def desktop_notice(text: SafeText, environ: Mapping[str, str]) -> str:
    """Return what makes a terminal show a notice; tmux is asked to pass it on.

    It begins with our own name: whose it is cannot be seen on a desktop, and a notice that begins
    with a number means something else to some terminals (`9;4;1;50` is a bar of progress).
    """
    notice = f"\x1b]9;syncdeck {safe(text, limit=_LONGEST_NOTICE)}\x07"
    return f"\x1bPtmux;\x1b{notice}\x1b\\" if environ.get("TMUX") else notice


def _named(text: SafeText, launch: LaunchState) -> SafeText:
    """Say which launch it is that ended."""
    of = f"launch {launch.number} {launch.name}".rstrip()
    return SafeText(f"{of}{text.removeprefix('launch')}")


class Teller:
    """Gathers what happens and tells it at each flush."""

    def __init__(self, app: App[Any]) -> None:
        self._app = app
        self._outcomes = Outcomes()
        self._how: dict[LaunchId, Telling] = {}
        self._title = ""
        self._armed = False
        self._trouble: SafeText | None = None
        self._damage: SafeText | None = None

    def know(self, run: RunState) -> None:
        """Take note of a run that was there before anybody listened: its end is old."""
        self._outcomes.know(run)

    def hear(self, event: Event, run: RunState | None) -> None:
        """Take in an event; `run` is its run's state after it."""
        self._outcomes.hear(event, run)

    def tell_of(self, launch: LaunchId, how: Telling) -> None:
        """Tell of a launch's end in this way."""
        self._how[launch] = how

    def flush(self, session: Session) -> None:
        """Tell what has come since the last time, and how far things are."""
        for told in self._outcomes.gathered():
            launch = None if told.launch is None else session.fleet.launches.get(told.launch)
            text = told.text if launch is None else _named(told.text, launch)
            self._app.notify(text, severity=told.severity, markup=False)
            if told.launch is not None:
                on = SafeText(f"{safe(session.profile_name)}: {text}")
                self._ended(on, self._how.pop(told.launch, Telling()))
        self._tell_arming(session)
        self._tell_trouble(session)
        self._tell_damage(session)
        title = self._outcomes.title(session.profile_name, session.fleet.launches)
        if title != self._title:
            self._title = title
            self._write(f"\x1b]0;{safe(title)}\x07")

    def end(self) -> None:
        """Leave the terminal its own title."""
        self._write("\x1b]0;\x07")

    def _ended(self, text: SafeText, how: Telling) -> None:
        if how.bell:
            self._app.bell()
        if how.desktop:
            self._write(desktop_notice(text, os.environ))

    def _tell_arming(self, session: Session) -> None:
        """Say when the profile has fallen back, for whoever counts on it being armed."""
        armed = session.fleet.arming.until is not None
        if self._armed and not armed:
            told = f"{safe(session.profile_name)} is read-only again"
            self._app.notify(told, severity="warning", markup=False)
        self._armed = armed

    def _tell_trouble(self, session: Session) -> None:
        """Say in full that the journal cannot be written, and that it can again, once each."""
        before, self._trouble = self._trouble, session.fleet.trouble
        if self._trouble is not None and before is None:
            told = SafeText(f"{self._trouble} Watching goes on.")
            self._app.notify(told, severity="error", timeout=30, markup=False)
        elif self._trouble is None and before is not None:
            self._app.notify("the journal is written again", markup=False)

    def _tell_damage(self, session: Session) -> None:
        """Say what of the journal could not be read, and whenever that is more."""
        before, self._damage = self._damage, session.fleet.damage
        if self._damage is not None and self._damage != before:
            self._app.notify(self._damage, severity="warning", timeout=30, markup=False)

    def _write(self, sequence: str) -> None:
        driver = self._app._driver  # noqa: SLF001 - Textual has no other way to its terminal
        if driver is not None and not self._app.is_headless:
            driver.write(sequence)
