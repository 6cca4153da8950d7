"""Reads what a document's sources are, and the sources of the documents among them.

What a source's URL means is decided here: an override comes first (``airbyte`` is the shipped
description), then a place relative to the document itself. No host is contacted that nobody named:
a URL that stands only in a document is not followed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urljoin, urlsplit

from workflow.arazzo import document as arazzo
from workflow.arazzo.model import Document, SourceDescription
from workflow.arazzo.openapi import Description, load_description
from workflow.runs import programs
from workflow.runs.places import Fetch, Located, SourceError, is_url, read_place

AIRBYTE: Final = "airbyte"
"""As the location of a source: the shipped description of the Airbyte API."""
MOST_SOURCES: Final = 100
"""Of one document, with those of the documents among them."""
_DEEPEST: Final = 6
"""Documents that name documents that name documents."""
_MOST_TIMES: Final = 2
"""How often a document may stand on a way of documents that name each other: once more than it
is read, for what it is called from another one."""


class Gathering:
    """The sources of one document, read one after the other."""

    def __init__(self, overrides: Mapping[str, str], fetch: Fetch, base: str) -> None:
        self._overrides = overrides
        self._fetch = fetch
        self._base = base
        self._known: dict[tuple[str, str | None], Description | Document] = {}
        """What has been read, by its place and by what it is said to be."""
        self._count = 0
        self.found: dict[str, Description | Document] = {}
        """By name; those of another document's own by ``other.name``."""

    async def add(self, source: SourceDescription) -> None:
        """Read one source of the document, and those of a document that it is.

        Raises:
            SourceError: one cannot be read, or there are too many.
            DocumentError: something is wrong in one, with every place.
        """
        await self._add(source, self._base, "", (self._base,))

    async def _add(
        self, source: SourceDescription, base: str, prefix: str, way: tuple[str, ...]
    ) -> None:
        self._count += 1
        if self._count > MOST_SOURCES:
            raise SourceError(
                f"The document {self._base} has more than {MOST_SOURCES} sources, with those of "
                "the documents among them."
            )
        name = prefix + source.name
        where = self._place(source, name, base)
        if where == AIRBYTE:
            self.found[name] = await asyncio.to_thread(programs.airbyte_description)
            return
        if way.count(where) >= _MOST_TIMES:
            return  # who is led here is told that it goes round
        if len(way) > _DEEPEST:
            raise SourceError(f"The sources of {self._base} name one another without an end.")
        known = (where, source.type)
        if known not in self._known:
            self._known[known] = await self._read(where, name, source)
        found = self.found[name] = self._known[known]
        for inner in found.sources if isinstance(found, Document) else ():
            await self._add(inner, where, f"{name}.", (*way, where))

    async def _read(
        self, where: str, name: str, source: SourceDescription
    ) -> Description | Document:
        located = await self._located(where, name, source)
        if not arazzo.is_document(located.text, source.type):
            return await asyncio.to_thread(load_description, located.text, located.place)
        return arazzo.load(located.text, located.place).needed()

    def _place(self, source: SourceDescription, name: str, base: str) -> str:
        """Return where a source is to be read."""
        override = self._overrides.get(name)
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

    async def _located(self, where: str, name: str, source: SourceDescription) -> Located:
        try:
            # Who names a pipe may be asked for it on the command line; a document may not do so.
            return await read_place(where, self._fetch, any_file=name in self._overrides)
        except SourceError as error:
            hint = _offer(source, name).removeprefix(", or ")
            tail = f" {hint[0].upper()}{hint[1:]}." if hint else ""
            raise SourceError(f"The source {name!r} is needed. {error}{tail}") from None


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc


def _offer(source: SourceDescription, name: str) -> str:
    """Offer the shipped description where it may be what is meant."""
    if source.type == "arazzo":
        return ""
    return f", or use --source {name}={AIRBYTE} for the description of Airbyte's API in here"
