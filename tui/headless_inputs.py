"""Reads a workflow's inputs from the command line: texts become what the schema says they are."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tui.commands.common import Refusal
from tui.input_values import NotOfTypeError, property_of, typed, types_of
from workflow.airbyte.credentials import Secret
from workflow.arazzo import yaml12
from workflow.arazzo.model import Document
from workflow.arazzo.problems import DocumentError, Findings
from workflow.arazzo.program import inputs_of
from workflow.arazzo.tree import plain
from workflow.arazzo.turns import Json
from workflow.runs.places import read_file
from workflow.text import safe

_HEADER: Final = frozenset(
    "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
)
"""Characters of a field name (RFC 9110, 5.6.2)."""
_OURS: Final = frozenset({"host", "content-length", "transfer-encoding", "connection"})


def pairs(given: Sequence[str], option: str) -> dict[str, str]:
    """Split each NAME=VALUE.

    Raises:
        Refusal: one is none, or a name is given twice.
    """
    found: dict[str, str] = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise Refusal(f"{option} {safe(text, limit=60)!r} is not NAME=VALUE.")
        if name in found:
            raise Refusal(f"{option} {safe(name, limit=60)} is given twice.")
        found[name] = value
    return found


def read_inputs(
    document: Document, workflow_id: str, given: Sequence[str], file: str | None
) -> dict[str, Json]:
    """Return the inputs of a workflow: those of the file, and over them those given one by one.

    Raises:
        SourceError: the file cannot be read.
        Refusal: a value is not of its schema's type.
        DocumentError: the file is no YAML or JSON; with its places.
    """
    inputs = _of_file(file) if file is not None else {}
    declared = inputs_of(document, workflow_id)
    root: Json = declared.root if declared is not None else None
    for name, text in pairs(given, "--input").items():
        schema = property_of(declared.schema if declared is not None else None, root, name)
        try:
            inputs[name] = typed(text, types_of(schema, root))
        except NotOfTypeError as error:
            raise Refusal(
                f"--input {safe(name)} must be {error.wanted}, as JSON; nothing was sent."
            ) from None
    return inputs


def _of_file(file: str) -> dict[str, Json]:
    findings = Findings(file)
    node = yaml12.parse(read_file(Path(file)), findings)
    if findings.has_errors or node is None:
        raise DocumentError(findings.sorted())
    value = plain(node)
    if not isinstance(value, dict):
        raise Refusal(f"--inputs {safe(file)} must hold an object: names and values.")
    return value


def read_headers(given: Sequence[str]) -> tuple[tuple[str, Secret], ...]:
    """Return the headers of --header NAME=@ENVVAR.

    Raises:
        Refusal: one is none, or its variable is not set. Never repeats a value.
    """
    found: list[tuple[str, Secret]] = []
    for name, value in pairs(given, "--header").items():
        if not set(name) <= _HEADER or name.lower() in _OURS:
            raise Refusal(f"--header {safe(name, limit=60)!r} is no header that can be set.")
        if not value.startswith("@") or len(value) == 1:
            raise Refusal(
                f"--header {safe(name)} must say which variable holds its value, as in "
                f"{safe(name)}=@VARIABLE: command lines can be read by others."
            )
        secret = os.environ.get(value[1:], "")
        if not secret:
            raise Refusal(f"--header {safe(name)}: the variable {safe(value[1:])} is not set.")
        if not secret.isprintable() or not secret.isascii():
            raise Refusal(f"--header {safe(name)}: the variable {safe(value[1:])} fits no header.")
        found.append((name, Secret(secret)))
    return tuple(found)
