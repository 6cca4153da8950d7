"""What keys of the deck do when the picture is held still, or when they come faster than it is."""

from __future__ import annotations

from tests.support.deck import told
from tests.ui.test_deck import a_deck
from tui.widgets.events_pane import EventsPane
from workflow.runs.events import Warned


async def test_problems_only_works_in_a_picture_that_is_held_still() -> None:
    async with a_deck((120, 40), events=True) as deck:
        events = deck.part("events")
        assert isinstance(events, EventsPane)
        all_of_them = events.order
        await deck.press("3", "f", "exclamation_mark")
        problems = events.order
        assert 0 < len(problems) < len(all_of_them)
        await deck.press("exclamation_mark")
        assert events.order == all_of_them


async def test_a_filter_of_a_still_picture_of_events_lets_nothing_new_in() -> None:
    async with a_deck((120, 40), events=True) as deck:
        events = deck.part("events")
        assert isinstance(events, EventsPane)
        before = events.order
        await deck.press("3", "f")
        deck.fleet.tell(told(deck.fleet, "stripe → snowflake", Warned("slow", "3× usual", 3), 1))
        await deck.press("slash", "s", "escape")
        assert events.order == before
        await deck.press("f")
        assert len(events.order) > len(before)


async def test_an_empty_pane_of_events_says_what_narrows_it() -> None:
    async with a_deck((120, 40), events=True) as deck:
        await deck.press("3", "slash", *"nosuch", "enter")
        assert "nothing here has these words" in deck.text
        assert "esc shows all" in deck.text
