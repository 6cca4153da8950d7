"""A connection that changes goes to its place; what comes of it is what sorting would give."""

from __future__ import annotations

import random

import pytest

from tui import connection_order, glyphs
from tui.connection_order import Order, Sort
from tui.connection_rows import Entry
from tui.glyphs import Look
from workflow.airbyte.models import ConnectionId

LOOKS = (glyphs.OFF, glyphs.LATE, glyphs.WAITING, glyphs.UNREAD)


def an_entry(number: int, look: Look = glyphs.OFF, last: float = 0.0, name: str = "") -> Entry:
    return Entry(ConnectionId(f"c-{number}"), look, name or f"name {number}", "", "", last)


@pytest.mark.parametrize("sort", Sort)
def test_the_order_after_any_changes_is_that_of_sorting_anew(sort: Sort) -> None:
    rng = random.Random(7)
    known = {one.connection_id: one for one in (an_entry(number) for number in range(60))}
    order = Order(sort, known.values())
    for _ in range(300):
        changes: dict[ConnectionId, Entry | None] = {}
        for number in rng.sample(range(80), rng.choice((1, 2, 5, 40))):
            fresh = an_entry(number, rng.choice(LOOKS), rng.randrange(5), rng.choice("abc"))
            changes[fresh.connection_id] = rng.choice((fresh, fresh, None))
        known |= {id_: entry for id_, entry in changes.items() if entry is not None}
        known = {id_: entry for id_, entry in known.items() if changes.get(id_, entry) is not None}
        order.take(changes)
        assert list(order.entries) == list(Order(sort, known.values()).entries)


def test_a_changed_glyph_among_ten_thousand_sorts_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    ranked = 0
    rank = connection_order._RANKS[Sort.STATE]

    def counting(entry: Entry) -> connection_order._Rank:
        nonlocal ranked
        ranked += 1
        return rank(entry)

    monkeypatch.setattr(connection_order, "_RANKS", {Sort.STATE: counting})
    order = Order(Sort.STATE, [an_entry(number) for number in range(10_000)])
    ranked = 0
    late = an_entry(7_000, glyphs.LATE)
    order.take({late.connection_id: late})
    assert order.entries[0] is late
    assert len(order.entries) == 10_000
    assert ranked == 1


def test_one_that_is_gone_twice_is_gone() -> None:
    order = Order(Sort.NAME, [an_entry(number) for number in range(20)])
    for _ in range(2):
        order.take({ConnectionId("c-3"): None})
    assert len(order.entries) == 19
