"""Arming a read-only profile in the deck, and what it says of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from textual.pilot import Pilot
from textual.widgets import Input

from tests.support.deck import StillClock, an_app, the_fleet
from tests.support.screens import until
from tui.app import SyncdeckApp
from tui.screens.arm_dialog import ArmDialog
from workflow.runs.arming import USUAL


class Armed:
    """The deck on a read-only profile."""

    def __init__(self, app: SyncdeckApp, pilot: Pilot[int], clock: StillClock) -> None:
        self.app = app
        self.pilot = pilot
        self.clock = clock

    @property
    def text(self) -> str:
        """What is on the screen, and what has been told."""
        strips = self.app.screen._compositor.render_strips()
        told = (notice.message for notice in self.app._notifications)
        return "\n".join((*(strip.text for strip in strips), *told))

    @property
    def read_only(self) -> bool:
        assert self.app.session is not None
        return self.app.session.fleet.read_only

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.pilot.pause()

    async def ask(self) -> ArmDialog:
        await self.press("W")
        await until(self.pilot, lambda: getattr(self.app.screen, "armed", False))
        dialog = self.app.screen
        assert isinstance(dialog, ArmDialog)
        return dialog

    async def says(self, words: str) -> None:
        await until(self.pilot, lambda: words in self.text)


@asynccontextmanager
async def read_only_deck(*, may_arm: bool = True, **options: object) -> AsyncIterator[Armed]:
    clock = StillClock()
    fleet = the_fleet(clock, read_only=True, may_arm=may_arm)
    app = an_app(fleet, clock, **options)
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await until(pilot, lambda: app.session is not None)
        armed = Armed(app, pilot, clock)
        await armed.says("PROD ro")
        yield armed


async def test_the_question_names_profile_and_server_and_offers_a_quarter_of_an_hour() -> None:
    async with read_only_deck() as deck:
        dialog = await deck.ask()
        assert "Arm prod on api.airbyte.com?" in deck.text
        assert dialog.query_one("#span", Input).value == "15m"
        assert deck.read_only


async def test_enter_arms_and_the_header_counts_down() -> None:
    async with read_only_deck() as deck:
        await deck.ask()
        await deck.press("enter")
        await deck.says("PROD rw 15m")
        deck.clock.move(61)
        await deck.says("PROD rw 14m")


async def test_it_falls_back_by_itself_and_says_so() -> None:
    async with read_only_deck() as deck:
        await deck.ask()
        await deck.press("enter")
        await deck.says("PROD rw 15m")
        deck.clock.move(USUAL.total_seconds())
        await deck.says("PROD ro")
        await deck.says("prod is read-only again")


async def test_esc_changes_nothing() -> None:
    async with read_only_deck() as deck:
        await deck.ask()
        await deck.press("escape")
        assert deck.read_only


async def test_a_time_that_is_none_does_not_arm() -> None:
    async with read_only_deck() as deck:
        dialog = await deck.ask()
        dialog.query_one("#span", Input).value = "3d"
        await deck.press("enter")
        await deck.says("a time like 15m or 1h, up to 8h")
        assert deck.read_only


async def test_another_time_can_be_typed() -> None:
    async with read_only_deck() as deck:
        dialog = await deck.ask()
        dialog.query_one("#span", Input).value = "1h"
        await deck.press("enter")
        assert deck.app.session is not None
        assert deck.app.session.fleet.arming.left == timedelta(hours=1)


async def test_an_armed_profile_can_be_made_read_only_at_once() -> None:
    async with read_only_deck() as deck:
        await deck.ask()
        await deck.press("enter")
        await deck.says("PROD rw 15m")
        await deck.ask()
        await deck.press("tab", "tab", "enter")
        await deck.says("PROD ro")


async def test_what_was_opened_as_read_only_says_why_it_stays_so() -> None:
    async with read_only_deck(may_arm=False) as deck:
        await deck.press("W")
        await deck.says("opened with --read-only")
        assert not isinstance(deck.app.screen, ArmDialog)


async def test_cancelling_says_how_to_arm_with_the_key_that_does() -> None:
    async with read_only_deck(rebound={"arm": "f5"}) as deck:
        await deck.press(*["j"] * 6, "x")
        await deck.says("prod is read-only, nothing can be sent: f5 arms it for a while")


async def test_enabling_says_how_to_arm() -> None:
    async with read_only_deck() as deck:
        await deck.press("2", "e")
        await deck.says("prod is read-only, nothing can be sent: W arms it for a while")
