"""Descriptions of APIs (OpenAPI 3): operations by id or by pointer, and what they take.

Only what a workflow needs is read: method, path, server, parameters, request bodies. References
are followed inside the description; nothing is fetched.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final, Literal

from workflow.arazzo import yaml12
from workflow.arazzo.pointer import Missing, Pointer, find, parse_pointer
from workflow.arazzo.problems import START, DocumentError, Enough, Findings, Place, nearest
from workflow.arazzo.tree import plain
from workflow.arazzo.turns import Json
from workflow.text import SafeText

MOST_JSON_BYTES: Final = 10_000_000
MOST_JSON_VALUES: Final = 700_000
METHODS: Final = ("get", "put", "post", "delete", "options", "head", "patch", "trace")

_MOST_HOPS = 20
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
    media_types: Mapping[str, Json]
    """The request body's media types in order, each with its schema or null."""
    body_required: bool


@dataclass(frozen=True, slots=True)
class Description:
    """An OpenAPI description, indexed by operationId."""

    file: SafeText
    digest: str
    """SHA-256 of the bytes, hexadecimal."""
    root: Mapping[str, Json] = field(repr=False)
    index: Mapping[str, tuple[str, str]] = field(repr=False)
    """operationId to path and method, as written in the description."""

    def operation(self, operation_id: str) -> ApiOperation | None:
        """Return the operation of that id."""
        known = self.index.get(operation_id)
        return None if known is None else self._read(*known)

    def operation_at(self, pointer: Pointer) -> ApiOperation | None:
        """Return the operation at a pointer like ``/paths/~1jobs/get``."""
        if len(pointer) != 3 or pointer[0] != "paths" or pointer[2] not in METHODS:
            return None
        return self._read(pointer[1], pointer[2])

    def only_operation_at(self, pointer: Pointer) -> tuple[str, ApiOperation] | None:
        """Return the method and the operation at ``/paths/~1jobs``, if there is only one."""
        if len(pointer) != 2:
            return None
        found = [(method, self.operation_at((*pointer, method))) for method in sorted(METHODS)]
        there = [(method, operation) for method, operation in found if operation is not None]
        return there[0] if len(there) == 1 else None

    def nearest_operation(self, operation_id: str) -> str | None:
        """Return the operationId spelt most like the given one."""
        return nearest(operation_id, self.index)

    def resolve(self, value: Json) -> Json:
        """Follow local references; what cannot be followed is null."""
        return _resolve(self.root, value)

    def _read(self, path: str, method: str) -> ApiOperation | None:
        paths = self.root.get("paths")
        item = self.resolve(paths.get(path)) if isinstance(paths, dict) else None
        operation = self.resolve(item.get(method)) if isinstance(item, dict) else None
        if not isinstance(item, dict) or not isinstance(operation, dict):
            return None
        operation_id = operation.get("operationId")
        media_types, required = self._body(operation)
        return ApiOperation(
            operation_id=operation_id if isinstance(operation_id, str) else None,
            method=method.upper(),
            path=path,
            server=_first_server(operation) or _first_server(item) or _first_server(self.root),
            parameters={
                (found.name, found.location): found
                for holder in (item, operation)
                for found in self._parameters(holder)
            },
            media_types=media_types,
            body_required=required,
        )

    def _parameters(self, holder: Mapping[str, Json]) -> Iterator[ApiParameter]:
        listed = holder.get("parameters")
        for entry in listed if isinstance(listed, list) else ():
            declared = self.resolve(entry)
            if not isinstance(declared, dict):
                continue
            name, where = declared.get("name"), declared.get("in")
            for location in _LOCATIONS:
                if location == where and isinstance(name, str):
                    yield _parameter(name, location, declared)

    def _body(self, operation: Mapping[str, Json]) -> tuple[dict[str, Json], bool]:
        body = self.resolve(operation.get("requestBody"))
        content = body.get("content") if isinstance(body, dict) else None
        if not isinstance(body, dict) or not isinstance(content, dict):
            return {}, False
        media_types = {
            name: media.get("schema") if isinstance(media, dict) else None
            for name, media in content.items()
        }
        return media_types, body.get("required") is True


def _resolve(root: Mapping[str, Json], value: Json) -> Json:
    for _ in range(_MOST_HOPS):
        reference = value.get("$ref") if isinstance(value, dict) else None
        if not isinstance(reference, str):
            return value
        value = _find(root, reference)
    return None


def _find(root: Mapping[str, Json], reference: str) -> Json:
    try:
        found = find(dict(root), parse_pointer(reference.removeprefix("#")))
    except ValueError:
        return None
    return None if isinstance(found, Missing) or not reference.startswith("#") else found


def _parameter(name: str, location: Where, declared: Mapping[str, Json]) -> ApiParameter:
    style = declared.get("style")
    if not isinstance(style, str):
        style = "form" if location in ("query", "cookie") else "simple"
    explode = declared.get("explode")
    return ApiParameter(
        name=name,
        location=location,
        required=declared.get("required") is True or location == "path",
        style=style,
        explode=explode if isinstance(explode, bool) else style == "form",
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
        return str(value) if value is not None else match[0]

    return _VARIABLE.sub(default, url)


def load_description(text: bytes, file: str) -> Description:
    """Read an OpenAPI description from YAML or JSON; `file` is its name in problems.

    Raises:
        DocumentError: it cannot be read, or is no OpenAPI 3 description.
    """
    findings = Findings(file)
    root = _parse(text, findings)
    if root is None:
        raise DocumentError(findings.sorted())
    version = root.get("openapi")
    if not isinstance(version, str) or not version.startswith("3."):
        what = (
            "Swagger 2" if "swagger" in root else "an Arazzo document" if "arazzo" in root else ""
        )
        findings.error(
            START,
            "version",
            f"This is {what or 'no OpenAPI description'}; an OpenAPI 3 description is needed.",
        )
        raise DocumentError(findings.sorted())
    return Description(findings.file, hashlib.sha256(text).hexdigest(), root, _index(root))


def _parse(text: bytes, findings: Findings) -> dict[str, Json] | None:
    value: Json = None
    if text.lstrip()[:1] == b"{":
        value = _parse_json(text, findings)
    else:
        with suppress(Enough):
            tree = yaml12.parse(text, findings)
            value = None if tree is None else plain(tree)
    if findings.has_errors:
        return None
    if not isinstance(value, dict):
        findings.error(START, "wrong-type", "An OpenAPI description is an object.")
        return None
    return value


def _parse_json(text: bytes, findings: Findings) -> Json:
    values = text.count(b",") + text.count(b"{") + text.count(b"[")
    if len(text) > MOST_JSON_BYTES or values > MOST_JSON_VALUES:
        findings.error(
            START,
            "too-large",
            f"The description is too large: at most {MOST_JSON_BYTES:,} bytes and "
            f"{MOST_JSON_VALUES:,} values are read. Leave out what no workflow uses.",
        )
        return None
    try:
        value: Json = json.loads(text, parse_constant=_refuse)
    except json.JSONDecodeError as error:
        findings.error(
            Place(error.lineno, error.colno), "syntax", f"This is not JSON: {error.msg}."
        )
    except UnicodeDecodeError:
        findings.error(START, "encoding", "The file is not UTF-8; save it as UTF-8.")
    except RecursionError:
        findings.error(START, "too-deep", "The description is nested too deep.")
    except ValueError:
        findings.error(START, "wrong-value", "The description holds a number that JSON has not.")
    else:
        return value
    return None


def _refuse(constant: str) -> Json:
    raise ValueError(f"{constant} is not JSON")


def _index(root: Mapping[str, Json]) -> dict[str, tuple[str, str]]:
    found: dict[str, tuple[str, str]] = {}
    paths = root.get("paths")
    for path, written in paths.items() if isinstance(paths, dict) else ():
        item = _resolve(root, written)
        if not isinstance(item, dict):
            continue
        for method in METHODS:
            operation = item.get(method)
            operation_id = operation.get("operationId") if isinstance(operation, dict) else None
            if isinstance(operation_id, str):
                found.setdefault(operation_id, (path, method))
    return found
