"""What files hold after a power loss, told from what happened to them.

A :class:`Record` is made by the file layer (:mod:`tests.support.powerloss`). :class:`Disk` takes
it operation by operation and tells at any moment what a power loss would leave: what was synced,
and of what was not whatever chance leaves of it, in whole or in torn sectors, whether of a file's
content or of its name.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Final, TypeAlias

SECTOR: Final = 512

# ------------------------------------------------------------------ what happened to the files


@dataclass(frozen=True, slots=True)
class Opened:
    """A file was opened: made, when there was none of that name."""

    file: str


@dataclass(frozen=True, slots=True)
class Write:
    file: str
    offset: int
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Truncate:
    file: str
    size: int


@dataclass(frozen=True, slots=True)
class Sync:
    file: str
    folder: bool
    """The folder was synced too: names made and deleted in it are on the disk."""


@dataclass(frozen=True, slots=True)
class Delete:
    file: str
    folder: bool


Op: TypeAlias = Opened | Write | Truncate | Sync | Delete


@dataclass
class Record:
    """What happened below a folder, in order. `heard` is called with each."""

    folder: Path
    ops: list[Op] = field(default_factory=list)
    heard: Callable[[], None] = lambda: None
    stopped: bool = False

    def add(self, op: Op) -> None:
        if not self.stopped:
            self.ops.append(op)
            self.heard()

    def short(self, path: str) -> str | None:
        """Name a file as the record does; None for one that is not below the folder."""
        parent, _, name = path.rpartition("/")
        return name if parent == str(self.folder) else None

    def disk(self) -> Disk:
        """Return the disk as it is now."""
        disk = Disk()
        for op in self.ops:
            disk.take(op)
        return disk


# ------------------------------------------------------------------ what a power loss leaves


class Leaves(Enum):
    """What is left of what was not synced."""

    NOTHING = "nothing"
    ALL = "all of it"
    FIRST = "the first part"
    TORN = "torn sectors"


@dataclass
class _Content:
    safe: bytearray = field(default_factory=bytearray)
    later: list[Write | Truncate] = field(default_factory=list)
    """What is only with the operating system."""

    def sync(self) -> None:
        self.safe = self.after(self.later)
        self.later = []

    def after(self, ops: Sequence[Write | Truncate]) -> bytearray:
        content = bytearray(self.safe) if ops else self.safe
        for op in ops:
            if isinstance(op, Truncate):
                del content[op.size :]
                continue
            content.extend(bytes(max(0, op.offset - len(content))))
            content[op.offset : op.offset + len(op.data)] = op.data
        return content

    def left(self, leaves: Leaves, rng: random.Random) -> bytes:
        match leaves:
            case Leaves.NOTHING:
                return bytes(self.safe)
            case Leaves.ALL:
                return bytes(self.after(self.later))
            case Leaves.FIRST:
                pieces = [piece for op in self.later for piece in _pieces(op)]
                return bytes(self.after(pieces[: rng.randint(0, len(pieces))]))
            case Leaves.TORN:
                kept = rng.choice((0.2, 0.5, 0.9))
                pieces = [piece for op in self.later for piece in _pieces(op)]
                return bytes(self.after([p for p in pieces if rng.random() < kept]))


def _pieces(op: Write | Truncate) -> Iterator[Write | Truncate]:
    """Cut a write at the edges of sectors, each of which is written whole or not at all."""
    if isinstance(op, Truncate):
        yield op
        return
    begin, end = op.offset, op.offset + len(op.data)
    while begin < end:
        edge = min(end, (begin // SECTOR + 1) * SECTOR)
        yield Write(op.file, begin, op.data[begin - op.offset : edge - op.offset])
        begin = edge


class Disk:
    """Contents and names, on the disk itself and with the operating system."""

    def __init__(self) -> None:
        self._names: dict[str, _Content] = {}
        self._safe_names: dict[str, _Content] = {}

    def take(self, op: Op) -> None:
        """Let something happen."""
        match op:
            case Opened(file):
                self._names.setdefault(file, _Content())
            case Write(file) | Truncate(file):
                self._names[file].later.append(op)
            case Sync(file, folder):
                self._names[file].sync()
                if folder:
                    self._safe_names = dict(self._names)
            case Delete(file, folder):
                self._names.pop(file, None)
                if folder:
                    self._safe_names = dict(self._names)

    def after_power_loss(self, leaves: Leaves, rng: random.Random) -> Mapping[str, bytes]:
        """Return the files that are found when the power is back."""
        found: dict[str, bytes] = {}
        for name in sorted(self._names.keys() | self._safe_names.keys()):
            safe, current = self._safe_names.get(name), self._names.get(name)
            match leaves:
                case Leaves.NOTHING:
                    content = safe
                case Leaves.ALL:
                    content = current
                case _:
                    content = rng.choice((safe, current))
            if content is not None:
                found[name] = content.left(leaves, rng)
        return found

    def write_to(self, folder: Path, leaves: Leaves, rng: random.Random) -> None:
        """Put what is found into a folder."""
        for name, content in self.after_power_loss(leaves, rng).items():
            (folder / name).write_bytes(content)
