"""The detail pane: a few lines about what the cursor is on."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content
from textual.widgets import Static

from tui.widgets.still import Still


class Lines(Still, Static):
    """Lines, as many as there is room for; the last one always stays."""

    def __init__(self, *, id: str) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id, markup=False)
        self._drawn: Content | None = None

    def show(self, lines: Sequence[Content], *, dimmed: bool) -> None:
        """Draw these lines, if they look different from what stands there."""
        width, height = self.content_size
        if width <= 0 or height <= 0:
            return
        wanted = [part for line in lines for part in _wrapped(line, width)]
        if len(wanted) > height:
            wanted = [line.truncate(width, ellipsis=True) for line in lines]
        if len(wanted) > height:
            wanted = [*wanted[: height - 1], wanted[-1]] if height > 5 else wanted[:height]
        content = Content("\n").join(wanted)
        if dimmed:
            content = content.stylize("dim")
        if self._drawn is None or not content.is_same(self._drawn):
            self._drawn = content
            self.update(content, layout=False)


class Detail(Lines):
    """Lines about what the cursor is on; the last one says what can be done."""

    DEFAULT_CSS = "Detail { padding: 0 1; }"


def _wrapped(line: Content, width: int) -> Sequence[Content]:
    """Break a line that does not fit; most do, and finding out where to break costs more."""
    return (line,) if line.cell_length <= width and "\n" not in line.plain else line.wrap(width)
