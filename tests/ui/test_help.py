"""The help is made from the keymap, so it can't lag behind it."""

from __future__ import annotations

import pytest
from textual.app import App

from tui import keymap
from tui.glyphs import Sign
from tui.screens.help import HelpScreen, help_columns


@pytest.mark.parametrize("width", [80, 120, 200])
def test_every_key_and_glyph_is_in_the_help(width: int) -> None:
    left, right = help_columns(width)
    text = left.plain + (right.plain if right else "")
    words = " ".join(text.split())
    for key in keymap.KEYS:
        assert " ".join(keymap.keys_of(key)) in words
    assert all(sign.value in text for sign in Sign)


@pytest.mark.parametrize("width", [80, 120, 200])
def test_no_line_is_wider_than_its_column(width: int) -> None:
    left, right = help_columns(width)
    room = width - 2 if right is None else (width - 2) // 2
    for column in (left, right):
        for line in column.split() if column else ():
            assert line.cell_length <= room


async def test_the_help_scrolls_and_closes() -> None:
    async with App[None]().run_test(size=(80, 24)) as pilot:
        closed: list[None] = []
        pilot.app.push_screen(HelpScreen(), closed.append)
        await pilot.pause()
        body = pilot.app.screen.query_one("#body")
        await pilot.press("G")
        assert body.scroll_y == body.max_scroll_y > 0
        await pilot.press("escape")
        assert closed == [None]
