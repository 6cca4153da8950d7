"""The deck's first line when the server cannot be read."""

from __future__ import annotations

from datetime import timedelta

from tests.support.screens import NOW
from tests.support.stand_ins import session
from tui.widgets.header import Facts, header
from workflow.text import SafeText


def test_a_failure_leaves_room_for_the_next_try_on_a_narrow_screen() -> None:
    facts = Facts(
        SafeText("prod"),
        "rw",
        SafeText("airbyte.local"),
        None,
        {},
        NOW,
        NOW - timedelta(seconds=38),
        failing=SafeText("Listing jobs was answered with 503: the server is in trouble."),
        failures=3,
        next_at=NOW + timedelta(seconds=8),
        brief=SafeText("HTTP 503"),
    )
    assert "read 38s ago · HTTP 503 ×3 · again in 8s" in header(facts, 80).plain


def test_a_wide_header_tells_how_long_a_poll_takes() -> None:
    facts = Facts(
        SafeText("prod"),
        "rw",
        SafeText("airbyte.local"),
        None,
        {},
        NOW,
        NOW - timedelta(seconds=2),
        requests_per_minute=14,
        took=0.2104,
    )
    assert "poll 210 ms   14 req/min" in header(facts, 200).plain
    assert "poll" not in header(facts, 120).plain


def test_a_workspace_that_is_known_by_its_id_is_told_in_short() -> None:
    of = session(workspace="b87de994-cb37-4b0f-8530-aed63808a670")
    facts = Facts(SafeText("prod"), "rw", SafeText("api.airbyte.com"), of.workspace, {}, NOW)
    assert header(facts, 80).plain.startswith(" PROD rw ▸ b87de994…70 ")
    assert "▸ api.airbyte.com ▸ b87de994…70 " in header(facts, 120).plain
