"""Simple conditions (Arazzo 1.0.1, *Criterion Object*): expressions, literals and operators.

Comparison is loose as the specification has it: texts ignore case and a text that is a number
compares with numbers as one. Null equals null only. A value that is not there is null to ``==
null`` and ``!= null``; every other comparison with it fails and leaves a note, and so does an
order between things that have none.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from workflow.arazzo import logic
from workflow.arazzo.expressions import Expression, ExpressionError, parse_expression
from workflow.arazzo.logic import ConditionError, Logic, Operator
from workflow.arazzo.pointer import MISSING, Missing, Value
from workflow.arazzo.templates import Lookup
from workflow.arazzo.turns import Json

_ACCESSOR = re.compile(r"\.([A-Za-z_][\w-]*)|\[(\d{1,9})\]|\['([^'\]]*)'\]")
_BODY = re.compile(r"(\$(?:request|response)\.body)(?=[.\[])")
_NUMERIC = re.compile(r"\s*-?\d{1,300}(?:\.\d{1,300})?(?:[eE][+-]?\d{1,3})?\s*\Z")


_QUOTED = re.compile(r"('[^']*'|\"[^\"]*\")")
_SLIPS = (
    (re.compile(r"([=!])==+"), r"\1="),
    (re.compile(r"(?<![=!<>])=(?!=)"), "=="),
    (re.compile(r"<>"), "!="),
    (re.compile(r"\s+and\s+", re.IGNORECASE), " && "),
    (re.compile(r"\s+or\s+", re.IGNORECASE), " || "),
    (re.compile(r"\bnot\s+(?=[$(])", re.IGNORECASE), "!"),
)
"""How other languages write operators, and how they are written here."""


@dataclass(frozen=True, slots=True)
class Reference:
    """An expression, with the ``.name`` and ``[0]`` that the condition puts behind it."""

    expression: Expression
    path: tuple[str | int, ...] = ()

    def __str__(self) -> str:
        return str(self.expression) + "".join(map(_print_accessor, self.path))


Simple: TypeAlias = Logic[Reference]


def parse_simple(text: str) -> Simple:
    """Return the condition.

    Raises:
        ConditionError: it is none; the text says why and at which character.
        ExpressionError: an expression in it is none.
    """
    return logic.Reader(_unbraced(text), _read_reference, "'\"").read()


def repaired(text: str) -> str | None:
    """Return a text that is no condition as one, if other languages' words make the difference."""
    parts = _QUOTED.split(text)
    for slip, right in _SLIPS:
        parts[::2] = [slip.sub(right, part) for part in parts[::2]]
    new = "".join(parts).strip()
    try:
        parse_simple(new)
    except (ConditionError, ExpressionError):
        return None
    return new if new != text else None


def is_portable(text: str) -> bool:
    """Whether a condition that can be read has its texts in single quotes, as all engines read."""
    if '"' not in text:
        return True
    try:
        logic.Reader(_unbraced(text), _read_reference, "'").read()
    except ConditionError:
        return False
    return True


def _unbraced(text: str) -> str:
    inner = text.strip()
    # The specification's own example of components has its condition in braces.
    return inner[1:-1] if inner.startswith("{$") and inner.endswith("}") else inner


def evaluate_simple(condition: Simple, lookup: Lookup, notes: list[str]) -> bool:
    """Return whether the condition holds; what could not be compared is added to `notes`."""

    def look(reference: Reference) -> Value:
        value = lookup(reference.expression)
        return follow(value, reference.path) if reference.path else value

    def compare(operator: Operator, left: Value, right: Value) -> bool:
        return _compare(operator, left, right, notes)

    return logic.evaluate(condition, look, compare, _truth)


def follow(value: Value, path: tuple[str | int, ...]) -> Value:
    """Go along member names and list positions; MISSING when the way ends."""
    for token in path:
        match value, token:
            case dict(), str() if token in value:
                value = value[token]
            case list(), int() if token < len(value):
                value = value[token]
            case _:
                return MISSING
    return value


def _compare(operator: Operator, left: Value, right: Value, notes: list[str]) -> bool:
    if isinstance(left, Missing) or isinstance(right, Missing):
        if operator in ("==", "!=") and (left is None or right is None):
            return operator == "=="
        notes.append(f"one side of '{operator}' has no value")
        return False
    if operator == "==":
        return _equal(left, right)
    if operator == "!=":
        return not _equal(left, right)
    pair = _comparable(left, right)
    if pair is None:
        notes.append(f"'{operator}' cannot order {_type(left)} and {_type(right)}")
        return False
    return _ORDER[operator](*pair)


def _equal(left: Json, right: Json) -> bool:
    if type(left) is int and type(right) is int:
        return left == right
    if isinstance(left, str) and isinstance(right, str):
        return left.casefold() == right.casefold()
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    first, second = _number(left), _number(right)
    if first is not None and second is not None:
        return first == second
    return type(left) is type(right) and left == right


_Pair: TypeAlias = tuple[float, float] | tuple[str, str]


def _comparable(left: Json, right: Json) -> _Pair | None:
    first, second = _number(left), _number(right)
    if first is not None and second is not None:
        return first, second
    if isinstance(left, str) and isinstance(right, str):
        return left.casefold(), right.casefold()
    return None


_ORDER: dict[Operator, Callable[..., bool]] = {
    "<": lambda left, right: left < right,
    "<=": lambda left, right: left <= right,
    ">": lambda left, right: left > right,
    ">=": lambda left, right: left >= right,
}


def _number(value: Json) -> float | int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return value
    if isinstance(value, str) and _NUMERIC.match(value):
        return float(value) if re.search(r"[.eE]", value) else int(value)
    return None


def _truth(value: Value) -> bool:
    if isinstance(value, Missing):
        return False
    return value is not None and value is not False and value not in (0, "")


def _type(value: Json) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "a boolean"
        case int() | float():
            return "a number"
        case str():
            return "a text"
        case list():
            return "a list"
        case _:
            return "an object"


def _read_reference(text: str, at: int) -> tuple[Reference, int]:
    if text[at] != "$":
        word = re.match(r"[^\s()=!<>&|]*", text[at:])
        shown = word[0][:40] if word and word[0] else text[at]
        hint = "; a text stands in single quotes" if shown[:1].isalpha() else ""
        raise ConditionError(f"at character {at + 1}: {shown!r} is not expected{hint}")
    end = _end_of_reference(text, at)
    raw = text[at:end]
    base, rest = raw, ""
    if "#" not in raw:
        body = _BODY.match(raw)
        cut = body.end() if body else raw.find("[")
        if cut > 0:
            base, rest = raw[:cut], raw[cut:]
    path: list[str | int] = []
    while rest:
        found = _ACCESSOR.match(rest)
        if found is None:
            raise ExpressionError(f"{raw!r}: {rest!r} does not name a member or a position")
        path.append(int(found[2]) if found[2] is not None else found[1] or found[3] or "")
        rest = rest[found.end() :]
    return Reference(parse_expression(base), tuple(path)), end


def _end_of_reference(text: str, at: int) -> int:
    """Return where it ends: at a blank, an operator or a bracket that it did not open."""
    depth = 0
    for end in range(at, len(text)):
        character = text[end]
        if character.isspace() or character in "<>=":
            return end
        if character == "!" and text.startswith("!=", end):
            return end
        if character in "&|" and text.startswith(character * 2, end):
            return end
        if character == "(":
            depth += 1
        elif character == ")":
            if depth == 0:
                return end
            depth -= 1
    return len(text)


def _print_accessor(token: str | int) -> str:
    if isinstance(token, int):
        return f"[{token}]"
    return f".{token}" if re.fullmatch(r"[A-Za-z_][\w-]*", token) else f"['{token}']"
