"""What the deck's lines say: header, titles of the rules, detail. Made of session and panes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from textual.content import Content

from tui import detail_lines, rows
from tui.board import job_name
from tui.connection_rows import NoteKey
from tui.deck_plan import Pane, Part, Plan, Style
from tui.event_lines import Entry
from tui.formats import LONG, access, waiting
from tui.glyphs import Tone
from tui.widgets.connections_pane import ConnectionsPane
from tui.widgets.events_pane import EventsPane
from tui.widgets.header import Facts
from tui.widgets.lines import hung
from tui.widgets.rules import Title
from tui.widgets.runs_pane import RunsPane
from workflow.airbyte.models import ConnectionId
from workflow.runs.connection_view import ConnectionView
from workflow.text import SafeText

if TYPE_CHECKING:
    from tui.session import Session

_QUIET: Final = Tone.QUIET.style


def facts(
    session: Session, runs: RunsPane, now: datetime, frozen: str | None, *, slow_link: bool
) -> Facts:
    """Return what the header tells; `frozen` is the key that lets a frozen picture go on."""
    status = session.fleet.feed.status
    return Facts(
        profile=SafeText(session.profile_name),
        access=access(read_only=session.fleet.arming.read_only, armed=session.fleet.arming.left),
        server=session.server,
        workspace=session.workspace,
        counts=runs.board.counts,
        now=now,
        read_at=status.read_at,
        requests_per_minute=status.requests_per_minute,
        took=status.took,
        failing=status.failing,
        failures=status.failures,
        next_at=status.next_at,
        brief=status.brief,
        trouble=session.fleet.trouble,
        frozen=frozen,
        slow_link=slow_link,
    )


def top_titles(
    places: Plan,
    pane: Pane,
    titles: Mapping[Pane, SafeText],
    detail: SafeText,
    launch: int | None,
) -> list[Title]:
    """Return the titles of the first rule: the panes, as tabs where only one is shown."""

    def title(of: Pane, number: int, at: int, *, whole: bool = True) -> Title:
        told = titles[of] if whole else titles[of].split(" · ")[0]
        if of is Pane.RUNS and launch is not None and whole and places.style is not Style.TABS:
            head, _, rest = told.partition(" · ")
            told = SafeText(f"{head} · launch {launch} · {rest}")
        if of is Pane.EVENTS:
            told = f"· {told}" if whole else ""
        text = SafeText(f"{number} {of.value.capitalize()} {told}".rstrip())
        return Title(at, text, of.value, active=of is pane)

    if places.style is Style.TABS:
        return [
            title(Pane.RUNS, 1, 0, whole=pane is Pane.RUNS),
            title(Pane.CONNECTIONS, 2, 0, whole=pane is Pane.CONNECTIONS),
            title(Pane.EVENTS, 3, 0, whole=pane is Pane.EVENTS),
            Title(0, SafeText("4 History"), "history"),
        ]
    if places.left_bar is None:
        wide = Pane.CONNECTIONS if pane is Pane.CONNECTIONS else Pane.RUNS
        found = [title(wide, 2 if wide is Pane.CONNECTIONS else 1, 0)]
    else:
        found = [title(Pane.CONNECTIONS, 2, 0), title(Pane.RUNS, 1, places.left_bar + 1)]
    if places.style is Style.COLUMNS and places.right_bar is not None:
        found.append(Title(places.right_bar + 1, detail))
    return found


def middle_titles(places: Plan, detail: SafeText, events: SafeText, pane: Pane) -> list[Title]:
    """Return the titles of the second rule: detail, and events where they have a place."""
    named = SafeText(f"3 Events · {events}")
    active = pane is Pane.EVENTS
    match places.style:
        case Style.TABS:
            return [Title(0, detail)]
        case Style.COLUMNS:
            return [Title(0, named, Pane.EVENTS.value, active)]
    found = [Title(0, detail)]
    if places.right_bar is not None:
        found.append(Title(places.right_bar + 1, named, Pane.EVENTS.value, active))
    return found


def joints(places: Plan, rule: Part) -> dict[int, str]:
    """Return where bars meet a rule, and how."""
    columns = places.style is Style.COLUMNS
    left = "┬" if rule is Part.TOP else "┴"
    right = "┬" if rule is (Part.TOP if columns else Part.MIDDLE) else "┴"
    found: dict[int, str] = {}
    if places.left_bar is not None and rule in {Part.TOP, Part.BOTTOM if columns else Part.MIDDLE}:
        found[places.left_bar] = left
    if places.right_bar is not None and rule in {Part.TOP if columns else Part.MIDDLE, Part.BOTTOM}:
        crossing = found.get(places.right_bar) is not None and right != left
        found[places.right_bar] = "┼" if crossing else right
    return found


def runs_message(
    session: Session, runs: RunsPane, waited: timedelta, hint: detail_lines.Hint
) -> tuple[tuple[str, Tone | None], ...]:
    """Return what the runs pane says while it has no rows.

    `waited` is how long the first answer has been waited for.
    """
    status = session.fleet.feed.status
    if runs.words:
        shows = f"{hint('back')} shows all"
        return (("no run or job has these words", None), (shows, Tone.QUIET))
    if runs.problems:
        shows = f"{hint('problems')} shows everything"
        return (("no problems", Tone.SUCCEEDED), (shows, Tone.QUIET))
    if status.read_at is None and status.failing is not None:
        long = f" for{waiting(waited)}" if waited >= LONG else ""
        return (
            (f"the server could not be read{long}; it is asked again", Tone.WARNING),
            (status.failing, Tone.WARNING),
            (f"{hint('read_now')} asks now", Tone.QUIET),
        )
    if status.read_at is None:
        return (
            (f"reading what runs and what failed …{waiting(waited)}", Tone.QUIET),
            *([(f"{hint('read_now')} asks again", Tone.QUIET)] if waited >= LONG else ()),
        )
    goes, marks = f"{hint('pane.connections')} goes to the connections", f"{hint('mark')} marks"
    keys = f"{goes}, {marks}, {hint('launch')} launches"
    return (("nothing runs, and nothing failed lately", Tone.SUCCEEDED), (keys, Tone.QUIET))


class DetailView:
    """Title and lines about what the cursor of the focused pane is on."""

    def __init__(
        self,
        runs: RunsPane,
        connections: ConnectionsPane,
        events: EventsPane,
        hint: detail_lines.Hint,
    ) -> None:
        self._runs = runs
        self._connections = connections
        self._events = events
        self._hint = hint

    def of(
        self, pane: Pane, now: datetime, width: int, *, wide: bool
    ) -> tuple[SafeText, tuple[Content, ...]]:
        """Return title and lines."""
        if pane is Pane.CONNECTIONS:
            return self._connection(now)
        if pane is Pane.EVENTS:
            cursor = self._events.cursor
            entry = None if cursor is None else self._events.entry(cursor)
            return (
                (SafeText("nothing chosen"), ())
                if entry is None
                else self._event(entry, now, width)
            )
        return self._run(now, width, wide=wide)

    def _event(
        self, entry: Entry, now: datetime, width: int
    ) -> tuple[SafeText, tuple[Content, ...]]:
        """Return what happened, whole, and how the run it happened to stands now."""
        lines = hung(Content(entry.line), width)
        state = None if entry.run is None else self._runs.board.run(entry.run)
        if state is None:
            if entry.launch is not None:
                told = f"{self._hint('open')} the launch's report   {self._hint('copy')} copy"
                lines = (*lines, Content.styled(told, _QUIET))
            return SafeText("event"), lines
        view = self.view(state.connection_id)
        run = detail_lines.run_lines(state, view, now, width, self._hint)
        return SafeText("event"), (*lines, *run)

    def _run(
        self, now: datetime, width: int, *, wide: bool
    ) -> tuple[SafeText, tuple[Content, ...]]:
        board = self._runs.board
        match self._runs.cursor:
            case rows.RunKey(run=run) if (state := board.run(run)) is not None:
                view = self.view(state.connection_id)
                lines = detail_lines.run_lines(state, view, now, width, self._hint)
                return detail_lines.run_title(state, now, wide=wide), lines
            case rows.JobKey(job=job) if (reading := board.job(job)) is not None:
                view = self.view(reading.job.connection_id)
                names = {} if view is None else {reading.job.connection_id: view}
                title = detail_lines.job_title(reading, job_name(reading, names), wide=wide)
                return title, detail_lines.job_lines(reading, view, now, self._hint)
            case rows.LineKey() as line:
                word = "folds" if not line.more else "shows"
                told = f"{self._hint('open')} {word} these rows, or shows them again"
                return SafeText("folded"), (Content.styled(told, _QUIET),)
        return SafeText("nothing chosen"), ()

    def _connection(self, now: datetime) -> tuple[SafeText, tuple[Content, ...]]:
        key = self._connections.cursor
        if isinstance(key, NoteKey) and key.text:
            return SafeText("note"), (Content(key.text),)  # whole; its row may have no room
        if key is None or isinstance(key, NoteKey):
            return SafeText("nothing chosen"), ()
        view = self._connections.board.view(key)
        if view is None:
            return SafeText("gone"), ()
        look = self._connections.look(key)
        lines = detail_lines.connection_lines(view, look, now, self._hint)
        return detail_lines.connection_title(view), lines

    def view(self, connection_id: str | None) -> ConnectionView | None:
        """Return what is known of a connection."""
        if connection_id is None:
            return None
        return self._connections.board.view(ConnectionId(connection_id))
