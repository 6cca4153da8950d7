"""The deck's last line: the keys that matter here, or the filter while it is typed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Self

from textual.app import ComposeResult
from textual.containers import Container
from textual.content import Content
from textual.geometry import Region
from textual.message import Message
from textual.reactive import var
from textual.widgets import Input, Static

from tui import keymap
from tui.deck_plan import NARROW
from tui.widgets.lines import hint_line


def hints(width: int, rebound: Mapping[str, str]) -> Content:
    """Return as many keys as there is room for, the way they are bound now."""
    ids = keymap.DECK_HINTS if width >= NARROW else keymap.NARROW_DECK_HINTS
    keys = [keymap.BY_ID[id_] for id_ in ids]
    return hint_line(((keymap.keys_of(key, rebound)[0], key.label) for key in keys), width)


class FilterInput(Input):
    """Where a filter is typed; every keystroke filters."""

    DEFAULT_CSS = """
    FilterInput { width: 1fr; height: 1; border: none; padding: 0; background: $background; }
    """

    def refresh(
        self,
        *regions: Region,
        repaint: bool = True,
        layout: bool = False,  # noqa: ARG002 - what is not passed on
        recompose: bool = False,
    ) -> Self:
        """Draw again, and lay nothing out: its place never depends on what is typed.

        Textual's field asks for a layout of the whole screen at every keystroke. When it comes and
        goes, the parts that come and go with it ask for theirs.
        """
        return super().refresh(*regions, repaint=repaint, recompose=recompose)


class KeyLine(Container):
    """The keys, or the filter in their place."""

    DEFAULT_CSS = """
    KeyLine {
        height: 1; layout: horizontal;
        & > #filter-sign { width: 3; display: none; color: $tone-pointer; }
        & > FilterInput { display: none; }
        &.-typing > #filter-sign, &.-typing > FilterInput { display: block; }
        &.-typing > #hints { display: none; }
        & > #hints { width: 1fr; height: 1; }
    }
    """

    class Done(Message):
        """The filter is typed, or given up."""

    words: var[str] = var("")
    """The filter. Watch it: what a letter finds is then drawn together with the letter."""

    def compose(self) -> ComposeResult:
        """Both; one of them is shown."""
        yield Static("", id="hints", markup=False)
        yield Static(" / ", id="filter-sign", markup=False)
        yield FilterInput(
            placeholder="words  -without  tag:  source:  destination:  status:  type:",
            compact=True,
            select_on_focus=False,
            id="filter-input",
        )

    def on_mount(self) -> None:
        """Hear of every keystroke while it is handled; a message would come a draw later."""
        self.watch(self.query_one(FilterInput), "value", self._hear, init=False)

    def _hear(self, typed: str) -> None:
        self.words = typed

    @property
    def typing(self) -> bool:
        """Whether a filter is being typed."""
        return self.has_class("-typing")

    def show(self, width: int, rebound: Mapping[str, str]) -> None:
        """Draw the keys."""
        self.query_one("#hints", Static).update(hints(width, rebound), layout=False)

    def ask(self, words: str) -> None:
        """Let a filter be typed, beginning with the words there are."""
        self.add_class("-typing")
        field = self.query_one(FilterInput)
        self.set_reactive(KeyLine.words, words)  # known to whoever asks
        field.value = words
        field.cursor_position = len(words)
        self.screen.set_focus(field)  # at once: what is typed ahead is for the filter

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Keep the filter and go back to the rows."""
        event.stop()
        self.close(kept=True)

    def close(self, *, kept: bool) -> None:
        """Show the keys again; without what was typed, if it is not to be kept."""
        self.remove_class("-typing")
        if not kept:
            self.words = ""
        self.post_message(self.Done())
