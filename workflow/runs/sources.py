"""Reads workflow documents for a command, with all that they need, and says what is wrong.

A document is asked for by its path or URL; :mod:`workflow.runs.gathering` reads its sources.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from workflow.arazzo import document as arazzo
from workflow.arazzo.lookup import is_used
from workflow.arazzo.model import Document
from workflow.arazzo.openapi import Description
from workflow.arazzo.problems import START, DocumentError, Findings, Problem
from workflow.arazzo.program import Program, check, check_names, compile_program
from workflow.runs.gathering import Gathering
from workflow.runs.places import Fetch, SourceError, read_place, refuse_urls


@dataclass(frozen=True, slots=True)
class Library:
    """Reads documents for one command."""

    overrides: Mapping[str, str] = field(default_factory=dict)
    """Locations of sources by name; for the sources of an ``arazzo`` source ``other.name``."""
    fetch: Fetch = refuse_urls

    async def program(self, place: str, workflow_id: str | None = None) -> Program:
        """Read a document with all it needs and compile one of its workflows.

        Raises:
            SourceError: something cannot be read.
            DocumentError: something is wrong in it, with every place.
        """
        document, sources, _ = await self.load(place)
        return compile_program(document, sources, workflow_id)

    async def load(
        self, place: str
    ) -> tuple[Document, dict[str, Description | Document], tuple[Problem, ...]]:
        """Read a document and its sources; returns them and what may be mistakes.

        A source that nothing in the document uses may be unreadable.

        Raises:
            SourceError: something cannot be read.
            DocumentError: something is wrong in it, with every place.
        """
        located = await read_place(place, self.fetch)
        loaded = arazzo.load(located.text, located.place)
        document = loaded.needed()
        gathering = Gathering(self.overrides, self.fetch, located.place)
        sources = gathering.found
        for source in document.sources:
            try:
                await gathering.add(source)
            except (SourceError, DocumentError):
                if is_used(document, source):
                    raise
        declared = sources.keys() | {source.name for source in document.sources}
        unknown = sorted(self.overrides.keys() - declared)
        if unknown:
            names = ", ".join(sorted(declared)) or "none"
            raise SourceError(
                f"The document {place} has no source named {unknown[0]!r}; it has {names}."
            )
        return document, sources, loaded.problems

    async def mistakes_in(self, place: str) -> tuple[Problem, ...]:
        """Return all that is wrong with a document, and with what it says of its sources.

        A source that cannot be read is a warning: what is said of it may still be right.

        Raises:
            SourceError: the document itself cannot be read.
        """
        located = await read_place(place, self.fetch)
        loaded = arazzo.load(located.text, located.place)
        if loaded.draft is None:
            return loaded.problems
        found = Findings(loaded.draft.file)
        others: list[Problem] = []
        gathering = Gathering(self.overrides, self.fetch, located.place)
        sources = gathering.found
        for source in loaded.draft.sources:
            try:
                await gathering.add(source)
            except DocumentError as error:
                others += error.problems
            except SourceError as error:
                found.warn(source.place, "source-not-read", error.text)
        for name in sorted(self.overrides.keys() - sources.keys()):
            if "." not in name and loaded.draft.source(name) is None:
                names = ", ".join(source.name for source in loaded.draft.sources) or "none"
                found.warn(START, "unknown-source", f"No source is named {name!r}; it has {names}.")
        whole = loaded.document is not None and all(
            source.name in sources for source in loaded.draft.sources
        )
        others += (check if whole else check_names)(loaded.draft, sources)
        everything = dict.fromkeys((*loaded.problems, *found.sorted(), *others))
        # The document's own first, in the order of the text; then file by file.
        return tuple(
            sorted(
                everything,
                key=lambda one: (one.file != found.file, one.file, one.line, one.column),
            )
        )
