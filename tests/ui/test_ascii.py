"""A terminal whose font lacks our glyphs is given none: every screen is ASCII and says the same."""

from __future__ import annotations

import pytest

from tests.support.deck import an_app
from tests.support.screens import until
from tests.ui.test_deck import Deck, StillClock
from tests.ui.test_deck_keys import Checking


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ((), "2 Connections"),
        (("2", "t"), "enter trigger"),
        (("2", "enter"), "+ succeeded   latest job"),
        (("question_mark",), "+ succeeded     ended well"),
        (("4",), "enter open"),
        (("2", "o"), "enter  Close ]"),
        (("apostrophe",), "enter  Take ]"),
        (("minus",), "nothing has been opened yet: enter opens a row"),
        (("2", "t", "w"), "enter read, then use"),
    ],
)
async def test_every_screen_is_ascii_and_has_a_word_for_enter(
    keys: tuple[str, ...], said: str
) -> None:
    fleet, clock = Checking(), StillClock()
    app = an_app(fleet, clock, ascii_only=True)
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        deck = Deck(app, pilot, fleet, clock)
        await until(pilot, lambda: app.session is not None)
        for key in keys:
            await deck.press(key)
            await until(pilot, lambda: getattr(app.screen, "armed", True))
        await until(pilot, lambda: said in deck.text)
        assert [line for line in deck.lines if not line.isascii()] == []
