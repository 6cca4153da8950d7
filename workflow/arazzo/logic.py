"""Comparisons joined by ``&&``, ``||``, ``!`` and brackets.

Simple and bare conditions have this frame in common; they differ in what stands on the two sides
of a comparison and in how two values compare, which their modules pass in. Nothing is handed to
Python's own evaluation.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Generic, Literal, TypeAlias, TypeVar

from workflow.arazzo.pointer import Value

MOST_CHARACTERS: Final = 2_000
MOST_DEPTH: Final = 40

Operator = Literal["==", "!=", "<=", ">=", "<", ">"]
_OPERATORS: Final[tuple[Operator, ...]] = ("==", "!=", "<=", ">=", "<", ">")
_NUMBER = re.compile(r"-?(?:0|[1-9]\d{0,300})(?:\.\d{1,300})?(?:[eE][+-]?\d{1,3})?(?![\w.])")
_WORD = re.compile(r"(?:true|false|null)\b")
_WORDS: Final = {"true": True, "false": False, "null": None}

_WORDY = re.compile(r"(?:and|or)\b", re.IGNORECASE)
_WORDY_MARKS: Final = {"and": "&&", "or": "||"}

R = TypeVar("R")
"""What a condition refers to values with: an expression or a query."""


class ConditionError(ValueError):
    """A text is not a condition. The text says why and where."""


@dataclass(frozen=True, slots=True)
class Constant:
    """A value written in the condition."""

    value: bool | int | float | str | None


@dataclass(frozen=True, slots=True)
class Compare(Generic[R]):
    """Two sides and an operator."""

    operator: Operator
    left: R | Constant
    right: R | Constant


@dataclass(frozen=True, slots=True)
class Holds(Generic[R]):
    """A single value, true or not."""

    operand: R | Constant


@dataclass(frozen=True, slots=True)
class Not(Generic[R]):
    """The opposite."""

    item: Logic[R]


@dataclass(frozen=True, slots=True)
class And(Generic[R]):
    """All of them; evaluated from the left until one is false."""

    items: tuple[Logic[R], ...]


@dataclass(frozen=True, slots=True)
class Or(Generic[R]):
    """Any of them; evaluated from the left until one is true."""

    items: tuple[Logic[R], ...]


Logic: TypeAlias = Compare[R] | Holds[R] | Not[R] | And[R] | Or[R]

ReadReference: TypeAlias = Callable[[str, int], tuple[R, int]]
"""Reads the reference that begins at a position; gives it and the position after it."""


class Reader(Generic[R]):
    """A recursive descent over one text; `quotes` are the marks that may surround a text."""

    def __init__(self, text: str, read_reference: ReadReference[R], quotes: str) -> None:
        if len(text) > MOST_CHARACTERS:
            raise ConditionError(f"it is longer than {MOST_CHARACTERS:,} characters")
        self._text = text
        self._at = 0
        self._depth = 0
        self._read_reference = read_reference
        self._quotes = quotes

    def read(self) -> Logic[R]:
        """Return the whole text as logic.

        Raises:
            ConditionError: with the place in the text.
        """
        logic = self._or()
        self._skip()
        if self._at < len(self._text):
            word = _WORDY.match(self._text, self._at)
            hint = f"; it is written {_WORDY_MARKS[word[0].lower()]!r} here" if word else ""
            raise self.wrong(f"{self._text[self._at :][:20]!r} is not expected{hint}")
        return logic

    def wrong(self, what: str) -> ConditionError:
        """Make an error about the present place."""
        return ConditionError(f"at character {self._at + 1}: {what}")

    def _or(self) -> Logic[R]:
        items = [self._and()]
        while self._took("||"):
            items.append(self._and())
        return items[0] if len(items) == 1 else Or(tuple(items))

    def _and(self) -> Logic[R]:
        items = [self._not()]
        while self._took("&&"):
            items.append(self._not())
        return items[0] if len(items) == 1 else And(tuple(items))

    def _not(self) -> Logic[R]:
        self._depth += 1
        if self._depth > MOST_DEPTH:
            raise self.wrong(f"nested more than {MOST_DEPTH} levels deep")
        self._skip()
        logic: Logic[R]
        if self._text.startswith("!", self._at) and not self._text.startswith("!=", self._at):
            self._at += 1
            logic = Not(self._not())
        elif self._took("("):
            logic = self._or()
            if not self._took(")"):
                raise self.wrong("a ')' is missing")
        else:
            logic = self._comparison()
        self._depth -= 1
        return logic

    def _comparison(self) -> Logic[R]:
        left = self._operand()
        self._skip()
        for operator in _OPERATORS:
            if self._took(operator):
                if self._text.startswith("=", self._at):
                    raise self.wrong(f"'{operator}=' is no operator; it is '{operator}'")
                return Compare(operator, left, self._operand())
        if self._text.startswith("=", self._at):
            raise self.wrong("'=' is no operator; equality is '=='")
        return Holds(left)

    def _operand(self) -> R | Constant:
        self._skip()
        if self._at >= len(self._text):
            raise self.wrong("a value is missing")
        first = self._text[self._at]
        if first in self._quotes:
            return self._quoted(first)
        if found := _NUMBER.match(self._text, self._at):
            self._at = found.end()
            number = found[0]
            return Constant(float(number) if re.search(r"[.eE]", number) else int(number))
        if found := _WORD.match(self._text, self._at):
            self._at = found.end()
            return Constant(_WORDS[found[0]])
        reference, self._at = self._read_reference(self._text, self._at)
        return reference

    def _quoted(self, quote: str) -> Constant:
        end = self._at + 1
        while True:
            end = self._text.find(quote, end)
            if end < 0:
                raise self.wrong(f"a text is not closed by {quote}")
            if not self._text.startswith(quote, end + 1):
                break
            end += 2
        inner = self._text[self._at + 1 : end].replace(quote * 2, quote)
        self._at = end + 1
        return Constant(inner)

    def _took(self, mark: str) -> bool:
        self._skip()
        if not self._text.startswith(mark, self._at):
            return False
        self._at += len(mark)
        return True

    def _skip(self) -> None:
        while self._at < len(self._text) and self._text[self._at].isspace():
            self._at += 1


def evaluate(
    logic: Logic[R],
    look: Callable[[R], Value],
    compare: Callable[[Operator, Value, Value], bool],
    holds: Callable[[Value], bool],
) -> bool:
    """Return whether the logic holds, with values from `look` and rules from the two others."""
    # Every poll comes through here; `isinstance` costs a third of a `match` on classes.
    if isinstance(logic, Compare):
        left, right = logic.left, logic.right
        return compare(
            logic.operator,
            left.value if isinstance(left, Constant) else look(left),
            right.value if isinstance(right, Constant) else look(right),
        )
    if isinstance(logic, Or | And):
        wanted = isinstance(logic, Or)
        for item in logic.items:
            if evaluate(item, look, compare, holds) is wanted:
                return wanted
        return not wanted
    if isinstance(logic, Not):
        return not evaluate(logic.item, look, compare, holds)
    operand = logic.operand
    return holds(operand.value if isinstance(operand, Constant) else look(operand))


def references(logic: Logic[R]) -> tuple[R, ...]:
    """Return every reference, from left to right."""
    match logic:
        case Compare(_, left, right):
            return tuple(side for side in (left, right) if not isinstance(side, Constant))
        case Or(items) | And(items):
            return tuple(reference for item in items for reference in references(item))
        case Not(item):
            return references(item)
        case Holds(operand):
            return () if isinstance(operand, Constant) else (operand,)


def print_logic(logic: Logic[R]) -> str:
    """Return a text that reads back as the same logic; texts stand in single quotes."""
    match logic:
        case Compare(operator, left, right):
            return f"{_print_operand(left)} {operator} {_print_operand(right)}"
        case Or(items):
            return " || ".join(_grouped(item, Or) for item in items)
        case And(items):
            return " && ".join(_grouped(item, Or, And) for item in items)
        case Not(item):
            return f"!({print_logic(item)})"
        case Holds(operand):
            return _print_operand(operand)


def _grouped(logic: Logic[R], *weaker: type) -> str:
    text = print_logic(logic)
    return f"({text})" if isinstance(logic, weaker) else text


def _print_operand(operand: R | Constant) -> str:
    if not isinstance(operand, Constant):
        return str(operand)
    match operand.value:
        case None:
            return "null"
        case bool():
            return "true" if operand.value else "false"
        case str():
            return "'" + operand.value.replace("'", "''") + "'"
        case _:
            return repr(operand.value)
