"""Rules instead of boxes: lines with titles in them, and the bars between panes.

A rule names the panes under it where they begin and joins the bars that meet it. Clicking a title
chooses its pane.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from rich.cells import cell_len
from textual import events
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Static

from tui.formats import cut, elide
from tui.widgets.still import Still
from workflow.text import SafeText

_LINE: Final = "─"


@dataclass(frozen=True, slots=True)
class Title:
    """A pane's name in a rule."""

    at: int
    """The column where the pane begins."""
    text: SafeText
    pane: str | None = None
    """What a click on it chooses."""
    active: bool = False


def rule(width: int, titles: Sequence[Title], joints: Mapping[int, str]) -> Content:
    """Return a rule of `width` cells: ``─ 2 Connections ┬─ 1 Runs ──``."""
    places = placed(width, titles, joints)
    parts: list[Content | tuple[str, str]] = []
    column = 0
    for title in places:
        parts.append((_lines(column, title.at, joints), "$rule"))
        parts.append((f" {title.text} ", "bold $tone-pointer" if title.active else "bold"))
        column = title.at + cell_len(title.text) + 2
    parts.append((_lines(column, width, joints), "$rule"))
    return Content.assemble(*parts)


def placed(width: int, titles: Sequence[Title], joints: Mapping[int, str]) -> list[Title]:
    """Return the titles where they are drawn, cut so that each ends before the next pane."""
    found: list[Title] = []
    for index, title in enumerate(titles):
        start = max(title.at + 1, found[-1].at + cell_len(found[-1].text) + 4 if found else 0)
        end = titles[index + 1].at if index + 1 < len(titles) else width
        end = min([end, *(joint for joint in joints if joint > start)])
        room = max(end, start) - start - 3 if end > title.at + 3 else width - start - 3
        if title.text and room > 3:
            # A pane's title says what matters first, all others are names with an end worth seeing.
            text = SafeText(cut(title.text, room).rstrip()) if title.pane else None
            found.append(replace(title, at=start, text=text or elide(title.text, room)))
    return found


def _lines(start: int, end: int, joints: Mapping[int, str]) -> str:
    return "".join(joints.get(column, _LINE) for column in range(start, max(start, end)))


class Rule(Still, Static):
    """A rule as a widget of one line."""

    DEFAULT_CSS = "Rule { height: 1; }"

    class Chosen(Message):
        """A pane's title was clicked."""

        def __init__(self, pane: str) -> None:
            super().__init__()
            self.pane = pane

    def __init__(self, *, id: str) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id, markup=False)
        self._titles: tuple[Title, ...] = ()
        self._drawn: tuple[object, ...] = ()

    def show(self, width: int, titles: Sequence[Title], joints: Mapping[int, str]) -> None:
        """Draw these titles and joints, if they are not what stands there."""
        wanted = (width, tuple(titles), tuple(joints.items()))
        if wanted != self._drawn:
            self._drawn = wanted
            self._titles = tuple(placed(width, titles, joints))
            self.update(rule(width, titles, joints), layout=False)

    def on_click(self, event: events.Click) -> None:
        """Choose the pane whose title is left of the pointer, or under it."""
        left = [title for title in self._titles if title.at <= event.x and title.pane]
        if left and left[-1].pane is not None:
            self.post_message(self.Chosen(left[-1].pane))


class Bar(Still, Widget):
    """The line between two panes that stand side by side."""

    DEFAULT_CSS = "Bar { width: 1; color: $rule; }"

    def render(self) -> Content:
        """Draw a line down the whole height."""
        return Content("\n".join("│" * max(1, self.size.height)))
