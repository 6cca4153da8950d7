"""The table of the deck: what it draws, what it keeps, where its cursor stays."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from textual.app import App, ComposeResult
from textual.pilot import Pilot
from textual.screen import Screen

from tests.support.deck import StillClock
from tui import themes
from tui.widgets.columns import Column, fitted
from tui.widgets.line_painter import Cell, Row
from tui.widgets.live_table import HANDS_REST, LiveTable
from tui.widgets.selection import Selection

COLUMNS = (
    (Column("name", "NAME", 8, grows=True),),
    (Column("name", "NAME", 8, grows=True), Column("count", "COUNT", 8, right=True)),
)


class TableApp(App[None]):
    """A table of names and counts that tests can change."""

    CSS = "LiveTable { height: 1fr; }"

    def __init__(self, rows: int = 0) -> None:
        super().__init__()
        self.clock = StillClock()
        self.counts = {f"row-{number:05}": 0 for number in range(rows)}
        self.asked = 0
        self.moves: list[str | None] = []
        self.opens: list[str | None] = []

    def get_css_variables(self) -> dict[str, str]:
        return themes.with_tones(super().get_css_variables(), ansi=False)

    def compose(self) -> ComposeResult:
        yield LiveTable[str](self.draw_row, COLUMNS, monotonic=self.clock.monotonic, id="table")

    def draw_row(self, key: str, columns: Sequence[Column]) -> Row:
        self.asked += 1
        return Row((Cell(key), Cell(str(self.counts.get(key, 0))))[: len(columns)])

    @property
    def table(self) -> LiveTable[str]:
        return self.query_one("#table", LiveTable)

    def on_live_table_moved(self) -> None:
        self.moves.append(self.table.cursor)

    def on_live_table_opened(self) -> None:
        self.opens.append(self.table.cursor)

    def lines(self) -> list[str]:
        height = self.table.size.height
        return [self.table.render_line(y).text.rstrip() for y in range(height)]


async def opened(pilot: Pilot[None], app: TableApp) -> LiveTable[str]:
    app.table.show(tuple(app.counts))
    app.table.focus()
    await pilot.pause()
    return app.table


async def test_only_rows_on_the_screen_are_asked_for() -> None:
    app = TableApp(10_000)
    async with app.run_test(size=(40, 12)) as pilot:
        await opened(pilot, app)
        assert app.asked <= 2 * 12


async def test_a_sentence_in_place_of_rows_is_read_to_its_end() -> None:
    app = TableApp()
    async with app.run_test(size=(40, 12)) as pilot:
        table = await opened(pilot, app)
        table.say((Cell("The client id and secret were not accepted; check the profile."),))
        said = " ".join(" ".join(app.lines()[1:]).split())
        assert said == "The client id and secret were not accepted; check the profile."


async def test_one_changed_row_is_one_line_drawn() -> None:
    app = TableApp(10_000)
    async with app.run_test(size=(40, 12)) as pilot:
        table = await opened(pilot, app)
        before = table.drawn
        app.counts["row-00003"] = 7
        table.touch({"row-00003"})
        await pilot.pause()
        assert table.drawn == before + 1
        assert app.lines()[4].endswith("7")


async def test_rows_that_look_the_same_are_not_drawn_again() -> None:
    app = TableApp(1_000)
    async with app.run_test(size=(40, 12)) as pilot:
        table = await opened(pilot, app)
        before = table.drawn
        table.touch(None)
        table.show(tuple(app.counts))
        await pilot.pause()
        assert table.drawn == before


async def test_a_changed_row_off_the_screen_costs_nothing_and_is_right_when_seen() -> None:
    app = TableApp(100)
    async with app.run_test(size=(40, 12)) as pilot:
        table = await opened(pilot, app)
        await pilot.press("G")
        await pilot.press("g")
        before = table.drawn
        app.counts["row-00099"] = 5
        table.touch({"row-00099"})
        await pilot.pause()
        assert table.drawn == before
        await pilot.press("G")
        assert app.lines()[-1].endswith("5")


async def test_other_rows_lay_nothing_out_while_the_scrollbar_stays(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    app = TableApp(10_000)
    async with app.run_test(size=(40, 12)) as pilot:
        table = await opened(pilot, app)
        laid_out: list[object] = []
        layout = Screen._refresh_layout

        def counted(screen: Screen[object], *given: object, **named: object) -> None:
            laid_out.append(screen)
            layout(screen, *given, **named)  # type: ignore[arg-type]

        monkeypatch.setattr(Screen, "_refresh_layout", counted)
        table.show(tuple(app.counts)[5_000:], at_once=True)
        await pilot.press("G")
        await pilot.pause()
        assert not laid_out
        assert app.lines()[-1].split()[:2] == ["▌", "row-09999"]
        assert table.vertical_scrollbar.window_virtual_size == 5_001


async def test_scrolling_through_ten_thousand_rows_draws_a_page_at_a_time() -> None:
    app = TableApp(10_000)
    async with app.run_test(size=(40, 12)) as pilot:
        table = await opened(pilot, app)
        for key in ("pagedown", "pagedown", "G", "pageup", "g"):
            before, asked = table.drawn, app.asked
            await pilot.press(key)
            await pilot.pause()
            assert table.drawn - before <= 12
            assert app.asked - asked <= 12


async def test_moving_the_cursor_draws_two_lines() -> None:
    app = TableApp(100)
    async with app.run_test(size=(40, 12)) as pilot:
        table = await opened(pilot, app)
        before = table.drawn
        await pilot.press("j")
        assert table.drawn == before + 2


@pytest.mark.parametrize(
    ("keys", "cursor"),
    [
        ("j", 1),
        ("down down up", 1),
        ("G", 99),
        ("G g", 0),
        ("ctrl+d", 5),
        ("ctrl+d ctrl+d ctrl+u", 5),
        ("pagedown", 10),
        ("pagedown pageup", 0),
        ("end", 99),
        ("k", 0),
    ],
)
async def test_keys_move_the_cursor(keys: str, cursor: int) -> None:
    app = TableApp(100)
    async with app.run_test(size=(40, 12)) as pilot:
        table = await opened(pilot, app)
        await pilot.press(*keys.split())
        assert table.cursor == f"row-{cursor:05}"


async def test_the_cursor_stays_with_its_row_when_rows_change_places() -> None:
    app = TableApp(20)
    async with app.run_test(size=(40, 30)) as pilot:
        table = await opened(pilot, app)
        await pilot.press("j", "j")
        app.clock.move(HANDS_REST)
        table.show(tuple(reversed(app.counts)))
        await pilot.pause()
        assert table.cursor == "row-00002"
        assert app.lines()[18].startswith("▌")


async def test_a_scrolled_table_keeps_the_row_under_the_cursor_on_its_line() -> None:
    app = TableApp(200)
    async with app.run_test(size=(40, 12)) as pilot:
        table = await opened(pilot, app)
        await pilot.press(*["pagedown"] * 5)
        line = next(y for y, text in enumerate(app.lines()) if text.startswith("▌"))
        app.clock.move(HANDS_REST)
        table.show(("new-a", "new-b", "new-c", *app.counts))
        await pilot.pause()
        assert app.lines()[line].startswith("▌  row-00050")


async def test_rows_do_not_change_places_under_moving_hands() -> None:
    app = TableApp(20)
    async with app.run_test(size=(40, 30)) as pilot:
        table = await opened(pilot, app)
        await pilot.press("j")
        table.show(tuple(reversed(app.counts)))
        assert table.order[0] == "row-00000"
        app.clock.move(HANDS_REST)
        table.touch()
        assert table.order[0] == "row-00019"


async def test_an_order_the_operator_asked_for_does_not_wait() -> None:
    app = TableApp(20)
    async with app.run_test(size=(40, 30)) as pilot:
        table = await opened(pilot, app)
        await pilot.press("j")
        table.show(tuple(reversed(app.counts)), at_once=True)
        assert table.order[0] == "row-00019"


async def test_a_cursor_nobody_touched_stays_at_the_top() -> None:
    app = TableApp(5)
    async with app.run_test(size=(40, 12)) as pilot:
        table = await opened(pilot, app)
        table.show(("new", *app.counts))
        assert table.cursor == "new"


async def test_a_cursor_whose_row_went_is_near_where_it_was() -> None:
    app = TableApp(20)
    async with app.run_test(size=(40, 30)) as pilot:
        table = await opened(pilot, app)
        await pilot.press("j", "j")
        app.clock.move(HANDS_REST)
        table.show([key for key in app.counts if key != "row-00002"])
        await pilot.pause()
        assert table.cursor == "row-00003"
        assert app.moves[-1] == "row-00003"


async def test_the_mouse_puts_the_cursor_and_opens_with_two_clicks() -> None:
    app = TableApp(20)
    async with app.run_test(size=(40, 12)) as pilot:
        table = await opened(pilot, app)
        await pilot.click(table, offset=(6, 4))
        assert table.cursor == "row-00003"
        await pilot.click(table, offset=(6, 4), times=2)
        assert app.opens == ["row-00003"]


async def test_marks_hold_ids_through_another_order() -> None:
    app = TableApp(6)
    async with app.run_test(size=(40, 12)) as pilot:
        table = await opened(pilot, app)
        table.mark(Selection.toggle)
        await pilot.press("j", "j")
        table.mark(Selection.toggle)
        table.show(tuple(reversed(app.counts)), at_once=True)
        assert table.chosen == ("row-00002", "row-00000")


async def test_a_range_marks_what_is_moved_over() -> None:
    app = TableApp(9)
    async with app.run_test(size=(40, 12)) as pilot:
        table = await opened(pilot, app)
        table.mark(Selection.toggle_range)
        await pilot.press("j", "j", "k")
        table.mark(Selection.toggle_range)
        await pilot.press("j", "j")
        assert table.chosen == ("row-00000", "row-00001")


async def test_an_empty_table_says_what_it_was_told_to_say() -> None:
    app = TableApp()
    async with app.run_test(size=(40, 12)) as pilot:
        table = await opened(pilot, app)
        table.say([Cell("nothing here")])
        assert app.lines()[1] == "   nothing here"


async def test_columns_follow_the_width() -> None:
    app = TableApp(3)
    async with app.run_test(size=(40, 12)) as pilot:
        await opened(pilot, app)
        assert "COUNT" in app.lines()[0]
        await pilot.resize_terminal(16, 12)
        assert "COUNT" not in app.lines()[0]


async def test_a_scrollbar_covers_no_column() -> None:
    app = TableApp(3)
    async with app.run_test(size=(40, 12)) as pilot:
        table = await opened(pilot, app)
        app.counts |= {f"more-{number}": 0 for number in range(40)}
        table.show(tuple(app.counts), at_once=True)
        await pilot.pause()
        assert table.show_vertical_scrollbar
        assert app.lines()[0].endswith("COUNT")
        assert all(line.endswith("0") for line in app.lines()[1:])


def test_the_widest_set_that_fits_is_taken_and_its_growing_column_grown() -> None:
    assert [column.width for column in fitted(COLUMNS, 60)] == [47, 8]
    assert [column.width for column in fitted(COLUMNS, 15)] == [11]


async def test_the_cursors_row_is_in_sight_when_a_filter_is_dropped() -> None:
    app = TableApp(100)
    async with app.run_test(size=(40, 10)) as pilot:
        table = await opened(pilot, app)
        table.show(("row-00003", "row-00080", "row-00090"), at_once=True)
        await pilot.press("j")
        table.show(tuple(app.counts), at_once=True)
        await pilot.pause()
        assert table.cursor == "row-00080"
        assert table.cursor in table.in_view
