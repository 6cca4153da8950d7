"""YAML 1.2 (and so JSON) text to a tree, within limits.

Only PyYAML's event stream is used. Its composer recurses in C and dies of deep nesting, and its
constructors read YAML 1.1, where ``on`` is true and ``12:30`` is 750; here the tree is built
without recursion and plain scalars follow the core schema of YAML 1.2 (chapter 10.3). An alias
is the node it names, shared; what it stands for is counted as if it were written out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

import yaml
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from workflow.arazzo.characters import REFUSED, decoded, tell_refused
from workflow.arazzo.problems import START, Findings, Place
from workflow.arazzo.tree import Mapping, Node, Scalar, Sequence

MOST_BYTES: Final = 1_000_000
MOST_DEPTH: Final = 64
MOST_NODES: Final = 60_000

_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_TRUE = frozenset({"true", "True", "TRUE"})
_FALSE = frozenset({"false", "False", "FALSE"})
_NUMBERS_BEGIN = frozenset("+-.0123456789")
_INT = re.compile(r"[-+]?[0-9]+\Z")
_OCTAL = re.compile(r"0o[0-7]+\Z")
_HEX = re.compile(r"0x[0-9a-fA-F]+\Z")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z")
_NOT_FINITE = re.compile(r"(?:[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))\Z")
_MOST_DIGITS = 400
_CORE = "tag:yaml.org,2002:"
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def parse(text: bytes, findings: Findings, *, most_bytes: int = MOST_BYTES) -> Node | None:
    """Return the tree of the first document in `text`; None when there is none to return.

    Every mistake goes to `findings` with its place: not UTF-8, too large, not YAML, nested or
    aliased beyond the limits, a key that stands twice, a tag outside the core schema.
    """
    if len(text) > most_bytes:
        findings.error(
            START,
            "too-large",
            f"The file has {len(text):,} bytes; at most {most_bytes:,} are read. "
            "Split it, or leave out what no workflow uses.",
        )
        return None
    characters = decoded(text, findings)
    return None if characters is None else _Builder(findings).build(characters)


@dataclass(slots=True)
class _Open:
    """A list or object whose end has not been read."""

    place: Place
    anchor: str | None
    before: int
    """How many nodes there were when it began."""
    items: list[Node] | None
    entries: dict[str, Node] = field(default_factory=dict)
    keys: dict[str, Place] = field(default_factory=dict)
    key: tuple[str, Place] | None = None


class _Stop(Exception):  # noqa: N818  (leaves the event loop; never seen outside)
    """The text is beyond a limit; the reason is already among the findings."""


class _Builder:
    """Builds a tree from events, with a stack of its own."""

    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self._open: list[_Open] = []
        self._anchors: dict[str, tuple[Node, int]] = {}
        self._nodes = 0
        self._root: Node | None = None
        self._lines = 0

    def build(self, characters: str) -> Node | None:
        """Run through the events and return the root."""
        documents = 0
        self._lines = len(characters.splitlines())
        try:
            for event in yaml.parse(characters, Loader=_LOADER):
                if isinstance(event, DocumentStartEvent):
                    documents += 1
                    if documents > 1:
                        self._error(event, "syntax", "A file holds one document; this is a second.")
                        return None
                else:
                    self._take(event)
        except _Stop:
            return None
        except yaml.YAMLError as error:
            if getattr(error, "problem_mark", None) is None and REFUSED.search(characters):
                tell_refused(characters, self._findings)
            else:
                self._syntax(error)
            return None
        except (ValueError, OverflowError):
            # libyaml refuses code points that no text may hold before it has a mark for them.
            tell_refused(characters, self._findings)
            return None
        if self._root is None:
            self._findings.error(START, "syntax", "The file is empty.")
        return self._root

    def _take(self, event: yaml.Event) -> None:
        match event:
            case ScalarEvent():
                self._scalar(event)
            case MappingStartEvent() | SequenceStartEvent():
                self._begin(event)
            case MappingEndEvent() | SequenceEndEvent():
                self._end()
            case AliasEvent():
                self._alias(event)
            case _:
                pass

    def _begin(self, event: MappingStartEvent | SequenceStartEvent) -> None:
        is_list = isinstance(event, SequenceStartEvent)
        if event.tag not in (None, "!", f"{_CORE}seq" if is_list else f"{_CORE}map"):
            self._error(event, "tag", f"The tag {event.tag} is not allowed; take it out.")
        if len(self._open) >= MOST_DEPTH:
            self._error(event, "too-deep", f"Nested more than {MOST_DEPTH} levels deep.")
            raise _Stop
        parent = self._open[-1] if self._open else None
        if parent is not None and parent.items is None and parent.key is None:
            self._error(event, "key", "A key must be a text, not a list or an object.")
            raise _Stop
        place = _place(event)
        before = self._nodes
        self._count(event, 1)
        self._open.append(_Open(place, event.anchor, before, [] if is_list else None))

    def _end(self) -> None:
        done = self._open.pop()
        node: Node
        if done.items is not None:
            node = Sequence(done.place, tuple(done.items))
        else:
            node = Mapping(done.place, done.entries, done.keys)
        self._add(node, done.anchor, self._nodes - done.before)

    def _scalar(self, event: ScalarEvent) -> None:
        parent = self._open[-1] if self._open else None
        if parent is not None and parent.items is None and parent.key is None:
            self._key(parent, event)
            return
        self._count(event, 1)
        self._add(Scalar(_place(event), self._resolve(event)), event.anchor, 1)

    def _key(self, parent: _Open, event: ScalarEvent) -> None:
        place, key = _place(event), event.value
        if key in parent.keys:
            first = parent.keys[key].line
            self._error(event, "duplicate-key", f"{key!r} stands twice; first in line {first}.")
        if event.anchor is not None:
            self._anchors[event.anchor] = (Scalar(place, key), 1)
        parent.key = (key, place)

    def _alias(self, event: AliasEvent) -> None:
        parent = self._open[-1] if self._open else None
        known = self._anchors.get(event.anchor or "")
        if known is None:
            inside = any(opened.anchor == event.anchor for opened in self._open)
            reason = "stands inside what it names" if inside else "names nothing before it"
            self._error(event, "alias", f"The alias *{event.anchor} {reason}.")
            raise _Stop
        node, size = known
        if parent is not None and parent.items is None and parent.key is None:
            if not (isinstance(node, Scalar) and isinstance(node.value, str)):
                self._error(event, "key", "A key must be a text.")
                raise _Stop
            parent.key = (node.value, _place(event))
            return
        self._count(event, size)
        self._add(node, None, size)

    def _add(self, node: Node, anchor: str | None, size: int) -> None:
        if anchor is not None:
            self._anchors[anchor] = (node, size)
        if not self._open:
            self._root = node
            return
        parent = self._open[-1]
        if parent.items is not None:
            parent.items.append(node)
        elif parent.key is not None:
            key, place = parent.key
            parent.entries[key] = node
            parent.keys[key] = place
            parent.key = None

    def _count(self, event: yaml.Event, size: int) -> None:
        self._nodes += size
        if self._nodes > MOST_NODES:
            self._error(
                event, "too-large", f"More than {MOST_NODES:,} values, aliases written out."
            )
            raise _Stop

    def _resolve(self, event: ScalarEvent) -> bool | int | float | str | None:
        """Give a scalar its value by the core schema."""
        text: str = event.value
        tag = event.tag
        if tag in ("!", f"{_CORE}str"):
            return text
        if tag is not None and tag not in _TAGGED:
            self._error(event, "tag", f"The tag {tag} is not allowed; take it out.")
            return text
        if tag is None and not event.implicit[0]:  # quoted, or a block
            return text
        value = self._core(event, text)
        if tag is not None and not isinstance(value, _TAGGED[tag]):
            self._error(event, "tag", f"The tag {tag} does not fit {text!r}.")
        return value

    def _core(self, event: ScalarEvent, text: str) -> bool | int | float | str | None:
        if text in _NULL:
            return None
        if text in _TRUE or text in _FALSE:
            return text in _TRUE
        if text[0] not in _NUMBERS_BEGIN or len(text) > _MOST_DIGITS:
            return text
        if _INT.match(text):
            return int(text)
        if _OCTAL.match(text) or _HEX.match(text):
            return int(text, 0)
        if _FLOAT.match(text):
            number = float(text)
            if number in (float("inf"), float("-inf")):
                self._error(event, "wrong-value", f"The number {text} is too large.")
            return number
        if _NOT_FINITE.match(text):
            self._error(event, "wrong-value", f"{text} is not a number that JSON can hold.")
        return text

    def _error(self, event: yaml.Event, code: str, message: str) -> None:
        self._findings.error(_place(event), code, message)

    def _syntax(self, error: yaml.YAMLError) -> None:
        mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
        place = Place(mark.line + 1, mark.column + 1) if mark is not None else START
        if place.line > self._lines and self._open:
            place = self._open[-1].place  # what was never closed, not where the text ends
        what = getattr(error, "problem", None) or "it holds a character that no text may hold"
        context = getattr(error, "context", None)
        around = f" ({context})" if context else ""
        self._findings.error(place, "syntax", f"This is not YAML: {what}{around}.")


_TAGGED: Final[dict[str, type | tuple[type, ...]]] = {
    f"{_CORE}null": type(None),
    f"{_CORE}bool": bool,
    f"{_CORE}int": int,
    f"{_CORE}float": (int, float),
}


def _place(event: yaml.Event) -> Place:
    mark = event.start_mark
    return Place(mark.line + 1, mark.column + 1) if mark is not None else START
