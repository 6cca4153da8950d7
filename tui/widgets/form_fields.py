"""Form fields that take one line: a choice, a tick, a short text.

Made for dense forms over slow lines. Each answers the keys that are its own and lets all others
through, so that a screen's keys work wherever the focus is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget
from textual.widgets import Input

from tui.glyphs import Tone

_GAP: Final = "   "


@dataclass(frozen=True, slots=True)
class Option:
    """One of the things that can be chosen."""

    value: str
    label: str
    danger: bool = False
    """Wipes something; marked with ``!``."""

    @property
    def text(self) -> str:
        """The label with its mark."""
        return f"{self.label} !" if self.danger else self.label


class Choice(Widget, can_focus=True):
    """One of a few, all of them in sight: ``(•) attach   ( ) skip   ( ) wait``."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right,l,space", "step(1)", "next", show=False),
        Binding("left,h", "step(-1)", "previous", show=False),
    ]
    DEFAULT_CSS = """
    Choice { height: 1; width: 1fr; }
    Choice:focus { background: $primary 30%; }
    """

    chosen: reactive[str] = reactive("")

    class Changed(Message):
        """Something else is chosen."""

        def __init__(self, choice: Choice, value: str) -> None:
            super().__init__()
            self.choice = choice
            self.value = value

    def __init__(
        self,
        options: Sequence[Option],
        chosen: str,
        *,
        id: str | None = None,  # noqa: A002 - Textual's name
    ) -> None:
        super().__init__(id=id)
        self.options = tuple(options)
        self.set_reactive(Choice.chosen, chosen)

    def render(self) -> Content:
        """Draw all options, the chosen one with its dot."""
        parts: list[Content] = []
        for option in self.options:
            on = option.value == self.chosen
            tone = Tone.FAILED if option.danger and on else Tone.RUNNING
            mark = Content.styled("(•)" if on else "( )", tone.style if on else Tone.QUIET.style)
            parts.append(mark.append(Content.styled(f" {option.text}", tone.style if on else "")))
        return Content(_GAP).join(parts)

    def watch_chosen(self, value: str) -> None:
        """Tell the screen."""
        self.post_message(self.Changed(self, value))

    def action_step(self, by: int) -> None:
        """Choose the next one, around the end."""
        values = [option.value for option in self.options]
        self.chosen = values[(values.index(self.chosen) + by) % len(values)]

    def on_click(self, event: events.Click) -> None:
        """Choose what was clicked."""
        offset = event.get_content_offset(self)
        if offset is None:
            return
        begin = 0
        for option in self.options:
            end = begin + 4 + len(option.text)
            if begin <= offset.x < end:
                self.chosen = option.value
            begin = end + len(_GAP)


class Tick(Widget, can_focus=True):
    """Yes or no: ``[x] one alone first``."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("space", "tick", "tick", show=False)]
    DEFAULT_CSS = """
    Tick { height: 1; width: auto; margin-right: 3; }
    Tick:focus { background: $primary 30%; }
    """

    on: reactive[bool] = reactive(False)

    class Changed(Message):
        """It was ticked, or no longer is."""

        def __init__(self, tick: Tick, on: bool) -> None:
            super().__init__()
            self.tick = tick
            self.on = on

    def __init__(
        self,
        label: str,
        on: bool = False,
        *,
        id: str | None = None,  # noqa: A002 - Textual's name
    ) -> None:
        super().__init__(id=id)
        self.label = label
        self.set_reactive(Tick.on, on)

    def render(self) -> Content:
        """Draw the box and its label."""
        style = Tone.RUNNING.style if self.on else Tone.QUIET.style
        return Content.assemble(("[x]" if self.on else "[ ]", style), f" {self.label}")

    def watch_on(self, on: bool) -> None:
        """Tell the screen."""
        self.post_message(self.Changed(self, on))

    def action_tick(self) -> None:
        """Tick it, or take the tick away."""
        self.on = not self.on

    def on_click(self) -> None:
        """Tick it, or take the tick away."""
        self.action_tick()


class ShortInput(Input):
    """A text of a few known characters; every other key is the screen's."""

    DEFAULT_CSS = """
    ShortInput, ShortInput:focus {
        height: 1; border: none; padding: 0; background: $surface;
    }
    ShortInput:focus { background: $primary 30%; }
    """

    def __init__(
        self,
        value: str,
        characters: str,
        *,
        cells: int,
        empty: str = "",
        id: str | None = None,  # noqa: A002 - Textual's name
    ) -> None:
        super().__init__(value, placeholder=empty, id=id, compact=True, max_length=cells)
        self._characters = frozenset(characters)
        self.styles.width = cells + 1

    def check_consume_key(self, key: str, character: str | None) -> bool:
        """Say that only these characters are taken here."""
        del key
        return character is not None and character in self._characters

    def on_key(self, event: events.Key) -> None:
        """Leave what is not for this field to the screen: `y` or `?` works from here as well."""
        if event.is_printable and event.character not in self._characters:
            event.prevent_default()
