"""Reading the members of an object: presence, type, spelling.

A :class:`Fields` wraps one object of the document. Each getter reports what is wrong and returns
None or an empty value, so that reading goes on and the next mistake is found too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TypeVar

from workflow.arazzo.problems import Findings, Place, nearest
from workflow.arazzo.tree import Mapping, Node, Scalar, Sequence, kind
from workflow.text import SafeText, safe

L = TypeVar("L", bound=str)

_MOST_SECONDS = 10**9
_KEY = re.compile(r"[a-zA-Z0-9._-]+\Z")


class Fields:
    """The members of one object, and what to call it in an error text."""

    def __init__(self, node: Mapping, what: str, findings: Findings) -> None:
        self.node = node
        self.what = what
        self.findings = findings
        self._misspelt: dict[str, str] = {}
        """For members that are not there, the keys that were probably meant to be them."""

    @property
    def _named(self) -> str:
        """The object's name for the middle of a sentence."""
        return self.what[0].lower() + self.what[1:]

    @property
    def place(self) -> Place:
        """Where the object begins."""
        return self.node.place

    def at(self, key: str) -> Place:
        """Return where the value of `key` stands, or the object when it has none."""
        value = self.get(key)
        return value.place if value is not None else self.node.place

    def get(self, key: str) -> Node | None:
        """Return the value of `key`, or of what is reported as a misspelling of it.

        So what is wrong with the value is found as well, and nothing that follows from its loss
        is reported.
        """
        return self.node.get(self._misspelt.get(key, key))

    def has(self, key: str) -> bool:
        """Whether the object has `key`, or what is reported as a misspelling of it."""
        return self.get(key) is not None

    def key_place(self, key: str) -> Place:
        """Return where a key stands that is there."""
        return self.node.keys[self._misspelt.get(key, key)]

    def only(self, allowed: Iterable[str]) -> None:
        """Report each key that is neither allowed nor an extension (``x-``)."""
        known = tuple(allowed)
        for key, place in self.node.keys.items():
            if key == "<<":
                self.findings.error(
                    place,
                    "unknown-key",
                    "Merge keys are of YAML 1.1 and are not read; write the members out.",
                )
            elif key not in known and not key.startswith("x-"):
                near = nearest(key, [other for other in known if other not in self.node.keys])
                if near is not None:
                    self._misspelt.setdefault(near, key)
                self.findings.error(
                    place, "unknown-key", f"{self.what} has no member {key!r}.", near
                )

    def node_of(self, key: str, *, required: bool = False) -> Node | None:
        """Return the value of `key` as it is."""
        value = self.get(key)
        if value is None and required:
            self.findings.error(self.place, "missing-key", f"{self.what} needs {key!r}.")
        return value

    def text(self, key: str, *, required: bool = False) -> str | None:
        """Return a text that must not be empty."""
        value = self.node_of(key, required=required)
        if value is None:
            return None
        if isinstance(value, Scalar) and isinstance(value.value, str) and value.value:
            return value.value
        hint = None
        if isinstance(value, Scalar) and isinstance(value.value, int | float):
            hint = f"'{_written(value.value)}'"
        self._wrong(key, value, "a text", hint)
        return None

    def prose(self, key: str, *, required: bool = False) -> SafeText | None:
        """Return a text for people; of another type it is worth a warning only."""
        value = self.node_of(key, required=required)
        if value is None:
            return None
        if isinstance(value, Scalar) and isinstance(value.value, str):
            return safe(value.value)
        self.findings.warn(
            value.place, "wrong-type", f"{key!r} of {self._named} is {kind(value)}, not a text."
        )
        return safe(str(value.value)) if isinstance(value, Scalar) else None

    def choice(self, key: str, allowed: tuple[L, ...], *, required: bool = False) -> L | None:
        """Return one of a few texts."""
        text = self.text(key, required=required)
        if text is None:
            return None
        for known in allowed:
            if text == known:
                return known
        shown = ", ".join(allowed)
        self.findings.error(
            self.at(key),
            "wrong-value",
            f"{key!r} of {self._named} is {text!r}; it can be {shown}.",
            nearest(text, allowed),
        )
        return None

    def number(self, key: str) -> float | None:
        """Return a number that is not negative."""
        value = self.node_of(key)
        if value is None:
            return None
        number = value.value if isinstance(value, Scalar) else None
        if isinstance(number, bool) or not isinstance(number, int | float) or number < 0:
            self._wrong(key, value, "a number from 0 up")
            return None
        return float(min(number, _MOST_SECONDS))

    def count(self, key: str) -> int | None:
        """Return a whole number that is not negative."""
        value = self.node_of(key)
        if value is None:
            return None
        number = value.value if isinstance(value, Scalar) else None
        if isinstance(number, bool) or not isinstance(number, int) or number < 0:
            self._wrong(key, value, "a whole number from 0 up")
            return None
        return number

    def items(self, key: str, *, required: bool = False) -> tuple[Node, ...]:
        """Return a list's items; a required list must have one."""
        value = self.node_of(key, required=required)
        if value is None:
            return ()
        if not isinstance(value, Sequence):
            self._wrong(key, value, "a list")
            return ()
        if required and not value.items:
            self.findings.error(
                value.place, "missing-key", f"{key!r} of {self._named} needs at least one entry."
            )
        return value.items

    def objects(self, key: str, what: str, *, required: bool = False) -> list[Fields]:
        """Return a list of objects; what is none is reported and left out."""
        found = []
        for item in self.items(key, required=required):
            fields = self.wrap(item, what)
            if fields is not None:
                found.append(fields)
        return found

    def object(self, key: str, what: str, *, required: bool = False) -> Fields | None:
        """Return a member that is an object."""
        value = self.node_of(key, required=required)
        return None if value is None else self.wrap(value, what)

    def named(self, key: str, what: str) -> list[tuple[str, Place, Node]]:
        """Return the members of an object whose keys are names (``[a-zA-Z0-9._-]+``)."""
        fields = self.object(key, what)
        if fields is None:
            return []
        found = []
        for name, value in fields.node.entries.items():
            place = fields.node.keys[name]
            if not _KEY.match(name):
                self.findings.error(
                    place,
                    "wrong-value",
                    f"The name {name!r} may only hold letters, digits, '.', '-' and '_'.",
                    re.sub(r"[^a-zA-Z0-9._-]+", "_", name),
                )
            found.append((name, place, value))
        return found

    def wrap(self, node: Node, what: str) -> Fields | None:
        """Return an object's fields; report anything else."""
        if isinstance(node, Mapping):
            return Fields(node, what, self.findings)
        self.findings.error(
            node.place, "wrong-type", f"{what} must be an object; this is {kind(node)}."
        )
        return None

    def _wrong(self, key: str, value: Node, wanted: str, hint: str | None = None) -> None:
        given = "empty" if isinstance(value, Scalar) and value.value == "" else kind(value)
        number = value.value if isinstance(value, Scalar) else None
        if isinstance(number, int | float) and not isinstance(number, bool):
            given = _written(number)
        self.findings.error(
            value.place,
            "wrong-type",
            f"{key!r} of {self._named} must be {wanted}; it is {given}.",
            hint,
        )


def _written(value: float | bool) -> str:
    """Return a number or a boolean as JSON has it."""
    return str(value).lower() if isinstance(value, bool) else str(value)
