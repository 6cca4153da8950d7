"""The keywords of JSON Schema 2020-12: what kind of value each takes.

Holding a schema against JSON Schema's own schema costs a library's import and says little about
where a mistake is. This table says the same of the keywords that decide something, at the place
of the value.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from difflib import SequenceMatcher
from typing import Final, TypeAlias

from workflow.arazzo.problems import Findings, nearest
from workflow.arazzo.tree import Mapping as Object
from workflow.arazzo.tree import Node, Scalar, Sequence

TYPES: Final = ("array", "boolean", "integer", "null", "number", "object", "string")

_SURELY_MEANT: Final = 0.75
_OTHERS: Final = frozenset(
    {
        *(
            "const",
            "contentEncoding",
            "contentMediaType",
            "contentSchema",
            "default",
            "definitions",
        ),
        *("dependencies", "deprecated", "discriminator", "example", "examples", "externalDocs"),
        *("nullable", "readOnly", "writeOnly", "xml"),
    }
)
"""Keywords whose values are not checked, and those of other drafts and of OpenAPI."""

_Fits: TypeAlias = Callable[[Node], bool]


def check_keywords(schema: Object, findings: Findings) -> bool:
    """Report each keyword of one schema whose value does not fit; return whether all do."""
    sound = True
    for key, value in schema.entries.items():
        rule = _RULES.get(key)
        if rule is None:
            _doubt_keyword(key, schema, findings)
            continue
        fits, wanted = rule
        if not fits(value):
            sound = False
            findings.error(value.place, "schema", f"{key!r} must be {wanted}.", _hint(key, value))
    return sound


def _doubt_keyword(key: str, schema: Object, findings: Findings) -> None:
    """Doubt what is no keyword and is spelt nearly like one: it decides nothing."""
    if key in _OTHERS or key.startswith(("x-", "$")) or not findings.takes_warnings:
        return
    near = nearest(key, [known for known in _RULES if known not in schema.keys])
    if near is not None and SequenceMatcher(None, key, near).ratio() >= _SURELY_MEANT:
        findings.warn(
            schema.keys[key],
            "schema",
            f"{key!r} is no keyword of JSON Schema; it decides nothing.",
            near,
        )


def _hint(key: str, value: Node) -> str | None:
    if key == "type" and isinstance(value, Scalar) and isinstance(value.value, str):
        return nearest(value.value, TYPES)
    return None


def _is_text(node: Node) -> bool:
    return isinstance(node, Scalar) and isinstance(node.value, str)


def _is_number(node: Node) -> bool:
    if not isinstance(node, Scalar) or isinstance(node.value, bool):
        return False
    return isinstance(node.value, int | float)


def _is_count(node: Node) -> bool:
    if not isinstance(node, Scalar) or isinstance(node.value, bool):
        return False
    return isinstance(node.value, int) and node.value >= 0


def _is_positive(node: Node) -> bool:
    return isinstance(node, Scalar) and _is_number(node) and float(str(node.value)) > 0


def _is_truth(node: Node) -> bool:
    return isinstance(node, Scalar) and isinstance(node.value, bool)


def _is_schema(node: Node) -> bool:
    return isinstance(node, Object) or _is_truth(node)


def _is_schemas(node: Node) -> bool:
    return isinstance(node, Sequence) and bool(node.items) and all(map(_is_schema, node.items))


def _is_map_of(fits: _Fits) -> _Fits:
    return lambda node: isinstance(node, Object) and all(map(fits, node.entries.values()))


def _is_texts(node: Node) -> bool:
    return isinstance(node, Sequence) and all(map(_is_text, node.items))


def _is_list(node: Node) -> bool:
    return isinstance(node, Sequence)


def _is_type(node: Node) -> bool:
    if isinstance(node, Sequence):
        return bool(node.items) and all(isinstance(n, Scalar) and _is_type(n) for n in node.items)
    return isinstance(node, Scalar) and node.value in TYPES


_TEXT = (_is_text, "a text")
_NUMBER = (_is_number, "a number")
_COUNT = (_is_count, "a whole number from 0 up")
_TRUTH = (_is_truth, "true or false")
_SCHEMA = (_is_schema, "a schema: an object, true or false")
_SCHEMAS = (_is_schemas, "a list of schemas with at least one entry")
_SCHEMA_MAP = (_is_map_of(_is_schema), "an object whose members are schemas")

_RULES: Final[Mapping[str, tuple[_Fits, str]]] = {
    "$ref": _TEXT,
    "$schema": _TEXT,
    "$defs": _SCHEMA_MAP,
    "additionalProperties": _SCHEMA,
    "allOf": _SCHEMAS,
    "anyOf": _SCHEMAS,
    "contains": _SCHEMA,
    "dependentRequired": (_is_map_of(_is_texts), "an object whose members are lists of names"),
    "dependentSchemas": _SCHEMA_MAP,
    "description": _TEXT,
    "else": _SCHEMA,
    "enum": (_is_list, "a list"),
    "exclusiveMaximum": _NUMBER,
    "exclusiveMinimum": _NUMBER,
    "format": _TEXT,
    "if": _SCHEMA,
    "items": _SCHEMA,
    "maxContains": _COUNT,
    "maxItems": _COUNT,
    "maxLength": _COUNT,
    "maxProperties": _COUNT,
    "maximum": _NUMBER,
    "minContains": _COUNT,
    "minItems": _COUNT,
    "minLength": _COUNT,
    "minProperties": _COUNT,
    "minimum": _NUMBER,
    "multipleOf": (_is_positive, "a number above 0"),
    "not": _SCHEMA,
    "oneOf": _SCHEMAS,
    "pattern": _TEXT,
    "patternProperties": _SCHEMA_MAP,
    "prefixItems": _SCHEMAS,
    "properties": _SCHEMA_MAP,
    "propertyNames": _SCHEMA,
    "required": (_is_texts, "a list of names"),
    "then": _SCHEMA,
    "title": _TEXT,
    "type": (_is_type, f"one of {', '.join(TYPES)}, or a list of them"),
    "unevaluatedItems": _SCHEMA,
    "unevaluatedProperties": _SCHEMA,
    "uniqueItems": _TRUTH,
}
