"""A workflow's inputs as a form: one line each, a choice where the schema lists the values.

It holds texts. What they mean for the workflow is said by :mod:`tui.input_values` and the engine.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input, Static

from tui.formats import elide
from tui.input_values import FROM_TARGETS, InputField, text_of
from tui.widgets.form_fields import Choice, Option
from workflow.text import safe

_NAME: Final = 22
"""Cells of the column of names."""
_MOST_CHOICES: Final = 6
_LONGEST_CHOICE: Final = 48
"""Characters that all choices may take together; beyond it the value is typed."""


def options_of(field: InputField) -> tuple[Option, ...]:
    """Return the values to choose from; none where they are too many to be seen at once."""
    texts = [text_of(choice) for choice in field.choices]
    if field.default is None:
        texts.insert(0, "")
    unsaid = "?" if field.required else "left out"
    labels = [str(safe(text)) or unsaid for text in texts]
    if len(field.choices) > _MOST_CHOICES or sum(map(len, labels)) > _LONGEST_CHOICE:
        return ()
    return tuple(map(Option, texts, labels)) if field.choices else ()


class LineInput(Input):
    """A field of any text, on one line and without a frame."""

    DEFAULT_CSS = """
    LineInput, LineInput:focus {
        height: 1; border: none; padding: 0; background: $surface; width: 1fr;
    }
    LineInput:focus { background: $primary 30%; }
    """

    def __init__(self, value: str = "", *, empty: str = "", secret: bool = False, id: str) -> None:  # noqa: A002 - Textual's name
        super().__init__(value, placeholder=empty, password=secret, id=id, compact=True)


class InputsForm(VerticalScroll, can_focus=False):
    """The fields; :attr:`texts` is what stands in them."""

    DEFAULT_CSS = """
    InputsForm {
        height: auto;
        Horizontal { height: 1; padding: 0 1; }
        .name { width: 23; }
        .said { width: 1fr; color: $text-muted; }
        .note {
            width: 1fr; color: $text-muted; margin-left: 2;
            text-wrap: nowrap; text-overflow: ellipsis;
        }
        Choice { width: auto; }
        LineInput, LineInput:focus { width: 30; }
    }
    """

    class Changed(Message):
        """Another text stands in a field."""

    def __init__(self, *, id: str) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._fields: tuple[InputField, ...] = ()
        self._first: Mapping[str, str] = {}
        self._generation = 0

    @property
    def texts(self) -> dict[str, str]:
        """What stands in each field."""
        found = {}
        for number, field in enumerate(self._fields):
            for widget in self.query(f"#{self._key(number)}"):
                if isinstance(widget, Choice):
                    found[field.name] = widget.chosen
                elif isinstance(widget, Input):
                    found[field.name] = widget.value
        return found

    async def show(self, fields: Iterable[InputField], first: Mapping[str, str]) -> None:
        """Show these fields, with these texts in them."""
        self._fields, self._first = tuple(fields), first
        self._generation += 1
        await self.recompose()

    def compose(self) -> ComposeResult:
        """One line a field: its name, what can be typed or chosen, what is said of it."""
        for number, field in enumerate(self._fields):
            with Horizontal():
                mark = " *" if field.required else ""
                name = elide(safe(field.name), _NAME - len(mark))
                yield Static(Content(f"{name}{mark}"), classes="name")
                if field.name == FROM_TARGETS:
                    yield Static("each target's own", classes="said")
                    continue
                yield self._widget(number, field)
                if field.description:
                    yield Static(Content(safe(field.description)), classes="note")

    def _widget(self, number: int, field: InputField) -> Widget:
        text = self._first.get(field.name, "")
        options = options_of(field)
        if options:
            return Choice(options, text, id=self._key(number))
        empty = "" if field.required else "left out"
        kinds = " or ".join(sorted(field.types - {"string"}))
        kinds += ", as JSON" if field.types & {"array", "object"} else ""
        return LineInput(text, empty=kinds or empty, secret=field.secret, id=self._key(number))

    def _key(self, number: int) -> str:
        return f"input-{self._generation}-{number}"

    def on_input_changed(self, event: Input.Changed) -> None:
        """Tell the screen."""
        event.stop()
        self.post_message(self.Changed())

    def on_choice_changed(self, event: Choice.Changed) -> None:
        """Tell the screen."""
        event.stop()
        self.post_message(self.Changed())
