"""The last line of a screen: the keys that matter there, or the filter while it is typed."""

from __future__ import annotations

from typing import ClassVar, Self

from rich.segment import Segment
from textual import events
from textual.content import Content
from textual.geometry import Region
from textual.reactive import var
from textual.strip import Strip
from textual.visual import Visual
from textual.widget import Widget
from textual.widgets import Input

from tui import keymap
from tui.deck_plan import NARROW
from tui.widgets.lines import hint_line
from tui.widgets.still import Still

_SIGN = " / "


def hints(width: int, app: object) -> Content:
    """Return as many keys of the deck as there is room for, the way this app binds them."""
    ids = keymap.DECK_HINTS if width >= NARROW else keymap.NARROW_DECK_HINTS
    return hint_line(keymap.hints_at(app, ids), width)


class KeyLine(Still, Input):
    """The keys, or the filter in their place; every keystroke filters.

    It is one widget that draws one or the other, so that neither coming nor going of the filter
    lays the screen out.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {"key-line--sign"}
    DEFAULT_CSS = """
    KeyLine {
        width: 1fr; height: 1; border: none; padding: 0 0 0 3 !important; background: $background;
        pointer: default;
        & > .key-line--sign { color: $tone-pointer; }
    }
    """

    words: var[str] = var("")
    """The filter. Watch it: what a letter finds is then drawn together with the letter."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(
            placeholder="words  -without  tag:  source:  destination:  status:  type:",
            compact=True,
            select_on_focus=False,
            id=id,
        )
        self.cursor_blink = False  # no draws but those of keys
        self._typing = False
        self._back: Widget | None = None
        self._hints = Content("")

    @property
    def typing(self) -> bool:
        """Whether a filter is being typed."""
        return self._typing

    def show(self, line: Content) -> None:
        """Draw these keys while nothing is typed."""
        if not line.is_same(self._hints):
            self._hints = line
            self.refresh()

    def ask(self, words: str) -> None:
        """Let a filter be typed, beginning with the words there are."""
        self._typing = True
        self.set_reactive(KeyLine.words, words)  # known to whoever asks
        self.value = words
        self.cursor_position = len(words)
        self._back = self.screen.focused
        self.screen.set_focus(self)  # at once: what is typed ahead is for the filter

    def close(self, *, kept: bool) -> None:
        """Show the keys again, and give the focus back to whoever had it.

        Without what was typed, if it is not to be `kept`.
        """
        self._typing = False
        if self.screen.focused is self:  # at once: what is typed ahead is not for the filter
            self.screen.set_focus(self._back)
        self.refresh()
        if not kept:
            self.words = ""

    # ------------------------------------------------------------------------ as Textual's field

    def on_mount(self) -> None:
        """Look after the focus, which a key or a click can give to somebody else."""
        self.watch(self.screen, "focused", self._left, init=False)

    def _left(self, focused: Widget | None) -> None:
        """Keep the filter when somebody else has the focus: keys are for that one now.

        Nobody has it while the terminal is not the one in front; the filter gets it back then.
        """
        if self._typing and focused is not None and focused is not self:
            self.close(kept=True)

    def allow_focus(self) -> bool:
        """Be reached by :meth:`ask` only."""
        return self._typing

    def watch_value(self, typed: str) -> None:
        """Hear of every keystroke while it is handled; a message would come a draw later."""
        if self._typing:
            self.words = typed

    async def action_submit(self) -> None:
        """Keep the filter and go back to the rows, before another key is taken."""
        self.close(kept=True)

    async def on_mouse_down(self, event: events.MouseDown) -> None:
        """Put the cursor there in a filter; keys are no text to put it in."""
        if not self._typing:
            event.prevent_default()

    def refresh(
        self,
        *regions: Region,
        repaint: bool = True,
        layout: bool = False,  # noqa: ARG002 - what is not passed on
        recompose: bool = False,
    ) -> Self:
        """Draw again, and lay nothing out: its place never depends on what is typed.

        Textual's field asks for a layout of the whole screen at every keystroke.
        """
        return super().refresh(*regions, repaint=repaint, recompose=recompose)

    def draw_lines(self, crop: Region) -> list[Strip]:
        """Draw the keys over the field, or the sign before it."""
        width = self.outer_size.width
        if self._typing:
            field = super().draw_lines(Region(0, 0, width, 1))[0]
            sign = Segment(_SIGN, self.get_component_rich_style("key-line--sign"))
            line = Strip.join((self._filtered(Strip([sign])), field.crop(len(_SIGN))))
        else:
            told = Visual.to_strips(self, self._hints, width, 1, self.visual_style, pad=True)
            line = self._filtered(told[0])
        return [line.crop(*crop.column_span)]

    def _filtered(self, strip: Strip) -> Strip:
        _, background = self.background_colors
        for line_filter in self.get_line_filters():
            strip = strip.apply_filter(line_filter, background)
        return strip
