"""Paging through one list or several, by our own offsets, and what a complete pass proves.

`next` links of this API are wrong, and rows move while one pages. Newest first, a row that moves
goes to the front: it may be seen twice, never skipped. A pass ends at a short page.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from workflow.airbyte.asks import Listed, ListJobs
from workflow.airbyte.models import JobId
from workflow.text import SafeText

FULL_PAGE: Final = 100
MOST_PAGES: Final = 300
_FRACTIONS: Final = timedelta(minutes=1)
OVERLAP: Final = timedelta(seconds=10)
"""Covers the differences between the server's clocks, and rows that are committed late."""


@dataclass(frozen=True, slots=True)
class Pass:
    """Where one pass is. `lists` are still to be read, the first from its own offset."""

    lists: tuple[ListJobs, ...]
    first_page_only: bool = False
    seen: frozenset[JobId] = frozenset()
    first_date: datetime | None = None
    """The server's clock at page 0 (ours, if it tells none)."""
    changed: bool = False
    pages: int = 0
    unreadable: frozenset[SafeText] = frozenset()
    stuck: bool = False
    """The server gives the same rows again and again, or no end of them."""

    @property
    def ask(self) -> ListJobs | None:
        """The page to ask for next; None when the pass is complete."""
        return self.lists[0] if self.lists and not self.stuck else None

    def after(self, listed: Listed, *, changed: bool) -> Pass:
        """Return the pass after its page came."""
        page = listed.page
        ids = {job.job_id for job in page.items}
        full = page.size >= FULL_PAGE and not _is_past_its_start(self.lists[0], listed)
        new = ids - self.seen
        current = self.lists[0]
        repeats = full and current.offset > 0 and not new and not page.unreadable
        following = replace(current, offset=current.offset + page.size)
        times = listed.times
        return replace(
            self,
            lists=(following, *self.lists[1:])
            if full and not self.first_page_only
            else self.lists[1:],
            seen=self.seen | new,
            first_date=self.first_date or times.date or times.left,
            changed=self.changed or changed,
            pages=self.pages + 1,
            unreadable=self.unreadable | frozenset(page.unreadable),
            stuck=repeats or self.pages >= MOST_PAGES,
        )

    def without_current(self) -> Pass:
        """Return the pass with its current list given up: the server does not know it."""
        return replace(self, lists=self.lists[1:])


def _is_past_its_start(ask: ListJobs, listed: Listed) -> bool:
    """Say whether a page goes back further than it was asked to: the server knows no filter.

    Newest first, nothing that was asked for follows. Stamps lose fractions of a second.
    """
    if not listed.page.items:
        return False
    last = listed.page.items[-1]
    pairs = ((ask.updated_at_start, last.stamp), (ask.created_at_start, last.start_time))
    return any(
        start is not None and when is not None and when < back(start, _FRACTIONS)
        for start, when in pairs
    )


def watermark(newest: datetime | None, first_date: datetime | None) -> datetime | None:
    """Return where the next delta begins, after a complete pass.

    The smaller of the newest stamp ever seen and the server's clock at page 0, less the overlap:
    derived from data, so that no clock of ours matters.
    """
    bounds = [bound for bound in (newest, first_date) if bound is not None]
    return back(min(bounds), OVERLAP) if bounds else None


def back(instant: datetime, span: timedelta) -> datetime:
    """Return an instant `span` earlier, or the first there is."""
    try:
        return instant - span
    except OverflowError:
        return datetime.min.replace(tzinfo=instant.tzinfo)
