"""Parameters as text: OpenAPI's serialisation styles.

Values are percent-encoded one by one, before the style puts its delimiters between them, so that
a comma in a value stays apart from the comma between two (RFC 6570, 2.1 and 3.2).
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import quote

from workflow.arazzo.templates import Unresolved, as_text
from workflow.arazzo.turns import Json

STYLES = {
    "path": ("simple", "label", "matrix"),
    "query": ("form", "spaceDelimited", "pipeDelimited", "deepObject"),
    "header": ("simple",),
    "cookie": ("form", "cookie"),
}
_RESERVED: Final = ":/?@!$'()*,;="


def path_text(name: str, value: Json, style: str, explode: bool) -> str:
    """Return a path parameter's percent-encoded text.

    Raises:
        Unresolved: the text would be empty, ``.`` or ``..`` and so change the path itself.
    """
    items = _items(value)
    if style == "label":
        text = "." + ("." if explode else ",").join(_pairs(items, explode, "="))
    elif style == "matrix":
        text = _matrix(name, value, explode)
    else:
        text = ",".join(_pairs(items, explode, "="))
    if text in ("", ".", ".."):
        raise Unresolved(f"the path parameter {name!r} is {text!r}, which is no path segment")
    return text


def query_pairs(name: str, value: Json, style: str, explode: bool) -> list[tuple[str, str]]:
    """Return a query parameter as names and values, as a person reads them."""
    between = {"spaceDelimited": " ", "pipeDelimited": "|"}.get(style, ",")
    return [
        (key, between.join(map(as_text, values)))
        for key, values in _query(name, value, style, explode)
    ]


def query_text(name: str, value: Json, style: str, explode: bool, *, reserved: bool = False) -> str:
    """Return a query parameter percent-encoded, ready to stand behind ``?`` or ``&``.

    `reserved` is OpenAPI's ``allowReserved``: what may stand in a query as it is does so. What
    a query itself is made of, ``&``, ``+`` and ``#``, is encoded all the same.
    """
    between = {"spaceDelimited": "%20", "pipeDelimited": "%7C"}.get(style, ",")
    safe = _RESERVED if reserved else ""
    return "&".join(
        quote(key, safe="") + "=" + between.join(quote(as_text(each), safe=safe) for each in values)
        for key, values in _query(name, value, style, explode)
    )


def _query(name: str, value: Json, style: str, explode: bool) -> list[tuple[str, list[Json]]]:
    """Return each name with the values that its text is made of."""
    if style == "deepObject" and isinstance(value, dict):
        return [(f"{name}[{key}]", [member]) for key, member in value.items()]
    if isinstance(value, list):
        if explode and style != "deepObject":
            return [(name, [item]) for item in value]
        return [(name, value)] if value else []
    if isinstance(value, dict):
        if explode and style == "form":
            return [(key, [member]) for key, member in value.items()]
        parts = [part for key, member in value.items() for part in (key, member)]
        return [(name, parts)] if parts else []
    return [(name, [value])]


def header_text(name: str, value: Json, explode: bool) -> str:
    """Return a header's text.

    Raises:
        Unresolved: it holds a character that no header may hold, such as a line break.
    """
    if isinstance(value, dict):
        equals = "=" if explode else ","
        text = ",".join(f"{key}{equals}{as_text(member)}" for key, member in value.items())
    elif isinstance(value, list):
        text = ",".join(as_text(item) for item in value)
    else:
        text = as_text(value)
    if any(character < " " or character == "\x7f" for character in text):
        raise Unresolved(f"the header {name!r} would hold a control character")
    if not text.isascii():
        # RFC 9110, 5.5: nobody can tell in which encoding others would be read.
        raise Unresolved(f"the header {name!r} would hold a character outside ASCII")
    return text


def cookie_pairs(name: str, value: Json, style: str, explode: bool) -> list[str]:
    """Return each ``name=value`` for a Cookie header.

    In the form style values are percent-encoded where they must be; what an exploded list would
    be there OpenAPI leaves open, and it is written like one that is not. The style `cookie` of
    OpenAPI 3.2 encodes nothing.

    Raises:
        Unresolved: in the style `cookie`, a value holds what no cookie may hold.
    """
    if style == "cookie" and explode and isinstance(value, dict):
        pairs = [f"{key}={as_text(member)}" for key, member in value.items()]
    elif style == "cookie" and explode and isinstance(value, list):
        pairs = [f"{name}={as_text(item)}" for item in value]
    elif style == "cookie":
        pairs = [f"{name}={','.join(_flat(value))}"]
    else:
        return [f"{name}={','.join(quote(part, safe=_COOKIE_SAFE) for part in _flat(value))}"]
    if not all(map(_COOKIE_PAIR.match, pairs)):
        raise Unresolved(f"the cookie {name!r} would hold a character that no cookie may hold")
    return pairs


_COOKIE_SAFE: Final = "!#$&'()*+-./:<=>?@[]^_`{|}~"
_COOKIE_PAIR: Final = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+=[!#-+\--:<-\[\]-~,]*\Z")
"""A name and what may follow it (RFC 6265, 4.1.1), with the comma that delimits."""


def _items(value: Json) -> list[tuple[str | None, str]]:
    if isinstance(value, dict):
        return [(quote(key, safe=""), _encoded(member)) for key, member in value.items()]
    if isinstance(value, list):
        return [(None, _encoded(item)) for item in value]
    return [(None, _encoded(value))]


def _pairs(items: list[tuple[str | None, str]], explode: bool, equals: str) -> list[str]:
    parts: list[str] = []
    for key, text in items:
        if key is None:
            parts.append(text)
        elif explode:
            parts.append(f"{key}{equals}{text}")
        else:
            parts += [key, text]
    return parts


def _matrix(name: str, value: Json, explode: bool) -> str:
    items = _items(value)
    if explode and isinstance(value, dict):
        return "".join(f";{key}={text}" for key, text in items)
    if explode and isinstance(value, list):
        return "".join(f";{name}={text}" for _, text in items)
    return f";{name}=" + ",".join(_pairs(items, False, "="))


def _flat(value: Json) -> list[str]:
    if isinstance(value, dict):
        return [part for key, member in value.items() for part in (key, as_text(member))]
    if isinstance(value, list):
        return [as_text(item) for item in value]
    return [as_text(value)]


def _encoded(value: Json) -> str:
    text = as_text(value)
    return text if text.isascii() and text.isalnum() else quote(text, safe="")
