"""A document as a tree of values that know their place.

YAML and JSON texts become these nodes (:mod:`workflow.arazzo.yaml12`); readers turn them into
the model and can always say where a mistake is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from workflow.arazzo.problems import Place
from workflow.arazzo.turns import Json


@dataclass(frozen=True, slots=True)
class Scalar:
    """Null, a boolean, a number or a text."""

    place: Place
    value: bool | int | float | str | None


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list."""

    place: Place
    items: tuple[Node, ...]

    def __iter__(self) -> Iterator[Node]:
        return iter(self.items)


@dataclass(frozen=True, slots=True)
class Mapping:
    """An object. Keys are the text as written, so ``on`` and ``200`` stay what they look like."""

    place: Place
    entries: dict[str, Node]
    keys: dict[str, Place]
    """Where each key stands."""

    def get(self, key: str) -> Node | None:
        """Return the value under `key`, or None when it is absent."""
        return self.entries.get(key)


Node: TypeAlias = Scalar | Sequence | Mapping


def plain(node: Node) -> Json:
    """Return the node as plain JSON data."""
    match node:
        case Scalar():
            return node.value
        case Sequence():
            return [plain(item) for item in node.items]
        case Mapping():
            return {key: plain(value) for key, value in node.entries.items()}


@dataclass(frozen=True, slots=True)
class Size:
    """How many values a node is made of, itself included, and how many characters their texts."""

    values: int
    characters: int


def size(node: Node) -> Size:
    """Return the size of a node."""
    count, characters, waiting = 0, 0, [node]
    while waiting:
        here = waiting.pop()
        count += 1
        if isinstance(here, Mapping):
            waiting += here.entries.values()
        elif isinstance(here, Sequence):
            waiting += here.items
        elif isinstance(here.value, str):
            characters += len(here.value)
    return Size(count, characters)


def kind(node: Node) -> str:
    """Name the JSON type of a node, with an article, for error texts."""
    match node:
        case Mapping():
            return "an object"
        case Sequence():
            return "a list"
        case Scalar(value=None):
            return "nothing"
        case Scalar(value=bool()):
            return "true or false"
        case Scalar(value=int() | float()):
            return "a number"
        case Scalar():
            return "a text"
