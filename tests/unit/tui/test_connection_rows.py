"""Notes under the connections explain their marks, and do not outgrow them."""

from __future__ import annotations

from datetime import timedelta

from tests.support.deck import a_connection
from tui.connection_rows import MOST_LATE, notes
from tui.glyphs import Sign
from workflow.runs.connection_view import ConnectionView


def late(name: str) -> ConnectionView:
    return a_connection(name, late=timedelta(minutes=61), due=-3660.0)


def test_a_wide_pane_names_what_is_late_in_full() -> None:
    view = late("Facebook Marketing → BigQuery")
    (narrow,), (wide,) = notes([view], 0), notes([view], 0, wide=True)
    assert narrow.text.startswith("Faceboo…keting late 61m: due ")
    assert wide.text.startswith("Facebook Marketing → BigQuery late 61m: due ")


def test_of_hundreds_that_are_late_most_are_counted() -> None:
    told = notes([late(f"c{number} → pg") for number in range(300)], 0)
    assert len(told) == MOST_LATE + 1
    assert (told[-1].text, told[-1].sign) == ("292 more are late", Sign.LATE)
