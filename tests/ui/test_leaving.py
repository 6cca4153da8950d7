"""Keys that come twice never take the screen below away."""

from __future__ import annotations

import asyncio

from textual.app import App
from textual.command import CommandPalette

from tests.support.deck import a_story, an_app, the_fleet
from tests.support.screens import until
from tui.rows import RunKey
from tui.screens.deck import DeckScreen
from tui.screens.dialogs import ConfirmDialog, MessageDialog
from tui.screens.help import HelpScreen
from tui.screens.late import run_screen
from tui.screens.leaving import leave
from tui.widgets.runs_pane import RunsPane
from workflow.runs.events import RunWaiting
from workflow.text import SafeText


async def test_a_screen_that_is_left_twice_leaves_the_deck_alone() -> None:
    app = an_app(the_fleet())
    async with app.run_test() as pilot:
        screen = HelpScreen()
        await app.push_screen(screen)
        screen.action_back()
        screen.action_back()
        await pilot.pause()
        assert [type(one) for one in app.screen_stack] == [DeckScreen]


async def test_what_lies_over_a_screen_goes_with_it() -> None:
    app: App[None] = App()
    answers: list[object] = []
    async with app.run_test() as pilot:
        below = MessageDialog(SafeText("below"), SafeText(""))
        app.push_screen(below, answers.append)
        app.push_screen(MessageDialog(SafeText("above"), SafeText("")))
        leave(below)
        await pilot.pause()
        assert len(app.screen_stack) == 1
        assert answers == [None]


async def test_enter_pressed_twice_in_the_palette_does_one_thing() -> None:
    app = an_app(the_fleet())
    async with app.run_test() as pilot:
        await until(pilot, lambda: app.session is not None)
        await pilot.press("colon", *"all keys")
        palette = app.screen
        assert isinstance(palette, CommandPalette)
        await until(pilot, lambda: palette._list_visible)
        await pilot.press("down")
        palette._action_command_list("select")
        palette._select_or_command()
        palette._select_or_command()
        await until(pilot, lambda: len(app.screen_stack) == 2)
        assert isinstance(app.screen, HelpScreen)
        await pilot.press("escape")
        await pilot.pause()
        assert [type(one) for one in app.screen_stack] == [DeckScreen]


async def test_a_screen_that_is_just_being_pushed_is_not_drawn_before_it_has_its_parts() -> None:
    fleet = the_fleet()
    app = an_app(fleet)
    async with app.run_test() as pilot:
        await until(pilot, lambda: app.session is not None)
        assert app.session is not None
        run = next(iter(fleet.runs))
        screen = run_screen(app.session, run, ())
        app.push_screen(screen)
        for _ in range(50):
            app._dirty = True
            app._hand_over()
            await asyncio.sleep(0)
        await until(pilot, lambda: screen.is_mounted)
        assert app.screen is screen


async def test_a_key_pressed_twice_asks_once() -> None:
    fleet = the_fleet()
    app = an_app(fleet)
    async with app.run_test() as pilot:
        await until(pilot, lambda: app.session is not None)
        deck = app.screen
        assert isinstance(deck, DeckScreen)
        run = next(run for run in fleet.runs.values() if run.live and run.job_id is not None)
        deck.query_one(RunsPane).move_to(RunKey(run.run))
        await deck.action_cancel()
        await deck.action_cancel()
        await until(pilot, lambda: isinstance(app.screen, ConfirmDialog) and app.screen.armed)
        await pilot.pause()
        assert len(app.screen_stack) == 2
        await pilot.press("n")
        await until(pilot, lambda: app.screen is deck)
        assert fleet.asked == []


async def test_a_second_press_of_hold_is_no_answer_to_what_was_left_unsent() -> None:
    fleet = the_fleet()
    story = a_story("adyen → snowflake", 77, 60)
    story.tell(0, RunWaiting(reason="asked"))
    fleet.take(story)
    app = an_app(fleet)
    async with app.run_test() as pilot:
        await until(pilot, lambda: app.session is not None)
        deck = app.screen
        assert isinstance(deck, DeckScreen)
        await deck.action_hold()
        await deck.action_hold()
        await until(pilot, lambda: isinstance(app.screen, ConfirmDialog) and app.screen.armed)
        await pilot.pause()
        assert fleet.asked == []
        await pilot.press("y")
        await until(pilot, lambda: len(fleet.asked) == 1)
        assert fleet.asked[0][0] == "start_waiting"
