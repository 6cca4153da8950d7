"""Dialogs answer only keys that were pressed while they could be read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from textual.app import App
from textual.pilot import Pilot
from textual.screen import ModalScreen

from tests.support.screens import HOSTILE, until
from tui.screens.dialogs import ConfirmDialog, Dialog, MessageDialog, TypedDialog
from tui.screens.quitting import QuitDialog
from workflow.text import SafeText, safe

TITLE, BODY = SafeText("Cancel job 90431?"), SafeText("It stops whatever runs there.")


class Host(App[None]):
    """An app with nothing but what a test asks of it."""

    def __init__(self) -> None:
        super().__init__()
        self.answers: list[object] = []

    def ask(self, dialog: ModalScreen[Any]) -> None:
        self.push_screen(dialog, self.answers.append)


async def shown(pilot: Pilot[None], dialog: Dialog[Any]) -> None:
    pilot.app.ask(dialog)  # type: ignore[attr-defined]
    await until(pilot, lambda: dialog.armed)


@pytest.mark.parametrize("unsent", [0, 2])
async def test_quitting_tells_of_unsent_runs_where_there_are_any(unsent: int) -> None:
    async with Host().run_test() as pilot:
        await shown(pilot, QuitDialog(3, unsent=unsent))
        told = pilot.app.export_screenshot()
        assert ("waits&#160;for&#160;a" in told) is bool(unsent)


@pytest.mark.parametrize(
    ("make", "key", "answer"),
    [
        (lambda: ConfirmDialog(TITLE, BODY), "y", True),
        (lambda: ConfirmDialog(TITLE, BODY), "enter", True),
        (lambda: ConfirmDialog(TITLE, BODY), "n", False),
        (lambda: ConfirmDialog(TITLE, BODY), "escape", False),
        (lambda: ConfirmDialog(TITLE, BODY, danger=True), "enter", False),
        (lambda: ConfirmDialog(TITLE, BODY, no="Drop", later="Leave it"), "escape", None),
        (lambda: ConfirmDialog(TITLE, BODY, no="Drop", later="Leave it"), "enter", None),
        (lambda: ConfirmDialog(TITLE, BODY, no="Drop", later="Leave it"), "n", False),
        (lambda: ConfirmDialog(TITLE, BODY, no="Drop", later="Leave it"), "y", True),
        (lambda: QuitDialog(3), "d", "detach"),
        (lambda: QuitDialog(3), "enter", "detach"),
        (lambda: QuitDialog(3), "x", "cancel"),
        (lambda: QuitDialog(3), "escape", "stay"),
        (lambda: QuitDialog(3, demo=True), "q", "detach"),
        (lambda: QuitDialog(0, unsent=2), "q", "detach"),
        (lambda: QuitDialog(0, unsent=2), "s", "stay"),
        (lambda: MessageDialog(TITLE, BODY), "enter", None),
        (lambda: TypedDialog(TITLE, BODY, phrase=SafeText("clear 3 prod")), "escape", False),
    ],
)
async def test_a_key_answers(make: Callable[[], Dialog[Any]], key: str, answer: object) -> None:
    async with Host().run_test() as pilot:
        await shown(pilot, make())
        await pilot.press(key)
        assert pilot.app.answers == [answer]  # type: ignore[attr-defined]


async def test_keys_typed_before_a_dialog_could_be_read_do_not_answer_it() -> None:
    async with Host().run_test() as pilot:
        dialog = ConfirmDialog(TITLE, BODY)
        pilot.app.ask(dialog)  # type: ignore[attr-defined]
        await pilot.press("y", "enter", "n", "escape")
        assert pilot.app.screen is dialog
        await until(pilot, lambda: dialog.armed)
        await pilot.press("y")
        assert pilot.app.answers == [True]  # type: ignore[attr-defined]


async def test_the_arrow_keys_move_between_the_answers() -> None:
    async with Host().run_test() as pilot:
        await shown(pilot, ConfirmDialog(TITLE, BODY))
        await pilot.press("right", "enter")
        assert pilot.app.answers == [False]  # type: ignore[attr-defined]


async def test_only_the_whole_phrase_confirms() -> None:
    async with Host().run_test() as pilot:
        await shown(pilot, TypedDialog(TITLE, BODY, phrase=SafeText("clear 3 prod")))
        await pilot.press(*"clear 3 pro", "enter")
        assert pilot.app.answers == []  # type: ignore[attr-defined]
        await pilot.press("d", "enter")
        assert pilot.app.answers == [True]  # type: ignore[attr-defined]


async def test_a_hostile_text_is_shown_as_text() -> None:
    async with Host().run_test() as pilot:
        await shown(pilot, ConfirmDialog(safe(HOSTILE), safe(HOSTILE)))
        svg = pilot.app.export_screenshot()
        assert "[bold" in svg
        assert "\x1b" not in svg


@pytest.mark.parametrize("key", ["q", "x"])
async def test_what_is_no_answer_to_leaving_live_runs_leaves_the_question(key: str) -> None:
    app = Host()
    async with app.run_test() as pilot:
        dialog = QuitDialog(3) if key == "q" else QuitDialog(0, unsent=1)
        await shown(pilot, dialog)
        await pilot.press(key)
        await pilot.pause()
        assert app.screen is dialog


def test_the_quit_dialog_says_what_was_never_sent() -> None:
    assert QuitDialog(0, unsent=19)._title == "Quit with 19 unsent runs?"
    assert QuitDialog(2, unsent=3)._title == "Quit with 2 live runs and 3 unsent?"


async def test_on_a_small_screen_what_is_typed_and_the_answers_can_be_seen() -> None:
    body = SafeText("clear wipes the data of every stream at the destination. " * 6)
    async with Host().run_test(size=(50, 12)) as pilot:
        dialog = TypedDialog(TITLE, body, phrase=SafeText("clear 3 prod"))
        await shown(pilot, dialog)
        await pilot.press(*"clear 3")
        said = "\n".join(strip.text for strip in dialog._compositor.render_strips())
        assert "clear 3" in said
        await pilot.press("tab")
        await pilot.pause()
        said = "\n".join(strip.text for strip in dialog._compositor.render_strips())
        assert "esc  Back" in said


async def test_a_dialog_that_is_made_smaller_shows_the_answer_that_a_key_would_give() -> None:
    body = SafeText("It stops whatever runs there. " * 12)
    async with Host().run_test(size=(80, 24)) as pilot:
        dialog = ConfirmDialog(TITLE, body, danger=True)
        await shown(pilot, dialog)
        await pilot.resize_terminal(40, 10)
        await pilot.pause()
        focused = dialog.focused
        assert focused is not None
        assert focused.id == "no"
        await until(pilot, lambda: focused.region in focused.screen.region)
        await until(pilot, lambda: "[ n  No ]" in page(pilot))


def page(pilot: Pilot[None]) -> str:
    return "\n".join(strip.text for strip in pilot.app.screen._compositor.render_strips())
