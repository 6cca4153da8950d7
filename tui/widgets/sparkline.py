"""How fast rows arrived, as a few block characters: ``▂▃▅▆▇▇``.

What is drawn are increments per unit of time, not totals: a job that slows down falls, one that
stands still lies flat. Whoever shows it decides where it goes and in which style.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from typing import Final

from workflow.runs.run import Sample

LEVELS: Final = "▁▂▃▄▅▆▇"
"""From nothing to the fastest; the full block is left out, it would touch the line above."""


def increments(samples: Sequence[Sample], cells: int, until: datetime) -> tuple[float, ...]:
    """Return how many rows arrived in each of `cells` equal parts of the time since the start.

    Between two samples rows are taken to have come evenly. Rows that fall (a new attempt begins
    from nothing) count as none arrived. Empty when there are not two instants to compare.
    """
    if len(samples) < 2 and not (samples and until > samples[0].at):
        return ()
    begin = samples[0].at
    span = (max(until, samples[-1].at) - begin).total_seconds()
    if span <= 0 or cells <= 0:
        return ()
    part = span / cells
    totals = [0.0] * cells
    for earlier, later in pairwise(samples):
        gained = later.rows - earlier.rows
        if gained <= 0:
            continue
        first = (earlier.at - begin).total_seconds()
        last = max((later.at - begin).total_seconds(), first + 1e-6)
        for cell in range(min(int(first / part), cells - 1), min(int(last / part), cells - 1) + 1):
            shared = min(last, (cell + 1) * part) - max(first, cell * part)
            totals[cell] += gained * max(0.0, shared) / (last - first)
    return tuple(totals)


def sparkline(samples: Sequence[Sample], cells: int, until: datetime) -> str:
    """Draw the trend in at most `cells` characters; empty when nothing is known yet.

    `until` is now for a live run and its end for an ended one, so that a standstill shows as a
    line that goes on flat.
    """
    values = increments(samples, min(cells, max(len(samples), 1) * 2), until)
    if not values:
        return ""
    top = max(values)
    if top <= 0:
        return LEVELS[0] * len(values)
    # The lowest level is for nothing at all: whatever arrived, be it one row, is seen.
    steps = len(LEVELS) - 1
    return "".join(
        LEVELS[0] if value <= 0 else LEVELS[max(1, round(value / top * steps))] for value in values
    )
