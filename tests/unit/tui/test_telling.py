"""The end of a launch is told the way that was chosen when it was made."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from tests.support.deck import LAUNCH, StillClock, a_session, the_fleet
from tests.support.screens import HOSTILE, NOW
from tui.telling import Teller, Telling, desktop_notice
from workflow.runs.events import Event, LaunchFinished, Verdict
from workflow.text import SafeText, safe

NOTICE = "\x1b]9;"


class Terminal:
    """An app as far as a teller needs one."""

    is_headless = False

    def __init__(self) -> None:
        self.written: list[str] = []
        self.bells = 0
        self._driver = SimpleNamespace(write=self.written.append)

    def notify(self, *_: Any, **__: Any) -> None:
        pass

    def bell(self) -> None:
        self.bells += 1


def told(how: Telling | None) -> tuple[int, int]:
    """Return how often the bell rang and the desktop was asked when a launch ended."""
    terminal = Terminal()
    teller = Teller(cast("Any", terminal))
    if how is not None:
        teller.tell_of(LAUNCH, how)
    finished = LaunchFinished({Verdict.SUCCEEDED: 3}, rows=9, rows_unknown=0, seconds=60.0)
    teller.hear(Event(time=NOW, seq=9, fact=finished, launch=LAUNCH), None)
    session = a_session(the_fleet(), StillClock())
    teller.flush(session)
    teller.flush(session)
    return terminal.bells, sum(NOTICE in one for one in terminal.written)


@pytest.mark.parametrize(
    ("how", "heard"),
    [
        (None, (1, 0)),
        (Telling(bell=False), (0, 0)),
        (Telling(desktop=True), (1, 1)),
        (Telling(bell=False, desktop=True), (0, 1)),
    ],
)
def test_a_launch_is_told_once_and_as_asked(how: Telling | None, heard: tuple[int, int]) -> None:
    assert told(how) == heard


def test_tmux_is_asked_to_pass_the_notice_on() -> None:
    assert desktop_notice(SafeText("done"), {}) == "\x1b]9;syncdeck done\x07"
    assert desktop_notice(SafeText("done"), {"TMUX": "/tmp/x"}) == (
        "\x1bPtmux;\x1b\x1b]9;syncdeck done\x07\x1b\\"
    )


def test_a_name_cannot_end_the_notice_and_begin_something_else() -> None:
    notice = desktop_notice(safe(HOSTILE), {})
    assert notice.count("\x1b") == 1
    assert notice.count("\x07") == 1


def test_a_notice_is_as_short_as_a_desktop_shows() -> None:
    assert len(desktop_notice(SafeText("a" * 5_000), {})) < 220
