"""Bare conditions: the jsonpath dialect of published documents.

``$.status == 'running' || $.status == 'pending'`` is no RFC 9535 query, since a comparison may
only stand in a filter; yet every jsonpath condition found on an action in published Airbyte
documents has this form. Comparison is as in an RFC 9535 filter: type-strict, case-sensitive, and
what is not there equals nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TypeAlias

from workflow.arazzo import logic
from workflow.arazzo.logic import Compare, ConditionError, Constant, Holds, Logic, Operator
from workflow.arazzo.pointer import MISSING, Missing, Value
from workflow.arazzo.turns import Json

_STEP = re.compile(
    r"""\.(?P<name>[^\W\d][\w-]*)
      | \[\s*(?P<index>-?(?:0|[1-9]\d{0,8}))\s*\]
      | \[\s*'(?P<single>[^']*)'\s*\]
      | \[\s*"(?P<double>[^"]*)"\s*\]""",
    re.VERBOSE,
)
_NAME = re.compile(r"[^\W\d][\w-]*\Z")
_LENGTH = "length"


@dataclass(frozen=True, slots=True)
class Query:
    """``$`` and the names and positions after it."""

    path: tuple[str | int, ...]

    def __str__(self) -> str:
        return "$" + "".join(_print_step(token) for token in self.path)


Bare: TypeAlias = Logic[Query]


def parse_bare(text: str) -> Bare:
    """Return the condition.

    Raises:
        ConditionError: it is none; the text says why and at which character.
    """
    condition = logic.Reader(text, _read_query, "'\"").read()
    _check(condition)
    return condition


def is_comparison(condition: Bare) -> bool:
    """Whether it has an operator, and so cannot be an RFC 9535 query as well."""
    return not isinstance(condition, Holds)


def evaluate_bare(condition: Bare, root: Json) -> bool:
    """Return whether the condition holds for the value that ``$`` is."""
    return logic.evaluate(condition, lambda query: _find(query, root), _compare, _exists)


def subject(condition: Bare) -> Query | None:
    """Return the first query: what the condition is about."""
    queries = logic.references(condition)
    return queries[0] if queries else None


def find(query: Query, root: Json) -> Value:
    """Return what the query names, or MISSING."""
    return _find(query, root)


def _find(query: Query, value: Json) -> Value:
    last = len(query.path) - 1
    for position, token in enumerate(query.path):
        if isinstance(token, str):
            if isinstance(value, dict) and token in value:
                value = value[token]
            elif position == last and token == _LENGTH and isinstance(value, list | str):
                return len(value)
            else:
                return MISSING
        elif isinstance(value, list) and -len(value) <= token < len(value):
            value = value[token]
        else:
            return MISSING
    return value


def _compare(operator: Operator, left: Value, right: Value) -> bool:
    if operator == "==":
        return _equal(left, right)
    if operator == "!=":
        return not _equal(left, right)
    if not _ordered(left, right):
        # RFC 9535, 2.3.5.2.2: values without an order are neither less nor greater, but <= and
        # >= hold where they are equal.
        return operator in ("<=", ">=") and _equal(left, right)
    less = left < right  # type: ignore[operator]  # both numbers or both texts
    match operator:
        case "<":
            return less
        case "<=":
            return less or left == right
        case ">":
            return not less and left != right
        case _:
            return not less


def _equal(left: Value, right: Value) -> bool:
    if isinstance(left, Missing) or isinstance(right, Missing):
        return False
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    return left == right


def _ordered(left: Value, right: Value) -> bool:
    if isinstance(left, bool) or isinstance(right, bool):
        return False
    numbers = isinstance(left, int | float) and isinstance(right, int | float)
    return numbers or (isinstance(left, str) and isinstance(right, str))


def _exists(value: Value) -> bool:
    return not isinstance(value, Missing)


def _check(condition: Bare) -> None:
    match condition:
        case Compare(_, left, right):
            if isinstance(left, Constant) or not isinstance(right, Constant):
                raise ConditionError("a comparison is a query, an operator and a literal")
        case Holds(operand):
            if isinstance(operand, Constant):
                raise ConditionError("a literal alone is no condition")
        case logic.Not(item):
            _check(item)
        case logic.And(items) | logic.Or(items):
            for item in items:
                _check(item)


def _read_query(text: str, at: int) -> tuple[Query, int]:
    if text[at] != "$":
        raise ConditionError(f"at character {at + 1}: {text[at:][:20]!r} is not expected")
    at += 1
    path: list[str | int] = []
    while found := _STEP.match(text, at):
        if found["index"] is not None:
            path.append(int(found["index"]))
        else:
            names = (found["name"], found["single"], found["double"])
            path.append(next(name for name in names if name is not None))
        at = found.end()
    return Query(tuple(path)), at


def _print_step(token: str | int) -> str:
    if isinstance(token, int):
        return f"[{token}]"
    if _NAME.match(token):
        return f".{token}"
    return f'["{token}"]' if "'" in token else f"['{token}']"
