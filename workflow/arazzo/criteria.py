"""Criteria, compiled once: simple, regex and jsonpath in its three readings.

A criterion is evaluated to a plain yes or no; what could not be evaluated is a no, with a note
for whoever reads the log. Which reading a jsonpath condition gets is decided here, at load:
an RFC 9535 query if it is one, else a bare condition, else it is refused.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from workflow.arazzo import bare, logic, patterns, queries, simple
from workflow.arazzo.bare import Bare, Query
from workflow.arazzo.expressions import Expression, ExpressionError, Message
from workflow.arazzo.logic import ConditionError
from workflow.arazzo.patterns import PatternTimeout, QueryError
from workflow.arazzo.pointer import Missing, Value
from workflow.arazzo.queries import Selects
from workflow.arazzo.simple import Simple
from workflow.arazzo.templates import Lookup, as_text
from workflow.text import elide, safe

Reading = Literal["simple", "regex", "rfc9535", "goessner"]
GOESSNER = "draft-goessner-dispatch-jsonpath-00"


class CriterionError(ValueError):
    """A condition cannot be used. The text says why."""

    def __init__(self, code: str, why: str, suggestion: str | None = None) -> None:
        super().__init__(why)
        self.code = code
        self.suggestion = suggestion


@dataclass(frozen=True, slots=True)
class SimpleCriterion:
    """A comparison of expressions and literals."""

    text: str
    condition: Simple = field(repr=False)


@dataclass(frozen=True, slots=True)
class RegexCriterion:
    """A pattern, searched for in the context's text."""

    text: str
    context: Expression
    pattern: patterns.Pattern = field(repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class QueryCriterion:
    """A JSONPath query; holds when it selects at least one node of the context."""

    text: str
    context: Expression
    selects: Selects = field(repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class BareCriterion:
    """A comparison of bare queries with literals."""

    text: str
    context: Expression
    condition: Bare = field(repr=False)


Criterion: TypeAlias = SimpleCriterion | RegexCriterion | QueryCriterion | BareCriterion


def compile_criterion(reading: Reading, text: str, context: Expression | None) -> Criterion:
    """Return the criterion ready for use.

    Raises:
        CriterionError: the condition is not what its type says, or its context is missing.
    """
    if reading == "simple":
        return _simple(text)
    if context is None:
        raise CriterionError("missing-key", f"a condition of type {reading!r} needs a 'context'")
    match reading:
        case "regex":
            return _regex(text, context)
        case "goessner":
            return _query(text, context, reading)
        case _:
            return _jsonpath(text, context)


def holds(criterion: Criterion, lookup: Lookup, notes: list[str]) -> bool:
    """Return whether the criterion is fulfilled; add what went wrong to `notes`."""
    if isinstance(criterion, SimpleCriterion):
        found: list[str] = []
        held = simple.evaluate_simple(criterion.condition, lookup, found)
        notes.extend(f"{criterion.text}: {note}" for note in found)
        return held
    value = lookup(criterion.context)
    if isinstance(value, Missing) or value is None:
        notes.append(f"{criterion.text}: its context {criterion.context} has no value")
        return False
    if isinstance(criterion, BareCriterion):
        return bare.evaluate_bare(criterion.condition, value)
    try:
        if isinstance(criterion, RegexCriterion):
            return criterion.pattern.search(as_text(value))
        return criterion.selects(value)
    except (PatternTimeout, QueryError) as error:
        notes.append(f"{criterion.text}: {error}")
    return False


def expressions_in(criterion: Criterion) -> tuple[Expression, ...]:
    """Return every expression that the criterion reads."""
    if isinstance(criterion, SimpleCriterion):
        return tuple(item.expression for item in logic.references(criterion.condition))
    return (criterion.context,)


def subject(criterion: Criterion, lookup: Lookup) -> tuple[str, Value] | None:
    """Return the name and value of what the criterion is about, for a sentence about it."""
    if isinstance(criterion, SimpleCriterion):
        references = logic.references(criterion.condition)
        if not references:
            return None
        reference = references[0]
        value = simple.follow(lookup(reference.expression), reference.path)
        return str(reference.path[-1]) if reference.path else _name(reference.expression), value
    value = lookup(criterion.context)
    if isinstance(criterion, BareCriterion):
        query = bare.subject(criterion.condition) or Query(())
        found = value if isinstance(value, Missing) else bare.find(query, value)
        return str(query.path[-1]) if query.path else _name(criterion.context), found
    return (_name(criterion.context), value) if isinstance(criterion, RegexCriterion) else None


def _name(expression: Expression) -> str:
    if isinstance(expression, Message) and expression.pointer:
        return expression.pointer[-1]
    return str(expression)


def _short(text: str) -> str:
    return repr(elide(safe(text), 120))


def _simple(text: str) -> Criterion:
    try:
        return SimpleCriterion(text, simple.parse_simple(text))
    except ExpressionError as error:
        raise CriterionError("expression", f"In the condition, {error}", error.suggestion) from None
    except ConditionError as error:
        raise CriterionError(
            "condition",
            f"The condition {_short(text)} cannot be read: {error}",
            simple.repaired(text[: logic.MOST_CHARACTERS]),
        ) from None


def _regex(text: str, context: Expression) -> Criterion:
    try:
        return RegexCriterion(text, context, patterns.compile_pattern(text))
    except QueryError as error:
        raise CriterionError("condition", f"In the condition {_short(text)} {error}") from None


def _query(text: str, context: Expression, reading: Reading) -> Criterion:
    compile_query = queries.compile_goessner if reading == "goessner" else queries.compile_rfc9535
    try:
        return QueryCriterion(text, context, compile_query(text))
    except QueryError as error:
        raise CriterionError(
            "condition", f"The jsonpath condition {_short(text)} cannot be read: {error}"
        ) from None


def _jsonpath(text: str, context: Expression) -> Criterion:
    try:
        condition = bare.parse_bare(text)
    except ConditionError as as_bare:
        try:
            return _query(text, context, "rfc9535")
        except CriterionError as as_query:
            raise CriterionError("condition", f"{as_query}; as a comparison: {as_bare}") from None
    if bare.is_comparison(condition):
        # After `$` and its segments an RFC 9535 query has ended: with an operator it is none,
        # and the library that would say so need not be imported.
        return BareCriterion(text, context, condition)
    return _query(text, context, "rfc9535")
