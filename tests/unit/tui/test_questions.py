"""What is asked before harm says what would follow for the very ones it is about."""

from __future__ import annotations

import pytest

from tests.support.deck import a_connection
from tui.screens import questions
from workflow.airbyte.models import Connection


def connection(kind: str) -> Connection:
    return a_connection(f"{kind} → x", kind=kind).connection


@pytest.mark.parametrize(
    ("kinds", "active", "said"),
    [
        (("basic",), False, "no schedule and no launch starts a sync any more"),
        (("cron", "manual"), False, "no schedule and no launch starts a sync any more"),
        (
            ("manual",),
            False,
            "no launch starts a sync any more, and there is no schedule to do it",
        ),
        (("basic",), True, "the schedule and launches can start syncs again"),
        (("manual",), True, "launches can start syncs again"),
        (("basic", "manual"), True, "schedules and launches can start syncs again"),
    ],
)
def test_what_follows_of_a_switch_depends_on_the_schedules(
    kinds: tuple[str, ...], active: bool, said: str
) -> None:
    dialog = questions.switch([connection(kind) for kind in kinds], "prod", active=active)
    assert dialog._body.endswith(f": {said}.")


def test_a_profiles_name_is_text() -> None:
    dialog = questions.switch([connection("basic")], "pr\x1b[31mod", active=False)
    assert "\x1b" not in dialog._title
