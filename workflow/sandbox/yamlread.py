"""Typed reading of small YAML files, with the file, line and key in every complaint.

A :class:`Field` is one value in the file. It reads the text as it was written, so that YAML 1.1's
surprises (`on` is true, `12:30` is 750) cannot happen. Used for world files and scenario files;
the limits protect against files made to hurt.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import yaml

from workflow.sandbox.options import SandboxError
from workflow.sandbox.spans import parse_span
from workflow.sandbox.spelling import meant
from workflow.text import safe

_LARGEST: Final = 1_000_000
_DEEPEST: Final = 30
_MOST_VALUES: Final = 50_000
_INTEGER: Final = re.compile(r"[+-]?[0-9][0-9_]{0,17}")


class _BoundedLoader(yaml.SafeLoader):
    """The pure Python loader, refusing depth and alias bombs before it recurses."""

    depth = 0
    values = 0

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        """Count while composing."""
        self.depth += 1
        self.values += 1
        if self.depth > _DEEPEST or self.values > _MOST_VALUES:
            raise yaml.MarkedYAMLError(problem="nested too deeply or too large")
        if self.check_event(yaml.AliasEvent):
            raise yaml.MarkedYAMLError(
                problem="aliases (*name) are not read here",
                problem_mark=self.peek_event().start_mark,  # type: ignore[no-untyped-call]
            )
        node: yaml.Node | None = super().compose_node(parent, index)
        self.depth -= 1
        return node


class Field:
    """One value of a file: where it is, and what it can be read as."""

    def __init__(self, file: str, key: str, node: yaml.Node) -> None:
        self._file = file
        self._key = key
        self._node = node

    def wrong(self, why: str) -> SandboxError:
        """Return the error that says `why` about this value."""
        line = self._node.start_mark.line + 1
        where = f"{self._file}:{line}"
        return SandboxError(
            safe(f"{where}: {self._key}: {why}" if self._key else f"{where}: {why}")
        )

    @property
    def is_text(self) -> bool:
        """Whether this is a single value rather than a list or a mapping."""
        return isinstance(self._node, yaml.ScalarNode)

    def mapping(self, *allowed: str) -> dict[str, Field]:
        """Read a mapping; keys outside `allowed` (when any are given) are errors."""
        if not isinstance(self._node, yaml.MappingNode):
            raise self.wrong("must be a mapping of keys to values")
        fields: dict[str, Field] = {}
        for key_node, value_node in self._node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                raise self.wrong("has a key that is not text")
            name = str(key_node.value)
            field = Field(self._file, f"{self._key}.{name}" if self._key else name, value_node)
            if allowed and name not in allowed:
                raise Field(self._file, field._key, key_node).wrong(
                    f"is not a key here; {meant(name, allowed)}"
                )
            if name in fields:
                raise field.wrong("is given twice")
            fields[name] = field
        return fields

    def items(self) -> Iterator[Field]:
        """Read a list."""
        if not isinstance(self._node, yaml.SequenceNode):
            raise self.wrong("must be a list")
        for number, node in enumerate(self._node.value):
            yield Field(self._file, f"{self._key}[{number}]", node)

    def text(self) -> str:
        """Read a text that is not empty."""
        if not isinstance(self._node, yaml.ScalarNode) or not str(self._node.value):
            raise self.wrong("must be a text")
        return str(self._node.value)

    def integer(self, low: int, high: int) -> int:
        """Read a whole number between the two, inclusive."""
        text = self.text()
        if _INTEGER.fullmatch(text) is None or not low <= int(text) <= high:
            raise self.wrong(f"{text[:40]!r} is not a whole number from {low} to {high}")
        return int(text)

    def number(self, low: float, high: float) -> float:
        """Read a number between the two; ``35%`` is 0.35."""
        text = self.text()
        try:
            value = float(text[:-1]) / 100 if text.endswith("%") else float(text)
        except ValueError:
            value = float("nan")
        if not low <= value <= high:
            raise self.wrong(f"{text[:40]!r} is not a number from {low:g} to {high:g}")
        return value

    def seconds(self) -> float:
        """Read a span of time such as ``90s``, ``5m`` or ``2h``, in seconds."""
        text = self.text()
        seconds = parse_span(text)
        if seconds is None:
            raise self.wrong(f"{text[:40]!r} is not a time span; write it like 90s, 5m or 2h")
        return seconds

    def flag(self) -> bool:
        """Read true or false."""
        text = self.text()
        if text not in {"true", "false"}:
            raise self.wrong(f"{text[:40]!r} is not true or false")
        return text == "true"

    def choice(self, *options: str) -> str:
        """Read one of the words."""
        text = self.text()
        if text not in options:
            raise self.wrong(f"{text[:40]!r} is not known; {meant(text, options)}")
        return text


def read_yaml(text: str, file: str) -> Field:
    """Return the whole document of a YAML text; `file` is its name in complaints."""
    if len(text) > _LARGEST:
        raise SandboxError(safe(f"{file}: larger than {_LARGEST:,} characters; make it smaller"))
    try:
        loader = _BoundedLoader(text)
        node = loader.get_single_node()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise SandboxError(safe(f"{file}:{line}: not readable as YAML: {error.problem}")) from None
    except yaml.YAMLError:
        raise SandboxError(safe(f"{file}:1: holds a character that YAML does not allow")) from None
    if node is None:
        raise SandboxError(safe(f"{file}:1: is empty; see the built-in world for an example"))
    return Field(file, "", node)


def read_yaml_file(path: Path) -> Field:
    """Read a YAML file from disk."""
    try:
        # Not asked for its size: a device has none and never ends.
        with path.open("rb") as file:
            raw = file.read(4 * _LARGEST + 1)
        if len(raw) > 4 * _LARGEST:
            raise SandboxError(
                safe(f"{path}: larger than {_LARGEST:,} characters; make it smaller")
            )
        text = raw.decode("utf-8-sig")
    except OSError as error:
        reason = error.strerror or "unreadable"
        raise SandboxError(safe(f"{path}: cannot be read: {reason}")) from None
    except UnicodeDecodeError:
        raise SandboxError(safe(f"{path}: is not UTF-8 text")) from None
    return read_yaml(text, str(path))
