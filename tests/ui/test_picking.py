"""Views are saved, shown and dropped by their names."""

from __future__ import annotations

from pathlib import Path

from textual.pilot import Pilot
from textual.widgets import Input, OptionList

from tests.support.deck import an_app, the_fleet
from tests.support.screens import HOSTILE, until
from tui.app import SyncdeckApp
from tui.deck_plan import Pane
from tui.kept import Kept
from tui.saved_views import SavedView, read
from tui.screens.picking import ProfileDialog, ViewsDialog
from tui.widgets.connections_pane import ConnectionsPane
from workflow.text import SafeText, safe


async def asked(pilot: Pilot[int]) -> ViewsDialog:
    app = pilot.app
    await pilot.press("apostrophe")
    await until(pilot, lambda: isinstance(app.screen, ViewsDialog) and app.screen.armed)
    assert isinstance(app.screen, ViewsDialog)
    return app.screen


async def opened(pilot: Pilot[int], app: SyncdeckApp) -> ConnectionsPane:
    await until(pilot, lambda: app.session is not None)
    return app.screen_stack[0].query_one(ConnectionsPane)


async def test_a_view_is_saved_shown_again_and_dropped(tmp_path: Path) -> None:
    file = tmp_path / "deck.json"
    app = an_app(the_fleet(), kept=Kept(file))
    async with app.run_test(size=(120, 40)) as pilot:
        pane = await opened(pilot, app)
        await pilot.press("2", "slash", *"source:stripe", "enter")
        dialog = await asked(pilot)
        assert isinstance(dialog.focused, Input)  # there is nothing to pick yet
        await pilot.press(*"mine", "enter")
        await until(pilot, lambda: pane.chip == "mine")
        assert "mine" in pane.title
        await pilot.press("escape")
        await until(pilot, lambda: not pane.words and not pane.chip)
        await asked(pilot)
        await pilot.press("enter")
        await until(pilot, lambda: pane.words == "source:stripe")
        assert len([key for key in pane.order if key == "c-stripe"]) == 1
    assert [view.name for view in read(Kept(file).get("profiles", "prod", "views"))] == ["mine"]
    again = an_app(the_fleet(), kept=Kept(file))
    async with again.run_test(size=(120, 40)) as pilot:
        await opened(pilot, again)
        dialog = await asked(pilot)
        assert dialog.query_one(OptionList).option_count == 1
        await pilot.press("x")
        await until(pilot, lambda: read(Kept(file).get("profiles", "prod", "views")) == ())


async def test_esc_leaves_everything_as_it_is() -> None:
    app = an_app(the_fleet())
    async with app.run_test(size=(80, 24)) as pilot:
        pane = await opened(pilot, app)
        await asked(pilot)
        await pilot.press("escape")
        await until(pilot, lambda: len(app.screen_stack) == 1)
        assert not pane.chip


async def test_names_from_outside_are_text_in_a_list() -> None:
    app = an_app(the_fleet())
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot, app)
        view = SavedView(Pane.RUNS, HOSTILE, name=safe(HOSTILE))
        app.push_screen(ViewsDialog([view], view))
        await until(pilot, lambda: isinstance(app.screen, ViewsDialog) and app.screen.armed)
        picture = app.export_screenshot()
        assert "[bold" in picture
        assert "\x1b" not in picture


async def test_a_profile_is_picked_by_its_name() -> None:
    app = an_app(the_fleet())
    answers: list[str | None] = []
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot, app)
        rows = [("staging", SafeText("a.example")), ("test", SafeText("b.example"))]
        dialog = ProfileDialog(rows, SafeText("prod"), SafeText("Nothing is live."))
        app.push_screen(dialog, answers.append)
        await until(pilot, lambda: dialog.armed)
        await pilot.press("j", "enter")
        await until(pilot, lambda: answers == ["test"])
