"""JSON Schema 2020-12 by the jsonschema library, with three of its habits taken away.

It fetches nothing (its registry is empty), its patterns cannot run for ever, and it is counted: a
schema whose alternatives are tried over and over, or a long list in which each item is compared
with every other, ends at a bound. The library is imported when a workflow first has inputs.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextvars import ContextVar
from fractions import Fraction
from functools import lru_cache, wraps
from math import isfinite
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from workflow.arazzo import patterns
from workflow.arazzo.turns import Json

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError
    from jsonschema.protocols import Validator

MOST_WORK: Final = 50_000
"""Comparisons in one validation: keywords held against values, each with the parts it has."""

# Here jsonschema calls back with whatever JSON the schema and the inputs hold.
_Keyword: TypeAlias = Callable[[Any, Any, Any, Any], "Iterable[ValidationError] | None"]

_left: ContextVar[int] = ContextVar("_left", default=MOST_WORK)
_done: ContextVar[int] = ContextVar("_done", default=0)


class TooMuchWorkError(Exception):
    """Comparing a value with its schema was given up."""


def begin() -> None:
    """Count the work of this context from here on."""
    _done.set(0)


def count(work: int) -> None:
    """Add work that is done for a schema besides comparing."""
    _done.set(_done.get() + work)


def done() -> int:
    """Return how much work there was since :func:`begin`."""
    return _done.get()


def errors(schema: Mapping[str, Json], value: Mapping[str, Json]) -> Iterator[ValidationError]:
    """Give what is wrong with a value.

    Raises:
        TooMuchWorkError: it takes more than `MOST_WORK` comparisons to tell.
        PatternTimeout: a pattern took too long.
        RecursionError: the value is nested too deep.
    """
    _left.set(MOST_WORK)
    patterns.begin_turn()
    yield from _validator_class()(dict(schema), registry=_empty()).iter_errors(value)


@lru_cache(maxsize=1)
def _empty() -> Any:
    from referencing import Registry  # noqa: PLC0415  (comes with jsonschema)

    return Registry()


@lru_cache(maxsize=1)
def _validator_class() -> type[Validator]:
    from jsonschema import Draft202012Validator, validators  # noqa: PLC0415  (0.19 s)

    keywords: dict[str, _Keyword] = {
        **Draft202012Validator.VALIDATORS,
        "additionalProperties": _additional_properties,
        "multipleOf": _multiple_of,
        "pattern": _pattern,
        "patternProperties": _pattern_properties,
        "uniqueItems": _unique_items,
    }
    counted = {name: _counted(keyword) for name, keyword in keywords.items()}
    extended: type[Validator] = validators.extend(  # type: ignore[no-untyped-call]
        Draft202012Validator, counted
    )
    return extended


def _counted(keyword: _Keyword) -> _Keyword:
    @wraps(keyword)
    def counted(
        validator: Any, rule: Any, instance: Any, schema: Any
    ) -> Iterable[ValidationError] | None:
        _spend(1 + (len(rule) if isinstance(rule, list | dict) else 0))
        return keyword(validator, rule, instance, schema)

    return counted


def _spend(work: int) -> None:
    count(work)
    left = _left.get() - work
    if left < 0:
        raise TooMuchWorkError
    _left.set(left)


def _wrong(text: str) -> ValidationError:
    from jsonschema.exceptions import ValidationError  # noqa: PLC0415  (as above)

    return ValidationError(text)


def _pattern(_: Any, rule: str, instance: Any, __: Any) -> Iterable[ValidationError]:
    if isinstance(instance, str) and not patterns.compile_pattern(rule).search(instance):
        yield _wrong("the pattern is not found")


def _matching(rules: Mapping[str, Any], name: str) -> list[str]:
    _spend(len(rules))
    return [rule for rule in rules if patterns.compile_pattern(rule).search(name)]


def _pattern_properties(
    validator: Any, rules: Mapping[str, Any], instance: Any, _: Any
) -> Iterable[ValidationError]:
    for name, value in instance.items() if isinstance(instance, dict) else ():
        for rule in _matching(rules, name):
            yield from validator.descend(value, rules[rule], path=name, schema_path=rule)


def _additional_properties(
    validator: Any, rule: Any, instance: Any, schema: Mapping[str, Any]
) -> Iterable[ValidationError]:
    declared = schema.get("properties", {})
    patterns = schema.get("patternProperties", {})
    for name, value in instance.items() if isinstance(instance, dict) else ():
        if name in declared or _matching(patterns, name):
            continue
        if rule is False:
            yield _wrong("not declared")
        else:
            yield from validator.descend(value, rule, path=name)


def _multiple_of(validator: Any, rule: Any, instance: Any, _: Any) -> Iterable[ValidationError]:
    """Divide decimals as they are written: 0.3 is a multiple of 0.1, and no number is too large."""
    if validator.is_type(instance, "number"):
        finite = isinstance(instance, int) or isfinite(instance)
        if not finite or (Fraction(repr(instance)) / Fraction(repr(rule))).denominator != 1:
            yield _wrong("no multiple")


def _unique_items(validator: Any, rule: Any, instance: Any, _: Any) -> Iterable[ValidationError]:
    """Compare items by a text of each: the library compares each with every other."""
    if rule and validator.is_type(instance, "array"):
        _spend(len(instance))
        if len({_identity(item) for item in instance}) != len(instance):
            yield _wrong("not unique")


def _identity(value: Any) -> str:
    """Return a text that is the same for equal JSON values; 1 and 1.0 are equal, 1 and true not."""
    return json.dumps(_whole(value), sort_keys=True)


def _whole(value: Any) -> Any:
    match value:
        case float() if value.is_integer():
            return int(value)
        case list():
            return [_whole(item) for item in value]
        case dict():
            return {name: _whole(item) for name, item in value.items()}
    return value
