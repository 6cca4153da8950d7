"""Questions that are answered by picking one of a list: a saved view, a profile, a plan.

What the pick leads to is the asker's business.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Final, TypeAlias

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Input, OptionList
from textual.widgets.option_list import Option

from tui.formats import elide
from tui.glyphs import Tone
from tui.saved_views import LONGEST_NAME, SavedView
from tui.screens.dialogs import Answer, Dialog, button, row
from tui.screens.leaving import leave
from workflow.text import SafeText

_CELLS: Final = 60


def line(name: SafeText, told: SafeText, width: int) -> Content:
    """Return a row of a list: the name, and beside it what it is."""
    short = elide(name, width)
    gap = " " * (width - Content(short).cell_length + 2)
    return Content.assemble(short, gap, (elide(told, _CELLS - width - 2), Tone.QUIET.style))


class PickDialog(Dialog[Answer]):
    """A list; enter, or a click, picks."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "back", id="pick.back", show=False),
        Binding("j", "move('down')", "down", show=False),
        Binding("k", "move('up')", "up", show=False),
    ]
    DEFAULT_CSS = """
    PickDialog OptionList {
        height: auto; max-height: 12; border: none; padding: 0; background: $surface;
        margin-bottom: 1; scrollbar-size-vertical: 1;
        &:focus { border: none; }
    }
    """

    def __init__(self, title: SafeText, body: SafeText, rows: Sequence[Content]) -> None:
        super().__init__(title, body)
        self._rows = tuple(rows)

    def answers(self) -> ComposeResult:
        """Yield the list, then the buttons."""
        yield OptionList(*(Option(row) for row in self._rows), id="picks", compact=True)
        yield from row(button("⏎  Take", "take"), button("esc  Back", "no"))

    def first_focus(self) -> str:
        """Return the list."""
        return "#picks"

    def picked(self, index: int) -> Answer:
        """Return the answer that a row stands for."""
        raise NotImplementedError

    @property
    def highlighted(self) -> int | None:
        """The row with the cursor."""
        return self.query_one("#picks", OptionList).highlighted

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Take the row as the answer."""
        leave(self, self.picked(event.option_index))

    def on_button_pressed(self, event: object) -> None:
        """Take the row with the cursor, or go back."""
        taken = getattr(getattr(event, "button", None), "id", None) == "take"
        index = self.highlighted
        if taken and index is not None:
            leave(self, self.picked(index))
        else:
            leave(self)

    def action_move(self, way: str) -> None:
        """Move the cursor with the deck's own keys."""
        picks = self.query_one("#picks", OptionList)
        (picks.action_cursor_down if way == "down" else picks.action_cursor_up)()

    def action_back(self) -> None:
        """Leave everything as it is."""
        leave(self)


class ProfileDialog(PickDialog[str]):
    """Which profile the deck opens next; gives its name."""

    def __init__(
        self, profiles: Sequence[tuple[str, SafeText]], here: SafeText, body: SafeText
    ) -> None:
        self._profiles = tuple(profiles)
        width = max(len(name) for name, _ in profiles)
        rows = [line(SafeText(name), server, min(width, 30)) for name, server in profiles]
        super().__init__(SafeText(f"From {here} to which profile?"), body, rows)

    def picked(self, index: int) -> str:
        """Return the profile's name."""
        return self._profiles[index][0]


@dataclass(frozen=True, slots=True)
class Take:
    """Show this view."""

    view: SavedView


@dataclass(frozen=True, slots=True)
class Save:
    """Keep what is shown now under this name."""

    name: str


@dataclass(frozen=True, slots=True)
class Drop:
    """Keep this view no longer."""

    view: SavedView


Wish: TypeAlias = Take | Save | Drop


class ViewsDialog(PickDialog[Wish]):
    """The saved views, and a name for what is shown now."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("x", "drop", "drop", id="views.drop", show=False),
    ]

    def __init__(self, views: Sequence[SavedView], now: SavedView) -> None:
        self._views = tuple(views)
        rows = [line(view.name, view.told, LONGEST_NAME) for view in views]
        body = "Enter shows one, x drops it. To save what is shown now, type a name for it below: "
        super().__init__(SafeText("Saved views"), SafeText(body + now.told), rows)

    def answers(self) -> ComposeResult:
        """Yield the list, the field for a name, the buttons."""
        yield OptionList(*(Option(row) for row in self._rows), id="picks", compact=True)
        yield Input(
            placeholder="tab, name, enter", compact=True, id="name", max_length=LONGEST_NAME
        )
        yield from row(button("⏎  Take", "take"), button("esc  Back", "no"))

    def first_focus(self) -> str:
        """Return the list, the field while there is nothing in it."""
        return "#picks" if self._views else "#name"

    def picked(self, index: int) -> Wish:
        """Return the view."""
        return Take(self._views[index])

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Save under the name that was typed."""
        if event.value.strip():
            leave(self, Save(event.value))
        else:
            self.app.bell()

    def action_drop(self) -> None:
        """Drop the view with the cursor."""
        if self.highlighted is not None:
            leave(self, Drop(self._views[self.highlighted]))
