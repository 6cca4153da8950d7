"""Checks of input schemas (JSON Schema 2020-12) when a document is loaded.

What a hostile schema could do later is ruled out here: it may only refer to itself and to
``components.inputs``, references in place may not go in circles or multiply beyond a bound, and
every pattern is compiled by the engine that can be interrupted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from workflow.arazzo import queries
from workflow.arazzo.keywords import check_keywords
from workflow.arazzo.pointer import Missing, find, parse_pointer
from workflow.arazzo.problems import Findings, Place, nearest
from workflow.arazzo.queries import QueryError
from workflow.arazzo.tree import Mapping as Object
from workflow.arazzo.tree import Node, Scalar, Sequence, plain
from workflow.arazzo.turns import Json

ROOT: Final = "workflow"
"""The member of :func:`wrapped` that holds the schema itself."""

MOST_COST: Final = 20_000
"""How many subschemas one validation may touch at most, references followed."""

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
        "components": {"inputs": dict(components)},
    }


def check_schema(node: Node, components: Mapping[str, Json], findings: Findings) -> None:
    """Report everything about an input schema that cannot be used, at its place."""
    if not isinstance(node, Object) and not (
        isinstance(node, Scalar) and isinstance(node.value, bool)
    ):
        findings.error(node.place, "schema", "A schema of inputs is an object.")
        return
    root = wrapped(plain(node), components)
    uses = set[str]()
    sound = True
    for found in _subschemas(node):
        sound &= check_keywords(found, findings)
        _check_one(found, root, findings, uses)
    if not sound:
        return
    if {"patternProperties", "unevaluatedProperties"} <= uses:
        findings.error(
            node.place,
            "unsupported",
            "'patternProperties' and 'unevaluatedProperties' in one schema are not supported.",
        )
    _Cost(root, findings, node.place).check()


def _check_one(schema: Object, root: Json, findings: Findings, uses: set[str]) -> None:
    uses.update(schema.keys)
    for key in _REFUSED:
        if key in schema.keys:
            findings.error(
                schema.keys[key], "unsupported", f"{key!r} in a schema of inputs is not supported."
            )
    dialect = schema.get("$schema")
    if isinstance(dialect, Scalar) and str(dialect.value).rstrip("#") != _DIALECT:
        findings.warn(
            dialect.place, "schema", "Inputs are read as JSON Schema 2020-12, whatever this says."
        )
    reference = schema.get("$ref")
    if isinstance(reference, Scalar) and isinstance(reference.value, str):
        _check_reference(reference.value, reference.place, root, findings)
    pattern = schema.get("pattern")
    if isinstance(pattern, Scalar) and isinstance(pattern.value, str):
        _check_pattern(pattern.value, pattern.place, findings)
    patterns = schema.get("patternProperties")
    if isinstance(patterns, Object):
        for text, place in patterns.keys.items():
            _check_pattern(text, place, findings)


def _check_reference(text: str, place: Place, root: Json, findings: Findings) -> None:
    if not text.startswith("#"):
        findings.error(
            place,
            "unsupported",
            f"The $ref {text!r} leads out of this document and is not fetched; "
            "use '#/components/inputs/NAME'.",
        )
        return
    target = resolve(text, root)
    if isinstance(target, dict | bool):
        return
    components = find(root, ("components", "inputs"))
    known = (
        [f"#/components/inputs/{name}" for name in components or ()]
        if isinstance(components, dict)
        else []
    )
    findings.error(
        place, "unknown-input", f"The $ref {text!r} leads to no schema.", nearest(text, known)
    )


def resolve(reference: str, root: Json) -> Json | Missing:
    """Return what a local ``$ref`` names in a wrapped schema, or MISSING."""
    try:
        return find(root, parse_pointer(reference[1:]))
    except ValueError:
        return Missing()


def _check_pattern(text: str, place: Place, findings: Findings) -> None:
    try:
        queries.compile_pattern(text)
    except QueryError as error:
        findings.error(place, "schema", f"In the pattern {text!r}: {error}.")


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

    def __init__(self, root: dict[str, Json], findings: Findings, place: Place) -> None:
        self._root = root
        self._findings = findings
        self._place = place
        self._done: dict[int, int] = {}
        self._open: dict[int, bool] = {}
        """Schemas being counted; the value says whether only in-place steps led on from them."""
        self._circular = False

    def check(self) -> None:
        """Report a circle or a cost beyond the bound."""
        try:
            cost = self._count(self._root[ROOT], 0)
        except RecursionError:
            cost = MOST_COST + 1
        if self._circular:
            self._findings.error(
                self._place, "cycle", "References in this schema lead back to themselves."
            )
        elif cost > MOST_COST:
            self._findings.error(
                self._place,
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
            if key in _SINGLE:
                yield key in _SAME_INSTANCE, value
            elif isinstance(value, list):
                yield from ((key in _SAME_INSTANCE, sub) for sub in value)
            elif isinstance(value, dict):
                yield from ((key in _SAME_INSTANCE, sub) for sub in value.values())
