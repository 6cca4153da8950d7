"""Runtime expressions (Arazzo 1.0.1, *Runtime Expressions*), parsed once.

The whole grammar of 1.0.1, with what 1.1 made explicit: a ``#`` and a JSON Pointer after inputs
and outputs. ``str(expression)`` prints one; parsing that gives the same expression again.
What an expression stands for during a run is the business of :mod:`workflow.arazzo.scope`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from workflow.arazzo.pointer import Pointer, parse_pointer, print_pointer
from workflow.arazzo.problems import nearest

_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+\Z")
_BRACES = re.compile(r"[{}]")
_WORKFLOW = re.compile(r"(?P<workflow>.+?)\.(?P<kind>inputs|outputs)\.(?P<name>.*)\Z", re.DOTALL)

MOST_NAME: Final = 1_000
"""Characters of a name. Longer ones with dots would be compared with what is there part by part."""

ROOTS: Final = (
    "$url",
    "$method",
    "$statusCode",
    "$request",
    "$response",
    "$inputs",
    "$outputs",
    "$steps",
    "$workflows",
    "$sourceDescriptions",
    "$components",
)
_NOT_SUPPORTED: Final = {
    "$message": "messages of AsyncAPI are not supported",
    "$self": "'$self' of Arazzo 1.1 is not supported",
}

Side = Literal["request", "response"]
Part = Literal["header", "query", "path", "body"]
ComponentKind = Literal["parameters", "successActions", "failureActions", "inputs"]


class ExpressionError(ValueError):
    """A text is not a runtime expression. The text says why."""

    def __init__(self, why: str, suggestion: str | None = None) -> None:
        super().__init__(why)
        self.suggestion = suggestion


@dataclass(frozen=True, slots=True)
class Constant:
    """``$url``, ``$method`` or ``$statusCode``."""

    name: Literal["url", "method", "statusCode"]

    def __str__(self) -> str:
        return f"${self.name}"


@dataclass(frozen=True, slots=True)
class Message:
    """A part of the request or the response."""

    side: Side
    part: Part
    name: str = ""
    """The header's, query's or path parameter's name; empty for the body."""
    pointer: Pointer | None = None
    """Only of a body; None when there was no ``#``."""

    def __str__(self) -> str:
        rest = _hash(self.pointer) if self.part == "body" else f".{self.name}"
        return f"${self.side}.{self.part}{rest}"


@dataclass(frozen=True, slots=True)
class Named:
    """``$inputs.NAME`` or ``$outputs.NAME``."""

    kind: Literal["inputs", "outputs"]
    name: str
    pointer: Pointer | None = None

    def __str__(self) -> str:
        return f"${self.kind}.{self.name}{_hash(self.pointer)}"


@dataclass(frozen=True, slots=True)
class StepOutput:
    """``$steps.STEP.outputs.NAME``."""

    step: str
    name: str
    pointer: Pointer | None = None

    def __str__(self) -> str:
        return f"$steps.{self.step}.outputs.{self.name}{_hash(self.pointer)}"


@dataclass(frozen=True, slots=True)
class WorkflowValue:
    """``$workflows.WORKFLOW.inputs.NAME`` or ``.outputs.NAME``."""

    workflow: str
    kind: Literal["inputs", "outputs"]
    name: str
    pointer: Pointer | None = None

    def __str__(self) -> str:
        return f"$workflows.{self.workflow}.{self.kind}.{self.name}{_hash(self.pointer)}"


@dataclass(frozen=True, slots=True)
class SourceReference:
    """``$sourceDescriptions.SOURCE.REFERENCE``: ``url``, an operationId or a workflowId."""

    source: str
    reference: str

    def __str__(self) -> str:
        return f"$sourceDescriptions.{self.source}.{self.reference}"


@dataclass(frozen=True, slots=True)
class ComponentReference:
    """``$components.KIND.NAME``."""

    kind: ComponentKind
    name: str

    def __str__(self) -> str:
        return f"$components.{self.kind}.{self.name}"


Expression: TypeAlias = (
    Constant | Message | Named | StepOutput | WorkflowValue | SourceReference | ComponentReference
)


def parse_expression(text: str) -> Expression:
    """Return the expression that `text` is, as a whole.

    Raises:
        ExpressionError: it is none; with the nearest right spelling where there is one.
    """
    if not text.startswith("$"):
        meant = f"${text}" if f"${text.partition('.')[0]}" in ROOTS else None
        raise ExpressionError(f"{text!r} is not an expression; one begins with '$'", meant)
    root, dot, rest = text.partition(".")
    match root:
        case "$url" | "$method" | "$statusCode":
            return _constant(root, dot, text)
        case "$request" | "$response":
            return _message("request" if root == "$request" else "response", rest, text)
        case "$inputs":
            return Named("inputs", *_name_and_pointer(rest, text, "an input"))
        case "$outputs":
            return Named("outputs", *_name_and_pointer(rest, text, "an output"))
        case "$steps":
            return _step(rest, text)
        case "$workflows":
            return _workflow(rest, text)
        case "$sourceDescriptions":
            return _source(rest, text)
        case "$components":
            return _component(rest, text)
    word = re.split(r"[^$A-Za-z]", root, maxsplit=1)[0]
    if word in _NOT_SUPPORTED:
        raise ExpressionError(f"{text!r}: {_NOT_SUPPORTED[word]}")
    near, tail = nearest(word, ROOTS), text[len(word) :]
    right = near is not None and near != word and tail[:1] in {"", "."}
    raise ExpressionError(
        f"{text!r} is not an expression; no expression begins with {root!r}",
        f"{near}{tail}" if right else None,
    )


def looks_like_expression(text: str) -> bool:
    """Whether a value's text is meant as an expression, well spelt or not.

    ``$5`` and ``$USD`` are prices and stay texts; ``$input.x`` is a slip.
    """
    if not text.startswith("$") or len(text) < 2 or not text[1].isalpha():
        return False
    root = re.split(r"[^$A-Za-z]", text, maxsplit=1)[0]
    if root in ROOTS or root in _NOT_SUPPORTED:
        return True
    return "." in text and nearest(root, ROOTS) is not None


def _constant(root: str, dot: str, text: str) -> Expression:
    if dot:
        raise ExpressionError(f"{text!r}: nothing may follow {root!r}", root)
    match root:
        case "$url":
            return Constant("url")
        case "$method":
            return Constant("method")
        case _:
            return Constant("statusCode")


def _message(side: Side, rest: str, text: str) -> Expression:
    part = re.match(r"[A-Za-z]*", rest)
    word = part[0] if part else ""
    after = rest[len(word) :]
    if word == "body":
        if not after:
            return Message(side, "body")
        if after.startswith("#"):
            return Message(side, "body", pointer=_pointer(after[1:], text))
        hint = f"${side}.body#" + re.sub(r"\.|\[(\d+)\]", r"/\1", after)
        raise ExpressionError(f"{text!r}: a part of the body is named by '#' and a pointer", hint)
    if word in ("header", "query", "path") and after.startswith("."):
        name = after[1:]
        if word == "header":
            if not _TOKEN.match(name):
                raise ExpressionError(f"{text!r}: {name!r} cannot be the name of a header")
            return Message(side, "header", name)
        return Message(side, "query" if word == "query" else "path", _name(name, text))
    near = nearest(word, ("header", "query", "path", "body"))
    raise ExpressionError(
        f"{text!r}: '${side}.' is followed by 'header.NAME', 'query.NAME', 'path.NAME' or 'body'",
        f"${side}.{near}{after}" if near and near != word else None,
    )


def _step(rest: str, text: str) -> Expression:
    step, found, name = rest.partition(".outputs.")
    if not found or not step:
        near = re.sub(r"\.output\.", ".outputs.", text)
        raise ExpressionError(
            f"{text!r}: a step's value is '$steps.STEP.outputs.NAME'",
            near if near != text else None,
        )
    return StepOutput(_name(step, text), *_name_and_pointer(name, text, "an output"))


def _workflow(rest: str, text: str) -> Expression:
    found = _WORKFLOW.match(rest)
    if found is None:
        raise ExpressionError(
            f"{text!r}: a workflow's value is '$workflows.WORKFLOW.inputs.NAME' or '.outputs.NAME'"
        )
    name, pointer = _name_and_pointer(found["name"], text, "a value")
    kind: Literal["inputs", "outputs"] = "inputs" if found["kind"] == "inputs" else "outputs"
    return WorkflowValue(_name(found["workflow"], text), kind, name, pointer)


def _source(rest: str, text: str) -> Expression:
    source, _, reference = rest.partition(".")
    if not source or not reference:
        raise ExpressionError(
            f"{text!r}: it must go on with the source's name and 'url', an operationId or a "
            "workflowId"
        )
    return SourceReference(_name(source, text), _name(reference, text))


def _component(rest: str, text: str) -> Expression:
    kind, _, name = rest.partition(".")
    kinds: tuple[ComponentKind, ...] = ("parameters", "successActions", "failureActions", "inputs")
    for known in kinds:
        if kind == known and name:
            return ComponentReference(known, _name(name, text))
    near = nearest(kind, kinds)
    raise ExpressionError(
        f"{text!r}: a component is '$components.KIND.NAME', KIND one of {', '.join(kinds)}",
        f"$components.{near}.{name}" if near and near != kind and name else None,
    )


def _name_and_pointer(rest: str, text: str, what: str) -> tuple[str, Pointer | None]:
    name, found, pointer = rest.partition("#")
    if not name:
        raise ExpressionError(f"{text!r}: the name of {what} is missing")
    return _name(name, text), _pointer(pointer, text) if found else None


def _name(name: str, text: str) -> str:
    if not name:
        raise ExpressionError(f"{text!r}: a name is missing")
    if len(name) > MOST_NAME:
        raise ExpressionError(f"{text[:60]!r}…: a name is longer than {MOST_NAME:,} characters")
    if _BRACES.search(name):
        raise ExpressionError(f"{text!r}: a name cannot hold braces")
    return name


def _pointer(pointer: str, text: str) -> Pointer:
    try:
        return parse_pointer(pointer)
    except ValueError as error:
        hint = text.replace("#" + pointer, "#/" + pointer) if not pointer.startswith("/") else None
        raise ExpressionError(f"{text!r}: {error}", hint) from None


def _hash(pointer: Pointer | None) -> str:
    return "" if pointer is None else f"#{print_pointer(pointer)}"
