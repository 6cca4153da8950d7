"""The launch screen sends nothing before its button, and the button waits for the checks."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from textual.pilot import Pilot
from textual.widgets import Button, Static

from tests.support.deck import an_app, the_fleet
from tests.support.screens import HOSTILE, until
from tests.support.stand_ins import Host, StandInFleet, session
from tui.screens import plan_book
from tui.screens.dialogs import TypedDialog
from tui.screens.launch import LaunchScreen
from tui.screens.launch_form import suggested
from tui.screens.naming import NameDialog
from tui.widgets.form_fields import Choice, ShortInput, Tick
from tui.widgets.target_list import TargetList
from workflow.runs import programs
from workflow.runs.launch import OnConflict, Target, TargetCheck, Will
from workflow.text import safe

TARGETS = tuple(Target(f"id-{name}", safe(f"{name} → snowflake")) for name in "abc")


def will(*wills: Will) -> dict[str, TargetCheck]:
    return {
        target.connection_id: TargetCheck(target, one, safe("because"), last=safe("failed 12m ago"))
        for target, one in zip(TARGETS, wills, strict=False)
    }


async def shown(
    pilot: Pilot[None],
    fleet: StandInFleet,
    *,
    targets: tuple[Target, ...] = TARGETS,
    read_only: bool = False,
) -> LaunchScreen:
    screen = LaunchScreen(session(fleet, read_only=read_only), targets)
    told = len(fleet.checks)
    app = pilot.app
    assert isinstance(app, Host)
    app.push_screen(screen, app.answers.append)
    await until(pilot, lambda: screen.is_mounted and screen.query_one("#status").is_mounted)
    await until(pilot, lambda: len(fleet.checked) == 1 and len(screen._checks.by_id) == told)
    await until(pilot, lambda: f"checked {told} of" in text(screen, "#status") or read_only)
    return screen


def text(screen: LaunchScreen, selector: str) -> str:
    return str(screen.query_one(selector, Static).render())


def go(screen: LaunchScreen) -> Button:
    return screen.query_one("#go", Button)


async def test_enter_sends_once_all_targets_have_been_checked() -> None:
    fleet = StandInFleet(checks=will("send", "attach", "skip"))
    async with Host().run_test(size=(80, 24)) as pilot:
        screen = await shown(pilot, fleet)
        assert "Trigger 1 on PROD" in str(go(screen).label)
        assert "1 send · 1 attach · 1 skip" in text(screen, "#summary")
        await pilot.press("enter")
        await until(pilot, lambda: pilot.app.answers == ["l-1"])  # type: ignore[attr-defined]
        assert [order.targets for order in fleet.orders] == [TARGETS]


async def test_the_button_has_room_for_what_it_says() -> None:
    fleet = StandInFleet(checks=will("send", "send", "send"))
    async with Host().run_test(size=(80, 24)) as pilot:
        button = go(await shown(pilot, fleet))
        await pilot.press("*")
        await pilot.resize_terminal(90, 24)
        await until(pilot, lambda: button.size.width == len(" [ Nothing to send ] "))
        await pilot.press("u")
        await pilot.pause()
        assert str(button.label) == "[ Trigger 3 on PROD ]"
        assert button.size.width == len(" [ Trigger 3 on PROD ] ")


async def test_enter_is_dead_while_a_target_is_not_checked() -> None:
    fleet = StandInFleet(checks=will("send", "send"))
    async with Host().run_test(size=(80, 24)) as pilot:
        screen = await shown(pilot, fleet)
        await pilot.press("enter")
        assert go(screen).disabled
        assert "Checking …" in str(go(screen).label)
        assert "1 not checked yet" in text(screen, "#summary")
        assert fleet.orders == []


async def test_a_target_left_out_is_not_sent() -> None:
    fleet = StandInFleet(checks=will("send", "send"))
    async with Host().run_test(size=(80, 24)) as pilot:
        screen = await shown(pilot, fleet)
        await pilot.press("j", "j", "space")
        assert screen.query_one(TargetList).marks == {"id-c"}
        await pilot.press("enter")
        await until(pilot, lambda: bool(fleet.orders))
        assert fleet.orders[0].targets == TARGETS[:2]


async def test_what_is_blocked_is_not_sent_and_that_is_said() -> None:
    fleet = StandInFleet(checks=will("send", "blocked", "send"))
    async with Host().run_test(size=(100, 24)) as pilot:
        screen = await shown(pilot, fleet)
        assert "1 blocked one is not sent" in text(screen, "#status")
        await pilot.press("enter")
        await until(pilot, lambda: bool(fleet.orders))
        assert fleet.orders[0].targets == (TARGETS[0], TARGETS[2])


async def test_another_answer_to_a_conflict_checks_the_targets_again() -> None:
    fleet = StandInFleet(checks=will("send", "send", "send"))
    async with Host().run_test(size=(80, 24)) as pilot:
        screen = await shown(pilot, fleet)
        screen.query_one("#conflict", Choice).focus()
        await pilot.press("right")
        await until(pilot, lambda: len(fleet.checked) == 2)
        assert fleet.checked[1].on_conflict is OnConflict.SKIP


async def test_clearing_and_then_syncing_executes_the_other_shipped_document() -> None:
    fleet = StandInFleet(checks=will("send", "send", "send"))
    async with Host().run_test(size=(80, 24)) as pilot:
        screen = await shown(pilot, fleet)
        screen.query_one("#doing", Choice).chosen = "clear-then-sync"
        await until(pilot, lambda: len(fleet.checked) == 2 and not go(screen).disabled)
        await pilot.press("enter")
        await until(pilot, lambda: getattr(pilot.app.screen, "armed", False))
        await pilot.press(*"clear 3 prod", "enter")
        await until(pilot, lambda: bool(fleet.orders))
        assert fleet.orders[0].program is programs.clear_then_sync()


async def test_wiping_data_is_typed_out_first() -> None:
    fleet = StandInFleet(checks=will("send", "send", "skip"))
    async with Host().run_test(size=(80, 24)) as pilot:
        screen = await shown(pilot, fleet)
        screen.query_one("#doing", Choice).focus()
        await pilot.press("right", "right")
        assert screen.query_one("#over-running", Tick).display
        await until(pilot, lambda: not go(screen).disabled)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, TypedDialog))
        dialog = pilot.app.screen
        assert isinstance(dialog, TypedDialog)
        await until(pilot, lambda: dialog.armed)
        await pilot.press("enter")
        assert fleet.orders == []
        await pilot.press(*"clear 2 prod", "enter")
        await until(pilot, lambda: bool(fleet.orders))
        assert fleet.orders[0].job_type == "clear"
        assert fleet.orders[0].targets == TARGETS[:2]


async def test_leaving_the_typed_dialog_sends_nothing() -> None:
    fleet = StandInFleet(checks=will("send", "send", "send"))
    async with Host().run_test(size=(80, 24)) as pilot:
        screen = await shown(pilot, fleet)
        screen.query_one("#doing", Choice).chosen = "reset"
        await until(pilot, lambda: len(fleet.checked) == 2 and not go(screen).disabled)
        await pilot.press("enter")
        await until(pilot, lambda: getattr(pilot.app.screen, "armed", False))
        await pilot.press("escape")
        await pilot.pause()
        assert pilot.app.screen is screen
        assert fleet.orders == []


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("#at-once", "0", "At once: write a whole number"),
        ("#stop-after", "2m3h", "Stop waiting after: write a time"),
        ("#hold-after", "0", "Hold after: write a whole number"),
    ],
)
async def test_a_mistake_is_told_and_keeps_the_button_dead(
    field: str, value: str, sentence: str
) -> None:
    fleet = StandInFleet(checks=will("send", "send", "send"))
    async with Host().run_test(size=(100, 24)) as pilot:
        screen = await shown(pilot, fleet)
        screen.query_one(field, ShortInput).value = value
        await pilot.pause()
        assert sentence in text(screen, "#status")
        assert go(screen).disabled
        await pilot.press("enter")
        assert fleet.orders == []


async def test_a_refused_launch_says_why_and_can_be_tried_again() -> None:
    fleet = StandInFleet(checks=will("send", "send", "send"), refuses="the journal is full")
    async with Host().run_test(size=(80, 24)) as pilot:
        screen = await shown(pilot, fleet)
        await pilot.press("enter")
        await until(pilot, lambda: "journal is full" in text(screen, "#status"))
        assert not go(screen).disabled


async def test_a_read_only_profile_sends_nothing() -> None:
    fleet = StandInFleet(checks=will("send", "send", "send"))
    async with Host().run_test(size=(80, 24)) as pilot:
        screen = await shown(pilot, fleet, read_only=True)
        await pilot.press("enter")
        assert "prod is read-only, nothing can be sent: W arms it" in text(screen, "#status")
        assert fleet.orders == []


async def test_the_command_that_does_the_same_is_copied() -> None:
    fleet = StandInFleet(checks=will("send", "send", "send"))
    app = Host()
    async with app.run_test(size=(80, 24)) as pilot:
        await shown(pilot, fleet)
        await pilot.press("y")
        assert app.copied.startswith("syncdeck run --profile prod --max-parallel 5")
        assert app.copied.endswith("-- id-a id-b id-c")


async def test_back_sends_nothing() -> None:
    fleet = StandInFleet(checks=will("send", "send", "send"))
    app = Host()
    async with app.run_test(size=(80, 24)) as pilot:
        await shown(pilot, fleet)
        await pilot.press("escape")
        await pilot.pause()
        assert (app.answers, fleet.orders) == ([None], [])


async def test_the_form_names_its_keys_as_they_are_bound() -> None:
    fleet = StandInFleet(checks=will("send", "send", "send"))
    app = Host()
    app.rebound = {"back": "f6", "hold": "f9"}
    async with app.run_test(size=(120, 40)) as pilot:
        await shown(pilot, fleet)
        told = "\n".join(strip.text for strip in app.screen._compositor.render_strips())
        assert "f6 back" in told
        assert "f9 goes on" in told


async def test_a_hostile_name_is_shown_as_text() -> None:
    target = Target("id-x", safe(HOSTILE))
    checks: Mapping[str, TargetCheck] = {"id-x": TargetCheck(target, "send", last=safe(HOSTILE))}
    async with Host().run_test(size=(80, 24)) as pilot:
        await shown(pilot, StandInFleet(checks=checks), targets=(target,))
        picture = pilot.app.export_screenshot()
        assert "[bold" in picture
        assert "\x1b" not in picture


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 50)])
async def test_everything_has_its_place_at_every_size(size: tuple[int, int]) -> None:
    fleet = StandInFleet(checks=will("send", "attach", "skip"))
    async with Host().run_test(size=size) as pilot:
        screen = await shown(pilot, fleet)
        for selector in ("#where", "#fields", "#summary", "#targets", "#status", "#go", "#hints"):
            region = screen.query_one(selector).region
            assert region.height > 0
            assert region.bottom <= size[1]
            assert region.right <= size[0]
        assert screen.query_one(TargetList).region.height >= 4


def test_many_targets_are_launched_with_care_by_default() -> None:
    assert suggested(40, None).hold_after == "3"
    assert suggested(5, None).hold_after == ""
    assert not suggested(40, None).one_first


async def test_tab_goes_from_the_targets_to_the_first_field_and_around() -> None:
    fleet = StandInFleet(checks=will("send", "send", "send"))
    async with Host().run_test(size=(80, 24)) as pilot:
        screen = await shown(pilot, fleet)
        await pilot.press("tab")
        assert screen.focused is screen.query_one("#doing")
        await pilot.press("shift+tab")
        assert screen.focused is screen.query_one(TargetList)


async def test_with_nothing_to_send_the_button_says_so() -> None:
    fleet = StandInFleet(checks=will("skip", "skip", "skip"))
    async with Host().run_test(size=(80, 24)) as pilot:
        screen = await shown(pilot, fleet)
        assert "Nothing to send" in str(go(screen).label)
        assert go(screen).disabled


async def test_a_retrying_job_is_called_so() -> None:
    check = TargetCheck(TARGETS[0], "attach", last=safe("incomplete 6m"), status=safe("incomplete"))
    async with Host().run_test(size=(80, 24)) as pilot:
        await shown(pilot, StandInFleet(checks={"id-a": check}), targets=TARGETS[:1])
        assert "retrying&#160;6m" in pilot.app.export_screenshot()


async def test_what_cannot_be_read_cannot_be_sent() -> None:
    fleet = StandInFleet(checks=will("send", "send", "send"))
    async with Host().run_test(size=(80, 24)) as pilot:
        screen = await shown(pilot, fleet)
        await pilot.resize_terminal(40, 10)
        await until(pilot, lambda: screen.has_class("-small"))
        assert "60×18 at least" in text(screen, "#too-small")
        await pilot.press("enter")
        assert not fleet.orders
        await pilot.resize_terminal(80, 24)
        await until(pilot, lambda: not screen.has_class("-small"))
        await until(pilot, lambda: not go(screen).disabled)


async def test_the_form_asks_how_to_tell_of_the_end() -> None:
    fleet = StandInFleet(checks=will("send", "send", "send"))
    async with Host().run_test(size=(80, 24)) as pilot:
        screen = await shown(pilot, fleet)
        assert screen._fields.form.bell
        assert not screen._fields.form.desktop
        screen.query_one("#desktop", Tick).focus()
        await pilot.press("space")
        assert screen._fields.form.desktop
        assert len(fleet.checked) == 1


async def test_a_plan_is_saved_and_fills_the_form_in_again() -> None:
    app = an_app(the_fleet())
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.session is not None)
        assert app.session is not None
        own = session(StandInFleet(checks=will("send", "send", "send")))
        screen = LaunchScreen(own, TARGETS)
        await app.push_screen(screen)
        await until(pilot, lambda: len(screen._checks.by_id) == len(TARGETS))
        screen.query_one("#at-once", ShortInput).value = "2"
        await pilot.press("space", "plus")  # the first is left out
        await until(pilot, lambda: isinstance(app.screen, NameDialog) and app.screen.armed)
        await pilot.press(*"nightly", "enter")
        await until(pilot, lambda: "saved as the plan nightly" in text(screen, "#status"))
        (plan,) = plan_book.plans_of(app, own)
        assert [target.connection_id for target in plan.targets] == ["id-b", "id-c"]
        again = LaunchScreen(own, plan.targets, plan=plan)
        await app.push_screen(again)
        await until(pilot, lambda: len(again._checks.by_id) == 2)
        assert again._fields.form.at_once == "2"
        assert again._intent.order().name == "nightly"
        plan_book.drop(app, own, plan)
        assert plan_book.plans_of(app, own) == ()
