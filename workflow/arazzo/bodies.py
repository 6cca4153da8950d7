"""Request bodies: from a payload to the bytes of its media type.

A payload written as one text is a template of the body itself. Values go into it so that they
cannot break out: JSON-escaped in JSON, percent-encoded in a form, entity-escaped in XML.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Literal, TypeAlias
from urllib.parse import quote_plus, urlencode
from xml.sax.saxutils import escape

from workflow.arazzo import templates
from workflow.arazzo.pointer import Edited, Missing, print_pointer
from workflow.arazzo.templates import Lookup, Template, Unresolved, as_text
from workflow.arazzo.turns import Json

Form = Literal["json", "form", "xml", "text"]
JSON = "application/json"
_JSON = json.JSONEncoder(ensure_ascii=False)

Replacements: TypeAlias = tuple[tuple[tuple[str, ...], Template], ...]


def form_of(media_type: str) -> Form | None:
    """Return how a media type is written; None for one that this engine cannot write."""
    name = media_type.partition(";")[0].strip().lower()
    if name == JSON or name.endswith("+json"):
        return "json"
    if name == "application/x-www-form-urlencoded":
        return "form"
    if name in ("application/xml", "text/xml") or name.endswith("+xml"):
        return "xml"
    if name.startswith("multipart/"):
        return None
    return "text"


def is_text(template: Template) -> bool:
    """Whether a payload is written as one text, the body itself."""
    if isinstance(template, templates.Literal):
        return isinstance(template.value, str)
    return isinstance(template, templates.Text)


def why_no_json(template: Template) -> str | None:
    """Return why a payload that begins like JSON is none, whatever its expressions stand for.

    None for one that is JSON, and for a text that never meant to be.
    """
    why = _why_no_json(_sample(template, 1))
    # A number may not stand everywhere that a text may: before a colon it may not.
    return why if why is not None and _why_no_json(_sample(template, "x")) is not None else None


def _sample(template: Template, value: Json) -> str:
    """Return the text of a payload with one value for all its expressions; empty if it is none."""
    if isinstance(template, templates.Text):
        return templates.fill_text(template, lambda _: value, _IntoJson())
    if isinstance(template, templates.Literal) and isinstance(template.value, str):
        return template.value
    return ""


def _why_no_json(text: str) -> str | None:
    if not text.lstrip().startswith(("{", "[")):
        return None
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        return f"{error.msg}, its line {error.lineno}, column {error.colno}"
    except (ValueError, RecursionError):
        pass  # a number or a nesting beyond what is read here: not for us to judge
    return None


def fill_payload(
    template: Template, replacements: Replacements, form: Form, lookup: Lookup
) -> Json | Missing:
    """Return the payload with its expressions and replacements put in.

    Raises:
        Unresolved: something that is needed has no value or no place.
    """
    payload = _fill(template, form, lookup)
    if not replacements:
        return payload
    edited = Edited({} if isinstance(payload, Missing) else payload)
    for target, value_template in replacements:
        value = templates.fill(value_template, lookup)
        if isinstance(value, Missing):
            raise Unresolved(f"{templates.describe(value_template)} has no value")
        try:
            edited.put(target, value)
        except ValueError:
            place = print_pointer(target)
            raise Unresolved(f"the payload has no place {place!r}") from None
    return edited.value


def encode(payload: Json, form: Form) -> bytes:
    """Return the bytes of a payload."""
    match form:
        case "json":
            return json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()
        case "form" if isinstance(payload, dict):
            pairs = [
                (name, as_text(item))
                for name, value in payload.items()
                for item in (value if isinstance(value, list) else [value])
            ]
            return urlencode(pairs).encode()
        case _:
            return as_text(payload).encode()


def _fill(template: Template, form: Form, lookup: Lookup) -> Json | Missing:
    if isinstance(template, templates.Text):
        encode = _IntoJson() if form == "json" else _ENCODERS.get(form)
        text = templates.fill_text(template, lookup, encode)
        return _parsed(text) if form == "json" else text
    if isinstance(template, templates.Literal) and isinstance(template.value, str):
        return _parsed(template.value) if form == "json" else template.value
    return templates.fill(template, lookup)


def _parsed(text: str) -> Json:
    """Return the JSON that a text is; a text that is none stays a text."""
    try:
        value: Json = json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return text
    return value


def _refuse(constant: str) -> Json:
    raise ValueError(f"{constant} is not JSON")


class _IntoJson:
    """Writes the values of one text: as JSON, or escaped where the text is within a string."""

    def __init__(self) -> None:
        self._inside = self._escaped = False

    def __call__(self, between: str, value: Json) -> str:
        for character in between:
            if self._escaped:
                self._escaped = False
            elif character == "\\":
                self._escaped = self._inside
            elif character == '"':
                self._inside = not self._inside
        self._escaped = False
        if self._inside:
            return _JSON.encode(as_text(value))[1:-1]
        return _JSON.encode(value)


_ENCODERS: dict[Form, Callable[[str, Json], str]] = {
    "form": lambda _, value: quote_plus(as_text(value)),
    "xml": lambda _, value: escape(as_text(value), {'"': "&quot;", "'": "&apos;"}),
}
