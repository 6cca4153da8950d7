"""The deck: what it shows at each size, and what its keys do."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from textual import events
from textual.pilot import Pilot
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Input, Static

from tests.support.deck import (
    StillClock,
    StillFleet,
    a_connection,
    a_reading,
    a_story,
    an_app,
    connection_id,
    the_events,
    the_fleet,
)
from tests.support.screens import HOSTILE, NOW, until
from tui import themes
from tui.app import SyncdeckApp
from tui.kept import Kept
from tui.rows import RunKey
from tui.screens.deck import DeckScreen
from tui.screens.dialogs import ConfirmDialog, MessageDialog
from tui.screens.help import HelpScreen
from tui.screens.palette import Palette
from tui.screens.quitting import QuitDialog
from tui.widgets.connections_pane import ConnectionsPane
from tui.widgets.events_pane import EventsPane
from tui.widgets.runs_pane import RunsPane
from workflow.airbyte.models import JobId
from workflow.airbyte.readings import FeedStatus
from workflow.runs.events import (
    LaunchHeld,
    LaunchId,
    PollFailed,
    RunFinished,
    RunId,
    RunWaiting,
    Verdict,
    Warned,
)
from workflow.runs.launch import OrderRefused
from workflow.runs.run import RunState
from workflow.runs.watch import Loading
from workflow.text import SafeText

SIZES = ((80, 24), (120, 40), (200, 50))


class Deck:
    """The app in a test, with what tests look at."""

    def __init__(self, app: SyncdeckApp, pilot: Pilot[int], fleet: StillFleet, clock: StillClock):
        self.app = app
        self.pilot = pilot
        self.fleet = fleet
        self.clock = clock

    @property
    def lines(self) -> list[str]:
        """What is on the screen."""
        app = self.app
        return [strip.text for strip in app.screen._compositor.render_strips()]

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.pilot.pause()

    def part(self, id_: str) -> Widget:
        return self.app.screen_stack[0].query_one(f"#{id_}")

    @property
    def runs(self) -> RunsPane:
        pane = self.part("runs")
        assert isinstance(pane, RunsPane)
        return pane

    async def flush(self) -> None:
        """Let the deck see what changed."""
        assert self.app.session is not None
        deck = self.app.screen_stack[0]
        assert isinstance(deck, DeckScreen)
        deck.refresh_from(self.app.session)
        await self.pilot.pause()

    async def until_screen(self, kind: type) -> None:
        await until(self.pilot, lambda: isinstance(self.app.screen, kind))
        dialog = self.app.screen
        await until(self.pilot, lambda: getattr(dialog, "armed", True))


@asynccontextmanager
async def a_deck(
    size: tuple[int, int] = (120, 40),
    fleet: StillFleet | None = None,
    *,
    events: bool = False,
    rebound: dict[str, str] | None = None,
) -> AsyncIterator[Deck]:
    fleet = fleet or the_fleet()
    clock = StillClock()
    app = an_app(fleet, clock, rebound=rebound)
    async with app.run_test(size=size, notifications=True) as pilot:
        deck = Deck(app, pilot, fleet, clock)
        await until(pilot, lambda: app.session is not None)
        if events:
            for event in the_events(fleet):
                fleet.tell(event)
        await deck.flush()
        yield deck


# -------------------------------------------------------------------------------- what it shows


@pytest.mark.parametrize("size", SIZES)
def test_the_deck_looks_as_it_did(snap_compare: object, size: tuple[int, int]) -> None:
    fleet = the_fleet()

    async def ready(pilot: Pilot[int]) -> None:
        app = pilot.app
        assert isinstance(app, SyncdeckApp)
        await until(pilot, lambda: app.session is not None)
        for event in the_events(fleet):
            fleet.tell(event)
        deck = app.screen
        assert isinstance(deck, DeckScreen)
        assert app.session is not None
        deck.refresh_from(app.session)
        await pilot.pause()

    assert snap_compare(an_app(fleet), run_before=ready, terminal_size=size)  # type: ignore[operator]


async def test_at_80_by_24_it_is_the_drawing() -> None:
    async with a_deck((80, 24), events=True) as deck:
        lines = deck.lines
        assert lines[0].startswith(" PROD rw ▸ analytics   ●4 ▲1 ◌1 ·12 ✗2 ?1 ⊘1 ✓18")
        assert lines[0].rstrip().endswith("14 req/min  read 2s ago")
        tabs = "─ 1 Runs 40 · problems first ▾ ── 2 Connections 12 ── 3 Events ── 4 History ───"
        assert lines[2].startswith(tabs)
        assert lines[3].startswith(
            "   CONNECTION                TYPE  STATUS         STEP      ROWS    RATE   TIME"
        )
        assert lines[4].startswith("▌  shopify → snowflake       sync  ✗ failed       2/2 ✗")
        assert "▸ ✓ 17 succeeded   ▸ ⊘ 1 skipped" in lines[15]
        assert lines[16].startswith("─ job 90431 shopify → snowflake · sync · failed 18m ago ──")
        assert lines[22].startswith(" 03:41:18 github → snowflake succeeded 412,600 rows 3m25")
        assert lines[23].rstrip().endswith("? help")


async def test_at_120_by_40_panes_stand_side_by_side() -> None:
    async with a_deck((120, 40), events=True) as deck:
        lines = deck.lines
        assert lines[2].startswith("─ 2 Connections 12 ───────────────┬─ 1 Runs 40 · launch 1")
        assert lines[4].startswith(" ● stripe → snowflake     8h   now│▌  shopify → snowflake")
        assert "! ads late 61m: due 02:40, no job│" in deck.text
        assert lines[29].startswith("─ job 90431 shopify · failed ─────┴─")
        assert "┬─ 3 Events · all ─" in lines[29]


async def test_at_200_by_50_numbers_are_exact() -> None:
    async with a_deck((200, 50), events=True) as deck:
        assert "1,240,000" in deck.text
        assert deck.lines[2].count("┬") == 2


@pytest.mark.parametrize("height", [10, 24, 31])
async def test_at_every_size_the_first_problem_is_named(height: int) -> None:
    async with a_deck((80, height)) as deck:
        for width in (40, 60, 79, 99, 100, 101, 150, 169, 170, 260):
            await deck.pilot.resize_terminal(width, height)
            await deck.pilot.pause()
            assert "✗ failed" in deck.text, width
            assert all(len(line) <= width for line in deck.lines)


async def test_a_resized_terminal_is_followed_at_once() -> None:
    async with a_deck((80, 24)) as deck:
        await deck.pilot.resize_terminal(120, 40)
        await deck.pilot.pause()
        assert "┬─ 1 Runs" in deck.text
        await deck.pilot.resize_terminal(80, 24)
        await deck.pilot.pause()
        assert "── 2 Connections" in deck.text


async def test_a_hostile_name_is_harmless_text_wherever_it_stands() -> None:
    fleet = the_fleet()
    view = a_connection(HOSTILE, late=timedelta(minutes=61), due=-3661)
    fleet.watch.connections[view.connection.connection_id] = view
    story = (
        a_story(HOSTILE, 90, 60, launch=None).triggered(job_id=99).read(9, "failed", 1, job_id=99)
    )
    state = fleet.take(story)
    async with a_deck((200, 50), fleet) as deck:
        ended = replace(story.ended(10, Verdict.FAILED, HOSTILE).events[-1])
        fleet.take(story)
        fleet.tell(ended)
        await deck.flush()
        await deck.press("g")
        assert "[bold red]x[/] ]0;owned" in deck.text
        assert deck.text.count("owned") >= 4
        assert "\x1b" not in deck.text
        assert "\x07" not in deck.text
        assert state.name == "[bold red]x[/] ]0;owned"


async def test_before_anything_is_read_nothing_is_claimed() -> None:
    fleet = StillFleet()
    fleet.feed.status = FeedStatus(None, 0, None, 0, None)
    fleet.watch.loading = Loading(0, done=False)
    async with a_deck(fleet=fleet) as deck:
        assert "reading what runs and what failed …" in deck.text
        assert "reading connections …" in deck.text
        assert "✓" not in deck.lines[0]


@pytest.mark.parametrize("done", [False, True])
async def test_an_id_in_place_of_a_name_says_whether_the_name_is_to_come(*, done: bool) -> None:
    fleet = StillFleet()
    fleet.watch.foreign = {JobId(7): a_reading("oracle", 7, "running")}
    fleet.watch.loading = Loading(0, done=done)
    async with a_deck(fleet=fleet) as deck:
        row = next(line for line in deck.lines if "● running" in line)
        assert "c-oracle" in row
        assert ("… c-oracle" in row) is not done


async def test_a_server_with_nothing_going_on_says_so_and_what_to_do() -> None:
    async with a_deck(fleet=StillFleet()) as deck:
        assert "nothing runs, and nothing failed lately" in deck.text
        assert "no connections here yet" in deck.text


async def test_a_server_that_cannot_be_read_says_why_and_which_key_helps() -> None:
    fleet = StillFleet()
    why = SafeText("The server at api.airbyte.com refused the connection.")
    fleet.feed.status = FeedStatus(None, 3, why, 3, NOW + timedelta(seconds=8))
    fleet.watch.error = why
    async with a_deck(fleet=fleet) as deck:
        assert "refused the connection" in deck.text
        assert "ctrl-r asks now" in deck.text
        assert "again in 8s" in deck.lines[0]


def _unread() -> StillFleet:
    fleet = StillFleet()
    fleet.feed.status = FeedStatus(None, 0, None, 0, None)
    fleet.watch.loading = Loading(0, done=False)
    return fleet


async def test_a_first_answer_that_is_late_is_said_to_be_and_which_key_asks_again() -> None:
    async with a_deck(fleet=_unread()) as deck:
        assert "ctrl-r" not in deck.text
        deck.clock.move(12)
        await deck.flush()
        assert "what failed … 12s" in deck.text
        assert "reading connections … 12s" in deck.text
        assert "ctrl-r asks again" in deck.text


async def test_how_long_a_server_could_not_be_read_is_said() -> None:
    fleet = _unread()
    fleet.feed.status = FeedStatus(None, 3, SafeText("no connection"), 3, None)
    async with a_deck(fleet=fleet) as deck:
        deck.clock.move(65)
        await deck.flush()
        assert "the server could not be read for 1m05; it is asked again" in deck.text


OTHER_KEYS = {"read_now": "f5", "back": "f6", "problems": "f7", "freeze": "f8", "hold": "f9"}


async def test_what_a_pane_says_names_keys_the_way_they_are_bound() -> None:
    fleet = _left_unsent()
    fleet.watch.error = SafeText("no connection")
    async with a_deck(fleet=fleet, rebound=OTHER_KEYS) as deck:
        assert "tried again by itself; f5" in deck.text
        assert "f9 sends or drops them" in deck.text
        await deck.press("f7")
        assert "f7 shows everything" in deck.text
        await deck.press("f7", "slash", *"nobody", "enter", "f8")
        assert "f6 shows all" in deck.text
        assert "frozen, f8 goes on" in deck.lines[0]


async def test_the_help_names_the_way_back_as_it_is_bound() -> None:
    async with a_deck(rebound=OTHER_KEYS) as deck:
        deck.app.push_screen(HelpScreen())
        await deck.pilot.pause()
        assert "f6 back" in deck.lines[-1]
        await deck.press("f6")
        assert isinstance(deck.app.screen, DeckScreen)


async def test_old_readings_dim_the_rows_and_show_their_age() -> None:
    async with a_deck() as deck:
        before = _contrast(deck.runs.render_line(1))
        deck.fleet.feed.status = FeedStatus(
            NOW - timedelta(seconds=38),
            14,
            SafeText("HTTP 503 list jobs"),
            3,
            NOW + timedelta(seconds=8),
        )
        await deck.flush()
        assert "read 38s ago · HTTP 503 list jobs ×3 · again in 8s" in deck.lines[0]
        after = _contrast(deck.runs.render_line(1))
        assert all(0 < faint < bright for faint, bright in zip(after, before, strict=True))


def _contrast(line: Strip) -> list[int]:
    """Return how far each text of a line is from what it stands on."""
    styles = [part.style for part in line if part.style is not None and part.text.strip()]
    pairs = [(style.color, style.bgcolor) for style in styles]
    return [
        sum(abs(a - b) for a, b in zip(text.triplet, ground.triplet, strict=True))
        for text, ground in pairs
        if text is not None and text.triplet and ground is not None and ground.triplet
    ]


async def test_what_is_typed_right_behind_the_filters_key_is_for_the_filter() -> None:
    async with a_deck() as deck:
        for character in "/p/st":
            name = "slash" if character == "/" else character
            deck.app.post_message(events.Key(name, character))  # as a paste, or a slow line, does
        await until(deck.pilot, lambda: deck.runs.words == "p/st")
        assert deck.fleet.asked == []
        assert len(deck.app.screen_stack) == 1


@pytest.mark.parametrize("size", SIZES)
async def test_the_last_line_shows_the_filter_while_it_is_typed(size: tuple[int, int]) -> None:
    async with a_deck(size) as deck:
        keys = deck.lines[-1]
        await deck.press("slash")
        assert deck.lines[-1].startswith(" / words  -without  tag:")
        await deck.press(*"stripe")
        assert deck.lines[-1].rstrip() == " / stripe"
        await deck.press("left", "x")
        assert deck.lines[-1].rstrip() == " / stripxe"
        await deck.press("enter")
        assert deck.lines[-1] == keys
        assert deck.runs.words == "stripxe"
        await deck.press("slash")
        assert deck.lines[-1].rstrip() == " / stripxe"


async def test_a_filter_longer_than_the_line_shows_where_it_is_typed() -> None:
    async with a_deck((80, 24)) as deck:
        await deck.press("slash", *"ab" * 60, "z")
        assert deck.lines[-1].startswith(" / ")
        assert deck.lines[-1].rstrip().endswith("abz")
        await deck.press("home")
        assert deck.lines[-1].startswith(" / abab")


@pytest.mark.parametrize(("keys", "pane"), [("2/a2e", "connections"), ("2 1 2 3/a x", "events")])
async def test_what_is_typed_behind_a_panes_key_is_for_that_pane(keys: str, pane: str) -> None:
    async with a_deck() as deck:
        driver, screen = deck.app._driver, deck.app.screen
        assert driver is not None
        assert isinstance(screen, DeckScreen)
        for key in keys.replace(" ", ""):  # no turn of the loop between them
            driver.process_message(events.Key("slash" if key == "/" else key, key))
        wanted = keys.partition("/")[2].replace(" ", "")
        await until(deck.pilot, lambda: screen._table.words == wanted)
        assert (screen._pane.value, deck.fleet.asked) == (pane, [])
        assert len(deck.app.screen_stack) == 1


async def test_a_filter_right_behind_a_panes_key_keeps_what_is_typed() -> None:
    async with a_deck() as deck:
        screen = deck.app.screen
        assert isinstance(screen, DeckScreen)
        screen.action_pane("connections")
        screen.action_filter()  # before the loop has had another turn
        await deck.pilot.pause()
        await deck.press(*"axe")
        assert screen._table.words == "axe"
        assert deck.fleet.asked == []
        assert len(deck.app.screen_stack) == 1


async def test_what_is_typed_right_behind_the_palettes_key_is_for_the_palette() -> None:
    async with a_deck() as deck:
        for character in ":p:st":
            name = "colon" if character == ":" else character
            deck.app.post_message(events.Key(name, character))  # as a paste, or a slow line, does
        await until(deck.pilot, lambda: isinstance(deck.app.screen, Palette))
        field = deck.app.screen.query_one(Input)
        await until(deck.pilot, lambda: field.value == "p:st")
        assert deck.fleet.asked == []
        await deck.pilot.press("escape")  # so that nothing is sought any more
        await until(deck.pilot, lambda: isinstance(deck.app.screen, DeckScreen))


async def test_the_palette_draws_no_glyph_of_two_cells() -> None:
    async with a_deck() as deck:
        await deck.press("colon")
        await until(deck.pilot, lambda: isinstance(deck.app.screen, Palette))
        await until(deck.pilot, lambda: "connection, run or command" in deck.text)
        assert "🔎" not in deck.text


async def test_a_colon_in_a_filter_opens_nothing() -> None:
    async with a_deck() as deck:
        await deck.pilot.press(*"/tag", "colon", "a")
        assert deck.runs.words == "tag:a"
        assert len(deck.app.screen_stack) == 1


async def test_a_session_that_cannot_open_says_why() -> None:
    @asynccontextmanager
    async def refused() -> AsyncIterator[object]:
        raise OrderRefused("The journal at ~/x is on a network file system.")
        yield

    app = SyncdeckApp(refused, profile_name="prod", server=SafeText("h"), clock=StillClock())  # type: ignore[arg-type]
    async with app.run_test(size=(80, 24)) as pilot:
        deck = Deck(app, pilot, StillFleet(), StillClock())
        await until(pilot, lambda: "network file system" in deck.text)
        assert "prod cannot be opened" in deck.text


async def test_a_quiet_second_draws_only_the_rows_whose_time_moves() -> None:
    async with a_deck() as deck:
        await deck.flush()
        before = deck.runs.drawn
        deck.clock.move(1)
        await deck.flush()
        live = 6
        assert deck.runs.drawn - before <= live


async def test_a_flush_without_news_draws_nothing() -> None:
    async with a_deck() as deck:
        await deck.flush()
        before = deck.runs.drawn
        await deck.flush()
        assert deck.runs.drawn == before


# --------------------------------------------------------------------------------------- keys


@pytest.mark.parametrize(
    ("keys", "pane"),
    [
        (["2"], "connections"),
        (["3"], "events"),
        (["2", "1"], "runs"),
        (["tab"], "connections"),
        (["l", "l"], "events"),
        (["l", "h"], "runs"),
        (["h"], "events"),
    ],
)
async def test_keys_choose_the_pane(keys: Sequence[str], pane: str) -> None:
    async with a_deck((80, 24)) as deck:
        await deck.press(*keys)
        assert deck.app.focused is deck.part(pane)


async def test_a_filter_is_typed_at_the_bottom_and_seen_in_the_title() -> None:
    async with a_deck() as deck:
        await deck.press("2", "slash", "s", "h", "o", "p")
        assert "2 Connections 1/12 · /shop" in deck.text
        await deck.press("enter")
        assert deck.app.focused is deck.part("connections")
        await deck.press("escape")
        assert "2 Connections 12 ─" in deck.text


async def test_a_filter_at_80_leaves_the_other_tabs_in_sight() -> None:
    async with a_deck((80, 24)) as deck:
        await deck.press("slash", *"status:failed snow", "enter")
        assert "/status:failed snow ──" in deck.lines[2]
        assert "4 History" in deck.lines[2]
        await deck.press("s")
        assert "newest first ▾" in deck.lines[2]


async def test_a_filter_of_events_does_not_wait_for_hands_that_have_just_moved() -> None:
    async with a_deck(events=True) as deck:
        pane = deck.part("events")
        assert isinstance(pane, EventsPane)
        await deck.press("3", "j")
        everything = pane.order
        await deck.press("slash", *"jira")
        assert 0 < len(pane.order) < len(everything)
        await deck.press("escape")
        assert pane.order == everything


async def test_escape_gives_a_filter_up_while_it_is_typed() -> None:
    async with a_deck() as deck:
        await deck.press("slash", "j", "i", "r", "a")
        assert "/jira" in deck.lines[2]
        await deck.press("escape")
        assert "/jira" not in deck.lines[2]


async def test_a_filter_that_is_left_for_another_pane_is_kept_and_not_typed_any_more() -> None:
    async with a_deck() as deck:
        await deck.press("slash", *"jira", "tab")
        assert deck.app.focused is deck.part("connections")
        assert not deck.lines[-1].startswith(" / ")
        await deck.press("slash", *"shop", "enter")
        assert "2 Connections 1/12 · /shop" in deck.text
        assert "· /jira" in deck.lines[2]


async def test_a_filter_is_typed_on_when_the_terminal_is_in_front_again() -> None:
    async with a_deck() as deck:
        await deck.press("slash", *"ji")
        deck.app.post_message(events.AppBlur())
        await deck.pilot.pause()
        deck.app.post_message(events.AppFocus())
        await deck.pilot.pause()
        await deck.press(*"ra")
        assert deck.lines[-1].startswith(" / jira")


async def test_letters_typed_into_the_filter_do_nothing_else() -> None:
    async with a_deck() as deck:
        await deck.press("slash", "x", "d", "t", "q")
        assert deck.fleet.asked == []
        assert isinstance(deck.app.screen, DeckScreen)


async def test_a_connection_that_is_gone_goes_when_the_hands_on_its_pane_rest() -> None:
    async with a_deck() as deck:
        await deck.press("2", "j")
        gone, pane = connection_id("stripe → snowflake"), deck.part("connections")
        assert isinstance(pane, ConnectionsPane)
        del deck.fleet.watch.connections[gone]
        await deck.flush()
        assert gone in pane.order
        deck.clock.move(10)
        await deck.flush()
        assert gone not in pane.order


async def test_marks_of_what_is_gone_are_dropped() -> None:
    fleet = the_fleet()
    stranger = a_reading("stripe → snowflake", 7, "running")
    fleet.watch.foreign[stranger.job.job_id] = stranger
    async with a_deck(fleet=fleet) as deck:
        await deck.press("asterisk")
        marked = len(deck.runs.marks)
        run = next(key.run for key in deck.runs.order if isinstance(key, RunKey))
        del deck.fleet.watch.foreign[stranger.job.job_id]
        del deck.fleet.runs[run]
        await deck.flush()
        assert len(deck.runs.marks) == marked - 2
        assert f"{marked - 2} marked" in deck.lines[2]
        await deck.press("2", "asterisk")
        count = len(deck.fleet.watch.connections)
        del deck.fleet.watch.connections[next(iter(deck.fleet.watch.connections))]
        await deck.flush()
        assert f"{count - 1} marked" in deck.lines[2]


async def test_problems_only_and_back() -> None:
    async with a_deck() as deck:
        await deck.press("exclamation_mark")
        assert "problems only" in deck.lines[2]
        assert "salesforce" not in deck.text
        await deck.press("exclamation_mark")
        assert "salesforce" in deck.text


async def test_s_takes_the_next_order() -> None:
    async with a_deck() as deck:
        await deck.press("s")
        assert "newest first" in deck.lines[2]
        await deck.press("s")
        assert "by name" in deck.lines[2]


async def test_enter_on_a_line_shows_what_it_stands_for() -> None:
    async with a_deck((80, 24)) as deck:
        await deck.press("G", "k", "enter")
        assert "▾ · 12 waiting" in deck.text
        assert "adyen" in deck.text


async def test_marks_follow_space_range_all_invert_and_unmark() -> None:
    async with a_deck() as deck:
        await deck.press("2", "space", "space")
        assert "2 marked" in deck.lines[2]
        await deck.press("i")
        assert "10 marked" in deck.lines[2]
        await deck.press("u", "asterisk")
        assert "12 marked" in deck.lines[2]
        await deck.press("u", "g", "v", "j", "j", "v")
        assert "3 marked" in deck.lines[2]


async def test_wide_and_zoom_give_the_pane_room_and_take_it_back() -> None:
    async with a_deck() as deck:
        await deck.press("w")
        assert not deck.part("connections").display
        await deck.press("w", "z")
        assert not deck.part("detail").display
        await deck.press("escape")
        assert deck.part("detail").display


async def test_the_last_view_says_when_there_is_none() -> None:
    async with a_deck() as deck:
        await deck.press("minus")
        assert "nothing has been opened yet: ⏎ opens a row" in deck.text


async def test_freeze_holds_the_picture_and_says_so() -> None:
    async with a_deck() as deck:
        await deck.press("f")
        story = a_story("oracle → snowflake", 99, 5).triggered(job_id=999)
        deck.fleet.take(story)
        await deck.flush()
        assert "frozen" in deck.lines[0]
        assert "oracle" not in deck.text
        await deck.press("f")
        assert "oracle" in deck.text


async def test_ctrl_r_asks_the_server_now() -> None:
    async with a_deck() as deck:
        await deck.press("ctrl+r")
        assert deck.fleet.feed.asked == 1


async def test_cancel_asks_and_then_wishes_for_the_run_that_was_meant() -> None:
    async with a_deck() as deck:
        await deck.press(*["j"] * 6)
        await deck.press("x")
        await deck.until_screen(ConfirmDialog)
        assert "stripe → snowflake (job 90447)" in deck.text
        await deck.press("y")
        await until(deck.pilot, lambda: bool(deck.fleet.asked))
        assert deck.fleet.asked == [("cancel", RunId("r-0000000007"))]


async def _on_a_connection(deck: Deck, name: str) -> None:
    await deck.press("2", "slash", *name, "enter")
    assert len(deck.app.screen_stack) == 1


async def test_cancel_on_a_connection_is_for_the_run_of_ours_that_watches_its_job() -> None:
    async with a_deck() as deck:
        await _on_a_connection(deck, "stripe")
        await deck.press("x")
        await deck.until_screen(ConfirmDialog)
        assert "stripe → snowflake (job 90447)" in deck.text
        assert "started elsewhere" not in deck.text
        await deck.press("y")
        await until(deck.pilot, lambda: bool(deck.fleet.asked))
        assert deck.fleet.asked == [("cancel", RunId("r-0000000007"))]


@pytest.mark.parametrize("key", ["x", "e"])
async def test_long_names_leave_a_question_room_for_its_answers(key: str) -> None:
    fleet = StillFleet()
    for number in range(8):
        name = f"{number}{'long' * 60} → pg"
        view = a_connection(name)
        fleet.watch.connections[view.connection.connection_id] = view
        story = a_story(name, number, 60).triggered(job_id=number + 1)
        fleet.take(story.read(5, "running", 1, job_id=number + 1))
    async with a_deck((80, 24), fleet=fleet) as deck:
        await deck.press("2", "asterisk", key)
        await deck.until_screen(ConfirmDialog)
        assert "[ n  No ]" in deck.text


async def test_a_run_that_waits_is_let_go_from_its_connection() -> None:
    async with a_deck() as deck:
        await _on_a_connection(deck, "adyen")
        await deck.press("x")
        await deck.until_screen(ConfirmDialog)
        assert "adyen → snowflake (nothing sent yet)" in deck.text


async def test_detach_on_a_connection_is_for_its_live_run() -> None:
    async with a_deck() as deck:
        await _on_a_connection(deck, "stripe")
        await deck.press("d")
        await until(deck.pilot, lambda: bool(deck.fleet.asked))
        assert deck.fleet.asked == [("detach", RunId("r-0000000007"))]


def _left_unsent() -> StillFleet:
    fleet = StillFleet()
    fleet.take(a_story("adyen → snowflake", 1, 60).tell(0, RunWaiting("asked")))
    return fleet


async def test_escape_drops_nothing_of_what_an_earlier_start_left_unsent() -> None:
    async with a_deck(fleet=_left_unsent()) as deck:
        await deck.press("p")
        await deck.until_screen(ConfirmDialog)
        await deck.press("escape")
        assert deck.fleet.asked == []


async def test_n_drops_what_an_earlier_start_left_unsent() -> None:
    async with a_deck(fleet=_left_unsent()) as deck:
        await deck.press("p")
        await deck.until_screen(ConfirmDialog)
        await deck.press("n")
        await until(deck.pilot, lambda: bool(deck.fleet.asked))
        assert deck.fleet.asked == [("drop_waiting", [RunId("r-0000000001")])]


async def test_no_cancels_nothing() -> None:
    async with a_deck() as deck:
        await deck.press(*["j"] * 6)
        await deck.press("x")
        await deck.until_screen(ConfirmDialog)
        await deck.press("n")
        assert deck.fleet.asked == []


async def test_a_key_typed_ahead_does_not_answer_a_dialog() -> None:
    async with a_deck() as deck:
        await deck.pilot.press(*["j"] * 6, "x", "y")
        await deck.until_screen(ConfirmDialog)
        assert deck.fleet.asked == []


async def test_an_ended_run_has_nothing_to_cancel() -> None:
    async with a_deck() as deck:
        await deck.press("x")
        await until(deck.pilot, lambda: "nothing here to cancel" in deck.text)


async def test_a_refusal_is_shown_as_the_fleet_words_it() -> None:
    async with a_deck() as deck:
        deck.fleet.refusal = OrderRefused("Profile prod is read-only: nothing was sent.")
        await deck.press(*["j"] * 6, "d")
        await until(deck.pilot, lambda: "read-only: nothing was sent" in deck.text)


async def test_detach_and_hold_go_to_the_fleet() -> None:
    async with a_deck() as deck:
        await deck.press(*["j"] * 6, "d")
        await until(deck.pilot, lambda: len(deck.fleet.asked) == 1)
        await deck.press("p")
        await until(deck.pilot, lambda: len(deck.fleet.asked) == 2)
        assert deck.fleet.asked[0] == ("detach", RunId("r-0000000007"))
        assert deck.fleet.asked[1] == ("hold", LaunchId("l-0000000007"))


async def test_attach_watches_somebody_elses_job() -> None:
    fleet = the_fleet()
    fleet.watch.foreign = {JobId(77): a_reading("oracle", 77, "failed")}
    async with a_deck(fleet=fleet) as deck:
        place = next(i for i, key in enumerate(deck.runs.order) if getattr(key, "job", None) == 77)
        await deck.press("g", *["j"] * place, "a")
        await until(deck.pilot, lambda: bool(fleet.asked))
        assert fleet.asked == [("attach", 77)]


async def test_disabling_a_connection_asks_first() -> None:
    async with a_deck() as deck:
        await deck.press("2", "e")
        await deck.until_screen(ConfirmDialog)
        assert "Disable 1 connection" in deck.text
        await deck.press("y")
        await until(deck.pilot, lambda: bool(deck.fleet.asked))
        name = connection_id("stripe → snowflake")
        assert deck.fleet.asked == [("set_connection_status", name, False)]


async def test_the_log_is_an_address_where_no_browser_can_open() -> None:
    async with a_deck() as deck:
        await deck.press("o")
        await deck.until_screen(MessageDialog)
        assert "connections/c-shopify/timeline?jobId=90431&openLogs=true" in "".join(
            line.strip() for line in deck.lines
        )


async def test_y_copies_the_row() -> None:
    async with a_deck() as deck:
        await deck.press("y")
        assert deck.app.clipboard.startswith("shopify → snowflake  job 90431  failed  9,104 rows")


async def test_quitting_with_live_runs_asks_and_staying_stays() -> None:
    async with a_deck() as deck:
        await deck.press("q")
        await deck.until_screen(QuitDialog)
        await deck.press("s")
        assert isinstance(deck.app.screen, DeckScreen)
        assert deck.app.session is not None


async def test_a_storm_of_sizes_is_survived() -> None:
    async with a_deck() as deck:
        for size in ((200, 50), (40, 10), (20, 5), (1, 1), (120, 40), (5, 2)):
            await deck.pilot.resize_terminal(*size)
        await deck.pilot.resize_terminal(29, 8)
        await until(deck.pilot, lambda: "is too small" in deck.text)
        assert "30×6 at least" in " ".join(deck.text.split())
        await deck.pilot.resize_terminal(80, 24)
        await until(deck.pilot, lambda: "1 Runs" in deck.text)
        assert "too small" not in deck.text


async def test_quitting_detached_leaves_the_jobs_alone() -> None:
    async with a_deck() as deck:
        await deck.press("q")
        await deck.until_screen(QuitDialog)
        await deck.press("d")
        await until(deck.pilot, lambda: deck.app.session is None)
        assert deck.fleet.asked == []
        assert deck.app.return_value == 0


async def test_quitting_with_nothing_live_does_not_ask() -> None:
    async with a_deck(fleet=StillFleet()) as deck:
        await deck.press("q")
        await until(deck.pilot, lambda: deck.app.return_value == 0)


async def test_many_outcomes_make_one_notice() -> None:
    async with a_deck() as deck:
        for number in range(5):
            story = a_story(f"late-{number} → pg", 200 + number, 50, launch=None)
            story.triggered(job_id=500 + number).ended(40, Verdict.FAILED, "no")
            deck.fleet.take(story)
            deck.fleet.tell(story.events[-1])
        await until(deck.pilot, lambda: "5 runs ended: ✗ failed 5" in deck.text)


async def test_the_filter_finds_among_ten_thousand_connections() -> None:
    fleet = StillFleet()
    for number in range(10_000):
        view = a_connection(f"source{number:05} → snowflake")
        fleet.watch.connections[view.connection.connection_id] = view
    async with a_deck((200, 50), fleet) as deck:
        await deck.press("2", "slash", "0", "4", "2", "4", "2")
        assert "2 Connections 1/10,000 · /04242" in deck.text


async def test_the_deck_asks_for_the_past_of_connections_in_view_only() -> None:
    fleet = StillFleet()
    for number in range(500):
        view = a_connection(f"source{number:05} → snowflake", read=False)
        fleet.watch.connections[view.connection.connection_id] = view
    async with a_deck(fleet=fleet) as deck:
        deck.clock.move(1)
        await deck.flush()
        assert 0 < len(set(fleet.watch.looked_at)) < 40


async def test_an_event_of_a_run_is_told_in_the_events_pane() -> None:
    async with a_deck() as deck:
        story = a_story("github → snowflake", 30, 207)
        fact = RunFinished("failed", "the server went away", {})
        event = replace(story.events[0], fact=fact, run=RunId("r-0000000030"))
        deck.fleet.tell(event)
        await deck.flush()
        assert "github" in deck.lines[30]


async def _an_event_of_stripe(deck: Deck) -> RunState:
    """Have something happen to another run than the one the runs pane has its cursor on."""
    state = next(run for run in deck.fleet.runs.values() if run.name.startswith("stripe"))
    story = a_story("stripe → snowflake", 30, 207)
    fact = Warned("no-rows", "no new rows for 10m", 600.0)
    deck.fleet.tell(replace(story.events[0], fact=fact, run=state.run))
    await deck.flush()
    await deck.press("3")
    assert deck.runs.cursor != RunKey(state.run)
    return state


async def test_enter_on_an_event_opens_the_run_it_is_of() -> None:
    async with a_deck() as deck:
        state = await _an_event_of_stripe(deck)
        await deck.press("enter")
        assert f"job {state.job_id} stripe → snowflake" in deck.lines[0]


async def test_a_key_on_an_event_is_for_the_run_it_is_of() -> None:
    async with a_deck() as deck:
        state = await _an_event_of_stripe(deck)
        await deck.press("d")
        assert deck.fleet.asked == [("detach", state.run)]


async def test_an_event_of_no_run_gives_a_key_nothing_to_do() -> None:
    async with a_deck() as deck:
        story = a_story("stripe → snowflake", 30, 207)
        deck.fleet.tell(replace(story.events[0], fact=PollFailed("HTTP 503", 8), run=None))
        await deck.flush()
        await deck.press("3", "x", "enter")
        assert "nothing here to cancel" in deck.text
        assert isinstance(deck.app.screen, DeckScreen)


async def test_enter_on_an_event_of_a_launch_opens_its_report() -> None:
    async with a_deck() as deck:
        story = a_story("stripe → snowflake", 30, 207)
        fact = LaunchHeld(held=True, why="3 failures in a row")
        launch = next(iter(deck.fleet.launches))
        deck.fleet.tell(replace(story.events[0], fact=fact, run=None, launch=launch))
        await deck.flush()
        await deck.press("3", "enter")
        assert "report of launch" in deck.lines[0]


async def test_y_on_an_event_copies_the_event() -> None:
    async with a_deck() as deck:
        await _an_event_of_stripe(deck)
        await deck.press("y")
        assert deck.app.clipboard.endswith("stripe → snowflake no new rows for 10m")


async def test_beside_an_event_stands_how_its_run_is_now() -> None:
    async with a_deck() as deck:
        await _an_event_of_stripe(deck)
        below = "\n".join(deck.lines[24:])
        assert "no new rows for 10m" in below
        assert "1 triggerJob ✓" in below


# ------------------------------------------------------------------------------------- matches


async def test_n_goes_through_what_the_filter_found_and_begins_anew() -> None:
    async with a_deck() as deck:
        await deck.press("slash", *"done-", "enter")
        await until(deck.pilot, lambda: "done-00" in deck.text)
        found = [key for key in deck.runs.order if isinstance(key, RunKey)]
        seen = [deck.runs.cursor]
        for _ in found:
            await deck.press("n")
            seen.append(deck.runs.cursor)
        assert set(seen) == set(found) | {seen[0]}
        await deck.press("N")
        assert deck.runs.cursor == seen[-2]


async def test_n_without_a_filter_says_what_it_is_for() -> None:
    async with a_deck() as deck:
        await deck.press("n")
        told = [notice.message for notice in deck.app._notifications]
        assert told == ["/ filters; n and N go through what it finds"]


async def test_events_are_wrapped_for_a_new_width_at_once() -> None:
    async with a_deck(size=(200, 50), events=True) as deck:
        await deck.pilot.resize_terminal(120, 40)
        await deck.pilot.pause()
        pane = deck.part("events")
        assert isinstance(pane, EventsPane)
        assert pane._width == pane.scrollable_content_region.width


async def test_leaving_the_demo_says_how_to_add_ones_own_server() -> None:
    app = an_app(the_fleet(), demo=True)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.session is not None)
        await pilot.press("q")
        await until(pilot, lambda: isinstance(app.screen, QuitDialog))
        body = app.screen.query_one(".body", Static)
        assert "syncdeck profile add NAME --url URL" in str(body.content)


async def test_the_theme_that_was_chosen_is_there_at_the_next_start(tmp_path: Path) -> None:
    file = tmp_path / "deck.json"
    app = an_app(the_fleet(), kept=Kept(file))
    async with app.run_test() as pilot:
        assert app.theme == themes.DEFAULT
        app.theme = "nord"
        await until(pilot, file.exists)
    again = an_app(the_fleet(), kept=Kept(file))
    assert again.theme == "nord"
    assert an_app(the_fleet(), kept=Kept(file), theme="terminal").theme == "terminal"


async def test_what_was_kept_and_cannot_be_read_is_told(tmp_path: Path) -> None:
    file = tmp_path / "deck.json"
    file.write_text('{"v": 1, "theme": "a theme that is gone"}')
    assert an_app(the_fleet(), kept=Kept(file)).theme == themes.DEFAULT
    file.write_text("{")
    app = an_app(the_fleet(), kept=Kept(file))
    async with app.run_test() as pilot:
        await until(pilot, lambda: len(app._notifications) == 1)
        (told,) = app._notifications
        assert "cannot be read" in told.message


async def test_m_follows_a_connection_and_stops_following_it() -> None:
    async with a_deck() as deck:
        await deck.press("2", "g", "m")
        following = deck.fleet.following
        await until(deck.pilot, lambda: bool(following.connections))
        await deck.flush()
        await until(deck.pilot, lambda: "1 followed" in deck.text)
        assert any("»" in line for line in deck.lines)
        await deck.press("slash", *"status:followed", "enter")
        await until(deck.pilot, lambda: "1/" in deck.text)
        await deck.press("escape", "m")
        await until(deck.pilot, lambda: not following.connections)


async def test_a_click_on_a_title_takes_its_order() -> None:
    async with a_deck(size=(120, 40)) as deck:
        title = deck.runs.region
        await deck.pilot.click(offset=(title.x + 4, title.y))
        await until(deck.pilot, lambda: "by name" in deck.text)
        status = deck.lines[title.y].index("STATUS")
        await deck.pilot.click(offset=(status, title.y))
        await until(deck.pilot, lambda: "problems first" in deck.text)
        connections = deck.part("connections").region
        last = deck.lines[connections.y].index("LAST✓")
        await deck.pilot.click(offset=(last, connections.y))
        await until(deck.pilot, lambda: "oldest ✓" in deck.text)


async def test_events_are_wrapped_anew_when_the_width_is_another_one() -> None:
    async with a_deck(size=(120, 40), events=True) as deck:
        pane = deck.part("events")
        assert isinstance(pane, EventsPane)
        await deck.pilot.resize_terminal(200, 50)
        await until(deck.pilot, lambda: deck.app.size.width == 200)
        await deck.flush()
        await deck.pilot.pause()
        drawn = " ".join(" ".join(line[145:] for line in deck.lines).split())
        whole = " ".join(
            " ".join(str(cell.text) for cell in pane._row(key, ()).cells) for key in pane.in_view
        )
        assert " ".join(whole.split()) in drawn


async def test_a_journal_that_cannot_be_written_is_said_in_full_and_what_to_do() -> None:
    full = SafeText("No space is left for the journal. Free some; nothing is triggered until then.")
    async with a_deck((200, 50)) as deck:
        deck.fleet.trouble = full
        deck.app._dirty = True
        await until(deck.pilot, lambda: full in deck.lines[0])
        notices = [notice.message for notice in deck.app._notifications]
        assert notices == [f"{full} Watching goes on."]
        await deck.press("4")
        await until(deck.pilot, lambda: full in deck.lines[0] and "history" in deck.lines[0])
        deck.fleet.trouble = None
        deck.app._dirty = True
        await until(deck.pilot, lambda: full not in deck.lines[0])
        assert [notice.message for notice in deck.app._notifications][1:] == [
            "the journal is written again"
        ]


async def test_what_of_the_journal_could_not_be_read_is_said_once() -> None:
    damage = SafeText("In the journal j.db an entry is damaged: event 7 of run r-1.")
    async with a_deck((200, 50)) as deck:
        deck.fleet.damage = damage
        for _ in range(2):
            deck.app._dirty = True
            deck.app._hand_over()
            await until(deck.pilot, lambda: len(deck.app._notifications) > 0)
            await deck.pilot.pause()
        assert [notice.message for notice in deck.app._notifications] == [damage]
