"""Descriptions of APIs (OpenAPI 3): operations by id or by pointer, and what they take.

Only what a workflow needs is read: method, path, server, parameters, request bodies. References
are followed inside the description; nothing is fetched.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from workflow.arazzo import yaml12
from workflow.arazzo.operations import METHODS, ApiOperation, read_operation
from workflow.arazzo.pointer import Pointer
from workflow.arazzo.problems import START, DocumentError, Enough, Findings, Place, nearest
from workflow.arazzo.references import References
from workflow.arazzo.tree import plain
from workflow.arazzo.turns import Json
from workflow.text import SafeText

MOST_JSON_BYTES: Final = 10_000_000
MOST_JSON_VALUES: Final = 700_000

MOST_PARAMETERS: Final = 500
MOST_MEDIA_TYPES: Final = 50
MOST_PATH: Final = 2_000
"""Bounds of one operation: what it may declare, what its body may be, the length of its path."""


@dataclass(frozen=True, slots=True)
class Description:
    """An OpenAPI description, indexed by operationId."""

    file: SafeText
    digest: str
    """SHA-256 of the bytes, hexadecimal."""
    references: References = field(repr=False)
    index: Mapping[str, tuple[str, str]] = field(repr=False)
    """operationId to path and method, as written in the description."""
    _operations: dict[tuple[str, str], ApiOperation | None] = field(
        default_factory=dict, repr=False
    )
    """Those that have been read: thousands of steps may call the same one."""

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

    def nearest_pointer(self, pointer: Pointer) -> Pointer | None:
        """Return the pointer to an operation that is spelt most like the given one."""
        paths = self.references.root.get("paths")
        if len(pointer) != 3 or pointer[0] != "paths" or not isinstance(paths, dict):
            return None
        path = pointer[1] if pointer[1] in paths else nearest(pointer[1], paths)
        if path is None:
            return None
        there = [each for each in METHODS if self.operation_at(("paths", path, each)) is not None]
        method = pointer[2] if pointer[2] in there else nearest(pointer[2], there)
        return None if method is None else ("paths", path, method)

    def _read(self, path: str, method: str) -> ApiOperation | None:
        key = path, method
        if key not in self._operations:
            self._operations[key] = read_operation(self.references, path, method)
        return self._operations[key]


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
    references = References(root)
    index = _index(references, findings)
    if findings.has_errors:
        raise DocumentError(findings.sorted())
    return Description(findings.file, hashlib.sha256(text).hexdigest(), references, index)


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


def _index(references: References, findings: Findings) -> dict[str, tuple[str, str]]:
    """Return path and method by operationId; report operations that are beyond all bounds."""
    found: dict[str, tuple[str, str]] = {}
    paths = references.root.get("paths")
    for path, written in paths.items() if isinstance(paths, dict) else ():
        item = references.resolve(written)
        if not isinstance(item, dict):
            continue
        shared = _length(item.get("parameters"))
        for method in METHODS:
            operation = item.get(method)
            if not isinstance(operation, dict):
                continue
            body = references.resolve(operation.get("requestBody"))
            media_types = _length(body.get("content")) if isinstance(body, dict) else 0
            declared = shared + _length(operation.get("parameters"))
            if (
                declared > MOST_PARAMETERS
                or media_types > MOST_MEDIA_TYPES
                or len(path) > MOST_PATH
            ):
                findings.error(
                    START,
                    "too-large",
                    f"{method.upper()} {path[:100]} is too large: a path may have {MOST_PATH:,} "
                    f"characters, an operation {MOST_PARAMETERS} parameters and its body "
                    f"{MOST_MEDIA_TYPES} media types.",
                )
                return found
            operation_id = operation.get("operationId")
            if isinstance(operation_id, str):
                found.setdefault(operation_id, (path, method))
    return found


def _length(value: Json) -> int:
    return len(value) if isinstance(value, list | dict) else 0
