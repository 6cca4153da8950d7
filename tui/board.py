"""What the deck knows of the rows it may have to show, kept up to date with little work.

A state that is the same object as before is not looked at again, so thousands of quiet runs and
connections cost a comparison each, or less. What changes is told by id. Ordering is
:mod:`tui.rows`' and :mod:`tui.connection_rows`' business.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from itertools import compress
from operator import attrgetter, is_not
from typing import Final

from tui import connection_rows, rows
from tui.glyphs import Sign
from workflow.airbyte.models import ConnectionId, JobId
from workflow.airbyte.readings import Reading
from workflow.runs.connection_view import ConnectionView
from workflow.runs.events import RunId
from workflow.runs.run import RunState
from workflow.text import SafeText, short_id

_WHERE: Final = attrgetter(
    "status", "verdict", "phase", "job_id", "begun", "waiting_for", "warnings"
)
"""By what a run's row may stand elsewhere; a run with warnings is looked at whole."""
Newest = Callable[[str], RunState | None]
"""The newest run of ours for a connection."""


class RunBoard:
    """The runs of the fleet and the jobs of others, as items to be arranged."""

    def __init__(self) -> None:
        self._items: dict[rows.RunKey | rows.JobKey, rows.Item] = {}
        self._runs: dict[RunId, RunState] = {}
        self._jobs: dict[JobId, Reading] = {}
        self._named: set[JobId] = set()
        """Jobs whose connection was known by name when their item was made."""
        self._newest: dict[str, RunId] = {}
        """The newest run of each connection that has one."""
        self.counts: Mapping[Sign, int] = {}
        """How many rows have which glyph."""
        self._keys: dict[RunId, rows.RunKey | rows.JobKey] = {}
        self._turned: set[str] = set()
        self._suspected: Collection[RunId] = frozenset()

    @property
    def items(self) -> Collection[rows.Item]:
        """All of them."""
        return self._items.values()

    def update(
        self,
        runs: Mapping[RunId, RunState],
        foreign: Mapping[JobId, Reading],
        names: Mapping[ConnectionId, ConnectionView],
        suspected: Collection[RunId] = frozenset(),
    ) -> tuple[set[rows.Key], bool]:
        """Take in how things are; says which rows are other ones or gone, and whether any may move.

        `suspected` are the runs of which nobody has said yet what their triggers did.
        """
        changed: set[rows.Key] = set()
        settled = {*self._suspected} ^ {*suspected}
        self._suspected = suspected
        moves = self._take_runs(runs, settled, changed)
        moves |= self._take_jobs(foreign, names, changed)
        if moves:
            self.counts = rows.counts(self._items.values())
        return changed, moves

    def _take_runs(
        self, runs: Mapping[RunId, RunState], settled: Collection[RunId], changed: set[rows.Key]
    ) -> bool:
        known = self._runs
        fresh = dict(compress(runs.items(), map(is_not, runs.values(), map(known.get, runs))))
        turned = [runs[run] for run in settled if run in runs and run not in fresh]
        for run, state in fresh.items():
            before = known.get(run)
            stays = before is not None and _WHERE(before) == _WHERE(state) and not state.warnings
            if stays and run not in settled:
                changed.add(self._keys[run])  # only its figures moved
            else:
                turned.append(state)
        known.update(fresh)
        moves = False
        for state in turned:
            self._note(state)
            item = rows.item_of_run(state, suspected=state.run in self._suspected)
            self._keys[state.run] = item.key
            changed.add(item.key)
            moves |= self._items.get(item.key) != item
            self._items[item.key] = item
        if len(known) > len(runs):  # all that there are are known by now
            for run in [run for run in known if run not in runs]:
                del known[run]
                del self._items[self._keys.pop(run)]
            moves = True
        return moves

    def _note(self, state: RunState) -> None:
        """Take note of a run of which its connection's row may have something to tell."""
        connection = state.connection_id
        if connection is None:
            return
        self._turned.add(connection)
        newest = self.newest(connection)
        if newest is None or newest.created <= state.created:
            self._newest[connection] = state.run

    def _take_jobs(
        self,
        foreign: Mapping[JobId, Reading],
        names: Mapping[ConnectionId, ConnectionView],
        changed: set[rows.Key],
    ) -> bool:
        moves = False
        for job in [job for job in self._jobs if job not in foreign]:
            del self._jobs[job]
            self._named.discard(job)
            del self._items[rows.JobKey(job)]
            moves = True
        for job, reading in foreign.items():
            named = reading.job.connection_id in names
            if self._jobs.get(job) is reading and (job in self._named or not named):
                continue
            if named:
                self._named.add(job)
            self._jobs[job] = reading
            item = rows.item_of_job(reading, job_name(reading, names))
            changed.add(item.key)
            moves |= self._items.get(item.key) != item
            self._items[item.key] = item
        return moves

    def turned(self) -> set[str]:
        """Return the connections of runs that more than figures of changed since the last call."""
        turned, self._turned = self._turned, set()
        return turned

    def has(self, key: rows.Key) -> bool:
        """Tell whether a row is of a run or job that is still known."""
        return key in self._items

    def job(self, job: JobId) -> Reading | None:
        """Return somebody else's job, if it is still shown."""
        return self._jobs.get(job)

    def run(self, run: RunId) -> RunState | None:
        """Return a run as it was at the last update."""
        return self._runs.get(run)

    def newest(self, connection_id: str) -> RunState | None:
        """Return the newest run of a connection, as it was at the last update."""
        run = self._newest.get(connection_id)
        return None if run is None else self._runs.get(run)


def _no_run(_connection_id: str) -> None:
    return None


class ConnectionBoard:
    """The connections, as entries to be arranged."""

    def __init__(self) -> None:
        self._entries: dict[ConnectionId, connection_rows.Entry] = {}
        self._views: dict[ConnectionId, ConnectionView] = {}
        self._newest: Newest = _no_run
        self.unread = 0
        """Connections whose jobs have not been read yet."""
        self.late: dict[ConnectionId, ConnectionView] = {}

    @property
    def entries(self) -> Collection[connection_rows.Entry]:
        """All of them."""
        return self._entries.values()

    def update(
        self,
        connections: Mapping[ConnectionId, ConnectionView],
        newest: Newest = _no_run,
        turned: Collection[str] = (),
    ) -> tuple[set[ConnectionId], bool]:
        """Take in how things are; says which rows are other ones or gone, and whether any may move.

        `turned` says of which the `newest` run is another than before, or says something else.
        """
        self._newest = newest
        named = (ConnectionId(one) for one in turned if one in connections)
        changed = dict.fromkeys((*self._others(connections), *named))
        moves = False
        for connection_id in changed:
            view = connections[connection_id]
            self._count(connection_id, self._views.get(connection_id), view)
            self._views[connection_id] = view
            entry = connection_rows.entry(view, newest(connection_id))
            moves |= self._entries.get(connection_id) != entry
            self._entries[connection_id] = entry
        if len(self._views) > len(connections):  # all that are there are known by now
            gone = [known for known in self._views if known not in connections]
            for connection_id in gone:
                self._forget(connection_id)
            return {*changed, *gone}, True
        return set(changed), moves

    def _others(self, connections: Mapping[ConnectionId, ConnectionView]) -> Iterable[ConnectionId]:
        """Return those whose view is another than at the last update.

        There are ten thousand at every flush: this is a loop that Python need not interpret.
        """
        known = map(self._views.get, connections)
        return compress(connections, map(is_not, connections.values(), known))

    def entry(self, connection_id: ConnectionId) -> connection_rows.Entry | None:
        """Return what is known of one connection."""
        return self._entries.get(connection_id)

    def view(self, connection_id: ConnectionId) -> ConnectionView | None:
        """Return a connection as it was at the last update."""
        return self._views.get(connection_id)

    def run(self, connection_id: ConnectionId) -> RunState | None:
        """Return the newest run of ours for a connection."""
        return self._newest(connection_id)

    def _count(
        self, connection_id: ConnectionId, before: ConnectionView | None, view: ConnectionView
    ) -> None:
        self.unread += (not view.latest_read) - (before is not None and not before.latest_read)
        if view.late is not None:
            self.late[connection_id] = view
        else:
            self.late.pop(connection_id, None)

    def _forget(self, connection_id: ConnectionId) -> None:
        view = self._views.pop(connection_id)
        del self._entries[connection_id]
        self.late.pop(connection_id, None)
        self.unread -= not view.latest_read


def job_name(reading: Reading, names: Mapping[ConnectionId, ConnectionView]) -> SafeText:
    """Return a job's connection by name, by id while its name is not loaded."""
    view = names.get(reading.job.connection_id)
    return short_id(reading.job.connection_id) if view is None else view.connection.name
