from __future__ import annotations

from collections import Counter

import pytest

from tui import keymap


def test_no_two_keys_share_an_id() -> None:
    assert len(keymap.BY_ID) == len(keymap.KEYS)


def test_no_key_does_two_things() -> None:
    uses = Counter(name for key in keymap.KEYS for name in key.keys)
    assert [name for name, count in uses.items() if count > 1] == []


def test_keys_that_terminals_and_multiplexers_keep_are_left_to_them() -> None:
    used = {name for key in keymap.KEYS for name in key.keys}
    assert not used & {"ctrl+a", "ctrl+b", "ctrl+s", "ctrl+j", "ctrl+z"}


def test_no_action_lies_on_the_end_of_a_split_arrow_sequence() -> None:
    used = {name for key in keymap.KEYS for name in key.keys}
    assert not used & set("ABCDFHOPQRS")


def test_every_key_can_be_rebound_by_its_id() -> None:
    for key in keymap.KEYS:
        assert key.binding().id == key.id


def test_a_rebound_key_is_told_as_it_is_now() -> None:
    assert keymap.keys_of(keymap.BY_ID["cancel"], {"cancel": "ctrl+x,X"}) == ("ctrl-x", "X")


def test_a_rebinding_of_nothing_is_found() -> None:
    assert keymap.unknown_ids({"cancel": "X", "cancle": "X"}) == ("cancle",)


@pytest.mark.parametrize("ids", [keymap.DECK_HINTS, keymap.NARROW_DECK_HINTS, keymap.TABLE_KEYS])
def test_every_hint_names_a_key(ids: tuple[str, ...]) -> None:
    assert len(keymap.bindings(ids)) == len(ids)


def test_every_key_stands_under_a_heading() -> None:
    assert sum(len(keys) for keys in keymap.by_group().values()) == len(keymap.KEYS)


@pytest.mark.parametrize(
    ("typed", "name"),
    [("!", "exclamation_mark"), ("-", "minus"), ("@", "at"), ("ctrl-x", "ctrl+x"), (" J ", "J")],
)
def test_a_key_may_be_written_the_way_it_is_shown(typed: str, name: str) -> None:
    assert keymap.named(typed) == name


def test_every_key_comes_back_from_the_way_it_is_shown() -> None:
    for key in keymap.KEYS:
        for name in key.keys:
            if name not in {"left", "right", "up", "down", "enter"}:  # shown as arrows
                assert keymap.named(keymap.shown(name)) == name


def test_a_key_that_would_do_two_things_is_found() -> None:
    assert keymap.clashes({"launch": "x"}) == (("x", "launch", "cancel"),)
    assert keymap.clashes({"launch": "x", "cancel": "t"}) == ()
    assert keymap.clashes({}) == ()
