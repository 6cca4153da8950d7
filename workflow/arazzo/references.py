"""Local references of an API's description (``$ref``), each followed once.

A description may hold a hundred thousand references to the same place, or a chain of them; what
one leads to is kept. Nothing is fetched: what leads out of the description is null.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from workflow.arazzo.pointer import Missing, find, parse_pointer
from workflow.arazzo.turns import Json

MOST_REFERENCE: Final = 2_000
"""Characters of a reference; longer ones lead nowhere."""
_MOST_PARTS: Final = 100
"""How many schemas joined by ``allOf`` are looked at for one value."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What a schema says of an object's members and a list's items, ``allOf`` put together."""

    required: tuple[frozenset[str], ...] = ()
    properties: tuple[Mapping[str, Json], ...] = ()
    items: Json = None

    def requires(self, name: str) -> bool:
        """Whether a member must be there."""
        return any(name in names for names in self.required)

    def member(self, name: str) -> Json:
        """Return a member's schema; null when there is none. The last one named counts."""
        return next((known[name] for known in reversed(self.properties) if name in known), None)


@dataclass(frozen=True, slots=True)
class References:
    """Follows the references of one description. Shared by threads: nothing half done is kept."""

    root: dict[str, Json]
    _known: dict[str, Json] = field(default_factory=dict)
    _shapes: dict[int, Shape] = field(default_factory=dict)
    """By the schema's identity; schemas live as long as the description."""
    _names: dict[int, frozenset[str]] = field(default_factory=dict)
    """Lists of required names, by identity."""

    def resolve(self, value: Json) -> Json:
        """Follow references from a value on; what cannot be followed, or goes round, is null."""
        passed: dict[str, None] = {}
        while isinstance(value, dict) and isinstance(reference := value.get("$ref"), str):
            if reference in self._known:
                value = self._known[reference]
                break
            if reference in passed:
                value = None
                break
            passed[reference] = None
            value = self._find(reference)
        self._known.update(dict.fromkeys(passed, value))
        return value

    def shape(self, schema: Json) -> Shape:
        """Return what a schema of this description says of members and items."""
        schema = self.resolve(schema)
        known = self._shapes.get(id(schema))
        if known is None:
            known = self._shapes[id(schema)] = self._shape_of(schema)
        return known

    def _find(self, reference: str) -> Json:
        if not reference.startswith("#") or len(reference) > MOST_REFERENCE:
            return None
        try:
            found = find(self.root, parse_pointer(reference[1:]))
        except ValueError:
            return None
        return None if isinstance(found, Missing) else found

    def _shape_of(self, schema: Json) -> Shape:
        required: list[frozenset[str]] = []
        properties: list[Mapping[str, Json]] = []
        items: Json = None
        waiting = [schema]
        for _ in range(_MOST_PARTS):
            if not waiting:
                break
            here = self.resolve(waiting.pop(0))
            if not isinstance(here, dict):
                continue
            names, members, every = here.get("required"), here.get("properties"), here.get("allOf")
            required += [self._names_in(names)] if isinstance(names, list) else []
            properties += [members] if isinstance(members, dict) else []
            waiting += every[:_MOST_PARTS] if isinstance(every, list) else []
            items = here.get("items", items)
        return Shape(tuple(required), tuple(properties), items)

    def _names_in(self, listed: list[Json]) -> frozenset[str]:
        known = self._names.get(id(listed))
        if known is None:
            known = frozenset(name for name in listed if isinstance(name, str))
            self._names[id(listed)] = known
        return known
