"""What is wrong with a document, and where.

A :class:`Problem` is one mistake at one place. Nothing in this package stops at the first one:
readers and checks add to a :class:`Findings` and go on. Documents that cannot be used end in a
:class:`DocumentError` that carries all of them.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from heapq import nlargest
from itertools import islice
from typing import Literal

from workflow.text import SafeText, safe

Severity = Literal["error", "warning"]

_NEAR = 0.6
_MOST_ERRORS = 100
_MOST_WARNINGS = 300
_MOST_CANDIDATES = 300
_MOST_COMPARED = 100
"""Characters of a word."""
_MOST_LIKELY = 4
"""How many candidates are compared letter by letter, which takes a millisecond for long ones."""


@dataclass(frozen=True, slots=True)
class Place:
    """A position in a document, both counted from 1."""

    line: int
    column: int


START = Place(1, 1)


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake, or with severity ``warning`` something that is probably one."""

    file: SafeText
    line: int
    column: int
    severity: Severity
    code: str
    """A stable short name for programs, e.g. ``unknown-step``."""
    message: SafeText
    suggestion: SafeText | None = None
    """The nearest right spelling, ready to be put in."""

    def __str__(self) -> str:
        hint = f" Did you mean {self.suggestion!r}?" if self.suggestion else ""
        return f"{self.file}:{self.line}:{self.column}: {self.severity}: {self.message}{hint}"


class DocumentError(Exception):
    """A document or description cannot be used. `problems` says why, in the order of the text."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__(self.problems)

    def __str__(self) -> str:
        return "\n".join(str(problem) for problem in self.problems)


class InputError(Exception):
    """Inputs were refused before anything was sent. `sentences` has one for each mistake."""

    def __init__(self, sentences: Iterable[str]) -> None:
        self.sentences = tuple(safe(sentence) for sentence in sentences)
        super().__init__(self.sentences)

    def __str__(self) -> str:
        return " ".join(self.sentences)


class CheckpointError(Exception):
    """A saved state cannot be taken up: it is of another document, or it is damaged."""


class Enough(Exception):  # noqa: N818  (not a fault: a reason to stop looking)
    """So many errors were found that looking for more is of no use to anybody."""


class Findings:
    """Collects the problems of one file while it is read.

    Raises:
        Enough: from :meth:`error`, when a hundred have been found. Whoever asked for the
            reading catches it and reports what there is.
    """

    def __init__(self, file: str) -> None:
        self.file = safe(file)
        self._problems: dict[Problem, None] = {}
        self._errors = 0
        self._warnings = 0

    def error(self, place: Place, code: str, message: str, suggestion: str | None = None) -> None:
        """Add a mistake that makes the document unusable."""
        self._add(place, "error", code, message, suggestion)

    def warn(self, place: Place, code: str, message: str, suggestion: str | None = None) -> None:
        """Add something that is allowed and probably not meant."""
        self._add(place, "warning", code, message, suggestion)

    def _add(
        self, place: Place, severity: Severity, code: str, message: str, suggestion: str | None
    ) -> None:
        if severity == "warning" and self._warnings >= _MOST_WARNINGS:
            return
        hint = safe(suggestion) if suggestion is not None else None
        problem = Problem(
            self.file, place.line, place.column, severity, code, safe(message, limit=600), hint
        )
        if problem in self._problems:
            return
        self._problems[problem] = None
        if severity == "warning":
            self._warnings += 1
            return
        self._errors += 1
        if self._errors >= _MOST_ERRORS:
            raise Enough

    @property
    def has_errors(self) -> bool:
        """Whether the document is unusable."""
        return self._errors > 0

    @property
    def takes_warnings(self) -> bool:
        """Whether one more would be kept; if not, finding it is of no use."""
        return self._warnings < _MOST_WARNINGS

    def sorted(self) -> tuple[Problem, ...]:
        """Return everything found, in the order of the text."""
        return tuple(sorted(self._problems, key=lambda found: (found.line, found.column)))


def nearest(word: str, candidates: Iterable[str]) -> str | None:
    """Return the candidate spelt most like `word`, if any is near enough to be meant."""
    # Comparing is dear. A document with more names than this was not written by a person.
    known = sorted(islice(candidates, _MOST_CANDIDATES))
    folded = word.casefold()
    for candidate in known:
        if candidate.casefold() == folded:
            return candidate
    asked = word[:_MOST_COMPARED]
    pairs = _pairs_of(asked)
    likely = nlargest(_MOST_LIKELY, known, key=lambda candidate: len(pairs & _pairs_of(candidate)))
    close = difflib.get_close_matches(asked, sorted(likely), n=1, cutoff=_NEAR)
    return close[0] if close else None


@lru_cache(maxsize=4_096)
def _pairs_of(word: str) -> frozenset[str]:
    """Return each two characters of a word that stand side by side, and its first and last."""
    padded = f" {word[:_MOST_COMPARED]} ".casefold()
    return frozenset(padded[at : at + 2] for at in range(len(padded) - 1))
