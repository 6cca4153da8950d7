"""The palette finds what has all the typed words, quickly."""

from __future__ import annotations

from textual.content import Content

from tests.support.deck import an_app, the_fleet
from tests.support.screens import until
from tui.plans import KEY, Plan, written
from tui.screens import plan_book
from tui.screens.dialogs import ConfirmDialog
from tui.screens.launch_form import Form
from tui.screens.palette import GotoProvider, Place, matching
from workflow.runs.launch import Target
from workflow.text import SafeText


def places(*names: str) -> list[tuple[str, Place]]:
    return [
        (name.lower(), Place(SafeText(name), Content(name), SafeText(""), lambda: None))
        for name in names
    ]


def found(typed: str, *names: str, most: int = 10) -> list[str]:
    return [place.text for _, place in matching(places(*names), typed, most)]


def test_all_words_have_to_be_there_in_any_order() -> None:
    names = ("stripe → snowflake", "stripe → s3", "zuora → snowflake")
    assert found("snow stripe", *names) == ["stripe → snowflake"]


def test_what_begins_with_the_words_comes_first() -> None:
    names = ("my crm", "scrm", "crm → s3")
    assert found("crm", *names) == ["crm → s3", "my crm", "scrm"]


def test_case_does_not_matter() -> None:
    assert found("CRM", "Crm → s3") == ["Crm → s3"]


def test_nothing_typed_finds_nothing() -> None:
    assert found("  ", "crm") == []


def test_markup_in_what_is_typed_is_text() -> None:
    assert found("[bold", "[bold red]x[/]", "bold") == ["[bold red]x[/]"]


def test_only_the_best_are_shown() -> None:
    names = [f"connection {number}" for number in range(10_000)]
    assert len(found("connection", *names, most=40)) == 40


async def test_a_plan_is_dropped_only_when_that_is_confirmed() -> None:
    app = an_app(the_fleet())
    async with app.run_test() as pilot:
        await until(pilot, lambda: app.session is not None)
        session = app.session
        assert session is not None
        plan = Plan(SafeText("nightly"), (Target("c-stripe", SafeText("stripe")),), Form())
        app.kept.keep(written([plan]), "profiles", "prod", KEY)
        provider = GotoProvider(app.screen)
        (drop,) = [p for p in provider._plans(session) if p.text == "drop plan: nightly"]
        drop.go()
        await until(pilot, lambda: isinstance(app.screen, ConfirmDialog) and app.screen.armed)
        assert plan_book.plans_of(app, session) == (plan,)
        await pilot.press("y")
        await until(pilot, lambda: plan_book.plans_of(app, session) == ())
