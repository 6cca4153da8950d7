"""How far a launch is, as a bar: what succeeded, what failed, what ended otherwise, what is live.

Each part has a filling of its own, so that the bar tells the same without colour. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final, NamedTuple

from tui.glyphs import BAR_EMPTY, BAR_FULL, BAR_LIVE, BAR_OTHERWISE, Sign, Tone
from workflow.runs.events import Verdict

if TYPE_CHECKING:
    from workflow.runs.launch import LaunchState

_FAILED: Final = (Verdict.FAILED, Verdict.REJECTED)


class Part(NamedTuple):
    """Some cells of the bar that look alike."""

    text: str
    tone: Tone


class _Share(NamedTuple):
    runs: int
    filling: str
    tone: Tone


def bar(state: LaunchState, width: int) -> tuple[Part, ...]:
    """Return the parts of a bar of `width` cells, from left to right.

    Whatever has a run has a cell, as long as there are cells: one failure among a thousand shows.
    """
    succeeded = state.verdicts.get(Verdict.SUCCEEDED, 0)
    failed = sum(state.verdicts.get(verdict, 0) for verdict in _FAILED)
    shares = (
        _Share(succeeded, BAR_FULL, Tone.SUCCEEDED),
        _Share(failed, Sign.FAILED.value, Tone.FAILED),
        _Share(max(0, state.ended - succeeded - failed), BAR_OTHERWISE, Tone.CANCELLED),
        _Share(state.live, BAR_LIVE, Tone.RUNNING),
    )
    counted = state.ended + state.live + state.waiting + state.detached
    total = max(1, state.targets, counted)
    rest = _Share(total - sum(share.runs for share in shares), BAR_EMPTY, Tone.QUIET)
    every = (*shares, rest)
    cells = _divided([share.runs for share in every], width)
    return tuple(
        Part(share.filling * count, share.tone)
        for share, count in zip(every, cells, strict=True)
        if count
    )


def _divided(counts: Iterable[int], width: int) -> list[int]:
    """Divide `width` cells by counts, at least one for each that is not zero; the last fills up."""
    counts = list(counts)
    total = max(1, sum(counts))
    cells = [max(1, int(count * width / total + 0.5)) if count else 0 for count in counts]
    while sum(cells) > width:
        widest = max(range(len(cells)), key=cells.__getitem__)
        cells[widest] -= 1
    cells[-1] += width - sum(cells) if counts[-1] else 0
    if (short := width - sum(cells)) > 0:
        cells[max(range(len(cells)), key=counts.__getitem__)] += short
    return cells
