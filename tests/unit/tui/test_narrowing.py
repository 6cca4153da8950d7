from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.deck import a_connection, connection_id
from tui import connection_rows
from tui.connection_rows import Entry
from tui.filtering import read
from tui.glyphs import Sign
from tui.narrowing import Narrowing, passing

NAMES = ("stripe → s3", "salesforce → snowflake", "sap → s3", "jira → snowflake", "s a → b")
ENTRIES = [
    connection_rows.entry(
        a_connection(name, status="inactive" if "jira" in name else "active"), None
    )
    for name in NAMES
]
FOLLOWED = frozenset({connection_id("sap → s3")})


class Counted(list[Entry]):
    """Counts what is looked at."""

    looked_at = 0

    def __iter__(self) -> Iterator[Entry]:
        Counted.looked_at += len(self)
        return super().__iter__()


@given(
    st.lists(
        st.lists(
            st.sampled_from(
                ["s", "a", "sa", "3", "-", "status:", "off", "followed", " ", '"', "->"]
            ),
            max_size=6,
        ).map("".join),
        max_size=12,
    ),
    st.booleans(),
)
def test_whatever_is_typed_one_after_the_other_finds_what_it_finds_alone(
    typed: list[str], problems: bool
) -> None:
    narrowing = Narrowing(ENTRIES, problems=problems, followed=FOLLOWED)
    for words in typed:
        alone = passing(ENTRIES, read(words), problems=problems, followed=FOLLOWED)
        assert list(narrowing.passing(words)) == list(alone)


def test_a_letter_more_is_looked_for_in_what_is_left() -> None:
    entries = Counted(ENTRIES)
    narrowing = Narrowing(entries)
    narrowing.passing("s")
    Counted.looked_at = 0
    narrowing.passing("sa")
    narrowing.passing("sal")
    assert Counted.looked_at == 0


def test_a_letter_taken_back_brings_back_what_was_there() -> None:
    narrowing = Narrowing(ENTRIES)
    before = narrowing.passing("sa")
    narrowing.passing("sal")
    assert narrowing.passing("sa") is before


@pytest.mark.parametrize(
    ("more", "less"),
    [("sa", "s"), ("s a", "s"), ("sa", ""), ("sap x", "x sa"), ("s -b", "s"), ("a tag:x", "tag:x")],
)
def test_a_filter_that_asks_for_more_narrows(more: str, less: str) -> None:
    assert read(more).narrows(read(less))


@pytest.mark.parametrize(
    ("other", "before"), [("s", "sa"), ("-sa", "-s"), ("status:", "status"), ("s", "s -b")]
)
def test_a_filter_of_which_that_is_not_sure_does_not(other: str, before: str) -> None:
    assert not read(other).narrows(read(before))


def test_saying_the_same_in_other_words_again_and_again_keeps_one_of_them() -> None:
    narrowing = Narrowing(ENTRIES)
    for _ in range(100):
        narrowing.passing("s")
        narrowing.passing("s s")
    assert len(narrowing._steps) == 2


def test_problems_only_are_problems_whatever_is_typed() -> None:
    assert all(entry.look.sign is not Sign.FAILED for entry in ENTRIES)
    assert list(Narrowing(ENTRIES, problems=True).passing("s")) == []
