"""From the bytes of an Arazzo document to its model, with every mistake at its place.

:func:`load` never raises for what is in the text. What can only be said together with the
sources (is there such an operation?) is said by :mod:`workflow.arazzo.program`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from workflow.arazzo import yaml12
from workflow.arazzo.actions import check_component_actions
from workflow.arazzo.checks import check_document
from workflow.arazzo.fields import Fields
from workflow.arazzo.model import Components, Document, SourceDescription, SourceType
from workflow.arazzo.parts import read_component_parameters
from workflow.arazzo.problems import DocumentError, Enough, Findings, Problem
from workflow.arazzo.schemas import SchemaChecker
from workflow.arazzo.tree import Mapping as Object
from workflow.arazzo.tree import Node, Scalar, Sequence, plain
from workflow.arazzo.turns import Json
from workflow.arazzo.values import Context
from workflow.arazzo.workflows import read_workflow
from workflow.text import safe

_VERSION = re.compile(r"1\.(?P<minor>[0-9]+)\.[0-9]+(?:-.*)?\Z")
_OWN_KEY: Final = re.compile(rb"""(?m)^["']?arazzo["']?\s*:|^\s+"arazzo"\s*:|[{,]\s*"arazzo"\s*:""")
MOST_WORKFLOWS: Final = 500
MOST_STEPS: Final = 2_000
_COMPONENTS: Final = ("inputs", "parameters", "successActions", "failureActions")


@dataclass(frozen=True, slots=True)
class Loaded:
    """What came of reading a document."""

    document: Document | None
    """None when `problems` holds an error."""
    problems: tuple[Problem, ...]
    """Errors and warnings in the order of the text."""
    draft: Document | None = None
    """The document as far as it could be read, mistakes or not: to be checked, not to be run."""

    def needed(self) -> Document:
        """Return the document.

        Raises:
            DocumentError: it could not be read.
        """
        if self.document is None:
            raise DocumentError(self.problems)
        return self.document


def load(text: bytes, file: str) -> Loaded:
    """Read an Arazzo document from YAML or JSON; `file` is its name in problems."""
    findings = Findings(file)
    document = None
    # Enough mistakes end the reading; they are all there is to say then.
    with suppress(Enough):
        document = _load(text, findings)
    return Loaded(None if findings.has_errors else document, findings.sorted(), document)


def is_document(text: bytes, said: SourceType | None) -> bool:
    """Whether a source's text is an Arazzo document: what is said of it, else how it begins."""
    return said == "arazzo" or (said is None and _OWN_KEY.search(text[:10_000]) is not None)


def _load(text: bytes, findings: Findings) -> Document | None:
    root = yaml12.parse(text, findings)
    if root is None:
        return None
    if not isinstance(root, Object):
        findings.error(root.place, "wrong-type", "An Arazzo document is an object.")
        return None
    document = _read(Fields(root, "The document", findings), text)
    if document is not None:
        check_document(document, findings)
    return document


def _read(fields: Fields, text: bytes) -> Document | None:
    minor = _read_version(fields)
    if minor is None:
        return None
    findings = fields.findings
    newer = minor > 0
    allowed = ("arazzo", "info", "sourceDescriptions", "workflows", "components")
    fields.only((*allowed, "$self") if newer else allowed)
    if newer and "$self" in fields.node.keys:
        findings.warn(
            fields.node.keys["$self"],
            "unsupported",
            "'$self' (Arazzo 1.1) is not used: relative URLs are taken from where this file is.",
        )
    title = _read_info(fields)
    nodes = _component_nodes(fields)
    inputs = {name: plain(node) for name, node in nodes.get("inputs", {}).items()}
    context = Context(findings, nodes, SchemaChecker(findings, inputs), newer)
    sources = _read_sources(fields, context)
    components = _read_components(context, inputs)
    if not _is_in_bounds(fields):
        return None
    workflows = tuple(
        workflow
        for item in fields.objects("workflows", "A workflow", required=True)
        if (workflow := read_workflow(item, context)) is not None
    )
    return Document(
        file=findings.file,
        digest=hashlib.sha256(text).hexdigest(),
        version=str(plain(fields.node.entries["arazzo"])),
        title=safe(title),
        sources=sources,
        workflows=workflows,
        components=components,
    )


def _is_in_bounds(fields: Fields) -> bool:
    """Report more workflows or steps than anybody could have written."""
    workflows = fields.node.get("workflows")
    listed = workflows.items if isinstance(workflows, Sequence) else ()
    steps = sum(
        len(inner.items)
        for workflow in listed
        if isinstance(workflow, Object) and isinstance(inner := workflow.get("steps"), Sequence)
    )
    if len(listed) > MOST_WORKFLOWS or steps > MOST_STEPS:
        fields.findings.error(
            fields.at("workflows"),
            "too-large",
            f"There are {len(listed):,} workflows with {steps:,} steps; at most "
            f"{MOST_WORKFLOWS:,} with {MOST_STEPS:,} are read.",
        )
        return False
    return True


def _read_version(fields: Fields) -> int | None:
    """Return the minor version; None when this is no document that can be read."""
    if "openapi" in fields.node.keys or "swagger" in fields.node.keys:
        fields.findings.error(
            fields.place, "version", "This is an OpenAPI description, not an Arazzo document."
        )
        return None
    node = fields.node.get("arazzo")
    if isinstance(node, Scalar) and isinstance(node.value, int | float):
        fields.findings.error(
            node.place, "wrong-type", "The version of Arazzo has three numbers.", "1.0.1"
        )
        return None
    text = fields.text("arazzo", required=True)
    if text is None:
        return None
    if text in ("1", "1.0", "1.1"):
        fields.findings.error(
            fields.at("arazzo"), "version", "The version of Arazzo has three numbers.", "1.0.1"
        )
        return None
    found = _VERSION.match(text)
    if found is not None and found["minor"] in ("0", "1"):
        return int(found["minor"])
    fields.findings.error(
        fields.at("arazzo"),
        "version",
        f"Arazzo {text} is not supported; this engine runs 1.0 and what it knows of 1.1.",
        "1.0.1",
    )
    return None


def _read_info(fields: Fields) -> str:
    info = fields.object("info", "'info'", required=True)
    if info is None:
        return ""
    info.only(("title", "summary", "description", "version"))
    title = info.prose("title", required=True)
    info.prose("version", required=True)
    info.prose("summary")
    info.prose("description")
    return title or ""


def _read_sources(fields: Fields, context: Context) -> tuple[SourceDescription, ...]:
    types: tuple[SourceType, ...] = ("openapi", "arazzo")
    found: dict[str, SourceDescription] = {}
    for item in fields.objects("sourceDescriptions", "A source", required=True):
        item.only(("name", "url", "type"))
        name = item.text("name", required=True)
        url = item.text("url", required=True)
        node = item.node.get("type")
        if context.newer and isinstance(node, Scalar) and node.value == "asyncapi":
            context.unsupported(node.place, "AsyncAPI sources")
            continue
        type_ = item.choice("type", types) if node is not None else None
        if name is None or url is None:
            continue
        if name in found:
            context.findings.error(
                item.at("name"), "duplicate-id", f"Two sources are named {name!r}."
            )
        found.setdefault(name, SourceDescription(name, url, type_, item.place))
    return tuple(found.values())


def _component_nodes(fields: Fields) -> Mapping[str, Mapping[str, Node]]:
    if "components" not in fields.node.keys:
        return {}
    components = fields.object("components", "'components'")
    if components is None:
        return {}
    components.only(_COMPONENTS)
    nodes: dict[str, dict[str, Node]] = {}
    for kind in _COMPONENTS:
        nodes[kind] = {name: node for name, _, node in components.named(kind, f"{kind!r}")}
        if kind != "inputs":
            for name, node in nodes[kind].items():
                components.wrap(node, f"The component {name!r}")
    return nodes


def _read_components(context: Context, inputs: Mapping[str, Json]) -> Components:
    check_component_actions(context)
    for node in context.components.get("inputs", {}).values():
        context.schemas.check(node)
    return Components(inputs, read_component_parameters(context))
