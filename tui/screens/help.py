"""All keys and all glyphs, made from the keymap and the looks themselves.

What is bound can therefore not be missing here, nor can a glyph mean something else.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from typing import ClassVar, Final

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from tui import glyphs, keymap
from tui.glyphs import Look, Tone
from tui.keymap import Group, Key
from tui.screens.scrolling import ScrollingScreen
from tui.widgets.hints import Hints
from tui.widgets.lines import stacked, titled_rule
from workflow.runs.events import Verdict
from workflow.text import SafeText

_WIDE: Final = 100
_TERM_CELLS: Final = 15

_STATES: Final[tuple[tuple[Look, str], ...]] = (
    (glyphs.WAITING, "for a slot; nothing has been sent"),
    (glyphs.of_status(SafeText("pending")), "the server has it; queued: it has no room yet"),
    (glyphs.of_status(SafeText("running")), "an attempt is under way"),
    (glyphs.of_status(SafeText("incomplete")), "an attempt failed, Airbyte tries again"),
    (glyphs.of_verdict(Verdict.SUCCEEDED), "ended well"),
    (glyphs.of_verdict(Verdict.FAILED), "ended badly; rejected: the server refused, no job"),
    (glyphs.of_verdict(Verdict.CANCELLED), "stopped; skipped: not sent, as asked"),
    (glyphs.of_verdict(Verdict.UNRESOLVED), "nobody can know; the detail says why"),
    (glyphs.of_verdict(Verdict.EXPIRED), "we stopped waiting; the job goes on"),
    (glyphs.LATE, "a scheduled sync did not start"),
    (glyphs.OFF, "the connection is not active"),
    (glyphs.UNREAD, "nothing is claimed before it is read"),
)

_WARNINGS: Final = (
    ("✓ 0 rows!", "succeeded and moved nothing"),
    ("● no rows 11m!", "running, and no new rows for that long"),
    ("● 45× usual!", "running that much longer than its median"),
)

_NOTATION: Final = (
    ("2/2×19", "at the second of two steps, visited 19 times"),
    ("att×140", "attached: the job was there, no trigger of ours"),
    (f"name {glyphs.FOLLOWED}", "followed: its jobs are attached as they appear"),
    ("—", "not known; 0 is only ever a zero that was read"),
    ("8m55  9h04", "minutes and seconds, hours and minutes"),
    ("▂▃▅▆▇▇", "rows per unit of time since the first reading"),
    ("slow link", "the terminal is slow to take what is drawn: new data once a second"),
)


_FILTER: Final = (
    ("words", "all of them, anywhere"),
    ("-word", "not this one"),
    ('"two words"', "together"),
    ("tag:x", "among the tags; so status: and type:"),
    ("source:x", "before the name's arrow; src: too"),
    ("destination:x", "after it; dest: too"),
)


_FORMS: Final = (
    ("⏎", "Launch form: send, once everything has been checked."),
    ("mark", "Leave the target out, or take it in again."),
    ("w", "Another workflow document."),
    ("+", "Save targets and form as a plan; `:` finds it by name."),
    ("copy", "Copy the command that does the same."),
    ("y m c n", "Report: copy as text, Markdown, CSV, JSON."),
)


def key_lines(keys: Iterable[Key], width: int, app: object) -> tuple[Content, ...]:
    """Return what each key does, after how it is pressed in this app."""
    return tuple(
        line
        for key in keys
        for line in _entry(" ".join(keymap.keys_at(app, key)), key.help, width, Tone.RUNNING.style)
    )


def glyph_lines(width: int) -> tuple[Content, ...]:
    """Return what each glyph means, then what numbers and warnings look like."""
    states = [_entry(look.text, meaning, width, look.style) for look, meaning in _STATES]
    warnings = [_entry(text, meaning, width, Tone.WARNING.style) for text, meaning in _WARNINGS]
    notation = [_entry(text, meaning, width, Tone.QUIET.style) for text, meaning in _NOTATION]
    blank = (Content(""),)
    return tuple(line for part in (*states, blank, *warnings, blank, *notation) for line in part)


def listed(entries: Iterable[tuple[str, str]], width: int) -> tuple[Content, ...]:
    """Return terms with their meanings."""
    return tuple(
        line
        for term, meaning in entries
        for line in _entry(term, meaning, width, Tone.RUNNING.style)
    )


def _entry(term: str, meaning: str, width: int, style: str) -> tuple[Content, ...]:
    """Write a term and its meaning beside it, on as many lines as that takes."""
    room = max(20, width - _TERM_CELLS - 2)
    first, *rest = textwrap.wrap(meaning, room) or [""]
    return (
        Content.assemble((f" {term:<{_TERM_CELLS}}", style), f" {first}"),
        *(Content(" " * (_TERM_CELLS + 2) + line) for line in rest),
    )


def help_columns(width: int, app: object = None) -> tuple[Content, Content | None]:
    """Return the help for a screen so wide: in two columns, or in one and None.

    It tells the keys of this `app`, whose keys may be other ones.
    """
    groups = keymap.by_group()
    two = width >= _WIDE
    column = (width - 2) // 2 - 1 if two else width - 2

    def titled(*shown: Group) -> tuple[Content, ...]:
        return tuple(
            line
            for group in shown
            for line in (titled_rule(group, column), *key_lines(groups[group], column, app))
        )

    signs = (titled_rule("Glyphs", column), *glyph_lines(column))
    acting = titled(Group.ACT, Group.SHOW, Group.CHOOSE, Group.VIEW, Group.DETAIL)
    moving = titled(Group.MOVE)
    filters = (titled_rule("Filter", column), *listed(_FILTER, column))
    forms = (titled_rule("In other screens", column), *listed(keymap.named_at(app, _FORMS), column))
    if two:
        return stacked((*acting, *filters)), stacked((*signs, *moving, *forms))
    return stacked((*signs, *acting, *filters, *moving, *forms)), None


class HelpScreen(ScrollingScreen[None]):
    """The help, in one column or in two."""

    BINDINGS: ClassVar[list[BindingType]] = keymap.bindings(("help",))
    DEFAULT_CSS = """
    HelpScreen {
        Horizontal { height: auto; }
        Horizontal Static { width: 1fr; height: auto; text-wrap: nowrap; }
        #right { margin-left: 1; }
        Hints { dock: bottom; }
    }
    """

    def compose(self) -> ComposeResult:
        """Two columns, of which a narrow screen shows one."""
        with VerticalScroll(id="body"), Horizontal():
            yield Static(id="left")
            yield Static(id="right")
        moves = " ".join(keymap.key_at(self.app, id_) for id_ in ("move.down", "move.up"))
        yield Hints(keymap.named_at(self.app, ((moves, "scroll"), ("back", "back"))))

    def on_resize(self) -> None:
        """Write the columns for the width there is."""
        left, right = help_columns(self.size.width, self.app)
        self.query_one("#left", Static).update(left)
        self.query_one("#right", Static).display = right is not None
        if right is not None:
            self.query_one("#right", Static).update(right)

    def action_help(self) -> None:
        """Close: the key that opens it."""
        self.action_back()
