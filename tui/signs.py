"""What states are drawn with: signs, tones, and the glyphs of cursors, folds and bars.

Each glyph is one cell wide in common monospace fonts and has an ASCII stand-in of the same width,
so that a translated screen keeps its columns. Which state has which is :mod:`tui.glyphs`'
business, which colour a tone has the theme's (:mod:`tui.themes`). Nothing of a run is imported
here: the first picture is drawn with these alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from workflow.text import SafeText


class Sign(StrEnum):
    """What a glyph stands for. The value is the glyph."""

    WAITING = "·"
    """For a slot; nothing has been sent."""
    PENDING = "◌"
    """The server has it and has not begun."""
    RUNNING = "●"
    RETRYING = "▲"
    """An attempt failed and Airbyte tries again."""
    SUCCEEDED = "✓"
    FAILED = "✗"
    CANCELLED = "⊘"
    """Also skipped: over without an outcome, as somebody asked."""
    UNRESOLVED = "?"
    EXPIRED = "◷"
    LATE = "!"
    """A scheduled sync did not start."""
    OFF = "–"
    """The connection is not active, or nobody here watches."""
    UNREAD = "…"
    """Not read yet. Never shown as anything better."""


class Tone(StrEnum):
    """How a sign is coloured; ``$tone-<value>`` in styles."""

    WAITING = "waiting"
    PENDING = "pending"
    RUNNING = "running"
    RETRYING = "retrying"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    UNRESOLVED = "unresolved"
    EXPIRED = "expired"
    WARNING = "warning"
    QUIET = "quiet"

    @property
    def style(self) -> str:
        """The style to give to Textual's ``Content``, for example ``$tone-failed``."""
        return f"$tone-{self.value}"


@dataclass(frozen=True, slots=True)
class Look:
    """A state as it appears: glyph, word, tone."""

    sign: Sign
    word: SafeText
    tone: Tone

    @property
    def glyph(self) -> str:
        """The one-cell glyph."""
        return self.sign.value

    @property
    def text(self) -> SafeText:
        """Glyph and word, for example ``✗ failed``."""
        return SafeText(f"{self.sign} {self.word}")

    @property
    def style(self) -> str:
        """The tone as a style name."""
        return self.tone.style


FOLDED: Final = "▸"
UNFOLDED: Final = "▾"
CURSOR: Final = "▌"
MARK: Final = "■"
FOLLOWED: Final = "»"
"""After the name of a connection whose jobs are attached as they appear."""
LINK: Final = "━"
UNKNOWN: Final = "—"
"""In place of a number nobody knows; 0 is only ever a zero that was read."""
BAR_FULL: Final = "█"
BAR_OTHERWISE: Final = "▓"
"""Ended, neither well nor badly."""
BAR_LIVE: Final = "▒"
BAR_EMPTY: Final = "░"

_ASCII: Final = str.maketrans(
    {
        "·": ".",
        "◌": "o",
        "●": "*",
        "▲": "^",
        "✓": "+",
        "✗": "x",
        "⊘": "/",
        "◷": "@",
        "–": "-",
        "—": "-",
        "…": "~",
        "▸": ">",
        "▾": "v",
        "▌": ">",
        "■": "#",
        "█": "#",
        "▓": "%",
        "▒": "=",
        "░": ".",
        "▁": "_",
        "▂": ".",
        "▃": "-",
        "▄": "=",
        "▅": "+",
        "▆": "*",
        "▇": "#",
        "━": "-",
        "─": "-",
        "│": "|",
        "┬": "+",
        "┴": "+",
        "┼": "+",
        "├": "+",
        "┤": "+",
        "→": ">",
        "←": "<",
        "↑": "^",
        "↓": "v",
        "×": "x",
        "≈": "~",
        "✕": "x",
        "•": "*",
        "»": ">",
        "▔": "-",
        "▎": "|",
        "▊": "|",
        "▐": "|",
        "🔎": "/ ",
    }
)


def to_ascii(text: str) -> str:
    """Replace every glyph of ours by its ASCII stand-in, cell for cell; other text stays."""
    return text.translate(_ASCII)
