"""Finding what a document names in its sources: documents, workflows, operations.

A workflow of another document is spoken of by a label, its source's name in front
(``other.workflowId``); what stands before the last part is the document's prefix, empty for the
main one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from workflow.arazzo.model import (
    Document,
    OperationId,
    OperationPath,
    SourceDescription,
    Workflow,
    WorkflowTarget,
)
from workflow.arazzo.openapi import Description
from workflow.arazzo.operations import ApiOperation
from workflow.arazzo.pointer import print_pointer
from workflow.arazzo.problems import Findings, Place, Problem, nearest

Sources: TypeAlias = Mapping[str, Description | Document]
"""By the source's name; a source of another document's own by ``other.name``."""

MOST_DOCUMENTS: Final = 8
"""How long a way from document to document may be."""


_GOES_ROUND: Final = (
    "Here documents lead to each other without an end. A workflow of the same document is named "
    "by its id alone."
)


@dataclass(frozen=True, slots=True)
class FoundOperation:
    """An operation and where it was found."""

    source: str
    description: Description
    operation: ApiOperation


def is_used(document: Document, source: SourceDescription) -> bool:
    """Whether a step, an action or a dependency of a document may lead into a source."""
    for workflow in document.workflows:
        steps = workflow.steps
        actions = (
            *workflow.success_actions,
            *workflow.failure_actions,
            *(action for step in steps for action in (*step.on_success, *step.on_failure)),
        )
        targets = (
            *workflow.depends_on,
            *(step.target for step in steps),
            *(action.workflow for action in actions),
        )
        for target in targets:
            if target is None:
                continue
            open_to_all = isinstance(target, OperationId) and target.source is None
            if target.source == source.name or (open_to_all and source.type != "arazzo"):
                return True
    return False


class Lookup:
    """The documents and descriptions that a program is made of."""

    def __init__(self, document: Document, sources: Sources) -> None:
        self._sources = sources
        self._findings: dict[str, Findings] = {"": Findings(document.file)}
        self._documents: dict[str, Document] = {"": document}
        self._workflows: dict[str, dict[str, Workflow]] = {}
        """Each document's workflows by id, gathered when first asked for."""
        self._missing = False
        self.used: dict[str, str] = {}
        """Digests of the sources that were looked into, by name."""

    def document(self, prefix: str) -> Document:
        """Return the document of a prefix."""
        return self._documents[prefix]

    def workflow_of(self, prefix: str, workflow_id: str) -> Workflow | None:
        """Return the workflow of that id in the document of a prefix."""
        if prefix not in self._workflows:
            listed = reversed(self._documents[prefix].workflows)
            self._workflows[prefix] = {workflow.workflow_id: workflow for workflow in listed}
        return self._workflows[prefix].get(workflow_id)

    def findings(self, prefix: str) -> Findings:
        """Return where the problems of a document go."""
        return self._findings[prefix]

    def problems(self) -> tuple[Problem, ...]:
        """Return what was found, document by document."""
        return tuple(
            problem for findings in self._findings.values() for problem in findings.sorted()
        )

    def workflow(self, prefix: str, target: WorkflowTarget) -> tuple[str, str] | None:
        """Return the prefix and id of the workflow that a document means."""
        inner = prefix if target.source is None else self._other(prefix, target, target.source)
        if inner is None:
            return None
        document = self._documents[inner]
        bare = target.workflow_id.removeprefix("workflows.")
        if (
            target.source is not None
            and bare != target.workflow_id
            and self.workflow_of(inner, bare)
        ):
            right = f"$sourceDescriptions.{target.source}.{bare}"
            self._wild(prefix, target.place, f"The workflowId {target.workflow_id!r}", right)
            return inner, bare
        if self.workflow_of(inner, target.workflow_id) is None:
            self._findings[prefix].error(
                target.place,
                "unknown-workflow",
                f"{document.file} has no workflow {target.workflow_id!r}.",
                nearest(target.workflow_id, [flow.workflow_id for flow in document.workflows]),
            )
            return None
        return inner, target.workflow_id

    def _other(self, prefix: str, target: WorkflowTarget, name: str) -> str | None:
        """Return the prefix of another document's workflows."""
        found = self._source(prefix, name, target.place)
        if found is None:
            return None
        inner = f"{prefix}{name}."
        if inner.count(".") > MOST_DOCUMENTS:
            self._findings[prefix].error(target.place, "cycle", _GOES_ROUND)
            return None
        if not isinstance(found, Document):
            self._findings[prefix].error(
                target.place,
                "unknown-workflow",
                f"The source {name!r} describes an API; it has no workflows.",
            )
            return None
        self._documents.setdefault(inner, found)
        self._findings.setdefault(inner, Findings(found.file))
        return inner

    def operation(self, prefix: str, target: OperationId | OperationPath) -> FoundOperation | None:
        """Return the operation that a step of a document means."""
        if isinstance(target, OperationPath):
            return self._by_path(prefix, target)
        return self._by_id(prefix, target)

    def _by_id(self, prefix: str, target: OperationId) -> FoundOperation | None:
        names = self._candidates(prefix) if target.source is None else [target.source]
        found: list[FoundOperation] = []
        near: str | None = None
        for name in names:
            description = self._source(prefix, name, target.place)
            if not isinstance(description, Description):
                continue
            operation = description.operation(target.operation_id)
            if operation is not None:
                found.append(FoundOperation(name, description, operation))
            near = near or description.nearest_operation(target.operation_id)
        findings, wanted = self._findings[prefix], target.operation_id
        if found and len(names) > 1:
            report = findings.error if len(found) > 1 else findings.warn
            report(
                target.place,
                "not-qualified",
                f"With several sources {wanted!r} must name its own.",
                f"$sourceDescriptions.{found[0].source}.{wanted}",
            )
        elif not found and (wild := self._by_short_name(prefix, target)) is not None:
            return wild
        elif not found and not self._missing:
            asked = f"The source {names[0]!r} has no" if len(names) == 1 else "No source has the"
            qualified = f"$sourceDescriptions.{target.source}.{near}"
            findings.error(
                target.place,
                "unknown-operation",
                f"{asked} operation {wanted!r}.",
                qualified if near and target.source is not None else near,
            )
        return found[0] if len(found) == 1 else None

    def _by_short_name(self, prefix: str, target: OperationId) -> FoundOperation | None:
        """Return what ``source.operationId`` means, as some engines write it."""
        name, _, operation_id = target.operation_id.partition(".")
        if target.source is not None or name not in self._candidates(prefix):
            return None
        description = self._source(prefix, name, target.place)
        operation = (
            description.operation(operation_id) if isinstance(description, Description) else None
        )
        if operation is None or not isinstance(description, Description):
            return None
        right = f"$sourceDescriptions.{target.operation_id}"
        self._wild(prefix, target.place, f"The operationId {target.operation_id!r}", right)
        return FoundOperation(name, description, operation)

    def _wild(self, prefix: str, place: Place, what: str, right: str) -> None:
        """Warn of what is understood here although the specification has another form for it."""
        text = f"{what} is understood here; the specification writes it differently."
        self._findings[prefix].warn(place, "not-portable", text, right)

    def _candidates(self, prefix: str) -> list[str]:
        """Return the names of a document's sources that describe APIs, as far as can be told."""
        round_ = self._goes_round(prefix)
        names: list[str] = []
        for source in self._documents[prefix].sources:
            given = self._sources.get(prefix + source.name)
            untold = source.type is None and given is None and round_
            if source.type != "arazzo" and not untold and not isinstance(given, Document):
                names.append(source.name)
        return names

    def _by_path(self, prefix: str, target: OperationPath) -> FoundOperation | None:
        description = self._source(prefix, target.source, target.place)
        if not isinstance(description, Description):
            return None
        operation = description.operation_at(target.pointer)
        if operation is None and (only := description.only_operation_at(target.pointer)):
            method, operation = only
            self._wild(prefix, target.place, "A path without a method", f"{target.text}/{method}")
        if operation is None:
            near = description.nearest_pointer(target.pointer)
            start = target.text.partition("#")[0]
            self._findings[prefix].error(
                target.place,
                "unknown-operation",
                f"The source {target.source!r} has no operation at {target.text!r}.",
                f"{start}#{print_pointer(near)}" if near is not None else None,
            )
            return None
        return FoundOperation(target.source, description, operation)

    def _goes_round(self, prefix: str) -> bool:
        """Whether the document of a prefix stands before itself on the way that leads there."""
        digest = self._documents[prefix].digest
        way = prefix.split(".")[:-1]
        before = ["".join(f"{name}." for name in way[:count]) for count in range(len(way))]
        return any(
            self._documents[each].digest == digest for each in before if each in self._documents
        )

    def _source(self, prefix: str, name: str, place: Place) -> Description | Document | None:
        """Return what was given for a source of a document."""
        given = self._sources.get(prefix + name)
        if given is None and prefix and self._documents[""].source(name) is None:
            given = self._sources.get(name)
        if given is None:
            self._missing = True
            declared = self._documents[prefix].source(name)
            if declared is not None and self._goes_round(prefix):
                self._findings[prefix].error(place, "cycle", _GOES_ROUND)
                return None
            expected = f"; the document expects it at {declared.url}" if declared else ""
            self._findings[prefix].error(
                declared.place if declared is not None else place,
                "missing-source",
                f"The source {name!r} is needed and was not given{expected}.",
            )
            return None
        self.used[prefix + name] = given.digest
        return given
