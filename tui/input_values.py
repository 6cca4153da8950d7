"""What a workflow's schema says of one input, and texts read as values of it.

For the command line and the deck's form alike. The whole of the inputs is checked by the engine.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, cast

from workflow.arazzo.inputs import Inputs
from workflow.arazzo.turns import Json

FROM_TARGETS: Final = "connectionId"
"""The input that every target of a launch fills in by itself."""
STRUCK_OUT: Final = "***"
"""Stands for a secret where inputs are shown."""
_HOPS: Final = 8
"""How deep references and alternatives are followed."""


class NotOfTypeError(ValueError):
    """A text is none of the types that its input may have; `wanted` names them."""

    def __init__(self, wanted: str) -> None:
        super().__init__(f"it must be {wanted}, as JSON")
        self.wanted = wanted


@dataclass(frozen=True, slots=True)
class InputField:
    """One input as a form needs it."""

    name: str
    types: frozenset[str]
    """JSON types; empty when the schema does not say."""
    choices: tuple[Json, ...] = ()
    """Every value it may have; empty when there is no list of them."""
    default: Json = None
    required: bool = False
    description: str = ""
    secret: bool = False
    """Not to be seen on a screen."""

    def value(self, text: str) -> Json:
        """Return what a text means here.

        Raises:
            NotOfTypeError: it is nothing of its types.
        """
        return typed(text, self.types)


def fields_of(declared: Inputs) -> tuple[InputField, ...]:
    """Return the inputs that a workflow declares, in the order of its document."""
    names: dict[str, Json] = {}
    required: set[str] = set()
    for schema in _in_place(declared.schema, declared.root):
        properties, needed = schema.get("properties"), schema.get("required")
        if isinstance(properties, dict):
            names |= {name: sub for name, sub in properties.items() if name not in names}
        if isinstance(needed, list):
            required |= {name for name in needed if isinstance(name, str)}
    return tuple(
        _field(name, schema, declared.root, required=name in required)
        for name, schema in names.items()
    )


def _field(name: str, schema: Json, root: Json, *, required: bool) -> InputField:
    merged: dict[str, Json] = {}
    for each in _in_place(schema, root):
        merged = {**each, **merged}
    choices = merged.get("enum")
    if not isinstance(choices, list):
        choices = [merged["const"]] if "const" in merged else []
    types = types_of(schema, root)
    if types == {"boolean"} and not choices:
        choices = [True, False]
    described = merged.get("description")
    return InputField(
        name,
        types,
        tuple(choices),
        merged.get("default"),
        required=required,
        description=described if isinstance(described, str) else "",
        secret=merged.get("format") == "password" or merged.get("writeOnly") is True,
    )


def _in_place(schema: Json, root: Json) -> Iterator[dict[str, Json]]:
    """Give a schema and those that surely hold of the same value: its ``$ref`` and ``allOf``."""
    waiting = [schema]
    for _ in range(_HOPS * _HOPS):
        if not waiting:
            return
        here = waiting.pop(0)
        if not isinstance(here, dict):
            continue
        yield here
        every = here.get("allOf")
        waiting += [_referred(here, root), *(every if isinstance(every, list) else [])]


def without_secrets(value: Json, schema: Json, root: Json, depth: int = _HOPS) -> Json:
    """Return a value in which what its schema calls a secret is struck out."""
    if not isinstance(value, dict) or depth == 0:
        return value
    shown = dict(value)
    for each in _in_place(schema, root):
        properties = each.get("properties")
        for name, sub in properties.items() if isinstance(properties, dict) else ():
            if name not in shown:
                continue
            secret = _field(name, sub, root, required=False).secret
            inner = without_secrets(shown[name], sub, root, depth - 1)
            shown[name] = STRUCK_OUT if secret and shown[name] is not None else inner
    return shown


def property_of(schema: Json, root: Json, name: str, hops: int = _HOPS) -> Json:
    """Return the schema of one input, wherever the workflow's schema declares it."""
    if not isinstance(schema, dict) or hops == 0:
        return None
    properties = schema.get("properties")
    if isinstance(properties, dict) and name in properties:
        return properties[name]
    inner: list[Json] = [_referred(schema, root)]
    for keyword in ("allOf", "anyOf", "oneOf"):
        members = schema.get(keyword)
        inner += members if isinstance(members, list) else []
    found = (property_of(one, root, name, hops - 1) for one in inner)
    return next((one for one in found if one is not None), None)


def types_of(schema: Json, root: Json, hops: int = _HOPS) -> frozenset[str]:
    """Return the JSON types a schema allows; empty when it does not say."""
    if not isinstance(schema, dict) or hops == 0:
        return frozenset()
    declared = schema.get("type")
    if isinstance(declared, str):
        return frozenset({declared})
    if isinstance(declared, list):
        return frozenset(str(one) for one in declared)
    members = schema.get("enum")
    if isinstance(members, list) and members and all(isinstance(one, str) for one in members):
        return frozenset({"string"})
    return types_of(_referred(schema, root), root, hops - 1)


def _referred(schema: Mapping[str, Json], root: Json) -> Json:
    reference = schema.get("$ref")
    if not isinstance(reference, str) or not reference.startswith("#/"):
        return None
    value = root
    for part in reference[2:].split("/"):
        key = part.replace("~1", "/").replace("~0", "~")
        value = value.get(key) if isinstance(value, dict) else None
    return value


def typed(text: str, types: frozenset[str]) -> Json:
    """Return the value that a text means for an input of these types.

    Raises:
        NotOfTypeError: it is none of them.
    """
    if "string" in types:
        return text
    try:
        value = cast("Json", json.loads(text, parse_constant=_no_number, parse_float=_finite))
    except (ValueError, RecursionError):
        if types:
            articles = {"null": ""} | dict.fromkeys(("array", "integer", "object"), "an ")
            wanted = " or ".join(articles.get(one, "a ") + one for one in sorted(types))
            raise NotOfTypeError(wanted) from None
        return text
    # Without a declared type a bare word or number stays what it looks like in JSON.
    return value


def text_of(value: Json) -> str:
    """Write a value as it would be typed."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _no_number(word: str) -> Json:
    raise ValueError(word)


def _finite(word: str) -> float:
    """Read a number; one that is too large would be sent as Infinity, which is not JSON."""
    value = float(word)
    return value if math.isfinite(value) else cast("float", _no_number(word))
