"""Go to anything, do anything: connections, runs and commands by what one types.

Words are looked for as substrings, all of them, in any order: over 10,000 names that takes
milliseconds, where fuzzy matching takes seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from textual.await_complete import AwaitComplete
from textual.command import CommandPalette, DiscoveryHit, Hit, Hits, Provider
from textual.content import Content

from tui import keymap
from tui.formats import elide, many
from tui.glyphs import OFF, Tone, of_run, of_status
from tui.keymap import Group
from tui.plans import Plan
from tui.screens import plan_book
from tui.screens.dialogs import ConfirmDialog
from tui.screens.late import connection_screen, run_screen
from tui.screens.launch import LaunchScreen
from tui.screens.report import ReportScreen
from workflow.airbyte.models import ConnectionId
from workflow.runs.events import LaunchId, RunId
from workflow.text import SafeText

if TYPE_CHECKING:
    from tui.app import SyncdeckApp
    from tui.session import Session

MOST_HITS: Final = 40
MOST_CELLS: Final = 64
"""What a name may take: a line of the palette is not to become four."""
_COMMANDS: Final = (Group.ACT, Group.VIEW, Group.CHOOSE, Group.SHOW)


@dataclass(frozen=True, slots=True)
class Place:
    """Something to go to or to do."""

    text: SafeText
    shown: Content
    help: SafeText
    go: Callable[[], object]


def matching(places: Iterable[tuple[str, Place]], typed: str, most: int) -> list[tuple[int, Place]]:
    """Return the places that have all typed words, best first, at most `most`.

    Each comes with its rank: 0 when its text begins with what was typed, 1 when a word of it does,
    2 otherwise. `places` have their text in lower case beside them.
    """
    words = typed.lower().split()
    if not words:
        return []
    found: list[tuple[int, Place]] = []
    for lower, place in places:
        if all(word in lower for word in words):
            first = words[0]
            rank = 0 if lower.startswith(first) else 1 if f" {first}" in lower else 2
            found.append((rank, place))
    found.sort(key=lambda hit: hit[0])
    return found[:most]


class Palette(CommandPalette):
    """Textual's own, closed once: enter pressed twice would take the deck away as well."""

    # Its magnifying glass is two cells wide in some fonts, none in others, and no ASCII.
    DEFAULT_CSS = "Palette SearchIcon { display: none; }"

    def __init__(self) -> None:
        super().__init__(providers=[GotoProvider], placeholder="connection, run or command")

    def dismiss(self, result: None = None) -> AwaitComplete:
        """Close it, if it has not been."""
        return super().dismiss(result) if self in self.app.screen_stack else AwaitComplete()


class GotoProvider(Provider):
    """What the palette offers."""

    _places: tuple[tuple[str, Place], ...] = ()
    _commands: tuple[Place, ...] = ()
    _gone = False

    @property
    def _deck(self) -> SyncdeckApp:
        from tui.app import SyncdeckApp  # noqa: PLC0415 - the app imports its screens

        assert isinstance(self.app, SyncdeckApp)  # noqa: S101 - no other app has this palette
        return self.app

    async def startup(self) -> None:
        """Write down everything once; typing only looks it up."""
        session = self._deck.session
        self._commands = tuple(self._doings())
        places = [*self._commands]
        if session is not None:
            places += self._plans(session)
            places += self._reports(session)
            places += [*self._runs(session), *self._connections(session)]
        self._places = tuple((place.text.lower(), place) for place in places)

    async def search(self, query: str) -> Hits:
        """Yield what has all the words."""
        for rank, place in matching(self._places, query, MOST_HITS):
            go = partial(self._go, place)
            yield Hit(1.0 - rank * 0.3, place.shown, go, text=place.text, help=place.help)

    async def discover(self) -> Hits:
        """Yield the commands while nothing is typed."""
        for place in self._commands:
            go = partial(self._go, place)
            yield DiscoveryHit(place.shown, go, text=place.text, help=place.help)

    def _go(self, place: Place) -> None:
        """Go there, once."""
        if not self._gone:
            self._gone = True
            self.app.call_later(place.go)

    def _doings(self) -> Iterator[Place]:
        for key in keymap.KEYS:
            name = key.action.partition("(")[0]
            target = next(
                (on for on in (self.screen, self.app) if hasattr(on, f"action_{name}")), None
            )
            if key.group not in _COMMANDS or target is None or key.id == "palette":
                continue
            yield _command(
                f"{key.label}: {key.help}",
                " ".join(keymap.keys_at(self.app, key)),
                partial(self.app.run_action, key.action, target),
            )
        for theme in sorted(self.app.available_themes):
            yield _command(f"theme: {theme}", "", partial(setattr, self.app, "theme", theme))

    def _plans(self, session: Session) -> Iterator[Place]:
        plans = plan_book.plans_of(self.app, session)
        launch = partial(self._open_plan, session)
        drop = partial(self._drop_plan, session)
        for what, go in (("plan", launch), ("drop plan", drop)):
            for plan in plans:
                told = SafeText(many(len(plan.targets), "target"))
                text = SafeText(f"{what}: {plan.name}")
                yield Place(text, Content(text), told, partial(go, plan))

    def _open_plan(self, session: Session, plan: Plan) -> None:
        self.app.push_screen(LaunchScreen(session, plan.targets, plan=plan))

    def _drop_plan(self, session: Session, plan: Plan) -> None:
        title, body = SafeText(f"Drop the plan {plan.name}?"), SafeText("Nothing else changes.")
        dialog = ConfirmDialog(title, body, yes="Drop it", danger=True)
        drop = partial(plan_book.drop, self.app, session, plan)
        self.app.push_screen(dialog, lambda sure: drop() if sure else None)

    def _reports(self, session: Session) -> Iterator[Place]:
        for launch in session.fleet.launches.values():
            text = SafeText(f"report: launch {launch.number} {launch.name}")
            told = SafeText(f"{launch.ended} of {launch.targets} ended")
            yield Place(
                text, Content(text), told, partial(self._open_report, session, launch.launch)
            )

    def _runs(self, session: Session) -> Iterator[Place]:
        now = session.clock.now()
        for run in reversed(tuple(session.fleet.runs.values())):
            look = of_run(run, now)
            job = "" if run.job_id is None else f" job {run.job_id}"
            text = SafeText(f"{elide(run.name, MOST_CELLS)}{job} {run.run}")
            shown = Content.assemble((f"{look.glyph} ", look.style), text)
            go = partial(self._open_run, session, run.run)
            yield Place(text, shown, SafeText(f"run, {look.word}"), go)

    def _connections(self, session: Session) -> Iterator[Place]:
        for view in session.fleet.watch.connections.values():
            look = OFF if view.last_status is None else of_status(view.last_status)
            name = view.connection.name
            shown = Content.assemble((f"{look.glyph} ", look.style), elide(name, MOST_CELLS))
            go = partial(self._open_connection, session, view.connection.connection_id)
            yield Place(name, shown, SafeText("connection"), go)

    def _open_report(self, session: Session, launch: LaunchId) -> None:
        self.app.push_screen(ReportScreen(session, launch))

    def _open_run(self, session: Session, run: RunId) -> None:
        self.app.push_screen(run_screen(session, run, ()))

    def _open_connection(self, session: Session, connection: ConnectionId) -> None:
        self.app.push_screen(connection_screen(session, connection))


def _command(text: str, keys: str, go: Callable[[], object]) -> Place:
    # Commands are named in our own words.
    shown = Content.assemble(text, (f"  {keys}", Tone.RUNNING.style))
    return Place(SafeText(text), shown, SafeText("command"), go)
