"""What the deck keeps between starts comes back, and a broken file harms nobody."""

from __future__ import annotations

from pathlib import Path

import pytest

from tui.kept import Kept, KeptError


def test_what_is_kept_is_there_at_the_next_start(tmp_path: Path) -> None:
    file = tmp_path / "state" / "deck.json"
    Kept(file).keep("nord", "theme")
    Kept(file).keep(["a", "b"], "profiles", "prod", "views")
    again = Kept(file)
    assert again.get("theme") == "nord"
    assert again.get("profiles", "prod", "views") == ["a", "b"]
    assert again.get("profiles", "staging", "views") is None
    assert file.stat().st_mode & 0o077 == 0


def test_two_decks_do_not_undo_each_other(tmp_path: Path) -> None:
    file = tmp_path / "deck.json"
    one, other = Kept(file), Kept(file)
    one.keep(1, "profiles", "prod", "views")
    other.keep(2, "profiles", "staging", "views")
    again = Kept(file)
    assert (again.get("profiles", "prod", "views"), again.get("profiles", "staging", "views")) == (
        1,
        2,
    )


def test_none_drops_what_was_kept(tmp_path: Path) -> None:
    file = tmp_path / "deck.json"
    Kept(file).keep("nord", "theme")
    Kept(file).keep(None, "theme")
    assert Kept(file).get("theme") is None


def test_without_a_file_it_is_kept_until_the_deck_closes() -> None:
    kept = Kept(None)
    kept.keep("nord", "theme")
    assert kept.get("theme") == "nord"
    assert kept.trouble is None


@pytest.mark.parametrize(
    "broken", [b"", b"{", b"[]", b"\xff\xfe\x00", b'{"v": 2}', b"null", b"[" * 100_000]
)
def test_a_broken_file_is_said_and_begun_anew(tmp_path: Path, broken: bytes) -> None:
    file = tmp_path / "deck.json"
    file.write_bytes(broken)
    kept = Kept(file)
    assert kept.trouble is not None
    assert str(file) in kept.trouble
    kept.keep("nord", "theme")
    assert Kept(file).get("theme") == "nord"


def test_a_folder_that_cannot_be_written_is_said_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file where the folder should be")
    kept = Kept(tmp_path / "state" / "deck.json")
    with pytest.raises(KeptError, match=r"cannot be written: .*until you quit\."):
        kept.keep("nord", "theme")
    assert kept.get("theme") == "nord"
