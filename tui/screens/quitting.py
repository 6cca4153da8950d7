"""The question before the deck closes: what becomes of the runs that are live."""

from __future__ import annotations

from typing import ClassVar, Final, Literal

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Button

from tui.formats import many
from tui.own_server import YOUR_OWN
from tui.screens.dialogs import NEXT, PREVIOUS, Dialog, button, row
from tui.screens.leaving import leave
from workflow.text import SafeText

Leaving = Literal["detach", "cancel", "stay"]

_DECK_ENDS: Final = SafeText(
    "Detach: the jobs go on at the server, and the next start watches them again. "
    "Cancel: the jobs are asked to stop, which can take minutes."
)
_UNSENT_STAYS: Final = " What still waits for a slot has not been sent and stays unsent."
_NOTHING_LIVE: Final = SafeText(
    "Nothing of them has been sent, and nothing will be by itself: "
    "the next start asks whether to send them."
)
_DEMO_ENDS: Final = SafeText(f"The demo's server ends with it, and nothing is kept. {YOUR_OWN}")


class QuitDialog(Dialog[Leaving]):
    """What becomes of the live runs when the deck closes."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("d", "leave('detach')", "detach", id="dialog.detach", show=False),
        Binding("q", "quit", "quit", id="dialog.quit", show=False),
        Binding("x", "leave('cancel')", "cancel", id="dialog.cancel", show=False),
        Binding("s,escape,n", "leave('stay')", "stay", id="dialog.stay", show=False),
        NEXT,
        PREVIOUS,
    ]

    def __init__(self, live: int, *, unsent: int = 0, demo: bool = False) -> None:
        ends = SafeText(f"{_DECK_ENDS}{_UNSENT_STAYS if unsent else ''}")
        what = _DEMO_ENDS if demo else ends if live else _NOTHING_LIVE
        left = [many(live, "live run")] if live else []
        left += [f"{unsent:,} unsent" if live else many(unsent, "unsent run")] if unsent else []
        super().__init__(SafeText(f"Quit with {' and '.join(left)}?"), what)
        # What ends with the demo's server, or was never sent, cannot be detached or cancelled.
        self._choice = bool(live) and not demo

    def answers(self) -> ComposeResult:
        """Yield the three ways, or two where there is nothing to choose."""
        stay = button("s  Stay", "stay")
        if not self._choice:
            yield from row(button("q  Quit", "detach"), stay)
            return
        cancel = button("x  Cancel the jobs", "cancel", danger=True)
        yield from row(button("d  Detach", "detach"), cancel, stay)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Take the button as the answer."""
        ways: dict[str | None, Leaving] = {"detach": "detach", "cancel": "cancel"}
        leave(self, ways.get(event.button.id, "stay"))

    def action_quit(self) -> None:
        """Quit where there is nothing to choose; q twice is no choice."""
        if not self._choice:
            leave(self, "detach")

    def action_leave(self, way: Leaving) -> None:
        """Take the key as the answer."""
        if way != "cancel" or self._choice:
            leave(self, way)
