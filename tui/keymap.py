"""Every key of the deck: an id, what it does, what a help line says of it.

Screens take their bindings from here, the help screen and the line of keys at the bottom are made
from here, and whoever wants other keys names an id. No key is one that tmux, screen or a terminal
keeps for itself (ctrl-a, ctrl-b, ctrl-s, ctrl-j), and no action lies on a letter that ends a
split arrow sequence (A to D, F, H, O to S): over a slow line an arrow may arrive as three keys.

The actions themselves are methods of the screens (``action_<name>``).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol, runtime_checkable

from textual.binding import Binding, BindingType


class Group(StrEnum):
    """Under which heading a key stands in the help."""

    MOVE = "Move"
    VIEW = "View"
    CHOOSE = "Choose"
    ACT = "Act"
    SHOW = "Show"
    DETAIL = "In a detail"


@dataclass(frozen=True, slots=True)
class Key:
    """One thing that keys do."""

    id: str
    """Stable; what a rebinding names, e.g. ``run.cancel``."""
    keys: tuple[str, ...]
    """Textual's key names, the one to show first."""
    action: str
    label: str
    """One or two words for the bottom line."""
    help: str
    """One sentence for the help and the tooltip."""
    group: Group

    def binding(self) -> Binding:
        """Return Textual's form; never in Textual's own footer."""
        return Binding(
            ",".join(self.keys),
            self.action,
            self.label,
            show=False,
            tooltip=self.help,
            id=self.id,
        )


def _key(id_: str, keys: str, action: str, label: str, help_: str, *, group: Group) -> Key:
    return Key(id_, tuple(keys.split()), action, label, help_, group)


_MOVE, _VIEW, _CHOOSE = Group.MOVE, Group.VIEW, Group.CHOOSE
_ACT, _SHOW, _DETAIL = Group.ACT, Group.SHOW, Group.DETAIL

KEYS: Final = (
    _key("move.down", "j down", "cursor_down", "down", "One row down.", group=_MOVE),
    _key("move.up", "k up", "cursor_up", "up", "One row up.", group=_MOVE),
    _key("move.top", "g home", "cursor_top", "top", "To the first row.", group=_MOVE),
    _key("move.bottom", "G end", "cursor_bottom", "bottom", "To the last row.", group=_MOVE),
    _key("move.half_down", "ctrl+d", "half_down", "half down", "Half a page down.", group=_MOVE),
    _key("move.half_up", "ctrl+u", "half_up", "half up", "Half a page up.", group=_MOVE),
    _key("move.page_down", "pagedown", "page_down", "page down", "A page down.", group=_MOVE),
    _key("move.page_up", "pageup", "page_up", "page up", "A page up.", group=_MOVE),
    _key("pane.previous", "h left shift+tab", "pane_previous", "pane", "Pane before.", group=_MOVE),
    _key("pane.next", "l right tab", "pane_next", "pane", "Next pane.", group=_MOVE),
    _key("pane.runs", "1", "pane('runs')", "runs", "The runs.", group=_MOVE),
    _key(
        "pane.connections", "2", "pane('connections')", "connections", "Connections.", group=_MOVE
    ),
    _key("pane.events", "3", "pane('events')", "events", "What happened.", group=_MOVE),
    _key("pane.history", "4", "history", "history", "Every run of the journal.", group=_MOVE),
    _key(
        "open", "enter", "open", "open", "Open the row; fold or unfold a line of many.", group=_MOVE
    ),
    _key(
        "back", "escape", "back", "back", "Back; on the deck drops filter, then marks.", group=_MOVE
    ),
    _key("quit", "q", "leave", "quit", "Back or quit; asks while runs are live.", group=_MOVE),
    _key("last_view", "minus", "last_view", "last view", "To the screen before.", group=_MOVE),
    _key("mark", "space", "mark", "mark", "Mark or unmark the row.", group=_CHOOSE),
    _key(
        "mark.range", "v", "mark_range", "range", "Mark from here on, as you move.", group=_CHOOSE
    ),
    _key("mark.all", "asterisk", "mark_all", "all", "Mark every row that is shown.", group=_CHOOSE),
    _key("mark.invert", "i", "mark_invert", "invert", "Mark what is not marked.", group=_CHOOSE),
    _key("mark.none", "u", "mark_none", "unmark", "Drop all marks.", group=_CHOOSE),
    _key("filter", "slash", "filter", "filter", "Show only what has these words.", group=_VIEW),
    _key("problems", "exclamation_mark", "problems", "problems", "Problems only.", group=_VIEW),
    _key("profile", "at", "profile", "profile", "Leave for another profile.", group=_VIEW),
    _key("views", "apostrophe", "views", "views", "Saved views: show one, save this.", group=_VIEW),
    _key("palette", "colon ctrl+p", "palette", "go", "Go to anything, do anything.", group=_VIEW),
    _key("sort", "s", "sort", "sort", "Another order.", group=_VIEW),
    _key("wide", "w", "wide", "wide", "The pane over the whole width, and back.", group=_VIEW),
    _key("zoom", "z", "zoom", "zoom", "The pane over the whole screen, and back.", group=_VIEW),
    _key("freeze", "f", "freeze", "freeze", "Hold the picture still; runs go on.", group=_VIEW),
    _key("read_now", "ctrl+r", "read_now", "read now", "Ask the server now.", group=_VIEW),
    _key(
        "launch", "t", "launch", "launch", "Start the marked connections, or this one.", group=_ACT
    ),
    _key("rerun", "r", "rerun", "rerun", "Launch, filled in from the marked runs.", group=_ACT),
    _key("attach", "a", "attach", "attach", "Watch a job that is there, as a run.", group=_ACT),
    _key("detach", "d", "detach", "detach", "Stop watching; the job goes on.", group=_ACT),
    _key("cancel", "x", "cancel", "cancel", "Stop the job on the server; asks first.", group=_ACT),
    _key("hold", "p", "hold", "hold", "The launch starts no more; again: it goes on.", group=_ACT),
    _key("follow", "m", "follow", "follow", "Attach its jobs as they appear, or stop.", group=_ACT),
    _key(
        "enable", "e", "enable", "on / off", "Enable or disable the connection; asks.", group=_ACT
    ),
    _key("arm", "W", "arm", "arm", "Let a read-only profile send, for a while.", group=_ACT),
    _key("log", "o", "log", "log", "The job's log in Airbyte's own page.", group=_SHOW),
    _key("copy", "y", "copy", "copy", "Copy the row.", group=_SHOW),
    _key("help", "question_mark", "help", "help", "All keys and glyphs.", group=_SHOW),
    _key("resolve", "c", "resolve", "resolve", "Say which job a lost trigger made.", group=_DETAIL),
    _key("detail.next", "J", "detail_next", "next run", "The next run.", group=_DETAIL),
    _key("detail.previous", "K", "detail_previous", "run before", "The run before.", group=_DETAIL),
    _key(
        "match.next",
        "n",
        "match_next",
        "next match",
        "The next that the filter found.",
        group=_VIEW,
    ),
    _key(
        "match.previous",
        "N",
        "match_previous",
        "match before",
        "The one before that the filter found.",
        group=_VIEW,
    ),
)

BY_ID: Final[Mapping[str, Key]] = {key.id: key for key in KEYS}

DECK_HINTS: Final = (
    "launch",
    "rerun",
    "attach",
    "cancel",
    "mark",
    "mark.all",
    "filter",
    "problems",
    "log",
    "copy",
    "hold",
    "palette",
    "help",
)
"""What the deck's bottom line tells, in this order, as far as there is room."""
NARROW_DECK_HINTS: Final = tuple(
    id_ for id_ in DECK_HINTS if id_ not in {"mark.all", "log", "copy", "hold", "palette"}
)
"""The same below 100 columns."""

TABLE_KEYS: Final = tuple(key.id for key in KEYS if key.id.startswith("move."))
"""What a table answers by itself, whatever is in it."""

ENTER: Final = "⏎"
"""How the key is shown; no one ASCII character says it, so a screen in ASCII has the word."""
_ENTER_WORD: Final = "enter"
_SHOWN: Final[Mapping[str, str]] = {
    "space": "spc",
    "asterisk": "*",
    "slash": "/",
    "exclamation_mark": "!",
    "apostrophe": "'",
    "colon": ":",
    "at": "@",
    "minus": "-",
    "question_mark": "?",
    "enter": ENTER,
    "escape": "esc",
    "pagedown": "pgdn",
    "pageup": "pgup",
    "left": "←",
    "right": "→",
    "up": "↑",
    "down": "↓",
}
_WRITTEN: Final[Mapping[str, str]] = {
    "esc": "escape",
    "spc": "space",
    "return": "enter",
    "pgdn": "pagedown",
    "pgup": "pageup",
    "del": "delete",
    "hyphen_minus": "minus",
    "solidus": "slash",
    "reverse_solidus": "backslash",
    "commercial_at": "at",
    "plus_sign": "plus",
    "low_line": "underscore",
}


def bindings(ids: Iterable[str]) -> list[BindingType]:
    """Return Textual bindings for these ids, for a screen's or widget's ``BINDINGS``.

    Raises:
        KeyError: an id that does not exist; a mistake in the program, found when it starts.
    """
    return [BY_ID[id_].binding() for id_ in ids]


def shown(key: str) -> str:
    """Write a Textual key name the way a person would: ``ctrl+d`` as ``ctrl-d``."""
    return _SHOWN.get(key, key.replace("+", "-"))


def keys_of(key: Key, rebound: Mapping[str, str] | None = None) -> tuple[str, ...]:
    """Return the keys in force for `key`, as shown, with an operator's rebindings by id."""
    own = (rebound or {}).get(key.id)
    names = key.keys if own is None else tuple(name.strip() for name in own.split(","))
    return tuple(shown(name) for name in names)


@runtime_checkable
class Rebindable(Protocol):
    """An app whose keys may be other ones."""

    rebound: Mapping[str, str]


@runtime_checkable
class InAscii(Protocol):
    """An app whose screens may be in ASCII."""

    ascii_only: bool


def written_at(app: object, text: str) -> str:
    """Return our own text with the enter key as this app shows it."""
    in_ascii = isinstance(app, InAscii) and app.ascii_only
    return text.replace(ENTER, _ENTER_WORD) if in_ascii else text


def key_at(app: object, id_: str) -> str:
    """Return the key to press in this app for what `id_` does, as shown; the first of several."""
    return keys_at(app, BY_ID[id_])[0]


def keys_at(app: object, key: Key) -> tuple[str, ...]:
    """Return the keys in force in this app for `key`, as shown."""
    keys = keys_of(key, app.rebound if isinstance(app, Rebindable) else None)
    return tuple(written_at(app, shown_key) for shown_key in keys)


def hints_at(app: object, ids: Iterable[str]) -> list[tuple[str, str]]:
    """Return key and label of these in this app, for the line of keys at the bottom."""
    return [(key_at(app, id_), BY_ID[id_].label) for id_ in ids]


def named_at(app: object, hints: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return hints whose keys are ids here as keys of this app; other keys stay as they are."""
    return [
        (key_at(app, key) if key in BY_ID else written_at(app, key), label) for key, label in hints
    ]


def unknown_ids(rebound: Mapping[str, str]) -> tuple[str, ...]:
    """Return the ids of a rebinding that no key has, so that they can be complained about."""
    return tuple(id_ for id_ in rebound if id_ not in BY_ID)


def named(typed: str) -> str:
    """Return Textual's name for a key as people write it: ``!``, ``ctrl-x``, ``esc``, ``J``."""
    stripped = typed.strip()
    if len(stripped) == 1 and not stripped.isalnum():
        stripped = unicodedata.name(stripped, stripped).lower().replace("-", "_").replace(" ", "_")
    elif len(stripped) > 1:
        stripped = stripped.replace("-", "+").lower()
    return _WRITTEN.get(stripped, stripped)


def as_textual(rebound: Mapping[str, str]) -> dict[str, str]:
    """Return a rebinding with every key by the name Textual has for it."""
    return {id_: ",".join(map(named, keys.split(","))) for id_, keys in rebound.items()}


def clashes(rebound: Mapping[str, str]) -> tuple[tuple[str, str, str], ...]:
    """Return each key that would do two things, as shown, with the ids of both."""
    after = {id_: keys.split(",") for id_, keys in as_textual(rebound).items()}
    found: list[tuple[str, str, str]] = []
    taken: dict[str, str] = {}
    for key in KEYS:
        for name in after.get(key.id, key.keys):
            other = taken.setdefault(name, key.id)
            if other != key.id:
                found.append((shown(name), other, key.id))
    return tuple(found)


def by_group() -> dict[Group, tuple[Key, ...]]:
    """Return all keys under their headings, in the order of :class:`Group`."""
    return {group: tuple(key for key in KEYS if key.group is group) for group in Group}
