"""The report of a launch, over or under way: what became of every target, to read and to copy.

What it says is :mod:`workflow.runs.report`'s; here it is shown and put on the clipboard in the
form that is asked for.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, Final

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from tui import keymap
from tui.glyphs import Tone
from tui.screens.scrolling import ScrollingScreen
from tui.session import Session
from tui.widgets.hints import Hints
from tui.widgets.lines import stacked, titled_rule
from tui.widgets.place_line import place_line
from workflow.runs.events import LaunchId
from workflow.runs.report import Report, report_of
from workflow.text import SafeText, safe

_HINTS: Final = (
    ("y", "copy as text"),
    ("m", "as Markdown"),
    ("c", "as CSV"),
    ("n", "as JSON"),
    ("back", "back"),
    ("help", "help"),
)


class ReportScreen(ScrollingScreen[None]):
    """One launch's report, kept up to date while the launch goes on."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "copy_text", "copy as text", id="report.text", show=False),
        Binding("m", "copy_markdown", "copy as Markdown", id="report.markdown", show=False),
        Binding("c", "copy_csv", "copy as CSV", id="report.csv", show=False),
        Binding("n", "copy_json", "copy as JSON", id="report.json", show=False),
    ]
    DEFAULT_CSS = """
    ReportScreen {
        layout: vertical;
        .line { height: 1; text-wrap: nowrap; text-overflow: clip; }
        #body { height: 1fr; scrollbar-size-vertical: 1; overflow-x: auto; }
        #page { width: auto; height: auto; text-wrap: nowrap; padding: 0 1; }
    }
    """

    def __init__(self, session: Session, launch_id: LaunchId) -> None:
        super().__init__()
        self._session = session
        self._launch = launch_id
        self._kept: Report | None = None
        """As it was last drawn, should the fleet forget the launch meanwhile."""

    def compose(self) -> ComposeResult:
        """Where this is, the report, the keys."""
        yield Static(id="where", classes="line")
        yield Static(id="title", classes="line")
        with VerticalScroll(id="body"):
            yield Static(id="page")
        yield Hints(keymap.named_at(self.app, _HINTS))

    def on_mount(self) -> None:
        """Show what there is."""
        self._draw()

    def on_resize(self) -> None:
        """Use the width there is."""
        self._draw()

    def refresh_from(self, session: Session) -> None:
        """Take in what is new."""
        del session
        self._draw()

    def _report(self) -> Report | None:
        launch = self._session.fleet.launches.get(self._launch)
        if launch is not None:
            runs = self._session.fleet.runs.values()
            ours = (run for run in runs if run.launch == self._launch)
            self._kept = report_of(launch, ours)
        return self._kept

    def _draw(self) -> None:
        width = self.size.width
        if not self.is_attached or not width:
            return
        report = self._report()
        name = self._launch if report is None else f"launch {report.launch.name}"
        where = place_line(self._session, safe(f"report of {name}"), width)
        self.query_one("#where", Static).update(where, layout=False)
        over = report is not None and report.launch.finished is not None
        title = titled_rule("Report" if over else "Report so far", width)
        self.query_one("#title", Static).update(title, layout=False)
        if report is None:
            history = keymap.key_at(self.app, "pane.history")
            told = f"this launch is not known here any more; {history} has its runs: search"
            page = Content.styled(safe(f"{told} {self._launch}"), Tone.QUIET.style)
        else:
            page = stacked([Content(safe(line)) for line in report.to_text().splitlines()])
        self.query_one("#page", Static).update(page)

    def _copy(self, written: Callable[[Report], str], what: str) -> None:
        report = self._report()
        if report is None:
            self.app.bell()
            return
        self.app.copy_to_clipboard(written(report))
        self.notify(SafeText(f"copied the report as {what}"), markup=False)

    def action_copy_text(self) -> None:
        """Copy it as it is shown."""
        self._copy(Report.to_text, "text")

    def action_copy_markdown(self) -> None:
        """Copy it as Markdown."""
        self._copy(Report.to_markdown, "Markdown")

    def action_copy_csv(self) -> None:
        """Copy it as CSV."""
        self._copy(Report.to_csv, "CSV")

    def action_copy_json(self) -> None:
        """Copy it as JSON."""
        self._copy(Report.to_json, "JSON")
