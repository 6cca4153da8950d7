"""One operation of an API's description: where it is, what it takes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from workflow.arazzo.references import References
from workflow.arazzo.turns import Json

METHODS: Final = ("get", "put", "post", "delete", "options", "head", "patch", "trace")

_LONGEST_TYPE: Final = 300
"""Characters of a media type; a type and a subtype have at most 127 each (RFC 6838, 4.2)."""
_LONGEST_SERVER: Final = 2_000
"""Characters of a server's URL, its variables put in."""
_LONGEST_STYLE: Final = 40
_VARIABLE = re.compile(r"\{([^{}]+)\}")

Where = Literal["path", "query", "header", "cookie"]
_LOCATIONS: Final[tuple[Where, ...]] = ("path", "query", "header", "cookie")


@dataclass(frozen=True, slots=True)
class ApiParameter:
    """A parameter that an operation declares."""

    name: str
    location: Where
    required: bool
    style: str
    explode: bool
    as_json: bool
    """Described by ``content``: the value goes as JSON text."""
    reserved: bool = False
    """``allowReserved``, of a query parameter."""


@dataclass(frozen=True, slots=True)
class ApiOperation:
    """One operation of a description."""

    operation_id: str | None
    method: str
    """Upper case."""
    path: str
    server: str | None
    parameters: Mapping[tuple[str, Where], ApiParameter]
    """By name and location, see :func:`identity`."""
    media_types: Mapping[str, Json]
    """The request body's media types in order, each with its schema or null."""
    body_required: bool


def read_operation(references: References, path: str, method: str) -> ApiOperation | None:
    """Return the operation of a path and a method, in lower case; None when there is none."""
    root = references.root
    paths = root.get("paths")
    item = references.resolve(paths.get(path)) if isinstance(paths, dict) else None
    operation = references.resolve(item.get(method)) if isinstance(item, dict) else None
    if not isinstance(item, dict) or not isinstance(operation, dict):
        return None
    operation_id = operation.get("operationId")
    media_types, required = _body(references, operation)
    return ApiOperation(
        operation_id=operation_id if isinstance(operation_id, str) else None,
        method=method.upper(),
        path=path,
        server=_first_server(operation) or _first_server(item) or _first_server(root),
        parameters={
            identity(found.name, found.location): found
            for holder in (item, operation)
            for found in _parameters(references, holder)
        },
        media_types=media_types,
        body_required=required,
    )


def _parameters(references: References, holder: Mapping[str, Json]) -> Iterator[ApiParameter]:
    listed = holder.get("parameters")
    for entry in listed if isinstance(listed, list) else ():
        declared = references.resolve(entry)
        if not isinstance(declared, dict):
            continue
        name, where = declared.get("name"), declared.get("in")
        for location in _LOCATIONS:
            if location == where and isinstance(name, str):
                yield _parameter(name, location, declared)


def _body(references: References, operation: Mapping[str, Json]) -> tuple[dict[str, Json], bool]:
    body = references.resolve(operation.get("requestBody"))
    content = body.get("content") if isinstance(body, dict) else None
    if not isinstance(body, dict) or not isinstance(content, dict):
        return {}, False
    media_types = {
        name: media.get("schema") if isinstance(media, dict) else None
        for name, media in content.items()
        if len(name) <= _LONGEST_TYPE
    }
    return media_types, body.get("required") is True


def identity(name: str, location: Where) -> tuple[str, Where]:
    """Return what one parameter is: its name and location. Headers are the same in any case."""
    return name.lower() if location == "header" else name, location


def _parameter(name: str, location: Where, declared: Mapping[str, Json]) -> ApiParameter:
    style = declared.get("style")
    if not isinstance(style, str) or len(style) > _LONGEST_STYLE:
        style = "form" if location in ("query", "cookie") else "simple"
    explode = declared.get("explode")
    return ApiParameter(
        name=name,
        location=location,
        required=declared.get("required") is True or location == "path",
        style=style,
        explode=explode if isinstance(explode, bool) else style in ("form", "cookie"),
        as_json=isinstance(declared.get("content"), dict),
        reserved=location == "query" and declared.get("allowReserved") is True,
    )


def _first_server(holder: Mapping[str, Json]) -> str | None:
    servers = holder.get("servers")
    first = servers[0] if isinstance(servers, list) and servers else None
    url = first.get("url") if isinstance(first, dict) else None
    if not isinstance(first, dict) or not isinstance(url, str):
        return None
    variables = first.get("variables")
    known = variables if isinstance(variables, dict) else {}

    def default(match: re.Match[str]) -> str:
        variable = known.get(match[1])
        value = variable.get("default") if isinstance(variable, dict) else None
        fits = isinstance(value, str | int | float) and len(str(value)) <= _LONGEST_SERVER
        return str(value) if fits else match[0]

    filled = _VARIABLE.sub(default, url[: _LONGEST_SERVER + 1])
    return filled if len(filled) <= _LONGEST_SERVER else None
