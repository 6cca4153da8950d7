"""Faults: one of them with all it was told, and how its text is read.

``NAME`` or ``NAME:key=value,...`` describes one. Common keys say where it strikes: `endpoint`
(an operationId), `probability`, `count` (how often at most), `skip` (how many matching requests
pass first), `job`, `connection` (an id or a name), `begins` and `ends` (spans after it was
switched on, so that a scenario can have an order). The other keys belong to the fault's kind
(:mod:`workflow.sandbox.faultkinds`). Which faults strike a request is decided in
:mod:`workflow.sandbox.faultbox`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from workflow.sandbox.faultkinds import KINDS, PROBABILITY, FaultName, Key, Value, whole
from workflow.sandbox.options import SandboxError
from workflow.sandbox.spans import parse_span
from workflow.sandbox.spelling import meant
from workflow.sandbox.yamlread import Field, read_yaml_file
from workflow.text import safe

COMMON_KEYS: Final = (
    *("endpoint", "probability", "count", "skip", "job", "connection", "begins", "ends"),
)
"""What every fault can be told: where and how often it strikes."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault with all it was told; `params` holds every key of its kind, defaults filled in."""

    name: FaultName
    endpoint: str | None = None
    probability: float = 1.0
    count: int | None = None
    skip: int = 0
    job: int | None = None
    connection: str | None = None
    begins: float = 0.0
    """Seconds after it was switched on from which it strikes."""
    ends: float | None = None
    """Seconds after it was switched on from which it no longer does; None: never."""
    params: Mapping[str, Value] = field(default_factory=dict)

    def span(self, key: str) -> tuple[float, float]:
        """Return a range of seconds."""
        value = self._value(key)
        return value if isinstance(value, tuple) else (0.0, 0.0)

    def number(self, key: str) -> int:
        """Return a whole number."""
        value = self._value(key)
        return value if isinstance(value, int) else 0

    def seconds(self, key: str) -> float | None:
        """Return seconds, None for ``never``."""
        value = self._value(key)
        return float(value) if isinstance(value, int | float) else None

    def word(self, key: str) -> str:
        """Return a word, empty when it was left out."""
        value = self._value(key)
        return value if isinstance(value, str) else ""

    def flag(self, key: str) -> bool:
        """Return a boolean."""
        return self._value(key) is True

    def _value(self, key: str) -> Value:
        # A fault made in code may leave out what its kind has a default for.
        return self.params[key] if key in self.params else KINDS[self.name].keys[key].default


def describe_faults() -> Iterator[tuple[str, str]]:
    """Yield how each fault is written, and what it does with which keys."""
    for name, kind in KINDS.items():
        keys = "; ".join(f"{key}: {spec.shape}" for key, spec in kind.keys.items())
        yield name.value, f"{kind.summary} ({keys})" if keys else kind.summary


def parse_fault(text: str) -> Fault:
    """Read ``NAME:key=value,...``; raise :class:`SandboxError` in one sentence.

    A value may be in double quotes when it holds a comma.
    """
    name, _, rest = text.partition(":")
    pairs: dict[str, str] = {}
    for part in _split(rest):
        key, equals, value = part.partition("=")
        if not equals or not key.strip():
            raise SandboxError(
                safe(f"The fault {text[:80]!r} has {part[:40]!r} where key=value should be.")
            )
        pairs[key.strip()] = value.strip().strip('"')
    return make_fault(name.strip(), pairs)


def make_fault(name: str, pairs: Mapping[str, str]) -> Fault:
    """Build a fault from its name and the text of each key."""
    try:
        known = FaultName(name)
    except ValueError:
        near = meant(name, FaultName)
        raise SandboxError(safe(f"There is no fault {name[:40]!r}; {near}")) from None
    kind = KINDS[known]
    params: dict[str, Value] = {key: spec.default for key, spec in kind.keys.items()}
    for key, text in pairs.items():
        if key in COMMON_KEYS:
            continue
        if key not in kind.keys:
            near = meant(key, (*kind.keys, *COMMON_KEYS))
            raise SandboxError(safe(f"The fault {name} has no key {key[:40]!r}; {near}"))
        params[key] = _read(name, key, text, kind.keys[key])
    probability = _read(name, "probability", pairs.get("probability", "1"), PROBABILITY)
    endpoint = pairs.get("endpoint")
    if kind.only is not None and endpoint is not None and endpoint not in kind.only:
        only = ", ".join(sorted(kind.only))
        raise SandboxError(safe(f"The fault {name} works on {only}, not on {endpoint[:40]!r}."))
    return Fault(
        name=known,
        endpoint=endpoint,
        probability=probability if isinstance(probability, float) else 1.0,
        count=_optionalwhole(name, "count", pairs),
        skip=_optionalwhole(name, "skip", pairs) or 0,
        job=_optionalwhole(name, "job", pairs),
        connection=pairs.get("connection"),
        begins=_optional_span(name, "begins", pairs) or 0.0,
        ends=_optional_span(name, "ends", pairs),
        params=params,
    )


def load_faults(path: Path) -> tuple[Fault, ...]:
    """Read a scenario file: YAML with a list `faults`, of texts or of mappings with a `name`."""
    top = read_yaml_file(path).mapping("faults")
    return tuple(fault_of(item) for item in top["faults"].items()) if "faults" in top else ()


def fault_of(item: Field) -> Fault:
    """Read one fault of a scenario or world file; errors name the line."""
    try:
        if item.is_text:
            return parse_fault(item.text())
        keys = item.mapping()
        if "name" not in keys:
            raise item.wrong("needs a name")
        texts = {key: value.text() for key, value in keys.items() if key != "name"}
        return make_fault(keys["name"].text(), texts)
    except SandboxError as error:
        if ":" in str(error).split(" ")[0]:
            raise
        raise item.wrong(str(error)) from None


def _read(name: str, key: str, text: str, spec: Key) -> Value:
    value = spec.read(text)
    if value is None:
        raise SandboxError(
            safe(f"The fault {name} has {key}={text[:40]!r}, which is not {spec.shape}.")
        )
    return value


def _optionalwhole(name: str, key: str, pairs: Mapping[str, str]) -> int | None:
    if key not in pairs:
        return None
    value = _read(name, key, pairs[key], Key(whole(0, 2**62), None, "a whole number"))
    return value if isinstance(value, int) else None


def _optional_span(name: str, key: str, pairs: Mapping[str, str]) -> float | None:
    if key not in pairs:
        return None
    value = _read(name, key, pairs[key], Key(parse_span, None, "a span such as 30s"))
    return value if isinstance(value, float) else None


def _split(text: str) -> Iterator[str]:
    """Split at commas outside double quotes."""
    part, quoted = "", False
    for character in text:
        if character == '"':
            quoted = not quoted
        if character == "," and not quoted:
            yield part
            part = ""
        else:
            part += character
    if part:
        yield part
