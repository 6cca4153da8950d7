"""A filter finds words anywhere, fields where they belong, and leaves out what has a minus."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.deck import a_connection, the_fleet
from tui import connection_rows, rows
from tui.filtering import Field, fields, read, tag_lines
from tui.narrowing import passing

NAME = "Google Ads → Snowflake"
HAS = fields(NAME, status=("failed", "active"), tags=("Finance EU", "critical"), job_type="sync")


def passes(typed: str) -> bool:
    return read(typed).passes(f"{NAME} failed finance eu critical".lower(), HAS)


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "google snow",
        "SNOW",
        '"google ads"',
        "tag:fin",
        "tag:eu",
        'tag:"finance eu" critical',
        "source:ads destination:snow",
        "src:google dest:flake dst:snow",
        "status:failed type:sync",
        "-stripe -tag:nightly -status:running",
        "tag:",
        '"',
    ],
)
def test_what_has_all_of_it_is_shown(typed: str) -> None:
    assert passes(typed)


@pytest.mark.parametrize(
    "typed",
    [
        "google stripe",
        '"ads google"',
        "tag:google",
        "source:snowflake",
        "destination:google",
        "status:critical",
        "type:reset",
        "-google",
        "-tag:critical",
        "-tag:",
        "http://x",
        "nofield:google",
        "-",  # by itself it is text
    ],
)
def test_what_lacks_any_of_it_is_not(typed: str) -> None:
    assert not passes(typed)


def test_a_name_without_an_arrow_is_all_source() -> None:
    has = fields("nightly export")
    assert read("source:export").fits(has)
    assert not read("destination:").fits(has)


def test_a_word_of_one_field_never_reaches_into_the_next_line() -> None:
    assert not read("source:failed").fits(HAS)
    assert not read('tag:".*"').fits(HAS)


@given(st.text(max_size=60))
def test_nothing_that_can_be_typed_is_a_mistake(typed: str) -> None:
    read(typed).passes("google ads", HAS)


@given(st.text(max_size=20), st.sampled_from(Field))
def test_half_a_quote_is_like_a_whole_one(text: str, field: Field) -> None:
    held = text.replace('"', "")
    assert read(f'{field}:"{held}').fields == read(f'{field}:"{held}"').fields


def test_connections_are_found_by_tag_and_state() -> None:
    entries = [
        connection_rows.entry(a_connection("stripe → snowflake"), None),
        connection_rows.entry(a_connection("crm → s3", status="inactive"), None),
    ]
    (shown,) = passing(entries, read("destination:s3 status:off"))
    assert shown.connection_id == "c-crm"
    (shown,) = passing(entries, read("-destination:s3"))
    assert shown.connection_id == "c-stripe"


def test_runs_are_found_by_the_tags_of_their_connection() -> None:
    items = [rows.item_of_run(state) for state in the_fleet().runs.values()]

    def tagged(connection_id: str | None) -> str:
        return tag_lines(["Critical"] if connection_id == "c-stripe" else [])

    shown = rows.arrange(items, rows.View(words="tag:critical"), tagged)
    named = {item.name for item in items if item.key in shown.order}
    assert named == {"stripe → snowflake"}
    failed = rows.arrange(items, rows.View(words="status:failed -source:shopify"))
    names = {item.name for item in items if item.key in failed.order}
    assert names
    assert "shopify → snowflake" not in names
