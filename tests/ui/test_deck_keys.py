"""What keys of the deck do when the picture is held still, or when they come faster than it is."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from textual import events

from tests.support.deck import StillFleet, a_connection, told
from tests.support.screens import until
from tests.ui.test_deck import Deck, a_deck
from tui import key_queue
from tui.screens.dialogs import ConfirmDialog
from tui.screens.launch import LaunchScreen
from tui.screens.palette import Palette
from tui.screens.quitting import QuitDialog
from tui.screens.run import RunScreen
from tui.widgets.connections_pane import ConnectionsPane
from tui.widgets.events_pane import EventsPane
from workflow.runs.events import Warned
from workflow.runs.launch import Order, TargetCheck


class Checking(StillFleet):
    """A fleet that has one connection and does not come to an end with checking it."""

    def __init__(self) -> None:
        super().__init__()
        view = a_connection("stripe → snowflake")
        self.watch.connections = {view.connection.connection_id: view}

    async def check(self, order: Order) -> AsyncIterator[TargetCheck]:
        await asyncio.Event().wait()
        yield TargetCheck(order.targets[0], "send")


NAMED = {"\r": "enter", "\x1b": "escape", "/": "slash", ":": "colon", " ": "space"}


async def written(deck: Deck, text: str) -> None:
    """Let keys arrive together, as they do when a terminal hands over more than one."""
    for letter in text:
        key = NAMED.get(letter, letter)
        deck.app.post_message(events.Key(key, letter if letter.isprintable() else None))
    app = deck.app
    await until(deck.pilot, lambda: app._message_queue.empty() and app._keys.idle)


def stack(deck: Deck) -> list[type]:
    return [type(screen) for screen in deck.app.screen_stack][1:]


async def test_keys_behind_the_enter_of_a_filter_are_for_what_it_found() -> None:
    async with a_deck((120, 40)) as deck:
        await written(deck, "2/stripe\r x")
        await deck.until_screen(ConfirmDialog)
        connections = deck.part("connections")
        assert isinstance(connections, ConnectionsPane)
        assert connections.words == "stripe"
        assert connections.marks == {"c-stripe"}
        assert "Cancel 1 job on prod?" in deck.text
        assert "stripe → snowflake (job" in deck.text


async def test_keys_behind_the_escape_of_a_filter_are_for_the_pane() -> None:
    async with a_deck((120, 40)) as deck:
        await written(deck, "2/stripe\x1bj z")
        connections = deck.part("connections")
        assert isinstance(connections, ConnectionsPane)
        assert connections.words == ""
        assert connections.marks == {connections.order[1]}
        assert deck.part("runs").display is False


async def test_a_filter_and_the_next_one_can_be_written_at_once() -> None:
    async with a_deck((120, 40)) as deck:
        await written(deck, "2/stripe\r1/jira\r\r")
        await until(deck.pilot, lambda: stack(deck) == [RunScreen])
        assert "jira → snowflake" in deck.text
        connections = deck.part("connections")
        assert isinstance(connections, ConnectionsPane)
        assert (connections.words, deck.runs.words) == ("stripe", "jira")


async def test_a_search_of_history_takes_what_is_typed_behind_it() -> None:
    async with a_deck((120, 40)) as deck:
        await written(deck, "4/nosuch\r\x1b\x1b")
        assert stack(deck) == []


async def test_keys_that_wait_while_the_deck_closes_are_dropped() -> None:
    async with a_deck((120, 40)) as deck:
        mark = deck.app._keys.begin()
        assert deck.app._keys.holds(events.Key("t", "t"))
    assert not deck.app.screen_stack
    await deck.app.on_key_done(mark)
    assert deck.app._keys.idle


async def test_enter_right_behind_launch_opens_nothing_under_the_form() -> None:
    async with a_deck((120, 40), Checking()) as deck:
        await written(deck, "2t\r")
        await deck.until_screen(LaunchScreen)
        assert stack(deck) == [LaunchScreen]
        assert not [asked for asked in deck.fleet.asked if asked[0] == "launch"]


async def test_keys_right_behind_a_question_are_not_for_the_deck() -> None:
    async with a_deck((120, 40)) as deck:
        await written(deck, "2x\r")
        await deck.until_screen(ConfirmDialog)
        assert stack(deck) == [ConfirmDialog]
        await written(deck, "\x1b")
        await written(deck, "q\r")
        await deck.until_screen(QuitDialog)
        assert stack(deck) == [QuitDialog]
        assert not deck.fleet.asked


async def test_what_is_typed_behind_the_palettes_key_is_looked_for() -> None:
    async with a_deck((120, 40)) as deck:
        await written(deck, ":zuo")
        await until(deck.pilot, lambda: stack(deck) == [Palette])
        await until(deck.pilot, lambda: "zuora → snowflake" in deck.text)


async def test_what_is_pasted_behind_a_filters_key_is_the_filter() -> None:
    async with a_deck((120, 40)) as deck:
        deck.app.post_message(events.Key("slash", "/"))
        deck.app.post_message(events.Paste("stripe"))
        await written(deck, "\r")
        assert deck.runs.words == "stripe"


async def test_a_mark_that_is_lost_holds_up_no_key_for_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(key_queue, "PATIENCE", 0.01)
    async with a_deck((120, 40)) as deck:
        deck.app._keys.begin()  # with a screen that went while its key was on the way
        await written(deck, "2")
        await until(deck.pilot, lambda: deck.part("connections").has_focus)


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
