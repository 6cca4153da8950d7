"""The passes that are under way, and which lists each kind of pass reads.

A pass is begun, goes on page by page, and is over, given up or stuck; what it proves when it is
over is the planner's to say.

Servers of 2025 leave refreshes and clears out of a list that names no type. Each sweep asks for
them by name, which costs two short pages; once one is found that way and not in the list without
a type, every pass asks for them.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from workflow.airbyte.asks import Listed, ListJobs, ListOrigin
from workflow.airbyte.models import CLEAR, FAILED, LIVE, REFRESH, RUNNING, JobId
from workflow.airbyte.passes import OVERLAP, Pass, back

SWEEP_BACK: Final = timedelta(hours=1)
COLD_BACK: Final = timedelta(hours=24)
_HIDDEN: Final = (REFRESH, CLEAR)
_BEGUN_AGAIN: Final[frozenset[ListOrigin]] = frozenset({"delta", "progress"})
"""Passes whose pages belong together: a broken one proves nothing and begins at its first page."""


class Agenda:
    """At most one pass of each kind. `watermark` is where a delta begins, once that is known."""

    def __init__(self) -> None:
        self._passes: dict[ListOrigin, Pass] = {}
        self.watermark: datetime | None = None
        self.hides_types = False
        """Whether the server's lists leave out types that are not asked for by name."""

    def __contains__(self, origin: ListOrigin) -> bool:
        return origin in self._passes

    @property
    def under_way(self) -> frozenset[ListOrigin]:
        """The kinds of pass that have pages to come."""
        return frozenset(self._passes)

    def ask(self, origin: ListOrigin) -> ListJobs | None:
        """Return the page that a pass of this kind needs next; None when none is under way."""
        running = self._passes.get(origin)
        return None if running is None else running.ask

    # ---------------------------------------------------------------- beginning

    def begin(self, origin: ListOrigin) -> None:
        """Begin a delta, a sweep or a progress pass."""
        match origin:
            case "delta":
                ask = ListJobs("delta", "updatedAt|DESC", updated_at_start=self.watermark)
                # Without a watermark that is the whole history: the newest page gives one, and a
                # sweep finds the jobs it did not show.
                lists, first_page_only = self._by_type(ask), self.watermark is None
                self._passes[origin] = Pass(lists, first_page_only=first_page_only)
            case "sweep" if self.watermark is not None:
                since = back(self.watermark, SWEEP_BACK)
                ask = ListJobs("sweep", created_at_start=since)
                self._passes[origin] = Pass((ask, *_of_hidden_types(ask)))
            case "progress":
                self._passes[origin] = Pass(self._by_type(ListJobs("progress", status=RUNNING)))
            case _:
                self._passes[origin] = Pass(self._by_status(origin))

    def begin_cold(self, today: datetime) -> None:
        """Begin with what failed in the last day, and what is live; `today` is the wall clock's."""
        day_ago = back(today, COLD_BACK)
        failed = ListJobs("cold_start", "updatedAt|DESC", FAILED, updated_at_start=day_ago)
        lists = (*self._by_type(failed), *self._by_status("cold_start"))
        self._passes["cold_start"] = Pass(lists)

    def go_on_by_status(self, sweep: Pass) -> None:
        """Let a sweep that missed many jobs read all live ones as well."""
        self._passes["sweep"] = Pass(self._by_status("sweep"), seen=sweep.seen)

    def _by_status(self, origin: ListOrigin) -> tuple[ListJobs, ...]:
        asks = (ListJobs(origin, status=status) for status in LIVE)
        return tuple(one for ask in asks for one in self._by_type(ask))

    def _by_type(self, ask: ListJobs) -> tuple[ListJobs, ...]:
        return (ask, *_of_hidden_types(ask)) if self.hides_types else (ask,)

    # ---------------------------------------------------------------- going on

    def turn(self, ask: ListJobs, listed: Listed, *, changed: bool) -> Pass | None:
        """Go on after a page; returns the pass as it is now, over when it asks for nothing.

        None when the page belongs to no pass: another was wanted while it was on its way.
        """
        running = self._passes.get(ask.origin)
        if running is None or running.ask != ask:
            return None
        if ask.job_type is not None and ask.origin == "sweep":
            self.hides_types = self.hides_types or _shows_what_was_hidden(running, listed)
        return self._keep(ask.origin, running.after(listed, changed=changed))

    def leave_out(self, ask: ListJobs) -> Pass | None:
        """Go on without a list that the server does not know; the same as :meth:`turn`."""
        running = self._passes.get(ask.origin)
        if running is None or running.ask != ask:
            return None
        return self._keep(ask.origin, running.without_current())

    def break_off(self, origin: ListOrigin) -> bool:
        """Note that a page failed; say whether that ends the pass. Others go on at that page."""
        if origin not in _BEGUN_AGAIN:
            return False
        self._passes.pop(origin, None)
        return True

    def _keep(self, origin: ListOrigin, following: Pass) -> Pass:
        if following.ask is None:
            del self._passes[origin]
        else:
            self._passes[origin] = following
        return following


def _of_hidden_types(ask: ListJobs) -> tuple[ListJobs, ...]:
    return tuple(replace(ask, job_type=job_type) for job_type in _HIDDEN)


def _shows_what_was_hidden(sweep: Pass, listed: Listed) -> bool:
    """Say whether a page by type has a job that the list without types should have shown."""
    if sweep.first_date is None:
        return False
    there = back(sweep.first_date, OVERLAP)
    unseen: list[JobId] = [
        job.job_id
        for job in listed.page.items
        if job.job_type in _HIDDEN
        and job.job_id not in sweep.seen
        and job.start_time is not None
        and job.start_time < there
    ]
    return bool(unseen)
