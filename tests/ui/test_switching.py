"""The deck is left for another profile, which opens next."""

from __future__ import annotations

from tests.support.deck import an_app, the_fleet
from tests.support.screens import until
from tui.screens.picking import ProfileDialog
from tui.switching import Switch
from workflow.text import SafeText

PROFILES = {"prod": SafeText("a.example"), "staging": SafeText("b.example")}


async def test_the_profile_that_is_picked_opens_next_and_nothing_is_cancelled() -> None:
    switch, fleet = Switch(PROFILES), the_fleet()
    app = an_app(fleet, switch=switch)
    async with app.run_test() as pilot:
        await until(pilot, lambda: app.session is not None)
        await pilot.press("at")
        await until(pilot, lambda: isinstance(app.screen, ProfileDialog) and app.screen.armed)
        assert "detached" in app.screen._body  # type: ignore[attr-defined]
        await pilot.press("enter")
        await until(pilot, lambda: app.session is None)
    assert switch.take() == "staging"
    assert switch.take() is None
    assert fleet.asked == []


async def test_esc_stays_with_the_profile() -> None:
    switch = Switch(PROFILES)
    app = an_app(the_fleet(), switch=switch)
    async with app.run_test() as pilot:
        await until(pilot, lambda: app.session is not None)
        await pilot.press("at")
        await until(pilot, lambda: isinstance(app.screen, ProfileDialog) and app.screen.armed)
        await pilot.press("escape")
        await until(pilot, lambda: len(app.screen_stack) == 1)
        assert app.session is not None
    assert switch.take() is None


async def test_without_another_profile_it_is_said_how_to_save_one() -> None:
    app = an_app(the_fleet(), switch=Switch({"prod": SafeText("a.example")}))
    async with app.run_test() as pilot:
        await until(pilot, lambda: app.session is not None)
        await pilot.press("at")
        await until(pilot, lambda: len(app._notifications) == 1)
        (told,) = app._notifications
        assert "syncdeck profile add" in told.message
