"""Reading values and expressions from the tree, with what all readers of a document share."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Final, Literal, TypeAlias

from workflow.arazzo import templates
from workflow.arazzo.expressions import (
    ComponentReference,
    Expression,
    ExpressionError,
    parse_expression,
)
from workflow.arazzo.fields import Fields
from workflow.arazzo.problems import Enough, Findings, Place, nearest
from workflow.arazzo.schemas import SchemaChecker
from workflow.arazzo.templates import Template
from workflow.arazzo.tree import Mapping as Object
from workflow.arazzo.tree import Node, Scalar, Sequence, Size, plain, size
from workflow.arazzo.yaml12 import MOST_CHARACTERS, MOST_NODES

References: TypeAlias = list[tuple[Expression, Place]]
"""The expressions met while reading, for the checks that come after."""

ComponentKind = Literal["parameters", "successActions", "failureActions"]

_LOOSE: Final = re.compile(
    r"(?<![\w{$])\$(?:inputs|outputs|steps|workflows|request|response|components)"
    r"\.[\w-]+(?:[.#/][\w~-]+)*"
)
_SELECTOR: Final = frozenset({"context", "selector", "type"})


class Reused:
    """Counts reusable objects, like aliases, as if they were written out wherever they are used."""

    def __init__(self) -> None:
        self._values = self._characters = 0
        self._sizes: dict[int, Size] = {}

    def count(self, node: Node, place: Place, findings: Findings) -> None:
        """Count one use.

        Raises:
            Enough: it is one too many, which is reported.
        """
        if id(node) not in self._sizes:
            self._sizes[id(node)] = size(node)
        self._values += self._sizes[id(node)].values
        self._characters += self._sizes[id(node)].characters
        if self._values > MOST_NODES or self._characters > MOST_CHARACTERS:
            findings.error(
                place,
                "too-large",
                f"More than {MOST_NODES:,} values or {MOST_CHARACTERS:,} characters, reusable "
                "ones written out.",
            )
            raise Enough


@dataclass(frozen=True, slots=True)
class Context:
    """What the readers of one document have in common."""

    findings: Findings
    components: Mapping[str, Mapping[str, Node]]
    schemas: SchemaChecker
    newer: bool
    """The document is of Arazzo 1.1."""
    conditions: Iterator[int] = field(default_factory=lambda: count(1))
    """Counts the conditions that a library must compile."""
    reused: Reused = field(default_factory=Reused)

    def bad_expression(self, place: Place, error: ExpressionError) -> None:
        """Report a text that is no expression."""
        self.findings.error(place, "expression", sentence(str(error)), error.suggestion)

    def unsupported(self, place: Place, what: str) -> None:
        """Refuse something of Arazzo 1.1."""
        self.findings.error(
            place, "unsupported", f"{what} (Arazzo 1.1) are not supported by this engine."
        )

    def resolve(self, item: Fields, kind: ComponentKind) -> Fields | None:
        """Return the component that a reusable object names, or `item` when it is none.

        None when it names nothing, which is reported.
        """
        if "reference" not in item.node.keys:
            return item
        item.what = "A reusable object"
        reference = read_expression(item, "reference", self, [])
        if reference is None:
            return None
        place = item.at("reference")
        if not isinstance(reference, ComponentReference) or reference.kind != kind:
            self.findings.error(
                place, "expression", f"Here a reference begins with '$components.{kind}.'."
            )
            return None
        known = self.components.get(kind, {})
        node = known.get(reference.name)
        if isinstance(node, Object):
            self.reused.count(node, place, self.findings)
            return Fields(
                node, "A parameter" if kind == "parameters" else "An action", self.findings
            )
        near = nearest(reference.name, known)
        self.findings.error(
            place,
            "unknown-component",
            f"components.{kind} has no {reference.name!r}.",
            f"$components.{kind}.{near}" if near else None,
        )
        return None


def read_value(node: Node, context: Context, references: References) -> Template:
    """Return the template of any value, and note its expressions."""
    match node:
        case Scalar(value=str() as text):
            return _read_text(text, node.place, context, references)
        case Scalar():
            return templates.Literal(node.value)
        case Sequence():
            items = tuple(read_value(item, context, references) for item in node.items)
            if all(isinstance(item, templates.Literal) for item in items):
                return templates.Literal(plain(node))
            return templates.ListOf(items)
        case Object():
            if context.newer and {"context", "selector"} <= node.keys.keys() <= _SELECTOR:
                context.unsupported(node.place, "Selector objects")
            members = tuple(
                (key, read_value(value, context, references)) for key, value in node.entries.items()
            )
            if all(isinstance(member, templates.Literal) for _, member in members):
                return templates.Literal(plain(node))
            return templates.ObjectOf(members)


def read_expression(
    fields: Fields, key: str, context: Context, references: References
) -> Expression | None:
    """Return a member that must be an expression as a whole."""
    text = fields.text(key)
    if text is None:
        return None
    place = fields.at(key)
    inner = text[1:-1] if text.startswith("{$") and text.endswith("}") else text
    try:
        found = parse_expression(inner)
    except ExpressionError as error:
        context.bad_expression(place, error)
        return None
    references.append((found, place))
    return found


def sentence(text: str) -> str:
    """Give a reason a full stop and, where it begins with a letter, a capital."""
    closed = text if text.endswith((".", "?")) else text + "."
    return closed[0].upper() + closed[1:]


def _read_text(text: str, place: Place, context: Context, references: References) -> Template:
    try:
        template = templates.compile_text(text)
    except ExpressionError as error:
        context.bad_expression(place, error)
        return templates.Literal(text)
    references.extend((found, place) for found in dict.fromkeys(templates.expressions_of(template)))
    _doubt_loose(template, place, context)
    return template


def _doubt_loose(template: Template, place: Place, context: Context) -> None:
    """Doubt what looks like an expression within a text and has no braces: it is sent as it is."""
    for part in templates.constants_of(template):
        found = _LOOSE.search(part) if isinstance(part, str) and "$" in part else None
        if found is None:
            continue
        context.findings.warn(
            place,
            "expression",
            f"{found[0]!r} is sent as it is written; an expression within a text stands in braces.",
            f"{{{found[0]}}}",
        )
        return
