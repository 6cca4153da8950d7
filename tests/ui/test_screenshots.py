"""A committed picture asks nobody for anything."""

from __future__ import annotations

from pathlib import Path

import pytest

import screenshots
from screenshots.pictures import self_contained

FOLDER = Path(screenshots.__file__).parent
NAMES = ("deck-80x24", "deck-120x40", "deck-200x50", "launch", "help", "failed-run")

DRAWN = """<svg xmlns="http://www.w3.org/2000/svg"><style>
@font-face { font-family: "Fira Code"; src: url("https://cdn.example/fira.woff2"); }
.m { font-family: Fira Code, monospace; }
</style><text>ok</text></svg>"""


def test_web_fonts_are_taken_out_and_local_ones_named() -> None:
    clean = self_contained(DRAWN)
    assert "url(" not in clean
    assert "Fira Code" not in clean
    assert "monospace" in clean
    assert "<text>ok</text>" in clean


@pytest.mark.parametrize("name", NAMES)
def test_every_picture_is_there_in_both_forms_and_loads_nothing(name: str) -> None:
    drawn = (FOLDER / f"{name}.svg").read_text(encoding="utf-8")
    assert "@font-face" not in drawn
    assert "url(http" not in drawn
    assert (FOLDER / f"{name}.png").read_bytes().startswith(b"\x89PNG")
