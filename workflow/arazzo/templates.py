"""Values that may hold expressions: parameters, payloads, replacements, outputs.

A text that is an expression as a whole keeps the type of what it stands for; ``{$expr}`` inside
a text becomes text. Lists and objects are gone through. Compiled once at load.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from workflow.arazzo.expressions import (
    Expression,
    looks_like_expression,
    parse_expression,
)
from workflow.arazzo.pointer import Missing, Value
from workflow.arazzo.turns import Json

_EMBEDDED = re.compile(r"\{(\$[^{}]*)\}")

Lookup: TypeAlias = Callable[[Expression], Value]
"""Gives what an expression stands for at this moment of a run."""


@dataclass(frozen=True, slots=True)
class Literal:
    """A value without expressions."""

    value: Json


@dataclass(frozen=True, slots=True)
class Bare:
    """A text that is an expression as a whole."""

    expression: Expression


@dataclass(frozen=True, slots=True)
class Text:
    """A text with expressions embedded in braces."""

    parts: tuple[str | Expression, ...]


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list with an expression somewhere in it."""

    items: tuple[Template, ...]


@dataclass(frozen=True, slots=True)
class ObjectOf:
    """An object with an expression somewhere in it."""

    members: tuple[tuple[str, Template], ...]
    required: frozenset[str] = frozenset()
    """Members that the operation's schema says must be there."""


Template: TypeAlias = Literal | Bare | Text | ListOf | ObjectOf


class Unresolved(ValueError):  # noqa: N818  (said of a value, not of the program)
    """A value leads nowhere where one is needed. The text names the expression."""


def compile_text(text: str) -> Template:
    """Return the template of one text.

    Raises:
        ExpressionError: it is meant as an expression, or holds one, that cannot be parsed.
    """
    if looks_like_expression(text):
        return Bare(parse_expression(text))
    if "{$" not in text:
        return Literal(text)
    parts: list[str | Expression] = []
    end = 0
    for found in _EMBEDDED.finditer(text):
        if not looks_like_expression(found[1]):
            continue
        if found.start() > end:
            parts.append(text[end : found.start()])
        parts.append(parse_expression(found[1]))
        end = found.end()
    if end < len(text):
        parts.append(text[end:])
    return Text(tuple(parts)) if any(not isinstance(part, str) for part in parts) else Literal(text)


def expressions_of(template: Template) -> Iterator[Expression]:
    """Give every expression in a template."""
    match template:
        case Bare():
            yield template.expression
        case Text():
            yield from (part for part in template.parts if not isinstance(part, str))
        case ListOf():
            for item in template.items:
                yield from expressions_of(item)
        case ObjectOf():
            for _, member in template.members:
                yield from expressions_of(member)


def constants_of(template: Template) -> Iterator[Json]:
    """Give every value in a template, and every part of its texts, that no run changes."""
    match template:
        case Text():
            yield from (part for part in template.parts if isinstance(part, str))
        case Literal(value=value):
            waiting = [value]
            while waiting:
                here = waiting.pop()
                if isinstance(here, dict):
                    waiting += here.values()
                elif isinstance(here, list):
                    waiting += here
                else:
                    yield here
        case ListOf():
            for item in template.items:
                yield from constants_of(item)
        case ObjectOf():
            for _, member in template.members:
                yield from constants_of(member)


def fill(template: Template, lookup: Lookup) -> Value:
    """Return the template's value; MISSING when it is an expression that leads nowhere.

    Raises:
        Unresolved: an expression inside a text, a list or a required member leads nowhere.
            Another member of an object is left out.
    """
    match template:
        case Literal():
            return template.value
        case Bare():
            return lookup(template.expression)
        case Text():
            return fill_text(template, lookup)
        case ListOf():
            return [_needed(item, lookup) for item in template.items]
        case ObjectOf():
            members: dict[str, Json] = {}
            for name, member in template.members:
                value = fill(member, lookup)
                if not isinstance(value, Missing):
                    members[name] = value
                elif name in template.required:
                    raise Unresolved(f"{describe(member)} has no value, and {name!r} is required")
            return members


def fill_text(
    template: Text, lookup: Lookup, encode: Callable[[str, Json], str] | None = None
) -> str:
    """Return the text with its expressions put in.

    `encode` turns a value into text for the place where it goes; it gets the text between the
    value before and this one, so that it can tell a JSON string from a bare place.
    """
    written: list[str] = []
    between = ""
    for part in template.parts:
        if isinstance(part, str):
            written.append(part)
            between = part
            continue
        value = lookup(part)
        if isinstance(value, Missing):
            raise Unresolved(f"{part} has no value")
        written.append(as_text(value) if encode is None else encode(between, value))
        between = ""
    return "".join(written)


def as_text(value: Json) -> str:
    """Return a value as the text it has inside another text: objects and lists as JSON."""
    if isinstance(value, str):
        return value
    if type(value) is int:
        return str(value)
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def describe(template: Template) -> str:
    """Name the template's expressions for an error text, without any value."""
    return ", ".join(str(expression) for expression in expressions_of(template)) or "its value"


def _needed(template: Template, lookup: Lookup) -> Json:
    value = fill(template, lookup)
    if isinstance(value, Missing):
        raise Unresolved(f"{describe(template)} has no value")
    return value
