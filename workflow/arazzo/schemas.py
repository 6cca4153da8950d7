"""Checks of input schemas (JSON Schema 2020-12) when a document is loaded.

What a hostile schema could do later is ruled out here: it may only refer to itself and to
``components.inputs``, references in place may not go in circles or multiply beyond a bound, and
every pattern is compiled by the engine that can be interrupted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from workflow.arazzo import patterns
from workflow.arazzo.keywords import check_keywords
from workflow.arazzo.patterns import QueryError
from workflow.arazzo.pointer import Missing, find, parse_pointer
from workflow.arazzo.problems import Enough, Findings, Place, nearest
from workflow.arazzo.tree import Mapping as Object
from workflow.arazzo.tree import Node, Scalar, Sequence, plain
from workflow.arazzo.turns import Json

ROOT: Final = "workflow"
"""The member of :func:`wrapped` that holds the schema itself."""

MOST_COST: Final = 5_000
"""How many subschemas one validation may touch at most, references followed."""

MOST_PATTERNS: Final = 500
"""How many patterns the schemas of a document may hold together."""

_SHARED: Final = "#/components/inputs/"
_SINGLE: Final = (
    *("additionalProperties", "contains", "else", "if", "items", "not", "propertyNames"),
    *("then", "unevaluatedItems", "unevaluatedProperties"),
)
_LISTS: Final = ("allOf", "anyOf", "oneOf", "prefixItems")
_MAPS: Final = ("$defs", "dependentSchemas", "patternProperties", "properties")
_SAME_INSTANCE: Final = frozenset(
    {"$ref", "allOf", "anyOf", "oneOf", "not", "if", "then", "else", "dependentSchemas"}
)
_REFUSED: Final = ("$id", "$anchor", "$dynamicRef", "$dynamicAnchor", "$recursiveRef")
_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"


def wrapped(schema: Json, components: Mapping[str, Json]) -> dict[str, Json]:
    """Return a schema in which ``#/components/inputs/NAME`` leads somewhere."""
    return {
        "$ref": f"#/{ROOT}",
        ROOT: schema if isinstance(schema, dict | bool) else {},
        # Not copied: a document may have as many schemas as it has components.
        "components": {"inputs": components if isinstance(components, dict) else dict(components)},
    }


class SchemaChecker:
    """Checks the input schemas of one document."""

    def __init__(self, findings: Findings, inputs: Mapping[str, Json]) -> None:
        self._findings = findings
        self._inputs = inputs
        """The document's ``components.inputs``."""
        self._patterns = 0
        self._costs: dict[int, int] = {}

    def check(self, node: Node) -> None:
        """Report everything about a schema that cannot be used, at its place."""
        findings = self._findings
        if not isinstance(node, Object) and not (
            isinstance(node, Scalar) and isinstance(node.value, bool)
        ):
            findings.error(node.place, "schema", "A schema of inputs is an object.")
            return
        root = wrapped(plain(node), self._inputs)
        uses = set[str]()
        sound = True
        for found in _subschemas(node):
            sound &= check_keywords(found, findings)
            self._check_one(found, root, uses)
        if {"patternProperties", "unevaluatedProperties"} <= uses:
            findings.error(
                node.place,
                "unsupported",
                "'patternProperties' and 'unevaluatedProperties' in one schema are not supported.",
            )
        if sound:
            _Cost(root, self._costs).check(findings, node.place)

    def _check_one(self, schema: Object, root: Json, uses: set[str]) -> None:
        findings = self._findings
        uses.update(schema.keys)
        for key in _REFUSED:
            if key in schema.keys:
                findings.error(
                    schema.keys[key],
                    "unsupported",
                    f"{key!r} in a schema of inputs is not supported.",
                )
        dialect = schema.get("$schema")
        if isinstance(dialect, Scalar) and str(dialect.value).rstrip("#") != _DIALECT:
            findings.warn(
                dialect.place,
                "schema",
                "Inputs are read as JSON Schema 2020-12, whatever this says.",
            )
        reference = schema.get("$ref")
        if isinstance(reference, Scalar) and isinstance(reference.value, str):
            self._check_reference(reference.value, reference.place, root)
        pattern = schema.get("pattern")
        if isinstance(pattern, Scalar) and isinstance(pattern.value, str):
            self._check_pattern(pattern.value, pattern.place)
        patterns = schema.get("patternProperties")
        if isinstance(patterns, Object):
            for text, place in patterns.keys.items():
                self._check_pattern(text, place)

    def _check_reference(self, text: str, place: Place, root: Json) -> None:
        if not text.startswith("#"):
            self._findings.error(
                place,
                "unsupported",
                f"The $ref {text!r} leads out of this document and is not fetched; "
                f"use '{_SHARED}NAME'.",
            )
        elif not text.startswith(_SHARED) or not isinstance(resolve(text, root), dict | bool):
            known = (f"{_SHARED}{name}" for name in self._inputs)
            self._findings.error(
                place,
                "unknown-input",
                f"The $ref {text!r} leads to no schema in components.inputs.",
                nearest(text, known),
            )

    def _check_pattern(self, text: str, place: Place) -> None:
        self._patterns += 1
        if self._patterns > MOST_PATTERNS:
            self._findings.error(
                place, "too-large", f"A document has at most {MOST_PATTERNS:,} patterns."
            )
            raise Enough
        try:
            patterns.compile_pattern(text)
        except QueryError as error:
            self._findings.error(place, "schema", f"In the pattern {text!r}: {error}.")


def resolve(reference: str, root: Json) -> Json | Missing:
    """Return what a local ``$ref`` names in a wrapped schema, or MISSING."""
    try:
        return find(root, parse_pointer(reference[1:]))
    except ValueError:
        return Missing()


def _subschemas(node: Node) -> Iterator[Object]:
    """Give the schema and every schema inside it, without following references."""
    waiting: list[Node] = [node]
    while waiting:
        here = waiting.pop()
        if not isinstance(here, Object):
            continue
        yield here
        waiting.extend(value for key in _SINGLE if (value := here.get(key)) is not None)
        for key in _LISTS:
            value = here.get(key)
            waiting.extend(value.items if isinstance(value, Sequence) else ())
        for key in _MAPS:
            value = here.get(key)
            waiting.extend(value.entries.values() if isinstance(value, Object) else ())


class _Cost:
    """Counts what one validation can touch; finds references that lead back in place."""

    def __init__(self, root: dict[str, Json], done: dict[int, int]) -> None:
        self._root = root
        self._done = done
        """Costs by the schema's identity; those in the components serve every workflow."""
        self._open: dict[int, bool] = {}
        """Schemas being counted; the value says whether only in-place steps led on from them."""
        self._circular = False

    def check(self, findings: Findings, place: Place) -> None:
        """Report a circle or a cost beyond the bound."""
        cost = self._count(self._root[ROOT], 0)
        if self._circular:
            findings.error(place, "cycle", "References in this schema lead back to themselves.")
        elif cost > MOST_COST:
            findings.error(
                place,
                "too-large",
                f"With its references followed this schema has more than {MOST_COST:,} parts.",
            )

    def _count(self, schema: Json, depth: int) -> int:
        if not isinstance(schema, dict):
            return 1
        identity = id(schema)
        if identity in self._done:
            return self._done[identity]
        if identity in self._open:
            between = list(self._open)[list(self._open).index(identity) :]
            self._circular |= all(self._open[item] for item in between)
            return 1
        if depth > 200:
            return MOST_COST + 1
        cost = 1
        for in_place, sub in self._edges(schema):
            self._open[identity] = in_place
            cost = min(cost + self._count(sub, depth + 1), MOST_COST + 1)
        self._open.pop(identity, None)
        self._done[identity] = cost
        return cost

    def _edges(self, schema: dict[str, Json]) -> Iterator[tuple[bool, Json]]:
        reference = schema.get("$ref")
        if isinstance(reference, str) and reference.startswith("#"):
            target = resolve(reference, self._root)
            if not isinstance(target, Missing):
                yield True, target
        for key in (*_SINGLE, *_LISTS, *_MAPS[1:]):
            value = schema.get(key)
            if value is None:
                continue
            if key in _SINGLE:
                yield key in _SAME_INSTANCE, value
            elif isinstance(value, list):
                yield from ((key in _SAME_INSTANCE, sub) for sub in value)
            elif isinstance(value, dict):
                yield from ((key in _SAME_INSTANCE, sub) for sub in value.values())
