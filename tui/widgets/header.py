"""The deck's first line: where this is, how things stand, how fresh that is.

``PROD rw ▸ api.airbyte.com ▸ analytics  ●4 ▲1 ✗2 ✓18   14 req/min  read 2s ago  03:41:20``. With
one feed there is one freshness: when reading fails, its age, the failure and the next try stand
here. What there is no room for is left out, the least important first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from textual.content import Content
from textual.widgets import Static

from tui.deck_plan import COLUMNS_FROM
from tui.formats import age, clock, elide
from tui.signs import FOLDED, Sign, Tone
from tui.widgets.still import Still
from workflow.text import SafeText

STALE_AFTER: Final = timedelta(seconds=20)
"""A feed that watches something reads every 15 s at the least; later, rows dim."""

_TONES: Final[Mapping[Sign, Tone]] = {
    Sign.RUNNING: Tone.RUNNING,
    Sign.RETRYING: Tone.RETRYING,
    Sign.PENDING: Tone.PENDING,
    Sign.WAITING: Tone.WAITING,
    Sign.FAILED: Tone.FAILED,
    Sign.UNRESOLVED: Tone.UNRESOLVED,
    Sign.EXPIRED: Tone.EXPIRED,
    Sign.CANCELLED: Tone.CANCELLED,
    Sign.OFF: Tone.QUIET,
    Sign.SUCCEEDED: Tone.SUCCEEDED,
}
_QUIET: Final = Tone.QUIET.style


@dataclass(frozen=True, slots=True)
class Facts:
    """What the header tells."""

    profile: SafeText
    access: str
    """Whether anything may be sent, as :func:`tui.formats.access` writes it."""
    server: SafeText
    workspace: SafeText | None
    counts: Mapping[Sign, int]
    now: datetime
    read_at: datetime | None = None
    requests_per_minute: int = 0
    took: float | None = None
    """Seconds the last poll took."""
    failing: SafeText | None = None
    failures: int = 0
    next_at: datetime | None = None
    brief: SafeText | None = None
    """What `failing` says, in a word or three."""
    trouble: SafeText | None = None
    """Why nothing can be written down, so that nothing is sent."""
    frozen: str | None = None
    """The key that lets a frozen picture go on; None when it is not frozen."""
    slow_link: bool = False
    """Whether the link to the terminal is slow, so that this is drawn once a second."""

    @property
    def stale(self) -> bool:
        """Whether what the rows show is older than it should be."""
        return self.failures > 0 and (
            self.read_at is None or self.now - self.read_at >= STALE_AFTER
        )


def header(facts: Facts, width: int) -> Content:
    """Return the line for a screen of `width` cells."""
    counted = _counts(facts.counts)
    *lefts, shortest = _lefts(facts)
    rights = _rights(facts)
    if width >= COLUMNS_FROM:
        rights = (_told_at_length(facts), *rights)
    # Which server this is matters more than the time of day, but less than how things stand.
    for left, right in (*_pairs(lefts, rights), *_pairs([shortest], rights)):
        gap = width - left.cell_length - counted.cell_length - right.cell_length - 7
        if gap >= 0:
            return Content.assemble(" ", left, "   ", counted, " " * (gap + 2), right, " ")
    right = rights[-1]
    left = Content.assemble(" ", shortest, " ", counted)
    room = max(0, width - right.cell_length - 2)
    return Content.assemble(left.truncate(room, ellipsis=True, pad=True), " ", right, " ")


def access_style(access: str) -> str:
    """Return how it is drawn: what is armed only for a while stands out."""
    return Tone.WARNING.style if access.startswith("rw ") else _QUIET


def _pairs(
    lefts: Sequence[Content], rights: Sequence[Content]
) -> Iterator[tuple[Content, Content]]:
    """Yield every pair; the left side shrinks before the right one does."""
    for right in rights:
        for left in lefts:
            yield left, right


def _lefts(facts: Facts) -> tuple[Content, ...]:
    """Return where this is, from long to short."""
    who = Content.assemble(
        (facts.profile.upper(), "bold"), " ", (facts.access, access_style(facts.access))
    )
    between = Content.styled(f" {FOLDED} ", _QUIET)
    whole = [who, Content(facts.server)]
    if facts.workspace is None:
        return (between.join(whole), who)
    space = Content(facts.workspace)
    return (between.join([*whole, space]), between.join([who, space]), who)


def _counts(counts: Mapping[Sign, int]) -> Content:
    parts = [
        Content.styled(f"{sign.value}{counts[sign]:,}", tone.style)
        for sign, tone in _TONES.items()
        if counts.get(sign)
    ]
    return Content(" ").join(parts)


def _rights(facts: Facts) -> tuple[Content, ...]:
    """Return how fresh things are, from long to short."""
    time = Content.styled(clock(facts.now), _QUIET)
    fresh, short = _freshness(facts)
    if facts.frozen is not None:
        fresh = short = Content.styled(f"frozen, {facts.frozen} goes on", Tone.WARNING.style)
    if facts.trouble is not None:
        # More than how fresh it all is: what is wrong, and what to do, as far as there is room.
        lengths = (len(facts.trouble), 80, 60, 40)
        return tuple(Content.styled(elide(facts.trouble, n), Tone.FAILED.style) for n in lengths)
    rate = Content.styled(f"{facts.requests_per_minute} req/min", _QUIET)
    wide, near = Content("   "), Content("  ")
    usual = (wide.join([rate, fresh, time]), near.join([rate, fresh]), fresh, short)
    if not facts.slow_link:
        return usual
    slow = Content.styled("slow link: drawn once a second", Tone.WARNING.style)
    brief = Content.styled("slow link", Tone.WARNING.style)
    return (
        wide.join([slow, usual[0]]),
        wide.join([brief, usual[0]]),
        near.join([brief, rate, fresh]),
        near.join([brief, fresh]),
        *usual,
    )


def _told_at_length(facts: Facts) -> Content:
    """Return the longest of these, where there is room to spare: how long a poll takes, too."""
    longest = _rights(facts)[0]
    if facts.took is None or facts.trouble is not None:
        return longest
    took = f"{facts.took:.1f}s" if facts.took >= 1 else f"{facts.took * 1000:.0f} ms"
    return Content.styled(f"poll {took}   ", _QUIET).append(longest)


def _freshness(facts: Facts) -> tuple[Content, Content]:
    if facts.read_at is None and facts.failing is None:
        told = Content.styled("not read yet", _QUIET)
        return told, told
    ago = "never read" if facts.read_at is None else f"read {age(facts.now - facts.read_at)} ago"
    if facts.failing is None:
        told = Content.styled(ago, _QUIET)
        return told, told
    times = f" ×{facts.failures}" if facts.failures > 1 else ""
    again = ""
    if facts.next_at is not None:
        again = f" · again in {age(facts.next_at - facts.now)}"
    reason = facts.brief or elide(_brief(facts.failing), 26)
    style = Tone.WARNING.style
    long = Content.styled(f"{ago} · {reason}{times}{again}", style)
    return long, Content.styled(f"{ago} · {elide(reason, 18)}{times}", style)


def _brief(failing: SafeText) -> SafeText:
    """Return the start of a failure's sentence, which says what happened."""
    return SafeText(failing.split(":")[0].split(";")[0].split(",")[0])


class Header(Still, Static):
    """The line as a widget."""

    DEFAULT_CSS = "Header { height: 1; }"

    def __init__(self, *, id: str) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id, markup=False)
        self._drawn: Content | None = None

    def show(self, facts: Facts) -> None:
        """Draw these facts, if they look different from what stands there."""
        line = header(facts, max(1, self.app.size.width))
        if self._drawn is None or not line.is_same(self._drawn):
            self._drawn = line
            self.update(line, layout=False)
