"""Reads workflow documents and the descriptions they name: files, shipped ones, URLs.

A document is asked for by its path or URL. What its sources' URLs mean is decided here: an
override comes first (``airbyte`` is the shipped description), then a place relative to the document
itself. No host is contacted that nobody named: a URL that stands only in a document is not
followed.
"""

from __future__ import annotations

import asyncio
import stat
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeAlias
from urllib.parse import unquote, urljoin, urlsplit

from workflow import documents
from workflow.arazzo import document as arazzo
from workflow.arazzo.lookup import is_used
from workflow.arazzo.model import Document, SourceDescription
from workflow.arazzo.openapi import Description, load_description
from workflow.arazzo.problems import START, DocumentError, Findings, Problem
from workflow.arazzo.program import Program, check, check_names, compile_program
from workflow.http.door import Door
from workflow.http.failures import NetworkFailure
from workflow.http.messages import Request
from workflow.runs import programs
from workflow.text import SafeText, safe

AIRBYTE: Final = "airbyte"
"""As the location of a source: the shipped description of the Airbyte API."""
_MOST_BYTES: Final = 8 << 20
_DEEPEST: Final = 5
"""Documents that name documents that name documents."""

Fetch: TypeAlias = Callable[[str], Awaitable[bytes]]
"""Reads a URL that the user named; raises SourceError."""


class SourceError(Exception):
    """A document or description cannot be read. One sentence: which, why, what to do."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text: SafeText = safe(text)


def fetching(door: Door) -> Fetch:
    """Return a `fetch` that goes through the door, which says what hosts may be asked."""

    async def fetch(url: str) -> bytes:
        request = Request("GET", url, replay="safe", name="document")
        try:
            response = await door.send(request)
        except NetworkFailure as failure:
            raise SourceError(f"Cannot read {url}: {failure.text}") from None
        if response.status != 200:
            raise SourceError(f"Cannot read {url}: the server answered {response.status}.")
        return response.content

    return fetch


async def refuse_urls(url: str) -> bytes:
    """Be the `fetch` of somebody who has no network."""
    raise SourceError(f"Cannot read {url}: URLs are not read here. Save it and name the file.")


@dataclass(frozen=True, slots=True)
class Located:
    """A document or description, and where it is: a path, a URL, or nowhere but in here."""

    place: str
    text: bytes = field(repr=False)


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
        located = await self.read(place)
        loaded = arazzo.load(located.text, located.place)
        document = loaded.needed()
        sources: dict[str, Description | Document] = {}
        for source in document.sources:
            try:
                await self._gather(source, located.place, "", sources)
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
        located = await self.read(place)
        loaded = arazzo.load(located.text, located.place)
        if loaded.draft is None:
            return loaded.problems
        found = Findings(loaded.draft.file)
        others: list[Problem] = []
        sources: dict[str, Description | Document] = {}
        for source in loaded.draft.sources:
            try:
                await self._gather(source, located.place, "", sources)
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

    async def _gather(
        self,
        source: SourceDescription,
        base: str,
        prefix: str,
        found: dict[str, Description | Document],
    ) -> None:
        """Read one source of the document at `base`, and those of a document that it is."""
        if prefix.count(".") > _DEEPEST:
            raise SourceError(f"The sources of {base} name one another without an end.")
        name = prefix + source.name
        where = self._place(source, name, base)
        if where == AIRBYTE:
            found[name] = await asyncio.to_thread(programs.airbyte_description)
            return
        located = await self._read_source(where, name, source)
        if not arazzo.is_document(located.text, source.type):
            found[name] = await asyncio.to_thread(load_description, located.text, located.place)
            return
        document = arazzo.load(located.text, located.place).needed()
        found[name] = document
        for inner in document.sources:
            await self._gather(inner, located.place, f"{name}.", found)

    def _place(self, source: SourceDescription, name: str, base: str) -> str:
        """Return where a source is to be read."""
        override = self.overrides.get(name)
        if override is not None:
            return override
        try:
            return self._own_place(source, name, base)
        except ValueError:
            raise SourceError(
                f"The source {name!r} is at {source.url!r}, which is no URL."
            ) from None

    @staticmethod
    def _own_place(source: SourceDescription, name: str, base: str) -> str:
        """Return where a document says that its source is."""
        if is_url(source.url) and not is_url(base):
            raise SourceError(
                f"The source {name!r} is at {source.url}, a host that only the document names; it "
                f"is not contacted. Use --source {name}={source.url} if it is right"
                f"{_offer(source, name)}."
            )
        if is_url(base):
            place = urljoin(base, source.url)
            if _origin(place) != _origin(base):
                raise SourceError(
                    f"The source {name!r} is at {place}, another host than the document's; it is "
                    f"not contacted. Use --source {name}={place} if it is right"
                    f"{_offer(source, name)}."
                )
            return place
        return str(Path(base).parent / unquote(source.url.partition("#")[0]))

    async def _read_source(self, where: str, name: str, source: SourceDescription) -> Located:
        try:
            # Who names a pipe may be asked for it on the command line; a document may not do so.
            return await self.read(where, any_file=name in self.overrides)
        except SourceError as error:
            hint = _offer(source, name).removeprefix(", or ")
            tail = f" {hint[0].upper()}{hint[1:]}." if hint else ""
            raise SourceError(f"The source {name!r} is needed. {error}{tail}") from None

    async def read(self, place: str, *, any_file: bool = True) -> Located:
        """Read a file, a URL that was named, or a shipped document by its name.

        A file of that name comes first. Without `any_file` it must be a regular one.

        Raises:
            SourceError: it cannot be read.
        """
        if is_url(place):
            return Located(place, await self.fetch(place))
        shipped = _shipped(place)
        if shipped is not None:
            return Located(documents.FILES[shipped], documents.read(shipped))
        return Located(place, await asyncio.to_thread(_read_file, Path(place), any_file=any_file))


def is_url(place: str) -> bool:
    """Whether a place is a URL rather than a path."""
    scheme, colon, rest = place.partition(":")
    return bool(colon) and scheme.lower() in {"http", "https"} and rest.startswith("//")


def _shipped(place: str) -> documents.Name | None:
    """Return the shipped document that a place means, by its name or its file's."""
    for name, file in documents.FILES.items():
        if place in {name, file} and not Path(place).exists():
            return name
    return None


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc


def _offer(source: SourceDescription, name: str) -> str:
    """Offer the shipped description where it may be what is meant."""
    if source.type == "arazzo":
        return ""
    return f", or use --source {name}={AIRBYTE} for the description of Airbyte's API in here"


def read_file(path: Path) -> bytes:
    """Return a file's bytes, at most 8 MiB of them. It may be a pipe that keeps one waiting.

    Raises:
        SourceError: it cannot be read, or is larger.
    """
    return _read_file(path, any_file=True)


def _read_file(path: Path, *, any_file: bool) -> bytes:
    try:
        if not any_file and not stat.S_ISREG(path.stat().st_mode) and not path.is_dir():
            raise SourceError(f"Cannot read {path}: it is no regular file.")
        with path.open("rb") as file:
            text = file.read(_MOST_BYTES + 1)
    except FileNotFoundError:
        raise SourceError(f"Cannot read {path}: there is no such file.") from None
    except IsADirectoryError:
        raise SourceError(f"Cannot read {path}: it is a folder. Name the file in it.") from None
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "it is no path"
        raise SourceError(f"Cannot read {path}: {why}.") from None
    if len(text) > _MOST_BYTES:
        raise SourceError(f"Cannot read {path}: it is larger than {_MOST_BYTES >> 20} MiB.")
    return text
