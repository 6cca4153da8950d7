"""Text from outside becomes one harmless line."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflow.text import SafeText, elide, safe


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("stripe → snowflake", "stripe → snowflake"),
        ("[bold red]x[/] \x1b]0;owned\x07", "[bold red]x[/] ]0;owned"),
        ("two\nlines\tand a tab", "two lines and a tab"),
        ("a\u202eb\u2066c\u200bd\ufeff", "abcd"),
        ("c1 \x9b31m control", "c1 31m control"),
        ("lone \udcff surrogate", "lone  surrogate"),
        ("日本 → größe", "日本 → größe"),
        ("z" + "\u0301" * 50, "z" + "\u0301" * 3),
        ("flag\U000e0041\U000e007f tags", "flag tags"),
    ],
)
def test_what_could_act_on_a_terminal_is_taken_out(raw: str, shown: str) -> None:
    assert safe(raw) == shown


@given(st.text())
def test_nothing_unprintable_survives(raw: str) -> None:
    for character in safe(raw):
        assert unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


@given(st.text())
def test_safe_text_is_safe_already(raw: str) -> None:
    assert safe(safe(raw)) == safe(raw)


def test_long_text_ends_in_an_ellipsis_at_its_limit() -> None:
    shown = safe("é" * 50, limit=10)
    assert shown == "é" * 9 + "…"


def test_a_flood_of_invisible_characters_costs_no_more_than_the_limit() -> None:
    assert safe("\u200b" * 1_000_000 + "end", limit=10) == ""


@given(st.text(alphabet="abcdef", max_size=40), st.integers(0, 50))
def test_an_elided_text_fits_and_keeps_its_ends(raw: str, width: int) -> None:
    text = elide(SafeText(raw), width)
    assert len(text) <= width
    if 2 <= width < len(raw):
        assert text[0] == raw[0]
        assert "…" in text


def test_a_name_that_fits_is_left_alone() -> None:
    assert elide(SafeText("short"), 5) == "short"
