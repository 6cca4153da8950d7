"""Where documents and descriptions are read: files, URLs that were named, shipped ones."""

from __future__ import annotations

import asyncio
import stat
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeAlias

from workflow import documents
from workflow.http.door import Door
from workflow.http.failures import NetworkFailure
from workflow.http.messages import Request
from workflow.text import SafeText, safe

_MOST_BYTES: Final = 8 << 20

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


def is_url(place: str) -> bool:
    """Whether a place is a URL rather than a path."""
    scheme, colon, rest = place.partition(":")
    return bool(colon) and scheme.lower() in {"http", "https"} and rest.startswith("//")


async def read_place(place: str, fetch: Fetch, *, any_file: bool = True) -> Located:
    """Read a file, a URL that was named, or a shipped document by its name.

    A file of that name comes first. Without `any_file` it must be a regular one.

    Raises:
        SourceError: it cannot be read.
    """
    if is_url(place):
        return Located(place, await fetch(place))
    shipped = _shipped(place)
    if shipped is not None:
        return Located(documents.FILES[shipped], documents.read(shipped))
    return Located(place, await asyncio.to_thread(_read_file, Path(place), any_file=any_file))


def _shipped(place: str) -> documents.Name | None:
    """Return the shipped document that a place means, by its name or its file's."""
    for name, file in documents.FILES.items():
        if place in {name, file} and not Path(place).exists():
            return name
    return None


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
