"""Form fields take their own keys and let all others through."""

from __future__ import annotations

from textual.app import App, ComposeResult
from textual.binding import Binding

from tui.widgets.form_fields import Choice, Option, ShortInput, Tick

OPTIONS = (Option("sync", "sync"), Option("clear", "clear", danger=True), Option("x", "reset"))


class Form(App[None]):
    """One of each."""

    BINDINGS = [Binding("y", "copy", "copy")]  # noqa: RUF012 - declared by Textual so

    def __init__(self) -> None:
        super().__init__()
        self.copied = 0

    def compose(self) -> ComposeResult:
        yield Choice(OPTIONS, "sync")
        yield Tick("one alone first")
        yield ShortInput("2h", "0123456789hms", cells=6)

    def action_copy(self) -> None:
        self.copied += 1


async def test_arrows_choose_around_the_end() -> None:
    async with Form().run_test() as pilot:
        choice = pilot.app.query_one(Choice)
        choice.focus()
        await pilot.press("right")
        assert choice.chosen == "clear"
        await pilot.press("right", "right")
        assert choice.chosen == "sync"
        await pilot.press("left")
        assert choice.chosen == "x"


async def test_a_click_chooses_what_it_hits() -> None:
    async with Form().run_test() as pilot:
        await pilot.click(Choice, offset=(15, 0))
        assert pilot.app.query_one(Choice).chosen == "clear"


async def test_what_wipes_data_carries_a_mark() -> None:
    async with Form().run_test() as pilot:
        drawn = pilot.app.query_one(Choice).render().plain
        assert drawn == "(•) sync   ( ) clear !   ( ) reset"


async def test_space_ticks() -> None:
    async with Form().run_test() as pilot:
        tick = pilot.app.query_one(Tick)
        tick.focus()
        await pilot.press("space")
        assert tick.on
        assert tick.render().plain == "[x] one alone first"


async def test_a_short_text_takes_its_characters_and_leaves_the_rest_to_the_screen() -> None:
    async with Form().run_test() as pilot:
        field = pilot.app.query_one(ShortInput)
        field.focus()
        await pilot.press("4", "5", "y", "m", "z")
        assert field.value == "45m"
        assert pilot.app.copied == 1  # type: ignore[attr-defined]
