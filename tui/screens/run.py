"""Everything about one run: its steps, statuses, rows, what came before, what can be done.

What each section says is :mod:`tui.screens.run_sections`'; what keys do to the run is the deck's
own (:mod:`tui.screens.deck_acts`), so that here and there the same question is asked.
"""

from __future__ import annotations

from typing import ClassVar, Final

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from tui import event_lines, keymap, links, rows
from tui.event_lines import Entry
from tui.glyphs import Tone
from tui.screens import run_sections
from tui.screens.acting import ActingScreen
from tui.screens.connection_figures import Figures, figures
from tui.screens.run_sections import Known, Section, column_of
from tui.session import Session
from tui.widgets.hints import Hints
from tui.widgets.lines import hung, stacked
from tui.widgets.place_line import place_line
from workflow.airbyte.models import ConnectionId
from workflow.airbyte.problems import ApiProblem
from workflow.http.failures import NetworkFailure
from workflow.runs.events import RunId
from workflow.runs.folding import begin, fold
from workflow.runs.run import RunState
from workflow.text import SafeText

TWO_COLUMNS: Final = 110
THREE_COLUMNS: Final = 170
_PAST_JOBS: Final = 20
_HINTS: Final = (
    "resolve",
    "log",
    "cancel",
    "detach",
    "rerun",
    "copy",
    "detail.next",
    "back",
    "last_view",
    "help",
)


class RunScreen(ActingScreen):
    """One run, kept up to date while it is looked at."""

    BINDINGS: ClassVar[list[BindingType]] = keymap.bindings(
        ("resolve", "detail.next", "detail.previous", "match.next", "match.previous")
    )
    DEFAULT_CSS = """
    RunScreen {
        layout: vertical;
        .line { height: 1; text-wrap: nowrap; text-overflow: clip; }
        #head { height: auto; padding: 0 1; }
        #body { height: 1fr; scrollbar-size-vertical: 1; }
        #columns { height: auto; }
        #columns Static { width: 1fr; height: auto; text-wrap: nowrap; }
    }
    """

    def __init__(self, session: Session, run_id: RunId, order: tuple[RunId, ...] = ()) -> None:
        super().__init__(session)
        self._run = run_id
        self._order = order
        self._before: Figures | None = None
        self._entries: tuple[Entry, ...] = ()
        self._entries_to = -1
        self._known_here = False
        """Whether the fleet knew the run when it was last drawn."""
        self._replayed: RunState | None = None
        """The run as the journal has it, or as the fleet had it when it was last drawn."""
        self._sought = False
        """Whether the journal has been asked for a run that the fleet does not know."""

    def compose(self) -> ComposeResult:
        """Where this is, what it is, then the sections in as many columns as there is room for."""
        yield Static(id="where", classes="line")
        yield Static(id="head")
        with VerticalScroll(id="body"), Horizontal(id="columns"):
            yield Static(id="first")
            yield Static(id="second")
            yield Static(id="third")
        yield Hints()

    def on_mount(self) -> None:
        """Show the run, and read what came before it."""
        self._open(self._run)

    def on_resize(self) -> None:
        """Use the width there is."""
        self._draw()

    def refresh_from(self, session: Session) -> None:
        """Take in what is new."""
        del session
        self._draw()

    def _open(self, run: RunId) -> None:
        self._run, self._before, self._entries, self._entries_to = run, None, (), -1
        self._replayed, self._known_here, self._sought = None, False, False
        self._draw()
        self.run_worker(self._read(run), group="before", exclusive=True, exit_on_error=False)

    def subject(self) -> rows.RunKey:
        """Return the run."""
        return rows.RunKey(self._run)

    def past(self) -> tuple[RunState, ...]:
        """Return the run, for when the fleet does not know it."""
        return () if self._replayed is None else (self._replayed,)

    def connection(self) -> ConnectionId | None:
        """Return the run's connection."""
        state = self._state
        return (
            None if state is None or not state.connection_id else ConnectionId(state.connection_id)
        )

    @property
    def _state(self) -> RunState | None:
        """The run as it is, or as the journal has it when the fleet does not know it (any more)."""
        return self._session.fleet.runs.get(self._run, self._replayed)

    # ---------------------------------------------------------------------------------- reading

    async def _read(self, run: RunId) -> None:
        """Read a run of the past from the journal; then its connection's other jobs, once."""
        if run not in self._session.fleet.runs:
            await self._read_events(run, 0)
            self._sought = True
            self._draw()
        connection, state = self.connection(), self._state
        if connection is None or state is None:
            return
        try:
            answer = await self._session.client.list_jobs(
                connection_id=connection, limit=_PAST_JOBS + 1
            )
        except (ApiProblem, NetworkFailure):  # the header tells how reading goes
            return
        others = [job for job in answer.value.items if job.job_id != state.job_id]
        self._before = figures(others[:_PAST_JOBS])
        self._draw()

    async def _read_events(self, run: RunId, seq: int) -> None:
        events = await self._session.journal.events(run)
        if not events or run != self._run:
            return
        state = begin(events[0])
        entries: list[Entry] = []
        for event in events:
            state = fold(state, event)
            entry = event_lines.entry(event, state)
            if entry is not None:
                entries.append(entry)
        self._entries, self._entries_to = tuple(entries), max(seq, state.seq)
        self._replayed = state
        self._draw()

    def _keep(self) -> None:
        """Keep what the fleet knows of the run, and read it again when the fleet has forgotten it.

        What came between may have been missed while another screen was on top.
        """
        state = self._session.fleet.runs.get(self._run)
        if state is not None:
            self._known_here, self._replayed = True, state
        elif self._known_here:
            self._known_here = False
            self.run_worker(self._read_events(self._run, 0), group="events", exit_on_error=False)

    def _known(self) -> Known | None:
        state = self._state
        if state is None:
            return None
        self._replayed = state  # a fleet forgets runs that ended long ago; this one is looked at
        view = self._session.fleet.watch.connections.get(ConnectionId(state.connection_id or ""))
        workspace = None if view is None else view.connection.workspace_id
        page = links.job_page(self._session.web_url, workspace, state.connection_id, state.job_id)
        return Known(
            state,
            self._session.clock.now(),
            view,
            self._before,
            page,
            self._entries,
            self._session.fleet.suspicion(self._run),
            self._taken(state),
            self._session.demo,
        )

    def _taken(self, state: RunState) -> RunState | None:
        """Return the run that was made when somebody picked one of the run's suspects."""
        if state.ended is None or not state.suspects:
            return None
        made = (one for one in self._session.fleet.runs.values() if one.created > state.ended)
        return next((one for one in made if one.job_id in state.suspects), None)

    # ---------------------------------------------------------------------------------- drawing

    def _draw(self) -> None:
        if not self.is_attached or not self.size.width:
            return
        self._keep()
        known = self._known()
        self._line("#where", self._where(known))
        if known is None:
            told = "reading the journal …"
            if self._sought:
                told = f"this run is not in the journal; {self._hint('back')} goes back"
            self.query_one("#head", Static).update(Content.styled(told, Tone.QUIET.style))
            return
        width = self.size.width
        head = [part for line in run_sections.head(known) for part in hung(line, width - 2)]
        self.query_one("#head", Static).update(stacked(head))
        count = 3 if width >= THREE_COLUMNS else 2 if width >= TWO_COLUMNS else 1
        if count > 1 and known.run.seq != self._entries_to:
            self._entries_to = known.run.seq
            self.run_worker(
                self._read_events(self._run, known.run.seq), group="events", exit_on_error=False
            )
        columns = self._columns(known, count)
        column_width = (width - 1) // count - 1
        for id_, sections in zip(("first", "second", "third"), columns, strict=True):
            column = self.query_one(f"#{id_}", Static)
            column.display = bool(sections)
            if sections:
                column.update(column_of(sections, column_width))
        self.query_one(Hints).show(self._hints(known))

    def _columns(self, known: Known, count: int) -> tuple[list[Section], ...]:
        work = [run_sections.steps(known), run_sections.statuses(known), run_sections.rows(known)]
        suspects = run_sections.suspects(known)
        work += [suspects] if suspects is not None else []
        around = [run_sections.before(known), run_sections.ids(known)]
        given = run_sections.outputs(known)
        around += [given] if given is not None else []
        around.append(run_sections.can_be_done(known, self._hint))
        if count == 1:
            return ([*work, *around], [], [])
        happened = run_sections.events(known, max(5, self.size.height - 8))
        if count == 2:
            return ([*work, happened], around, [])
        return (work, around, [happened])

    def _where(self, known: Known | None) -> Content:
        place = SafeText(self._run)
        if known is not None:
            job = "" if known.run.job_id is None else f"job {known.run.job_id} "
            place = SafeText(f"{job}{known.run.name}")
        return place_line(self._session, place, self.size.width)

    def _line(self, selector: str, content: Content) -> None:
        self.query_one(selector, Static).update(content, layout=False)

    def _hint(self, id_: str) -> str:
        return keymap.key_at(self.app, id_)

    def _hints(self, known: Known) -> list[tuple[str, str]]:
        over = {"rerun"} if known.run.live else {"cancel", "detach"}
        over |= {"resolve"} if known.suspicion is None else set()
        ids = [id_ for id_ in _HINTS if id_ not in over]
        both = " ".join(self._hint(id_) for id_ in ("detail.next", "detail.previous"))
        at = ids.index("detail.next")
        hints = keymap.hints_at(self.app, ids)
        return [*hints[:at], (both, "other run"), *hints[at + 1 :]]

    async def action_resolve(self) -> None:
        """Say which job a lost trigger made, or that it made none."""
        run = self._run
        await self._act(lambda acts: acts.resolve(run))

    # ----------------------------------------------------------------------------------- moving

    def action_detail_next(self) -> None:
        """The next run of the deck's order."""
        self._step(1)

    def action_detail_previous(self) -> None:
        """The run before."""
        self._step(-1)

    def action_match_next(self) -> None:
        """The next run that the deck's filter found: only those are in its order."""
        self._step(1)

    def action_match_previous(self) -> None:
        """The run before that the deck's filter found."""
        self._step(-1)

    def _step(self, by: int) -> None:
        if self._run in self._order:
            at = self._order.index(self._run) + by
            if 0 <= at < len(self._order):
                self._open(self._order[at])
                return
        self.app.bell()
