"""What the deck keeps between starts: a theme, and for each profile saved views and plans.

One small file that is the deck's own; the settings are the operator's to write. All of it can be
lost without harm: a file that cannot be read is begun anew, and that is said. What the pieces mean
is :mod:`tui.saved_views`' and :mod:`tui.plans`' business.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Protocol, TypeAlias, runtime_checkable

from workflow.text import SafeText, safe

Piece: TypeAlias = "bool | int | float | str | list[Piece] | dict[str, Piece] | None"

_VERSION: Final = 1
_LARGEST: Final = 4_000_000


class KeptError(Exception):
    """It could not be written; one sentence."""


class Kept:
    """The file, or nothing: a demo's deck keeps nothing."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self.trouble: SafeText | None = None
        """Why what was kept could not be read."""
        self._all: dict[str, Piece] = {}
        self._read()

    def get(self, *keys: str) -> Piece:
        """Return what is kept under these keys, None when nothing is."""
        found: Piece = self._all
        for key in keys:
            if not isinstance(found, dict):
                return None
            found = found.get(key)
        return found

    def keep(self, piece: Piece, *keys: str) -> None:
        """Keep a piece under these keys, on disk as well; None drops it.

        What other decks have written meanwhile under other keys stays.

        Raises:
            KeptError: it is kept for as long as this deck runs, and no longer.
        """
        self._read()
        *way, last = keys
        inner = self._all
        for key in way:
            deeper = inner.get(key)
            inner[key] = inner = deeper if isinstance(deeper, dict) else {}
        inner[last] = piece
        if piece is None:
            del inner[last]
        if self._path is None:
            return
        from workflow.settings_paths import write_private  # noqa: PLC0415 - not for the first paint

        try:
            write_private(self._path, json.dumps({"v": _VERSION, **self._all}, indent=1) + "\n")
        except OSError as error:
            told = f"{self._path} cannot be written: {error.strerror or error}"
            raise KeptError(safe(f"{told}; it is kept until you quit.")) from error

    def _read(self) -> None:
        if self._path is None:
            return
        try:
            found = _parsed(self._path)
        except FileNotFoundError:
            return
        except (OSError, ValueError, RecursionError) as error:
            told = f"{self._path} cannot be read, and is begun anew when something is kept"
            self.trouble = safe(f"{told}: {error}")
            return
        self._all = {key: piece for key, piece in found.items() if key != "v"}


@runtime_checkable
class Keeper(Protocol):
    """An app that keeps something."""

    kept: Kept


def kept_by(app: object) -> Kept:
    """Return what an app keeps; of one that keeps nothing, what it keeps until it closes."""
    return app.kept if isinstance(app, Keeper) else Kept(None)


def _parsed(path: Path) -> Mapping[str, Piece]:
    if path.stat().st_size > _LARGEST:
        raise ValueError(f"it is larger than {_LARGEST} bytes")
    found = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(found, dict) or found.get("v") != _VERSION:
        raise ValueError("it is not of this version")
    return found
