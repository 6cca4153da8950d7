"""Inputs of a workflow: defaults filled in, then held against the schema, all before a request."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Final

from workflow.arazzo import schemas, validation
from workflow.arazzo.patterns import PatternTimeout
from workflow.arazzo.pointer import Missing
from workflow.arazzo.problems import InputError, nearest
from workflow.arazzo.turns import Json
from workflow.arazzo.validation import TooMuchWorkError

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

_MOST_SENTENCES = 20
_UNDECLARED = "The inputs: a member is not declared by the schema."
_MAY_DECLARE = frozenset(
    {"anyOf", "oneOf", "if", "then", "else", "dependentSchemas", "patternProperties"}
)
"""Keywords whose schemas may allow further names, which cannot be told in advance."""
_MOST_DEPTH = 40


@dataclass(frozen=True, slots=True)
class Inputs:
    """The inputs that one workflow declares."""

    workflow_id: str
    schema: Json
    """As written; None when the workflow declares none."""
    root: dict[str, Json]
    """The schema beside the components that it may refer to."""

    @classmethod
    def of(cls, workflow_id: str, schema: Json, components: Mapping[str, Json]) -> Inputs:
        """Put a workflow's schema together with its document's components."""
        return cls(workflow_id, schema, schemas.wrapped(schema, components))

    def declared(self) -> frozenset[str] | None:
        """Return the names that the schema declares; None when any name is allowed."""
        if self.schema is None:
            return frozenset()
        names: set[str] | None = None
        for schema in _in_place(self.schema, self.root):
            if not isinstance(schema, dict):
                return None if schema is True else frozenset()
            open_ended = schema.get("additionalProperties", schema.get("unevaluatedProperties"))
            if open_ended not in (None, False) or not _MAY_DECLARE.isdisjoint(schema):
                return None
            properties = schema.get("properties")
            if isinstance(properties, dict):
                names = (names or set()) | properties.keys()
        return None if names is None else frozenset(names)

    def complete(self, given: Mapping[str, Json]) -> dict[str, Json]:
        """Return the inputs with defaults filled in.

        Raises:
            InputError: with a sentence for each input that is missing, unknown or does not fit.
        """
        validation.begin()
        inputs = self.filled(given)
        sentences = list(self._unknown(given))
        if self.schema is not None:
            broken = islice(self._violations(inputs), _MOST_SENTENCES)
            # What is undeclared has been named already.
            sentences += [each for each in broken if not (sentences and each == _UNDECLARED)]
        if sentences:
            raise InputError(sentences[:_MOST_SENTENCES])
        return inputs

    def filled(self, given: Mapping[str, Json]) -> dict[str, Json]:
        """Return the inputs with defaults filled in, right or wrong."""
        filled = _with_defaults(dict(given), self.schema, self.root, 0)
        return filled if isinstance(filled, dict) else dict(given)

    def _unknown(self, given: Mapping[str, Json]) -> Iterator[str]:
        declared = self.declared()
        if declared is None:
            return
        for name in given:
            if name not in declared:
                near = nearest(name, declared)
                hint = f" Did you mean {near!r}?" if near else ""
                yield f"Workflow {self.workflow_id!r} has no input {name!r}.{hint}"

    def _violations(self, inputs: Mapping[str, Json]) -> Iterator[str]:
        try:
            for error in validation.errors(self.root, inputs):
                yield from _sentences(error)
        except TooMuchWorkError:
            yield "The inputs are too large for their schema: comparing them would take too long."
        except PatternTimeout:
            yield "An input takes too long to be compared with its pattern; it is refused."
        except RecursionError:
            yield "The inputs are nested too deep."


def _with_defaults(value: Json, schema: Json, root: Json, depth: int) -> Json:
    if not isinstance(value, dict) or depth > _MOST_DEPTH:
        return value
    filled = dict(value)
    for found in _in_place(schema, root):
        properties = found.get("properties") if isinstance(found, dict) else None
        for name, sub in properties.items() if isinstance(properties, dict) else ():
            if name in filled:
                filled[name] = _with_defaults(filled[name], sub, root, depth + 1)
                continue
            for inner in _in_place(sub, root):
                if isinstance(inner, dict) and "default" in inner:
                    filled[name] = inner["default"]
                    break
    return filled


def _in_place(schema: Json, root: Json) -> Iterator[Json]:
    """Give a schema and those that surely apply to the same value: its ``$ref`` and ``allOf``."""
    waiting = [schema]
    for _ in range(schemas.MOST_COST):
        if not waiting:
            return
        here = waiting.pop(0)
        validation.count(1)
        yield here
        if not isinstance(here, dict):
            continue
        reference = here.get("$ref")
        if isinstance(reference, str):
            target = schemas.resolve(reference, root)
            waiting += [] if isinstance(target, Missing) else [target]
        every = here.get("allOf")
        waiting += every if isinstance(every, list) else []


def _sentences(error: ValidationError) -> Iterator[str]:
    """Say in a sentence what is wrong, without the value: it may be a secret."""
    path = ".".join(str(token) for token in error.absolute_path)
    name = f"Input {path!r}" if path else "The inputs"
    match error.validator:
        case "required":
            present = error.instance if isinstance(error.instance, dict) else {}
            names = error.validator_value
            for missing in names if isinstance(names, list) else ():
                if missing not in present and str(missing) in _quoted(error.message):
                    full = f"{path}.{missing}" if path else missing
                    yield f"Input {full!r} is missing."
        case "enum":
            values = error.validator_value
            listed = values if isinstance(values, list) else []
            allowed = [value if isinstance(value, str) else json.dumps(value) for value in listed]
            given = error.instance
            shown = f" is {given!r}" if _may_be_shown(error) else " is none of its values"
            near = nearest(given, allowed) if isinstance(given, str) else None
            hint = f" Did you mean {near!r}?" if near else ""
            yield f"{name}{shown}; it can be {', '.join(allowed)}.{hint}"
        case "type":
            yield f"{name} must be {_types(error.validator_value)}."
        case "pattern":
            yield f"{name} does not match the pattern {error.validator_value!r}."
        case "additionalProperties":
            yield f"{name}: a member is not declared by the schema."
        case str() as keyword:
            rule = error.validator_value
            limit = str(rule) if isinstance(rule, int | float | str) else ""
            yield f"{name} {_RULES.get(keyword, f'breaks the rule {keyword}').format(limit)}."
        case _:
            yield f"{name} is not allowed."


_RULES: Final = {
    "minLength": "is too short; it needs at least {} characters",
    "maxLength": "is too long; it may have at most {} characters",
    "minimum": "is too small; it must be at least {}",
    "maximum": "is too large; it may be at most {}",
    "exclusiveMinimum": "is too small; it must be more than {}",
    "exclusiveMaximum": "is too large; it must be less than {}",
    "multipleOf": "must be a multiple of {}",
    "minItems": "has too few items; it needs at least {}",
    "maxItems": "has too many items; it may have at most {}",
    "uniqueItems": "has an item twice",
    "minProperties": "has too few members; it needs at least {}",
    "maxProperties": "has too many members; it may have at most {}",
    "const": "is not the one value it may have",
    "not": "is what the schema rules out",
    "anyOf": "fits none of the alternatives in the schema",
    "oneOf": "must fit exactly one of the alternatives in the schema",
}
"""What is wrong when a keyword is broken, for the end of a sentence; the limit goes in."""


def _quoted(message: str) -> str:
    return message.partition(" is a required")[0]


def _may_be_shown(error: ValidationError) -> bool:
    schema = error.schema if isinstance(error.schema, dict) else {}
    secret = schema.get("format") == "password" or schema.get("writeOnly") is True
    return not secret and isinstance(error.instance, str) and len(error.instance) <= 100


def _types(types: object) -> str:
    """Name JSON types, each with its article."""
    words = types if isinstance(types, list) else [types]
    named = {"null": "null", "array": "an array", "integer": "an integer", "object": "an object"}
    return " or ".join(named.get(str(word), f"a {word}") for word in words)
