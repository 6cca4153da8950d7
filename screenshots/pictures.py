"""A screen as an SVG that asks nobody for anything, and as the PNG of that SVG."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

# Textual's pictures name a font on the web. A picture in a repository loads nothing: it uses what
# the reader has. Text lengths are in the picture, so every fixed-width font keeps the columns.
_FONT_FACE: Final = re.compile(r"@font-face\s*\{[^}]*\}\s*")
_FONT_FAMILY: Final = re.compile(r"font-family:\s*(?:Fira Code|arial)[^;]*;")
_FAMILIES: Final = "font-family: DejaVu Sans Mono, Menlo, Consolas, Liberation Mono, monospace;"
_PNG_FONT: Final = "DejaVu Sans Mono"
_LEAST_WIDTH: Final = 1_200
"""Pixels; a wider screen gets more, so that its letters stay as large."""


def self_contained(svg: str) -> str:
    """Return the picture without web fonts."""
    return _FONT_FAMILY.sub(_FAMILIES, _FONT_FACE.sub("", svg))


def save(svg: str, place: Path, columns: int) -> None:
    """Write ``place.svg`` and ``place.png``."""
    import resvg_py  # noqa: PLC0415 - of the dev extra: only who makes pictures needs it

    clean = self_contained(svg)
    place.with_suffix(".svg").write_text(clean, encoding="utf-8")
    png = resvg_py.svg_to_bytes(
        svg_string=clean,
        width=max(_LEAST_WIDTH, columns * 10),
        font_family=_PNG_FONT,
        monospace_family=_PNG_FONT,
    )
    place.with_suffix(".png").write_bytes(bytes(png))
